//! The error answer of a planted fault, in the shape of the system that it strikes.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::Rule;
use super::rule::{header_value, plain_text};
use crate::entra::{Entra, EntraError};
use crate::server::{Answer, System, json_answer};

/// What the client gets in place of a handled request.
pub(crate) fn error_answer(
    rule: &Rule,
    system: System,
    base_url: &str,
    now: DateTime<Utc>,
) -> Answer {
    let status = rule
        .status
        .and_then(|status| StatusCode::from_u16(status).ok())
        .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = match &rule.body {
        Some(body) => given_body(status, body),
        // What a bad token gets has no body, but shows the way to the tenant.
        None if is_plain_refusal(rule, system, status) => Entra::challenge(base_url),
        None => vendor_body(status, system, rule.code.as_ref(), now),
    };
    let headers = answer.headers_mut();
    if let Some(name) = rule.content_type.as_deref()
        && let Ok(name) = HeaderValue::from_str(name)
    {
        headers.insert(CONTENT_TYPE, name);
    }
    if let Some(value) = rule.retry_after.as_ref().and_then(header_value) {
        headers.insert(RETRY_AFTER, value);
    }
    if system == System::Dataverse {
        headers.insert("OData-Version", HeaderValue::from_static("4.0"));
    }
    answer
}

fn is_plain_refusal(rule: &Rule, system: System, status: StatusCode) -> bool {
    system == System::Dataverse && status == StatusCode::UNAUTHORIZED && rule.code.is_none()
}

fn given_body(status: StatusCode, body: &Value) -> Answer {
    let Value::String(text) = body else { return json_answer(status, body) };
    let media_type =
        if text.trim_start().starts_with('<') { "text/html" } else { "application/json" };
    let mut answer = Answer::new(Bytes::from(text.clone()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    answer
}

fn vendor_body(
    status: StatusCode,
    system: System,
    code: Option<&Value>,
    now: DateTime<Utc>,
) -> Answer {
    match system {
        System::Dataverse => {
            let given = code.and_then(plain_text);
            let code = given.unwrap_or_else(|| dataverse_code(status).to_owned());
            let message = dataverse_message(&code);
            json_answer(status, &json!({"error": {"code": code, "message": message}}))
        }
        System::Enreach => {
            let code = code.cloned().unwrap_or_else(|| status.as_u16().into());
            let message = status.canonical_reason().unwrap_or("Error");
            json_answer(status, &json!({"ErrorCode": code, "Message": message}))
        }
        System::Entra => {
            let code = code.and_then(plain_text).and_then(|code| code.parse().ok());
            EntraError::planted(status, code).answer(now)
        }
    }
}

/// The code that goes with a status when none is given (Dataverse reference, section 8.3).
fn dataverse_code(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 => "0x80040203",
        401 => "0x8004a101",
        403 => "0x80040220",
        404 => "0x80040217",
        412 => "0x80060882",
        429 => "0x80072322",
        500 => "0x80040216",
        503 => "0x8004a001",
        _ => "0x0",
    }
}

/// The text that goes with a code in hexadecimal or signed decimal form (Dataverse reference,
/// sections 7.1 and 8.3).
fn dataverse_message(code: &str) -> &'static str {
    match unsigned_code(code) {
        Some(0x8007_2322) => {
            "Number of requests exceeded the limit of 6000 over time window of 300 seconds."
        }
        Some(0x8007_2321) => {
            "Combined execution time of incoming requests exceeded limit of 1,200,000 milliseconds \
             over time window of 300 seconds. Decrease number of concurrent requests or reduce the \
             duration of requests and try again later."
        }
        Some(0x8007_2326) => "Number of concurrent requests exceeded the limit of 52.",
        Some(0x8007_1151) => {
            "Cannot start the requested operation [EntityCustomization] because there is another \
             [EntityCustomization] running at this moment."
        }
        Some(0x8004_4150) => "Generic SQL error.",
        Some(0x8004_4151) => "SQL timeout expired.",
        Some(0x8004_a001) => "Server is too busy.",
        Some(0x8004_a101) => "The ticket has expired.",
        Some(0x8004_0216) => "An unexpected error occurred.",
        Some(0x8004_0217) => "The object does not exist.",
        Some(0x8004_0220) => "The caller lacks a privilege.",
        Some(0x8004_0237) => "A record with matching key values already exists.",
        Some(0x8006_0882) => "The version of the existing record doesn't match the one given.",
        _ => "A planted fault.",
    }
}

fn unsigned_code(code: &str) -> Option<u32> {
    match code.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => code.parse::<i32>().ok().map(i32::cast_unsigned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(rule: &Value, system: System) -> (Answer, Value) {
        let rule = Rule::read_all(rule).unwrap().remove(0);
        let answer = error_answer(&rule, system, "http://a", DateTime::UNIX_EPOCH);
        let body = serde_json::from_slice(answer.body()).unwrap_or(Value::Null);
        (answer, body)
    }

    #[test]
    fn a_dataverse_code_keeps_its_form_and_gets_its_text() {
        for code in ["0x80072321", "-2147015903"] {
            let rule = json!({"kind": "status", "status": 429, "code": code, "retry_after": 2});
            let (answer, body) = answer(&rule, System::Dataverse);
            assert_eq!(answer.status(), 429);
            assert_eq!(answer.headers()[RETRY_AFTER], "2");
            assert_eq!(body["error"]["code"], code);
            assert!(body["error"]["message"].as_str().unwrap().starts_with("Combined execution"));
        }
    }

    #[test]
    fn each_system_gets_its_own_shape() {
        let rule = json!({"kind": "status", "status": 503});
        assert_eq!(answer(&rule, System::Dataverse).1["error"]["code"], "0x8004a001");
        assert_eq!(answer(&rule, System::Enreach).1["ErrorCode"], 503);
        assert_eq!(answer(&rule, System::Entra).1["error"], "temporarily_unavailable");
    }

    #[test]
    fn a_dataverse_refusal_points_to_the_tenant_unless_a_code_is_given() {
        let plain = json!({"kind": "status", "status": 401});
        let (plain, _) = answer(&plain, System::Dataverse);
        let challenge = plain.headers()["www-authenticate"].to_str().unwrap();
        assert!(challenge.contains("resource_id=http://a/"), "{challenge}");
        assert!(plain.body().is_empty());
        let coded = json!({"kind": "status", "status": 401, "code": "0x80072560"});
        assert_eq!(answer(&coded, System::Dataverse).1["error"]["code"], "0x80072560");
    }

    #[test]
    fn a_given_body_is_sent_as_it_is() {
        let page = json!({"kind": "status", "status": 502, "body": "<html>Bad gateway</html>"});
        let (page, _) = answer(&page, System::Dataverse);
        assert_eq!(page.headers()[CONTENT_TYPE], "text/html");
        assert_eq!(page.body().as_ref(), b"<html>Bad gateway</html>");
        let object =
            json!({"kind": "status", "status": 400, "body": {"a": 1}, "content_type": "x/y"});
        let (object, body) = answer(&object, System::Enreach);
        assert_eq!(object.headers()[CONTENT_TYPE], "x/y");
        assert_eq!(body, json!({"a": 1}));
    }
}
