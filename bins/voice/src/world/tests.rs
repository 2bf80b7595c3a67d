//! What the demo promises about its world.

use std::collections::BTreeSet;

use call_matching::{NumberReader, Region};
use chrono::TimeZone as _;

use super::numbers::{COUNTRIES, STYLES};
use super::script::PLAN;
use super::*;

const SEEDS: [u64; 4] = [0, 1, 42, u64::MAX];

fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 4, 9, 30, 17).unwrap()
}

fn rows<'a>(world: &'a Value, system: &str, name: &str) -> &'a [Value] {
    world[system][name].as_array().map_or(&[], Vec::as_slice)
}

fn call_rows(world: &Value) -> impl Iterator<Item = &Value> {
    rows(world, "enreach", "calls").iter().chain(rows(world, "enreach", "servicecalls"))
}

fn time(row: &Value, key: &str) -> Option<DateTime<Utc>> {
    row[key].as_str().map(|text| text.parse().unwrap())
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Every phone column of the customers that are searched.
fn typed_numbers(world: &Value) -> Vec<String> {
    let mut typed = Vec::new();
    for set in ["contacts", "accounts", "leads"] {
        for row in rows(world, "dataverse", set) {
            if row["statecode"].as_i64().unwrap_or(0) != 0 {
                continue;
            }
            for column in
                ["telephone1", "telephone2", "telephone3", "mobilephone", "business2", "home2"]
            {
                typed.extend(row[column].as_str().map(str::to_owned));
            }
        }
    }
    typed
}

/// The number that a customer has in a call: of the service row, else of the earliest row.
fn customer_number(world: &Value, call: &str) -> String {
    let of_call = |row: &&Value| row["CallId"] == call;
    let service = rows(world, "enreach", "servicecalls").iter().find(of_call);
    let row = service.unwrap_or_else(|| {
        let calls = rows(world, "enreach", "calls").iter().filter(of_call);
        calls.min_by_key(|row| time(row, "StartTime")).unwrap()
    });
    let key = if row["Direction"] == 0 { "ANum" } else { "BNum" };
    format!("+{}", digits(row[key].as_str().unwrap_or_default()))
}

#[test]
fn the_same_seed_and_moment_give_the_same_world() {
    let [first, second] = [build(7, now()), build(7, now())];
    assert_eq!(first.world.to_string(), second.world.to_string());
    assert_eq!(first.expected, second.expected);
    assert_eq!(first.fresh_calls(3, now()), second.fresh_calls(3, now()));
    assert_ne!(first.world, build(8, now()).world);
}

#[test]
fn a_part_of_a_second_does_not_change_the_world() {
    let later = now() + TimeDelta::milliseconds(870);
    assert_eq!(build(7, now()).world, build(7, later).world);
}

#[test]
fn the_world_is_as_large_as_promised() {
    for seed in SEEDS {
        let demo = build(seed, now());
        let count = |system, name| rows(&demo.world, system, name).len();
        assert!(count("dataverse", "contacts") >= 60);
        assert_eq!(count("dataverse", "accounts"), 15);
        assert_eq!(count("dataverse", "leads"), 8);
        assert_eq!(count("enreach", "users"), 9, "eight agents and the API user");
        assert_eq!(count("enreach", "queues"), 4);
        let planned: usize = PLAN.iter().map(|(_, times)| times).sum();
        assert_eq!(demo.expected.len(), planned);
        assert!(planned >= 100);
    }
}

#[test]
fn every_decision_of_the_demo_occurs() {
    let demo = build(42, now());
    let found: BTreeSet<Expected> = demo.expected.values().copied().collect();
    let skipped =
        ["KindSwitchedOff", "PersonalWorkQueue", "NotWork", "Unanswered", "TooShort", "NoNumber"];
    for expected in [
        Expected::Logged,
        Expected::AlreadyLogged,
        Expected::Failed,
        Expected::Skipped("Internal"),
        Expected::Deferred("InProgress"),
        Expected::Deferred("NoMatch"),
        Expected::Deferred("Ambiguous"),
    ]
    .into_iter()
    .chain(skipped.map(Expected::Skipped))
    {
        assert!(found.contains(&expected), "{expected:?}");
    }
    assert_eq!(demo.expected[demo.failing_call.as_str()], Expected::Failed);
    assert_eq!(demo.expected.values().filter(|e| **e == Expected::Failed).count(), 1);
}

#[test]
fn every_row_is_reported_within_the_last_fourteen_minutes() {
    for seed in SEEDS {
        let demo = build(seed, now());
        for row in call_rows(&demo.world) {
            let modified = time(row, "Modified").unwrap();
            assert!(modified > now() - TimeDelta::minutes(14), "seed {seed}: {row}");
            assert!(modified <= now(), "seed {seed}: {row}");
            let [start, end] =
                [time(row, "StartTime").unwrap(), time(row, "EndTime").unwrap_or(now())];
            assert!(start < end && end <= now(), "seed {seed}: {row}");
        }
    }
}

#[test]
fn nobody_is_in_two_calls_at_once() {
    for seed in SEEDS {
        let demo = build(seed, now());
        let mut busy: BTreeMap<&str, Vec<[DateTime<Utc>; 2]>> = BTreeMap::new();
        for row in rows(&demo.world, "enreach", "calls") {
            let stretch = [time(row, "StartTime").unwrap(), time(row, "EndTime").unwrap()];
            busy.entry(row["UserId"].as_str().unwrap()).or_default().push(stretch);
        }
        assert_eq!(busy.len(), 8, "all agents take part");
        for (agent, mut stretches) in busy {
            stretches.sort();
            for pair in stretches.windows(2) {
                assert!(pair[0][1] <= pair[1][0], "seed {seed}, agent {agent}: {pair:?}");
            }
        }
    }
}

#[test]
fn ids_of_rows_are_unique_and_every_call_has_an_expectation() {
    let demo = build(42, now());
    let mut ids = BTreeSet::new();
    let mut calls = BTreeSet::new();
    for row in call_rows(&demo.world) {
        assert!(ids.insert(row["Id"].as_str().unwrap()), "{row}");
        calls.insert(row["CallId"].as_str().unwrap());
    }
    assert_eq!(calls, demo.expected.keys().map(String::as_str).collect());
}

#[test]
fn transfers_have_several_rows_of_two_agents() {
    let demo = build(42, now());
    let transfers = demo.expected.iter().filter(|(call, expected)| {
        let rows = rows(&demo.world, "enreach", "calls").iter();
        let agents: BTreeSet<_> =
            rows.filter(|row| row["CallId"] == **call).map(|row| row["UserId"].as_str()).collect();
        **expected == Expected::Logged && agents.len() == 2
    });
    assert!(transfers.count() >= 5);
}

#[test]
fn one_call_lasts_forty_minutes() {
    let demo = build(42, now());
    let long = call_rows(&demo.world).filter(|row| row["Duration"].as_i64() >= Some(2400));
    assert_eq!(long.count(), 1);
}

#[test]
fn answered_calls_that_are_matched_last_longer_than_the_limit() {
    let demo = build(42, now());
    for row in call_rows(&demo.world) {
        let talk = row["Duration"].as_i64().unwrap();
        match demo.expected[row["CallId"].as_str().unwrap()] {
            Expected::Skipped("TooShort") => {
                assert!((1..tenant_settings::CALL_DURATION_LIMIT).contains(&talk));
            }
            Expected::Logged | Expected::AlreadyLogged | Expected::Failed => {
                assert!(talk >= tenant_settings::CALL_DURATION_LIMIT, "{row}");
            }
            Expected::Skipped(_) | Expected::Deferred(_) => {}
        }
    }
}

#[test]
fn a_widget_call_is_near_exactly_when_it_is_to_be_adopted() {
    for seed in SEEDS {
        let demo = build(seed, now());
        let margin = TimeDelta::seconds(tenant_settings::CALL_START_MARGIN);
        let widgets = rows(&demo.world, "dataverse", "phonecalls");
        assert_eq!(widgets.len(), 7);
        for row in widgets {
            assert!(time(row, "actualstart") < time(row, "actualend"), "seed {seed}: {row}");
        }
        for (call, expected) in &demo.expected {
            if !matches!(expected, Expected::Logged | Expected::AlreadyLogged | Expected::Failed) {
                continue;
            }
            let number = customer_number(&demo.world, call);
            let of_call = call_rows(&demo.world).filter(|row| row["CallId"] == **call);
            let first = of_call.min_by_key(|row| time(row, "StartTime")).unwrap();
            let near = widgets.iter().any(|widget| {
                let distance =
                    time(widget, "actualstart").unwrap() - time(first, "StartTime").unwrap();
                format!("+{}", digits(widget["phonenumber"].as_str().unwrap())) == number
                    && widget["directioncode"] == (first["Direction"] == 1)
                    && distance.abs() <= margin
            });
            assert_eq!(near, *expected == Expected::AlreadyLogged, "seed {seed}: {call}");
        }
    }
}

#[test]
fn an_unmatched_number_is_contained_in_no_column() {
    for seed in SEEDS {
        let demo = build(seed, now());
        let typed: Vec<String> =
            typed_numbers(&demo.world).iter().map(|text| digits(text)).collect();
        for (call, _) in demo.expected.iter().filter(|(_, e)| **e == Expected::Deferred("NoMatch"))
        {
            let number = customer_number(&demo.world, call);
            // What is left after the 4 characters of NumbersToCut.
            let wanted = &number[4..];
            assert!(typed.iter().all(|typed| !typed.contains(wanted)), "seed {seed}: {number}");
        }
    }
}

#[test]
fn a_fresh_call_is_finished_and_new() {
    let demo = build(42, now());
    let mut seen: BTreeSet<String> = demo.expected.keys().cloned().collect();
    for index in 0..50 {
        let later = now() + TimeDelta::seconds(7);
        let increment = demo.fresh_calls(index, later);
        let calls: BTreeSet<String> =
            call_rows(&increment).map(|row| row["CallId"].as_str().unwrap().to_owned()).collect();
        assert_eq!(calls.len(), 1, "{index}: {increment}");
        assert!(seen.is_disjoint(&calls), "{index}");
        seen.extend(calls);
        for row in call_rows(&increment) {
            assert!(time(row, "EndTime").unwrap() < later, "{row}");
            assert!(time(row, "Modified").unwrap() <= later, "{row}");
        }
    }
}

#[test]
fn the_awkward_agents_are_awkward() {
    let demo = build(42, now());
    let users = rows(&demo.world, "dataverse", "systemusers");
    let disabled: Vec<_> = users.iter().filter(|user| user["isdisabled"] == true).collect();
    assert_eq!(disabled.len(), 1);
    let unlinked: Vec<_> = users.iter().filter(|user| user["ev_clouduserid"].is_null()).collect();
    assert_eq!(unlinked.len(), 1);
    let mobile = digits(unlinked[0]["mobilephone"].as_str().unwrap());
    let same = rows(&demo.world, "enreach", "users").iter().filter(|user| {
        user["MobileNumber"].as_str().is_some_and(|number| number.ends_with(&mobile[1..]))
    });
    assert_eq!(same.count(), 1, "found by the mobile number");
}

fn reader() -> NumberReader {
    NumberReader::new(Some(Region::parse("FI").unwrap()))
}

#[test]
fn a_call_matches_as_many_customers_as_its_decision_says() {
    for seed in SEEDS {
        let demo = build(seed, now());
        let typed: Vec<_> =
            typed_numbers(&demo.world).iter().map(|text| reader().typed(text)).collect();
        for (call, expected) in &demo.expected {
            let number = customer_number(&demo.world, call);
            let exact = typed
                .iter()
                .filter(|typed| typed.e164().iter().any(|reading| reading.as_str() == number));
            let contained = typed
                .iter()
                .filter(|typed| number.get(4..).is_some_and(|rest| typed.digits().contains(rest)));
            let matches = match exact.count() {
                0 => contained.count(),
                exact => exact,
            };
            match expected {
                Expected::Logged | Expected::AlreadyLogged | Expected::Failed => {
                    assert_eq!(matches, 1, "seed {seed}: {number}");
                }
                Expected::Deferred("NoMatch") => assert_eq!(matches, 0, "seed {seed}: {number}"),
                Expected::Deferred("Ambiguous") => assert!(matches > 1, "seed {seed}: {number}"),
                Expected::Deferred(_) | Expected::Skipped(_) => {}
            }
        }
    }
}

#[test]
fn every_number_of_every_country_is_valid_however_it_is_written() {
    for country in &COUNTRIES {
        for number in [country.personal(10), country.personal(87), country.office(10)] {
            for style in STYLES {
                let typed = reader().typed(&number.written(style));
                let readings: Vec<&str> = typed.e164().iter().map(|r| r.as_str()).collect();
                let national = !number.written(style).starts_with(['+'])
                    && !number.written(style).starts_with("00");
                assert_eq!(readings, [number.international()], "{}", number.written(style));
                assert!(national || typed.is_certain(), "{}", number.written(style));
            }
        }
    }
}

#[test]
fn numbers_of_at_least_eight_countries_are_written_in_every_way() {
    let demo = build(42, now());
    let typed = typed_numbers(&demo.world);
    let codes = ["358", "46", "47", "45", "372", "49", "31", "44", "33", "61"];
    let countries = codes.iter().filter(|code| {
        typed.iter().any(|text| {
            text.starts_with(&format!("+{code}")) || text.starts_with(&format!("00{code}"))
        })
    });
    assert!(countries.count() >= 8);
    let habits: [fn(&str) -> bool; 8] = [
        |text| text.starts_with("00"),
        |text| text.starts_with('+') && text.contains("(0)"),
        |text| text.starts_with("0") && !text.starts_with("00") && text.contains('-'),
        |text| text.starts_with("(0"),
        |text| text.contains("ext."),
        |text| text.starts_with('+') && text.contains('-'),
        |text| text.starts_with('+') && text[1..].bytes().all(|byte| byte.is_ascii_digit()),
        |text| text.contains(" / "),
    ];
    for (index, habit) in habits.iter().enumerate() {
        assert!(typed.iter().any(|text| habit(text)), "habit {index}");
    }
}

#[test]
fn the_fault_aims_at_the_row_of_the_failing_call() {
    let demo = build(42, now());
    let organization = OrganizationId::new(team::ORGANIZATION).unwrap();
    assert_eq!(demo.failing_activity, ActivityId::of_call(&organization, &demo.failing_call));
    assert_ne!(demo.failing_activity, build(43, now()).failing_activity);
}

#[test]
fn callback_requests_are_told_with_what_must_become_of_them() {
    for seed in SEEDS {
        let demo = build(seed, now());
        let (first, told) = (&demo.world, &demo.told_callbacks);
        let items: Vec<_> = [first, told]
            .into_iter()
            .flat_map(|world| rows(world, "enreach", "callback_items"))
            .collect();
        let ids: BTreeSet<_> = items.iter().map(|item| item["Id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), items.len());
        assert!(demo.expected_callbacks.keys().map(String::as_str).eq(ids.iter().copied()));
        let fates: BTreeSet<_> = demo.expected_callbacks.values().collect();
        assert_eq!(fates.len(), 4, "every fate occurs");
        let lists: BTreeSet<_> = rows(first, "enreach", "callback_lists")
            .iter()
            .map(|list| list["Id"].as_str().unwrap())
            .collect();
        for item in items {
            assert!(lists.contains(item["CallbackListId"].as_str().unwrap()), "{item}");
            let age = now() - time(item, "Created").unwrap();
            assert!((0..15).contains(&age.num_minutes()), "{item}");
        }
    }
}

#[test]
fn a_fresh_callback_request_is_new_and_every_third_is_a_duplicate() {
    let demo = build(42, now());
    let item = |index| demo.fresh_callback(index, now())["enreach"]["callback_items"][0].clone();
    let (first, second, third) = (item(0), item(1), item(2));
    assert_eq!(item(0), first);
    assert_ne!(first["Id"], third["Id"]);
    assert_eq!(first["Number"], third["Number"]);
    assert_ne!(first["Number"], second["Number"]);
    assert!(!demo.expected_callbacks.contains_key(first["Id"].as_str().unwrap()));
}
