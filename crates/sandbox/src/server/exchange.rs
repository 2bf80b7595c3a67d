//! One request and its answer: logged, delayed, struck by planted faults, or simply handled.

use std::sync::Arc;
use std::time::Duration;

use http::header::HOST;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use serde_json::json;

use super::body::{self, WireAnswer};
use super::connection::{HangUp, Line};
use super::system::{CONTROL_PREFIX, System, below};
use super::{Answer, Received, json_answer};
use crate::control;
use crate::faults::{Kind, Rule, Target, error_answer};
use crate::request_log::Ticket;
use crate::service_protection::Admission;
use crate::simulators::{Handled, Simulators};

/// Largest request body; beyond what Dataverse takes (128 MiB).
const LARGEST_BODY: usize = 160 << 20;
/// Largest world sent to `/control/world`.
const LARGEST_WORLD: usize = 2 << 30;
/// How long a `timeout` fault holds a connection unless it says otherwise.
const LONGEST_HOLD: Duration = Duration::from_secs(120);
/// How long a `slow` answer takes unless the fault says otherwise.
const SLOW: Duration = Duration::from_secs(1);

/// Answers one request, or breaks the connection.
pub(super) async fn run(
    simulators: Arc<Simulators>,
    line: Line,
    request: Request<Incoming>,
) -> WireAnswer {
    let is_control = below(request.uri().path(), CONTROL_PREFIX).is_some();
    let limit = if is_control { LARGEST_WORLD } else { LARGEST_BODY };
    let received = match read(&simulators, request, limit).await {
        Ok(received) => received,
        Err(refusal) => return body::whole(refusal),
    };
    if is_control {
        body::whole(control::answer(simulators, received).await)
    } else {
        simulate(simulators, line, received).await
    }
}

async fn read(
    simulators: &Simulators,
    request: Request<Incoming>,
    limit: usize,
) -> Result<Received, Answer> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, limit).collect().await.map_err(|error| {
        let (status, problem) = if error.is::<LengthLimitError>() {
            (StatusCode::PAYLOAD_TOO_LARGE, format!("the body is larger than {limit} bytes"))
        } else {
            (StatusCode::BAD_REQUEST, format!("the body could not be read: {error}"))
        };
        json_answer(status, &json!({"error": problem}))
    })?;
    let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
    // A client that takes the sandbox for a proxy sends the host in the request line instead.
    let host = parts.uri.authority().map(http::uri::Authority::as_str).or(host);
    Ok(Received {
        base_url: simulators.addresses.for_host(host),
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(str::to_owned),
        headers: parts.headers,
        body: body.to_bytes(),
    })
}

async fn simulate(simulators: Arc<Simulators>, line: Line, received: Received) -> WireAnswer {
    let system = System::of_path(&received.path);
    let path = received.path_and_query();
    let ticket = simulators.log.begin(
        simulators.clock.now(),
        system.map_or("unknown", System::name),
        received.method.as_str(),
        &path,
    );
    let Some(system) = system else {
        simulators.log.finish(ticket, Some(404), Vec::new());
        return body::whole(nothing_here(&received.path));
    };
    let admission = match simulators.admit(system, &received) {
        Ok(admission) => admission,
        Err(refused) => {
            let answer = refused.into_answer();
            simulators.log.finish(ticket, Some(answer.status().as_u16()), Vec::new());
            return body::whole(answer);
        }
    };
    tokio::time::sleep(simulators.latency.next()).await;
    let target = Target { system, method: &received.method, path: &path, inner: false };
    match simulators.faults.take(target) {
        None => {
            let handled = handle(&simulators, system, received, admission.as_ref()).await;
            body::whole(logged(&simulators, ticket, handled))
        }
        Some(fault) => {
            let struck = Struck { simulators, line, system, received, ticket, admission };
            struck.suffer(&fault).await
        }
    }
}

/// Handles a request and accounts what it took.
async fn handle(
    simulators: &Simulators,
    system: System,
    received: Received,
    admission: Option<&Admission>,
) -> Handled {
    let mut handled = simulators.handle(system, received).await;
    if let Some(admission) = admission {
        let headers = handled.answer.headers_mut();
        admission.account(handled.execution_time, simulators.clock.now(), headers);
    }
    handled
}

/// A request that a planted fault strikes.
struct Struck {
    simulators: Arc<Simulators>,
    line: Line,
    system: System,
    received: Received,
    ticket: Ticket,
    admission: Option<Admission>,
}

impl Struck {
    async fn suffer(self, fault: &Rule) -> WireAnswer {
        let delay = fault.delay_ms.map(Duration::from_millis);
        if !matches!(fault.kind, Kind::Timeout | Kind::Slow) {
            tokio::time::sleep(delay.unwrap_or_default()).await;
        }
        match fault.kind {
            Kind::Status => self.refuse(fault),
            Kind::Timeout => {
                tokio::time::sleep(delay.unwrap_or(LONGEST_HOLD).min(LONGEST_HOLD)).await;
                self.line.hang_up(HangUp::Close).await
            }
            Kind::Reset => self.line.hang_up(HangUp::Reset).await,
            Kind::DropAfterCommit => self.drop_after_commit().await,
            Kind::Truncate => self.truncate().await,
            Kind::Slow => self.trickle(delay.unwrap_or(SLOW)).await,
        }
    }

    fn refuse(self, fault: &Rule) -> WireAnswer {
        let now = self.simulators.clock.now();
        let answer = error_answer(fault, self.system, &self.received.base_url, now);
        self.simulators.log.finish(self.ticket, Some(answer.status().as_u16()), Vec::new());
        body::whole(answer)
    }

    async fn drop_after_commit(self) -> WireAnswer {
        let Self { simulators, line, system, received, ticket, admission } = self;
        let handled = handle(&simulators, system, received, admission.as_ref()).await;
        simulators.log.finish(ticket, None, handled.inner);
        drop(admission);
        line.hang_up(HangUp::Close).await
    }

    async fn truncate(self) -> WireAnswer {
        let Self { simulators, line, system, received, ticket, admission } = self;
        let handled = handle(&simulators, system, received, admission.as_ref()).await;
        if handled.answer.body().is_empty() {
            simulators.log.finish(ticket, None, handled.inner);
            drop(admission);
            line.hang_up(HangUp::Close).await
        }
        body::truncated(logged(&simulators, ticket, handled))
    }

    async fn trickle(self, duration: Duration) -> WireAnswer {
        let Self { simulators, system, received, ticket, admission, .. } = self;
        let handled = handle(&simulators, system, received, admission.as_ref()).await;
        if handled.answer.body().is_empty() {
            tokio::time::sleep(duration).await;
        }
        body::slow(logged(&simulators, ticket, handled), duration)
    }
}

fn logged(simulators: &Simulators, ticket: Ticket, handled: Handled) -> Answer {
    let status = handled.answer.status().as_u16();
    simulators.log.finish(ticket, Some(status), handled.inner);
    handled.answer
}

fn nothing_here(path: &str) -> Answer {
    let paths = [
        "/api/user (Enreach discovery)",
        "/enreach/… (Enreach API)",
        "/api/data/v9.2/… (Dataverse Web API)",
        "/entra/{tenant}/oauth2/v2.0/token (token endpoint)",
        "/control/… (GET /control lists what there is)",
    ];
    let problem = format!("nothing is served at {path}");
    json_answer(StatusCode::NOT_FOUND, &json!({"error": problem, "paths": paths}))
}
