//! A call that is to be logged: everything that its phone call row is made of.

use std::sync::Arc;

use call_matching::{CallerNumber, Candidate, MatchResult, MatchRules, choose};
use dataverse_client::StatusOption;
use directory::{Directory, Owner, PhoneSystem, match_rules};
use enreach_client::Direction;
use settings::{Finding, TenantSettings, UnansweredCallState};
use voice_model::{ActivityId, OrganizationId};

use crate::Evidence;
use crate::decision::{Decision, DeferReason, Outcome};
use crate::evidence::Tried;
use crate::legs::{CallKind, Conversation};

/// A call that is to be logged.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PlannedCall {
    /// The key of its row.
    pub(crate) activity: ActivityId,
    /// The call.
    pub(crate) call: Arc<Conversation>,
    /// The customer's number.
    pub(crate) number: CallerNumber,
    /// The customer; none if several match and the call is to be logged all the same.
    pub(crate) customer: Option<Candidate>,
    /// All customers that match, best first.
    pub(crate) candidates: Vec<Candidate>,
    /// The owner and agent party.
    pub(crate) owner: Owner,
    /// State and status in the end.
    pub(crate) status: FinalStatus,
    /// What the plan rests on.
    pub(crate) evidence: Evidence,
    /// What an administrator should put right.
    pub(crate) findings: Vec<Finding>,
}

/// The state and status that a row ends in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FinalStatus {
    /// 0 open, 1 completed, 2 canceled.
    pub(crate) state: i64,
    /// Status reason; none leaves the state's default, for open rows only.
    pub(crate) status: Option<i64>,
}

impl FinalStatus {
    /// Completed; `Received` (4) for an incoming call, `Made` (2) for an outgoing one
    /// (reference, section 2.2).
    pub(crate) fn completed(direction: Direction) -> Self {
        let status = match direction {
            Direction::Incoming => 4,
            Direction::Outgoing => 2,
        };
        Self { state: 1, status: Some(status) }
    }

    const OPEN: Self = Self { state: 0, status: None };
}

/// What planning rests on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grounds<'a> {
    /// The tenant's settings.
    pub(crate) settings: &'a TenantSettings,
    /// The Enreach organisation.
    pub(crate) phone_system: &'a PhoneSystem,
    /// Customers and users.
    pub(crate) directory: &'a Directory,
    /// Status reasons of `phonecall`, if `MultipleMatchPhoneCallStatus` is set.
    pub(crate) status_options: &'a [StatusOption],
}

impl Grounds<'_> {
    /// Finds owner and customer: either the call is planned, or it is decided.
    ///
    /// # Errors
    /// The decision, when the call is not to be logged now.
    pub(crate) fn plan(
        &self,
        call: Arc<Conversation>,
        number: CallerNumber,
    ) -> Result<Box<PlannedCall>, Box<Decision>> {
        let settings = self.settings;
        let owner = self.directory.users().owner(
            call.agent.as_ref(),
            settings.default_crm_assignee.as_ref(),
            |agent| self.phone_system.numbers_of(agent),
        );
        let mut evidence = evidence_of(&call, Some(&number));
        let Some(owner) = owner else {
            return Err(deferred(&call, DeferReason::NoDefaultAssignee, evidence));
        };
        let rules = match_rules(settings);
        evidence.owner = Some(owner.name.clone());
        evidence.tried = Some(tried(&number, &rules));
        let found = self.directory.customers().find(&number, &rules);
        let ranked = found.clone();
        let (customer, candidates) = match choose(found, &rules) {
            MatchResult::None => return Err(deferred(&call, DeferReason::NoMatch, evidence)),
            MatchResult::One { candidate, .. } => (Some(candidate), ranked),
            MatchResult::Several(candidates) => {
                let create =
                    call.kind == CallKind::Service && settings.enable_multiple_match_create;
                if !create {
                    let evidence = evidence.with_candidates(&candidates);
                    return Err(deferred(&call, DeferReason::Ambiguous, evidence));
                }
                (None, candidates)
            }
        };
        evidence.customer = customer.as_ref().map(|customer| customer.name.clone());
        let evidence = evidence.with_candidates(&candidates);
        let (status, finding) = self.final_status(&call, customer.is_none());
        Ok(Box::new(PlannedCall {
            activity: activity_of(&self.phone_system.organization, &call),
            call,
            number,
            customer,
            candidates,
            owner,
            status,
            evidence,
            findings: finding.into_iter().collect(),
        }))
    }

    fn final_status(&self, call: &Conversation, several: bool) -> (FinalStatus, Option<Finding>) {
        let leave_open = call.kind == CallKind::Service
            && !call.answered
            && self.settings.unanswered_call_state == UnansweredCallState::Open;
        let normal =
            if leave_open { FinalStatus::OPEN } else { FinalStatus::completed(call.direction) };
        if !several {
            return (normal, None);
        }
        let wanted = self.settings.multiple_match_phone_call_status;
        let option = self.status_options.iter().find(|option| Some(option.status) == wanted);
        if let Some(option) = option {
            return (FinalStatus { state: option.state, status: Some(option.status) }, None);
        }
        let message = match wanted {
            Some(status) => {
                format!("{status} is no status reason of phonecall; the usual one is used")
            }
            None => {
                "is not set, although EnableMultipleMatchCreate is on; the usual status is used"
                    .to_owned()
            }
        };
        (normal, Some(Finding::new("MultipleMatchPhoneCallStatus", message)))
    }
}

impl PlannedCall {
    /// The decision on it.
    pub(crate) fn decision(&self, outcome: Outcome) -> Decision {
        let mut evidence = self.evidence.clone();
        // A refused owner may have given way to another since.
        evidence.owner = Some(self.owner.name.clone());
        evidence.remarks = self.findings.iter().map(Finding::to_string).collect();
        if self.owner.is_fallback {
            evidence.remarks.push("owned by the user of DefaultCrmAssignee".to_owned());
        }
        if let Outcome::Failed(failure) = &outcome {
            evidence.failure = Some(failure.message.clone());
        }
        let (call, modified) = (self.call.call.clone(), self.call.modified);
        Decision { call, outcome, modified, evidence }
    }
}

fn activity_of(organization: &OrganizationId, call: &Conversation) -> ActivityId {
    ActivityId::of_call(organization, &call.call)
}

fn deferred(call: &Conversation, reason: DeferReason, evidence: Evidence) -> Box<Decision> {
    let (modified, call) = (call.modified, call.call.clone());
    Box::new(Decision { call, outcome: Outcome::Deferred(reason), modified, evidence })
}

/// What customers are looked for by.
fn tried(number: &CallerNumber, rules: &MatchRules) -> Tried {
    let tried = call_matching::Tried::of(number, rules);
    Tried {
        exact: tried.exact().map(ToString::to_string),
        contained: tried.contained().map(str::to_owned),
        too_few: tried.too_few().map(str::to_owned),
    }
}

/// The evidence that the call itself gives.
pub(crate) fn evidence_of(call: &Conversation, number: Option<&CallerNumber>) -> Evidence {
    Evidence {
        start: call.start,
        kind: Some(call.kind),
        direction: Some(call.direction),
        number: number
            .and_then(CallerNumber::text)
            .map(str::to_owned)
            .or_else(|| call.customer_number.clone()),
        ..Evidence::default()
    }
}
