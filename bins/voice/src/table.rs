//! Decisions for people: a table, a line, totals.

use std::collections::BTreeMap;

use call_sync::{CallKind, Decision, Outcome, PassReport};
use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use enreach_client::Direction;

const COLUMNS: [&str; 7] = ["time", "call", "number", "customer", "owner", "decision", "reason"];

/// The longest reason that is shown whole.
const REASON_CHARS: usize = 60;

/// How the start of a call is written: within minutes, and within days.
const TIME: &str = "%H:%M:%S";
const DATE_AND_TIME: &str = "%Y-%m-%d %H:%M:%S";

/// Decisions on calls of the last minutes, a row each.
pub(crate) fn of_decisions(decisions: &[Decision]) -> Table {
    table(decisions, TIME)
}

/// Decisions on calls of any time, a row each.
pub(crate) fn of_past_decisions(decisions: &[Decision]) -> Table {
    table(decisions, DATE_AND_TIME)
}

fn table(decisions: &[Decision], time: &str) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header(COLUMNS);
    table.add_rows(decisions.iter().map(|decision| cells(decision, time)));
    table
}

/// One decision in one line.
pub(crate) fn line(decision: &Decision) -> String {
    let [time, call, number, customer, owner, outcome, reason] = cells(decision, TIME);
    format!("{time}  {call:<16} {number:<15} {customer:<28} {owner:<20} {outcome:<13} {reason}")
}

fn cells(decision: &Decision, time: &str) -> [String; 7] {
    let evidence = &decision.evidence;
    let time = evidence.start.map(|start| start.format(time).to_string());
    [
        time.unwrap_or_default(),
        call(decision),
        evidence.number.clone().unwrap_or_default(),
        customer(decision),
        evidence.owner.clone().unwrap_or_default(),
        decision.outcome.name().to_owned(),
        reason(decision),
    ]
}

fn call(decision: &Decision) -> String {
    let direction = match decision.evidence.direction {
        Some(Direction::Incoming) => "in",
        Some(Direction::Outgoing) => "out",
        None => return String::new(),
    };
    let kind = match decision.evidence.kind {
        Some(CallKind::Service) => "service",
        _ => "direct",
    };
    format!("{direction} {kind}")
}

fn customer(decision: &Decision) -> String {
    let evidence = &decision.evidence;
    match (&evidence.customer, evidence.candidates.len()) {
        (Some(name), _) => name.clone(),
        (None, 0) => String::new(),
        (None, several) => format!("({several} customers)"),
    }
}

fn reason(decision: &Decision) -> String {
    let mut reason = match &decision.outcome {
        Outcome::Failed(failure) => format!("{}: {}", failure.class, failure.message),
        outcome => outcome.reason().to_owned(),
    };
    for remark in &decision.evidence.remarks {
        reason.push_str("; ");
        reason.push_str(remark);
    }
    shorten(reason)
}

/// So much of a text as fits beside the other columns.
fn shorten(text: String) -> String {
    match text.char_indices().nth(REASON_CHARS) {
        None => text,
        Some((cut, _)) => format!("{}…", &text[..cut]),
    }
}

/// Counts by decision and reason, requests and time.
pub(crate) fn totals(report: &PassReport) -> String {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for decision in &report.decisions {
        *counts.entry((decision.outcome.name(), decision.outcome.reason())).or_default() += 1;
    }
    let counts: Vec<_> = counts
        .iter()
        .map(|((name, reason), count)| format!("  {count:>4}  {name} ({reason})"))
        .collect();
    format!(
        "{} Enreach rows are {} calls:\n{}\n\n{} requests to Enreach, {} to Dynamics 365, {} ms.",
        report.rows,
        report.decisions.len() + report.unreadable.len(),
        counts.join("\n"),
        report.enreach_requests,
        report.dataverse_requests,
        report.elapsed.as_millis(),
    )
}
