//! Times as the store keeps them: whole microseconds since 1970.

use chrono::{DateTime, SubsecRound, Utc};

/// The instant as it is read back: without what is finer than a microsecond.
pub(crate) fn whole_micros(instant: DateTime<Utc>) -> DateTime<Utc> {
    instant.trunc_subsecs(6)
}
