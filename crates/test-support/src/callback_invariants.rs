//! What must hold of callbacks whatever went wrong (design, section 4): every request has what it ought
//! to have, once, in both systems and in the store, and nothing that was acknowledged is missing.

use std::collections::BTreeMap;

use sandbox::identity::APPLICATION_USER_ID;
use serde_json::Value;
use sync_store::{CallbackOutcome, Close, Dealt, EventKey, EventState, Store};
use uuid::Uuid;
use voice_model::ActivityId;

use crate::{
    CallbackList, CallbackProfile, CallbackRequest, DuplicateRule, OwnershipRule, TestPlant,
};

/// Choice value of the call type Callback (design, section 6).
const CALL_TYPE_CALLBACK: i64 = 451_000_004;
const SENDER: i64 = 1;
const RECIPIENT: i64 = 2;

/// What must have become of a callback request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallbackFate {
    /// An open phone call in the queue of its profile.
    Queued,
    /// A phone call that a person has closed, moved, taken out of its queue or deleted since.
    Touched,
    /// The phone call of somebody else with this key, which carries its id.
    ByOther(Uuid),
    /// None, because the phone call with this key was open.
    Ignored(Uuid),
    /// None: it was closed in Enreach, or expired there, before we came to it.
    ClosedElsewhere,
    /// None yet, and nothing in the store: it has to be dealt with later.
    Waiting,
}

/// What must be found in the end.
#[derive(Debug, Clone, Default)]
pub struct ExpectedCallbacks {
    profiles: Vec<CallbackProfile>,
    requests: Vec<(CallbackRequest, CallbackFate)>,
    events: Vec<EventKey>,
    open_events: usize,
    dead_letters: usize,
    not_closed: Vec<Uuid>,
    numbers: BTreeMap<Uuid, Option<String>>,
    recipient: Option<Value>,
    owner: Option<Uuid>,
}

impl ExpectedCallbacks {
    /// Nothing but these profiles, of which each serves its list.
    pub fn of<'a>(profiles: impl IntoIterator<Item = &'a CallbackProfile>) -> Self {
        Self { profiles: profiles.into_iter().cloned().collect(), ..Self::default() }
    }

    /// These requests wait in the queues of their profiles.
    #[must_use]
    pub fn queued<'a>(self, requests: impl IntoIterator<Item = &'a CallbackRequest>) -> Self {
        requests.into_iter().fold(self, |it, request| it.and(request, CallbackFate::Queued))
    }

    /// The fate of one more request, or another fate of one that was named.
    #[must_use]
    pub fn and(mut self, request: &CallbackRequest, fate: CallbackFate) -> Self {
        self.requests.retain(|(other, _)| other.id() != request.id());
        self.requests.push((request.clone(), fate));
        self
    }

    /// These events were acknowledged.
    #[must_use]
    pub fn heard(mut self, events: impl IntoIterator<Item = EventKey>) -> Self {
        self.events.extend(events);
        self
    }

    /// So many events wait, and so many are dead letters; otherwise there are none of either.
    #[must_use]
    pub fn inbox(mut self, open: usize, dead_letters: usize) -> Self {
        (self.open_events, self.dead_letters) = (open, dead_letters);
        self
    }

    /// These requests are dealt with and not closed in Enreach.
    #[must_use]
    pub fn not_closed<'a>(
        mut self,
        requests: impl IntoIterator<Item = &'a CallbackRequest>,
    ) -> Self {
        self.not_closed.extend(requests.into_iter().map(CallbackRequest::activity_id));
        self
    }

    /// The number that the phone call of a request shows; otherwise it is as received.
    #[must_use]
    pub fn number(mut self, request: &CallbackRequest, number: Option<&str>) -> Self {
        self.numbers.insert(request.activity_id(), number.map(str::to_owned));
        self
    }

    /// All are addressed to this user or queue, or to nobody; otherwise to the queue.
    #[must_use]
    pub fn recipient(mut self, recipient: Option<Uuid>) -> Self {
        self.recipient = Some(recipient.map_or(Value::Null, |key| key.to_string().into()));
        self
    }

    /// All are owned by this user; otherwise by whom their profiles name.
    #[must_use]
    pub fn owner(mut self, owner: Uuid) -> Self {
        self.owner = Some(owner);
        self
    }

    fn profile_of(&self, request: &CallbackRequest) -> &CallbackProfile {
        let list = request.list().id();
        let profile = self.profiles.iter().find(|profile| profile.list().id() == list);
        profile.unwrap_or_else(|| panic!("no profile serves the list of {}", request.id()))
    }
}

