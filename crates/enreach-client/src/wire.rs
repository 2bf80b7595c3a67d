//! What goes over the wire, one module per resource, and how it becomes the model.
//!
//! Invariant: no JSON value whatever makes a reader panic, and no optional field, whatever it holds,
//! makes a row unreadable.

pub(crate) mod callback_events;
pub(crate) mod callback_items;
pub(crate) mod callback_lists;
pub(crate) mod calls;
pub(crate) mod discovery;
mod fields;
mod instant;
pub(crate) mod queues;
pub(crate) mod service_calls;
pub(crate) mod users;

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::{Rows, UnreadableRow};

pub(crate) use fields::kind_of;

/// Reads one row, or says what is wrong with it, naming the field.
type Read<T> = fn(Map<String, Value>) -> Result<T, String>;

/// Reads an array of rows.
///
/// # Errors
/// [`Error::UnexpectedShape`] when it is not an array.
pub(crate) fn rows<T>(operation: &'static str, value: Value, read: Read<T>) -> Result<Rows<T>> {
    let Value::Array(elements) = value else {
        let got = kind_of(&value);
        return Err(Error::UnexpectedShape { operation, expected: "an array of rows", got });
    };
    let mut rows = Rows { rows: Vec::with_capacity(elements.len()), unreadable: Vec::new() };
    for (index, element) in elements.into_iter().enumerate() {
        let id = fields::shown_id(&element);
        let row = match element {
            Value::Object(row) => read(row),
            other => Err(format!("expected an object, got {}", kind_of(&other))),
        };
        match row {
            Ok(row) => rows.rows.push(row),
            Err(reason) => rows.unreadable.push(UnreadableRow { index, id, reason }),
        }
    }
    Ok(rows)
}

/// Reads a single row.
///
/// # Errors
/// [`Error::UnexpectedShape`] when it is not an object, [`Error::Unreadable`] when it has no usable
/// id.
pub(crate) fn one<T>(operation: &'static str, value: Value, read: Read<T>) -> Result<T> {
    let Value::Object(row) = value else {
        let got = kind_of(&value);
        return Err(Error::UnexpectedShape { operation, expected: "an object", got });
    };
    read(row).map_err(|reason| Error::Unreadable { operation, reason })
}

#[cfg(test)]
mod tests;
