//! Bodies of writes: JSON objects whose members have documented names.
//!
//! Names are read in any case, as those of query parameters. A name that no document gives is
//! refused: the reference does not say what the service does, and a client that misspells one should
//! learn of it here.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::failure::Failure;
use super::instant;

/// The members of a body under their documented names.
#[derive(Debug)]
pub(super) struct Body(Map<String, Value>);

impl Body {
    /// Reads a body that may have these members.
    pub(super) fn read(body: &[u8], documented: &[&'static str]) -> Result<Self, Failure> {
        let given: Map<String, Value> = serde_json::from_slice(body)
            .map_err(|error| Failure::bad_request(format!("expected a JSON object: {error}")))?;
        let mut members = Map::new();
        for (name, value) in given {
            let known = documented.iter().find(|known| known.eq_ignore_ascii_case(&name));
            let known = known.ok_or_else(|| {
                let all = documented.join(", ");
                Failure::bad_request(format!("{name} is unknown; expected some of {all}"))
            })?;
            members.insert((*known).to_owned(), value);
        }
        Ok(Self(members))
    }

    /// Whether a member is there, null included.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A member as it is; absent and null are the same.
    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A text, if there.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, Failure> {
        let wrong =
            |value: &Value| Failure::bad_request(format!("{name} is {value}; expected text"));
        self.value(name).map(|value| value.as_str().ok_or_else(|| wrong(value))).transpose()
    }

    /// A text that must be there and not be blank.
    pub(super) fn required_text(&self, name: &str) -> Result<&str, Failure> {
        self.text(name)?
            .filter(|text| !text.trim().is_empty())
            .ok_or_else(|| Failure::bad_request(format!("{name} is required")))
    }

    /// A whole number, if there.
    pub(super) fn number(&self, name: &str) -> Result<Option<i64>, Failure> {
        let wrong = |value: &Value| {
            Failure::bad_request(format!("{name} is {value}; expected a whole number"))
        };
        self.value(name).map(|value| value.as_i64().ok_or_else(|| wrong(value))).transpose()
    }

    /// A truth value, false if not there.
    pub(super) fn flag(&self, name: &str) -> Result<bool, Failure> {
        match self.value(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(other) => {
                Err(Failure::bad_request(format!("{name} is {other}; expected true or false")))
            }
        }
    }

    /// An id, if there.
    pub(super) fn guid(&self, name: &str) -> Result<Option<Uuid>, Failure> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let wrong = |_| Failure::bad_request(format!("{name} is {text:?}; expected a GUID"));
        text.parse().map(Some).map_err(wrong)
    }

    /// An instant, if there.
    pub(super) fn instant(&self, name: &str) -> Result<Option<DateTime<Utc>>, Failure> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        instant::parse(text).map(Some).ok_or_else(|| {
            Failure::bad_request(format!(
                "{name} is {text:?}; expected an instant such as 2025-03-04T08:15:30Z"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found_under_their_documented_names() {
        let body = Body::read(
            br#"{"number":"+1","FORCE":true,"Note":null}"#,
            &["Number", "Force", "Note"],
        );
        let body = body.unwrap();
        assert_eq!(body.text("Number").unwrap(), Some("+1"));
        assert!(body.flag("Force").unwrap());
        assert!(body.has("Note") && body.value("Note").is_none());
        assert!(!body.has("State"));
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let told = |result: Result<Body, Failure>| format!("{:?}", result.unwrap_err());
        assert!(told(Body::read(b"[1]", &["A"])).contains("JSON object"));
        assert!(
            told(Body::read(br#"{"B":1}"#, &["A"])).contains("B is unknown; expected some of A")
        );
        let body = Body::read(br#"{"A":[],"B":" "}"#, &["A", "B", "C"]).unwrap();
        assert!(body.text("A").is_err() && body.number("A").is_err());
        assert!(body.guid("B").is_err() && body.instant("B").is_err() && body.flag("A").is_err());
        assert!(body.required_text("B").is_err() && body.required_text("C").is_err());
    }
}