/// Compares what both systems and the store hold with what is expected. Takes all faults away first.
///
/// # Panics
/// With everything that differs.
pub async fn assert_callback_invariants(plant: &TestPlant, expected: &ExpectedCallbacks) {
    plant.calm();
    let outsider = plant.outsider();
    let rows = outsider.callbacks().await;
    let items = outsider.queue_items().await;
    let mut wrong = wrong_rows(&rows, &items, expected);
    wrong.extend(wrong_groups(&rows, expected));

    let (store, tenant) = (plant.store().await, plant.tenant());
    let ids: Vec<_> = expected.requests.iter().map(|(request, _)| request.id()).collect();
    let dealt = store.callbacks(&tenant, &ids).await.unwrap();
    let states = states(plant, expected).await;
    for (request, fate) in &expected.requests {
        let state = states.get(request.id().as_str()).map_or("Gone", String::as_str);
        let may_stay = expected.not_closed.contains(&request.activity_id());
        wrong.extend(wrong_end(request, *fate, dealt.get(&request.id()), state, may_stay));
    }

    let known = store.known_events(&tenant, &expected.events).await.unwrap();
    for lost in expected.events.iter().filter(|key| !known.contains(key)) {
        wrong.push(format!("the event {lost} was acknowledged and is not known"));
    }
    let inbox = store.inbox(&tenant, 10_000).await.unwrap();
    let dead = inbox.iter().filter(|event| event.state == EventState::DeadLetter).count();
    let wanted = (expected.open_events, expected.dead_letters);
    if (inbox.len() - dead, dead) != wanted {
        let left: Vec<_> = inbox
            .iter()
            .map(|it| format!("{} {:?} {} {:?}", it.key, it.state, it.attempts, it.problem))
            .collect();
        wrong.push(format!("the inbox holds not {wanted:?} but:\n  {}", left.join("\n  ")));
    }
    store.close().await;
    assert!(wrong.is_empty(), "{} invariants are broken:\n{}", wrong.len(), wrong.join("\n"));
}

/// Where requests stand in Enreach, by id.
async fn states(plant: &TestPlant, expected: &ExpectedCallbacks) -> BTreeMap<String, String> {
    let lists: BTreeMap<_, &CallbackList> = expected
        .requests
        .iter()
        .map(|(request, _)| (request.list().id().to_string(), request.list()))
        .collect();
    let mut states = BTreeMap::new();
    for list in lists.into_values() {
        for item in plant.outsider().callback_items(list).await {
            states.insert(text(&item, "Id").to_lowercase(), text(&item, "State").to_owned());
        }
    }
    states
}

/// What is wrong with phone calls, one by one.
fn wrong_rows(rows: &[Value], items: &[Value], expected: &ExpectedCallbacks) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut accounted = Vec::new();
    for (request, fate) in &expected.requests {
        let id = request.id();
        let of_request: Vec<_> =
            rows.iter().filter(|row| text(row, "ev_callbackid") == id.as_str()).collect();
        let keys: Vec<_> = of_request.iter().map(|row| key(row)).collect();
        let wanted = match fate {
            CallbackFate::Queued => vec![request.activity_id()],
            CallbackFate::ByOther(key) => vec![*key],
            CallbackFate::Touched if keys.is_empty() => Vec::new(),
            CallbackFate::Touched => vec![request.activity_id()],
            _ => Vec::new(),
        };
        if keys != wanted {
            wrong.push(format!("{id} ({fate:?}) has the phone calls {keys:?}, not {wanted:?}"));
        }
        accounted.extend(keys);
        if let (CallbackFate::Queued, [row]) = (fate, &of_request[..]) {
            wrong.extend(wrong_columns(request, row, expected));
            let queues: Vec<_> = items
                .iter()
                .filter(|item| text(item, "_objectid_value") == text(row, "activityid"))
                .map(|item| text(item, "_queueid_value"))
                .collect();
            let queue = expected.profile_of(request).queue().id().to_string();
            if queues != [queue.as_str()] {
                wrong.push(format!("{id} is in the queues {queues:?}, not in {queue}"));
            }
        }
    }
    let strange = rows.iter().filter(|row| !accounted.contains(&key(row)));
    wrong.extend(strange.map(|row| format!("nobody expects the phone call {row}")));
    wrong
}

/// What of a phone call is not as request and profile have it.
fn wrong_columns(
    request: &CallbackRequest,
    row: &Value,
    expected: &ExpectedCallbacks,
) -> Vec<String> {
    let profile = expected.profile_of(request);
    let queue = profile.queue();
    let number = expected.numbers.get(&request.activity_id()).cloned();
    let number = number.unwrap_or_else(|| Some(request.phone().to_owned()));
    let owner = expected.owner.unwrap_or_else(|| match profile.ownership_rule() {
        OwnershipRule::ApiUser => APPLICATION_USER_ID,
        OwnershipRule::OwnerOfQueue => queue.owner_id(),
    });
    let recipient = expected.recipient.clone().unwrap_or_else(|| queue.id().to_string().into());
    let subject = profile.subject_text().unwrap_or("Callback request");
    let customer = party(row, SENDER);
    let columns = [
        ("statecode", row["statecode"].clone(), 0.into()),
        ("directioncode", row["directioncode"].clone(), false.into()),
        ("call type", row["ev_calltype"].clone(), CALL_TYPE_CALLBACK.into()),
        ("phonenumber", row["phonenumber"].clone(), number.into()),
        ("subject", row["subject"].clone(), subject.into()),
        ("owner", row["_ownerid_value"].clone(), owner.to_string().into()),
        ("profile", row["_ev_callbackprofileid_value"].clone(), profile.id().to_string().into()),
        ("recipient", party(row, RECIPIENT), recipient),
        ("regarding", row["_regardingobjectid_value"].clone(), customer),
    ];
    let differing = columns.into_iter().filter(|(_, found, wanted)| found != wanted);
    differing
        .map(|(name, found, wanted)| format!("{}: {name} is {found}, not {wanted}", request.id()))
        .collect()
}

