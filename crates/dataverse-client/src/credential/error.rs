//! Why there is no access token, in words, and what to do about it.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use voice_model::ErrorClass;

/// Longest part of an outside text that is shown, in characters.
const DETAIL_CHARS: usize = 300;

/// A credential that gave no access token. Never holds a secret.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}; {hint}")]
pub struct CredentialError {
    /// Entra's error number: the digits after `AADSTS`, such as 7000215.
    pub code: Option<u32>,
    /// What happened.
    pub message: String,
    /// What to do.
    pub hint: String,
    class: ErrorClass,
    #[source]
    source: Option<Arc<http_kit::Error>>,
}

impl CredentialError {
    /// What it means for the caller.
    pub fn class(&self) -> ErrorClass {
        self.class
    }

    /// Something in the set-up is wrong: a person has to act.
    pub(crate) fn set_up(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(None, message.into(), hint.into(), ErrorClass::Auth)
    }

    /// The token endpoint could not be asked.
    pub(crate) fn unreachable(endpoint: &str, source: Arc<http_kit::Error>) -> Self {
        let class = if source.class().is_passing() { source.class() } else { ErrorClass::Auth };
        let message = format!("the token endpoint {endpoint} could not be asked");
        let hint = "check the network and the authority host".to_owned();
        Self { source: Some(source), ..Self::new(None, message, hint, class) }
    }

    fn new(code: Option<u32>, message: String, hint: String, class: ErrorClass) -> Self {
        Self { code, message, hint, class, source: None }
    }

    /// The token endpoint answered with an error.
    pub(crate) fn refused(
        endpoint: &str,
        status: u16,
        retry_after: Option<Duration>,
        body: &[u8],
    ) -> Self {
        let answer: EntraError = serde_json::from_slice(body).unwrap_or_default();
        let code = answer.code();
        if let Some(known) = code.and_then(known) {
            let code = code.unwrap_or_default();
            let message = format!("{} (AADSTS{code})", known.message);
            return Self::new(Some(code), message, known.hint.to_owned(), known.class);
        }
        let said = shorten(first_line(&answer.error_description));
        let said = if said.is_empty() { answer.error.clone() } else { said };
        let separator = if said.is_empty() { "" } else { ": " };
        Self::new(
            code,
            format!("the token endpoint {endpoint} answered HTTP {status}{separator}{said}"),
            "check tenant id, client id and authority host".to_owned(),
            class_of(status, retry_after, &answer.error),
        )
    }

    /// The token endpoint answered with something that is no token.
    pub(crate) fn unreadable(endpoint: &str) -> Self {
        Self::new(
            None,
            format!("the token endpoint {endpoint} sent no token that can be read"),
            "check that the authority host is Entra's and that no proxy answers for it".to_owned(),
            ErrorClass::Transient,
        )
    }
}

/// The error body of the token endpoint (reference, section 1.2).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct EntraError {
    error: String,
    error_description: String,
    error_codes: Vec<u32>,
}

impl EntraError {
    fn code(&self) -> Option<u32> {
        self.error_codes.first().copied().or_else(|| {
            let digits = self.error_description.strip_prefix("AADSTS")?;
            let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
            digits[..end].parse().ok()
        })
    }
}

struct Known {
    message: &'static str,
    hint: &'static str,
    class: ErrorClass,
}

