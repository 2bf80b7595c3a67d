//! Callback requests that are dealt with, in memory.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use voice_model::CallbackItemId;

use crate::instant::whole_micros;
use crate::{CallbackRecord, Close, Dealt};

/// The callbacks of one tenant, with when each was recorded.
#[derive(Default)]
pub(super) struct Callbacks(BTreeMap<CallbackItemId, (DateTime<Utc>, CallbackRecord)>);

impl Callbacks {
    pub(super) fn record(&mut self, now: DateTime<Utc>, callback: &CallbackRecord) {
        let close = whole_close(callback.dealt.close);
        let callback =
            CallbackRecord { dealt: Dealt { close, ..callback.dealt }, ..callback.clone() };
        self.0.insert(callback.item.clone(), (whole_micros(now), callback));
    }

    pub(super) fn get(&self, item: &CallbackItemId) -> Option<Dealt> {
        self.0.get(item).map(|(_, callback)| callback.dealt)
    }

    pub(super) fn to_close(&self, now: DateTime<Utc>, limit: usize) -> Vec<CallbackRecord> {
        let due = self.0.values().filter_map(|(_, callback)| match callback.dealt.close {
            Close::Due { at, .. } if at <= now => Some((at, callback)),
            _ => None,
        });
        let mut due: Vec<_> = due.collect();
        due.sort_by_key(|(at, _)| *at);
        due.into_iter().take(limit).map(|(_, callback)| callback.clone()).collect()
    }

    pub(super) fn record_close(&mut self, item: &CallbackItemId, close: Close) {
        if let Some((_, callback)) = self.0.get_mut(item) {
            callback.dealt.close = whole_close(close);
        }
    }

    /// Forgets callbacks that were recorded before a moment and are not to be closed; how many.
    pub(super) fn purge(&mut self, oldest: DateTime<Utc>) -> u64 {
        let before = self.0.len();
        self.0.retain(|_, (recorded_at, callback)| {
            *recorded_at >= oldest || matches!(callback.dealt.close, Close::Due { .. })
        });
        (before - self.0.len()) as u64
    }
}

/// As it is read back.
fn whole_close(close: Close) -> Close {
    match close {
        Close::Due { at, attempts } => Close::Due { at: whole_micros(at), attempts },
        other => other,
    }
}
