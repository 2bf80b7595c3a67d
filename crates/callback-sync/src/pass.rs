//! One pass for one tenant: settings and profiles, inbox and polling, Dynamics, Enreach.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Duration, Utc};
use dataverse_client::DataverseApi;
use directory::{Directory, DirectoryTable, Grounding, PhoneSystem, PhoneSystemCache};
use enreach_client::EnreachApi;
use futures::stream::{self, StreamExt};
use settings::{Finding, LoadedSettings, Names, SettingsCache};
use sync_store::{InboxEvent, Store};
use tokio::sync::Mutex;
use voice_model::{CallbackListId, Clock, TenantName, error_chain, mask_numbers};

use crate::claims::{Claimed, Claims};
use crate::closing::close_backlog;
use crate::handling::{Handling, Memory};
use crate::intake::{self, Intake, PROFILE_PAUSE, Reading, is_its_fault, wants_newer_profiles};
use crate::ledger::{self, Ledger, UNTRIED_PAUSE};
use crate::polling::{Poll, PollCursor, is_list_gone};
use crate::profile::CallbackProfile;
use crate::profiles::{ProfileCache, Profiles};
use crate::request::Request;
use crate::{PassReport, Result};

/// How often lists are polled.
const POLL_EVERY: Duration = Duration::seconds(55);
/// Lists that are asked for at once.
const LISTS_AT_ONCE: usize = 8;

/// How fresh the caches of a pass must be, and whether it polls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// Lists are polled once a minute; customers, users and queues are read again when they are older
    /// than `DirectoryRefreshSeconds`.
    Cached,
    /// Lists are polled now; the directory is read again if there is anything to deal with.
    Fresh,
}

/// Callback sync for one tenant.
///
/// Passes of one `CallbackSync` run one after the other. Between passes it keeps caches only: a new
/// one does the same work, at the price of some requests.
pub struct CallbackSync {
    parts: CallbackSyncParts,
    state: Mutex<State>,
}

/// What callback sync is made of.
pub struct CallbackSyncParts {
    /// Under which name the store keeps what belongs to this tenant.
    pub tenant: TenantName,
    /// The telephony side.
    pub enreach: Arc<dyn EnreachApi>,
    /// The CRM side.
    pub dataverse: Arc<dyn DataverseApi>,
    /// Inbox, outcomes, directory snapshot.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Logical names in this environment.
    pub names: Names,
    /// Settings that take the place of those in Dynamics.
    pub overrides: BTreeMap<String, String>,
    /// In whose name events are claimed: unlike any other holder, of this process or another.
    pub holder: String,
    /// How often an event is tried before it is a dead letter, and a refused close before it is left
    /// to a person.
    pub attempts: u32,
}

/// Caches, which may be lost at any time.
struct State {
    settings: SettingsCache,
    profiles: ProfileCache,
    phone_system: PhoneSystemCache,
    directory: Option<Directory>,
    no_queue_as_party: bool,
    polls: HashMap<CallbackListId, PollCursor>,
    polled_at: Option<DateTime<Utc>>,
}

impl CallbackSync {
    /// Puts callback sync together. Nothing is read yet.
    pub fn new(parts: CallbackSyncParts) -> Self {
        let state = State {
            settings: SettingsCache::new(parts.names.clone(), parts.overrides.clone()),
            profiles: ProfileCache::default(),
            phone_system: PhoneSystemCache::default(),
            directory: None,
            no_queue_as_party: false,
            polls: HashMap::new(),
            polled_at: None,
        };
        Self { parts, state: Mutex::new(state) }
    }

