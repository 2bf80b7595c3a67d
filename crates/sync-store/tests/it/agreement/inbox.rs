//! Operations on the inbox and on callbacks.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use sync_store::{
    CallbackOutcome, CallbackRecord, Close, CustomerNumber, Dealt, DoneEvent, EventKey,
    EventSource, NewEvent, PutOff, Store,
};
use voice_model::{CallbackListId, TenantName};

use crate::agreement::{HOLDERS, NUMBERS, debug, moment};
use crate::fixtures::{activity, at, item, key, opaque};

#[derive(Debug, Clone)]
pub(super) enum Operation {
    TakeIn(i64, Vec<NewEvent>),
    Claim(&'static str, i64, i64, usize),
    Renew(&'static str, i64),
    Release(&'static str),
    PutOff(&'static str, Vec<PutOff>),
    Record(i64, Vec<CallbackRecord>, Vec<DoneEvent>),
    Close(&'static str, Close),
    Replay(Option<&'static str>, i64),
    Drop(&'static str, i64),
}

const KEYS: [&str; 4] = ["k", "l", "m", "n"];
const ITEMS: [&str; 3] = ["a", "b", "c"];

fn event() -> impl Strategy<Value = NewEvent> {
    let source = select(&[EventSource::Webhook, EventSource::Polling][..]);
    let number = option::of(select(&NUMBERS[..]));
    let tenant = select(&["contoso", "fabrikam"][..]);
    (tenant, select(&KEYS[..]), source, moment(), number, select(&["{}", "[1]"][..])).prop_map(
        |(tenant, name, source, due, number, body)| NewEvent {
            tenant: TenantName::new(tenant),
            key: key(name),
            source,
            due_at: at(due),
            number: number.map(CustomerNumber::new),
            body: opaque(body),
        },
    )
}

fn put_off() -> impl Strategy<Value = PutOff> {
    let problem = option::of(select(&["Throttled", "Rejected"][..]));
    (select(&KEYS[..]), option::of(moment()), 0..9_u32, problem).prop_map(
        |(name, due, attempts, problem)| PutOff {
            key: key(name),
            due_at: due.map(at),
            attempts,
            problem: problem.map(str::to_owned),
        },
    )
}

fn close() -> impl Strategy<Value = Close> {
    prop_oneof![
        Just(Close::NotNeeded),
        Just(Close::Done),
        Just(Close::GivenUp),
        (moment(), 0..9_u32).prop_map(|(due, attempts)| Close::Due { at: at(due), attempts }),
    ]
}

fn callback() -> impl Strategy<Value = CallbackRecord> {
    let id = || (1..3_u128).prop_map(activity);
    let outcome = prop_oneof![
        (id(), option::of(id())).prop_map(|(activity, bundled_into)| {
            CallbackOutcome::Created { activity, bundled_into }
        }),
        id().prop_map(|open| CallbackOutcome::Ignored { open }),
        Just(CallbackOutcome::ClosedElsewhere),
    ];
    let list = select(&["one", "two"][..]);
    (select(&ITEMS[..]), list, outcome, close()).prop_map(|(name, list, outcome, close)| {
        CallbackRecord {
            item: item(name),
            list: CallbackListId::new(list).unwrap(),
            dealt: Dealt { outcome, close },
        }
    })
}

pub(super) fn operation() -> impl Strategy<Value = Operation> {
    let holder = || select(&HOLDERS[..]);
    let name = || select(&KEYS[..]);
    let done = select(&["Created", "Ignored"][..]);
    let done = (name(), done).prop_map(|(name, outcome)| DoneEvent { key: key(name), outcome });
    prop_oneof![
        4 => (moment(), vec(event(), 0..4)).prop_map(|(now, e)| Operation::TakeIn(now, e)),
        4 => (holder(), moment(), moment(), 0..4_usize)
            .prop_map(|(holder, now, end, limit)| Operation::Claim(holder, now, end, limit)),
        1 => (holder(), moment()).prop_map(|(holder, until)| Operation::Renew(holder, until)),
        1 => holder().prop_map(Operation::Release),
        3 => (holder(), vec(put_off(), 1..4)).prop_map(|(holder, e)| Operation::PutOff(holder, e)),
        2 => (moment(), vec(callback(), 0..3), vec(done, 0..3))
            .prop_map(|(now, callbacks, done)| Operation::Record(now, callbacks, done)),
        1 => (select(&ITEMS[..]), close()).prop_map(|(name, close)| Operation::Close(name, close)),
        1 => (option::of(name()), moment()).prop_map(|(name, now)| Operation::Replay(name, now)),
        1 => (name(), moment()).prop_map(|(name, now)| Operation::Drop(name, now)),
    ]
}

pub(super) async fn apply(store: &dyn Store, tenant: &TenantName, operation: &Operation) -> String {
    match operation.clone() {
        Operation::TakeIn(now, events) => debug(store.take_in(at(now), &events).await),
        Operation::Claim(holder, now, end, limit) => {
            debug(store.claim_events(tenant, holder, at(now), at(end), limit).await)
        }
        Operation::Renew(holder, end) => debug(store.renew_claims(tenant, holder, at(end)).await),
        Operation::Release(holder) => debug(store.release_claims(tenant, holder).await),
        Operation::PutOff(holder, events) => debug(store.put_off(tenant, holder, &events).await),
        Operation::Record(now, callbacks, done) => {
            debug(store.record_callbacks(tenant, at(now), &callbacks, &done).await)
        }
        Operation::Close(name, close) => {
            debug(store.record_closes(tenant, &[(item(name), close)]).await)
        }
        Operation::Replay(name, now) => {
            let key = name.map(key);
            debug(store.replay_dead_letters(tenant, key.as_ref(), at(now)).await)
        }
        Operation::Drop(name, now) => debug(store.drop_event(tenant, &key(name), at(now)).await),
    }
}

/// Everything that can be read.
pub(super) async fn contents(store: &dyn Store, tenant: &TenantName) -> Vec<String> {
    let mut read = Vec::new();
    for event in store.inbox(tenant, 9).await.unwrap() {
        read.push(format!("{event:?} {:?}", event.body.as_bytes()));
    }
    let keys = KEYS.map(key);
    let known = store.known_events(tenant, &keys).await.unwrap();
    let is_known = |key: &EventKey| known.contains(key).to_string();
    read.extend(keys.iter().map(is_known));
    let items = ITEMS.map(item);
    let dealt = store.callbacks(tenant, &items).await.unwrap();
    read.extend(items.iter().map(|item| format!("{:?}", dealt.get(item))));
    read.push(debug(store.callbacks_to_close(tenant, at(5_000_000), 2).await));
    read.push(debug(store.inbox_depth(tenant).await));
    read.push(debug(store.claim_holders(tenant).await));
    read.push(debug(store.tenants_with_work(at(5_000_000)).await));
    read
}
