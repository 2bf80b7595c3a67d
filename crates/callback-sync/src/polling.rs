//! Asking Enreach for the requests on a list.
//!
//! Requests are asked for that came since the earlier of *now − age* and five minutes before the last
//! good poll, so that an outage longer than the age loses nothing.

use std::sync::Arc;

use call_matching::NumberReader;
use chrono::{DateTime, Duration, Utc};
use enreach_client::{CallbackItem, CallbackState, EnreachApi};
use sync_store::{EventKey, EventSource, JobName};
use voice_model::{CallbackListId, ErrorClass};

use crate::ledger::{Ledger, event_of_item, key_of_item};
use crate::profile::CallbackProfile;
use crate::report::Handled;
use crate::request::{Outcome, Request};
use crate::{PassReport, Result};

/// How much of the time before the last good poll is asked for once more.
const OVERLAP: Duration = Duration::minutes(5);
/// How old the cursor in the store may be while nothing happens, so that an idle poll waits for no
/// disk.
const CURSOR_LAG: Duration = Duration::minutes(3);
/// How far a poll looks back after the clock was ahead, nobody knows for how long.
const AHEAD_FOR: Duration = Duration::days(1);
/// When a reserved request that polling has found is looked at.
const RESERVED_PAUSE: Duration = Duration::minutes(1);

/// Up to where a list was polled.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PollCursor {
    at: DateTime<Utc>,
    saved: DateTime<Utc>,
}

/// What a poll of a list is made of.
#[derive(Clone, Copy)]
pub(crate) struct Poll<'a> {
    pub(crate) enreach: &'a dyn EnreachApi,
    pub(crate) ledger: Ledger<'a>,
    pub(crate) reader: &'a NumberReader,
    pub(crate) profile: &'a Arc<CallbackProfile>,
}

/// What a poll found.
#[derive(Debug, Default)]
pub(crate) struct Polled {
    /// Requests that are to be dealt with.
    pub(crate) requests: Vec<Request>,
    /// Whether there was anything at all.
    pub(crate) is_idle: bool,
}

impl Poll<'_> {
    /// Up to where the list was polled, read from the store the first time. A list that is polled
    /// for the first time begins its age ago, which is kept at once: should that poll fail, the next
    /// one looks back as far.
    pub(crate) async fn cursor(&self) -> Result<PollCursor> {
        let Ledger { store, tenant, now, .. } = self.ledger;
        let job = job(&self.profile.list);
        let at = match store.cursor(tenant, &job).await? {
            // The clock was ahead, and what came meanwhile was older than what was asked for.
            Some(at) if at > now => {
                let since = now - AHEAD_FOR;
                store.reset_cursor(tenant, &job, Some(since)).await?;
                since
            }
            Some(at) => at,
            None => store.advance_cursor(tenant, &job, now - self.profile.age + OVERLAP).await?,
        };
        Ok(PollCursor { at, saved: at })
    }

    /// Asks for the list.
    pub(crate) async fn ask(
        &self,
        cursor: PollCursor,
    ) -> enreach_client::Result<enreach_client::Rows<CallbackItem>> {
        let by_age = self.ledger.now - self.profile.age;
        let created_after = by_age.min(cursor.at - OVERLAP);
        let states = [CallbackState::Open, CallbackState::Reserved];
        self.enreach.callback_items(&self.profile.list, created_after, &states).await
    }

    /// Sorts out what is to be dealt with: not what was dealt with before, and not what waits in the
    /// inbox. Reserved requests are put there.
    pub(crate) async fn sort(
        &self,
        items: Vec<CallbackItem>,
        report: &mut PassReport,
    ) -> Result<Polled> {
        report.polled += items.len();
        if items.is_empty() {
            return Ok(Polled { is_idle: true, ..Polled::default() });
        }
        let Ledger { store, tenant, now, .. } = self.ledger;
        let ids: Vec<_> = items.iter().map(|item| item.id.clone()).collect();
        let dealt = store.callbacks(tenant, &ids).await?;
        let keys: Vec<EventKey> = ids.iter().map(key_of_item).collect();
        let waiting = store.known_events(tenant, &keys).await?;
        let (mut polled, mut remember) = (Polled::default(), Vec::new());
        for item in items {
            let list = self.profile.list.clone();
            let outcome = if dealt.contains_key(&item.id) {
                Outcome::AlreadyDone
            } else if waiting.contains(&key_of_item(&item.id)) {
                continue;
            } else {
                match item.state {
                    CallbackState::Open | CallbackState::Unknown => {
                        polled.requests.push(Request {
                            number: self.reader.from_enreach(item.number.as_deref()),
                            item,
                            list,
                            profile: Arc::clone(self.profile),
                            events: Vec::new(),
                            put_backs: 0,
                        });
                        continue;
                    }
                    CallbackState::Reserved => {
                        let due_at = now + RESERVED_PAUSE;
                        remember.push(event_of_item(tenant, &item.id, &list, due_at));
                        Outcome::Waiting
                    }
                    // Not asked for; whoever closed it has seen to it.
                    CallbackState::Closed | CallbackState::Expired => continue,
                }
            };
            let source = EventSource::Polling;
            report.handled.push(Handled { item: item.id, list: Some(list), source, outcome });
        }
        self.ledger.remember(&remember).await?;
        polled.is_idle = polled.requests.is_empty() && remember.is_empty();
        Ok(polled)
    }

    /// Moves the cursor, after everything that the poll found is kept.
    pub(crate) async fn done(&self, cursor: PollCursor, is_idle: bool) -> Result<PollCursor> {
        let Ledger { store, tenant, now, .. } = self.ledger;
        if is_idle && (Duration::zero()..CURSOR_LAG).contains(&(now - cursor.saved)) {
            return Ok(PollCursor { at: cursor.at.max(now), ..cursor });
        }
        let saved = store.advance_cursor(tenant, &job(&self.profile.list), now).await?;
        Ok(PollCursor { at: saved, saved })
    }
}

impl PollCursor {
    /// Whether it lies in a future that only a wrong clock has seen.
    pub(crate) fn is_ahead_of(self, now: DateTime<Utc>) -> bool {
        self.at > now
    }
}

/// Whether an answer means that the list is not there.
pub(crate) fn is_list_gone(error: &enreach_client::Error) -> bool {
    error.class() == ErrorClass::NotFound
}

fn job(list: &CallbackListId) -> JobName {
    JobName::new(format!("callback-poll|{list}"))
}
