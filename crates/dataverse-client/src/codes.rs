//! Error codes of the platform that callers or this crate act on (reference, section 8.3).
//!
//! Codes are unsigned here; answers may carry them as hexadecimal text, as a signed decimal text
//! or as a number; all three are read.

use serde_json::Value;

/// A row with this primary key exists (HTTP 412). With a key of our own: the write is done.
pub const DUPLICATE_RECORD: u32 = 0x8004_0237;
/// A row with these alternate key values exists (HTTP 412).
pub const DUPLICATE_ALTERNATE_KEY: u32 = 0x8006_0892;
/// A duplicate detection rule of the environment found similar rows (HTTP 412).
pub const DUPLICATES_FOUND_BY_RULE: u32 = 0x8004_0333;
/// A unique index of the database was hit.
pub const UNIQUE_INDEX_VIOLATED: u32 = 0x8007_3002;
/// The row has changed since the version that `If-Match` names (HTTP 412).
pub const VERSION_MISMATCH: u32 = 0x8006_0882;

/// No row with this key (HTTP 404).
pub const OBJECT_DOES_NOT_EXIST: u32 = 0x8004_0217;
/// No row with these alternate key values (HTTP 404).
pub const RECORD_NOT_FOUND_BY_ALTERNATE_KEY: u32 = 0x8006_0891;
/// The table, function or column in the URL does not exist (HTTP 404).
pub const SEGMENT_NOT_FOUND: u32 = 0x8006_088a;

/// The caller lacks a privilege (HTTP 403).
pub const PRIVILEGE_MISSING: u32 = 0x8004_0220;
/// The caller may not act on this row (HTTP 403).
pub const ACCESS_DENIED: u32 = 0x8004_0231;
/// The application user is missing in the environment.
pub const NOT_A_MEMBER: u32 = 0x8007_2560;
/// The user (owner or caller) has no security role.
pub const NO_ROLES: u32 = 0x8004_2f09;
/// The user (owner or caller) is disabled.
pub const USER_DISABLED: u32 = 0x8004_0225;
/// The user (owner or caller) has no licence.
pub const NOT_LICENSED: u32 = 0x8004_d24b;

/// A row of this table cannot be a party of the activity.
pub const PARTY_NOT_ALLOWED: u32 = 0x8004_3506;
/// A participation type that the activity does not know.
pub const PARTICIPATION_TYPE_UNKNOWN: u32 = 0x8009_4006;
/// A text is longer than its column.
pub const TEXT_TOO_LONG: u32 = 0x8004_4331;
/// A text is longer than its column, found by the database.
pub const TEXT_TOO_LONG_FOR_DATABASE: u32 = 0x8007_3001;
/// A body that does not fit the table: bad JSON, undeclared property, wrong navigation property.
pub const PAYLOAD_REFUSED: u32 = 0x8004_8d19;
/// The status reason does not belong to the row's state.
pub const STATUS_NOT_OF_STATE: u32 = 0x8004_8408;
/// The row is read-only.
pub const ROW_READ_ONLY: u32 = 0x8004_022e;
/// A plug-in refused the write.
pub const REFUSED_BY_PLUG_IN: u32 = 0x8004_0265;
/// The row is in a queue already.
pub const ALREADY_IN_QUEUE: u32 = 0x8004_0526;

/// More than 6,000 requests in 300 seconds (HTTP 429).
pub const TOO_MANY_REQUESTS: u32 = 0x8007_2322;
/// More than 1,200 seconds of execution in 300 seconds (HTTP 429).
pub const TOO_MUCH_EXECUTION_TIME: u32 = 0x8007_2321;
/// More than 52 requests at a time (HTTP 429).
pub const TOO_MANY_AT_ONCE: u32 = 0x8007_2326;
/// Throttled for another reason (HTTP 429).
pub const THROTTLED: u32 = 0x8005_f103;
/// A customization is running; no `Retry-After` is assured.
pub const CUSTOMIZATION_RUNNING: u32 = 0x8007_1151;
/// Another operation that excludes this one is running.
pub const OTHER_OPERATION_RUNNING: u32 = 0x8007_1154;

/// A database error without more detail; deadlocks hide here.
pub const SQL_ERROR: u32 = 0x8004_4150;
/// The database took too long.
pub const SQL_TIMEOUT: u32 = 0x8004_4151;

/// The change tracking token is too old; everything has to be read again.
pub const CHANGE_TOKEN_EXPIRED: u32 = 0x8004_4352;
/// Change tracking is off for the table.
pub const CHANGE_TRACKING_OFF: u32 = 0x8007_2491;

/// Reads the `code` of an error body: `"0x80040237"`, `"-2147220937"`, `-2147220937` and
/// `2147746359` are the same code; empty, zero and anything else is none.
pub(crate) fn parse(value: &Value) -> Option<u32> {
    let code = match value {
        Value::Number(number) => number.as_i64().and_then(fold_sign)?,
        Value::String(text) => from_text(text.trim())?,
        _ => return None,
    };
    (code != 0).then_some(code)
}

fn from_text(text: &str) -> Option<u32> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok().and_then(fold_sign),
    }
}

/// The platform's own form is a signed 32-bit number: hex = value + 2^32.
fn fold_sign(number: i64) -> Option<u32> {
    u32::try_from(number).ok().or_else(|| i32::try_from(number).ok().map(i32::cast_unsigned))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_spelling_of_a_code_is_read() {
        for (value, expected) in [
            (json!("0x80040237"), Some(DUPLICATE_RECORD)),
            (json!("0X80040237"), Some(DUPLICATE_RECORD)),
            (json!(" 0x80072322 "), Some(TOO_MANY_REQUESTS)),
            (json!("-2147015902"), Some(TOO_MANY_REQUESTS)),
            (json!(-2_147_015_902), Some(TOO_MANY_REQUESTS)),
            (json!(-2_147_015_903), Some(TOO_MUCH_EXECUTION_TIME)),
            (json!(-2_147_015_898), Some(TOO_MANY_AT_ONCE)),
            (json!(2_147_951_394_u32), Some(TOO_MANY_REQUESTS)),
            (json!(-2_147_204_784), Some(SQL_ERROR)),
        ] {
            assert_eq!(parse(&value), expected, "{value}");
        }
    }

    #[test]
    fn what_is_no_code_is_none() {
        for value in [
            json!(""),
            json!("0x0"),
            json!("0"),
            json!(0),
            json!("0x"),
            json!("0x180040237"),
            json!("InvalidArgument"),
            json!(-9_000_000_000_i64),
            json!(1.5),
            json!(null),
            json!({}),
        ] {
            assert_eq!(parse(&value), None, "{value}");
        }
    }
}
