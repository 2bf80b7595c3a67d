//! Profiles that change, are missing, or contradict each other.

use callback_sync::Freshness;
use chrono::{Duration, SecondsFormat};
use serde_json::json;
use sync_store::Store;
use test_support::{
    AgeUnit, CallbackFate, CallbackList, CallbackProfile, CallbackRequest, Customer,
    ExpectedCallbacks, Queue, SyncMethod, World, assert_callback_invariants,
};

use super::{Desk, assert_finding, assert_good, count, created, event, refusal};

async fn deactivate(desk: &Desk) {
    let inactive = json!({"statecode": 1, "statuscode": 2});
    desk.plant.outsider().edit(&desk.profile.path(), inactive).await;
}

async fn activate(desk: &Desk) {
    let active = json!({"statecode": 0, "statuscode": 1});
    desk.plant.outsider().edit(&desk.profile.path(), active).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_switched_off_between_passes_is_not_polled_and_misses_nothing_when_it_is_back() {
    let desk = Desk::by(SyncMethod::Polling).await;
    let sync = desk.plant.callback_sync().await;
    let mut requests = desk.add(1..=1);
    assert_good(&sync.pass(Freshness::Cached).await);
    deactivate(&desk).await;
    desk.plant.pass_time(Duration::minutes(6));
    requests.extend(desk.add(2..=3));
    let mark = desk.plant.mark();
    assert_good(&sync.pass(Freshness::Cached).await);
    let asked = desk.plant.requests_since(mark, "enreach");
    assert!(!asked.iter().any(|it| it.path.contains("callbacks")), "{asked:?}");
    let expected = desk.expected().queued(&requests);
    let waits = requests[1..]
        .iter()
        .fold(expected.clone(), |it, request| it.and(request, CallbackFate::Waiting));
    assert_callback_invariants(&desk.plant, &waits).await;
    activate(&desk).await;
    // Longer than its age.
    desk.plant.pass_time(Duration::hours(10));
    assert_good(&sync.pass(Freshness::Cached).await);
    assert_callback_invariants(&desk.plant, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_switched_off_while_its_requests_are_written_serves_them_to_the_end() {
    let desk = Desk::by(SyncMethod::WebhookBackedWithPolling).await;
    // Two waves.
    let requests = desk.add(1..=60);
    let heard = desk.hear(&requests).await;
    desk.plant.fault(json!({"system": "dataverse", "path_contains": "$batch", "kind": "slow",
                            "delay_ms": 300}));
    let sync = desk.plant.callback_sync().await;
    let off = async {
        let is_written = |it: &sandbox::LoggedRequest| it.path.ends_with("$batch");
        while !desk.plant.sandbox.requests(0).iter().any(is_written) {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        deactivate(&desk).await;
    };
    let (report, ()) = tokio::join!(sync.pass(Freshness::Fresh), off);
    assert_good(&report);
    let expected = desk.expected().queued(&requests).heard(heard);
    assert_callback_invariants(&desk.plant, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_polling_left_in_the_inbox_waits_for_its_profile_and_ends_as_a_dead_letter() {
    let desk = Desk::by(SyncMethod::Polling).await;
    let open = desk.add(1..=1).remove(0);
    desk.plant.load(World::new().callback(&open.clone().reserved_by(test_support::Agent::Anna)));
    let sync = desk.plant.callback_sync().await;
    assert_good(&sync.pass(Freshness::Cached).await);
    deactivate(&desk).await;
    desk.plant.load(World::new().callback(&open));
    for _ in 0..9 {
        desk.plant.pass_time(Duration::hours(9));
        assert_good(&sync.pass(Freshness::Cached).await);
    }
    let waits = desk.expected().and(&open, CallbackFate::Waiting);
    assert_callback_invariants(&desk.plant, &waits.inbox(0, 1)).await;
    activate(&desk).await;
    let (store, tenant) = (desk.plant.store().await, desk.plant.tenant());
    store.replay_dead_letters(&tenant, None, desk.plant.now()).await.unwrap();
    assert_good(&desk.pass().await);
    desk.assert_queued([&open]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_profiles_of_a_list_the_older_serves_it_and_the_other_is_named() {
    for second_is_older in [false, true] {
        let plant_start = |profile: CallbackProfile| {
            profile.created("2026-01-02T00:00:00Z".parse().unwrap()).subject("First")
        };
        let mut desk = Desk::with(plant_start).await;
        let day = if second_is_older { "2026-01-01" } else { "2026-01-03" };
        let queue = Queue::new(2);
        let second = CallbackProfile::new(2, &desk.list, &queue)
            .created(format!("{day}T00:00:00Z").parse().unwrap())
            .method(SyncMethod::WebhookBackedWithPolling)
            .subject("Second");
        desk.plant.load(World::new().queue(&queue).profile(&second));
        let requests = desk.add(1..=2);
        let heard = desk.hear(&requests[..1]).await;
        let report = desk.pass().await;
        assert_good(&report);
        let (serves, other) =
            if second_is_older { ("Profile 2", "Profile 1") } else { ("Profile 1", "Profile 2") };
        assert_finding(&report, &[&format!("callback profile {other}"), "older profile", serves]);
        if second_is_older {
            desk.profile = second;
        }
        let expected = desk.expected().queued(&requests).heard(heard);
        assert_callback_invariants(&desk.plant, &expected).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_table_of_profiles_is_a_finding_and_events_wait_for_it_or_are_foreign() {
    let desk = Desk::by(SyncMethod::WebhookBackedWithPolling).await;
    let requests = desk.add(1..=2);
    desk.plant.fault(json!({"system": "dataverse", "path_contains": "ev_callbackprofiles",
        "kind": "status", "status": 404, "code": "0x8006088a", "count": 1_000}));
    let sync = desk.plant.callback_sync().await;
    let report = sync.pass(Freshness::Cached).await;
    assert_good(&report);
    assert_finding(&report, &["ev_callbackprofiles", "does not exist", "voice install"]);
    desk.plant.calm();
    desk.plant.pass_time(Duration::minutes(6));
    let heard = desk.hear(&requests[..1]).await;
    assert_good(&sync.pass(Freshness::Cached).await);
    let expected = desk.expected().queued(&requests).heard(heard);
    assert_callback_invariants(&desk.plant, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn profiles_that_cannot_be_read_are_no_attempt_of_any_event() {
    let desk = Desk::by(SyncMethod::Webhook).await;
    let sync = desk.plant.callback_sync().await;
    assert_good(&sync.pass(Freshness::Cached).await);
    let (list, queue) = (CallbackList::new(2), Queue::new(2));
    let of_new = CallbackRequest::new(9, &list, desk.plant.ago_secs(1), &Customer::contact(9));
    let profile = CallbackProfile::new(2, &list, &queue).method(SyncMethod::Webhook);
    desk.plant.load(World::new().callback_list(&list).queue(&queue).callback(&of_new));
    desk.plant.fault(json!({"system": "dataverse", "path_contains": "ev_callbackprofiles",
        "kind": "status", "status": 403, "code": "0x80040220", "count": 1_000}));
    let requests = desk.add(1..=1);
    for round in 0..12 {
        desk.plant.pass_time(Duration::minutes(1));
        let mut body = created(&of_new);
        body["Round"] = round.into();
        desk.take_in(vec![event(&desk.plant, &format!("round {round}"), body)]).await;
        if round == 0 {
            desk.hear(&requests).await;
        }
        assert!(sync.pass(Freshness::Cached).await.error.is_some());
    }
    let inbox = desk.plant.store().await.inbox(&desk.plant.tenant(), 100).await.unwrap();
    assert!(inbox.iter().all(|event| event.attempts == 0), "{inbox:?}");
    desk.plant.calm();
    desk.plant.load(World::new().profile(&profile));
    desk.plant.pass_time(Duration::minutes(1));
    assert_good(&sync.pass(Freshness::Cached).await);
    let expected = ExpectedCallbacks::of([&desk.profile, &profile]);
    let expected = expected.queued(&requests).queued([&of_new]);
    assert_callback_invariants(&desk.plant, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_dynamics_is_busy_the_last_profiles_serve() {
    let desk = Desk::by(SyncMethod::Polling).await;
    let sync = desk.plant.callback_sync().await;
    assert_good(&sync.pass(Freshness::Cached).await);
    let requests = desk.add(1..=1);
    desk.plant.pass_time(Duration::minutes(6));
    desk.plant.fault(json!({"system": "dataverse", "path_contains": "ev_callbackprofiles",
        "kind": "status", "status": 507, "count": 1_000}));
    assert_good(&sync.pass(Freshness::Cached).await);
    desk.assert_queued(&requests).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_subject_is_the_profiles_else_that_of_the_settings_else_the_usual_one() {
    for (of_profile, of_settings, wanted) in [
        (None, None, "Callback request"),
        (None, Some("Please call"), "Please call"),
        (Some("Sales"), Some("Please call"), "Sales"),
        (Some("   "), Some("Please call"), "Please call"),
    ] {
        let desk = Desk::with(|profile| match of_profile {
            Some(subject) => profile.subject(subject),
            None => profile,
        })
        .await;
        if let Some(subject) = of_settings {
            desk.plant.set("CallbackRequestDefaultSubject", subject);
        }
        let request = desk.add(1..=1).remove(0);
        assert_good(&desk.pass().await);
        let row = desk.plant.outsider().phone_call(request.activity_id()).await;
        assert_eq!(row["subject"], wanted);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn polling_looks_back_as_far_as_the_age_says_in_its_unit() {
    for (number, unit, age) in [
        (2, AgeUnit::Days, Duration::days(2)),
        (5, AgeUnit::Hours, Duration::hours(5)),
        (45, AgeUnit::Minutes, Duration::minutes(45)),
    ] {
        let desk =
            Desk::with(|profile| profile.age(number, unit).method(SyncMethod::Polling)).await;
        let at = |ago: Duration, number: u32| {
            let created = desk.plant.now() - ago;
            CallbackRequest::new(number, &desk.list, created, &Customer::contact(number))
        };
        let minute = Duration::minutes(1);
        let (young, old) = (at(age - minute, 1), at(age + minute, 2));
        desk.plant.load(World::new().callbacks([&young, &old]));
        assert_good(&desk.pass().await);
        let asked = desk.plant.requests_since(0, "enreach");
        let poll = asked.iter().find(|it| it.path.contains("/items?")).unwrap();
        let since = (desk.plant.now() - age).to_rfc3339_opts(SecondsFormat::Secs, true);
        let since = since.trim_end_matches('Z').replace('T', "+").replace(':', "%3A");
        assert!(poll.path.contains(&since), "{} does not ask since {since}", poll.path);
        let expected = desk.expected().queued([&young]).and(&old, CallbackFate::Waiting);
        assert_callback_invariants(&desk.plant, &expected).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_longer_than_the_age_loses_nothing() {
    for (system, path) in
        [("enreach", "/items?"), ("enreach", "/"), ("dataverse", "phonecalls"), ("dataverse", "/")]
    {
        let desk = Desk::by(SyncMethod::Polling).await;
        let mut requests = desk.add(1..=1);
        let sync = desk.plant.callback_sync().await;
        assert_good(&sync.pass(Freshness::Cached).await);
        desk.plant.fault(refusal(system, path));
        for hour in 0..12 {
            requests.extend(desk.add(10 + hour..=10 + hour));
            // Another process each time, as after restarts that did not help.
            assert!(desk.pass().await.error.is_some(), "{system} {path}");
            desk.plant.pass_time(Duration::hours(1));
        }
        desk.plant.calm();
        assert_good(&desk.pass().await);
        desk.assert_queued(&requests).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_from_the_very_first_poll_on_loses_nothing() {
    let desk = Desk::by(SyncMethod::Polling).await;
    let requests = desk.add(1..=2);
    desk.plant.fault(refusal("dataverse", "$batch"));
    for _ in 0..6 {
        let report = desk.pass().await;
        assert_eq!(count(&report, "Created"), 0);
        desk.plant.pass_time(Duration::hours(1));
    }
    desk.plant.calm();
    assert_good(&desk.pass().await);
    desk.assert_queued(&requests).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_wait_while_no_profile_at_all_is_to_be_seen() {
    let desk = Desk::by(SyncMethod::Webhook).await;
    deactivate(&desk).await;
    let requests = desk.add(1..=2);
    let heard = desk.hear(&requests).await;
    let sync = desk.plant.callback_sync().await;
    let report = sync.pass(Freshness::Cached).await;
    assert_good(&report);
    assert_finding(&report, &["no active callback profile is to be seen"]);
    // As when the API user is at last allowed to read profiles.
    activate(&desk).await;
    desk.plant.pass_time(Duration::minutes(6));
    let report = sync.pass(Freshness::Cached).await;
    assert_eq!(count(&report, "Created"), 2, "{report:?}");
    let expected = desk.expected().queued(&requests).heard(heard);
    assert_callback_invariants(&desk.plant, &expected).await;
}
