//! Callback requests of the demo: three lists, each with a way of its own to come and a rule of its
//! own for further requests of one number.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::customers::Customers;
use super::ids::{Ids, instant};
use super::team::{ORGANIZATION, Team};

/// The first choice value of every choice of ours (design §6).
const FIRST_CHOICE: u32 = 451_000_000;

/// What must become of a callback request in the first pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ExpectedCallback {
    /// A phone call of its own.
    Created,
    /// A phone call that points to the oldest open one of its number.
    Bundled,
    /// None, because one of its number is open.
    Ignored,
    /// An agent has reserved it.
    Waiting,
}

/// A callback list with its profile and the queue that its requests go into.
struct List {
    name: &'static str,
    /// Ownership rule: 0 API user, 1 owner of queue.
    ownership: u32,
    /// Duplicate rule: 0 bundle, 1 ignore additional.
    duplicates: u32,
    /// Method: 0 polling, 1 webhook, 2 both.
    method: u32,
}

const SALES: usize = 0;
const SERVICE: usize = 1;
const SUPPORT: usize = 2;

const LISTS: [List; 3] = [
    List { name: "Sales callbacks", ownership: 0, duplicates: 0, method: 0 },
    List { name: "Service callbacks", ownership: 1, duplicates: 1, method: 2 },
    List { name: "Support callbacks", ownership: 1, duplicates: 0, method: 1 },
];

/// The callbacks of the demo.
#[derive(Debug)]
pub(super) struct Callbacks {
    /// Rows of `/callbacks/lists`.
    pub(super) lists: Vec<Value>,
    /// Requests that are there before anybody listens: only polling finds them.
    pub(super) silent: Vec<Value>,
    /// Requests that Enreach tells of.
    pub(super) told: Vec<Value>,
    /// Rows of Dynamics `queues`.
    pub(super) queues: Vec<Value>,
    /// Rows of Dynamics `ev_callbackprofiles`.
    pub(super) profiles: Vec<Value>,
    /// What must become of each request, by item id.
    pub(super) expected: BTreeMap<String, ExpectedCallback>,
}

/// A request as the story tells it.
struct Told<'a> {
    name: &'a str,
    list: usize,
    number: String,
    minutes_ago: i64,
}

impl Callbacks {
    /// The callbacks of a seed, all within the last quarter of an hour.
    pub(super) fn new(ids: &Ids, team: &Team, customers: &Customers, now: DateTime<Utc>) -> Self {
        use ExpectedCallback::{Bundled, Created, Ignored, Waiting};
        let single = &customers.single;
        let caller = |place: usize| single[place % single.len()].international();
        let unknown = customers.unknown[0].international();
        let told = |name, list, number: &str, minutes_ago, expected| {
            (Told { name, list, number: number.to_owned(), minutes_ago }, expected)
        };
        let (ada, ben, cid, dot) = (caller(1), caller(2), caller(3), caller(4));
        let silent = [
            told("missed call", SALES, &ada, 14, Created),
            told("missed call of another", SALES, &ben, 12, Created),
            told("again", SALES, &ada, 11, Bundled),
            told("withheld", SALES, "", 10, Created),
            told("event got lost", SERVICE, &cid, 9, Created),
            told("reserved", SERVICE, &dot, 8, Waiting),
        ];
        let by_webhook = [
            told("asked again", SERVICE, &cid, 3, Ignored),
            told("asked in the menu", SUPPORT, &dot, 3, Created),
            told("asked once more", SUPPORT, &dot, 2, Bundled),
            told("of nobody that is known", SUPPORT, &unknown, 1, Created),
        ];
        let mut expected = BTreeMap::new();
        let mut items = |of: Vec<(Told<'_>, ExpectedCallback)>| -> Vec<Value> {
            of.into_iter()
                .map(|(told, fate)| {
                    let mut item = item(ids, team, &told, now);
                    if fate == Waiting {
                        let agent = &team.agents[0];
                        item["State"] = "Reserved".into();
                        item["AssignedUserId"] = agent.id.clone().into();
                        item["AssignedUserName"] = agent.user_name.clone().into();
                    }
                    expected.insert(ids.id("callback", told.name), fate);
                    item
                })
                .collect()
        };
        let (silent, by_webhook) = (items(silent.into()), items(by_webhook.into()));
        let places = 0..LISTS.len();
        Self {
            lists: places.clone().map(|place| list(ids, team, place, now)).collect(),
            silent,
            told: by_webhook,
            queues: places.clone().map(|place| queue(ids, team, place)).collect(),
            profiles: places.map(|place| profile(ids, place)).collect(),
            expected,
        }
    }
}

