//! Planted faults: which requests go wrong, and how (design, section 9).
//!
//! Rules are tried in the order in which they were added; the first that matches and has got past
//! its `skip` applies, and uses up one of its `count`.

mod answer;
mod rule;

use std::sync::{Mutex, MutexGuard, PoisonError};

use http::Method;
use serde_json::{Value, json};

pub(crate) use answer::error_answer;
pub use rule::FaultError;
pub(crate) use rule::{Kind, Rule};

use crate::server::System;

/// The rules in force, with what is left of each.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Vec<Armed>>);

#[derive(Debug)]
struct Armed {
    rule: Rule,
    to_skip: u64,
    remaining: u64,
}

/// A request, or an operation inside a batch, as the rules see it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    /// The simulator that it is for.
    pub(crate) system: System,
    /// Its method.
    pub(crate) method: &'a Method,
    /// Its path and query as received.
    pub(crate) path: &'a str,
    /// Whether it is inside a batch.
    pub(crate) inner: bool,
}

impl Faults {
    /// Adds rules from JSON: an array of them, or one alone. All or none are added.
    pub(crate) fn add(&self, rules: &Value) -> Result<usize, FaultError> {
        let rules = Rule::read_all(rules)?;
        let count = rules.len();
        self.lock().extend(rules.into_iter().map(|rule| Armed {
            to_skip: rule.skip,
            remaining: rule.count,
            rule,
        }));
        Ok(count)
    }

    /// Forgets all rules.
    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    /// The rules with what remains of them, used-up ones included.
    pub(crate) fn list(&self) -> Vec<Value> {
        self.lock()
            .iter()
            .map(|armed| {
                let mut row = json!(armed.rule);
                row["remaining"] = armed.remaining.into();
                row["remaining_skip"] = armed.to_skip.into();
                row
            })
            .collect()
    }

    /// The rule that applies to a request, with its count lowered.
    pub(crate) fn take(&self, target: Target<'_>) -> Option<Rule> {
        for armed in self.lock().iter_mut() {
            if armed.remaining == 0 || !armed.rule.matches(target) {
                continue;
            }
            if armed.to_skip > 0 {
                armed.to_skip -= 1;
                continue;
            }
            armed.remaining -= 1;
            return Some(armed.rule.clone());
        }
        None
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Armed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(rules: &Value) -> Faults {
        let faults = Faults::default();
        faults.add(rules).unwrap();
        faults
    }

    fn status(faults: &Faults, method: &Method, path: &str) -> Option<u16> {
        let target = Target { system: System::Dataverse, method, path, inner: false };
        faults.take(target).and_then(|rule| rule.status)
    }

    #[test]
    fn a_rule_skips_then_counts_then_is_used_up() {
        let faults = faults(&json!([{"kind": "status", "status": 503, "skip": 2, "count": 2}]));
        let seen: Vec<_> = (0..6).map(|_| status(&faults, &Method::GET, "/x")).collect();
        assert_eq!(seen, [None, None, Some(503), Some(503), None, None]);
    }

    #[test]
    fn count_is_one_when_absent() {
        let faults = faults(&json!([{"kind": "status", "status": 503}]));
        assert_eq!(status(&faults, &Method::GET, "/x"), Some(503));
        assert_eq!(status(&faults, &Method::GET, "/x"), None);
    }

    #[test]
    fn the_first_rule_that_applies_wins_and_others_keep_their_count() {
        let faults = faults(&json!([
            {"kind": "status", "status": 429, "method": "post"},
            {"kind": "status", "status": 503},
        ]));
        assert_eq!(status(&faults, &Method::POST, "/x"), Some(429));
        assert_eq!(status(&faults, &Method::POST, "/x"), Some(503));
    }

    #[test]
    fn the_list_tells_what_remains() {
        let faults = faults(&json!({"kind": "reset", "skip": 1, "count": 3}));
        status(&faults, &Method::GET, "/x");
        status(&faults, &Method::GET, "/x");
        let list = faults.list();
        assert_eq!(list[0]["remaining"], 2);
        assert_eq!(list[0]["remaining_skip"], 0);
        assert_eq!(list[0]["kind"], "reset");
    }

    #[test]
    fn one_bad_rule_refuses_them_all() {
        let faults = Faults::default();
        assert!(faults.add(&json!([{"kind": "reset"}, {"kind": "rest"}])).is_err());
        assert!(faults.list().is_empty());
    }
}
