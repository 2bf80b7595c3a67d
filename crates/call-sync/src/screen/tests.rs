use super::*;
use call_matching::Region;
use chrono::{DateTime, Duration};
use enreach_client::{CallRow, Reported, RowKind};
use voice_model::CallId;

use crate::legs::{Leg, Source, fold};

fn reader() -> NumberReader {
    NumberReader::new(Region::parse("FI").ok())
}

/// An answered work call of 100 seconds from a customer.
fn row() -> CallRow {
    let start = DateTime::from_timestamp(1_770_000_000, 0).unwrap();
    let mut row = CallRow::new(CallId::new("call-1").unwrap());
    row.kind = RowKind::Direct;
    row.privacy = Privacy::Work;
    row.start = Some(start);
    row.answer = Reported::Value(start);
    row.end = Reported::Value(start + Duration::seconds(100));
    row.a_number = Some("+358501234567".to_owned());
    row.b_number = Some("+358942450100".to_owned());
    row
}

fn screened(source: Source, row: CallRow, settings: &TenantSettings) -> Screening {
    let call = fold([Leg { source, row }]).remove(0);
    let own = ["+358942450100", "+358942450111"];
    let is_own = |number: &CallerNumber| match number {
        CallerNumber::International(number) => own.contains(&number.as_str()),
        _ => false,
    };
    screen(&call, settings, &reader(), is_own)
}

fn check(source: Source, change: impl Fn(&mut CallRow), expected: Result<&str, &str>) {
    let mut row = row();
    change(&mut row);
    let settings = TenantSettings { call_duration_limit_secs: 10, ..TenantSettings::default() };
    let screening = screened(source, row, &settings);
    let found = match &screening {
        Screening::Open(CallerNumber::International(number)) => Ok(number.as_str()),
        Screening::Open(_) => Ok("other"),
        Screening::Decided(outcome) => Err(outcome.reason()),
    };
    assert_eq!(found, expected);
}

fn unanswered(row: &mut CallRow) {
    row.answer = Reported::Null;
    row.end_result = Some(1);
}

fn named_queue(row: &mut CallRow) {
    row.queue_name = Some("Sales".to_owned());
    row.duration_secs = Some(100);
}

#[test]
fn direct_calls() {
    let check = |change: fn(&mut CallRow), expected| check(Source::Calls, change, expected);
    check(|_| (), Ok("+358501234567"));
    check(|row| row.end = Reported::Null, Err("InProgress"));
    check(|row| row.privacy = Privacy::Private, Err("NotWork"));
    check(|row| row.privacy = Privacy::Undefined, Err("NotWork"));
    check(unanswered, Err("Unanswered"));
    check(
        |row| row.end = Reported::Value(row.start.unwrap() + Duration::seconds(9)),
        Err("TooShort"),
    );
    check(
        |row| row.end = Reported::Value(row.start.unwrap() + Duration::seconds(10)),
        Ok("+358501234567"),
    );
    check(|row| row.a_number = None, Err("NoNumber"));
    check(|row| row.a_number = Some("anonymous".to_owned()), Err("NoNumber"));
    check(|row| row.a_number = Some("358501234567".to_owned()), Ok("+358501234567"));
    check(|row| row.a_number = Some("+358942450111".to_owned()), Err("Internal"));
    check(|row| row.a_number = Some("1234".to_owned()), Ok("other"));
    // The earlier rule decides: a private call that is too short and without a number is private.
    check(
        |row| {
            row.privacy = Privacy::Private;
            row.a_number = None;
            unanswered(row);
        },
        Err("NotWork"),
    );
}

#[test]
fn service_calls() {
    let check = |change: fn(&mut CallRow), expected| check(Source::ServiceCalls, change, expected);
    check(named_queue, Ok("+358501234567"));
    check(|row| row.duration_secs = Some(100), Err("PersonalWorkQueue"));
    check(
        |row| {
            named_queue(row);
            row.privacy = Privacy::Private;
        },
        Ok("+358501234567"),
    );
    check(
        |row| {
            named_queue(row);
            row.duration_secs = Some(9);
        },
        Err("TooShort"),
    );
    check(
        |row| {
            named_queue(row);
            unanswered(row);
        },
        Err("KindSwitchedOff"),
    );
}

#[test]
fn unanswered_service_calls_are_exempt_from_the_duration_limit() {
    let settings = TenantSettings {
        call_duration_limit_secs: 10,
        process_service_calls_unanswered: true,
        ..TenantSettings::default()
    };
    let mut row = row();
    named_queue(&mut row);
    unanswered(&mut row);
    row.duration_secs = Some(0);
    assert!(matches!(screened(Source::ServiceCalls, row, &settings), Screening::Open(_)));
}

#[test]
fn kinds_can_be_switched_off() {
    let settings = TenantSettings {
        process_direct_calls: false,
        process_service_calls: false,
        ..TenantSettings::default()
    };
    let off = Screening::Decided(Outcome::Skipped(SkipReason::KindSwitchedOff));
    assert_eq!(screened(Source::Calls, row(), &settings), off);
    let mut queue = row();
    named_queue(&mut queue);
    assert_eq!(screened(Source::ServiceCalls, queue, &settings), off);
}
