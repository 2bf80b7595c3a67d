//! Findings, each told once as long as it lasts.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use settings::Finding;
use voice_model::{TenantName, mask_numbers};

/// The findings of the pass before: only new ones are logged.
#[derive(Debug, Default)]
pub(crate) struct Told(Mutex<HashSet<Finding>>);

impl Told {
    /// Logs what the pass before did not find.
    pub(crate) fn log_new(&self, tenant: &TenantName, findings: &[Finding]) {
        let found: HashSet<_> = findings.iter().cloned().collect();
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for finding in found.difference(&told) {
            tracing::warn!(%tenant, "{}", mask_numbers(&finding.to_string()));
        }
        *told = found;
    }
}
