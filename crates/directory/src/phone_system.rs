//! What we know of the Enreach organisation: its users, queues and numbers.

mod cache;

use std::collections::{HashMap, HashSet};

use call_matching::{CallerNumber, NumberReader, Region, commonest_region};
use chrono::{DateTime, Duration, Utc};
use enreach_client::{EnreachApi, Queue, User};
use settings::{Finding, TenantSettings};
use voice_model::{AgentId, E164, OrganizationId};

use crate::{Error, Result};

pub use cache::PhoneSystemCache;

/// How long users and queues are taken as unchanged.
const LIFETIME: Duration = Duration::hours(1);

/// Users, queues and numbers of one Enreach organisation.
#[derive(Debug)]
pub struct PhoneSystem {
    /// The organisation's id: part of every activity id.
    pub organization: OrganizationId,
    /// How its numbers are read.
    pub reader: NumberReader,
    /// What an administrator should put right.
    pub findings: Vec<Finding>,
    /// When it was read.
    pub read_at: DateTime<Utc>,
    /// `DefaultRegion` at that time.
    default_region: Option<String>,
    agent_numbers: HashMap<AgentId, Vec<E164>>,
    own_numbers: HashSet<String>,
}

impl PhoneSystem {
    /// Reads users and queues: three requests.
    ///
    /// # Errors
    /// [`Error::Enreach`] when a request fails; [`Error::NoOrganization`] when the API user's row
    /// does not name the organisation, without which no activity id can be made.
    pub async fn read(
        api: &dyn EnreachApi,
        settings: &TenantSettings,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let (me, users, queues) = futures::try_join!(api.me(), api.users(), api.queues())?;
        let organization = me.organization.ok_or(Error::NoOrganization)?;
        let (region, unknown) = region(settings, &users.rows, &queues.rows);
        let reader = NumberReader::new(region);
        let findings = users
            .unreadable
            .iter()
            .map(|row| ("Enreach users", row))
            .chain(queues.unreadable.iter().map(|row| ("Enreach queues", row)))
            .map(|(what, row)| Finding::new(what, format!("row {}: {}", row.index + 1, row.reason)))
            .chain(unknown)
            .collect();
        let mut system = Self {
            organization,
            reader,
            findings,
            read_at: now,
            default_region: settings.default_region.clone(),
            agent_numbers: HashMap::new(),
            own_numbers: HashSet::new(),
        };
        for user in users.rows.into_iter().filter(|user| !user.deleted) {
            system.file_user(user);
        }
        for number in queues.rows.iter().flat_map(|queue| &queue.numbers) {
            system.file_own_number(number);
        }
        Ok(system)
    }

    fn file_user(&mut self, user: User) {
        let numbers: Vec<E164> = [user.work_number, user.mobile_number]
            .iter()
            .flatten()
            .filter_map(|number| self.file_own_number(number))
            .collect();
        self.agent_numbers.insert(user.id, numbers);
    }

    fn file_own_number(&mut self, raw: &str) -> Option<E164> {
        let number = self.reader.from_enreach(Some(raw));
        self.own_numbers.extend(own_key(&number));
        match number {
            CallerNumber::International(number) => Some(number),
            CallerNumber::Other(_) | CallerNumber::Withheld => None,
        }
    }

    /// Whether it should be read again.
    fn is_stale(&self, now: DateTime<Utc>, settings: &TenantSettings) -> bool {
        !(self.read_at..self.read_at + LIFETIME).contains(&now)
            || self.default_region != settings.default_region
    }

    /// Whether a number belongs to one of the organisation's users or queues.
    pub fn is_own(&self, number: &CallerNumber) -> bool {
        own_key(number).is_some_and(|key| self.own_numbers.contains(&key))
    }

    /// The organisation's numbers that are E.164 numbers.
    pub fn own_numbers(&self) -> impl Iterator<Item = E164> {
        self.own_numbers.iter().filter_map(|number| number.parse().ok())
    }

    /// The numbers of an agent.
    pub fn numbers_of(&self, agent: &AgentId) -> &[E164] {
        self.agent_numbers.get(agent).map(Vec::as_slice).unwrap_or_default()
    }
}

fn own_key(number: &CallerNumber) -> Option<String> {
    match number {
        CallerNumber::Withheld => None,
        CallerNumber::International(number) => Some(number.to_string()),
        CallerNumber::Other(digits) => Some(digits.clone()),
    }
}

/// The setting's region, else the commonest one among the organisation's own numbers; and a finding
/// if the setting names no country.
fn region(
    settings: &TenantSettings,
    users: &[User],
    queues: &[Queue],
) -> (Option<Region>, Option<Finding>) {
    let set = settings.default_region.as_deref().map(Region::parse);
    let (set, finding) = match set {
        Some(Ok(region)) => (Some(region), None),
        Some(Err(error)) => {
            let message = format!("{error}; the commonest country of your own numbers is used");
            (None, Some(Finding::new("DefaultRegion", message)))
        }
        None => (None, None),
    };
    let commonest = || {
        let of_users = users.iter().flat_map(|user| [&user.work_number, &user.mobile_number]);
        let of_queues = queues.iter().flat_map(|queue| &queue.numbers);
        commonest_region(of_users.flatten().chain(of_queues).map(String::as_str))
    };
    (set.or_else(commonest), finding)
}
