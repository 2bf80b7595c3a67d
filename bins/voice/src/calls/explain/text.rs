//! The history of a call for people: a heading, then a block for each decision.

use std::fmt::Write as _;

use call_matching::MatchKind;
use call_sync::{CallHistory, CallKind, CandidateEvidence, Evidence, ExplainedDecision, Tried};
use chrono::{DateTime, Utc};
use enreach_client::Direction;
use settings::catalogue;
use voice_model::TenantName;

use super::help::{Help, what_would_help};

/// What is known of a call, as text that ends with a line break.
pub(super) fn of_call(tenant: &TenantName, history: &CallHistory) -> String {
    let mut text = format!("Call {} of {tenant}\n", history.call);
    if let Some(evidence) = history.decisions.iter().rev().find_map(|past| past.evidence.as_ref()) {
        text.push_str(&about(evidence));
    }
    for decision in &history.decisions {
        text.push('\n');
        text.push_str(&of_decision(decision));
    }
    if let Some(last) = history.decisions.last() {
        push_help(&mut text, &what_would_help(&history.call, last));
    }
    text
}

fn push_help(text: &mut String, help: &Help) {
    for (index, way) in help.ways.iter().enumerate() {
        if index == 0 {
            text.push('\n');
        }
        push(text, if index == 0 { "would help" } else { "or" }, way);
    }
    if let Some(then) = &help.then {
        push(text, "then", then);
    }
}

/// What kind of call it is, whose, and when: a line.
fn about(evidence: &Evidence) -> String {
    let direction = evidence.direction.map(|direction| match direction {
        Direction::Incoming => "incoming",
        Direction::Outgoing => "outgoing",
    });
    let kind = evidence.kind.map(|kind| match kind {
        CallKind::Direct => "direct call",
        CallKind::Service => "service call",
    });
    let words: Vec<_> = direction.into_iter().chain(kind).collect();
    let number = evidence.number.as_deref().map(|number| match evidence.direction {
        Some(Direction::Outgoing) => format!("to {number}"),
        _ => format!("from {number}"),
    });
    let start = evidence.start.map(|start| format!("at {}", instant(start)));
    let parts = [words.join(" ")].into_iter().chain(number).chain(start);
    let line: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
    if line.is_empty() { String::new() } else { format!("  {}\n", in_one_line(&line.join(" "))) }
}

fn of_decision(decision: &ExplainedDecision) -> String {
    let mut text = String::new();
    let (at, outcome, reason) = (instant(decision.at), decision.outcome, &decision.reason);
    let _ = writeln!(text, "  {at}  {outcome} ({reason})");
    push(&mut text, "rule", &decision.rule);
    if let Some(attempts) = decision.attempts {
        let next = match decision.next_attempt {
            Some(next) => format!("{attempts}, the next at {}", instant(next)),
            None => format!("{attempts}, none to come"),
        };
        push(&mut text, "attempts", &next);
    }
    match &decision.evidence {
        Some(evidence) => push_evidence(&mut text, evidence),
        None => push(&mut text, "kept", "nothing else may be kept of a call that is not work"),
    }
    if let Some(activity) = decision.activity {
        push(&mut text, "phone call", &activity.to_string());
    }
    text
}

fn push_evidence(text: &mut String, evidence: &Evidence) {
    if let Some(failure) = &evidence.failure {
        push(text, "failure", failure);
    }
    if let Some(tried) = evidence.tried.as_ref().and_then(tried) {
        push(text, "looked for", &tried);
    }
    for line in candidates(evidence) {
        push(text, "candidate", &line);
    }
    if let Some(customer) = &evidence.customer {
        push(text, "customer", customer);
    }
    if let Some(owner) = &evidence.owner {
        push(text, "owner", owner);
    }
    for remark in &evidence.remarks {
        push(text, "remark", remark);
    }
    // Without the kind of call nothing is known of the settings either.
    if evidence.kind.is_some() {
        push(text, "settings", &settings(evidence));
    }
}

/// A labelled line of a block.
fn push(text: &mut String, label: &str, line: &str) {
    let _ = writeln!(text, "    {label:<11} {}", in_one_line(line));
}

/// What other people wrote may hold line breaks, or control a terminal.
fn in_one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn tried(tried: &Tried) -> Option<String> {
    let exact = tried.exact.as_ref().map(|number| format!("{number}, exactly"));
    let contained = tried.contained.as_ref().map(|digits| format!("{digits}, contained"));
    let too_few = tried.too_few.as_ref();
    let too_few = too_few
        .map(|digits| format!("{digits}, not contained: fewer digits than MinimumMatchDigits"));
    let ways: Vec<_> = exact.into_iter().chain(contained).chain(too_few).collect();
    (!ways.is_empty()).then(|| ways.join("; "))
}

/// The customers that have the number, in columns.
fn candidates(evidence: &Evidence) -> Vec<String> {
    let shown = &evidence.candidates;
    let width = |text: fn(&CandidateEvidence) -> &str| {
        shown.iter().map(|candidate| text(candidate).chars().count()).max().unwrap_or_default()
    };
    let (names, numbers) = (width(|c| &c.name), width(|c| &c.number));
    let line = |candidate: &CandidateEvidence| {
        let CandidateEvidence { table, name, number, .. } = candidate;
        let kind = match candidate.kind {
            MatchKind::Exact => "exact",
            MatchKind::Contained => "contained",
        };
        format!("{:<8} {name:<names$}  {number:<numbers$}  {kind}", table.logical_name())
    };
    let mut lines: Vec<_> = shown.iter().map(line).collect();
    let more = evidence.candidate_count.saturating_sub(shown.len());
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines
}

