use super::*;
use crate::sample::{at, outgoing, plan};
use call_matching::Region;
use proptest::prelude::*;
use serde_json::json;

const MARGIN: Duration = Duration::seconds(60);

/// A phone call that somebody made by hand, so many seconds from [`at`]`(0)`.
fn widget_row(number: u128, start: i64) -> serde_json::Value {
    json!({
        "activityid": Uuid::from_u128(number), "@odata.etag": "W/\"7\"", "statecode": 0,
        "phonenumber": "050 123 4567", "directioncode": false, "actualstart": at(start),
        "createdon": at(start + 900), "ev_callid": null, "ev_callbackid": null, "ev_callstart": null
    })
}

fn assigned(calls: &[PlannedCall], rows: Vec<serde_json::Value>) -> Vec<(String, Existing)> {
    let reader = NumberReader::new(Region::parse("FI").ok());
    let rows = rows.into_iter().map(Row::from).collect();
    let mut found: Vec<_> =
        assign(&calls.iter().collect::<Vec<_>>(), rows, &Names::default(), &reader, MARGIN)
            .into_iter()
            .map(|(call, existing)| (call.to_string(), existing))
            .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

#[test]
fn a_row_counts_if_everything_fits() {
    let check = |change: fn(&mut serde_json::Value), counts: bool| {
        let mut row = widget_row(1, 30);
        change(&mut row);
        let found = assigned(&[plan("call-1", 0, |_| ())], vec![row.clone()]);
        assert_eq!(found.len(), usize::from(counts), "{row}");
    };
    check(|_| (), true);
    check(|row| row["actualstart"] = json!(at(60)), true);
    check(|row| row["actualstart"] = json!(at(-60)), true);
    check(|row| row["actualstart"] = json!(at(61)), false);
    check(|row| row["phonenumber"] = json!("+358 50 123 4568"), false);
    check(|row| row["phonenumber"] = json!(null), false);
    check(|row| row["directioncode"] = json!(true), false);
    check(|row| row["statecode"] = json!(2), false);
    check(|row| row["statecode"] = json!(1), true);
    check(|row| row["ev_callid"] = json!("another call"), false);
    check(|row| row["ev_callid"] = json!("CALL-1"), false);
    check(|row| row["ev_callid"] = json!(" call-1 "), true);
    check(|row| row["ev_callbackid"] = json!("a callback"), false);
    // The start is ev_callstart, else actualstart, else createdon.
    check(|row| row["ev_callstart"] = json!(at(900)), false);
    check(|row| row["actualstart"] = json!(null), false);
    check(
        |row| {
            row["actualstart"] = json!(null);
            row["createdon"] = json!(at(-10));
        },
        true,
    );
}

#[test]
fn a_row_goes_to_the_nearest_call_and_to_one_only() {
    let calls = [plan("call-1", 0, |_| ()), plan("call-2", 50, |_| ())];
    let found = assigned(&calls, vec![widget_row(1, 40)]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, "call-2");
    let both = assigned(&calls, vec![widget_row(1, 40), widget_row(2, 45)]);
    assert_eq!(both.len(), 2, "each call gets a row of its own");
}

#[test]
fn our_own_row_and_a_row_with_the_call_id_count_at_any_time() {
    let call = plan("call-1", 0, |_| ());
    let mut ours = widget_row(1, 5_000);
    ours["activityid"] = json!(call.activity);
    assert_eq!(
        assigned(std::slice::from_ref(&call), vec![widget_row(2, 1), ours]),
        [("call-1".to_owned(), Existing::Ours(call.activity))]
    );
    let mut adopted = widget_row(1, 5_000);
    adopted["ev_callid"] = json!("call-1");
    adopted["statecode"] = json!(2);
    let found = assigned(&[call], vec![adopted.clone()]);
    assert_eq!(
        found,
        [(
            "call-1".to_owned(),
            Existing::Foreign(ActivityId(Uuid::from_u128(1)), Row::from(adopted))
        )]
    );
}

#[test]
fn without_a_margin_only_the_id_counts() {
    let reader = NumberReader::new(Region::parse("FI").ok());
    let mut carries_id = widget_row(2, 5_000);
    carries_id["ev_callid"] = json!("call-1");
    let rows = [widget_row(1, 0), carries_id].map(Row::from).to_vec();
    let calls = [plan("call-1", 0, |_| ()), plan("call-2", 0, |_| ())];
    let found = assign(
        &calls.iter().collect::<Vec<_>>(),
        rows,
        &Names::default(),
        &reader,
        Duration::zero(),
    );
    assert_eq!(found.len(), 1);
    assert!(found.contains_key(&calls[0].call.call));
}

#[test]
fn a_callback_of_the_call_is_not_the_call() {
    let mut callback = widget_row(1, 0);
    callback["ev_callid"] = json!("call-1");
    callback["ev_callbackid"] = json!("item-1");
    assert!(assigned(&[plan("call-1", 0, |_| ())], vec![callback]).is_empty());
}

#[test]
fn directions_are_kept_apart() {
    let mut row = widget_row(1, 0);
    row["directioncode"] = json!(true);
    assert_eq!(assigned(&[plan("call-1", 0, outgoing)], vec![row]).len(), 1);
}

#[test]
fn one_query_asks_for_all_calls_and_joins_overlapping_times() {
    let calls: Vec<_> =
        [0, 30, 500].map(|start| plan(&format!("call-{start}"), start, |_| ())).into();
    let spans = spans(&calls, MARGIN);
    assert_eq!(spans, [(at(-61), at(91)), (at(439), at(561))]);
    let asked = |margin| format!("{:?}", query(&calls, &Names::default(), margin));
    assert!(asked(MARGIN).contains("actualstart\", Ge"));
    let without = asked(Duration::zero());
    assert!(without.contains("call-500") && !without.contains("actualstart\", Ge"), "{without}");
}

proptest! {
    #[test]
    fn no_row_is_ever_given_away_twice_and_order_does_not_matter(
        starts in proptest::collection::vec(0i64..300, 1..6),
        rows in proptest::collection::vec(0i64..300, 0..6),
    ) {
        let calls: Vec<_> = starts.iter().enumerate()
            .map(|(index, start)| plan(&format!("call-{index}"), *start, |_| ())).collect();
        let rows: Vec<_> =
            (1u128..).zip(&rows).map(|(number, start)| widget_row(number, *start)).collect();
        let found = assigned(&calls, rows.clone());
        let mut given: Vec<_> = found.iter().map(|(_, existing)| match existing {
            Existing::Foreign(id, _) => Some(*id),
            Existing::Ours(_) => None,
        }).collect();
        given.sort();
        given.dedup();
        prop_assert_eq!(given.len(), found.len());
        let reversed: Vec<_> = rows.into_iter().rev().collect();
        prop_assert_eq!(found, assigned(&calls, reversed));
    }
}
