//! What would help a call that is not logged.

use call_matching::{CustomerTable, MatchKind};
use call_sync::{CallKind, Evidence, ExplainedDecision};
use voice_model::{CallId, ErrorClass};

/// What would help.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Help {
    /// Ways to let the call be logged, any of which will do; none for a decision that is final.
    pub(super) ways: Vec<String>,
    /// What happens, or is to be done, then.
    pub(super) then: Option<String>,
}

/// What would help a call.
pub(super) fn what_would_help(call: &CallId, decision: &ExplainedDecision) -> Help {
    let evidence = decision.evidence.clone().unwrap_or_default();
    match decision.outcome {
        "Deferred" => for_deferred(&decision.reason, &evidence),
        "Failed" => for_failed(call, decision),
        _ => Help::default(),
    }
}

fn for_deferred(reason: &str, evidence: &Evidence) -> Help {
    let ways = match reason {
        "NoMatch" => {
            let number = evidence.number.as_deref().unwrap_or("the number");
            vec![format!("write {number} on an active contact or account, or an open lead")]
        }
        "Ambiguous" => for_ambiguous(evidence),
        "NoDefaultAssignee" => vec![
            "set DefaultCrmAssignee to the Enreach id of an enabled Dynamics user".to_owned(),
            "give the agent's Dynamics user the agent's Enreach id".to_owned(),
        ],
        _ => {
            let wait = "wait: it is decided when all its parts have ended".to_owned();
            return Help { ways: vec![wait], then: None };
        }
    };
    let again = match evidence.start {
        Some(start) => format!("voice calls backfill --from {}", start.format("%Y-%m-%d")),
        None => "voice calls backfill".to_owned(),
    };
    let then =
        format!("a call of the last 24 hours is then logged by itself, an older one by `{again}`");
    Help { ways, then: Some(then) }
}

fn for_ambiguous(evidence: &Evidence) -> Vec<String> {
    let mut ways = vec!["take the number off all of them but one".to_owned()];
    let has = |table| evidence.candidates.iter().any(|candidate| candidate.table == table);
    if has(CustomerTable::Account) && has(CustomerTable::Contact) {
        ways.push(
            "switch on SharedNumberToAccount, if they are one account and its own contacts"
                .to_owned(),
        );
    }
    let contained =
        |candidate: &call_sync::CandidateEvidence| candidate.kind == MatchKind::Contained;
    if !evidence.candidates.is_empty() && evidence.candidates.iter().all(contained) {
        ways.push(
            "write the right one's number in full: an equal number comes before one that only \
             contains the digits"
                .to_owned(),
        );
    }
    ways.push("switch on MultipleMatchesPickFirst to take the first".to_owned());
    if evidence.kind == Some(CallKind::Service) {
        ways.push("switch on EnableMultipleMatchCreate to log it without a customer".to_owned());
    }
    ways
}

fn for_failed(call: &CallId, decision: &ExplainedDecision) -> Help {
    let way = match ErrorClass::named(&decision.reason) {
        Some(class) if class.is_passing() => "wait, unless the cause lasts",
        Some(ErrorClass::Auth) => {
            "give the application user in Dynamics the privileges that the message names"
        }
        Some(ErrorClass::Bug) | None => "report it with the message",
        Some(_) => "put right in Dynamics what the message names",
    };
    let then = match decision.next_attempt {
        Some(_) => "it is tried again by itself".to_owned(),
        None => format!("`voice calls retry {call}` has it tried again"),
    };
    Help { ways: vec![way.to_owned()], then: Some(then) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeZone, Utc};

    fn decision(outcome: &'static str, reason: &str, evidence: Evidence) -> ExplainedDecision {
        ExplainedDecision {
            at: Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap(),
            outcome,
            reason: reason.to_owned(),
            rule: String::new(),
            activity: None,
            attempts: None,
            next_attempt: None,
            evidence: Some(evidence),
        }
    }

    fn text(decision: &ExplainedDecision) -> String {
        let help = what_would_help(&CallId::new("call-7").unwrap(), decision);
        help.ways.into_iter().chain(help.then).collect::<Vec<_>>().join("; ")
    }

    fn help(outcome: &'static str, reason: &str, evidence: Evidence) -> String {
        text(&decision(outcome, reason, evidence))
    }

    #[test]
    fn a_final_decision_needs_no_help() {
        for (outcome, reason) in [("Logged", "created"), ("Skipped", "NotWork")] {
            assert_eq!(help(outcome, reason, Evidence::default()), "");
        }
    }

    #[test]
    fn an_unmatched_number_is_named_and_so_is_the_way_to_log_an_old_call() {
        let evidence = Evidence {
            number: Some("+358501234567".to_owned()),
            start: Utc.with_ymd_and_hms(2026, 3, 1, 11, 0, 0).single(),
            ..Evidence::default()
        };
        let help = help("Deferred", "NoMatch", evidence);
        assert!(help.contains("+358501234567") && help.contains("--from 2026-03-01"), "{help}");
    }

    #[test]
    fn a_setting_for_service_calls_is_not_proposed_for_a_direct_one() {
        let of = |kind| {
            let evidence = Evidence { kind: Some(kind), ..Evidence::default() };
            help("Deferred", "Ambiguous", evidence)
        };
        assert!(of(CallKind::Service).contains("EnableMultipleMatchCreate"));
        assert!(!of(CallKind::Direct).contains("EnableMultipleMatchCreate"));
    }

    #[test]
    fn a_dead_letter_is_helped_by_a_command_and_a_failure_that_is_tried_again_is_not() {
        let dead = help("Failed", "Rejected", Evidence::default());
        assert!(dead.contains("voice calls retry call-7"), "{dead}");
        let mut waiting = decision("Failed", "Rejected", Evidence::default());
        waiting.next_attempt = Some(waiting.at);
        let waiting = text(&waiting);
        assert!(!waiting.contains("retry"), "{waiting}");
    }
}