/// The settings that differ from their defaults; of the others it is said that they do not.
fn settings(evidence: &Evidence) -> String {
    let differ = evidence.settings.iter().filter(|(name, value)| !is_default(name, value));
    let differ: Vec<_> = differ.map(|(name, value)| format!("{name} = {value}")).collect();
    match differ.is_empty() {
        true => "all at their defaults".to_owned(),
        false => format!("{}; all others at their defaults", differ.join(", ")),
    }
}

/// Somebody may have set a setting to what it is anyway.
fn is_default(name: &str, value: &str) -> bool {
    catalogue().iter().any(|spec| {
        spec.name.eq_ignore_ascii_case(name) && spec.default.eq_ignore_ascii_case(value.trim())
    })
}

fn instant(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use call_matching::CustomerTable;
    use chrono::{TimeDelta, TimeZone};
    use uuid::Uuid;
    use voice_model::CallId;

    fn at() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap()
    }

    fn candidate(table: CustomerTable, name: &str, kind: MatchKind) -> CandidateEvidence {
        let number = "(09) 5555 0010".to_owned();
        CandidateEvidence { table, id: Uuid::nil(), name: name.to_owned(), kind, number }
    }

    fn ambiguous() -> ExplainedDecision {
        ExplainedDecision {
            at: at(),
            outcome: "Deferred",
            reason: "Ambiguous".to_owned(),
            rule: "2 customers have the number".to_owned(),
            activity: None,
            attempts: None,
            next_attempt: None,
            evidence: Some(Evidence {
                start: Some(at() - TimeDelta::minutes(5)),
                kind: Some(CallKind::Direct),
                direction: Some(Direction::Incoming),
                number: Some("+358955550010".to_owned()),
                tried: Some(Tried {
                    exact: Some("+358955550010".to_owned()),
                    contained: Some("955550010".to_owned()),
                    too_few: None,
                }),
                candidates: vec![
                    candidate(CustomerTable::Contact, "Aino Aalto", MatchKind::Exact),
                    candidate(CustomerTable::Account, "Aalto Oy", MatchKind::Contained),
                ],
                candidate_count: 3,
                settings: [("NumbersToCut", "4"), ("EnableAudit", "False")]
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .into(),
                remarks: vec!["a remark\nin \u{1b}[31mtwo lines".to_owned()],
                ..Evidence::default()
            }),
        }
    }

    #[track_caller]
    fn check(decision: ExplainedDecision, lines: &[&str]) -> String {
        let call = CallId::new("call-7").unwrap();
        let history = CallHistory { call, decisions: vec![decision] };
        let text = of_call(&TenantName::new("contoso"), &history);
        for line in lines {
            assert!(text.lines().any(|found| found.trim_end() == *line), "no {line:?} in:\n{text}");
        }
        text
    }

    #[test]
    fn all_that_a_decision_rests_on_is_shown() {
        check(
            ambiguous(),
            &[
                "Call call-7 of contoso",
                "  incoming direct call from +358955550010 at 2026-03-01 11:55:00 UTC",
                "  2026-03-01 12:00:00 UTC  Deferred (Ambiguous)",
                "    rule        2 customers have the number",
                "    looked for  +358955550010, exactly; 955550010, contained",
                "    candidate   contact  Aino Aalto  (09) 5555 0010  exact",
                "    candidate   account  Aalto Oy    (09) 5555 0010  contained",
                "    candidate   and 1 more",
                "    settings    NumbersToCut = 4; all others at their defaults",
                "    remark      a remark in  [31mtwo lines",
                "    would help  take the number off all of them but one",
                "    or          switch on MultipleMatchesPickFirst to take the first",
            ],
        );
    }

    #[test]
    fn digits_that_were_too_few_to_look_for_are_said_to_be() {
        let tried = Tried { exact: None, contained: None, too_few: Some("4411".to_owned()) };
        let mut decision = ambiguous();
        decision.evidence.as_mut().unwrap().tried = Some(tried);
        let line = "    looked for  4411, not contained: fewer digits than MinimumMatchDigits";
        check(decision, &[line]);
    }

    #[test]
    fn of_a_call_that_is_not_work_nothing_is_shown_but_that() {
        let private = ExplainedDecision {
            outcome: "Skipped",
            reason: "NotWork".to_owned(),
            evidence: None,
            ..ambiguous()
        };
        let kept = "    kept        nothing else may be kept of a call that is not work";
        let text = check(private, &[kept]);
        assert!(!text.contains("settings"), "{text}");
    }

    #[test]
    fn attempts_say_whether_another_follows() {
        let failed = |next_attempt| ExplainedDecision {
            outcome: "Failed",
            attempts: Some(8),
            next_attempt,
            ..ambiguous()
        };
        check(failed(None), &["    attempts    8, none to come"]);
        check(failed(Some(at())), &["    attempts    8, the next at 2026-03-01 12:00:00 UTC"]);
    }
}
