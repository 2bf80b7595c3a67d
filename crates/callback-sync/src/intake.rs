//! What the inbox holds: events are claimed, read as hints, and their items fetched from Enreach.

use std::collections::BTreeMap;
use std::sync::Arc;

use call_matching::NumberReader;
use chrono::{DateTime, Duration, Utc};
use enreach_client::{CallbackHint, CallbackItem, CallbackState, EnreachApi, callback_hint};
use futures::stream::{self, StreamExt};
use settings::Finding;
use sync_store::{
    CallbackOutcome, CallbackRecord, Close, DoneEvent, EventSource, InboxEvent, PutOff,
};
use voice_model::{CallbackItemId, CallbackListId, ErrorClass, error_chain};

use crate::claims::Claimed;
use crate::ledger::{self, Ledger, UNTRIED_PAUSE};
use crate::profile::CallbackProfile;
use crate::profiles::Profiles;
use crate::report::Handled;
use crate::request::{Failure, Outcome, Request};
use crate::{PassReport, Result};

/// Requests to Enreach under way at once.
const AT_ONCE: usize = 16;
/// How long an event of a list without profile waits for the profiles to be read again.
pub(crate) const PROFILE_PAUSE: Duration = Duration::seconds(15);
/// How long a reserved request is left alone: half of the time since its event came, within these.
const SHORTEST_WAIT: Duration = Duration::seconds(30);
const LONGEST_WAIT: Duration = Duration::minutes(15);

/// An event of the inbox with what it hints at.
struct Event {
    claimed: Claimed,
    received_at: DateTime<Utc>,
    hint: CallbackHint,
}

/// What became of claimed events so far.
#[derive(Debug, Default)]
pub(crate) struct Intake {
    /// Requests that are to be dealt with.
    pub(crate) requests: Vec<Request>,
    /// Lists that have to be asked for, because an event named no item.
    pub(crate) lists: BTreeMap<CallbackListId, Vec<Claimed>>,
}

/// What events are read with.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(crate) enreach: &'a dyn EnreachApi,
    pub(crate) ledger: Ledger<'a>,
    pub(crate) profiles: &'a Profiles,
    /// When the profiles were read.
    pub(crate) profiles_read_at: DateTime<Utc>,
    pub(crate) reader: &'a NumberReader,
}

/// Whether an event names a list that had no profile when the profiles were last read, which was
/// before it came.
pub(crate) fn wants_newer_profiles(
    events: &[InboxEvent],
    profiles: &Profiles,
    read_at: DateTime<Utc>,
) -> bool {
    events.iter().any(|event| {
        let hint = callback_hint(event.body.as_bytes()).unwrap_or_default();
        event.received_at >= read_at && hint.list.is_some_and(|list| profiles.of(&list).is_none())
    })
}

/// Works out what events ask for. Events that ask for nothing are settled at once.
pub(crate) async fn take(
    reading: Reading<'_>,
    events: Vec<InboxEvent>,
    report: &mut PassReport,
) -> Result<Intake> {
    report.events += events.len();
    let mut settled = Settled::default();
    let (mut of_items, mut intake) = (BTreeMap::<_, Vec<Event>>::new(), Intake::default());
    for event in events {
        let hint = callback_hint(event.body.as_bytes()).unwrap_or_default();
        let InboxEvent { key, source, attempts, received_at, .. } = event;
        let event = Event { claimed: Claimed { key, source, attempts }, received_at, hint };
        match (&event.hint.item, &event.hint.list) {
            (Some(item), _) => of_items.entry(item.clone()).or_default().push(event),
            (None, Some(list)) => match reading.profile_for(&event, list) {
                Ok(_) => intake.lists.entry(list.clone()).or_default().push(event.claimed),
                Err(idle) => settled.idle(reading, &event, idle, report),
            },
            (None, None) => settled.idle(reading, &event, Idle::Foreign("NoHint"), report),
        }
    }
    reading.look_up(of_items, &mut intake, &mut settled, report).await?;
    reading.ledger.record(&settled.records, &settled.done).await?;
    reading.ledger.put_off(&settled.put_off).await?;
    report.handled.extend(settled.handled);
    Ok(intake)
}

