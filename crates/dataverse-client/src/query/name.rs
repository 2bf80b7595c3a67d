//! Names of tables, columns, navigation properties and actions. They are configurable per tenant, so they
//! are input: nothing but letters, digits and `_` gets into a URL.

use crate::{Error, Result};

/// Longest name accepted; the platform's own limit is lower.
const MAX_NAME_CHARS: usize = 256;

/// Checks the name of an entity set or of a table.
pub(crate) fn entity(name: &str) -> Result<&str> {
    check("an entity set", name, is_plain(name))
}

/// Checks the name of a column, or a path to a column of a related row
/// (`parentcustomerid_account/name`).
pub(crate) fn column(name: &str) -> Result<&str> {
    check("a column", name, name.split('/').all(is_plain))
}

/// Checks the name of a navigation property.
pub(crate) fn navigation(name: &str) -> Result<&str> {
    check("a navigation property", name, name.split('/').all(is_plain))
}

/// Checks the name of an action, without its namespace.
pub(crate) fn action(name: &str) -> Result<&str> {
    check("an action", name, is_plain(name))
}

fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MAX_NAME_CHARS
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn check<'n>(kind: &str, name: &'n str, good: bool) -> Result<&'n str> {
    if good {
        return Ok(name);
    }
    let shown: String = name.chars().take(60).collect();
    Err(Error::Configuration {
        message: format!(
            "{shown:?} is not {kind} name; expected letters, digits and underscores, as \
             in Dynamics"
        ),
    })
}
