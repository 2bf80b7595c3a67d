//! Several requests of one number.

use callback_sync::Freshness;
use chrono::Duration;
use serde_json::{Value, json};
use test_support::{
    CallbackFate, CallbackList, CallbackProfile, CallbackRequest, Customer, DuplicateRule,
    ExpectedCallbacks, Queue, SyncMethod, World, assert_callback_invariants,
};
use uuid::Uuid;

use super::{Desk, assert_good, count, writes_since};

/// The first of these is in its queue, and the others were ignored for its sake.
fn first_of(expected: ExpectedCallbacks, requests: &[CallbackRequest]) -> ExpectedCallbacks {
    let first = requests[0].activity_id();
    requests[1..]
        .iter()
        .fold(expected, |it, request| it.and(request, CallbackFate::Ignored(first)))
        .queued(&requests[..1])
}

/// What the phone call of a request points to.
async fn bundle(desk: &Desk, request: &CallbackRequest) -> Value {
    desk.plant.outsider().phone_call(request.activity_id()).await["_ev_bundleid_value"].take()
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_requests_of_one_number_at_once_are_one_phone_call_where_others_are_ignored() {
    let desk = Desk::with_rule(DuplicateRule::Ignore).await;
    let requests = desk.add_of_one(1..=30, &Customer::contact(1));
    let report = desk.pass().await;
    assert_good(&report);
    assert_eq!((count(&report, "Created"), count(&report, "Ignored")), (1, 29));
    assert_eq!(report.closed, 30);
    assert_callback_invariants(&desk.plant, &first_of(desk.expected(), &requests)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_of_them_point_to_the_oldest_where_they_are_bundled() {
    let desk = Desk::with_rule(DuplicateRule::Bundle).await;
    let requests = desk.add_of_one(1..=30, &Customer::contact(1));
    let report = desk.pass().await;
    assert_good(&report);
    let summary = report.summary(&desk.plant.tenant());
    assert_eq!((summary.created, summary.bundled, summary.closed), (30, 29, 30));
    desk.assert_queued(&requests).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_comes_later_points_to_the_first_though_all_were_created_within_a_second() {
    let desk = Desk::with_rule(DuplicateRule::Bundle).await;
    let mut requests = Vec::new();
    for round in 0..3 {
        for customer in 1..=8 {
            let number = 10 * customer + round;
            requests.extend(desk.add_of_one(number..=number, &Customer::contact(customer)));
        }
        // Time stands still: all phone calls have the same second of creation.
        assert_good(&desk.pass().await);
    }
    desk.assert_queued(&requests).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_number_told_by_webhook_and_found_by_polling_is_decided_one_after_the_other() {
    for rule in [DuplicateRule::Ignore, DuplicateRule::Bundle] {
        let desk = Desk::with_rule(rule).await;
        let requests = desk.add_of_one(1..=6, &Customer::contact(1));
        let heard = desk.hear(requests.iter().rev().step_by(2)).await;
        assert_good(&desk.pass().await);
        let expected = match rule {
            DuplicateRule::Ignore => first_of(desk.expected(), &requests),
            DuplicateRule::Bundle => desk.expected().queued(&requests),
        };
        assert_callback_invariants(&desk.plant, &expected.heard(heard)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_requests_of_few_numbers_over_many_claims_are_decided_number_by_number() {
    let desk = Desk::with_rule(DuplicateRule::Bundle).await;
    let mut requests = Vec::new();
    for customer in 1..=10 {
        let first = 100 * customer;
        requests.extend(desk.add_of_one(first..=first + 23, &Customer::contact(customer)));
    }
    let heard = desk.hear(&requests).await;
    assert_good(&desk.pass().await);
    assert_callback_invariants(&desk.plant, &desk.expected().queued(&requests).heard(heard)).await;
}

/// A desk with a second list whose profile fills the same queue, or one of its own.
async fn with_second_list(rule: DuplicateRule, same_queue: bool) -> (Desk, CallbackProfile) {
    let desk = Desk::with_rule(rule).await;
    let list = CallbackList::new(2);
    let queue = if same_queue { desk.queue.clone() } else { Queue::new(2) };
    let profile = CallbackProfile::new(2, &list, &queue).duplicates(rule);
    desk.plant.load(World::new().callback_list(&list).queue(&queue).profile(&profile));
    (desk, profile)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_lists_of_one_queue_share_their_duplicates() {
    for rule in [DuplicateRule::Ignore, DuplicateRule::Bundle] {
        for at_once in [true, false] {
            let (desk, profile) = with_second_list(rule, true).await;
            let aino = Customer::contact(1);
            let first = desk.add_of_one(1..=1, &aino);
            if !at_once {
                assert_good(&desk.pass().await);
            }
            let now = desk.plant.ago_secs(0);
            let second = CallbackRequest::new(2, profile.list(), now, &aino);
            desk.plant.load(World::new().callback(&second));
            assert_good(&desk.pass().await);
            let requests = [first[0].clone(), second];
            let expected = ExpectedCallbacks::of([&desk.profile, &profile]);
            let expected = match rule {
                DuplicateRule::Ignore => first_of(expected, &requests),
                DuplicateRule::Bundle => expected.queued(&requests),
            };
            assert_callback_invariants(&desk.plant, &expected).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_number_in_another_queue_is_no_duplicate() {
    for rule in [DuplicateRule::Ignore, DuplicateRule::Bundle] {
        for at_once in [true, false] {
            let (desk, profile) = with_second_list(rule, false).await;
            let aino = Customer::contact(1);
            let first = desk.add_of_one(1..=1, &aino);
            if !at_once {
                assert_good(&desk.pass().await);
            }
            let second = CallbackRequest::new(2, profile.list(), desk.plant.ago_secs(0), &aino);
            desk.plant.load(World::new().callback(&second));
            assert_good(&desk.pass().await);
            let expected = ExpectedCallbacks::of([&desk.profile, &profile]);
            let expected = expected.queued(&first).queued([&second]);
            assert_callback_invariants(&desk.plant, &expected).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_one_profile_bundles_and_the_other_ignores_each_keeps_to_its_rule() {
    let (desk, profile) = with_second_list(DuplicateRule::Bundle, true).await;
    let ignoring = profile.duplicates(DuplicateRule::Ignore);
    desk.plant.load(World::new().profile(&ignoring));
    let aino = Customer::contact(1);
    let bundled = desk.add_of_one(1..=2, &aino);
    let ignored = CallbackRequest::new(3, ignoring.list(), desk.plant.ago_secs(0), &aino);
    desk.plant.load(World::new().callback(&ignored));
    assert_good(&desk.pass().await);
    let expected = ExpectedCallbacks::of([&desk.profile, &ignoring]).queued(&bundled);
    let expected = expected.and(&ignored, CallbackFate::Ignored(bundled[0].activity_id()));
    assert_callback_invariants(&desk.plant, &expected).await;
}

/// What a person does with a phone call.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Act {
    Complete,
    Cancel,
    Delete,
}

async fn person(desk: &Desk, act: Act, request: &CallbackRequest) {
    let outsider = desk.plant.outsider();
    match act {
        Act::Complete => {
            outsider.edit(&request.path(), json!({"statecode": 1, "statuscode": 2})).await;
        }
        Act::Cancel => {
            outsider.edit(&request.path(), json!({"statecode": 2, "statuscode": 3})).await;
        }
        Act::Delete => outsider.delete(&request.path()).await,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_has_completed_cancelled_or_deleted_is_no_duplicate_any_more() {
    for rule in [DuplicateRule::Ignore, DuplicateRule::Bundle] {
        for act in [Act::Complete, Act::Cancel, Act::Delete] {
            let desk = Desk::with_rule(rule).await;
            let aino = Customer::contact(1);
            let sync = desk.plant.callback_sync().await;
            let done = desk.add_of_one(1..=1, &aino);
            assert_good(&sync.pass(Freshness::Fresh).await);
            person(&desk, act, &done[0]).await;
            desk.plant.pass_time(Duration::minutes(1));
            let next = desk.add_of_one(2..=2, &aino);
            assert_good(&sync.pass(Freshness::Cached).await);
            assert_eq!(bundle(&desk, &next[0]).await, Value::Null, "{act:?}");
            let expected = desk.expected().queued(&next).and(&done[0], CallbackFate::Touched);
            assert_callback_invariants(&desk.plant, &expected).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_call_that_an_agent_moved_to_another_queue_is_still_open_for_its_profile() {
    let desk = Desk::with_rule(DuplicateRule::Ignore).await;
    let other = Queue::new(2);
    desk.plant.load(World::new().queue(&other));
    let aino = Customer::contact(1);
    let moved = desk.add_of_one(1..=1, &aino);
    assert_good(&desk.pass().await);
    let item = desk.plant.outsider().queue_items().await.remove(0);
    let path = format!("queueitems({})", item["queueitemid"].as_str().unwrap());
    let move_it = json!({"queueid@odata.bind": format!("/{}", other.path())});
    desk.plant.outsider().edit(&path, move_it).await;
    let next = desk.add_of_one(2..=2, &aino);
    assert_good(&desk.pass().await);
    let expected = desk
        .expected()
        .and(&moved[0], CallbackFate::Touched)
        .and(&next[0], CallbackFate::Ignored(moved[0].activity_id()));
    assert_callback_invariants(&desk.plant, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_people_typed_otherwise_is_the_same() {
    let aino = Customer::contact(1);
    let international = aino.phone();
    let subscriber = international.trim_start_matches("+358");
    for typed in [
        format!("0{subscriber}"),
        format!("0{} {}", &subscriber[..2], &subscriber[2..]),
        format!("(0){}-{}", &subscriber[..2], &subscriber[2..]),
        format!("+358 {} {}", &subscriber[..2], &subscriber[2..]),
        format!("+358 (0) {subscriber}"),
        format!("00358{subscriber}"),
        format!("00 358 {subscriber}"),
        format!("358{subscriber}"),
        format!("{international} "),
    ] {
        let desk = Desk::with_rule(DuplicateRule::Ignore).await;
        let first = desk.add_of_one(1..=1, &aino);
        assert_good(&desk.pass().await);
        let columns = json!({"phonenumber": typed});
        desk.plant.outsider().edit(&first[0].path(), columns).await;
        let next = desk.add_of_one(2..=2, &aino);
        let report = desk.pass().await;
        assert_eq!(count(&report, "Ignored"), 1, "{typed}");
        let expected = desk.expected().number(&first[0], Some(&typed)).queued(&first);
        let expected = expected.and(&next[0], CallbackFate::Ignored(first[0].activity_id()));
        assert_callback_invariants(&desk.plant, &expected).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_number_in_several_spellings_of_enreach_is_the_same() {
    let desk = Desk::with_rule(DuplicateRule::Ignore).await;
    let aino = Customer::contact(1);
    let international = aino.phone();
    let subscriber = international.trim_start_matches("+358");
    let spellings = [
        international.clone(),
        format!("358{subscriber}"),
        format!("00358{subscriber}"),
        format!("0{subscriber}"),
    ];
    let requests: Vec<_> = (1..)
        .zip(&spellings)
        .map(|(number, spelling)| {
            let created = desk.plant.ago_secs(60 - i64::from(number));
            CallbackRequest::new(number, &desk.list, created, &aino).from_number(spelling)
        })
        .collect();
    desk.plant.load(World::new().customer(&aino).callbacks(&requests));
    assert_good(&desk.pass().await);
    assert_callback_invariants(&desk.plant, &first_of(desk.expected(), &requests)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn withheld_numbers_are_never_duplicates_of_each_other() {
    for rule in [DuplicateRule::Ignore, DuplicateRule::Bundle] {
        let desk = Desk::with_rule(rule).await;
        let requests: Vec<_> = ["", "anonymous", "Anonymous", " ", "", "anonymous"]
            .into_iter()
            .zip(1..)
            .map(|(text, number)| {
                let created = desk.plant.ago_secs(10);
                let aino = Customer::contact(1);
                CallbackRequest::new(number, &desk.list, created, &aino).from_number(text)
            })
            .collect();
        for half in requests.chunks(3) {
            desk.plant.load(World::new().callbacks(half));
            assert_good(&desk.pass().await);
        }
        let expected = requests
            .iter()
            .fold(desk.expected(), |it, request| it.queued([request]).number(request, None));
        assert_callback_invariants(&desk.plant, &expected).await;
        for request in &requests {
            assert_eq!(bundle(&desk, request).await, Value::Null);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_call_without_callback_id_is_no_duplicate() {
    let desk = Desk::with_rule(DuplicateRule::Ignore).await;
    let aino = Customer::contact(1);
    let by_hand = json!({"activityid": Uuid::from_u128(7), "subject": "Call Aino",
                         "phonenumber": aino.phone(), "directioncode": true, "statecode": 0});
    desk.plant.load(World::new().row("phonecalls", by_hand));
    let requests = desk.add_of_one(1..=1, &aino);
    assert_good(&desk.pass().await);
    desk.assert_queued(&requests).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_call_by_the_original_product_is_found_by_the_id_that_it_carries() {
    let desk = Desk::by(SyncMethod::Polling).await;
    let requests = desk.add(1..=3);
    let keys: Vec<_> = (1..=2).map(|n| Uuid::from_u128(0xffee_0000 + n)).collect();
    for (request, (key, state)) in requests.iter().zip(keys.iter().zip([0, 1])) {
        let row = json!({"activityid": key, "subject": "Callback", "phonenumber": request.phone(),
                         "ev_callbackid": request.id(), "statecode": state,
                         "statuscode": 1 + state});
        desk.plant.load(World::new().row("phonecalls", row));
    }
    let mark = desk.plant.mark();
    assert_good(&desk.pass().await);
    assert_eq!(writes_since(&desk.plant, mark), 1, "only the third is written");
    let expected = desk
        .expected()
        .queued(&requests[2..])
        .and(&requests[0], CallbackFate::ByOther(keys[0]))
        .and(&requests[1], CallbackFate::ByOther(keys[1]));
    assert_callback_invariants(&desk.plant, &expected).await;
}

/// The next change set that points to a phone call is refused, as if somebody had just deleted it.
fn gone_between_look_and_write(desk: &Desk, key: Uuid) {
    desk.plant.fault(json!({"system": "dataverse", "inner": true, "method": "POST",
        "path_contains": "phonecalls", "kind": "status", "status": 404, "code": "0x80040217",
        "body": {"error": {"code": "0x80040217",
                 "message": format!("Entity 'phonecall' With Id = {key} Does Not Exist")}}}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_first_is_deleted_while_it_is_written_is_decided_once_more() {
    let desk = Desk::with_rule(DuplicateRule::Bundle).await;
    let aino = Customer::contact(1);
    let first = desk.add_of_one(1..=1, &aino);
    assert_good(&desk.pass().await);
    let next = desk.add_of_one(2..=3, &aino);
    gone_between_look_and_write(&desk, first[0].activity_id());
    let report = desk.pass().await;
    assert_good(&report);
    assert_eq!(count(&report, "Bundled"), 2);
    desk.assert_queued(first.iter().chain(&next)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_whose_first_is_always_said_to_be_gone_is_an_attempt_and_no_endless_loop() {
    let desk = Desk::with_rule(DuplicateRule::Bundle).await;
    let aino = Customer::contact(1);
    let first = desk.add_of_one(1..=1, &aino);
    assert_good(&desk.pass().await);
    let next = desk.add_of_one(2..=2, &aino);
    for _ in 0..50 {
        gone_between_look_and_write(&desk, first[0].activity_id());
    }
    let report = desk.pass().await;
    assert_good(&report);
    assert_eq!(count(&report, "Failed"), 1);
    let expected = desk.expected().queued(&first).and(&next[0], CallbackFate::Waiting);
    assert_callback_invariants(&desk.plant, &expected.inbox(1, 0)).await;
    desk.plant.pass_time(Duration::seconds(5));
    assert_good(&desk.pass().await);
    desk.assert_queued(first.iter().chain(&next)).await;
}
