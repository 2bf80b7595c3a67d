//! Rows on the wire: dates for the client's serializer, and the changes that modes ask for.

use serde_json::{Map, Value, json};

use super::collection::Collection;
use super::instant;
use crate::modes::{CallIdSpelling, Modes};
use crate::server::Received;

/// How the rows of a resource are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rendering {
    /// Fields that a client can do without.
    optional: &'static [&'static str],
}

impl Rendering {
    /// Of a collection of the world.
    pub(super) fn new(collection: Collection) -> Self {
        Self::of(collection.optional())
    }

    /// Of rows that can do without these fields.
    pub(super) const fn of(optional: &'static [&'static str]) -> Self {
        Self { optional }
    }

    /// A row as an answer to a request. Clients that do not name the new serializer get the old
    /// dates.
    pub(super) fn row(self, row: Map<String, Value>, modes: &Modes, received: &Received) -> Value {
        let serializer = received.header("X-Json-Serializer").map(str::trim);
        self.write(row, modes, serializer != Some("2"))
    }

    fn write(self, mut row: Map<String, Value>, modes: &Modes, legacy_dates: bool) -> Value {
        spell_call_id(&mut row, modes.call_id_spelling);
        if modes.null_optional {
            self.set_optional_null(&mut row);
        }
        if modes.omit_optional {
            self.drop_optional(&mut row);
        }
        if modes.unknown_fields {
            row.insert("SandboxUnknownText".to_owned(), "unheard of".into());
            row.insert(
                "SandboxUnknownObject".to_owned(),
                json!({"Nested": [1, null, {"A": true}]}),
            );
        }
        let mut row = Value::Object(row);
        rewrite_text(&mut row, modes.strip_plus, legacy_dates);
        row
    }

    /// `TimeStamp` repeats `StartTime`; it may only go where that is present.
    fn is_optional(self, row: &Map<String, Value>, name: &str) -> bool {
        self.optional.contains(&name)
            && (name != "TimeStamp" || row.get("StartTime").is_some_and(Value::is_string))
    }

    fn set_optional_null(self, row: &mut Map<String, Value>) {
        for name in self.optional {
            if self.is_optional(row, name) {
                row.insert((*name).to_owned(), Value::Null);
            }
        }
    }

    /// Drops optional fields, and every null except `EndTime`: null there says that the call still
    /// runs.
    fn drop_optional(self, row: &mut Map<String, Value>) {
        let whole = row.clone();
        row.retain(|name, value| {
            !self.is_optional(&whole, name) && (!value.is_null() || name == "EndTime")
        });
    }
}

fn rewrite_text(value: &mut Value, strip_plus: bool, legacy_dates: bool) {
    match value {
        Value::String(text) => {
            if let Some(instant) = instant::parse_in_row(text) {
                let written = if legacy_dates { instant::legacy } else { instant::iso };
                *text = written(instant);
            } else if strip_plus && is_number_with_plus(text) {
                text.remove(0);
            }
        }
        Value::Array(items) => {
            items.iter_mut().for_each(|item| rewrite_text(item, strip_plus, legacy_dates));
        }
        Value::Object(fields) => {
            fields.values_mut().for_each(|field| rewrite_text(field, strip_plus, legacy_dates));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The members of an object.
pub(super) fn fields(object: Value) -> Map<String, Value> {
    match object {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

fn is_number_with_plus(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn spell_call_id(row: &mut Map<String, Value>, spelling: CallIdSpelling) {
    let (documented, other) = ("CallId", "CallID");
    match spelling {
        // A world may itself use the other spelling, to plant a single row that does.
        CallIdSpelling::CallId => {}
        CallIdSpelling::CallIdUpper => {
            if let Some(id) = row.remove(documented) {
                row.insert(other.to_owned(), id);
            }
        }
        CallIdSpelling::Both => {
            if let Some(id) = row.get(documented).or_else(|| row.get(other)).cloned() {
                row.insert(documented.to_owned(), id.clone());
                row.insert(other.to_owned(), id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(row: Value, modes: Value, serializer: Option<&str>) -> Value {
        let Value::Object(row) = row else { panic!("not a row") };
        let modes = Modes::default().changed(&modes).unwrap();
        Rendering::new(Collection::Calls).write(row, &modes, serializer != Some("2"))
    }

    #[track_caller]
    fn check(modes: Value, row: Value, expected: Value) {
        assert_eq!(rendered(row, modes, Some("2")), expected);
    }

    #[test]
    fn dates_follow_the_serializer_everywhere_in_a_row() {
        let row =
            json!({"EndTime": "2025-10-28T13:57:03.400Z", "A": [{"T": "2025-10-28T13:57:03Z"}]});
        let new = rendered(row.clone(), json!({}), Some("2"));
        assert_eq!(new["EndTime"], "2025-10-28T13:57:03.4Z");
        for serializer in [None, Some("1")] {
            let old = rendered(row.clone(), json!({}), serializer);
            assert_eq!(old["EndTime"], "/Date(1761659823400)/");
            assert_eq!(old["A"][0]["T"], "/Date(1761659823000)/");
        }
    }

    #[test]
    fn numbers_lose_their_plus_and_other_text_keeps_it() {
        check(
            json!({"strip_plus": true}),
            json!({"ANum": "+358401112233", "Numbers": ["+4612"], "Note": "+1 for that", "B": "+"}),
            json!({"ANum": "358401112233", "Numbers": ["4612"], "Note": "+1 for that", "B": "+"}),
        );
    }

    #[test]
    fn optional_fields_can_be_null_or_absent() {
        let row = json!({
            "Id": "1", "StartTime": "2025-03-04T08:15:30Z", "TimeStamp": "2025-03-04T08:15:30Z",
            "EndTime": null, "QueueId": null, "Privacy": "Work", "UserName": "a", "CallLegId": "x",
            "CallTypeString": "DirectCall", "RecordingIds": [], "TranscriptIds": [],
        });
        check(
            json!({"omit_optional": true}),
            row.clone(),
            json!({"Id": "1", "StartTime": "2025-03-04T08:15:30Z", "EndTime": null, "Privacy": "Work"}),
        );
        let nulls = rendered(row, json!({"null_optional": true}), Some("2"));
        assert_eq!(nulls["UserName"], Value::Null);
        assert_eq!(nulls["TimeStamp"], Value::Null);
        assert_eq!(nulls["Privacy"], "Work");
    }

    #[test]
    fn the_only_start_of_a_row_is_never_left_out() {
        let row = json!({"TimeStamp": "2025-03-04T08:15:30Z"});
        check(json!({"omit_optional": true, "null_optional": true}), row.clone(), row);
    }

    #[test]
    fn the_call_id_is_spelt_as_asked() {
        let row = json!({"CallId": "7"});
        check(json!({}), row.clone(), json!({"CallId": "7"}));
        check(json!({"call_id_spelling": "CallID"}), row.clone(), json!({"CallID": "7"}));
        check(json!({"call_id_spelling": "both"}), row, json!({"CallId": "7", "CallID": "7"}));
    }

    #[test]
    fn unknown_fields_come_on_top() {
        let row = rendered(json!({"Id": "1"}), json!({"unknown_fields": true}), Some("2"));
        assert_eq!(row["Id"], "1");
        assert_eq!(row["SandboxUnknownText"], "unheard of");
    }
}
