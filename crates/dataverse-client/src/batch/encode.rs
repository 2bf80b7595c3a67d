//! From operations to the body of a batch.

use uuid::Uuid;

use crate::environment::BASE_PATH;
use crate::operation::Operation;
use crate::{Error, Result};

/// Most operations in one batch, those of change sets counted (reference, section 6.1).
const MAX_OPERATIONS: usize = 1000;

/// Longest URL of a part, in characters (reference, section 4.1).
const MAX_URL_CHARS: usize = 65_536;

/// One item of a batch.
pub(crate) enum Unit {
    /// By itself.
    Single(Operation),
    /// All or nothing; writes only.
    ChangeSet(Vec<Operation>),
}

impl Unit {
    fn operations(&self) -> &[Operation] {
        match self {
            Self::Single(operation) => std::slice::from_ref(operation),
            Self::ChangeSet(operations) => operations,
        }
    }
}

/// A batch ready to send.
#[derive(Debug)]
pub(crate) struct Encoded {
    /// The `Content-Type`, with the boundary.
    pub(crate) content_type: String,
    /// The body.
    pub(crate) body: Vec<u8>,
    /// How many operations it holds, those of change sets counted.
    pub(crate) operations: usize,
}

/// Encodes a batch with a random boundary.
///
/// # Errors
/// [`Error::TooLarge`] for more than 1,000 operations or an over-long URL.
pub(crate) fn encode(units: &[Unit]) -> Result<Encoded> {
    encode_with(units, || Uuid::new_v4().simple().to_string())
}

/// Encodes a batch; `token` gives candidates for the random part of the boundaries until one is
/// absent from the payload.
fn encode_with(units: &[Unit], mut token: impl FnMut() -> String) -> Result<Encoded> {
    let operations = check_limits(units)?;
    let token = loop {
        let candidate = token();
        if !occurs(units, &candidate) {
            break candidate;
        }
    };
    let boundary = format!("batch_{token}");
    let mut writer = Writer { body: Vec::new(), next_content_id: 1 };
    for (index, unit) in units.iter().enumerate() {
        writer.line(&format!("--{boundary}"));
        match unit {
            Unit::Single(operation) => writer.part(operation, None),
            Unit::ChangeSet(operations) => {
                writer.change_set(operations, &format!("changeset_{token}_{index}"));
            }
        }
    }
    writer.line(&format!("--{boundary}--"));
    Ok(Encoded {
        content_type: format!("multipart/mixed; boundary=\"{boundary}\""),
        body: writer.body,
        operations,
    })
}

/// The number of operations.
fn check_limits(units: &[Unit]) -> Result<usize> {
    let too_large = |size, limit, unit| {
        Err(Error::TooLarge { operation: "run a batch".to_owned(), size, limit, unit })
    };
    let count = units.iter().map(|unit| unit.operations().len()).sum();
    if count > MAX_OPERATIONS {
        return too_large(count, MAX_OPERATIONS, "operations");
    }
    let longest = units
        .iter()
        .flat_map(Unit::operations)
        .map(|operation| BASE_PATH.len() + operation.path.len())
        .max();
    match longest {
        Some(length) if length > MAX_URL_CHARS => {
            too_large(length, MAX_URL_CHARS, "characters of a URL")
        }
        _ => Ok(count),
    }
}

/// Whether a token stands anywhere in what the caller brings.
fn occurs(units: &[Unit], token: &str) -> bool {
    let in_bytes =
        |bytes: &[u8]| bytes.windows(token.len().max(1)).any(|window| window == token.as_bytes());
    units.iter().flat_map(Unit::operations).any(|operation| {
        operation.path.contains(token)
            || operation.headers.iter().any(|(_, value)| value.contains(token))
            || operation.body.as_deref().is_some_and(in_bytes)
    })
}

struct Writer {
    body: Vec<u8>,
    next_content_id: usize,
}

impl Writer {
    fn line(&mut self, line: &str) {
        self.body.extend_from_slice(line.as_bytes());
        self.body.extend_from_slice(b"\r\n");
    }

    fn change_set(&mut self, operations: &[Operation], boundary: &str) {
        self.line(&format!("Content-Type: multipart/mixed; boundary=\"{boundary}\""));
        self.line("");
        for operation in operations {
            self.line(&format!("--{boundary}"));
            // Unique in the whole batch, not only in the set (reference, section 6.2).
            let content_id = self.next_content_id;
            self.next_content_id += 1;
            self.part(operation, Some(content_id));
        }
        self.line(&format!("--{boundary}--"));
    }

    fn part(&mut self, operation: &Operation, content_id: Option<usize>) {
        self.line("Content-Type: application/http");
        self.line("Content-Transfer-Encoding: binary");
        if let Some(content_id) = content_id {
            self.line(&format!("Content-ID: {content_id}"));
        }
        self.line("");
        self.line(&format!("{} {BASE_PATH}{} HTTP/1.1", operation.method, operation.path));
        if operation.body.is_some() {
            self.line("Content-Type: application/json; type=entry");
        } else {
            self.line("Accept: application/json");
        }
        for (name, value) in &operation.headers {
            self.line(&format!("{name}: {value}"));
        }
        self.line("");
        self.body.extend_from_slice(operation.body.as_deref().unwrap_or_default());
        self.line("");
    }
}

#[cfg(test)]
mod tests;
