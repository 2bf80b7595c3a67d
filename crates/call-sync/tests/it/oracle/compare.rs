//! Where a pass differs from the oracle: decision by decision, row by row.

mod rows;

use std::collections::{BTreeMap, BTreeSet};

use call_sync::{Outcome, PassReport};
use serde_json::Value;

use super::verdict::{Judged, Verdict};

/// All phone call rows by key.
pub(crate) type Rows = BTreeMap<String, Value>;

/// A call, and what about it is not as expected.
#[derive(Debug)]
pub(crate) struct Difference {
    pub(crate) call: String,
    pub(crate) what: String,
}

/// Compares a first pass with the oracle.
pub(crate) fn first_pass(
    verdicts: &BTreeMap<String, Judged>,
    unreadable: usize,
    report: &PassReport,
    before: &Rows,
    after: &Rows,
) -> Vec<Difference> {
    let mut differences = decisions(verdicts, unreadable, report, false);
    let mut touched = BTreeSet::new();
    for (call, judged) in verdicts {
        let found = match &judged.verdict {
            Verdict::Logged(expected) => {
                touched.insert(expected.id.clone());
                rows::created(expected, after.get(&expected.id))
            }
            Verdict::Adopted(adoption) => {
                touched.insert(adoption.row.clone());
                rows::adopted(adoption, &before[&adoption.row], after.get(&adoption.row))
            }
            _ => Vec::new(),
        };
        let told = found.into_iter().map(|what| Difference { call: call.clone(), what });
        differences.extend(told);
    }
    differences.extend(untouched(before, after, &touched));
    differences
}

/// Compares a second pass, in which nothing is left to do.
pub(crate) fn second_pass(
    verdicts: &BTreeMap<String, Judged>,
    unreadable: usize,
    report: &PassReport,
    before: &Rows,
    after: &Rows,
) -> Vec<Difference> {
    let mut differences = decisions(verdicts, unreadable, report, true);
    differences.extend(untouched(before, after, &BTreeSet::new()));
    differences
}

fn decisions(
    verdicts: &BTreeMap<String, Judged>,
    unreadable: usize,
    report: &PassReport,
    again: bool,
) -> Vec<Difference> {
    let mut differences = Vec::new();
    let mut differ = |call: &str, what: String| {
        differences.push(Difference { call: call.to_owned(), what });
    };
    if let Some(error) = &report.error {
        differ("", format!("the pass stopped: {}", error.chain()));
    }
    let mut decided = BTreeSet::new();
    for decision in &report.decisions {
        let call = decision.call.to_string().to_lowercase();
        let found = words(&decision.outcome);
        if !decided.insert(call.clone()) {
            differ(&call, "decided twice".to_owned());
        }
        let Some(judged) = verdicts.get(&call) else {
            differ(&call, format!("decided {found:?}; the oracle does not see it"));
            continue;
        };
        let expected = judged.verdict.words();
        let done = ["Logged", "AlreadyLogged"].contains(&expected.0);
        let same = if again && done { found.0 == "AlreadyLogged" } else { found == expected };
        if !same {
            let message = match &decision.outcome {
                Outcome::Failed(failure) => failure.message.as_str(),
                _ => "",
            };
            let evidence = &decision.evidence;
            differ(
                &call,
                format!(
                    "decided {found:?} {message}; the oracle: {expected:?}\n    by {evidence:?}"
                ),
            );
        }
    }
    if report.unreadable.len() != unreadable {
        let told = &report.unreadable;
        differ("", format!("{} rows were unreadable, not {unreadable}: {told:?}", told.len()));
    }
    for (call, judged) in verdicts {
        if !decided.contains(call) {
            differ(call, format!("not decided; the oracle: {:?}", judged.verdict.words()));
        }
    }
    differences
}

/// Outcome and reason; a failure's class is not compared.
fn words(outcome: &Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::Failed(_) => ("Failed", ""),
        _ => (outcome.name(), outcome.reason()),
    }
}

/// Rows that came, went or changed though nothing was to happen to them.
fn untouched(before: &Rows, after: &Rows, touched: &BTreeSet<String>) -> Vec<Difference> {
    let keys: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    keys.into_iter()
        .filter(|key| !touched.contains(*key) && before.get(*key) != after.get(*key))
        .map(|key| {
            let row = after.get(key).or_else(|| before.get(key)).unwrap();
            let what = match (before.get(key), after.get(key)) {
                (None, _) => format!("row {key} was added"),
                (_, None) => format!("row {key} is gone"),
                (Some(before), Some(after)) => {
                    format!("row {key} was changed: {}", rows::changes(before, after).join("; "))
                }
            };
            Difference { call: row["ev_callid"].as_str().unwrap_or_default().to_owned(), what }
        })
        .collect()
}
