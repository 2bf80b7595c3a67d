//! The oracle: what design §3 makes of a world.
//!
//! Plain and slow. It reads the same JSON as the sandbox, shares no type and no rule with the crates
//! that it judges, and looks at every customer for every call.

mod adoption;
mod conversation;
mod customer;
mod json;
mod number;
mod owner;
mod row;
mod settings;
mod window;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;

pub(crate) use adoption::Adoption;
pub(crate) use json::{instant, list, text, written};
pub(crate) use row::{ExpectedRow, activity_id};
pub(crate) use window::{RowsOfCall, Window};

use adoption::Existing;
use conversation::Conversation;
use customer::{Customers, shared_account};
use number::{digits, of_enreach};
use owner::{People, can_own};
use row::Facts;
use settings::Settings;

use super::countries::split;

/// What is to become of a call.
#[derive(Debug)]
pub(crate) enum Verdict {
    Logged(Box<ExpectedRow>),
    /// An earlier pass of ours has logged it.
    AlreadyOurs,
    Adopted(Box<Adoption>),
    Skipped(&'static str),
    Deferred(&'static str),
    /// Dynamics refuses every owner.
    Failed,
}

impl Verdict {
    /// Outcome and reason as reports write them; a failure's class is not told.
    pub(crate) fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::Logged(_) => ("Logged", "created"),
            Self::AlreadyOurs => ("AlreadyLogged", "by us"),
            Self::Adopted(_) => ("AlreadyLogged", "adopted"),
            Self::Skipped(reason) => ("Skipped", reason),
            Self::Deferred(reason) => ("Deferred", reason),
            Self::Failed => ("Failed", ""),
        }
    }
}

/// A verdict, and what it rests on in words.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) verdict: Verdict,
    pub(crate) why: String,
}

/// What a first pass at `now` makes of every call that it gets to see, by lower-case CallId.
pub(crate) fn verdicts(
    world: &Value,
    overrides: &BTreeMap<String, String>,
    now: DateTime<Utc>,
) -> BTreeMap<String, Judged> {
    let tenant = Tenant::of(world, Settings::of(world, overrides));
    let window = Window::of(&tenant.settings, now);
    let rows = window::seen(world, &window);
    let conversations: Vec<_> =
        rows.iter().map(|(call, rows)| Conversation::of(call, rows)).collect();
    let customers = Customers::of(world, &tenant.settings, &tenant.own, &tenant.region);
    let people = People::of(world, &tenant.region);
    let mut judged = BTreeMap::new();
    let mut to_find = Vec::new();
    for conversation in &conversations {
        match tenant.decide(conversation, &customers, &people) {
            Ok(facts) => to_find.push(facts),
            Err(verdict) => {
                let why = tenant.why(conversation, &customers);
                judged.insert(conversation.call.clone(), Judged { verdict, why });
            }
        }
    }
    find(world, to_find, now, &mut judged);
    judged
}

/// Finds the calls that are in Dynamics already, and has the others created.
fn find(
    world: &Value,
    calls: Vec<Facts<'_>>,
    now: DateTime<Utc>,
    judged: &mut BTreeMap<String, Judged>,
) {
    let existing = Existing::of(world, now);
    let ours = |facts: &Facts<'_>| activity_id(organization(world), &facts.conversation.call);
    let (logged, others): (Vec<_>, Vec<_>) =
        calls.into_iter().partition(|facts| existing.has(&ours(facts)));
    let mut adoptions = existing.assign(&others);
    for facts in &logged {
        let judgement = Judged { verdict: Verdict::AlreadyOurs, why: facts.why() };
        judged.insert(facts.conversation.call.clone(), judgement);
    }
    for facts in &others {
        let call = facts.conversation.call.clone();
        let verdict = match adoptions.remove(&call) {
            Some(adoption) => Verdict::Adopted(Box::new(adoption)),
            None => create(facts, ours(facts)),
        };
        judged.insert(call, Judged { verdict, why: facts.why() });
    }
}

/// A new row, of the first owner that Dynamics takes.
fn create(facts: &Facts<'_>, id: String) -> Verdict {
    match facts.owners.into_iter().flatten().find(|user| can_own(user)) {
        Some(owner) => Verdict::Logged(Box::new(facts.row(id, text(owner, "systemuserid")))),
        None => Verdict::Failed,
    }
}

/// How many rows of a first pass name no call.
pub(crate) fn unreadable(
    world: &Value,
    overrides: &BTreeMap<String, String>,
    now: DateTime<Utc>,
) -> usize {
    window::nameless(world, &window(world, overrides, now))
}

/// The window of a first pass.
pub(crate) fn window(
    world: &Value,
    overrides: &BTreeMap<String, String>,
    now: DateTime<Utc>,
) -> Window {
    Window::of(&Settings::of(world, overrides), now)
}

