//! The Enreach API and its discovery (Enreach reference, sections 1 to 6).
//!
//! Rows are served as the world gave them, rendered for the serializer that the client asks for
//! and for the modes in force. Nothing is paged, as in the original.

mod call_filter;
mod callback_filter;
mod collection;
mod credentials;
mod discovery;
mod failure;
mod instant;
mod render;
mod rows;

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use chrono::{DateTime, Utc};
use http::{Method, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::Value;

pub(crate) use collection::Collection;
pub use rows::EnreachLoadError;

use call_filter::CallFilter;
use callback_filter::CallbackFilter;
use failure::Failure;
use render::Rendering;
use rows::{Prepared, Rows};

use crate::modes::Modes;
use crate::server::{Answer, ENREACH_PREFIX, Received, below, json_answer};

/// One Enreach organisation.
#[derive(Debug)]
pub(crate) struct Enreach {
    rows: RwLock<Rows>,
}

impl Enreach {
    pub(crate) fn new() -> Self {
        Self { rows: RwLock::new(Rows::fixed()) }
    }

    /// Back to the API user alone.
    pub(crate) fn reset(&self) {
        *self.write() = Rows::fixed();
    }

    /// Checks the rows of a world and completes them, without loading them yet.
    pub(crate) fn prepare(
        &self,
        world: BTreeMap<Collection, Vec<Value>>,
        now: DateTime<Utc>,
    ) -> Result<Prepared, EnreachLoadError> {
        Prepared::read(world, now)
    }

    /// Loads checked rows.
    pub(crate) fn merge(&self, prepared: Prepared) {
        self.write().merge(prepared);
    }

    /// Answers a request to discovery or to the API.
    pub(crate) fn answer(&self, received: &Received, now: DateTime<Utc>, modes: &Modes) -> Answer {
        let rows = self.read();
        let Some(path) = below(&received.path, ENREACH_PREFIX) else {
            return discovery::answer(received, &rows).unwrap_or_else(Failure::into_answer);
        };
        let segments: Vec<_> = path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
            .collect();
        let segments: Vec<_> = segments.iter().map(String::as_str).collect();
        let request = Request { received, now, modes, rows: &rows };
        request.answer(&segments).unwrap_or_else(Failure::into_answer)
    }

    fn read(&self) -> RwLockReadGuard<'_, Rows> {
        self.rows.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Rows> {
        self.rows.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request to the API with all that its answer depends on.
#[derive(Clone, Copy)]
struct Request<'a> {
    received: &'a Received,
    now: DateTime<Utc>,
    modes: &'a Modes,
    rows: &'a Rows,
}

impl Request<'_> {
    fn answer(self, segments: &[&str]) -> Result<Answer, Failure> {
        let lower: Vec<_> = segments.iter().map(|segment| segment.to_ascii_lowercase()).collect();
        let lower: Vec<_> = lower.iter().map(String::as_str).collect();
        if let ["authuser", email] = lower.as_slice() {
            self.only("POST")?;
            return credentials::secret_key(email, self.received, self.rows);
        }
        credentials::check(self.received)?;
        match lower.as_slice() {
            ["users"] => self.all(Collection::Users),
            ["users", "me"] => self.me(),
            ["users", id] => self.one(Collection::Users, id),
            ["queues"] => self.all(Collection::Queues),
            ["queues", id] => self.one(Collection::Queues, id),
            ["calls"] => self.calls(Collection::Calls),
            ["servicecall"] => self.calls(Collection::ServiceCalls),
            ["callbacks", "lists"] => self.all(Collection::CallbackLists),
            ["callbacks", "lists", id] => self.one(Collection::CallbackLists, id),
            ["callbacks", "lists", id, "items"] => self.items(id),
            ["callbacks", "items", id] => self.one(Collection::CallbackItems, id),
            _ => Err(Failure::unknown_resource(segments)),
        }
    }

    fn only(self, allowed: &'static str) -> Result<(), Failure> {
        if self.received.method == allowed {
            Ok(())
        } else {
            Err(Failure::method(&self.received.method, allowed))
        }
    }

    fn all(self, collection: Collection) -> Result<Answer, Failure> {
        self.only("GET")?;
        let rendering = self.rendering(collection);
        let rows: Vec<_> =
            self.rows.of(collection).map(|row| rendering.row(row, self.modes)).collect();
        Ok(json_answer(StatusCode::OK, &rows))
    }

    fn one(self, collection: Collection, id: &str) -> Result<Answer, Failure> {
        if collection == Collection::CallbackItems && self.received.method == Method::PUT {
            return Err(Failure::not_built("closing callback items"));
        }
        self.only("GET")?;
        let row =
            self.rows.one(collection, id).ok_or_else(|| Failure::unknown_row(collection, id))?;
        Ok(json_answer(StatusCode::OK, &self.rendering(collection).row(row, self.modes)))
    }

    fn me(self) -> Result<Answer, Failure> {
        self.only("GET")?;
        let me =
            self.rows.api_user().ok_or_else(|| Failure::unknown_row(Collection::Users, "me"))?;
        Ok(json_answer(StatusCode::OK, &self.rendering(Collection::Users).row(me, self.modes)))
    }

    fn calls(self, collection: Collection) -> Result<Answer, Failure> {
        self.only("GET")?;
        let filter = CallFilter::read(self.received, collection)?;
        let delay = self.modes.visibility_delay();
        let mut found: Vec<_> = self
            .rows
            .calls(collection)
            .filter(|call| call.is_visible(self.now, delay))
            .filter(|call| filter.admits(call, delay))
            .collect();
        found.sort_by_key(|call| (call.start, call.id));
        let rendering = self.rendering(collection);
        let rows: Vec<_> =
            found.into_iter().map(|call| rendering.call(call, self.modes, delay)).collect();
        Ok(json_answer(StatusCode::OK, &rows))
    }

    fn items(self, list: &str) -> Result<Answer, Failure> {
        if self.received.method == Method::POST {
            return Err(Failure::not_built("creating callback items"));
        }
        self.only("GET")?;
        self.rows
            .one(Collection::CallbackLists, list)
            .ok_or_else(|| Failure::unknown_row(Collection::CallbackLists, list))?;
        let filter = CallbackFilter::read(self.received)?;
        let mut found: Vec<_> =
            self.rows.items(list).filter(|item| filter.admits(item, self.now)).collect();
        found.sort_by_key(|item| (item.created, item.id));
        let rendering = self.rendering(Collection::CallbackItems);
        let rows: Vec<_> =
            found.into_iter().map(|item| rendering.row(&item.row, self.modes)).collect();
        Ok(json_answer(StatusCode::OK, &rows))
    }

    fn rendering(self, collection: Collection) -> Rendering {
        Rendering::new(collection, self.received.header("X-Json-Serializer"))
    }
}
