//! The simulated systems and what they share, behind the server.

use std::io::Read;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use voice_model::Clock;

use crate::dataverse::exchange::{BatchObserver, Effort, Request, Response};
use crate::dataverse::{Dataverse, Identity};
use crate::enreach::Enreach;
use crate::entra::Entra;
use crate::faults::{Faults, Target, error_answer};
use crate::identity;
use crate::latency::Latency;
use crate::modes::{ModeError, Modes};
use crate::options::SandboxOptions;
use crate::request_log::{InnerOperation, RequestLog};
use crate::routing_calls::RoutingCalls;
use crate::server::{Addresses, Answer, DATAVERSE_PREFIX, Received, System, below, json_answer};
use crate::service_protection::{Admission, Operation, Refused, ServiceProtection, execution_time};
use crate::webhooks::Webhooks;
use crate::world::{LoadSummary, World, WorldError, read_stream};

/// Everything behind the port.
pub(crate) struct Simulators {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) addresses: Addresses,
    pub(crate) latency: Latency,
    pub(crate) faults: Arc<Faults>,
    pub(crate) log: RequestLog,
    pub(crate) webhooks: Arc<Webhooks>,
    pub(crate) routing_calls: RoutingCalls,
    limits: Arc<ServiceProtection>,
    modes: RwLock<Modes>,
    dataverse: Arc<Dataverse>,
    enreach: Enreach,
    entra: Entra,
}

/// A handled request.
#[derive(Debug)]
pub(crate) struct Handled {
    pub(crate) answer: Answer,
    /// What ran inside, if it was a batch.
    pub(crate) inner: Vec<InnerOperation>,
    /// What it counts for towards the service protection limits.
    pub(crate) execution_time: Duration,
}

impl From<Answer> for Handled {
    fn from(answer: Answer) -> Self {
        Self { answer, inner: Vec::new(), execution_time: Duration::ZERO }
    }
}

impl Simulators {
    pub(crate) fn new(options: &SandboxOptions, addresses: Addresses, webhooks: Webhooks) -> Self {
        let clock = options.clock.clone();
        let identity = Identity {
            organization_id: identity::ORGANIZATION_ID,
            business_unit_id: identity::BUSINESS_UNIT_ID,
            application_user_id: identity::APPLICATION_USER_ID,
            client_id: identity::ENTRA_CLIENT_ID,
            role_id: identity::APPLICATION_ROLE_ID,
            role: identity::APPLICATION_ROLE_NAME.to_owned(),
        };
        Self {
            dataverse: Arc::new(Dataverse::new(clock.clone(), identity, options.bare)),
            enreach: Enreach::new(),
            entra: Entra::new(options.latency_seed, clock.now()),
            latency: Latency::new(options.latency, options.latency_seed),
            faults: Arc::new(Faults::default()),
            log: RequestLog::default(),
            webhooks: Arc::new(webhooks),
            routing_calls: RoutingCalls::default(),
            limits: ServiceProtection::new(options.limits),
            modes: RwLock::new(Modes::default()),
            addresses,
            clock,
        }
    }