struct Tenant<'a> {
    world: &'a Value,
    settings: Settings,
    region: String,
    /// Numbers of the tenant's own users and queues.
    own: Vec<String>,
}

impl<'a> Tenant<'a> {
    fn of(world: &'a Value, settings: Settings) -> Self {
        let texts = own_numbers(world);
        let region = settings.default_region.clone().unwrap_or_else(|| commonest(&texts));
        let own = texts.iter().filter_map(|text| of_enreach(text, &region)).collect();
        Self { world, settings, region, own }
    }

    /// What is to be found in Dynamics of a call, or why nothing is.
    fn decide<'b>(
        &'b self,
        call: &'b Conversation<'b>,
        customers: &Customers<'_>,
        people: &People<'b>,
    ) -> Result<Facts<'b>, Verdict> {
        if let Some(verdict) = self.screen(call) {
            return Err(verdict);
        }
        let settings = &self.settings;
        let fallback = people.user(settings.default_crm_assignee.as_deref().unwrap_or(""));
        let of_agent = people.user(call.agent);
        if of_agent.or(fallback).is_none() {
            return Err(Verdict::Deferred("NoDefaultAssignee"));
        }
        let number = of_enreach(call.customer, &self.region).unwrap_or_default();
        let candidates = customers.matching(&number);
        let account = shared_account(&candidates)
            .filter(|_| settings.shared_number_to_account && candidates.len() > 1);
        let customer = match candidates.first() {
            None => return Err(Verdict::Deferred("NoMatch")),
            Some(_) if account.is_some() => account,
            Some(first) if candidates.len() == 1 || settings.multiple_matches_pick_first => {
                Some(first)
            }
            Some(_) if call.service && settings.enable_multiple_match_create => None,
            Some(_) => return Err(Verdict::Deferred("Ambiguous")),
        };
        Ok(Facts {
            conversation: call,
            settings,
            world: self.world,
            region: &self.region,
            number,
            customer: customer.cloned(),
            candidates,
            owners: [of_agent, fallback],
        })
    }

    /// What a call that is not logged was judged by.
    fn why(&self, call: &Conversation<'_>, customers: &Customers<'_>) -> String {
        let number = of_enreach(call.customer, &self.region).unwrap_or_default();
        let candidates = customers.matching(&number);
        format!(
            "region {}, number {number}, talk {}, agent {}, candidates {:?}",
            self.region, call.talk, call.agent, candidates
        )
    }

    /// The calls that nobody wants to see.
    fn screen(&self, call: &Conversation<'_>) -> Option<Verdict> {
        let settings = &self.settings;
        let switched_on = match (call.service, call.answered) {
            (false, _) => settings.process_direct_calls,
            (true, true) => settings.process_service_calls,
            (true, false) => settings.process_service_calls_unanswered,
        };
        let is_own = |text: &str| {
            of_enreach(text, &self.region).is_some_and(|number| self.own.contains(&number))
        };
        if call.in_progress {
            return Some(Verdict::Deferred("InProgress"));
        }
        let checks = [
            (call.personal, "PersonalWorkQueue"),
            (!switched_on, "KindSwitchedOff"),
            (!call.service && !call.privacy.eq_ignore_ascii_case("work"), "NotWork"),
            (!call.service && !call.answered, "Unanswered"),
            (call.answered && call.talk < settings.call_duration_limit * 1_000, "TooShort"),
            (digits(call.customer).is_empty(), "NoNumber"),
            (is_own(call.customer) && is_own(call.other), "Internal"),
        ];
        checks.into_iter().find(|(applies, _)| *applies).map(|(_, why)| Verdict::Skipped(why))
    }
}

/// The organisation that every user of a world belongs to.
pub(crate) fn organization(world: &Value) -> &str {
    text(&world["enreach"]["users"][0], "OrganizationID")
}

/// The numbers of all users and queues, as Enreach gives them. Who is deleted has none any more.
fn own_numbers(world: &Value) -> Vec<&str> {
    let users = list(&world["enreach"]["users"]).iter().filter(|user| user["Deleted"] != true);
    let users = users.flat_map(|user| [text(user, "WorkNumber"), text(user, "MobileNumber")]);
    let queues = list(&world["enreach"]["queues"]).iter();
    let queues = queues.flat_map(|queue| list(&queue["Numbers"])).filter_map(Value::as_str);
    users.chain(queues).collect()
}

/// The country that most of the numbers are from.
fn commonest(numbers: &[&str]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (country, _) in numbers.iter().filter_map(|number| split(number.trim_start_matches('+'))) {
        *counts.entry(country.region).or_default() += 1;
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count);
    most.map_or_else(String::new, |(region, _)| region.to_owned())
}
