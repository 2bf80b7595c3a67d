//! What the tests record.

use chrono::{DateTime, Duration, NaiveDate, TimeZone, Utc};
use sync_store::{
    CallDecision, CallDetails, CallbackOutcome, CallbackRecord, Close, CustomerNumber, Dealt,
    DoneEvent, EventKey, EventSource, InboxEvent, NewEvent, Opaque, Outcome, PutOff,
};
use uuid::Uuid;
use voice_model::{ActivityId, CallId, CallbackItemId, CallbackListId, TenantName};

pub(crate) const NUMBER: &str = "+358501234567";

pub(crate) fn tenant() -> TenantName {
    TenantName::new("contoso")
}

/// A moment, in seconds from the beginning of the tests' time.
pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap() + Duration::seconds(seconds)
}

pub(crate) fn days(days: i64) -> DateTime<Utc> {
    at(days * 86_400)
}

pub(crate) fn date(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, day).unwrap()
}

pub(crate) fn call(name: &str) -> CallId {
    CallId::new(name).unwrap()
}

pub(crate) fn activity(number: u128) -> ActivityId {
    ActivityId(Uuid::from_u128(number))
}

pub(crate) fn number() -> CustomerNumber {
    CustomerNumber::new(NUMBER)
}

pub(crate) fn opaque(text: &str) -> Opaque {
    Opaque::new(text.to_owned())
}

/// A decision on a call with the usual number, legs and evidence.
pub(crate) fn decision(name: &str, outcome: Outcome, reason: &str) -> CallDecision {
    CallDecision {
        call: call(name),
        modified: Some(at(-60)),
        outcome,
        reason: reason.to_owned(),
        details: Some(CallDetails {
            number: Some(number()),
            legs: opaque("[{\"leg\":1}]"),
            evidence: opaque("{\"candidates\":[]}"),
        }),
    }
}

pub(crate) fn deferred(name: &str) -> CallDecision {
    decision(name, Outcome::Deferred, "NoMatch")
}

pub(crate) fn logged(name: &str) -> CallDecision {
    decision(name, Outcome::Logged { activity: activity(7) }, "created")
}

pub(crate) fn failed(name: &str, attempts: u32, next: Option<DateTime<Utc>>) -> CallDecision {
    decision(name, Outcome::Failed { attempts, next_attempt: next }, "Transient")
}

/// A call of which nothing may be kept.
pub(crate) fn not_work(name: &str) -> CallDecision {
    CallDecision { details: None, ..decision(name, Outcome::Skipped, "NotWork") }
}

pub(crate) fn names<'a>(calls: impl IntoIterator<Item = &'a CallId>) -> Vec<&'a str> {
    let mut names: Vec<_> = calls.into_iter().map(CallId::as_str).collect();
    names.sort_unstable();
    names
}

pub(crate) fn key(text: &str) -> EventKey {
    EventKey::new(text)
}

/// An event with the usual number and body that is due at once.
pub(crate) fn event(name: &str) -> NewEvent {
    NewEvent {
        tenant: tenant(),
        key: key(name),
        source: EventSource::Webhook,
        due_at: at(0),
        number: Some(number()),
        body: opaque("{\"EventType\":\"CallbackCreated\"}"),
    }
}

pub(crate) fn put_off(name: &str, due_at: Option<DateTime<Utc>>) -> PutOff {
    PutOff { key: key(name), due_at, attempts: 1, problem: None }
}

pub(crate) fn done(name: &str) -> DoneEvent {
    DoneEvent { key: key(name), outcome: "Created" }
}

/// The keys of events, in their order.
pub(crate) fn order(events: &[InboxEvent]) -> Vec<&str> {
    events.iter().map(|event| event.key.as_str()).collect()
}

pub(crate) fn item(name: &str) -> CallbackItemId {
    CallbackItemId::new(name).unwrap()
}

/// A callback that has a phone call row.
pub(crate) fn callback(name: &str, close: Close) -> CallbackRecord {
    let outcome = CallbackOutcome::Created { activity: activity(7), bundled_into: None };
    CallbackRecord {
        item: item(name),
        list: CallbackListId::new("list").unwrap(),
        dealt: Dealt { outcome, close },
    }
}

/// A callback that is to be closed.
pub(crate) fn to_close(name: &str, due: DateTime<Utc>) -> CallbackRecord {
    callback(name, Close::Due { at: due, attempts: 0 })
}
