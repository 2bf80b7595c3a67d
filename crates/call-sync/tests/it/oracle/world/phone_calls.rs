//! Phone call rows that were there before: of people, of the agent's widget, and our own.

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use super::calls::Calls;
use super::dice::Dice;
use super::numbers::Numbers;
use super::settings::Hints;
use crate::oracle::verdict::{activity_id, instant, text, written};

/// Rows for some of the calls.
pub(super) fn roll(
    dice: &mut Dice,
    calls: &Calls,
    numbers: &Numbers,
    hints: &Hints,
    owner: &str,
    organization: &str,
) -> Vec<Value> {
    let mut rows = Vec::new();
    for call in calls.user.iter().chain(&calls.service) {
        if text(call, "CallId").is_empty() || !dice.chance(25) {
            continue;
        }
        let count = if dice.chance(15) { 2 } else { 1 };
        for _ in 0..count {
            rows.push(by_someone_else(dice, call, numbers, hints, owner));
        }
    }
    if let Some(call) = calls.user.first().filter(|_| dice.chance(30)) {
        rows.push(our_own(call, owner, organization));
    }
    rows
}

fn by_someone_else(
    dice: &mut Dice,
    call: &Value,
    numbers: &Numbers,
    hints: &Hints,
    owner: &str,
) -> Value {
    let start = instant(call, "TimeStamp").unwrap();
    let outgoing = call["Direction"] == 1;
    let number = if outgoing { text(call, "BNum") } else { text(call, "ANum") };
    let number = if dice.chance(8) {
        dice.pick(&numbers.foreign).e164()
    } else {
        retyped(dice, number, numbers)
    };
    let state = dice.weighted(&[25, 60, 15]);
    let status = [1, if outgoing { 2 } else { 4 }, 3][state];
    let mut row = json!({
        "activityid": dice.guid(), "subject": "A call", "phonenumber": number,
        "directioncode": if dice.chance(90) { outgoing } else { !outgoing },
        "statecode": state, "statuscode": status,
        "ownerid@odata.bind": format!("/systemusers({owner})"),
    });
    if dice.chance(4) {
        // Dynamics then says outgoing.
        row.as_object_mut().unwrap().remove("directioncode");
    }
    begin(dice, &mut row, start, hints.call_start_margin);
    fill(dice, &mut row, call);
    row
}

/// When the row says that its call began, in one of three columns.
fn begin(dice: &mut Dice, row: &mut Value, start: DateTime<Utc>, margin: i64) {
    let apart = match dice.weighted(&[40, 20, 20, 20]) {
        0 => dice.between(-5, 5),
        1 => dice.between(-margin, margin),
        2 => *dice.pick(&[-margin, margin, margin + 1, -margin - 1]),
        _ => dice.between(-2 * margin - 60, 2 * margin + 60),
    };
    let at = start + Duration::seconds(apart);
    let elsewhere = written(start - Duration::hours(3));
    match dice.weighted(&[40, 30, 30]) {
        0 => row["actualstart"] = written(at),
        1 => {
            row["ev_callstart"] = written(at);
            row["actualstart"] = elsewhere;
        }
        _ => row["createdon"] = written(at),
    }
    if row.get("createdon").is_none() {
        row["createdon"] = written(start);
    }
}

/// Some of our columns, filled in by somebody.
fn fill(dice: &mut Dice, row: &mut Value, call: &Value) {
    match dice.weighted(&[75, 15, 5, 5]) {
        0 => {}
        1 => row["ev_callid"] = call["CallId"].clone(),
        2 => row["ev_callid"] = dice.guid().into(),
        _ => row["ev_callbackid"] = dice.guid().into(),
    }
    let columns = [
        ("ev_calltype", json!(451_000_001)),
        ("ev_durationseconds", json!(7)),
        ("ev_queuename", json!("Somewhere")),
        ("ev_audit", json!("by hand")),
        ("ev_matchcount", json!(0)),
        ("ev_syncsource", json!(451_000_004)),
    ];
    for (column, value) in columns {
        if dice.chance(20) {
            row[column] = value;
        }
    }
}

/// The number as somebody else writes it.
fn retyped(dice: &mut Dice, number: &str, numbers: &Numbers) -> String {
    let known =
        numbers.foreign.iter().find(|known| number.trim_start_matches('+') == &known.e164()[1..]);
    match known {
        Some(known) if dice.chance(50) => super::numbers::typed(dice, known, &numbers.foreign),
        Some(known) => known.e164(),
        None => number.to_owned(),
    }
}

/// A row that an earlier pass made and a person has changed since.
fn our_own(call: &Value, owner: &str, organization: &str) -> Value {
    let outgoing = call["Direction"] == 1;
    let number = if outgoing { &call["BNum"] } else { &call["ANum"] };
    json!({
        "activityid": activity_id(organization, &text(call, "CallId").to_lowercase()),
        "subject": "Changed by a person", "phonenumber": number, "directioncode": outgoing,
        "actualstart": call["TimeStamp"], "createdon": call["TimeStamp"],
        "statecode": 1, "statuscode": 4, "ev_callid": call["CallId"],
        "ownerid@odata.bind": format!("/systemusers({owner})"),
    })
}