/// Why an event asks for nothing now.
#[derive(Clone, Copy)]
enum Idle {
    /// It is none of ours, for this reason.
    Foreign(&'static str),
    /// Whether it is ours is known after the profiles were read again.
    Unsure,
    /// It was ours, and its list has no profile any more.
    ProfileGone,
    /// No profile is to be seen at all.
    NoProfiles,
}

/// Events that need no more work in this pass.
#[derive(Default)]
struct Settled {
    records: Vec<CallbackRecord>,
    done: Vec<DoneEvent>,
    put_off: Vec<PutOff>,
    handled: Vec<Handled>,
}

impl Settled {
    fn idle(&mut self, reading: Reading<'_>, event: &Event, idle: Idle, report: &mut PassReport) {
        match idle {
            Idle::Foreign(outcome) => {
                report.foreign_events += 1;
                self.done.extend(ledger::done([&event.claimed], outcome));
            }
            Idle::Unsure => {
                self.put_off.push(reading.ledger.untried(&event.claimed, PROFILE_PAUSE, None));
            }
            Idle::ProfileGone => {
                let problem = "its list has no active callback profile any more";
                self.put_off.push(reading.ledger.failed(&event.claimed, problem));
            }
            Idle::NoProfiles => {
                let problem = "no active callback profile is to be seen; create one, or let the API \
                               user read those of the whole organisation";
                report.find(Finding::new("callback profiles", problem));
                self.put_off.push(reading.ledger.failed(&event.claimed, problem));
            }
        }
    }

    fn handled(&mut self, item: &CallbackItemId, events: &[Event], outcome: Outcome) {
        let list = events.iter().find_map(|event| event.hint.list.clone());
        let polled = |event: &Event| event.claimed.source == EventSource::Polling;
        let source = match events.iter().all(polled) {
            true => EventSource::Polling,
            false => EventSource::Webhook,
        };
        self.handled.push(Handled { item: item.clone(), list, source, outcome });
    }
}

impl Reading<'_> {
    /// The profile by which an event of a list is dealt with.
    fn profile_for(
        &self,
        event: &Event,
        list: &CallbackListId,
    ) -> Result<Arc<CallbackProfile>, Idle> {
        let Some(profile) = self.profiles.of(list) else {
            return Err(match event.claimed.source {
                // Polling has found it when there was a profile, which may come back.
                EventSource::Polling => Idle::ProfileGone,
                // Whoever may not read profiles sees none: that is no reason to dismiss a request.
                EventSource::Webhook if self.profiles.is_empty() => Idle::NoProfiles,
                EventSource::Webhook if event.received_at < self.profiles_read_at => {
                    Idle::Foreign("NoProfile")
                }
                EventSource::Webhook => Idle::Unsure,
            });
        };
        // What polling has left in the inbox is dealt with whatever the method is now.
        if event.claimed.source == EventSource::Webhook && !profile.method.hears() {
            return Err(Idle::Foreign("NotOnWebhook"));
        }
        Ok(Arc::clone(profile))
    }

    async fn look_up(
        &self,
        of_items: BTreeMap<CallbackItemId, Vec<Event>>,
        intake: &mut Intake,
        settled: &mut Settled,
        report: &mut PassReport,
    ) -> Result<()> {
        let items: Vec<_> = of_items.keys().cloned().collect();
        if items.is_empty() {
            return Ok(());
        }
        let Ledger { store, tenant, .. } = self.ledger;
        let dealt = store.callbacks(tenant, &items).await?;
        let mut to_fetch = Vec::new();
        for (item, events) in of_items {
            if dealt.contains_key(&item) {
                let claimed = events.iter().map(|event| &event.claimed);
                settled.done.extend(ledger::done(claimed, Outcome::AlreadyDone.name()));
                settled.handled(&item, &events, Outcome::AlreadyDone);
                continue;
            }
            // A list that is none of ours need not be asked about.
            let (mut ours, mut idle) = (Vec::new(), Vec::new());
            for event in events {
                match event.hint.list.clone().map(|list| self.profile_for(&event, &list)) {
                    Some(Err(reason)) => idle.push((event, reason)),
                    _ => ours.push(event),
                }
            }
            for (event, reason) in idle {
                settled.idle(*self, &event, reason, report);
            }
            if !ours.is_empty() {
                to_fetch.push((item, ours));
            }
        }
        self.fetch(to_fetch, intake, settled, report).await;
        Ok(())
    }