/// What is wrong among the open phone calls of one number in one queue.
fn wrong_groups(rows: &[Value], expected: &ExpectedCallbacks) -> Vec<String> {
    let mut groups: BTreeMap<(String, Uuid), Vec<(&Value, DuplicateRule)>> = BTreeMap::new();
    for (request, fate) in &expected.requests {
        let row = rows.iter().find(|row| key(row) == request.activity_id());
        let (Some(row), CallbackFate::Queued) = (row, fate) else { continue };
        if let Some(number) = row["phonenumber"].as_str() {
            let profile = expected.profile_of(request);
            let group = groups.entry((number.to_owned(), profile.queue().id())).or_default();
            group.push((row, profile.duplicate_rule()));
        }
    }
    let mut wrong = Vec::new();
    for ((number, queue), group) in groups {
        let (firsts, others): (Vec<_>, Vec<_>) =
            group.iter().partition(|(row, _)| row["_ev_bundleid_value"].is_null());
        let [(first, _)] = &firsts[..] else {
            // Those that persons have closed since may be what the others point to.
            let touched = expected.requests.iter().any(|(_, fate)| *fate == CallbackFate::Touched);
            if !(touched && firsts.is_empty()) {
                wrong.push(format!("{} of {number} in {queue} point to none", firsts.len()));
            }
            continue;
        };
        for (row, rule) in others {
            if row["_ev_bundleid_value"] != first["activityid"] {
                wrong.push(format!("{} does not point to the first, {}", key(row), key(first)));
            }
            if rule == DuplicateRule::Ignore {
                wrong.push(format!("{} should have been ignored", key(row)));
            }
        }
    }
    wrong
}

/// What is wrong with the end of a request: in the store, and in Enreach.
fn wrong_end(
    request: &CallbackRequest,
    fate: CallbackFate,
    dealt: Option<&Dealt>,
    state: &str,
    may_stay_open: bool,
) -> Vec<String> {
    let id = request.id();
    let own = |key: Uuid| move |outcome: CallbackOutcome| matches!(outcome, CallbackOutcome::Created { activity, .. } if activity.0 == key);
    let as_expected = match (fate, dealt.map(|dealt| dealt.outcome)) {
        (CallbackFate::Waiting, outcome) => outcome.is_none(),
        (_, None) => false,
        (CallbackFate::Queued | CallbackFate::Touched, Some(outcome)) => {
            own(request.activity_id())(outcome)
        }
        (CallbackFate::ByOther(key), Some(outcome)) => own(key)(outcome),
        (CallbackFate::Ignored(key), Some(outcome)) => {
            outcome == CallbackOutcome::Ignored { open: ActivityId(key) }
        }
        (CallbackFate::ClosedElsewhere, Some(outcome)) => {
            outcome == CallbackOutcome::ClosedElsewhere
        }
    };
    let mut wrong = Vec::new();
    if !as_expected {
        wrong.push(format!("{id} ({fate:?}): the store says {dealt:?}"));
    }
    let is_closed = state == "Closed";
    let close = dealt.map(|dealt| dealt.close);
    let as_expected = match fate {
        CallbackFate::Waiting => !is_closed,
        CallbackFate::ClosedElsewhere => true,
        _ if may_stay_open => !is_closed && close != Some(Close::Done),
        _ => is_closed && close == Some(Close::Done),
    };
    if !as_expected {
        wrong.push(format!("{id} ({fate:?}) is {state} in Enreach; recorded: {close:?}"));
    }
    wrong
}

fn party(row: &Value, role: i64) -> Value {
    let parties = row["phonecall_activity_parties"].as_array().cloned().unwrap_or_default();
    let found = parties.iter().find(|party| party["participationtypemask"] == role);
    found.map_or(Value::Null, |party| party["_partyid_value"].clone())
}

fn key(row: &Value) -> Uuid {
    text(row, "activityid").parse().unwrap_or_default()
}

fn text<'r>(row: &'r Value, name: &str) -> &'r str {
    row[name].as_str().unwrap_or_default()
}