    /// The modes in force.
    pub(crate) fn modes(&self) -> Modes {
        self.modes.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes the modes that a JSON object names; gives all in force after that.
    pub(crate) fn change_modes(&self, changes: &Value) -> Result<Modes, ModeError> {
        let mut modes = self.modes.write().unwrap_or_else(PoisonError::into_inner);
        let changed = modes.changed(changes)?;
        self.dataverse.set_closed_rows_read_only(changed.closed_rows_read_only);
        if changes.get("change_tracking_expired") == Some(&Value::Bool(true)) {
            self.dataverse.expire_change_tokens();
        }
        *modes = changed.clone();
        Ok(changed)
    }

    /// Merges a world into what is there: all of it, or nothing.
    pub(crate) fn load_world(&self, world: Value) -> Result<LoadSummary, WorldError> {
        let now = self.clock.now();
        let world = World::read(world, now)?;
        let summary = world.summary();
        let rows = self.enreach.prepare(world.enreach, now)?;
        self.dataverse
            .load_world(&world.dataverse)
            .map_err(|error| WorldError::Dataverse(format!("dataverse.{error}")))?;
        self.enreach.merge(rows, now);
        self.tell_subscribers();
        Ok(summary)
    }

    /// As [`Self::load_world`], from a document that is read row by row. Nobody is answered by the
    /// Dataverse simulator meanwhile.
    pub(crate) fn stream_world(&self, document: impl Read) -> Result<LoadSummary, WorldError> {
        let now = self.clock.now();
        let (rows, summary) = self.dataverse.load_stream(|sink| {
            let streamed = read_stream(document, now, sink)?;
            let enreach = streamed.enreach.map(|sets| json!({ "enreach": sets }));
            let world = World::read(enreach.unwrap_or_else(|| json!({})), now)?;
            let mut summary = world.summary();
            summary.dataverse = streamed.dataverse;
            let rows = self.enreach.prepare(world.enreach, now)?;
            Ok::<_, WorldError>((rows, summary))
        })?;
        self.enreach.merge(rows, now);
        self.tell_subscribers();
        Ok(summary)
    }

    /// Back to the fixed identity: no world, no faults, modes at their defaults, an empty log.
    /// Access tokens stay valid, as they would when an environment is restored.
    pub(crate) fn reset(&self) {
        *self.modes.write().unwrap_or_else(PoisonError::into_inner) = Modes::default();
        self.dataverse.set_closed_rows_read_only(false);
        self.dataverse.reset();
        self.enreach.reset();
        self.faults.clear();
        self.limits.reset();
        self.webhooks.reset();
        self.routing_calls.clear();
        self.log.clear();
    }

    /// Lets a request in as far as limits go. Only Dataverse has any, and only for those whom it
    /// knows.
    pub(crate) fn admit(
        &self,
        system: System,
        received: &Received,
    ) -> Result<Option<Admission>, Refused> {
        let now = self.clock.now();
        if system == System::Dataverse && self.entra.accepts(received, now) {
            self.limits.admit(identity::APPLICATION_USER_ID, now)
        } else {
            Ok(None)
        }
    }

    /// Handles a request as the real system would.
    pub(crate) async fn handle(&self, system: System, received: Received) -> Handled {
        match system {
            System::Enreach => {
                let answer = self.enreach.answer(&received, self.clock.now(), &self.modes());
                self.tell_subscribers();
                answer.into()
            }
            System::Entra => {
                let lifetime_secs = self.modes().token_lifetime_secs;
                self.entra
                    .answer(&received, &self.addresses, self.clock.now(), lifetime_secs)
                    .into()
            }
            System::Dataverse => self.dataverse(received).await,
        }
    }

    fn tell_subscribers(&self) {
        let events = self.enreach.take_events();
        if !events.is_empty() {
            self.webhooks.publish(&events, self.clock.now());
        }
    }

    async fn dataverse(&self, received: Received) -> Handled {
        if !self.entra.accepts(&received, self.clock.now()) {
            return Entra::challenge(&received.base_url).into();
        }
        let rest = below(&received.path, DATAVERSE_PREFIX).unwrap_or_default();
        let request = Request {
            path: rest.strip_prefix('/').unwrap_or(rest).to_owned(),
            method: received.method,
            query: received.query,
            headers: received.headers,
            body: received.body,
            base_url: received.base_url,
            caller: identity::APPLICATION_USER_ID,
        };
        let Request { method, path, query, headers, body, .. } = &request;
        let operation = Operation::of_request(method, path, query.as_deref(), headers, body);
        let dataverse = self.dataverse.clone();
        let mut observer = Observer {
            faults: self.faults.clone(),
            clock: self.clock.clone(),
            base_url: request.base_url.clone(),
            operations: Vec::new(),
            kinds: Vec::new(),
        };
        let handled = tokio::task::spawn_blocking(move || {
            let response = dataverse.handle(&request, &mut observer);
            let execution_time = execution_time(operation, &observer.kinds, response.effort);
            Handled { answer: answer(response), inner: observer.operations, execution_time }
        });
        handled.await.unwrap_or_else(|error| {
            tracing::error!(%error, "the Dataverse simulator failed");
            let problem = "the Dataverse simulator failed on this request; its log says where";
            json_answer(
                StatusCode::INTERNAL_SERVER_ERROR,
                &json!({"error": {"code": "0x80040216", "message": problem}}),
            )
            .into()
        })
    }
}

fn answer(response: Response) -> Answer {
    let mut answer = Answer::new(response.body);
    *answer.status_mut() = response.status;
    *answer.headers_mut() = response.headers;
    answer
}

/// Watches the inside of a batch: plants faults there and notes what ran.
struct Observer {
    faults: Arc<Faults>,
    clock: Arc<dyn Clock>,
    base_url: String,
    operations: Vec<InnerOperation>,
    kinds: Vec<Operation>,
}

impl BatchObserver for Observer {
    fn before(&mut self, method: &Method, path: &str) -> Option<Response> {
        let target = Target { system: System::Dataverse, method, path, inner: true };
        let fault = self.faults.take(target)?;
        let (parts, body) =
            error_answer(&fault, System::Dataverse, &self.base_url, self.clock.now()).into_parts();
        Some(Response {
            status: parts.status,
            headers: parts.headers,
            body,
            effort: Effort::default(),
        })
    }

    fn after(&mut self, method: &Method, path: &str, status: StatusCode) {
        let below_service = below(path, DATAVERSE_PREFIX).unwrap_or(path);
        self.kinds.push(Operation::of(method, below_service));
        self.operations.push(InnerOperation {
            method: method.as_str().to_owned(),
            path: path.to_owned(),
            status: status.as_u16(),
        });
    }
}
