//! Which rows of Enreach a pass gets to see (design §3, Window and Fetch).

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use serde_json::Value;

use super::json::{instant, list, text};
use super::settings::Settings;

/// All rows of one call that a pass knows.
#[derive(Debug, Default)]
pub(crate) struct RowsOfCall<'a> {
    /// Of `/servicecall`.
    pub(crate) service: Vec<&'a Value>,
    /// Of `/calls`.
    pub(crate) user: Vec<&'a Value>,
}

/// A window of time and what it is compared with.
#[derive(Debug)]
pub(crate) struct Window {
    start: DateTime<Utc>,
    end: DateTime<Utc>,
    pub(crate) by_start_time: bool,
    /// Whether `/calls` is asked.
    pub(crate) asks_for_calls: bool,
    /// Whether `/servicecall` is asked.
    asks_for_service_calls: bool,
}

impl Window {
    /// The window of a first pass, which knows of no earlier one.
    pub(super) fn of(settings: &Settings, now: DateTime<Utc>) -> Self {
        let back = if settings.run_in_debug_mode {
            Duration::days(45)
        } else {
            Duration::minutes(settings.execution_interval)
        };
        Self {
            start: now - back,
            end: now,
            by_start_time: settings.run_in_debug_mode || settings.by_start_time,
            asks_for_calls: settings.process_direct_calls,
            asks_for_service_calls: settings.process_service_calls
                || settings.process_service_calls_unanswered,
        }
    }

    fn holds(&self, row: &Value) -> bool {
        let at = if self.by_start_time { started(row) } else { modified(row) };
        (self.start..=self.end).contains(&at)
    }

    /// Whether a pass sees some rows of a call, and the window hides others.
    pub(crate) fn tears(&self, rows: &RowsOfCall<'_>) -> bool {
        let user = rows.user.iter().filter(|_| self.asks_for_calls);
        let service = rows.service.iter().filter(|_| self.asks_for_service_calls);
        let (seen, hidden): (Vec<&Value>, Vec<&Value>) =
            user.chain(service).partition(|row| self.holds(row));
        !seen.is_empty() && !hidden.is_empty()
    }
}

/// When a row began.
pub(super) fn started(row: &Value) -> DateTime<Utc> {
    instant(row, "StartTime").or_else(|| instant(row, "TimeStamp")).unwrap()
}

fn modified(row: &Value) -> DateTime<Utc> {
    instant(row, "Modified").unwrap()
}

/// The rows of each call in the window, by lower-case CallId. A call of which the window shows one
/// row in `/calls` is known with all its rows there.
pub(super) fn seen<'a>(world: &'a Value, window: &Window) -> BTreeMap<String, RowsOfCall<'a>> {
    let mut calls: BTreeMap<String, RowsOfCall<'a>> = BTreeMap::new();
    let there = |row: &&Value| modified(row) <= window.end && !text(row, "CallId").is_empty();
    if window.asks_for_service_calls {
        let rows = list(&world["enreach"]["servicecalls"]).iter().filter(there);
        for row in rows.filter(|row| window.holds(row)) {
            calls.entry(call_id(row)).or_default().service.push(row);
        }
    }
    if window.asks_for_calls {
        let rows: Vec<_> = list(&world["enreach"]["calls"]).iter().filter(there).collect();
        for row in rows.iter().filter(|row| window.holds(row)) {
            calls.entry(call_id(row)).or_default();
        }
        for row in rows {
            if let Some(call) = calls.get_mut(&call_id(row)) {
                call.user.push(row);
            }
        }
    }
    calls
}

/// How many rows in the window name no call.
pub(super) fn nameless(world: &Value, window: &Window) -> usize {
    let rows = list(&world["enreach"]["calls"]).iter().filter(|_| window.asks_for_calls);
    let there = rows.filter(|row| modified(row) <= window.end && window.holds(row));
    there.filter(|row| text(row, "CallId").is_empty()).count()
}

pub(super) fn call_id(row: &Value) -> String {
    text(row, "CallId").to_lowercase()
}
