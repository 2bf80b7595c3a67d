//! Rules of the service, one by one, through the front door.

mod applying;
mod batches;
mod changes;
mod conditions;
mod customizing;
mod fetching;
mod metadata;
mod multiple;
mod parties;
mod queries;
mod queues;
mod references;
mod states;
mod strictness;
mod worlds;
mod writes;

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::{Value as Json, json};
use uuid::{Uuid, uuid};
use voice_model::ManualClock;

use super::exchange::{BatchObserver, Effort, Request, Response};
use super::{Dataverse, Identity};

pub(super) const APPLICATION: Uuid = uuid!("55555555-5555-5555-5555-555555555555");
pub(super) const AGENT: &str = "a0000000-0000-0000-0000-000000000001";
pub(super) const NO_ROLE: &str = "a0000000-0000-0000-0000-000000000002";
pub(super) const DISABLED: &str = "a0000000-0000-0000-0000-000000000003";
pub(super) const ANN: &str = "c0000000-0000-0000-0000-000000000001";
pub(super) const BOB: &str = "c0000000-0000-0000-0000-000000000002";
pub(super) const ACME: &str = "d0000000-0000-0000-0000-000000000001";
pub(super) const QUEUE: &str = "e0000000-0000-0000-0000-000000000001";
pub(super) const CALL: &str = "f0000000-0000-0000-0000-000000000001";
pub(super) const ABSENT: &str = "ffffffff-0000-0000-0000-000000000009";
const BASE: &str = "http://127.0.0.1:9100";

/// Lets every operation pass.
pub(super) struct Silent;

impl BatchObserver for Silent {
    fn before(&mut self, _: &Method, _: &str) -> Option<Response> {
        None
    }

    fn after(&mut self, _: &Method, _: &str, _: StatusCode) {}
}

pub(super) fn now() -> DateTime<Utc> {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

/// An environment with two contacts, an account, three users and a queue.
pub(super) struct Environment {
    pub(super) dataverse: Dataverse,
    pub(super) clock: Arc<ManualClock>,
}

/// An answer, easy to look into.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Answer {
    #[track_caller]
    pub(super) fn json(&self) -> Json {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    #[track_caller]
    pub(super) fn rows(&self) -> Vec<Json> {
        assert_eq!(self.status, 200, "{}", self.text);
        self.json()["value"].as_array().unwrap().clone()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    pub(super) fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    pub(super) fn message(&self) -> String {
        self.json()["error"]["message"].as_str().unwrap().to_owned()
    }

    /// Asserts a refusal.
    #[track_caller]
    pub(super) fn refused(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.code().as_str()), (status, code), "{}", self.text);
    }

    #[track_caller]
    pub(super) fn ok(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }
}

impl Environment {
    pub(super) fn bare_of_rows(bare: bool) -> Self {
        let clock = Arc::new(ManualClock::new(now()));
        let identity = Identity {
            organization_id: uuid!("33333333-3333-3333-3333-333333333333"),
            business_unit_id: uuid!("44444444-4444-4444-4444-444444444444"),
            application_user_id: APPLICATION,
            client_id: uuid!("22222222-2222-2222-2222-222222222222"),
            role_id: uuid!("66666666-6666-6666-6666-666666666666"),
            role: "Voice ApiUser".to_owned(),
        };
        Self { dataverse: Dataverse::new(clock.clone(), identity, bare), clock }
    }

    pub(super) fn new() -> Self {
        let environment = Self::bare_of_rows(false);
        let load = |set: &str, rows: Json| {
            environment.dataverse.load(set, rows.as_array().unwrap()).unwrap();
        };
        load(
            "systemusers",
            json!([
                { "systemuserid": AGENT, "fullname": "Ann Agent", "roles": ["Voice User"],
                  "internalemailaddress": "ann@contoso.example", "ev_clouduserid": "u-1" },
                { "systemuserid": NO_ROLE, "fullname": "Nora Norole", "roles": [] },
                { "systemuserid": DISABLED, "fullname": "Dan Disabled", "isdisabled": true,
                  "roles": ["Voice User"] },
            ]),
        );
        load(
            "accounts",
            json!([{ "accountid": ACME, "name": "Acme", "telephone1": "09-123 456" }]),
        );
        load(
            "contacts",
            json!([
                { "contactid": ANN, "firstname": "Ann", "lastname": "Ångström",
                  "telephone1": "+358 50 123 4567", "createdon": "2020-01-01T00:00:00Z",
                  "parentcustomerid_account@odata.bind": format!("/accounts({ACME})") },
                { "contactid": BOB, "firstname": "Bob", "lastname": "Byte",
                  "mobilephone": "050 765 4321", "createdon": "2021-01-01T00:00:00Z",
                  "jobtitle": "100% boss" },
            ]),
        );
        load("queues", json!([{ "queueid": QUEUE, "name": "Support" }]));
        environment
    }

    pub(super) fn request(&self, request: &Request) -> Answer {
        let response = self.dataverse.handle(request, &mut Silent);
        Answer {
            status: response.status.as_u16(),
            headers: response.headers,
            text: String::from_utf8(response.body.to_vec()).unwrap(),
        }
    }

    pub(super) fn send(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: Option<Json>,
    ) -> Answer {
        self.request(&request(method, url, headers, body))
    }

    pub(super) fn get(&self, url: &str) -> Answer {
        self.send("GET", url, &[], None)
    }

    pub(super) fn post(&self, url: &str, body: Json) -> Answer {
        self.send("POST", url, &[], Some(body))
    }

    pub(super) fn patch(&self, url: &str, body: Json) -> Answer {
        self.send("PATCH", url, &[], Some(body))
    }

    /// Makes the phone call [`CALL`] with the members given.
    #[track_caller]
    pub(super) fn call(&self, members: Json) {
        let mut body = json!({ "activityid": CALL });
        for (name, value) in members.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.post("phonecalls", body).ok(204);
    }

    /// The phone call [`CALL`].
    #[track_caller]
    pub(super) fn stored_call(&self) -> Json {
        self.get(&format!("phonecalls({CALL})")).ok(200).json()
    }

    /// Values of a column over the rows that a query gives.
    #[track_caller]
    pub(super) fn column(&self, url: &str, name: &str) -> Vec<String> {
        let text = |row: Json| row[name].as_str().unwrap_or("-").to_owned();
        self.get(url).rows().into_iter().map(text).collect()
    }

    /// Everything that a client can see.
    pub(super) fn snapshot(&self) -> String {
        self.dataverse.state.read().unwrap().store.snapshot()
    }
}

pub(super) fn request(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: Option<Json>,
) -> Request {
    let mut map = HeaderMap::new();
    if body.is_some() {
        map.insert("content-type", HeaderValue::from_static("application/json"));
    }
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        map.append(name, HeaderValue::from_str(value).unwrap());
    }
    let (path, query) =
        url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)));
    Request {
        method: Method::from_bytes(method.as_bytes()).unwrap(),
        path: path.to_owned(),
        query: query.map(str::to_owned),
        headers: map,
        body: body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string())),
        base_url: BASE.to_owned(),
        caller: APPLICATION,
    }
}