    async fn fetch(
        &self,
        to_fetch: Vec<(CallbackItemId, Vec<Event>)>,
        intake: &mut Intake,
        settled: &mut Settled,
        report: &mut PassReport,
    ) {
        let asking: Vec<_> = to_fetch
            .into_iter()
            .map(|(item, events)| async move {
                let answer = self.enreach.callback_item(&item).await;
                (item, events, answer)
            })
            .collect();
        let answers: Vec<_> = stream::iter(asking).buffer_unordered(AT_ONCE).collect().await;
        // If Enreach answers for none, it is not the fault of any of them.
        let answered = answers.iter().any(|(_, _, answer)| answer.is_ok());
        for (id, events, answer) in answers {
            match answer {
                Ok(Some(item)) => self.fetched(item, events, intake, settled, report),
                Ok(None) => {
                    let message = "Enreach knows no such item (yet)".to_owned();
                    let class = ErrorClass::NotFound;
                    settled.failed(*self, &id, &events, Failure { class, message, tried: true });
                }
                Err(error) => {
                    let (class, message) = (error.class(), error_chain(&error));
                    let tried = is_its_fault(class, answered);
                    settled.failed(*self, &id, &events, Failure { class, message, tried });
                    if !tried {
                        report.stop(error);
                    }
                }
            }
        }
    }

    /// What an item that is there asks for.
    fn fetched(
        &self,
        item: CallbackItem,
        events: Vec<Event>,
        intake: &mut Intake,
        settled: &mut Settled,
        report: &mut PassReport,
    ) {
        let hinted = events.iter().find_map(|event| event.hint.list.clone());
        let Some(list) = item.list.clone().or(hinted) else {
            let failure = Failure {
                class: ErrorClass::Rejected,
                message: "neither the item nor its event names a callback list".to_owned(),
                tried: true,
            };
            return settled.failed(*self, &item.id, &events, failure);
        };
        let (mut ours, mut profile) = (Vec::new(), None);
        for event in events {
            match self.profile_for(&event, &list) {
                Ok(found) => {
                    profile = Some(found);
                    ours.push(event);
                }
                Err(idle) => settled.idle(*self, &event, idle, report),
            }
        }
        let Some(profile) = profile else { return };
        match item.state {
            // What the state is may be told in a word that we do not know: better once too often.
            CallbackState::Open | CallbackState::Unknown => intake.requests.push(Request {
                number: self.reader.from_enreach(item.number.as_deref()),
                item,
                list,
                profile,
                events: ours.into_iter().map(|event| event.claimed).collect(),
                put_backs: 0,
            }),
            CallbackState::Reserved => {
                for event in &ours {
                    let waited = (self.ledger.now - event.received_at) / 2;
                    let pause = waited.clamp(SHORTEST_WAIT, LONGEST_WAIT);
                    let why = Some("reserved by somebody in Enreach");
                    settled.put_off.push(self.ledger.untried(&event.claimed, pause, why));
                }
                settled.handled(&item.id, &ours, Outcome::Waiting);
            }
            CallbackState::Closed | CallbackState::Expired => {
                if item.state == CallbackState::Expired {
                    let message = "expired in Enreach before it could be synchronized; nobody in \
                                   Dynamics knows of it";
                    report.find(Finding::new(format!("callback {}", item.id), message));
                }
                let outcome = CallbackOutcome::ClosedElsewhere;
                settled.records.push(ledger::record(&item.id, &list, outcome, Close::NotNeeded));
                let claimed = ours.iter().map(|event| &event.claimed);
                settled.done.extend(ledger::done(claimed, Outcome::ClosedElsewhere.name()));
                settled.handled(&item.id, &ours, Outcome::ClosedElsewhere);
            }
        }
    }
}

impl Settled {
    fn failed(
        &mut self,
        reading: Reading<'_>,
        item: &CallbackItemId,
        events: &[Event],
        failure: Failure,
    ) {
        let why = failure.message.as_str();
        self.put_off.extend(events.iter().map(|event| match failure.tried {
            true => reading.ledger.failed(&event.claimed, why),
            false => reading.ledger.untried(&event.claimed, UNTRIED_PAUSE, Some(why)),
        }));
        self.handled(item, events, Outcome::Failed(failure));
    }
}

/// Whether what Enreach did not answer is likely to be the reason itself: it answered others, and did
/// not ask us to wait.
pub(crate) fn is_its_fault(class: ErrorClass, answered_others: bool) -> bool {
    let throttled = matches!(class, ErrorClass::Throttled { .. });
    class.is_about_content() || (answered_others && !throttled)
}
