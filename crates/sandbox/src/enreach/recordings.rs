//! Recordings of calls: metadata with a link, and the sound behind it (Enreach reference, section
//! 2.4).
//!
//! A recording exists where a row names its id. The link's token opens it without credentials, for
//! some minutes: who keeps links instead of ids shall notice.

use std::sync::LazyLock;

use bytes::Bytes;
use chrono::{DateTime, Duration, Utc};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use serde_json::json;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::failure::Failure;
use super::render::{Rendering, fields};
use super::routes::Request;
use crate::identity::{ENREACH_ORGANIZATION_ID, ENREACH_SECRET_KEY};
use crate::server::Answer;

/// How long a link opens.
const LINK_LIFETIME: Duration = Duration::minutes(10);

/// A second of silence: MPEG-1 layer III frames, 128 kbit/s, 44.1 kHz.
static SILENCE: LazyLock<Bytes> = LazyLock::new(|| {
    const FRAMES: usize = 38;
    let mut frame = vec![0xFF, 0xFB, 0x90, 0x64];
    frame.resize(417, 0);
    Bytes::from(frame.repeat(FRAMES))
});

/// Answers `GET /calls/recordings/{recordingId}`.
pub(super) fn metadata(request: Request<'_>, id: &str) -> Result<Answer, Failure> {
    request.only("GET")?;
    let id = known(request, id)?;
    let token = token(id, request.now + LINK_LIFETIME);
    let url = format!("calls/recordings/{id}/file?token={token}");
    request.done(&Rendering::of(&[]), fields(json!({"Id": id, "URL": url})))
}

/// Answers the link of a recording with its sound.
pub(super) fn file(request: Request<'_>, id: &str) -> Result<Answer, Failure> {
    request.only("GET")?;
    let id = known(request, id)?;
    let given = request.received.parameter("token").unwrap_or_default();
    let ends = given.split('-').next().and_then(|seconds| i64::from_str_radix(seconds, 16).ok());
    let ends = ends.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    let opens = ends.is_some_and(|ends| {
        let expected = token(id, ends);
        request.now < ends && bool::from(expected.as_bytes().ct_eq(given.as_bytes()))
    });
    if !opens {
        return Err(Failure::unauthorized());
    }
    let mut answer = Answer::new(SILENCE.clone());
    *answer.status_mut() = StatusCode::OK;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("audio/mpeg"));
    Ok(answer)
}

fn known(request: Request<'_>, id: &str) -> Result<Uuid, Failure> {
    let found = id.parse().ok().filter(|id| {
        let delay = request.modes.visibility_delay();
        request.enreach.read().names_visibly("RecordingIds", *id, request.now, delay)
    });
    found.ok_or_else(|| Failure::not_found(format!("Recording {id} not found")))
}

/// Its end in plain sight, and a proof of it that only the sandbox can make.
fn token(id: Uuid, ends: DateTime<Utc>) -> String {
    let seconds = ends.timestamp();
    let proof = format!("recording|{id}|{seconds}|{ENREACH_SECRET_KEY}");
    let proof = Uuid::new_v5(&ENREACH_ORGANIZATION_ID, proof.as_bytes());
    format!("{seconds:x}-{}", proof.simple())
}
