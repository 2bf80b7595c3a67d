//! Change tracking (reference, section 5): a table whole, and from then on what has changed.
//!
//! A deletion shows as a key alone, also of a row that came and went between two readings. A row
//! that is merely switched off is a change like any other, so ask for its state.

use serde_json::Value;
use uuid::Uuid;

use crate::page::{self, Unreadable};
use crate::query::name;
use crate::{NextLink, Result, Row};

/// Sent with every page: a link does not remember the page size (reference, section 4.2).
pub(crate) const PREFER: &str = "odata.track-changes,odata.maxpagesize=5000";

/// How the context of an entry ends that stands for a row that is gone.
const DELETED: &str = "/$deletedEntity";

/// What is to be followed of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackedTable {
    /// Entity set, such as `contacts`.
    pub entity_set: String,
    /// Name of the key column, such as `contactid`. It always comes along.
    pub key_column: String,
    /// The columns to read; all of them if there are none here. A token remembers the columns that
    /// it was given out for: after a change of columns, begin without one.
    pub columns: Vec<String>,
}

/// How far a table has been followed: the link to its changes since. To be stored as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeToken(String);

impl ChangeToken {
    /// A token from its stored text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text to store.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A page of rows that are new or changed, and of keys of rows that are gone. It has a link to the
/// next page or, if it is the last, a token.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChangePage {
    /// New and changed rows, each with all of the columns.
    pub rows: Vec<Row>,
    /// The keys of rows that are gone, also of such as were never seen.
    pub deleted: Vec<Uuid>,
    /// Where the rest is, if there is more.
    pub next: Option<NextLink>,
    /// What to begin with the next time.
    pub token: Option<ChangeToken>,
}

/// The path and options of a reading of the whole table.
///
/// # Errors
/// [`Error::Configuration`](crate::Error::Configuration) when a name is not one.
pub(crate) fn path(table: &TrackedTable) -> Result<String> {
    let mut path = name::entity(&table.entity_set)?.to_owned();
    for (index, column) in table.columns.iter().enumerate() {
        path.push_str(if index == 0 { "?$select=" } else { "," });
        path.push_str(name::column(column)?);
    }
    Ok(path)
}

/// Reads a page.
pub(crate) fn read(body: &[u8], table: &TrackedTable) -> Result<ChangePage, Unreadable> {
    let mut answer = page::json(body)?;
    let mut page = ChangePage::default();
    for row in page::take_rows(&mut answer)? {
        if is_deletion(&row, table) {
            let key = row.text("id").and_then(key_of);
            page.deleted.push(key.ok_or_else(|| Unreadable::new("a deletion has no key"))?);
        } else if row.uuid(&table.key_column).is_some() {
            page.rows.push(row);
        } else {
            // To leave it out would be to lose a change.
            return Err(Unreadable::new(format!("one of its rows has no {}", table.key_column)));
        }
    }
    page.next = page::link(&answer, "@odata.nextLink")?
        .map(|url| NextLink { url, prefer: Some(PREFER.to_owned()) });
    page.token = page::link(&answer, "@odata.deltaLink")?.map(ChangeToken);
    if page.next.is_none() && page.token.is_none() {
        return Err(Unreadable::new("it has neither a next page nor a link to later changes"));
    }
    Ok(page)
}

fn is_deletion(row: &Row, table: &TrackedTable) -> bool {
    row.text("@odata.context").is_some_and(|context| context.ends_with(DELETED))
        || (row.value(&table.key_column).is_none()
            && row.value("reason").is_some_and(Value::is_string))
}

/// A bare key, or `contacts(<key>)` as OData has it.
fn key_of(id: &str) -> Option<Uuid> {
    let bare = id.strip_suffix(')').and_then(|id| id.rsplit_once('(')).map_or(id, |(_, key)| key);
    Uuid::try_parse(bare).ok()
}

#[cfg(test)]
mod tests;
