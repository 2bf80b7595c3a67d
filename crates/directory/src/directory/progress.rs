//! Up to where the changes of a table are applied.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::source::Source;

/// Up to where the changes of a table are applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Progress {
    /// Change tracking goes on from this token.
    Tracked {
        /// The link that the server gave.
        token: String,
    },
    /// The table is not tracked: rows are asked for by `modifiedon`.
    Polled {
        /// Rows changed before this are applied.
        since: DateTime<Utc>,
        /// When the table was loaded whole: deletions show by that alone.
        loaded_at: DateTime<Utc>,
    },
    /// There is no such table, or nobody is to be found in it. Looked after from time to time.
    Absent {
        /// When it was last looked for.
        checked_at: DateTime<Utc>,
    },
}

/// As the store keeps it: with the columns, since other columns need another load.
#[derive(Serialize, Deserialize)]
struct Kept {
    columns: Vec<String>,
    progress: Progress,
}

impl Progress {
    /// For the store.
    pub(super) fn to_text(&self, source: &Source) -> String {
        let kept = Kept { columns: source.columns.clone(), progress: self.clone() };
        // Texts and instants always have a JSON form; an empty one would mean a new load.
        serde_json::to_string(&kept).unwrap_or_default()
    }

    /// From the store; `None` if it is of other columns or cannot be read.
    pub(super) fn of_text(text: &str, source: &Source) -> Option<Self> {
        let kept: Kept = serde_json::from_str(text).ok()?;
        (kept.columns == source.columns).then_some(kept.progress)
    }
}
