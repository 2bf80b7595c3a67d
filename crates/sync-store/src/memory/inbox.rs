//! The inbox in memory.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::instant::whole_micros;
use crate::{CustomerNumber, EventKey, EventState, InboxDepth, InboxEvent, NewEvent, PutOff};

/// The events of one tenant.
#[derive(Default)]
pub(super) struct Inbox {
    /// Events so far: gives each its place.
    places: u64,
    /// What is not done, as it came.
    open: BTreeMap<u64, Open>,
    known: BTreeMap<EventKey, Standing>,
}

/// Where a known event is.
enum Standing {
    /// Among the open ones, at this place.
    Open(u64),
    /// Done, at this moment.
    Done(DateTime<Utc>),
}

/// An event that is not done.
struct Open {
    event: InboxEvent,
    /// When it is, or was, due; a claim leaves it, so that the event can be given back.
    due_at: Option<DateTime<Utc>>,
    digits: Option<String>,
}

impl Open {
    /// Whether it may be claimed.
    fn is_available(&self, now: DateTime<Utc>) -> bool {
        match self.event.state {
            EventState::Waiting { due_at } => due_at <= now,
            EventState::Claimed { until, .. } => until <= now,
            EventState::DeadLetter => false,
        }
    }

    fn is_dead_letter(&self) -> bool {
        self.event.state == EventState::DeadLetter
    }

    /// Lets it wait, or gives it up.
    fn put_back(&mut self, due_at: Option<DateTime<Utc>>) {
        self.due_at = due_at;
        self.event.state =
            due_at.map_or(EventState::DeadLetter, |due_at| EventState::Waiting { due_at });
    }

    fn holder(&self) -> Option<&str> {
        match &self.event.state {
            EventState::Claimed { holder, .. } => Some(holder),
            _ => None,
        }
    }
}

impl Inbox {
    /// False if it is known.
    pub(super) fn take_in(&mut self, now: DateTime<Utc>, event: &NewEvent) -> bool {
        if self.known.contains_key(&event.key) {
            return false;
        }
        self.places += 1;
        self.known.insert(event.key.clone(), Standing::Open(self.places));
        let due_at = whole_micros(event.due_at);
        let open = Open {
            event: InboxEvent {
                key: event.key.clone(),
                source: event.source,
                received_at: whole_micros(now),
                attempts: 0,
                problem: None,
                state: EventState::Waiting { due_at },
                body: event.body.clone(),
            },
            due_at: Some(due_at),
            digits: event.number.as_ref().and_then(CustomerNumber::digits),
        };
        self.open.insert(self.places, open);
        true
    }

    pub(super) fn knows(&self, key: &EventKey) -> bool {
        self.known.contains_key(key)
    }

    pub(super) fn has_work(&self, now: DateTime<Utc>) -> bool {
        self.open.values().any(|open| open.is_available(now))
    }

    pub(super) fn claim(
        &mut self,
        holder: &str,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: usize,
    ) -> Vec<InboxEvent> {
        let available = self.open.values_mut().filter(|open| open.is_available(now));
        let claimed = available.take(limit).map(|open| {
            open.event.attempts += 1;
            open.event.state = EventState::Claimed { holder: holder.to_owned(), until };
            open.event.clone()
        });
        claimed.collect()
    }

    pub(super) fn renew(&mut self, holder: &str, until: DateTime<Utc>) -> u64 {
        self.claims(holder)
            .map(|open| {
                open.event.state = EventState::Claimed { holder: holder.to_owned(), until };
            })
            .count() as u64
    }

    pub(super) fn release(&mut self, holder: &str) -> u64 {
        self.claims(holder).map(|open| open.put_back(open.due_at)).count() as u64
    }

    fn claims(&mut self, holder: &str) -> impl Iterator<Item = &mut Open> {
        self.open.values_mut().filter(move |open| open.holder() == Some(holder))
    }

    pub(super) fn holders(&self) -> Vec<String> {
        let holders: BTreeSet<&str> = self.open.values().filter_map(Open::holder).collect();
        holders.into_iter().map(str::to_owned).collect()
    }

    pub(super) fn put_off(&mut self, holder: &str, event: &PutOff) {
        let Some(open) = self.open_mut(&event.key).filter(|open| open.holder() == Some(holder))
        else {
            return;
        };
        open.put_back(event.due_at.map(whole_micros));
        open.event.attempts = event.attempts;
        if event.problem.is_some() {
            open.event.problem.clone_from(&event.problem);
        }
    }

    fn open_mut(&mut self, key: &EventKey) -> Option<&mut Open> {
        match self.known.get(key)? {
            Standing::Open(place) => self.open.get_mut(place),
            Standing::Done(_) => None,
        }
    }

    /// Marks an event as done; false if there is none that is not done.
    pub(super) fn finish(&mut self, key: &EventKey, now: DateTime<Utc>) -> bool {
        let Some(standing) = self.known.get_mut(key) else { return false };
        let Standing::Open(place) = *standing else { return false };
        *standing = Standing::Done(whole_micros(now));
        self.open.remove(&place).is_some()
    }

    pub(super) fn list(&self, limit: usize) -> Vec<InboxEvent> {
        self.open.values().take(limit).map(|open| open.event.clone()).collect()
    }

    pub(super) fn depth(&self) -> InboxDepth {
        let mut open = self.open.values().filter(|open| !open.is_dead_letter());
        let oldest = open.next();
        let count = oldest.iter().count() + open.count();
        InboxDepth {
            open: count as u64,
            dead_letters: (self.open.len() - count) as u64,
            oldest_received_at: oldest.map(|open| open.event.received_at),
        }
    }

    pub(super) fn replay(&mut self, key: Option<&EventKey>, now: DateTime<Utc>) -> usize {
        let dead = self.open.values_mut().filter(|open| open.is_dead_letter());
        let wanted = dead.filter(|open| key.is_none_or(|key| open.event.key == *key));
        wanted
            .map(|open| {
                open.put_back(Some(whole_micros(now)));
                open.event.attempts = 0;
            })
            .count()
    }

    /// Forgets events that were done before a moment; how many.
    pub(super) fn purge(&mut self, oldest: DateTime<Utc>) -> u64 {
        let before = self.known.len();
        self.known.retain(|_, standing| match standing {
            Standing::Open(_) => true,
            Standing::Done(done_at) => *done_at >= oldest,
        });
        (before - self.known.len()) as u64
    }

    /// Forgets events that are not done and have a number of these digits; how many.
    pub(super) fn erase(&mut self, digits: &str) -> u64 {
        let before = self.open.len();
        self.open.retain(|_, open| {
            let goes = open.digits.as_deref() == Some(digits);
            if goes {
                self.known.remove(&open.event.key);
            }
            !goes
        });
        (before - self.open.len()) as u64
    }
}
