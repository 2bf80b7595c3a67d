//! One planted fault: what it matches and what it does.

use http::{HeaderValue, Method};
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Target;
use crate::server::System;

/// Why faults were refused; none was added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("faults[{index}]: {problem}")]
pub struct FaultError {
    index: usize,
    problem: String,
}

/// What happens to a matching request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// An error answer; the request is not handled.
    Status,
    /// No answer until the client gives up; the request is not handled.
    Timeout,
    /// The connection is reset; the request is not handled.
    Reset,
    /// The request is handled; its answer breaks off half way.
    Truncate,
    /// The request is handled; the connection closes without an answer.
    DropAfterCommit,
    /// The request is handled; its answer trickles.
    Slow,
}

/// A fault as posted. Absent conditions match everything.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) system: Option<System>,
    /// In any case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) method: Option<String>,
    /// Looked for in path and query, as received and decoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) path_contains: Option<String>,
    /// Matches operations inside a batch instead of requests.
    #[serde(default)]
    pub(crate) inner: bool,
    pub(crate) kind: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    /// Seconds, or a date, sent as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) retry_after: Option<Value>,
    /// The vendor's error code, sent as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<Value>,
    /// Replaces the vendor's error body: text as it is, other JSON as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content_type: Option<String>,
    /// How long `timeout` holds on and `slow` takes; for the others a pause before the fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) delay_ms: Option<u64>,
    /// Matching requests that pass first.
    #[serde(default)]
    pub(crate) skip: u64,
    /// Matching requests that are hit after that.
    #[serde(default = "one")]
    pub(crate) count: u64,
}

fn one() -> u64 {
    1
}

impl Rule {
    /// Reads an array of rules, or one alone.
    pub(crate) fn read_all(rules: &Value) -> Result<Vec<Self>, FaultError> {
        let rules = match rules {
            Value::Array(rules) => rules.as_slice(),
            one => std::slice::from_ref(one),
        };
        rules
            .iter()
            .enumerate()
            .map(|(index, rule)| Self::read(rule).map_err(|problem| FaultError { index, problem }))
            .collect()
    }

    fn read(rule: &Value) -> Result<Self, String> {
        if !rule.is_object() {
            return Err(format!("expected an object with at least \"kind\", got {rule}"));
        }
        let rule = Self::deserialize(rule).map_err(|error| error.to_string())?;
        rule.check()?;
        Ok(rule)
    }

    fn check(&self) -> Result<(), String> {
        match (self.kind, self.status) {
            (Kind::Status, None) => {
                return Err("kind \"status\" needs a status, such as 503".to_owned());
            }
            (Kind::Status, Some(status)) if !(200..=599).contains(&status) => {
                return Err(format!("status is {status}; expected 200 to 599"));
            }
            (Kind::Status, Some(_)) | (_, None) => {}
            (_, Some(_)) => return Err("only kind \"status\" takes a status".to_owned()),
        }
        if self.count == 0 {
            return Err("count is 0; expected 1 or more (absent means 1)".to_owned());
        }
        if self.inner && self.kind != Kind::Status {
            return Err("inner goes with kind \"status\" only: a part of a batch shares its \
                        connection with the others"
                .to_owned());
        }
        if self.inner && self.system.is_some_and(|system| system != System::Dataverse) {
            return Err("inner goes with system \"dataverse\" only".to_owned());
        }
        self.check_header_values()
    }

    fn check_header_values(&self) -> Result<(), String> {
        let method = self.method.as_deref().map(|name| Method::from_bytes(name.as_bytes()));
        if let (Some(Err(_)), Some(name)) = (method, &self.method) {
            return Err(format!("method is {name:?}; expected a name such as \"POST\""));
        }
        if let Some(value) = &self.retry_after
            && header_value(value).is_none()
        {
            return Err(format!("retry_after is {value}; expected seconds or a date"));
        }
        if let Some(code) = &self.code
            && plain_text(code).is_none()
        {
            return Err(format!("code is {code}; expected text or a number"));
        }
        match &self.content_type {
            Some(name) if HeaderValue::from_str(name).is_err() => {
                Err(format!("content_type is {name:?}; expected a media type"))
            }
            _ => Ok(()),
        }
    }

