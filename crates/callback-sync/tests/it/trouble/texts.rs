//! Numbers, notes and names that want to break out of filters, addresses, JSON or batches.

use callback_sync::Freshness;
use test_support::{
    CallbackRequest, Customer, DuplicateRule, SyncMethod, World, assert_callback_invariants,
};

use super::{Desk, assert_good, count};

/// What breaks careless programs.
const NASTY: [&str; 14] = [
    "O'Brien said \"now\"",
    "100 % sure + more & more # and so on = ?",
    "two\r\nlines\r\n\r\nand a third",
    "--batch_1\r\nContent-Type: application/http\r\n\r\nDELETE /api/data/v9.2/phonecalls",
    "--changeset_1--",
    "</script><b>bold</b>",
    "{\"statecode\": 1}",
    "' or statecode eq 1 or '' eq '",
    "C:\\new\\table\\u0041",
    "ääkkönen, 電話, 📞, \u{202e}right to left",
    "tab\there and a \u{7f}",
    "%27%20or%201%20eq%201",
    "${jndi:ldap://x} {{7*7}}",
    "/../../queues",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_note_arrives_as_it_was() {
    let desk = Desk::by(SyncMethod::WebhookBackedWithPolling).await;
    let requests: Vec<_> = (1..)
        .zip(NASTY)
        .map(|(number, note)| {
            let created = desk.plant.ago_secs(60 - i64::from(number));
            CallbackRequest::new(number, &desk.list, created, &Customer::contact(number))
                .noted(note)
        })
        .collect();
    desk.plant.load(World::new().callbacks(&requests));
    desk.hear(&requests).await;
    // Closing overwrites the note in Enreach.
    assert_good(&desk.pass().await);
    for (request, note) in requests.iter().zip(NASTY) {
        let row = desk.plant.outsider().phone_call(request.activity_id()).await;
        assert_eq!(row["description"], note);
    }
    desk.assert_queued(&requests).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subject_arrives_as_it_was() {
    for subject in NASTY.into_iter().filter(|it| !it.contains(['\r', '\n', '\t'])) {
        let desk = Desk::with(|profile| profile.subject(subject)).await;
        let requests = desk.add(1..=1);
        assert_good(&desk.pass().await);
        desk.assert_queued(&requests).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_is_none_is_written_as_its_digits_and_finds_its_own_duplicates_only() {
    let number = |index: u32, nasty: &str| format!("9{index:02}1 {nasty}");
    let desk = Desk::with_rule(DuplicateRule::Ignore).await;
    let make = |first: u32| {
        let numbers = (0..).zip(NASTY).map(|(index, nasty)| (first + index, number(index, nasty)));
        let requests = numbers.map(|(id, text)| {
            let created = desk.plant.ago_secs(60);
            CallbackRequest::new(id, &desk.list, created, &Customer::contact(1)).from_number(&text)
        });
        requests.collect::<Vec<_>>()
    };
    let requests = make(1);
    desk.plant.load(World::new().callbacks(&requests));
    let sync = desk.plant.callback_sync().await;
    let report = sync.pass(Freshness::Fresh).await;
    assert_good(&report);
    assert_eq!(count(&report, "Created"), NASTY.len());
    let mut expected = desk.expected();
    for request in &requests {
        let row = desk.plant.outsider().phone_call(request.activity_id()).await;
        let shown = row["phonenumber"].as_str().unwrap().to_owned();
        assert!(shown.trim_start_matches('+').bytes().all(|it| it.is_ascii_digit()), "{shown}");
        expected = expected.queued([request]).number(request, Some(&shown));
    }
    assert_callback_invariants(&desk.plant, &expected).await;
    let again = make(101);
    desk.plant.load(World::new().callbacks(&again));
    let report = sync.pass(Freshness::Fresh).await;
    assert_good(&report);
    let created: Vec<_> =
        report.handled.iter().filter(|it| it.outcome.name() != "Ignored").collect();
    assert!(created.is_empty(), "{created:?}");
    for (first, second) in requests.iter().zip(&again) {
        let fate = test_support::CallbackFate::Ignored(first.activity_id());
        expected = expected.and(second, fate);
    }
    assert_callback_invariants(&desk.plant, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_that_are_too_long_are_cut_and_stop_no_other() {
    let desk = Desk::by(SyncMethod::Polling).await;
    let long = CallbackRequest::new(1, &desk.list, desk.plant.ago_secs(5), &Customer::contact(1))
        .noted(&"📞 call me ".repeat(1_000))
        .from_number(&"12345".repeat(4_000));
    let mut all = desk.add(2..=5);
    desk.plant.load(World::new().callback(&long));
    let report = desk.pass().await;
    assert_good(&report);
    assert_eq!(count(&report, "Created"), 5);
    super::assert_finding(&report, &["description was cut"]);
    let row = desk.plant.outsider().phone_call(long.activity_id()).await;
    assert_eq!(row["phonenumber"].as_str().unwrap().len(), 200);
    let expected = desk.expected().number(&long, row["phonenumber"].as_str());
    all.push(long);
    assert_callback_invariants(&desk.plant, &expected.queued(&all)).await;
}