    /// One pass: closes what is left to close, works off the inbox, and polls if it is time. What
    /// stops it is in the report, together with all that was done before.
    ///
    /// Repeating a pass is harmless, whatever became of the one before.
    pub async fn pass(&self, freshness: Freshness) -> PassReport {
        let started = Instant::now();
        let (enreach, dataverse) =
            (self.parts.enreach.requests_sent(), self.parts.dataverse.requests_sent());
        let mut report = PassReport::default();
        let mut state = self.state.lock().await;
        let pass = Pass { parts: &self.parts, now: self.parts.clock.now(), freshness };
        if let Err(error) = Box::pin(pass.run(&mut state, &mut report)).await {
            report.stop(error);
        }
        if let Some(directory) = &state.directory {
            directory.findings().cloned().for_each(|finding| report.find(finding));
        }
        let depth = self.parts.store.inbox_depth(&self.parts.tenant).await;
        report.inbox = depth.unwrap_or_default();
        let stopped_since = report.error.as_ref().map(|_| state.polled_at.unwrap_or(pass.now));
        let waiting_since = report.inbox.oldest_received_at;
        report.unprocessed_since = waiting_since.into_iter().chain(stopped_since).min();
        report.enreach_requests = self.parts.enreach.requests_sent() - enreach;
        report.dataverse_requests = self.parts.dataverse.requests_sent() - dataverse;
        report.elapsed = started.elapsed();
        report
    }

    /// Has settings, profiles, users and queues read again, and lists polled, by the next pass.
    pub async fn refresh(&self) {
        let mut state = self.state.lock().await;
        state.settings.request_refresh();
        state.profiles.request_refresh();
        state.phone_system.request_refresh();
        state.polled_at = None;
        if let Some(directory) = &mut state.directory {
            directory.request_refresh();
        }
    }
}

#[derive(Clone, Copy)]
struct Pass<'a> {
    parts: &'a CallbackSyncParts,
    now: DateTime<Utc>,
    freshness: Freshness,
}

/// What a pass knows before it looks at any request.
struct Ground<'a> {
    pass: Pass<'a>,
    ledger: Ledger<'a>,
    loaded: LoadedSettings,
    phone_system: Arc<PhoneSystem>,
    profiles: Arc<Profiles>,
}

/// A list that was polled, and up to where; the cursor moves when all that was found is kept.
struct PolledList {
    profile: Arc<CallbackProfile>,
    cursor: PollCursor,
    is_idle: bool,
}

impl<'a> Pass<'a> {
    fn ledger(self) -> Ledger<'a> {
        let CallbackSyncParts { tenant, store, holder, attempts, .. } = self.parts;
        Ledger { store: store.as_ref(), tenant, holder, attempts: *attempts, now: self.now }
    }

    async fn run(self, state: &mut State, report: &mut PassReport) -> Result<()> {
        let (ledger, dataverse) = (self.ledger(), self.parts.dataverse.as_ref());
        let loaded = state.settings.current(dataverse, self.now).await?.clone();
        report.findings.extend(loaded.findings.iter().cloned());
        let lifetime = loaded.settings.settings_refresh;
        let profiles =
            state.profiles.current(dataverse, &self.parts.names, lifetime, self.now).await?;
        let enreach = self.parts.enreach.as_ref();
        let phone_system = state
            .phone_system
            .current(enreach, ledger.store, ledger.tenant, &loaded.settings, self.now)
            .await?;
        report.findings.extend(phone_system.findings.iter().cloned());
        let mut ground = Ground { pass: self, ledger, loaded, phone_system, profiles };
        let may_close = ground.loaded.settings.close_callbacks_in_enreach;
        close_backlog(enreach, ledger, may_close, report).await?;
        report.findings.extend(ground.profiles.findings.iter().cloned());
        let mut must_poll = self.must_poll(state);
        if self.freshness == Freshness::Fresh
            && let Some(directory) = &mut state.directory
        {
            directory.request_refresh();
        }
        let claims = Claims { ledger, clock: self.parts.clock.as_ref() };
        loop {
            let (events, more) = claims.take().await?;
            let claimed = Claimed::all(&events);
            if let Err(error) = ground.look_for_new_profiles(&events, state).await {
                claims.give_back(&claimed).await?;
                return Err(error);
            }
            let work = Box::pin(ground.work(events, must_poll, state, report));
            let worked = match claimed.is_empty() {
                true => work.await,
                false => claims.keep_while(work).await,
            };
            if worked.is_err() || report.error.is_some() {
                claims.give_back(&claimed).await?;
            }
            worked?;
            if !more || report.error.is_some() {
                break;
            }
            must_poll = false;
        }
        Ok(())
    }

    fn must_poll(self, state: &State) -> bool {
        let recently = |at: DateTime<Utc>| (at..at + POLL_EVERY).contains(&self.now);
        self.freshness == Freshness::Fresh || !state.polled_at.is_some_and(recently)
    }
}