    /// Whether it concerns a request, its counts aside.
    pub(crate) fn matches(&self, target: Target<'_>) -> bool {
        self.inner == target.inner
            && self.system.is_none_or(|system| system == target.system)
            && self
                .method
                .as_deref()
                .is_none_or(|method| method.eq_ignore_ascii_case(target.method.as_str()))
            && self.path_contains.as_deref().is_none_or(|text| path_contains(target.path, text))
    }
}

fn path_contains(path: &str, text: &str) -> bool {
    path.contains(text) || {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let whole = format!("{}?{}", decoded(path), decoded(&query.replace('+', " ")));
        whole.contains(text)
    }
}

/// Text as it is, a number in digits.
pub(super) fn plain_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

pub(super) fn header_value(value: &Value) -> Option<HeaderValue> {
    HeaderValue::from_str(&plain_text(value)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn refused(rule: Value, hint: &str) {
        let error = Rule::read_all(&json!([{"kind": "reset"}, rule])).unwrap_err().to_string();
        assert!(error.starts_with("faults[1]: "), "{error}");
        assert!(error.contains(hint), "{error}");
    }

    #[test]
    fn bad_rules_are_refused_with_what_is_allowed() {
        refused(json!({"kind": "explode"}), "`drop_after_commit`");
        refused(json!({}), "kind");
        refused(json!("reset"), "expected an object");
        refused(json!({"kind": "reset", "system": "azure"}), "`dataverse`");
        refused(json!({"kind": "reset", "statuses": 1}), "`path_contains`");
        refused(json!({"kind": "status"}), "needs a status");
        refused(json!({"kind": "status", "status": 42}), "200 to 599");
        refused(json!({"kind": "reset", "status": 500}), "only kind \"status\"");
        refused(json!({"kind": "reset", "count": 0}), "1 or more");
        refused(json!({"kind": "reset", "inner": true}), "inner");
        let enreach = json!({"kind": "status", "status": 500, "inner": true, "system": "enreach"});
        refused(enreach, "inner");
        refused(json!({"kind": "reset", "method": "P OST"}), "method");
        refused(json!({"kind": "status", "status": 500, "retry_after": "a\nb"}), "retry_after");
        refused(json!({"kind": "status", "status": 500, "code": {}}), "code");
        refused(json!({"kind": "status", "status": 500, "content_type": "a\r\nb"}), "media type");
    }

    #[test]
    fn conditions_are_met_by_path_and_query_raw_and_decoded() {
        let matches = |text: &str, path: &str| {
            let rule = json!({"kind": "reset", "path_contains": text});
            let target =
                Target { system: System::Enreach, method: &Method::GET, path, inner: false };
            Rule::read_all(&rule).unwrap()[0].matches(target)
        };
        let path = "/api/data/v9.2/contacts?%24filter=fullname+eq+%27A%20B%27";
        for text in ["contacts", "%24filter", "$filter=fullname eq 'A B'", "contacts?$filter"] {
            assert!(matches(text, path), "{text}");
        }
        assert!(!matches("accounts", path));
        assert!(matches(
            "StartTime=2025-03-04 08:00",
            "/enreach/calls?StartTime=2025-03-04+08%3A00"
        ));
    }

    #[test]
    fn a_rule_for_one_system_or_for_batch_parts_leaves_others_alone() {
        let check = |rule: Value, system, inner, expected: bool| {
            let target = Target { system, method: &Method::POST, path: "/x", inner };
            assert_eq!(Rule::read_all(&rule).unwrap()[0].matches(target), expected, "{rule}");
        };
        let dataverse = json!({"kind": "reset", "system": "dataverse"});
        check(dataverse.clone(), System::Dataverse, false, true);
        check(dataverse.clone(), System::Enreach, false, false);
        check(dataverse, System::Dataverse, true, false);
        let inner = json!({"kind": "status", "status": 400, "inner": true});
        check(inner.clone(), System::Dataverse, true, true);
        check(inner, System::Dataverse, false, false);
    }
}
