//! Ids that follow from the seed: the same thing has the same id in every run.

use chrono::{DateTime, SecondsFormat, Utc};
use uuid::Uuid;

/// Makes ids from names, within one seed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ids {
    namespace: Uuid,
}

impl Ids {
    /// The ids of a seed.
    pub(super) fn of_seed(seed: u64) -> Self {
        let name = format!("voice-demo|{seed}");
        Self { namespace: Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()) }
    }

    /// The id of the thing of a kind that has a name, in lower case with dashes.
    pub(super) fn id(&self, kind: &str, name: impl std::fmt::Display) -> String {
        Uuid::new_v5(&self.namespace, format!("{kind}|{name}").as_bytes()).hyphenated().to_string()
    }
}

/// An instant as both APIs write it.
pub(super) fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
