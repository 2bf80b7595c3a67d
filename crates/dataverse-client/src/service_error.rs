//! An error answer of Dataverse: read leniently from whatever body came, classed by code first.

use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;
use voice_model::ErrorClass;

use crate::codes;

/// Longest message kept, in characters: enough for the platform's own texts, too little for a page.
const MESSAGE_CHARS: usize = 500;

/// The pause after a customization lock, for which no `Retry-After` is assured (reference, 8.3).
pub(crate) const LOCK_PAUSE: Duration = Duration::from_secs(10);

/// An error answer of Dataverse, of a whole request or of one item of a batch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("HTTP {status}{}: {message}", .code.map(|code| format!(" {code:#010x}")).unwrap_or_default())]
pub struct ServiceError {
    /// HTTP status.
    pub status: u16,
    /// The platform's error code, such as `0x80040237`; none if the body has none.
    pub code: Option<u32>,
    /// What Dataverse said, shortened.
    pub message: String,
    /// The wait it asked for.
    pub retry_after: Option<Duration>,
}

impl ServiceError {
    /// Reads an error answer. The body may be the platform's JSON, HTML of some proxy, or empty.
    pub(crate) fn read(status: u16, retry_after: Option<Duration>, body: &[u8]) -> Self {
        let (code, message) = match serde_json::from_slice::<Value>(body) {
            Ok(json) => read_json(&json),
            Err(_) => (None, words_of(&String::from_utf8_lossy(body))),
        };
        let message = if message.is_empty() { reason(status) } else { shorten(&message) };
        Self { status, code, message, retry_after }
    }

    /// What it means for the caller: by the platform's code, else by the status.
    pub fn class(&self) -> ErrorClass {
        match self.code.and_then(|code| self.class_of_code(code)) {
            // Busy, and it says for how long.
            Some(ErrorClass::Transient) if self.status == 503 && self.retry_after.is_some() => {
                ErrorClass::Throttled { retry_after: self.retry_after }
            }
            Some(class) => class,
            None => self.class_of_status(),
        }
    }

    /// Whether a row with this primary key exists: for a create with a key of our own, an earlier
    /// attempt has done the work.
    ///
    /// A create-only upsert is refused with an empty code (reference, section 2.6), so the text
    /// counts when there is no code.
    pub fn is_duplicate(&self) -> bool {
        match self.code {
            Some(code) => code == codes::DUPLICATE_RECORD,
            None => {
                self.status == 412
                    && ["record with matching key values already exists", "insert duplicate key"]
                        .iter()
                        .any(|text| self.message.contains(text))
            }
        }
    }

    /// Whether the write was refused because of the user named as owner: no roles, disabled or
    /// not licensed. Another owner may be accepted.
    pub fn is_owner_refused(&self) -> bool {
        matches!(self.code, Some(codes::NO_ROLES | codes::USER_DISABLED | codes::NOT_LICENSED))
    }

    /// Whether a row of that table cannot be a party of the activity. The activity may be accepted
    /// with another party (reference, section 2.4).
    pub fn is_party_refused(&self) -> bool {
        self.code == Some(codes::PARTY_NOT_ALLOWED)
    }

    /// Whether the row is in a queue already.
    pub fn is_already_in_queue(&self) -> bool {
        self.code == Some(codes::ALREADY_IN_QUEUE)
    }

    /// Whether a row is missing and this is the one: the message names its key. Of a change set the
    /// only answer is the refusal, so the message alone tells which of several bindings leads
    /// nowhere. False also when the message names no key at all.
    pub fn names_missing_row(&self, id: Uuid) -> bool {
        self.class() == ErrorClass::NotFound
            && self.message.to_ascii_lowercase().contains(&id.hyphenated().to_string())
    }

    /// Whether the table (or function) in the URL does not exist in this environment, such as
    /// `leads` without Dynamics 365 Sales.
    pub fn is_table_missing(&self) -> bool {
        self.code == Some(codes::SEGMENT_NOT_FOUND)
    }

    /// Whether a change token is too old, or the table has changed since: it has to be read whole
    /// again. By code alone; the status is unproven (reference, section 5).
    pub fn is_change_token_expired(&self) -> bool {
        self.code == Some(codes::CHANGE_TOKEN_EXPIRED)
    }

    /// Whether change tracking is off for the table.
    pub fn is_change_tracking_off(&self) -> bool {
        self.code == Some(codes::CHANGE_TRACKING_OFF)
    }

    /// Whether no row has the key that the URL or a binding names.
    pub(crate) fn is_row_missing(&self) -> bool {
        matches!(
            self.code,
            Some(codes::OBJECT_DOES_NOT_EXIST | codes::RECORD_NOT_FOUND_BY_ALTERNATE_KEY)
        )
    }

    /// Whether it may hide a write that was carried out. An answer with a code is the platform's
    /// own, and it rolls back what it refuses; a bare 408 or 5xx may come from a gateway that gave
    /// up waiting.
    pub(crate) fn may_have_applied(&self) -> bool {
        self.code.is_none() && (self.status == 408 || self.status >= 500)
    }

