//! Planned calls for the tests of this crate.

use std::sync::Arc;

use call_matching::{CallerNumber, Candidate, CustomerRef, CustomerTable, MatchKind};
use chrono::{DateTime, Duration, Utc};
use directory::Owner;
use enreach_client::{CallRow, Direction, Privacy, Reported, RowKind};
use serde_json::{Map, Value, json};
use uuid::Uuid;
use voice_model::{ActivityId, CallId, OrganizationId, SystemUserId};

use crate::legs::{Leg, Source, fold};
use crate::plan::{FinalStatus, PlannedCall};

/// 2026-02-02 02:40:00 UTC and so many seconds.
pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_770_000_000 + seconds, 0).unwrap()
}

/// A work call from a customer that starts then, is answered after 5 s and lasts 200 s.
pub(crate) fn row(call: &str, start: i64) -> CallRow {
    let mut row = CallRow::new(CallId::new(call).unwrap());
    row.id = Some(format!("row of {call}"));
    row.kind = RowKind::Direct;
    row.privacy = Privacy::Work;
    row.start = Some(at(start));
    row.answer = Reported::Value(at(start + 5));
    row.end = Reported::Value(at(start + 205));
    row.modified = Some(at(start + 210));
    row.a_number = Some("+358501234567".to_owned());
    row.b_number = Some("+358942450100".to_owned());
    row
}

pub(crate) fn candidate(number: u128, table: CustomerTable) -> Candidate {
    Candidate {
        customer: CustomerRef { table, id: Uuid::from_u128(number) },
        name: format!("Customer {number}"),
        created_on: None,
        parent_account: None,
        kind: MatchKind::Exact,
        number: "050 123 4567".to_owned(),
    }
}

pub(crate) fn owner(number: u128) -> Owner {
    Owner {
        id: SystemUserId(Uuid::from_u128(number)),
        name: format!("User {number}"),
        is_fallback: false,
    }
}

/// The plan for a call from [`row`], changed as wished.
pub(crate) fn plan(call: &str, start: i64, change: impl Fn(&mut CallRow)) -> PlannedCall {
    let mut row = row(call, start);
    change(&mut row);
    let source = if row.queue_name.is_some() { Source::ServiceCalls } else { Source::Calls };
    let call = fold([Leg { source, row }]).remove(0);
    let number = call.customer_number.as_deref().unwrap().parse().unwrap();
    let customer = candidate(7, CustomerTable::Contact);
    PlannedCall {
        activity: ActivityId::of_call(&OrganizationId::new("contoso").unwrap(), &call.call),
        number: CallerNumber::International(number),
        candidates: vec![customer.clone()],
        customer: Some(customer),
        owner: owner(9),
        status: FinalStatus::completed(call.direction),
        evidence: crate::Evidence::default(),
        findings: Vec::new(),
        call: Arc::new(call),
    }
}

/// Turns a row around: from us to the customer.
pub(crate) fn outgoing(row: &mut CallRow) {
    row.direction = Direction::Outgoing;
    std::mem::swap(&mut row.a_number, &mut row.b_number);
}

/// Makes a row one of a queue.
pub(crate) fn queue(row: &mut CallRow) {
    row.queue_name = Some("Sales".to_owned());
    row.duration_secs = row.answer.value().map(|answer| {
        let talk: Duration = row.end.value().unwrap() - answer;
        u64::try_from(talk.num_seconds()).unwrap()
    });
}

/// The row with the JSON that it would have been received as.
pub(crate) fn as_received(mut row: CallRow) -> CallRow {
    let instant = |reported: Reported<DateTime<Utc>>| match reported {
        Reported::Absent => None,
        Reported::Null => Some(Value::Null),
        Reported::Value(at) => Some(json!(at)),
    };
    let kind = match row.kind {
        RowKind::Direct => Some(json!(1)),
        RowKind::Service => Some(json!(2)),
        RowKind::Unknown => None,
    };
    let fields: [(&str, Option<Value>); 14] = [
        ("Id", row.id.as_ref().map(|id| json!(id))),
        ("CallId", Some(json!(row.call_id))),
        ("StartTime", row.start.map(|at| json!(at))),
        ("AnswerTime", instant(row.answer)),
        ("EndTime", instant(row.end)),
        ("Modified", row.modified.map(|at| json!(at))),
        ("ANum", row.a_number.as_ref().map(|number| json!(number))),
        ("BNum", row.b_number.as_ref().map(|number| json!(number))),
        ("CallType", kind),
        ("Direction", Some(json!(i32::from(row.direction == Direction::Outgoing)))),
        ("UserId", row.agent.as_ref().map(|agent| json!(agent))),
        ("QueueName", row.queue_name.as_ref().map(|name| json!(name))),
        ("Duration", row.duration_secs.map(|seconds| json!(seconds))),
        ("Privacy", Some(json!(format!("{:?}", row.privacy)))),
    ];
    let present = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    row.raw = present.collect::<Map<_, _>>();
    row
}
