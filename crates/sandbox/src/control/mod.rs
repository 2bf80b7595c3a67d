//! The control API: how tests and people steer the sandbox (design, section 9). Its requests are
//! neither logged nor delayed nor struck by faults.

use std::sync::Arc;

use http::header::ALLOW;
use http::{HeaderValue, Method, StatusCode};
use serde_json::{Value, json};

use crate::server::{Answer, CONTROL_PREFIX, Received, below, json_answer};
use crate::simulators::Simulators;

/// Every path with its methods.
const PATHS: [(&str, &str); 6] = [
    ("/world", "POST"),
    ("/reset", "POST"),
    ("/faults", "GET, POST, DELETE"),
    ("/modes", "GET, POST"),
    ("/requests", "GET"),
    ("/webhooks", "POST"),
];

/// Answers a control request.
pub(crate) async fn answer(simulators: Arc<Simulators>, received: Received) -> Answer {
    let path = below(&received.path, CONTROL_PREFIX).unwrap_or_default().trim_end_matches('/');
    match (&received.method, path) {
        (&Method::POST, "/world") => world(simulators, received).await,
        (&Method::POST, "/reset") => {
            simulators.reset();
            json_answer(StatusCode::OK, &json!({"reset": true}))
        }
        (&Method::GET, "/faults") => json_answer(StatusCode::OK, &simulators.faults.list()),
        (&Method::POST, "/faults") => add_faults(&simulators, &received),
        (&Method::DELETE, "/faults") => {
            simulators.faults.clear();
            json_answer(StatusCode::OK, &simulators.faults.list())
        }
        (&Method::GET, "/modes") => json_answer(StatusCode::OK, &simulators.modes()),
        (&Method::POST, "/modes") => change_modes(&simulators, &received),
        (&Method::GET, "/requests") => requests(&simulators, &received),
        (&Method::POST, "/webhooks") => refusal(
            StatusCode::NOT_IMPLEMENTED,
            "the webhook sender is not built yet; post the event to the listener yourself",
        ),
        (_, path) => not_served(path),
    }
}

async fn world(simulators: Arc<Simulators>, received: Received) -> Answer {
    // A large world takes seconds, which must not hold up other requests.
    let loaded = tokio::task::spawn_blocking(move || {
        let world = parsed(&received)?;
        simulators
            .load_world(world)
            .map_err(|error| refusal(StatusCode::BAD_REQUEST, &error.to_string()))
    });
    match loaded.await {
        Ok(Ok(summary)) => json_answer(StatusCode::OK, &summary),
        Ok(Err(refused)) => refused,
        Err(error) => {
            tracing::error!(%error, "loading a world failed");
            refusal(StatusCode::INTERNAL_SERVER_ERROR, "loading the world failed; see the log")
        }
    }
}

fn add_faults(simulators: &Simulators, received: &Received) -> Answer {
    match parsed(received).map(|faults| simulators.faults.add(&faults)) {
        Ok(Ok(_)) => json_answer(StatusCode::OK, &simulators.faults.list()),
        Ok(Err(error)) => refusal(StatusCode::BAD_REQUEST, &error.to_string()),
        Err(refused) => refused,
    }
}

fn change_modes(simulators: &Simulators, received: &Received) -> Answer {
    match parsed(received).map(|changes| simulators.change_modes(&changes)) {
        Ok(Ok(modes)) => json_answer(StatusCode::OK, &modes),
        Ok(Err(error)) => refusal(StatusCode::BAD_REQUEST, &error.to_string()),
        Err(refused) => refused,
    }
}

fn requests(simulators: &Simulators, received: &Received) -> Answer {
    let since = received.parameter("since").unwrap_or_else(|| "0".to_owned());
    match since.parse() {
        Ok(since) => json_answer(StatusCode::OK, &simulators.log.since(since)),
        Err(_) => {
            let problem = format!("since is {since:?}; expected a number, 0 or more");
            refusal(StatusCode::BAD_REQUEST, &problem)
        }
    }
}

fn parsed(received: &Received) -> Result<Value, Answer> {
    serde_json::from_slice(&received.body).map_err(|error| {
        refusal(StatusCode::BAD_REQUEST, &format!("the body is not JSON: {error}"))
    })
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

fn refusal(status: StatusCode, problem: &str) -> Answer {
    json_answer(status, &json!({"error": problem}))
}
