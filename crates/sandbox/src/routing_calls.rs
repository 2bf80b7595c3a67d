//! The caller of smart routing (Enreach reference, section 9.1): asks as the platform asks during a
//! call, and tells where the call would go.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::identity::ENREACH_ORGANIZATION_ID;
use crate::outbound::{self, Lost, Reply, Target};

/// How long the platform waits by default.
const TIMEOUT_MS: u64 = 5_000;
/// How many outcomes are remembered.
const CAPACITY: usize = 10_000;

/// Outcomes, oldest first.
#[derive(Debug, Default)]
pub(crate) struct RoutingCalls(Mutex<VecDeque<Value>>);

/// A question to be asked.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    target: Target,
    headers: HeaderMap,
    body: Value,
    timeout: Duration,
}

/// As it is posted.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    url: String,
    api_key: Option<String>,
    basic_user: Option<String>,
    basic_password: Option<String>,
    anum: String,
    bnum: String,
    targetid: Option<String>,
    extradata: Option<Map<String, Value>>,
    timeout_ms: Option<u64>,
}

impl Question {
    /// Reads `{"url", "api_key", "anum", "bnum", "targetid", "extradata"}`. `extradata` adds to what
    /// the platform always sends.
    pub(crate) fn read(question: &Value) -> Result<Self, String> {
        let asked = Asked::deserialize(question).map_err(|error| error.to_string())?;
        let mut headers = HeaderMap::new();
        let secret = |text: String| {
            let value = HeaderValue::try_from(text);
            let mut value = value.map_err(|_| "the key cannot be sent in a header".to_owned())?;
            value.set_sensitive(true);
            Ok::<_, String>(value)
        };
        if let Some(key) = asked.api_key {
            headers.insert("X-Benemen-APIKey", secret(key)?);
        }
        if let Some(user) = asked.basic_user {
            let password = asked.basic_password.unwrap_or_default();
            let encoded = STANDARD.encode(format!("{user}:{password}"));
            headers.insert(AUTHORIZATION, secret(format!("Basic {encoded}"))?);
        }
        let timeout = asked.timeout_ms.unwrap_or(TIMEOUT_MS);
        if timeout > TIMEOUT_MS {
            return Err(format!("timeout_ms is {timeout}; expected at most {TIMEOUT_MS}"));
        }
        let mut body = json!({"anum": asked.anum, "bnum": asked.bnum});
        if let Some(target) = asked.targetid {
            body["targetid"] = target.into();
        }
        body["extradata"] =
            extra_data(asked.extradata.unwrap_or_default(), &asked.anum, &asked.bnum);
        Ok(Self {
            target: Target::read(&asked.url)?,
            headers,
            body,
            timeout: Duration::from_millis(timeout),
        })
    }

    async fn ask(&self) -> Value {
        let start = Instant::now();
        let body = Bytes::from(self.body.to_string());
        let answer = outbound::post(&self.target, self.headers.clone(), body, self.timeout).await;
        let elapsed = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        let status = answer.as_ref().ok().map(|reply| reply.status.as_u16());
        let mut told = match self.judge(answer) {
            Ok(instruction) => json!({
                "outcome": "redirected", "target": instruction["InitialTarget"],
                "instruction": instruction,
            }),
            Err(reason) => json!({"outcome": "default routing", "reason": reason}),
        };
        if told["reason"] == LOOP {
            told["error"] = "loop".into();
        }
        for (name, value) in [
            ("url", self.target.as_str().into()),
            ("anum", self.body["anum"].clone()),
            ("bnum", self.body["bnum"].clone()),
            ("status", status.into()),
            ("elapsed_ms", elapsed.into()),
        ] {
            told[name] = value;
        }
        told
    }

    /// The instruction to follow, or why the call goes its usual way.
    fn judge(&self, answer: Result<Reply, Lost>) -> Result<Value, String> {
        let reply = answer.map_err(|lost| match lost {
            Lost::Timeout => format!("no answer within {} ms", self.timeout.as_millis()),
            Lost::Connection(error) => format!("no answer: {error}"),
        })?;
        match reply.status {
            StatusCode::OK => {}
            StatusCode::NO_CONTENT => return Err("204: nothing differs".to_owned()),
            other => return Err(format!("status {}", other.as_u16())),
        }
        let instruction: Map<String, Value> = serde_json::from_slice(&reply.body)
            .map_err(|error| format!("the body is not a JSON object: {error}"))?;
        let target = match instruction.get("InitialTarget") {
            None | Some(Value::Null) => return Err("InitialTarget is missing".to_owned()),
            Some(Value::String(target)) if target.trim().is_empty() => {
                return Err("InitialTarget is empty".to_owned());
            }
            Some(Value::String(target)) => target,
            Some(other) => return Err(format!("InitialTarget is {other}; expected text")),
        };
        let called = self.body["bnum"].as_str().unwrap_or_default();
        if is_same_number(target, called) { Err(LOOP.to_owned()) } else { Ok(instruction.into()) }
    }
}

