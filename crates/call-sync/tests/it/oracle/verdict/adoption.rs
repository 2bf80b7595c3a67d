//! Rows that others have made for the same call (design §3, Adoption).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::json::{instant, list, text};
use super::number::typed;
use super::row::Facts;
use crate::oracle::known::CALL_ID_ALONE_MAKES_A_ROW_COUNT;

/// The phone call rows of a world before the pass.
#[derive(Debug)]
pub(super) struct Existing<'a> {
    rows: &'a [Value],
    now: DateTime<Utc>,
}

/// A row that counts as the call, and what is filled in.
#[derive(Debug)]
pub(crate) struct Adoption {
    pub(crate) row: String,
    /// Former empty columns with their values.
    pub(crate) filled: BTreeMap<String, Value>,
    /// Lines that `ev_audit` holds, if it is filled in and not checked as a whole.
    pub(crate) audited: Vec<String>,
}

impl<'a> Existing<'a> {
    pub(super) fn of(world: &'a Value, now: DateTime<Utc>) -> Self {
        Self { rows: list(&world["dataverse"]["phonecalls"]), now }
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.rows.iter().any(|row| text(row, "activityid") == id)
    }

    /// Gives every call the nearest row that counts as it. No row is given to two calls: the nearer
    /// call gets it, and the other takes its next.
    pub(super) fn assign(&self, calls: &[Facts<'_>]) -> BTreeMap<String, Adoption> {
        let mut pairs = Vec::new();
        for facts in calls {
            for row in self.rows {
                let call = &facts.conversation.call;
                let mut distance = self.distance(row, facts);
                let mut counts =
                    self.counts(row, facts) && distance <= facts.settings.call_start_margin;
                if CALL_ID_ALONE_MAKES_A_ROW_COUNT
                    && text(row, "ev_callid").eq_ignore_ascii_case(call)
                {
                    (distance, counts) = (-1, true);
                }
                if counts {
                    pairs.push((distance, call, row, facts));
                }
            }
        }
        // The design does not say which of two that are equally near.
        pairs.sort_by_key(|(distance, call, row, _)| {
            (*distance, call.as_str(), text(row, "activityid"))
        });
        let mut given: BTreeMap<String, Adoption> = BTreeMap::new();
        for (_, call, row, facts) in pairs {
            let taken = given.values().any(|adoption| adoption.row == text(row, "activityid"));
            if !taken && !given.contains_key(call) {
                given.insert(call.clone(), adoption(row, facts));
            }
        }
        given
    }

    fn counts(&self, row: &Value, facts: &Facts<'_>) -> bool {
        let call = text(row, "ev_callid");
        let number = typed(text(row, "phonenumber"), facts.region);
        facts.settings.call_start_margin > 0
            && (call.is_empty() || call.eq_ignore_ascii_case(&facts.conversation.call))
            && text(row, "ev_callbackid").is_empty()
            && row["statecode"] != 2
            && number.meanings.contains(&facts.number)
            // Outgoing is the default of Dynamics.
            && row["directioncode"].as_bool().unwrap_or(true) == facts.conversation.outgoing
    }

    fn distance(&self, row: &Value, facts: &Facts<'_>) -> i64 {
        let start = ["ev_callstart", "actualstart", "createdon"]
            .iter()
            .find_map(|column| instant(row, column))
            .unwrap_or(self.now);
        (start - facts.conversation.start).num_seconds().abs()
    }
}

/// Only what is empty is filled in.
fn adoption(row: &Value, facts: &Facts<'_>) -> Adoption {
    let mut filled = facts.own_columns();
    if row["statecode"] == 2 {
        // Counts only by its CallId, and stays as it is.
        filled.clear();
    }
    filled.retain(|column, value| row[column].is_null() && !value.is_null());
    let mut audited = Vec::new();
    if facts.settings.enable_audit && filled.remove("ev_audit").is_some() {
        audited = facts.row(String::new(), "").audited;
    }
    Adoption { row: text(row, "activityid").to_owned(), filled, audited }
}
