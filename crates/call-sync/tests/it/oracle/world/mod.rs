//! Random worlds: one tenant with users, customers, settings, phone calls of others and calls, in
//! the form of design §9. The same seed gives the same world.

mod calls;
mod customers;
mod dice;
mod numbers;
mod organisation;
mod phone_calls;
mod settings;
mod users;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::known::CALLS_ARE_TORN;
use super::verdict::{RowsOfCall, list, text, window};
use calls::{Calls, Scene};
use customers::Customers;
use dice::Dice;
use numbers::Numbers;
use organisation::Organisation;

/// A world and the settings of the file that go with it.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) json: Value,
    pub(crate) overrides: BTreeMap<String, String>,
    /// How the platform spells its rows: modes of the sandbox.
    pub(crate) modes: Value,
}

impl World {
    pub(crate) fn roll(seed: u64, now: DateTime<Utc>) -> Self {
        let dice = &mut Dice::seeded(seed);
        let numbers = Numbers::roll(dice);
        let organisation = Organisation::roll(dice, &numbers);
        let agents: Vec<_> = organisation.agents.iter().map(|agent| agent.id.clone()).collect();
        let (settings, hints) = settings::roll(dice, numbers.region, &agents);
        let customers = Customers::roll(dice, &numbers, &organisation);
        let mut users = users::roll(dice, &numbers, &organisation);
        let keeper = dice.guid();
        users.push(json!({"systemuserid": keeper, "lastname": "Keeper", "fullname": "Keeper",
                          "domainname": "keeper@contoso.example", "isdisabled": false,
                          "createdon": "2019-01-01T08:00:00Z", "roles": ["Basic User"]}));
        let calls = Scene::new(dice, &numbers, &organisation, &hints, now).play();
        let agents = organisation.users(dice, numbers.region);
        let organization = text(&agents[0], "OrganizationID").to_owned();
        let phone_calls = phone_calls::roll(dice, &calls, &numbers, &hints, &keeper, &organization);
        let Calls { user, service } = calls;
        let json = json!({
            "enreach": {
                "users": agents, "queues": organisation.queue_rows(dice),
                "calls": user, "servicecalls": service,
            },
            "dataverse": {
                "ev_settings": settings, "systemusers": users, "accounts": customers.accounts,
                "contacts": customers.contacts, "leads": customers.leads,
                "phonecalls": phone_calls,
            },
        });
        let overrides = overrides(dice);
        let modes = json!({
            "unknown_fields": dice.chance(20),
            "call_id_spelling": *dice.pick(&["CallId", "CallId", "CallID", "both"]),
        });
        let mut world = Self { seed, json, overrides, modes };
        world.mend(now);
        world
    }

    /// Leaves out what is no matter of design §3 (see docs/decisions/0007): calls of which the window
    /// shows some rows and hides others, and users' rows of queue calls where `/calls` is not asked.
    fn mend(&mut self, now: DateTime<Utc>) {
        let window = window(&self.json, &self.overrides, now);
        let mut calls: BTreeMap<String, RowsOfCall<'_>> = BTreeMap::new();
        for row in list(&self.json["enreach"]["calls"]) {
            calls.entry(text(row, "CallId").to_lowercase()).or_default().user.push(row);
        }
        for row in list(&self.json["enreach"]["servicecalls"]) {
            calls.entry(text(row, "CallId").to_lowercase()).or_default().service.push(row);
        }
        calls.remove("");
        let queued = |row: &&Value| !text(row, "QueueName").is_empty();
        let (mut torn, mut of_queues) = (BTreeSet::new(), BTreeSet::new());
        for (call, rows) in calls {
            let kept = CALLS_ARE_TORN && !window.by_start_time && rows.service.is_empty();
            if window.tears(&rows) && !kept {
                torn.insert(call);
            } else if !window.asks_for_calls && rows.service.iter().any(queued) {
                of_queues.insert(call);
            }
        }
        let enreach = &mut self.json["enreach"];
        for (set, dropped) in [("calls", &torn), ("servicecalls", &torn), ("calls", &of_queues)] {
            let rows = enreach[set].as_array_mut().unwrap();
            rows.retain(|row| !dropped.contains(&text(row, "CallId").to_lowercase()));
        }
    }
}

/// Settings of the file, which win over those of Dynamics.
fn overrides(dice: &mut Dice) -> BTreeMap<String, String> {
    let all = [
        ("NumbersToCut", "4"),
        ("MultipleMatchesPickFirst", "false"),
        ("ProcessServiceCallsUnanswered", "yes"),
        ("IncomingDirectCallSubject", "From the file"),
    ];
    let mut chosen = BTreeMap::new();
    for (name, value) in all {
        if dice.chance(5) {
            chosen.insert(name.to_owned(), value.to_owned());
        }
    }
    chosen
}