    /// Reference, section 8.3. Codes that are not listed go by their status.
    fn class_of_code(&self, code: u32) -> Option<ErrorClass> {
        Some(match code {
            codes::CUSTOMIZATION_RUNNING | codes::OTHER_OPERATION_RUNNING => {
                ErrorClass::Throttled { retry_after: self.retry_after.or(Some(LOCK_PAUSE)) }
            }
            codes::TOO_MANY_REQUESTS
            | codes::TOO_MUCH_EXECUTION_TIME
            | codes::TOO_MANY_AT_ONCE
            | codes::THROTTLED
            // Query throttling: leading wildcards and other costly patterns under load.
            | 0x8004_8544
            | 0x8004_8644
            | 0x8004_8744
            | 0x8004_8745 => ErrorClass::Throttled { retry_after: self.retry_after },
            codes::SQL_ERROR
            | codes::SQL_TIMEOUT
            // SQL network, Azure SQL resource caps, server busy.
            | 0x8007_3000
            | 0x8007_2323..=0x8007_2325
            | 0x8004_a001
            // Plug-in crash, unexpected error, plug-in time-outs.
            | 0x8004_0224
            | 0x8004_0216
            | 0x8004_4171..=0x8004_4173
            | 0x8008_1111 => ErrorClass::Transient,
            codes::PRIVILEGE_MISSING
            | codes::ACCESS_DENIED
            | codes::NOT_A_MEMBER
            | codes::NO_ROLES
            | codes::USER_DISABLED
            | codes::NOT_LICENSED
            // Other privilege refusals, impersonation refused, ticket expired.
            | 0x8004_8306
            | 0x8004_8405
            | 0x8004_020d
            | 0x8004_a110
            | 0x8004_a101 => ErrorClass::Auth,
            codes::OBJECT_DOES_NOT_EXIST
            | codes::RECORD_NOT_FOUND_BY_ALTERNATE_KEY
            | codes::SEGMENT_NOT_FOUND => ErrorClass::NotFound,
            codes::DUPLICATE_RECORD
            | codes::DUPLICATE_ALTERNATE_KEY
            | codes::DUPLICATES_FOUND_BY_RULE
            | codes::UNIQUE_INDEX_VIOLATED
            | codes::VERSION_MISMATCH
            | codes::ALREADY_IN_QUEUE
            // Version not given, versions not enabled; column or key exists already.
            | 0x8006_0883
            | 0x8006_088d
            | 0x8004_7013
            | 0x8006_0304
            | 0x8006_0893
            | 0x8006_0894 => ErrorClass::Conflict,
            codes::PARTY_NOT_ALLOWED
            | codes::PARTICIPATION_TYPE_UNKNOWN
            | codes::TEXT_TOO_LONG
            | codes::TEXT_TOO_LONG_FOR_DATABASE
            | codes::PAYLOAD_REFUSED
            | codes::STATUS_NOT_OF_STATE
            | codes::ROW_READ_ONLY
            | codes::REFUSED_BY_PLUG_IN
            | codes::CHANGE_TOKEN_EXPIRED
            | codes::CHANGE_TRACKING_OFF
            // OData faults, invalid argument, choice value out of range.
            | 0x8006_0888
            | 0x8004_0203
            | 0x8004_431a
            | 0x8004_8402 => ErrorClass::Rejected,
            _ => return None,
        })
    }

    fn class_of_status(&self) -> ErrorClass {
        match self.status {
            401 | 403 | 407 => ErrorClass::Auth,
            404 | 410 => ErrorClass::NotFound,
            409 | 412 => ErrorClass::Conflict,
            408 | 425 => ErrorClass::Transient,
            429 => ErrorClass::Throttled { retry_after: self.retry_after },
            400..=499 | 501 => ErrorClass::Rejected,
            503 if self.retry_after.is_some() => {
                ErrorClass::Throttled { retry_after: self.retry_after }
            }
            500..=599 => ErrorClass::Transient,
            _ => ErrorClass::Bug,
        }
    }
}

/// `{"error":{"code","message"}}`, also without the envelope and with a bare text as `error`.
fn read_json(json: &Value) -> (Option<u32>, String) {
    let error = json.get("error").unwrap_or(json);
    let code = error.get("code").and_then(codes::parse);
    let message = ["message", "Message"]
        .iter()
        .find_map(|name| error.get(name).or_else(|| json.get(name)))
        .and_then(Value::as_str)
        .or_else(|| error.as_str())
        .unwrap_or_default();
    (code, words_of(message))
}

/// The text outside of tags, comments, scripts and styles, with blanks and controls folded.
fn words_of(text: &str) -> String {
    let mut words = String::new();
    let mut rest = text;
    while words.len() < MESSAGE_CHARS * 8 {
        let Some(start) = rest.find('<') else { break };
        let after = &rest[start + 1..];
        // A `<` of prose ("a < b") is no tag.
        if !after.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?')) {
            words.push_str(&rest[..=start]);
            rest = after;
            continue;
        }
        words.push_str(&rest[..start]);
        words.push(' ');
        rest = skip_tag(after);
    }
    words.push_str(rest.get(..).unwrap_or_default());
    fold_blanks(&words)
}

/// What follows a tag whose name `after` starts with; the content of scripts and styles goes too.
fn skip_tag(after: &str) -> &str {
    let lower: String = after.chars().take(6).collect::<String>().to_ascii_lowercase();
    let end = if after.starts_with("!--") {
        "-->"
    } else if lower.starts_with("script") {
        "</script>"
    } else if lower.starts_with("style") {
        "</style>"
    } else {
        ">"
    };
    after.find(end).map_or("", |at| &after[at + end.len()..])
}

fn fold_blanks(text: &str) -> String {
    let mut folded = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        if word.is_empty() {
            continue;
        }
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word);
        if folded.len() > MESSAGE_CHARS * 4 {
            break;
        }
    }
    folded
}

fn shorten(message: &str) -> String {
    match message.char_indices().nth(MESSAGE_CHARS) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message.to_owned(),
    }
}

fn reason(status: u16) -> String {
    http::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or("no message")
        .to_owned()
}

#[cfg(test)]
mod tests;
