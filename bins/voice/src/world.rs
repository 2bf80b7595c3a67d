//! The demo world: a company, its customers and fourteen busy minutes on its phones.
//!
//! Everything follows from one seed and the present moment: the same two give the same JSON, byte
//! for byte. The generator is xoshiro256++, whose output is fixed by its specification; `StdRng` may
//! change with any release of `rand`.
//!
//! The world is told in the sandbox's own language (design §9) and comes with the decision that each
//! call must end in, so that the demo can check itself.

mod callbacks;
mod customers;
mod ids;
mod names;
mod numbers;
mod rows;
mod schedule;
mod script;
mod team;
mod tenant_settings;
#[cfg(test)]
mod tests;
mod widget;

use std::collections::BTreeMap;

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use rand::SeedableRng as _;
use rand::rngs::Xoshiro256PlusPlus;
use serde_json::{Value, json};
use voice_model::{ActivityId, CallId, OrganizationId};

use callbacks::Callbacks;
use customers::Customers;
use ids::Ids;
use script::{Scenario, Stage};
use team::Team;

pub(crate) use callbacks::ExpectedCallback;

/// The demo's source of chance.
type DemoRng = Xoshiro256PlusPlus;

/// What must become of a call in the first pass; the names of the reasons are those of design §3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Expected {
    /// Created by us.
    Logged,
    /// Adopted: the agent's widget was first.
    AlreadyLogged,
    /// Skipped, for this reason.
    Skipped(&'static str),
    /// Deferred, for this reason.
    Deferred(&'static str),
    /// Refused by Dynamics, once the fault is planted.
    Failed,
}

/// The world at one moment.
#[derive(Debug)]
pub(crate) struct DemoWorld {
    /// For `POST /control/world`; all dates are absolute.
    pub(crate) world: Value,
    /// The call to plant a fault for; without the fault it is logged.
    pub(crate) failing_call: CallId,
    /// Key of the row that the failing call would become, to aim the fault at.
    pub(crate) failing_activity: ActivityId,
    /// What must become of each call, by call id.
    pub(crate) expected: BTreeMap<String, Expected>,
    /// Callback requests that Enreach tells of by webhook, as an increment for `POST /control/world`.
    pub(crate) told_callbacks: Value,
    /// What must become of each callback request, by item id.
    pub(crate) expected_callbacks: BTreeMap<String, ExpectedCallback>,
    seed: u64,
    team: Team,
    customers: Customers,
}

/// Builds the world that a seed tells, as it stands at `now`. All calls end, and are reported, within
/// the last fourteen minutes.
#[expect(clippy::expect_used, reason = "constants and UUIDs made here are ids")]
pub(crate) fn build(seed: u64, now: DateTime<Utc>) -> DemoWorld {
    let now = now.trunc_subsecs(0);
    let ids = Ids::of_seed(seed);
    let mut rng = DemoRng::seed_from_u64(seed);
    let team = Team::new(&ids);
    let customers = Customers::new(&ids, &mut rng, now);
    let latest = now - TimeDelta::seconds(20);
    let stage = Stage::new(ids, &mut rng, &team, &customers, now, latest, "first".to_owned());
    let traffic = stage.play_all();
    let failing_call = CallId::new(&traffic.failing).expect("the plan has a call that fails");
    let organization = OrganizationId::new(team::ORGANIZATION).expect("a GUID");
    let callbacks = Callbacks::new(&ids, &team, &customers, now);
    let world = json!({
        "enreach": {
            "users": team.enreach_users(),
            "queues": team.enreach_queues(),
            "calls": traffic.calls,
            "servicecalls": traffic.service_calls,
            "callback_lists": callbacks.lists,
            "callback_items": callbacks.silent,
        },
        "dataverse": {
            "systemusers": team.system_users(),
            "ev_settings": tenant_settings::rows(&ids, &team.fallback),
            "accounts": customers.accounts,
            "contacts": customers.contacts,
            "leads": customers.leads,
            "phonecalls": traffic.widget_calls,
            "queues": callbacks.queues,
            "ev_callbackprofiles": callbacks.profiles,
        },
    });
    DemoWorld {
        world,
        failing_activity: ActivityId::of_call(&organization, &failing_call),
        failing_call,
        expected: traffic.expected,
        told_callbacks: json!({ "enreach": { "callback_items": callbacks.told } }),
        expected_callbacks: callbacks.expected,
        seed,
        team,
        customers,
    }
}

/// What happens while the demo goes on, over and over.
const DAILY_ROUND: [Scenario; 7] = [
    Scenario::DirectIncoming,
    Scenario::ServiceAnswered,
    Scenario::DirectOutgoing,
    Scenario::Unanswered,
    Scenario::ServiceAnswered,
    Scenario::Unknown,
    Scenario::TransferIncoming,
];

impl DemoWorld {
    /// One more call, finished just before `now`, as an increment for `POST /control/world`. Calls
    /// are numbered by `index`: the same number is the same call.
    pub(crate) fn fresh_calls(&self, index: u64, now: DateTime<Utc>) -> Value {
        let now = now.trunc_subsecs(0);
        // An odd factor spreads the numbers over the generator's seeds.
        let seed = self.seed ^ index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut rng = DemoRng::seed_from_u64(seed);
        let round = usize::try_from(index % 1_000_000).unwrap_or_default();
        let scenario = DAILY_ROUND[round % DAILY_ROUND.len()];
        let stage = Stage::new(
            Ids::of_seed(self.seed),
            &mut rng,
            &self.team,
            &self.customers,
            now,
            now - TimeDelta::seconds(2),
            format!("fresh {index}"),
        );
        let traffic = stage.starting_with_customer(round).play_one(scenario, round);
        json!({ "enreach": { "calls": traffic.calls, "servicecalls": traffic.service_calls } })
    }

    /// One more callback request, made now, as an increment for `POST /control/world`. Requests are
    /// numbered by `index`: the same number is the same request.
    pub(crate) fn fresh_callback(&self, index: u64, now: DateTime<Utc>) -> Value {
        let ids = Ids::of_seed(self.seed);
        let item = callbacks::fresh(&ids, &self.team, &self.customers, index, now);
        json!({ "enreach": { "callback_items": [item] } })
    }
}
