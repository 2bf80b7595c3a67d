//! What users tell others about when they can be reached (Enreach reference, section 5).
//!
//! Entries have a beginning and an end; the one that was made last among those that hold is the
//! current one. Who has none is available.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeZone, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::body::Body;
use super::failure::Failure;
use super::instant;
use super::render::{Rendering, fields};
use super::routes::Request;
use crate::server::Answer;

/// Available, busy, do not disturb, off work. Only do not disturb (3) is sure; the others are the
/// web phone's numbers plus one.
const KINDS: std::ops::RangeInclusive<i64> = 1..=4;
const AVAILABLE: i64 = 1;

const MEMBERS: [&str; 7] =
    ["EventTypeID", "EventSource", "Note", "UserID", "StartTime", "EndTime", "Id"];

/// Fields that a client can do without.
const RENDERING: Rendering = Rendering::of(&["EventSource", "Note"]);

/// The entries of all users, in the order in which they were made.
#[derive(Debug, Default)]
pub(super) struct Availability(Mutex<HashMap<Uuid, Vec<Entry>>>);

#[derive(Debug, Clone)]
struct Entry {
    id: Uuid,
    user: Uuid,
    kind: i64,
    source: Option<String>,
    note: Option<String>,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
}

impl Availability {
    /// Forgets all entries.
    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Vec<Entry>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn row(self) -> Map<String, Value> {
        fields(json!({
            "Id": self.id,
            "UserID": self.user,
            "EventTypeID": self.kind,
            "EventSource": self.source,
            "Note": self.note,
            "StartTime": instant::iso(self.start),
            "EndTime": instant::iso(self.end),
        }))
    }
}

/// Answers `GET /users/{id}/availability/current`.
pub(super) fn current(request: Request<'_>, who: &str) -> Result<Answer, Failure> {
    request.only("GET")?;
    let (user, _) = request.user(who)?;
    let now = request.now;
    let entries = request.enreach.availability.lock();
    let holds = |entry: &&Entry| entry.start <= now && now < entry.end;
    let last = entries.get(&user).and_then(|entries| entries.iter().rev().find(holds));
    let row = match last {
        Some(entry) => entry.clone().row(),
        None => fields(json!({
            "Id": null,
            "UserID": user,
            "EventTypeID": AVAILABLE,
            "EventSource": null,
            "Note": null,
            "StartTime": null,
            "EndTime": null,
        })),
    };
    request.done(&RENDERING, row)
}

/// Answers `POST /users/{id}/availability`.
pub(super) fn add(request: Request<'_>, who: &str) -> Result<Answer, Failure> {
    request.only("POST")?;
    let (user, _) = request.user(who)?;
    let body = Body::read(&request.received.body, &MEMBERS)?;
    let kind = body.number("EventTypeID")?;
    let kind = kind.filter(|kind| KINDS.contains(kind)).ok_or_else(|| {
        Failure::bad_request(
            "EventTypeID is required: 1 available, 2 busy, 3 do not disturb, 4 off work",
        )
    })?;
    if body.guid("UserID")?.is_some_and(|given| given != user) {
        return Err(Failure::bad_request("UserID differs from the user in the path"));
    }
    let start = body.instant("StartTime")?.unwrap_or(request.now);
    let end = body.instant("EndTime")?.unwrap_or_else(no_end);
    if end <= start {
        return Err(Failure::bad_request("EndTime is not after StartTime"));
    }
    let entry = Entry {
        id: request.enreach.next_id(),
        user,
        kind,
        source: body.text("EventSource")?.map(str::to_owned),
        note: body.text("Note")?.map(str::to_owned),
        start,
        end,
    };
    request.enreach.availability.lock().entry(user).or_default().push(entry.clone());
    request.done(&RENDERING, entry.row())
}

/// Answers `DELETE /users/{id}/availability/{entryId}` with what was taken away.
pub(super) fn remove(request: Request<'_>, who: &str, entry: &str) -> Result<Answer, Failure> {
    request.only("DELETE")?;
    let (user, _) = request.user(who)?;
    let mut entries = request.enreach.availability.lock();
    let removed = entries.get_mut(&user).and_then(|entries| {
        let id: Uuid = entry.parse().ok()?;
        let place = entries.iter().position(|entry| entry.id == id)?;
        Some(entries.remove(place))
    });
    let removed =
        removed.ok_or_else(|| Failure::not_found(format!("Availability {entry} not found")))?;
    request.done(&RENDERING, removed.row())
}

/// How the platform writes that an entry does not end.
fn no_end() -> DateTime<Utc> {
    let end = Utc.with_ymd_and_hms(9999, 12, 31, 23, 59, 59);
    end.single().unwrap_or(DateTime::<Utc>::MAX_UTC)
}
