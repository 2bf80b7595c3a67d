//! Switches that change how the simulators behave, within what the vendors' interfaces allow
//! (design, section 9; Enreach reference, section 11, point 5).

use chrono::Duration;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// Why modes were refused; none was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("modes: {0}")]
pub struct ModeError(String);

/// Token lifetime that Entra mostly gives, in seconds (Dataverse reference, section 1.2).
const DEFAULT_TOKEN_LIFETIME_SECS: u64 = 3599;
/// A century. Longer spans would leave the range of instants.
const LONGEST_SECS: u64 = 100 * 365 * 86_400;

/// The switches in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Modes {
    /// Enreach numbers come without their leading `+`.
    pub(crate) strip_plus: bool,
    /// Enreach rows lack what they can do without.
    pub(crate) omit_optional: bool,
    /// Enreach rows hold null where they can do without a value.
    pub(crate) null_optional: bool,
    /// Enreach rows carry fields that no document names.
    pub(crate) unknown_fields: bool,
    /// How Enreach call rows spell the key of the call's id.
    pub(crate) call_id_spelling: CallIdSpelling,
    /// Seconds between an Enreach row's `Modified` in the world and its appearance.
    pub(crate) visibility_delay_secs: u64,
    /// Dataverse refuses updates of rows in a closed state.
    pub(crate) closed_rows_read_only: bool,
    /// Dataverse change tokens given out before this was last switched on are worth nothing.
    pub(crate) change_tracking_expired: bool,
    /// Lifetime of access tokens from now on.
    pub(crate) token_lifetime_secs: u64,
}

impl Default for Modes {
    fn default() -> Self {
        Self {
            strip_plus: false,
            omit_optional: false,
            null_optional: false,
            unknown_fields: false,
            call_id_spelling: CallIdSpelling::CallId,
            visibility_delay_secs: 0,
            closed_rows_read_only: false,
            change_tracking_expired: false,
            token_lifetime_secs: DEFAULT_TOKEN_LIFETIME_SECS,
        }
    }
}

/// Spelling of a call row's `CallId` (Enreach reference, section 12, question 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum CallIdSpelling {
    /// `CallId`, the documented one.
    CallId,
    /// `CallID`, seen in the wild.
    #[serde(rename = "CallID")]
    CallIdUpper,
    /// Both keys in one row.
    #[serde(rename = "both")]
    Both,
}

impl<'de> Deserialize<'de> for CallIdSpelling {
    /// Also reads `true` as "the other spelling" and `false` as the documented one.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Bool(false) => Ok(Self::CallId),
            Value::Bool(true) => Ok(Self::CallIdUpper),
            Value::String(text) if text == "CallId" => Ok(Self::CallId),
            Value::String(text) if text == "CallID" => Ok(Self::CallIdUpper),
            Value::String(text) if text == "both" => Ok(Self::Both),
            other => Err(serde::de::Error::custom(format!(
                "call_id_spelling is {other}; expected \"CallId\", \"CallID\" or \"both\""
            ))),
        }
    }
}

/// The modes named in one request; the others stay as they are.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Changes {
    strip_plus: Option<bool>,
    omit_optional: Option<bool>,
    null_optional: Option<bool>,
    unknown_fields: Option<bool>,
    call_id_spelling: Option<CallIdSpelling>,
    visibility_delay_secs: Option<u64>,
    closed_rows_read_only: Option<bool>,
    change_tracking_expired: Option<bool>,
    token_lifetime_secs: Option<u64>,
}

impl Modes {
    /// The time between a row's `Modified` in the world and its appearance.
    pub(crate) fn visibility_delay(&self) -> Duration {
        let seconds = i64::try_from(self.visibility_delay_secs).ok();
        seconds.and_then(Duration::try_seconds).unwrap_or(Duration::MAX)
    }

    /// These modes with the changes of a JSON object; an unnamed or null mode stays.
    pub(crate) fn changed(&self, changes: &Value) -> Result<Self, ModeError> {
        if !changes.is_object() {
            return Err(ModeError(format!(
                "expected an object such as {{\"strip_plus\": true}}, got {changes}"
            )));
        }
        let changes =
            Changes::deserialize(changes).map_err(|error| ModeError(error.to_string()))?;
        let visibility_delay_secs =
            in_range("visibility_delay_secs", changes.visibility_delay_secs)?;
        let token_lifetime_secs = in_range("token_lifetime_secs", changes.token_lifetime_secs)?;
        Ok(Self {
            strip_plus: changes.strip_plus.unwrap_or(self.strip_plus),
            omit_optional: changes.omit_optional.unwrap_or(self.omit_optional),
            null_optional: changes.null_optional.unwrap_or(self.null_optional),
            unknown_fields: changes.unknown_fields.unwrap_or(self.unknown_fields),
            call_id_spelling: changes.call_id_spelling.unwrap_or(self.call_id_spelling),
            visibility_delay_secs: visibility_delay_secs.unwrap_or(self.visibility_delay_secs),
            closed_rows_read_only: changes
                .closed_rows_read_only
                .unwrap_or(self.closed_rows_read_only),
            change_tracking_expired: changes
                .change_tracking_expired
                .unwrap_or(self.change_tracking_expired),
            token_lifetime_secs: token_lifetime_secs.unwrap_or(self.token_lifetime_secs),
        })
    }
}

fn in_range(name: &str, seconds: Option<u64>) -> Result<Option<u64>, ModeError> {
    match seconds {
        Some(seconds) if seconds > LONGEST_SECS => {
            Err(ModeError(format!("{name} is {seconds}; expected at most {LONGEST_SECS}")))
        }
        other => Ok(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn unnamed_modes_stay_as_they_are() {
        let first = Modes::default().changed(&json!({"strip_plus": true})).unwrap();
        let second = first.changed(&json!({"visibility_delay_secs": 10})).unwrap();
        assert!(second.strip_plus);
        assert_eq!(second.visibility_delay_secs, 10);
        assert_eq!(second.token_lifetime_secs, 3599);
    }

    #[test]
    fn an_unknown_mode_is_refused_with_the_known_ones() {
        let error =
            Modes::default().changed(&json!({"strip_pluss": true})).unwrap_err().to_string();
        for name in serde_json::to_value(Modes::default()).unwrap().as_object().unwrap().keys() {
            assert!(error.contains(name.as_str()), "{error} does not name {name}");
        }
    }

    #[test]
    fn values_of_the_wrong_kind_are_refused() {
        for bad in [
            json!([]),
            json!({"strip_plus": "yes"}),
            json!({"call_id_spelling": "callid"}),
            json!({"visibility_delay_secs": -1}),
            json!({"token_lifetime_secs": u64::MAX}),
        ] {
            assert!(Modes::default().changed(&bad).is_err(), "{bad} was taken");
        }
    }
}
