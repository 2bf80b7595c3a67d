//! The control API: how tests and people steer the sandbox (design, section 9). Its requests are
//! neither logged nor delayed nor struck by faults.

mod outgoing;

use std::sync::Arc;

use http::header::ALLOW;
use http::{HeaderValue, Method, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use crate::server::{Answer, CONTROL_PREFIX, Received, below, json_answer};
use crate::simulators::Simulators;

/// Every path with its methods.
const PATHS: [(&str, &str); 8] = [
    ("/world", "POST"),
    ("/reset", "POST"),
    ("/faults", "GET, POST, DELETE"),
    ("/modes", "GET, POST"),
    ("/requests", "GET"),
    ("/webhooks", "GET, POST"),
    ("/webhooks/subscriptions", "GET, POST, DELETE"),
    ("/routing-calls", "GET, POST"),
];

/// Why a control request was refused.
#[derive(Debug)]
struct Refusal {
    status: StatusCode,
    problem: String,
}

impl Refusal {
    fn new(status: StatusCode, problem: impl Into<String>) -> Self {
        Self { status, problem: problem.into() }
    }

    fn bad_request(problem: impl ToString) -> Self {
        Self::new(StatusCode::BAD_REQUEST, problem.to_string())
    }
}

/// Answers a control request.
pub(crate) async fn answer(simulators: Arc<Simulators>, received: Received) -> Answer {
    let path = below(&received.path, CONTROL_PREFIX).unwrap_or_default().trim_end_matches('/');
    let done = match (&received.method, path) {
        (&Method::POST, "/world") => world(simulators, received).await,
        (&Method::POST, "/reset") => {
            simulators.reset();
            done(&json!({"reset": true}))
        }
        (&Method::GET, "/faults") => done(&simulators.faults.list()),
        (&Method::POST, "/faults") => add_faults(&simulators, &received),
        (&Method::DELETE, "/faults") => {
            simulators.faults.clear();
            done(&simulators.faults.list())
        }
        (&Method::GET, "/modes") => done(&simulators.modes()),
        (&Method::POST, "/modes") => change_modes(&simulators, &received),
        (&Method::GET, "/requests") => requests(&simulators, &received),
        (_, "/webhooks" | "/webhooks/subscriptions" | "/routing-calls") => {
            match outgoing::answer(&simulators, &received, path).await {
                Some(done) => done,
                None => return not_served(path),
            }
        }
        (_, path) => return not_served(path),
    };
    done.unwrap_or_else(|Refusal { status, problem }| {
        json_answer(status, &json!({"error": problem}))
    })
}

fn done(body: &impl Serialize) -> Result<Answer, Refusal> {
    Ok(json_answer(StatusCode::OK, body))
}

async fn world(simulators: Arc<Simulators>, received: Received) -> Result<Answer, Refusal> {
    // A large world takes seconds, which must not hold up other requests.
    let loaded = tokio::task::spawn_blocking(move || {
        simulators.load_world(parsed(&received)?).map_err(Refusal::bad_request)
    });
    let summary = loaded.await.unwrap_or_else(|error| {
        tracing::error!(%error, "loading a world failed");
        let problem = "loading the world failed; the sandbox's log says where";
        Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, problem))
    })?;
    done(&summary)
}

fn add_faults(simulators: &Simulators, received: &Received) -> Result<Answer, Refusal> {
    simulators.faults.add(&parsed(received)?).map_err(Refusal::bad_request)?;
    done(&simulators.faults.list())
}

fn change_modes(simulators: &Simulators, received: &Received) -> Result<Answer, Refusal> {
    done(&simulators.change_modes(&parsed(received)?).map_err(Refusal::bad_request)?)
}

fn requests(simulators: &Simulators, received: &Received) -> Result<Answer, Refusal> {
    let since = received.parameter("since").unwrap_or_else(|| "0".to_owned());
    let since = since.parse().map_err(|_| {
        Refusal::bad_request(format!("since is {since:?}; expected a number, 0 or more"))
    })?;
    done(&simulators.log.since(since))
}

fn parsed(received: &Received) -> Result<Value, Refusal> {
    serde_json::from_slice(&received.body)
        .map_err(|error| Refusal::bad_request(format!("the body is not JSON: {error}")))
}

fn not_served(path: &str) -> Answer {
    let known: Vec<_> =
        PATHS.iter().map(|(path, methods)| format!("{methods} {CONTROL_PREFIX}{path}")).collect();
    let methods = PATHS.iter().find(|(known, _)| *known == path).map(|(_, methods)| *methods);
    let (status, problem) = match methods {
        Some(methods) => (StatusCode::METHOD_NOT_ALLOWED, format!("expected {methods}")),
        None => (StatusCode::NOT_FOUND, format!("nothing is served at {CONTROL_PREFIX}{path}")),
    };
    let mut answer = json_answer(status, &json!({"error": problem, "paths": known}));
    if let Some(methods) = methods {
        answer.headers_mut().insert(ALLOW, HeaderValue::from_static(methods));
    }
    answer
}
