//! Answer bodies on the wire: whole, cut off, or trickling.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, StreamExt};
use http::HeaderValue;
use http::header::CONTENT_LENGTH;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;

use super::Answer;

/// A body as hyper sends it.
pub(super) type WireBody = UnsyncBoxBody<Bytes, io::Error>;

/// An answer as hyper sends it.
pub(super) type WireAnswer = http::Response<WireBody>;

/// Pieces of a trickling answer.
const PIECES: u32 = 10;

/// The answer as it is.
pub(super) fn whole(answer: Answer) -> WireAnswer {
    answer.map(|body| Full::new(body).map_err(|never| match never {}).boxed_unsync())
}

/// Announces the whole body, sends its first half, and breaks the connection.
pub(super) fn truncated(answer: Answer) -> WireAnswer {
    let half = |body: &Bytes| body.slice(..body.len() / 2);
    with_announced_length(answer, |body| {
        let first = stream::iter([Ok(Frame::data(half(&body)))]);
        let cut = stream::once(async {
            // Lets the first half reach the socket: an error discards what is still buffered.
            tokio::task::yield_now().await;
            Err(io::Error::other("answer cut off by a planted fault"))
        });
        StreamBody::new(first.chain(cut)).boxed_unsync()
    })
}

/// Sends the body in pieces spread over `duration`.
pub(super) fn slow(answer: Answer, duration: Duration) -> WireAnswer {
    with_announced_length(answer, |body| {
        let length = body.len().div_ceil(PIECES as usize).max(1);
        let starts = (0..body.len()).step_by(length);
        let pieces: Vec<_> =
            starts.map(|start| body.slice(start..body.len().min(start + length))).collect();
        let pause = duration.div_f64(pieces.len().max(1) as f64);
        let trickle = stream::iter(pieces).then(move |piece| async move {
            tokio::time::sleep(pause).await;
            Ok(Frame::data(piece))
        });
        StreamBody::new(trickle).boxed_unsync()
    })
}

fn with_announced_length(answer: Answer, body: impl FnOnce(Bytes) -> WireBody) -> WireAnswer {
    let (mut parts, whole) = answer.into_parts();
    if !whole.is_empty() {
        parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(whole.len()));
    }
    http::Response::from_parts(parts, body(whole))
}
