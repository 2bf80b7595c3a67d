//! Transcripts of calls, which take a while to be written (Enreach reference, section 2.4).
//!
//! A transcript exists where a row names its id. It is written from the moment at which it is first
//! asked for; how the platform decides is not documented.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Duration, Utc};
use serde_json::json;
use uuid::Uuid;

use super::failure::Failure;
use super::render::{Rendering, fields};
use super::routes::Request;
use crate::server::Answer;

/// How long writing takes: less than the hundred seconds for which a public client polls.
const WRITING: Duration = Duration::seconds(20);

/// When each transcript was first asked for.
#[derive(Debug, Default)]
pub(super) struct Transcripts(Mutex<HashMap<Uuid, DateTime<Utc>>>);

impl Transcripts {
    /// Forgets what was asked for.
    pub(super) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn is_written(&self, id: Uuid, now: DateTime<Utc>) -> bool {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        now - *asked.entry(id).or_insert(now) >= WRITING
    }
}

/// Answers `GET /calls/transcripts/{transcriptId}`.
pub(super) fn answer(request: Request<'_>, id: &str) -> Result<Answer, Failure> {
    request.only("GET")?;
    let delay = request.modes.visibility_delay();
    let known = id.parse().ok().filter(|id| {
        request.enreach.read().names_visibly("TranscriptIds", *id, request.now, delay)
    });
    let id: Uuid = known.ok_or_else(|| Failure::not_found(format!("Transcript {id} not found")))?;
    let row = if request.enreach.transcripts.is_written(id, request.now) {
        let text = "Agent: Good morning. Customer: Good morning, I am calling about my order.";
        json!({"TranscriptId": id, "TranscriptStatus": "Completed", "Text": text})
    } else {
        json!({"TranscriptId": id, "TranscriptStatus": "Pending"})
    };
    request.done(&Rendering::of(&[]), fields(row))
}
