//! Settings kept between passes.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use dataverse_client::DataverseApi;

use crate::error::{Error, Result};
use crate::names::Names;
use crate::tenant::{Finding, LoadedSettings, load, resolve};

/// The settings of one tenant, read again when they are older than `SettingsRefreshSeconds` or on
/// request.
///
/// When reading again fails for a passing reason, the settings read last stay in force, with a
/// finding; the next use tries again. Other failures are errors: going on with old settings when
/// rights are gone would hide it.
#[derive(Debug)]
pub struct SettingsCache {
    names: Names,
    overrides: BTreeMap<String, String>,
    loaded: LoadedSettings,
    /// `None` until the first reading has succeeded.
    read_at: Option<DateTime<Utc>>,
    /// The last attempt failed; a finding in `loaded` says so.
    stale: bool,
    requested: bool,
}

impl SettingsCache {
    /// An empty cache: the first use reads.
    pub fn new(names: Names, overrides: BTreeMap<String, String>) -> Self {
        let loaded = resolve(&[], &overrides);
        Self { names, overrides, loaded, read_at: None, stale: false, requested: false }
    }

    /// Makes the next use read again, whatever the age.
    pub fn request_refresh(&mut self) {
        self.requested = true;
    }

    /// What was read last, if anything, without reading.
    pub fn last(&self) -> Option<&LoadedSettings> {
        self.read_at.map(|_| &self.loaded)
    }

    /// The settings, read now if they are due.
    ///
    /// # Errors
    /// [`Error::ReadSettings`] when they are due and cannot be read, and either there are none yet
    /// or the reason does not pass by itself.
    pub async fn current(
        &mut self,
        api: &dyn DataverseApi,
        now: DateTime<Utc>,
    ) -> Result<&LoadedSettings> {
        if self.is_due(now) {
            match load(api, &self.names, &self.overrides).await {
                Ok(loaded) => {
                    self.loaded = loaded;
                    self.read_at = Some(now);
                    self.stale = false;
                    self.requested = false;
                }
                Err(error) => self.keep_those_of_before(error)?,
            }
        }
        Ok(&self.loaded)
    }

    /// Due when nothing was read, on request, after a failure, when too old, and when the clock was
    /// set back behind the last reading.
    fn is_due(&self, now: DateTime<Utc>) -> bool {
        let Some(read_at) = self.read_at else { return true };
        let age = now - read_at;
        let fresh = Duration::zero()..self.loaded.settings.settings_refresh;
        self.requested || self.stale || !fresh.contains(&age)
    }

    fn keep_those_of_before(&mut self, error: Error) -> Result<()> {
        let Some(read_at) = self.read_at.filter(|_| error.class().is_passing()) else {
            return Err(error);
        };
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            class = %error.class(),
            "the settings could not be read again; those read last stay in force"
        );
        if !self.stale {
            let read_at = read_at.format("%Y-%m-%d %H:%M:%S UTC");
            let message = format!("could not be read again; those of {read_at} stay in force");
            self.loaded.findings.push(Finding::new("Settings", message));
        }
        self.stale = true;
        Ok(())
    }
}
