//! Requests for the tests of this crate.

use std::sync::Arc;

use call_matching::{CallerNumber, NumberReader, Region};
use chrono::{DateTime, Duration, Utc};
use enreach_client::{CallbackItem, CallbackState};
use uuid::Uuid;
use voice_model::{CallbackItemId, CallbackListId};

use crate::profile::{CallbackProfile, DuplicateRule, Method, OwnershipRule};
use crate::request::Request;

/// 2026-02-02 02:40:00 UTC and so many seconds.
pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_770_000_000 + seconds, 0).unwrap()
}

pub(crate) fn reader() -> NumberReader {
    NumberReader::new(Region::parse("FI").ok())
}

pub(crate) fn list() -> CallbackListId {
    CallbackListId::new("list").unwrap()
}

/// A profile of [`list`], with queue, by webhook and polling.
pub(crate) fn profile() -> CallbackProfile {
    CallbackProfile {
        id: Uuid::from_u128(0xa),
        name: "Sales".to_owned(),
        list: list(),
        queue: Some(Uuid::from_u128(0xb)),
        ownership: OwnershipRule::ApiUser,
        subject: None,
        duplicates: DuplicateRule::Bundle,
        method: Method::WebhookBackedWithPolling,
        age: Duration::hours(1),
        created_on: None,
    }
}

/// A request of a number, created then.
pub(crate) fn request(id: &str, number: Option<&str>, created: i64) -> Request {
    let number_read = number.map_or(CallerNumber::Withheld, |it| reader().from_enreach(Some(it)));
    Request {
        item: CallbackItem {
            number: number.map(str::to_owned),
            state: CallbackState::Open,
            created: Some(at(created)),
            list: Some(list()),
            ..CallbackItem::new(CallbackItemId::new(id).unwrap())
        },
        list: list(),
        profile: Arc::new(profile()),
        number: number_read,
        events: Vec::new(),
        put_backs: 0,
    }
}
