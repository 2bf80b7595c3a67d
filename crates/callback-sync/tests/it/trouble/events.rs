//! Events come twice, late, in the wrong order, wrong, or not at all.

use callback_sync::Freshness;
use chrono::Duration;
use serde_json::{Value, json};
use sync_store::{EventKey, Store};
use test_support::{
    CallbackFate, CallbackList, CallbackProfile, CallbackRequest, Customer, Queue, SyncMethod,
    World, assert_callback_invariants,
};

use super::{Desk, assert_good, count, created, event, raw_event};

/// An event of another type about a request.
fn of_type(event_type: &str, request: &CallbackRequest) -> Value {
    let mut body = created(request);
    body["EventType"] = event_type.into();
    body
}

/// Those of the events that wait, with their attempts.
async fn waiting(desk: &Desk) -> Vec<(String, u32)> {
    let inbox = desk.plant.store().await.inbox(&desk.plant.tenant(), 1_000).await.unwrap();
    inbox.into_iter().map(|event| (event.key.to_string(), event.attempts)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_come_twice_tell_of_one_request() {
    let desk = Desk::by(SyncMethod::Webhook).await;
    let requests = desk.add(1..=2);
    let mut events = Vec::new();
    for (copy, request) in [(1, 0), (1, 0), (2, 0), (3, 0), (1, 1)] {
        let id = format!("{copy} of {request}");
        events.push(event(&desk.plant, &id, created(&requests[request])));
    }
    let heard = desk.take_in(events.clone()).await;
    let sync = desk.plant.callback_sync().await;
    assert_good(&sync.pass(Freshness::Cached).await);
    // And once more after all is done: with the same id, and with another.
    events.push(event(&desk.plant, "late", created(&requests[0])));
    desk.take_in(events).await;
    let report = sync.pass(Freshness::Cached).await;
    assert_good(&report);
    assert_eq!(report.events, 1, "known ids are not taken in again");
    let expected = desk.expected().queued(&requests).heard(heard);
    assert_callback_invariants(&desk.plant, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_in_capital_letters_is_the_same_id() {
    let desk = Desk::by(SyncMethod::WebhookBackedWithPolling).await;
    let anonymous =
        CallbackRequest::new(1, &desk.list, desk.plant.ago_secs(9), &Customer::contact(1))
            .from_number("anonymous");
    desk.plant.load(World::new().callback(&anonymous));
    let mut shouting = created(&anonymous);
    for name in ["CallbackListItemId", "CallbackListId", "EntityId"] {
        shouting[name] = shouting[name].as_str().unwrap().to_uppercase().into();
    }
    let events = vec![
        event(&desk.plant, "quiet", created(&anonymous)),
        event(&desk.plant, "shouting", shouting),
    ];
    desk.take_in(events).await;
    assert_good(&desk.pass().await);
    let expected = desk.expected().queued([&anonymous]).number(&anonymous, None);
    assert_callback_invariants(&desk.plant, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_event_before_its_created_event_is_a_hint_like_any_other() {
    let desk = Desk::by(SyncMethod::Webhook).await;
    let requests = desk.add(1..=2);
    // The second was really closed by somebody; of the first that is only said.
    desk.plant.outsider().edit_callback(&requests[1], json!({"State": "Closed"})).await;
    let mut events = Vec::new();
    for request in &requests {
        for event_type in ["CallbackClosed", "CallbackUpdated", "CallbackCreated"] {
            let id = format!("{event_type} {}", request.id());
            events.push(event(&desk.plant, &id, of_type(event_type, request)));
        }
    }
    let heard = desk.take_in(events).await;
    let report = desk.pass().await;
    assert_good(&report);
    assert_eq!((count(&report, "Created"), count(&report, "ClosedElsewhere")), (1, 1));
    let expected = desk.expected().queued(&requests[..1]).heard(heard);
    let expected = expected.and(&requests[1], CallbackFate::ClosedElsewhere);
    assert_callback_invariants(&desk.plant, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_events_are_healed_by_polling() {
    let desk = Desk::by(SyncMethod::WebhookBackedWithPolling).await;
    let requests = desk.add(1..=4);
    let heard = desk.hear(&requests[..1]).await;
    let sync = desk.plant.callback_sync().await;
    assert_good(&sync.pass(Freshness::Cached).await);
    let later = desk.add(5..=6);
    desk.plant.pass_time(Duration::seconds(60));
    assert_good(&sync.pass(Freshness::Cached).await);
    let expected = desk.expected().queued(requests.iter().chain(&later)).heard(heard);
    assert_callback_invariants(&desk.plant, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_that_nobody_knows_is_a_hint_if_it_names_an_item() {
    let desk = Desk::by(SyncMethod::Webhook).await;
    let requests = desk.add(1..=4);
    let list = desk.list.id();
    let bodies = [
        json!({"EventType": "SomethingNew", "CallbackListItemId": requests[0].id()}),
        json!({"EventType": null, "CallbackListId": list, "CallListItemId": requests[1].id()}),
        json!({"CallbackId": requests[2].id(), "Unknown": {"Deep": [1, 2, 3]}}),
        json!({"EventType": "CallListCallCompleted", "EntityType": "CallList", "EntityId": list,
               "CallbackListItemId": requests[3].id()}),
    ];
    let events = (1..).zip(bodies).map(|(id, body)| event(&desk.plant, &format!("{id}"), body));
    let heard = desk.take_in(events.collect()).await;
    assert_good(&desk.pass().await);
    let expected = desk.expected().queued(&requests).heard(heard);
    assert_callback_invariants(&desk.plant, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_without_item_has_its_list_polled_even_where_nothing_else_polls() {
    let desk = Desk::by(SyncMethod::Webhook).await;
    let requests = desk.add(1..=3);
    let sync = desk.plant.callback_sync().await;
    assert_good(&sync.pass(Freshness::Fresh).await);
    assert!(desk.plant.outsider().callbacks().await.is_empty(), "nobody has told of them yet");
    let bodies = [
        json!({"EventType": "CallbackCreated", "EntityType": "CallList", "EntityId": desk.list.id()}),
        json!({"EventType": "CallbackCreated", "CallbackListId": desk.list.id()}),
    ];
    let events = (1..).zip(bodies).map(|(id, body)| event(&desk.plant, &format!("{id}"), body));
    let heard = desk.take_in(events.collect()).await;
    let mark = desk.plant.mark();
    assert_good(&sync.pass(Freshness::Cached).await);
    let asked = desk.plant.requests_since(mark, "enreach");
    assert_eq!(asked.iter().filter(|it| it.path.contains("/items?")).count(), 1, "asked for once");
    let expected = desk.expected().queued(&requests).heard(heard);
    assert_callback_invariants(&desk.plant, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_says_nothing_or_is_no_json_is_done_without_asking_anybody() {
    let desk = Desk::by(SyncMethod::Webhook).await;
    let bodies = [
        "",
        "{}",
        "[]",
        "null",
        "hello",
        "{\"Id\":",
        "\u{feff}{}",
        "<xml/>",
        "{\"Id\":\"x\"}",
        "{\"CallbackListItemId\":\"\"}",
        "{\"CallbackListItemId\":[1]}",
        "\u{0}\u{1}",
    ];
    let events = (0..).zip(bodies).map(|(id, body)| raw_event(&desk.plant, &format!("{id}"), body));
    let heard = desk.take_in(events.collect()).await;
    let sync = desk.plant.callback_sync().await;
    assert_good(&sync.pass(Freshness::Cached).await);
    let asked = desk.plant.requests_since(0, "enreach");
    assert!(!asked.iter().any(|it| it.path.contains("callbacks")), "{asked:?}");
    assert_callback_invariants(&desk.plant, &desk.expected().heard(heard)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_id_that_wants_to_break_out_of_its_url_asks_for_an_item_and_nothing_else() {
    let desk = Desk::by(SyncMethod::Webhook).await;
    let requests = desk.add(1..=1);
    let ids = [
        "../lists",
        "../../users/me",
        "..",
        "x?State=Open",
        "x#y",
        "a/b",
        "%2e%2e",
        "a b",
        "ä",
        "x') or ('1' eq '1",
        "--batch_1\r\nGET /",
        "a&b=c+d",
        "</script>",
    ];
    let mut events: Vec<_> = (0..)
        .zip(ids)
        .map(|(number, id)| {
            let body = json!({"CallbackListItemId": id, "CallbackListId": desk.list.id()});
            event(&desk.plant, &format!("evil {number}"), body)
        })
        .collect();
    events.push(event(&desk.plant, "good", created(&requests[0])));
    let heard = desk.take_in(events).await;
    let report = desk.pass().await;
    assert_good(&report);
    for asked in desk.plant.requests_since(0, "enreach") {
        if let Some((_, item)) = asked.path.split_once("callbacks/items/") {
            assert!(!item.contains(['/', '?', '#', ' ']), "{}", asked.path);
        } else {
            // Where no item can be read from the event, its list is polled.
            let rest = asked.path.split_once("/callbacks/lists/").map(|(_, rest)| rest);
            let of_list = format!("{}/items?", desk.list.id());
            assert!(rest.is_none_or(|it| it.starts_with(&of_list)), "{}", asked.path);
        }
    }
    // They are tried, as an item may be visible later, and in the end they are dead letters.
    let left = waiting(&desk).await.len();
    assert!(left > 0);
    let expected = desk.expected().queued(&requests).heard(heard).inbox(left, 0);
    assert_callback_invariants(&desk.plant, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_a_list_whose_profile_is_made_just_after_waits_for_the_profiles_to_be_read() {
    let desk = Desk::by(SyncMethod::Webhook).await;
    let sync = desk.plant.callback_sync().await;
    assert_good(&sync.pass(Freshness::Cached).await);
    let (list, queue) = (CallbackList::new(2), Queue::new(2));
    let requests: Vec<_> = (1..=3)
        .map(|number| {
            CallbackRequest::new(number, &list, desk.plant.ago_secs(1), &Customer::contact(number))
        })
        .collect();
    desk.plant.load(World::new().callback_list(&list).queue(&queue).callbacks(&requests));
    desk.plant.pass_time(Duration::seconds(1));
    let heard = desk.hear(&requests).await;
    // Read a second ago: it is not known yet whether they are ours.
    assert_good(&sync.pass(Freshness::Cached).await);
    let left: Vec<_> = waiting(&desk).await.into_iter().map(|(_, attempts)| attempts).collect();
    assert_eq!(left, [0, 0, 0], "no attempt of any of them");
    let profile = CallbackProfile::new(2, &list, &queue).method(SyncMethod::Webhook);
    desk.plant.load(World::new().profile(&profile));
    desk.plant.pass_time(Duration::seconds(15));
    let mark = desk.plant.mark();
    assert_good(&sync.pass(Freshness::Cached).await);
    let asked = desk.plant.requests_since(mark, "dataverse");
    let of_profiles = asked.iter().filter(|it| it.path.contains("ev_callbackprofiles"));
    assert_eq!(of_profiles.count(), 1, "the profiles are read once, not for each event");
    let expected = test_support::ExpectedCallbacks::of([&desk.profile, &profile]);
    let expected = expected.queued(&requests).heard(heard);
    assert_callback_invariants(&desk.plant, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_a_list_that_has_no_profile_are_done_and_cost_one_look_in_a_while() {
    let desk = Desk::by(SyncMethod::Webhook).await;
    let sync = desk.plant.callback_sync().await;
    assert_good(&sync.pass(Freshness::Cached).await);
    let mut heard: Vec<EventKey> = Vec::new();
    let mark = desk.plant.mark();
    for second in 0..60 {
        let body = json!({"EventType": "CallbackCreated", "CallbackListId": "foreign",
                          "CallbackListItemId": format!("item {second}")});
        let foreign = event(&desk.plant, &format!("{second}"), body);
        heard.extend(desk.take_in(vec![foreign]).await);
        assert_good(&sync.pass(Freshness::Cached).await);
        desk.plant.pass_time(Duration::seconds(1));
    }
    let looks = desk.plant.requests_since(mark, "dataverse").len();
    assert!(looks <= 5, "the profiles were read {looks} times in a minute");
    let asked = desk.plant.requests_since(mark, "enreach");
    assert!(!asked.iter().any(|it| it.path.contains("callbacks")), "their items are not asked for");
    desk.plant.pass_time(Duration::seconds(30));
    assert_good(&sync.pass(Freshness::Cached).await);
    assert_callback_invariants(&desk.plant, &desk.expected().heard(heard)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_a_list_that_is_only_polled_is_done_and_polling_finds_the_request() {
    let desk = Desk::by(SyncMethod::Polling).await;
    let requests = desk.add(1..=1);
    let sync = desk.plant.callback_sync().await;
    assert_good(&sync.pass(Freshness::Cached).await);
    let later = desk.add(2..=2);
    let heard = desk.hear(&later).await;
    let report = sync.pass(Freshness::Cached).await;
    assert_good(&report);
    assert_eq!((report.foreign_events, report.handled.len()), (1, 0));
    desk.plant.pass_time(Duration::minutes(1));
    assert_good(&sync.pass(Freshness::Cached).await);
    let expected = desk.expected().queued(requests.iter().chain(&later)).heard(heard);
    assert_callback_invariants(&desk.plant, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_that_is_not_visible_yet_is_asked_for_again() {
    let desk = Desk::by(SyncMethod::Webhook).await;
    let requests = desk.add(1..=2);
    let item = format!("callbacks/items/{}", requests[0].id());
    desk.plant.fault(json!({"system": "enreach", "method": "GET", "path_contains": item,
                            "kind": "status", "status": 404, "count": 2}));
    let heard = desk.hear(&requests).await;
    let sync = desk.plant.callback_sync().await;
    for pause in [5, 30] {
        let report = sync.pass(Freshness::Cached).await;
        assert_good(&report);
        assert_eq!(count(&report, "Failed"), 1);
        desk.plant.pass_time(Duration::seconds(pause));
    }
    assert_good(&sync.pass(Freshness::Cached).await);
    let expected = desk.expected().queued(&requests).heard(heard);
    assert_callback_invariants(&desk.plant, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn enreach_being_down_for_a_day_counts_no_attempt_and_makes_no_dead_letter() {
    for status in [503, 401] {
        let desk = Desk::by(SyncMethod::WebhookBackedWithPolling).await;
        let sync = desk.plant.callback_sync().await;
        assert_good(&sync.pass(Freshness::Cached).await);
        let requests = desk.add(1..=3);
        let mut heard = desk.hear(&requests[..2]).await;
        // And one that names a list and no item.
        let body = json!({"EventType": "CallbackCreated", "CallbackListId": desk.list.id()});
        heard.extend(desk.take_in(vec![event(&desk.plant, "list", body)]).await);
        desk.plant.fault(json!({"system": "enreach", "kind": "status", "status": status,
                                "retry_after": 3_600, "count": 100_000}));
        for _ in 0..24 {
            assert!(sync.pass(Freshness::Cached).await.error.is_some());
            for (event, attempts) in waiting(&desk).await {
                assert_eq!(attempts, 0, "{event}");
            }
            desk.plant.pass_time(Duration::hours(1));
        }
        desk.plant.calm();
        assert_good(&desk.pass().await);
        let expected = desk.expected().queued(&requests).heard(heard);
        assert_callback_invariants(&desk.plant, &expected).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_item_that_enreach_cannot_answer_for_becomes_a_dead_letter_and_stops_no_other() {
    let desk = Desk::by(SyncMethod::Webhook).await;
    let sick = desk.add(1..=1).remove(0);
    desk.plant.fault(json!({"system": "enreach", "path_contains": format!("items/{}", sick.id()),
        "kind": "status", "status": 507, "body": "{\"Message\": \"call +358501234567 failed\"}",
        "count": 1_000}));
    let mut heard = desk.hear([&sick]).await;
    let sync = desk.plant.callback_sync().await;
    let mut well = Vec::new();
    for number in 2..=10 {
        let request = desk.add(number..=number);
        heard.extend(desk.hear(&request).await);
        let report = sync.pass(Freshness::Cached).await;
        assert_good(&report);
        assert_eq!(count(&report, "Created"), 1);
        well.extend(request);
        desk.plant.pass_time(Duration::hours(8));
    }
    let inbox = desk.plant.store().await.inbox(&desk.plant.tenant(), 10).await.unwrap();
    assert_eq!(inbox[0].attempts, 8);
    let problem = inbox[0].problem.clone().unwrap();
    assert!(!problem.contains("358501234567"), "{problem}");
    let expected = desk.expected().queued(&well).heard(heard).inbox(0, 1);
    let expected = expected.and(&sick, CallbackFate::Waiting);
    assert_callback_invariants(&desk.plant, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enreach_that_throttles_in_the_middle_of_a_burst_counts_no_attempt() {
    let desk = Desk::by(SyncMethod::Webhook).await;
    let requests = desk.add(1..=40);
    let heard = desk.hear(&requests).await;
    desk.plant
        .fault(json!({"system": "enreach", "path_contains": "callbacks/items", "method": "GET",
        "kind": "status", "status": 429, "retry_after": 3_600, "skip": 20, "count": 100}));
    let report = desk.pass().await;
    assert!(report.error.is_some(), "the pass says so");
    for (event, attempts) in waiting(&desk).await {
        assert_eq!(attempts, 0, "{event}");
    }
    desk.plant.calm();
    desk.plant.pass_time(Duration::seconds(15));
    assert_good(&desk.pass().await);
    let expected = desk.expected().queued(&requests).heard(heard);
    assert_callback_invariants(&desk.plant, &expected).await;
}
