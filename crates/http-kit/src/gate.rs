//! Who may send when: every attempt asks a gate for a pass, and holds it until it has ended.
//!
//! A client's own gate is a number of permits for each host. Whoever knows more of the other side's
//! limits, such as a hold that concerns all requests, brings a gate to
//! [`HttpClient::send_through`](crate::HttpClient::send_through); it stands in place of the permits
//! for that request.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use tokio::time::Instant;

/// Lets attempts through, each when its time has come.
#[async_trait]
pub trait Gate: Send + Sync {
    /// Waits for a pass. The wait is dropped when the deadline of the send has passed.
    ///
    /// # Errors
    /// [`Closed`] when the gate will not open in time. Nothing is sent then.
    async fn enter(&self, entrant: &Entrant<'_>) -> Result<Box<dyn Pass>, Closed>;
}

/// The permission for one attempt. Dropped without [`end`](Pass::end) if the send is given up.
pub trait Pass: Send {
    /// Takes note of how the attempt ended, and gives the pass back.
    ///
    /// A gate that this answer has closed says for how long. The attempt is then repeated, if at
    /// all, without a wait of its own: the gate holds it back, in its turn among the others.
    fn end(self: Box<Self>, end: &End<'_>) -> Option<Duration>;
}

/// An attempt in front of a gate.
#[derive(Debug, Clone, Copy)]
pub struct Entrant<'a> {
    /// Host and port that it goes to; a port that is the scheme's own is left out.
    pub host: &'a str,
    /// When its send gives up.
    pub deadline: Instant,
    /// The longest pause that its send would sit out.
    pub longest_pause: Duration,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy)]
pub enum End<'a> {
    /// With an answer, whatever its status.
    Answer {
        /// Its status.
        status: StatusCode,
        /// Its headers.
        headers: &'a HeaderMap,
        /// Its body.
        body: &'a Bytes,
        /// The wait that it asks for.
        retry_after: Option<Duration>,
    },
    /// Without an answer in all the time that one attempt may take.
    TimedOut,
    /// Without an answer for another reason; it may not even have been sent.
    NoAnswer,
}

/// A gate that stays closed for longer than an attempt may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed {
    /// When it will open.
    pub opens_in: Duration,
}