/// One more request that somebody makes now, of a list on webhook. The same index is the same request.
pub(super) fn fresh(
    ids: &Ids,
    team: &Team,
    customers: &Customers,
    index: u64,
    now: DateTime<Utc>,
) -> Value {
    // Three requests for two callers: the third is a duplicate.
    let caller = usize::try_from(index % 1_000_000).unwrap_or_default() / 3 * 2;
    let caller = caller + [0, 1, 0][usize::try_from(index % 3).unwrap_or_default()];
    let number = customers.single[(caller + 10) % customers.single.len()].international();
    let list = if index % 6 < 3 { SUPPORT } else { SERVICE };
    let name = format!("fresh {index}");
    item(ids, team, &Told { name: &name, list, number, minutes_ago: 0 }, now)
}

/// A row of a callback item (reference, section 4.2).
fn item(ids: &Ids, team: &Team, told: &Told<'_>, now: DateTime<Utc>) -> Value {
    let created = instant(now - TimeDelta::minutes(told.minutes_ago));
    let queue = &team.queues[told.list];
    json!({
        "Id": ids.id("callback", told.name),
        "CallbackListId": ids.id("callback list", LISTS[told.list].name),
        "CallbackListName": LISTS[told.list].name,
        "RequestTypeId": 50, "Number": told.number, "Name": null, "Source": "MissedServiceCall",
        "QueueId": queue.id, "QueueName": queue.name, "CallId": ids.id("callback call", told.name),
        "State": "Open", "Result": null, "Created": created, "Modified": created,
        "DueTime": instant(now + TimeDelta::hours(4)), "ExpirationTime": null, "ClosedTime": null,
        "AssignedUserId": null, "AssignedUserName": null, "RequestCount": 1, "Attempts": [],
        "LinkedItemIds": [], "RecordingIds": [], "Note": null,
    })
}

fn list(ids: &Ids, team: &Team, place: usize, now: DateTime<Utc>) -> Value {
    json!({
        "Id": ids.id("callback list", LISTS[place].name), "Name": LISTS[place].name,
        "ListType": "Callback", "OrganizationID": ORGANIZATION, "QueueId": team.queues[place].id,
        "RequestTypes": [{"Id": 50, "Name": "Missed call"}, {"Id": 51, "Name": "Asked in the menu"}],
        "OpenItemCount": 0, "Deleted": false, "Modified": instant(now - TimeDelta::days(30)),
    })
}

fn queue(ids: &Ids, team: &Team, place: usize) -> Value {
    json!({
        "queueid": ids.id("dynamics queue", place), "name": LISTS[place].name,
        "ownerid@odata.bind": format!("/systemusers({})", team.agents[place].system_user),
    })
}

fn profile(ids: &Ids, place: usize) -> Value {
    let List { name, ownership, duplicates, method } = &LISTS[place];
    json!({
        "ev_callbackprofileid": ids.id("callback profile", place), "ev_name": name,
        "ev_callbacklistid": ids.id("callback list", name), "ev_callbacklistname": name,
        "ev_queueid@odata.bind": format!("/queues({})", ids.id("dynamics queue", place)),
        "ev_ownershiprule": FIRST_CHOICE + ownership,
        "ev_duplicatehandlingrule": FIRST_CHOICE + duplicates,
        "ev_syncmethod": FIRST_CHOICE + method,
        "ev_agetimeunit": FIRST_CHOICE + 1, "ev_callbackage": 1,
    })
}
