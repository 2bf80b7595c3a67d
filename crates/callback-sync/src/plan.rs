//! A phone call that is to be created: everything that its row is made of.

use call_matching::{Candidate, MatchResult, choose};
use directory::{Directory, PhoneSystem, QueueOwner, match_rules};
use settings::{Finding, RecipientRule, TenantSettings};
use uuid::Uuid;
use voice_model::{ActivityId, ErrorClass};

use crate::profile::OwnershipRule;
use crate::request::{Failure, Request};

/// A phone call that is to be created.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PlannedCallback {
    /// The key of its row.
    pub(crate) activity: ActivityId,
    /// The request.
    pub(crate) request: Request,
    /// The queue that it goes into.
    pub(crate) queue: Uuid,
    /// The customer, if exactly one matches.
    pub(crate) customer: Option<Candidate>,
    /// How many match.
    pub(crate) match_count: usize,
    /// The owner; `None` = the application user that we are.
    pub(crate) owner: Option<QueueOwner>,
    /// Who it is addressed to.
    pub(crate) recipient: Option<Recipient>,
    /// The oldest open one of the same number.
    pub(crate) bundled_into: Option<ActivityId>,
    /// What an administrator should put right.
    pub(crate) findings: Vec<Finding>,
}

/// Who a callback is addressed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recipient {
    /// The queue.
    Queue(Uuid),
    /// The queue's owner.
    User(Uuid),
}

/// What planning rests on.
#[derive(Clone, Copy)]
pub(crate) struct Grounds<'a> {
    pub(crate) settings: &'a TenantSettings,
    pub(crate) phone_system: &'a PhoneSystem,
    pub(crate) directory: &'a Directory,
    /// Dynamics does not take a queue as recipient.
    pub(crate) no_queue_as_party: bool,
}

impl Grounds<'_> {
    /// The phone call row's key for a request.
    pub(crate) fn key(&self, request: &Request) -> ActivityId {
        ActivityId::of_callback(&self.phone_system.organization, &request.item.id)
    }

    /// Plans the phone call of a request.
    ///
    /// # Errors
    /// The request with the reason, when its profile has no queue.
    pub(crate) fn plan(
        &self,
        request: Request,
        bundled_into: Option<ActivityId>,
    ) -> Result<PlannedCallback, Box<(Request, Failure)>> {
        let Some(queue) = request.profile.queue else {
            let profile = &request.profile.name;
            let message = format!("callback profile {profile} names no queue; choose one");
            let failure = Failure { class: ErrorClass::Rejected, message, tried: true };
            return Err(Box::new((request, failure)));
        };
        let rules = match_rules(self.settings);
        let candidates = self.directory.customers().find(&request.number, &rules);
        let (customer, match_count) = match choose(candidates, &rules) {
            MatchResult::None => (None, 0),
            MatchResult::One { candidate, picked_from } => (Some(candidate), picked_from),
            MatchResult::Several(several) => (None, several.len()),
        };
        let mut plan = PlannedCallback {
            activity: self.key(&request),
            request,
            queue,
            customer,
            match_count,
            owner: None,
            recipient: None,
            bundled_into,
            findings: Vec::new(),
        };
        if self.directory.queue(queue).is_some_and(|queue| !queue.is_active) {
            let message = "is deactivated, and callbacks still go into it; activate it, or choose \
                           another in the callback profile";
            plan.find(self.directory, message.to_owned());
        }
        self.find_owner(&mut plan);
        self.find_recipient(&mut plan);
        Ok(plan)
    }

    /// The owner that the profile wants.
    fn find_owner(&self, plan: &mut PlannedCallback) {
        if plan.request.profile.ownership != OwnershipRule::OwnerOfQueue {
            return;
        }
        match self.queue_owner(plan.queue) {
            Ok(owner) => plan.owner = Some(owner),
            Err(why) => {
                let message =
                    format!("{why}; its callbacks are owned by the API user. Set another owner");
                plan.find(self.directory, message);
            }
        }
    }

    /// Who the settings want it to be addressed to, as far as that can be.
    pub(crate) fn find_recipient(&self, plan: &mut PlannedCallback) {
        let rule = self.settings.callback_request_recipient_rule;
        if rule == RecipientRule::Queue && !self.no_queue_as_party {
            plan.recipient = Some(Recipient::Queue(plan.queue));
            return;
        }
        plan.recipient = match self.queue_owner(plan.queue) {
            Ok(QueueOwner::User(user)) => Some(Recipient::User(user)),
            Ok(QueueOwner::Team(_)) => {
                let message = "is owned by a team, which cannot be the recipient of a phone call; \
                               its callbacks have none";
                plan.find(self.directory, message.to_owned());
                None
            }
            Err(why) => {
                plan.find(self.directory, format!("{why}; its callbacks have no recipient"));
                None
            }
        };
    }

    /// The owner of a queue, if it can own a phone call.
    fn queue_owner(&self, queue: Uuid) -> Result<QueueOwner, &'static str> {
        let Some(found) = self.directory.queue(queue) else {
            return Err("does not exist in Dynamics any more");
        };
        match found.owner {
            Some(QueueOwner::User(user)) if self.directory.user(user).is_none() => {
                Err("is owned by a user who is disabled or gone")
            }
            Some(owner) => Ok(owner),
            None => Err("has no owner that may be seen"),
        }
    }
}

impl PlannedCallback {
    /// Notes something about the queue of this call.
    fn find(&mut self, directory: &Directory, message: String) {
        let name = directory.queue(self.queue).map(|queue| queue.name.clone());
        let name = name.unwrap_or_else(|| self.queue.to_string());
        let finding = Finding::new(format!("queue {name}"), message);
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }
}