/// Reference, section 1.2, and Microsoft's list of AADSTS codes.
fn known(code: u32) -> Option<Known> {
    let (message, hint) = match code {
        7_000_215 => (
            "the client secret is wrong",
            "put the value of the secret, not its id, into client_secret",
        ),
        7_000_222 => (
            "the client secret has expired",
            "make a new secret for the app registration and put it into client_secret",
        ),
        700_016 => (
            "the application is unknown in the tenant",
            "check client_id and tenant_id against the app registration",
        ),
        90_002 => ("the tenant is unknown", "check tenant_id and authority_host"),
        900_023 => ("the tenant id is malformed", "tenant_id is a GUID or a domain name"),
        500_011 => (
            "the Dynamics environment is unknown in the tenant",
            "check the environment's URL, and that tenant_id is the tenant that it belongs to",
        ),
        7_000_112 => (
            "the application is disabled in the tenant",
            "enable its enterprise application in Entra",
        ),
        53_003 => (
            "a conditional access policy blocks the application",
            "exclude the application from the policy",
        ),
        700_024 => (
            "the federated token is outside of its validity",
            "check the clock and the service account token of the pod",
        ),
        70_021 | 700_213 => (
            "no federated credential matches the service account",
            "check issuer and subject of the app registration's federated credential",
        ),
        90_033 | 90_012 => {
            return Some(Known {
                message: "Entra is unavailable for a moment",
                hint: "it is tried again",
                class: ErrorClass::Transient,
            });
        }
        90_055 | 50_196 => {
            return Some(Known {
                message: "Entra throttles token requests",
                hint: "it is tried again later",
                class: ErrorClass::Throttled { retry_after: None },
            });
        }
        _ => return None,
    };
    Some(Known { message, hint, class: ErrorClass::Auth })
}

/// 410 is how a virtual machine's endpoint says that it is being updated.
fn class_of(status: u16, retry_after: Option<Duration>, error: &str) -> ErrorClass {
    match status {
        429 => ErrorClass::Throttled { retry_after },
        408 | 410 | 500..=599 => ErrorClass::Transient,
        _ if error == "temporarily_unavailable" => ErrorClass::Transient,
        _ => ErrorClass::Auth,
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default().trim()
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(DETAIL_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDPOINT: &str = "https://login.microsoftonline.com";

    fn refused(status: u16, body: &str) -> CredentialError {
        CredentialError::refused(ENDPOINT, status, None, body.as_bytes())
    }

    #[test]
    fn what_entra_refuses_is_said_in_words_with_what_to_do() {
        for (code, part) in [
            (7_000_215, "client secret is wrong"),
            (7_000_222, "secret has expired"),
            (700_016, "application is unknown"),
            (90_002, "tenant is unknown"),
            (500_011, "environment is unknown"),
        ] {
            let error = refused(
                401,
                &format!(
                    r#"{{"error":"invalid_client","error_description":"AADSTS{code}: No.","error_codes":[{code}]}}"#
                ),
            );
            assert_eq!(error.code, Some(code));
            assert!(error.to_string().contains(part), "{error}");
            assert!(error.to_string().contains(&format!("(AADSTS{code})")), "{error}");
            assert!(!error.hint.is_empty());
            assert_eq!(error.class(), ErrorClass::Auth);
        }
    }

    #[test]
    fn the_number_is_read_from_the_text_when_the_list_lacks() {
        let error = refused(400, r#"{"error_description":"AADSTS90002: Tenant 'x' not found."}"#);
        assert_eq!(error.code, Some(90_002));
    }

    #[test]
    fn an_unknown_refusal_keeps_what_entra_said() {
        let error = refused(
            400,
            r#"{"error":"invalid_request","error_description":"AADSTS900144: The body.\r\nTrace ID: 1"}"#,
        );
        assert_eq!(error.code, Some(900_144));
        assert!(error.message.ends_with("HTTP 400: AADSTS900144: The body."), "{}", error.message);
        assert_eq!(error.class(), ErrorClass::Auth);
    }

    #[test]
    fn passing_trouble_is_told_from_a_refusal() {
        assert_eq!(refused(503, "<html>").class(), ErrorClass::Transient);
        assert_eq!(refused(429, "").class(), ErrorClass::Throttled { retry_after: None });
        assert_eq!(refused(404, "<html>").class(), ErrorClass::Auth);
        assert_eq!(
            refused(400, r#"{"error":"temporarily_unavailable"}"#).class(),
            ErrorClass::Transient
        );
    }
}
