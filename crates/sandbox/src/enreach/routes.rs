//! Which resource a request asks for, and what it may do there.

use chrono::{DateTime, Utc};
use http::{Method, StatusCode};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::call_filter::CallFilter;
use super::callback_filter::CallbackFilter;
use super::collection::Collection;
use super::failure::Failure;
use super::render::Rendering;
use super::rows::Rows;
use super::{
    Enreach, availability, callback_write, classification, credentials, directory, outgoing,
    realtime, recordings, transcripts,
};
use crate::modes::Modes;
use crate::server::{Answer, Received, json_answer};

/// A request to the API with all that its answer depends on.
#[derive(Clone, Copy)]
pub(super) struct Request<'a> {
    pub(super) enreach: &'a Enreach,
    pub(super) received: &'a Received,
    pub(super) now: DateTime<Utc>,
    pub(super) modes: &'a Modes,
}

impl Request<'_> {
    /// Answers it; `segments` are the decoded parts of the path.
    pub(super) fn answer(self, segments: &[&str]) -> Result<Answer, Failure> {
        let lower: Vec<_> = segments.iter().map(|segment| segment.to_ascii_lowercase()).collect();
        let lower: Vec<_> = lower.iter().map(String::as_str).collect();
        match lower.as_slice() {
            ["authuser", email] => {
                self.only("POST")?;
                return credentials::secret_key(email, self.received, &self.enreach.read());
            }
            // The link's token is proof enough.
            ["calls", "recordings", id, "file"] => return recordings::file(self, id),
            _ => credentials::check(self.received)?,
        }
        match lower.as_slice() {
            ["users", rest @ ..] => self.users(rest),
            ["queues"] => self.all(Collection::Queues),
            ["queues", id] => self.one(Collection::Queues, id),
            ["calls"] => self.calls(Collection::Calls),
            ["calls", "recordings", id] => recordings::metadata(self, id),
            ["calls", "transcripts", id] => transcripts::answer(self, id),
            ["servicecall"] => self.calls(Collection::ServiceCalls),
            ["callbacks", "lists"] => self.all(Collection::CallbackLists),
            ["callbacks", "lists", id] => self.one(Collection::CallbackLists, id),
            ["callbacks", "lists", id, "items"] => self.items(id),
            ["callbacks", "items", id] => self.item(id),
            ["directory"] => directory::directories(self),
            ["directory", id] => directory::entries(self, id),
            ["token", who, "rte"] => realtime::token(self, who),
            ["classification", rest @ ..] => classification::answer(self, rest),
            _ => Err(Failure::unknown_resource(segments)),
        }
    }

    fn users(self, rest: &[&str]) -> Result<Answer, Failure> {
        match *rest {
            [] => self.all(Collection::Users),
            ["me"] => {
                self.only("GET")?;
                let (_, me) = self.user("me")?;
                self.done(&Rendering::new(Collection::Users), me)
            }
            [id] => self.one(Collection::Users, id),
            [who, "availability"] => availability::add(self, who),
            [who, "availability", "current"] => availability::current(self, who),
            [who, "availability", entry] => availability::remove(self, who, entry),
            [who, "features", "cli", "activate"] => outgoing::activate_number(self, who),
            [who, "communication", "sms"] => outgoing::send_text(self, who),
            _ => Err(Failure::unknown_resource(&[&["users"], rest].concat())),
        }
    }

    /// Refuses every method but one.
    pub(super) fn only(self, allowed: &'static str) -> Result<(), Failure> {
        if self.received.method == allowed {
            Ok(())
        } else {
            Err(Failure::method(&self.received.method, allowed))
        }
    }

    /// A row as the answer.
    pub(super) fn done(
        self,
        rendering: &Rendering,
        row: Map<String, Value>,
    ) -> Result<Answer, Failure> {
        Ok(json_answer(StatusCode::OK, &rendering.row(row, self.modes, self.received)))
    }

    /// Rows as the answer.
    pub(super) fn list(
        self,
        rendering: &Rendering,
        rows: impl IntoIterator<Item = Map<String, Value>>,
    ) -> Result<Answer, Failure> {
        let rows: Vec<_> =
            rows.into_iter().map(|row| rendering.row(row, self.modes, self.received)).collect();
        Ok(json_answer(StatusCode::OK, &rows))
    }

    /// The user that a path names by id or as `me`.
    pub(super) fn user(self, who: &str) -> Result<(Uuid, Map<String, Value>), Failure> {
        let rows = self.enreach.read();
        let found = if who == "me" { rows.api_user() } else { rows.one(Collection::Users, who) };
        let id = found.and_then(|user| user.get("Id")?.as_str()?.parse().ok());
        match (id, found) {
            (Some(id), Some(user)) => Ok((id, user.clone())),
            _ => Err(Failure::unknown_row(Collection::Users, who)),
        }
    }

    fn all(self, collection: Collection) -> Result<Answer, Failure> {
        self.only("GET")?;
        let rows = self.enreach.read();
        let found = rows.of(collection).map(|row| self.current(collection, row, &rows));
        self.list(&Rendering::new(collection), found)
    }

    fn one(self, collection: Collection, id: &str) -> Result<Answer, Failure> {
        self.only("GET")?;
        let rows = self.enreach.read();
        let row = rows.one(collection, id).ok_or_else(|| Failure::unknown_row(collection, id))?;
        self.done(&Rendering::new(collection), self.current(collection, row, &rows))
    }

    /// A row with what has to be counted anew for each answer.
    fn current(
        self,
        collection: Collection,
        row: &Map<String, Value>,
        rows: &Rows,
    ) -> Map<String, Value> {
        let mut row = row.clone();
        if collection == Collection::CallbackLists {
            let id = row.get("Id").and_then(Value::as_str).unwrap_or_default();
            let waiting = rows.items(id).filter(|item| item.is_waiting(self.now)).count();
            row.insert("OpenItemCount".to_owned(), waiting.into());
        }
        row
    }

    fn calls(self, collection: Collection) -> Result<Answer, Failure> {
        self.only("GET")?;
        let filter = CallFilter::read(self.received, collection)?;
        let delay = self.modes.visibility_delay();
        let rows = self.enreach.read();
        let mut found: Vec<_> = rows
            .calls(collection)
            .filter(|call| call.is_visible(self.now, delay))
            .filter(|call| filter.admits(call, delay))
            .collect();
        found.sort_by_key(|call| (call.start, call.id));
        self.list(&Rendering::new(collection), found.into_iter().map(|call| call.row_with(delay)))
    }

    fn items(self, list: &str) -> Result<Answer, Failure> {
        let unknown = || Failure::unknown_row(Collection::CallbackLists, list);
        self.enreach.read().one(Collection::CallbackLists, list).ok_or_else(unknown)?;
        let rendering = Rendering::new(Collection::CallbackItems);
        match self.received.method {
            Method::GET => {
                let filter = CallbackFilter::read(self.received)?;
                let rows = self.enreach.read();
                let mut found: Vec<_> =
                    rows.items(list).filter(|item| filter.admits(item, self.now)).collect();
                found.sort_by_key(|item| (item.created, item.id));
                self.list(&rendering, found.into_iter().map(|item| item.row_at(self.now)))
            }
            Method::POST => self.done(&rendering, callback_write::create(self, list)?),
            _ => Err(Failure::method(&self.received.method, "GET, POST")),
        }
    }

    fn item(self, id: &str) -> Result<Answer, Failure> {
        let rendering = Rendering::new(Collection::CallbackItems);
        match self.received.method {
            Method::GET => {
                let rows = self.enreach.read();
                let item = id.parse().ok().and_then(|id| rows.item(id));
                let item = item.filter(|item| item.created <= self.now);
                let item =
                    item.ok_or_else(|| Failure::unknown_row(Collection::CallbackItems, id))?;
                self.done(&rendering, item.row_at(self.now))
            }
            Method::PUT => self.done(&rendering, callback_write::update(self, id)?),
            _ => Err(Failure::method(&self.received.method, "GET, PUT")),
        }
    }
}
