//! All callback profiles of a tenant, kept between passes.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use dataverse_client::{DataverseApi, Query, Row, ServiceError, all_rows};
use settings::{Finding, Names};
use uuid::Uuid;
use voice_model::{CallbackListId, error_chain};

use crate::profile::{self, CallbackProfile};
use crate::{Error, Result};

/// The profiles as they were read.
#[derive(Debug, Default)]
pub(crate) struct Profiles {
    /// The active profile of each list.
    by_list: HashMap<CallbackListId, Arc<CallbackProfile>>,
    /// The queue of every profile, in use or not: phone calls of former profiles count, too.
    queues: HashMap<Uuid, Uuid>,
    /// What an administrator should put right.
    pub(crate) findings: Vec<Finding>,
}

impl Profiles {
    /// The profile that serves a list.
    pub(crate) fn of(&self, list: &CallbackListId) -> Option<&Arc<CallbackProfile>> {
        self.by_list.get(list)
    }

    /// Whether no list has an active profile.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_list.is_empty()
    }

    /// All profiles that serve a list, in the order of lists.
    pub(crate) fn all(&self) -> Vec<&Arc<CallbackProfile>> {
        let mut all: Vec<_> = self.by_list.values().collect();
        all.sort_unstable_by_key(|profile| &profile.list);
        all
    }

    /// The queue of a profile that is or was.
    pub(crate) fn queue_of(&self, profile: Uuid) -> Option<Uuid> {
        self.queues.get(&profile).copied()
    }

    pub(crate) fn of_rows(rows: &[Row], names: &Names) -> Self {
        let mut profiles = Self::default();
        for row in rows {
            let id = row.uuid(&names.callback_profile_id);
            if let (Some(id), Some(queue)) = (id, row.lookup(&names.profile_queue)) {
                profiles.queues.insert(id, queue);
            }
        }
        let is_active = |row: &&Row| row.integer("statecode").unwrap_or(0) == 0;
        let mut found = Vec::new();
        let active = rows.iter().filter(is_active);
        let mut active: Vec<_> =
            active.filter_map(|row| profile::read(row, names, &mut found)).collect();
        // The oldest of a list serves it; one without an age comes last.
        active
            .sort_by_key(|profile| (profile.created_on.is_none(), profile.created_on, profile.id));
        for profile in active {
            if let Some(first) = profiles.by_list.get(&profile.list) {
                found.push(Finding::new(
                    format!("callback profile {}", profile.name),
                    format!(
                        "its list is served by the older profile {}; deactivate one of the two",
                        first.name
                    ),
                ));
                continue;
            }
            profiles.by_list.insert(profile.list.clone(), Arc::new(profile));
        }
        profiles.findings = found;
        profiles
    }
}

/// The profiles, read again when they are older than the settings may be, or on request. While they
/// cannot be read again for a passing reason, the last ones serve.
#[derive(Debug, Default)]
pub(crate) struct ProfileCache {
    profiles: Arc<Profiles>,
    read_at: Option<DateTime<Utc>>,
    is_due: bool,
}

impl ProfileCache {
    /// Has them read again at the next use.
    pub(crate) fn request_refresh(&mut self) {
        self.is_due = true;
    }

    /// When they were read.
    pub(crate) fn read_at(&self) -> Option<DateTime<Utc>> {
        self.read_at
    }

    /// The profiles, read now if that is due.
    ///
    /// # Errors
    /// [`Error::Profiles`], if there are none yet or the reason does not pass by itself.
    pub(crate) async fn current(
        &mut self,
        api: &dyn DataverseApi,
        names: &Names,
        lifetime: Duration,
        now: DateTime<Utc>,
    ) -> Result<Arc<Profiles>> {
        let fresh = |at: DateTime<Utc>| (at..at + lifetime).contains(&now);
        if self.is_due || !self.read_at.is_some_and(fresh) {
            match load(api, names).await {
                Ok(profiles) => {
                    self.profiles = Arc::new(profiles);
                    self.read_at = Some(now);
                    self.is_due = false;
                }
                Err(error) if self.read_at.is_some() && error.class().is_passing() => {
                    let error = error_chain(&error);
                    tracing::warn!(error, "callback profiles could not be read again");
                }
                Err(source) => return Err(Error::Profiles(source)),
            }
        }
        Ok(Arc::clone(&self.profiles))
    }
}

/// Reads all profiles, those that are not in use included. A table that does not exist has none.
async fn load(api: &dyn DataverseApi, names: &Names) -> dataverse_client::Result<Profiles> {
    let query = Query::new(names.callback_profile_entity_set.as_str())
        .select(profile::columns(names))
        .select(["statecode"]);
    match all_rows(api, &query).await {
        Ok(rows) => Ok(Profiles::of_rows(&rows, names)),
        Err(error) if error.service().is_some_and(ServiceError::is_table_missing) => {
            let message = "the table of callback profiles does not exist in Dynamics, so that no \
                           callback is synchronized. Install the solution (voice install), or set \
                           the table's names in [tenants.<name>.dataverse.names]";
            let subject = names.callback_profile_entity_set.clone();
            Ok(Profiles { findings: vec![Finding::new(subject, message)], ..Profiles::default() })
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn row(number: u32, list: &str, created: &str, state: i64) -> Row {
        Row::from(json!({
            "ev_callbackprofileid": format!("{number:08x}-0000-4000-8000-000000000000"),
            "ev_name": format!("Profile {number}"), "ev_callbacklistid": list,
            "_ev_queueid_value": format!("{number:08x}-1111-4000-8000-000000000000"),
            "ev_ownershiprule": 451_000_000, "ev_duplicatehandlingrule": 451_000_000,
            "ev_syncmethod": 451_000_001, "createdon": created, "statecode": state
        }))
    }

    #[test]
    fn the_oldest_active_profile_of_a_list_serves_it() {
        let rows = [
            row(1, "a", "2026-01-03T00:00:00Z", 0),
            row(2, "a", "2026-01-02T00:00:00Z", 0),
            row(3, "a", "2026-01-01T00:00:00Z", 1),
            row(4, "b", "2026-01-04T00:00:00Z", 0),
        ];
        let profiles = Profiles::of_rows(&rows, &Names::default());
        let served: Vec<_> =
            profiles.all().iter().map(|it| (it.list.as_str(), it.name.as_str())).collect();
        assert_eq!(served, [("a", "Profile 2"), ("b", "Profile 4")]);
        let [finding] = &profiles.findings[..] else { panic!("{:?}", profiles.findings) };
        assert!(finding.to_string().contains("Profile 1"), "{finding}");
        assert!(finding.to_string().contains("older profile Profile 2"), "{finding}");
    }

    #[test]
    fn the_queue_of_a_former_profile_is_known() {
        let rows = [row(3, "a", "2026-01-01T00:00:00Z", 1)];
        let profiles = Profiles::of_rows(&rows, &Names::default());
        let former = rows[0].uuid("ev_callbackprofileid").unwrap();
        assert!(profiles.queue_of(former).is_some());
        assert!(profiles.all().is_empty());
    }
}