impl Ground<'_> {
    /// An event of a list without profile may have come after a new profile.
    async fn look_for_new_profiles(
        &mut self,
        events: &[InboxEvent],
        state: &mut State,
    ) -> Result<()> {
        let Pass { parts, now, .. } = self.pass;
        let read_at = state.profiles.read_at().unwrap_or(now);
        let long_ago = !(read_at..read_at + PROFILE_PAUSE).contains(&now);
        if long_ago && wants_newer_profiles(events, &self.profiles, read_at) {
            state.profiles.request_refresh();
            let lifetime = self.loaded.settings.settings_refresh;
            let dataverse = parts.dataverse.as_ref();
            self.profiles = state.profiles.current(dataverse, &parts.names, lifetime, now).await?;
        }
        Ok(())
    }

    /// Deals with events and, if it is time, with what is on the lists.
    async fn work(
        &self,
        events: Vec<InboxEvent>,
        must_poll: bool,
        state: &mut State,
        report: &mut PassReport,
    ) -> Result<()> {
        let reading = Reading {
            enreach: self.pass.parts.enreach.as_ref(),
            ledger: self.ledger,
            profiles: &self.profiles,
            profiles_read_at: state.profiles.read_at().unwrap_or(self.pass.now),
            reader: &self.phone_system.reader,
        };
        let Intake { mut requests, lists } = match events.is_empty() {
            true => Intake::default(),
            false => intake::take(reading, events, report).await?,
        };
        let (polled, out_of_reach) = self.poll(&lists, must_poll, state, report).await?;
        let mut known: HashSet<_> =
            requests.iter().map(|request| request.item.id.clone()).collect();
        let mut done_lists = Vec::new();
        for (list, found) in polled {
            requests.extend(found.into_iter().filter(|it| known.insert(it.item.id.clone())));
            done_lists.push(list);
        }
        if !requests.is_empty() {
            self.deal_with(requests, state, report).await?;
        }
        self.finish_lists(done_lists, lists, &out_of_reach, state).await
    }

    /// Asks for every list whose time it is, and for those that events have named. The second value
    /// are the lists that could not be asked for, through no fault of theirs.
    async fn poll(
        &self,
        lists: &BTreeMap<CallbackListId, Vec<Claimed>>,
        must_poll: bool,
        state: &mut State,
        report: &mut PassReport,
    ) -> Result<(Vec<(PolledList, Vec<Request>)>, HashSet<CallbackListId>)> {
        let wanted = |profile: &&Arc<CallbackProfile>| {
            let is_time = must_poll && profile.method.polls();
            is_time || lists.contains_key(&profile.list)
        };
        let mut polls = Vec::new();
        for profile in self.profiles.all().into_iter().filter(wanted) {
            let poll = self.poll_of(profile);
            let known = state.polls.get(&profile.list).copied();
            let cursor = match known.filter(|cursor| !cursor.is_ahead_of(self.pass.now)) {
                Some(cursor) => cursor,
                None => poll.cursor().await?,
            };
            // Without a queue nothing can be done: what comes meanwhile is asked for when it has one.
            match profile.queue {
                Some(_) => polls.push((poll, cursor)),
                None => _ = state.polls.insert(profile.list.clone(), cursor),
            }
        }
        if must_poll {
            state.polled_at = Some(self.pass.now);
        }
        let asking: Vec<_> = polls
            .into_iter()
            .map(|(poll, cursor)| async move { (poll, cursor, poll.ask(cursor).await) })
            .collect();
        let answers: Vec<_> = stream::iter(asking).buffered(LISTS_AT_ONCE).collect().await;
        let answered = answers.iter().any(|(.., answer)| answer.is_ok());
        let (mut polled, mut out_of_reach) = (Vec::new(), HashSet::new());
        for (poll, cursor, answer) in answers {
            match answer {
                Ok(rows) => {
                    report.unreadable.extend(rows.unreadable);
                    let found = poll.sort(rows.rows, report).await?;
                    let profile = Arc::clone(poll.profile);
                    let list = PolledList { profile, cursor, is_idle: found.is_idle };
                    polled.push((list, found.requests));
                }
                Err(error) => {
                    if !is_list_gone(&error) && !is_its_fault(error.class(), answered) {
                        out_of_reach.insert(poll.profile.list.clone());
                    }
                    self.not_polled(poll.profile, error, report);
                }
            }
        }
        Ok((polled, out_of_reach))
    }

    fn poll_of<'p>(&'p self, profile: &'p Arc<CallbackProfile>) -> Poll<'p> {
        let enreach = self.pass.parts.enreach.as_ref();
        Poll { enreach, ledger: self.ledger, reader: &self.phone_system.reader, profile }
    }

    /// A list that cannot be polled leaves the others alone; its cursor stays where it is.
    fn not_polled(
        &self,
        profile: &CallbackProfile,
        error: enreach_client::Error,
        report: &mut PassReport,
    ) {
        let subject = format!("callback profile {}", profile.name);
        if is_list_gone(&error) {
            let message = format!(
                "Enreach knows no callback list {} (any more); choose another, or deactivate the                  profile",
                profile.list
            );
            report.find(Finding::new(subject, message));
            return;
        }
        let reason = mask_numbers(&error_chain(&error));
        report.find(Finding::new(subject, format!("its list could not be polled: {reason}")));
        report.stop(error);
    }

    async fn deal_with(
        &self,
        requests: Vec<Request>,
        state: &mut State,
        report: &mut PassReport,
    ) -> Result<()> {
        let Pass { parts, now, .. } = self.pass;
        let grounding = Grounding {
            api: parts.dataverse.as_ref(),
            store: self.ledger.store,
            tenant: self.ledger.tenant,
            names: &parts.names,
            settings: &self.loaded.settings,
            phone_system: &self.phone_system,
            now,
        };
        let directory = match &mut state.directory {
            Some(directory) => directory,
            none => none.insert(Directory::open(&grounding, &DirectoryTable::FOR_CALLBACKS).await?),
        };
        directory.reground(&grounding);
        // A profile may name a queue that is newer than the directory.
        let has_queue =
            |it: &Request| it.profile.queue.is_none_or(|it| directory.queue(it).is_some());
        let profiles_read_at = state.profiles.read_at().unwrap_or(now);
        let lacks_queue =
            !requests.iter().all(has_queue) && directory.is_older_than(profiles_read_at);
        if lacks_queue || directory.is_stale(&grounding) {
            Box::pin(directory.refresh(&grounding)).await?;
        }
        let handling = Handling {
            parts,
            ledger: self.ledger,
            settings: &self.loaded.settings,
            phone_system: &self.phone_system,
            profiles: &self.profiles,
        };
        let mut memory = Memory { directory, no_queue_as_party: &mut state.no_queue_as_party };
        Box::pin(handling.run(requests, &mut memory, report)).await
    }

    /// The last thing that is done for a list. A crash before it polls the list once more.
    async fn finish_lists(
        &self,
        polled: Vec<PolledList>,
        mut events: BTreeMap<CallbackListId, Vec<Claimed>>,
        out_of_reach: &HashSet<CallbackListId>,
        state: &mut State,
    ) -> Result<()> {
        let mut done = Vec::new();
        for PolledList { profile, cursor, is_idle } in polled {
            let cursor = self.poll_of(&profile).done(cursor, is_idle).await?;
            state.polls.insert(profile.list.clone(), cursor);
            done.extend(ledger::done(&events.remove(&profile.list).unwrap_or_default(), "Polled"));
        }
        self.ledger.record(&[], &done).await?;
        let problem = "its list could not be polled";
        let left = events.iter().flat_map(|(list, events)| {
            let tried = !out_of_reach.contains(list);
            events.iter().map(move |event| match tried {
                true => self.ledger.failed(event, problem),
                false => self.ledger.untried(event, UNTRIED_PAUSE, Some(problem)),
            })
        });
        self.ledger.put_off(&left.collect::<Vec<_>>()).await
    }
}