/// What the platform would turn in circles on.
const LOOP: &str = "InitialTarget is the number that was called";

/// Two texts of digits that are the same but for their prefix sign and blanks.
fn is_same_number(target: &str, called: &str) -> bool {
    let plain = |text: &str| -> String {
        text.chars().filter(|letter| !"+ -()".contains(*letter)).collect()
    };
    plain(target) == plain(called)
}

/// What goes along with every question; what was given wins.
fn extra_data(given: Map<String, Value>, anum: &str, bnum: &str) -> Value {
    let id = |kind: &str| {
        Uuid::new_v5(&ENREACH_ORGANIZATION_ID, format!("{kind}|{anum}|{bnum}").as_bytes())
    };
    let mut extra = json!({
        "CallId": id("call"),
        "LegId": format!("{}@198.51.100.7_br1", id("leg").simple()),
        "CurrQueueId": "",
        "CurrUserId": "",
        "IsInternalCaller": false,
    });
    if let Value::Object(fields) = &mut extra {
        fields.extend(given);
    }
    extra
}

impl RoutingCalls {
    /// Asks, and remembers and gives the outcome.
    pub(crate) async fn ask(&self, question: &Question) -> Value {
        let outcome = question.ask().await;
        let mut outcomes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if outcomes.len() == CAPACITY {
            outcomes.pop_front();
        }
        outcomes.push_back(outcome.clone());
        outcome
    }

    /// What was remembered.
    pub(crate) fn outcomes(&self) -> Vec<Value> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Forgets it.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question() -> Question {
        Question::read(&json!({
            "url": "http://127.0.0.1:9/", "anum": "+358501231234", "bnum": "+4612312345",
            "extradata": {"CurrQueueId": "q", "DYN_PAR_Culture": "en-GB"},
        }))
        .unwrap()
    }

    #[track_caller]
    fn check(status: u16, body: &str, expected: Result<&str, &str>) {
        let reply = Reply {
            status: StatusCode::from_u16(status).unwrap(),
            body: Bytes::copy_from_slice(body.as_bytes()),
        };
        let judged = question().judge(Ok(reply));
        match (judged, expected) {
            (Ok(instruction), Ok(target)) => assert_eq!(instruction["InitialTarget"], target),
            (Err(reason), Err(part)) => assert!(reason.contains(part), "{reason}"),
            (judged, expected) => panic!("{judged:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn only_a_useful_instruction_redirects() {
        check(200, r#"{"InitialTarget":"+35853445657"}"#, Ok("+35853445657"));
        check(200, r#"{"InitialTarget":"DISCONNECT:","TextToSpeech":[]}"#, Ok("DISCONNECT:"));
        check(204, "", Err("204"));
        check(401, "", Err("status 401"));
        check(500, r#"{"InitialTarget":"+1"}"#, Err("status 500"));
        check(200, "+35853445657", Err("not a JSON object"));
        check(200, "{}", Err("missing"));
        check(200, r#"{"InitialTarget":" "}"#, Err("empty"));
        check(200, r#"{"InitialTarget":7}"#, Err("expected text"));
        check(200, r#"{"InitialTarget":"+46 123-12345"}"#, Err(LOOP));
    }

    #[test]
    fn extra_data_adds_to_what_the_platform_sends() {
        let extra = &question().body["extradata"];
        assert_eq!(extra["CurrQueueId"], "q");
        assert_eq!(extra["DYN_PAR_Culture"], "en-GB");
        assert_eq!(extra["IsInternalCaller"], false);
        assert!(extra["CallId"].is_string() && extra["LegId"].is_string());
    }

    #[test]
    fn keys_are_never_shown() {
        let question = json!({
            "url": "http://127.0.0.1:9/", "anum": "1", "bnum": "2", "api_key": "s3cret",
            "basic_user": "u", "basic_password": "hidden",
        });
        let shown = format!("{:?}", Question::read(&question).unwrap());
        assert!(
            !shown.contains("s3cret") && !shown.contains(&STANDARD.encode("u:hidden")),
            "{shown}"
        );
    }
}
