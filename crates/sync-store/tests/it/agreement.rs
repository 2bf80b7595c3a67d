//! Both adapters give the same answers to any sequence of operations.

mod inbox;

use chrono::Duration;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use sync_store::{
    CallDecision, CallDetails, CustomerNumber, DirectoryChanges, DirectoryRow, InMemoryStore,
    JobName, Outcome, SqliteStore, Store,
};
use uuid::Uuid;
use voice_model::{OrganizationId, TenantName};

use crate::fixtures::{activity, at, call, date, opaque};

#[derive(Debug, Clone)]
enum Operation {
    Record(i64, Vec<CallDecision>),
    Retry(i64),
    RetryOne(&'static str, i64),
    Organization(&'static str),
    Advance(i64),
    Reset(Option<i64>),
    Save(i64, DirectoryChanges),
    Clear,
    Schedule(u32, i64),
    Finish(u32, i64),
    Acquire(&'static str, i64, i64),
    Renew(&'static str, i64),
    Release(&'static str),
    Purge(i64, i64),
    Erase(&'static str),
    Inbox(inbox::Operation),
}

/// Few of each, so that operations meet.
const CALLS: [&str; 3] = ["a", "b", "c"];
const NUMBERS: [&str; 3] = ["+358501234567", "0501234567", "358 50 1234567"];
const HOLDERS: [&str; 2] = ["one", "two"];

/// Seconds over some hundred days, with a clock that jumps.
fn moment() -> impl Strategy<Value = i64> {
    prop_oneof![0..100_i64, 0..10_000_000_i64, 35_000_000..36_000_000_i64]
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        (1..3_u128).prop_map(|id| Outcome::Logged { activity: activity(id) }),
        (1..3_u128).prop_map(|id| Outcome::AlreadyLogged { activity: activity(id) }),
        Just(Outcome::Skipped),
        Just(Outcome::Deferred),
        (1..9_u32, proptest::option::of(moment()))
            .prop_map(|(attempts, next)| Outcome::Failed { attempts, next_attempt: next.map(at) }),
    ]
}

fn details() -> impl Strategy<Value = CallDetails> {
    let number = proptest::option::of(select(&NUMBERS[..]));
    (number, select(&["[]", "[1]"][..]), select(&["{}", "{\"x\":\"å\"}", ""][..])).prop_map(
        |(number, legs, evidence)| CallDetails {
            number: number.map(CustomerNumber::new),
            legs: opaque(legs),
            evidence: opaque(evidence),
        },
    )
}

fn decision() -> impl Strategy<Value = CallDecision> {
    let modified = proptest::option::of(moment());
    let reason = select(&["NoMatch", "TooShort"][..]);
    let details = proptest::option::weighted(0.8, details());
    (select(&CALLS[..]), modified, outcome(), reason, details).prop_map(
        |(name, modified, outcome, reason, details)| CallDecision {
            call: call(name),
            modified: modified.map(at),
            outcome,
            reason: reason.to_owned(),
            details,
        },
    )
}

fn changes() -> impl Strategy<Value = DirectoryChanges> {
    let row = (0..4_u128, select(&["x", "y"][..]))
        .prop_map(|(key, value)| DirectoryRow { key: Uuid::from_u128(key), value: opaque(value) });
    let token = proptest::option::of(select(&["t1", "t2"][..]));
    (vec(row, 0..4), vec((0..4_u128).prop_map(Uuid::from_u128), 0..2), token).prop_map(
        |(upserts, deletions, token)| DirectoryChanges {
            upserts,
            deletions,
            token: token.map(str::to_owned),
        },
    )
}

fn operation() -> impl Strategy<Value = Operation> {
    let holder = || select(&HOLDERS[..]);
    prop_oneof![
        8 => (moment(), vec(decision(), 0..4)).prop_map(|(now, d)| Operation::Record(now, d)),
        1 => moment().prop_map(Operation::Retry),
        1 => (select(&CALLS[..]), moment()).prop_map(|(call, now)| Operation::RetryOne(call, now)),
        1 => select(&["x", "y"][..]).prop_map(Operation::Organization),
        1 => moment().prop_map(Operation::Advance),
        1 => proptest::option::of(moment()).prop_map(Operation::Reset),
        2 => (0..3_i64, changes()).prop_map(|(load, c)| Operation::Save(load, c)),
        1 => Just(Operation::Clear),
        1 => (1..4_u32, moment()).prop_map(|(day, at)| Operation::Schedule(day, at)),
        1 => (1..4_u32, moment()).prop_map(|(day, at)| Operation::Finish(day, at)),
        2 => (holder(), moment(), moment()).prop_map(|(h, now, end)| Operation::Acquire(h, now, end)),
        1 => (holder(), moment()).prop_map(|(holder, until)| Operation::Renew(holder, until)),
        1 => holder().prop_map(Operation::Release),
        1 => (moment(), 0..100_i64).prop_map(|(now, days)| Operation::Purge(now, days)),
        1 => select(&NUMBERS[..]).prop_map(Operation::Erase),
        12 => inbox::operation().prop_map(Operation::Inbox),
    ]
}

/// What the store answers, as text: numbers are masked there, but the same in both.
async fn apply(store: &dyn Store, tenant: &TenantName, operation: &Operation) -> String {
    let job = JobName::CALL_SYNC;
    match operation.clone() {
        Operation::Record(now, d) => debug(store.record(tenant, at(now), &d).await),
        Operation::Retry(now) => debug(store.retry_dead_letters(tenant, at(now)).await),
        Operation::RetryOne(name, now) => {
            debug(store.retry_dead_letter(tenant, &call(name), at(now)).await)
        }
        Operation::Organization(id) => {
            let id = OrganizationId::new(id).unwrap();
            debug(store.keep_organization(tenant, &id).await)
        }
        Operation::Advance(to) => debug(store.advance_cursor(tenant, &job, at(to)).await),
        Operation::Reset(to) => debug(store.reset_cursor(tenant, &job, to.map(at)).await),
        Operation::Save(load, changes) => {
            debug(store.save_directory_changes(tenant, "contact", load, &changes).await)
        }
        Operation::Clear => debug(store.clear_directory(tenant, "contact").await),
        Operation::Schedule(day, moment) => {
            debug(store.schedule_run(tenant, &job, date(day), at(moment)).await)
        }
        Operation::Finish(day, done) => {
            debug(store.finish_run(tenant, &job, date(day), at(done)).await)
        }
        Operation::Acquire(holder, now, until) => {
            debug(store.acquire_lease(tenant, &job, holder, at(now), at(until)).await)
        }
        Operation::Renew(holder, until) => {
            debug(store.renew_lease(tenant, &job, holder, at(until)).await)
        }
        Operation::Release(holder) => debug(store.release_lease(tenant, &job, holder).await),
        Operation::Purge(now, days) => debug(store.purge(at(now), Duration::days(days)).await),
        Operation::Erase(number) => debug(store.erase(tenant, &CustomerNumber::new(number)).await),
        Operation::Inbox(operation) => inbox::apply(store, tenant, &operation).await,
    }
}

fn debug(answer: sync_store::Result<impl std::fmt::Debug>) -> String {
    format!("{:?}", answer.unwrap())
}

/// Everything that can be read.
async fn contents(store: &dyn Store, tenant: &TenantName) -> Vec<String> {
    let job = JobName::CALL_SYNC;
    let calls = CALLS.map(call);
    let states = store.calls(tenant, &calls).await.unwrap();
    let mut read: Vec<String> =
        calls.iter().map(|call| format!("{:?}", states.get(call))).collect();
    let logged = store.was_ever_logged(tenant, &calls).await.unwrap();
    read.extend(calls.iter().map(|call| logged.contains(call).to_string()));
    for call in &calls {
        for past in store.history(tenant, call).await.unwrap() {
            let evidence = past.evidence.as_ref().map(|evidence| evidence.as_bytes().to_vec());
            read.push(format!("{past:?} {evidence:?}"));
        }
    }
    for number in NUMBERS {
        read.push(debug(store.history_by_number(tenant, &CustomerNumber::new(number)).await));
    }
    read.push(debug(store.deferred_since(tenant, at(50)).await));
    read.push(debug(store.failed_due(tenant, at(5_000_000)).await));
    read.push(debug(store.dead_letters(tenant).await));
    read.push(debug(store.tenants().await));
    read.push(debug(store.organization(tenant).await));
    read.push(debug(store.cursor(tenant, &job).await));
    read.push(debug(store.directory_load(tenant, "contact").await));
    read.push(debug(store.directory_page(tenant, "contact", None, 3).await));
    read.push(debug(store.runs_since(tenant, &job, date(1)).await));
    read.extend(inbox::contents(store, tenant).await);
    read
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn both_adapters_say_and_hold_the_same(
        operations in vec((any::<bool>(), operation()), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let ran: Result<(), TestCaseError> = runtime.block_on(async {
            let tenants = [TenantName::new("contoso"), TenantName::new("fabrikam")];
            let memory = InMemoryStore::default();
            let sqlite = SqliteStore::in_memory().await.unwrap();
            for (second, operation) in &operations {
                let tenant = &tenants[usize::from(*second)];
                let expected = apply(&memory, tenant, operation).await;
                let found = apply(&sqlite, tenant, operation).await;
                prop_assert_eq!(expected, found, "after {:?}", operation);
            }
            for tenant in &tenants {
                let expected = contents(&memory, tenant).await;
                prop_assert_eq!(expected, contents(&sqlite, tenant).await);
            }
            Ok(())
        });
        ran?;
    }
}
