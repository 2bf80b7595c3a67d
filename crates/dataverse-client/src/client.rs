//! The real client.

use std::sync::Arc;

use async_trait::async_trait;
use http::{StatusCode, header};
use http_kit::{HttpClient, Response};
use url::Url;
use uuid::Uuid;

use crate::api::{Advice, DataverseApi, WhoAmI};
use crate::batch::{self, Expected, Unit};
use crate::changes::{self, ChangePage, ChangeToken, TrackedTable};
use crate::channel::{Call, Channel, Sender, refusal};
use crate::credential::Credential;
use crate::environment::Environment;
use crate::governor::{Governor, Lane};
use crate::operation::Operation;
use crate::page::{self, Unreadable};
use crate::query::name;
use crate::query::render::{Rendered, render};
use crate::{
    BatchItem, Error, ItemAnswer, NextLink, Page, Query, Result, Row, StatusOption, Write, metadata,
};

/// Longest URL of a request outside a batch, in characters (reference, section 4.1).
const MAX_URL_CHARS: usize = 32_768;

/// A client for one environment. Cheap to clone; clones share token, connections, counters and the
/// limit governor.
#[derive(Debug, Clone)]
pub struct DataverseClient {
    channel: Arc<Channel>,
    sender: Sender,
}

/// Options of a [`DataverseClient`].
#[derive(Debug)]
#[must_use]
pub struct DataverseClientBuilder {
    http: HttpClient,
    environment: Url,
    credential: Credential,
    sender: Sender,
    jitter_seed: Option<u64>,
}

impl DataverseClientBuilder {
    /// The correlation id of [`DataverseClient::with_correlation`].
    pub fn correlation(mut self, id: Uuid) -> Self {
        self.sender.correlation = Some(id);
        self
    }

    /// Fixes the jitter of pauses, so that a run can be repeated. Default: none.
    pub fn jitter_seed(mut self, seed: Option<u64>) -> Self {
        self.jitter_seed = seed;
        self
    }

    /// The client.
    ///
    /// # Errors
    /// [`Error::Configuration`] when the environment's address is not `https` (or `http` of a
    /// loopback address), or is more than scheme, host and port.
    pub fn build(self) -> Result<DataverseClient> {
        let environment = Environment::new(&self.environment)?;
        let tokens = self.credential.tokens(environment.scope());
        let governor = Governor::new(environment.host(), self.jitter_seed);
        let channel = Channel { http: self.http, environment, tokens, governor };
        Ok(DataverseClient { channel: Arc::new(channel), sender: self.sender })
    }
}

impl DataverseClient {
    /// A client of the environment at an address such as `https://contoso.crm4.dynamics.com`.
    /// Requests go through `http` and are counted there. How many are in flight, and when they wait
    /// for one another, is not up to the permits of `http` but to the client itself; what it waits
    /// for at most is up to the deadline and the ceiling for `Retry-After` of `http`.
    pub fn builder(
        http: HttpClient,
        environment: Url,
        credential: Credential,
    ) -> DataverseClientBuilder {
        let sender = Sender::default();
        DataverseClientBuilder { http, environment, credential, sender, jitter_seed: None }
    }

    /// The same client, whose requests carry this id as `x-ms-client-request-id` and
    /// `x-ms-correlation-id`, so that one call can be traced through the platform's logs.
    #[must_use]
    pub fn with_correlation(&self, id: Uuid) -> Self {
        let sender = Sender { correlation: Some(id), ..self.sender };
        Self { channel: Arc::clone(&self.channel), sender }
    }

    /// The same client, whose requests go only when no request of another waits: for work that has
    /// time.
    #[must_use]
    pub fn for_backlog(&self) -> Self {
        let sender = Sender { lane: Lane::Backlog, ..self.sender };
        Self { channel: Arc::clone(&self.channel), sender }
    }

    async fn send(&self, call: &Call) -> Result<Response> {
        let response = self.channel.send(call, self.sender).await?;
        if response.status.is_success() { Ok(response) } else { Err(refusal(call, &response)) }
    }

    async fn read(&self, path: &str, purpose: &'static str, operation: String) -> Result<Response> {
        let url = self.channel.environment.url(path)?;
        self.send(&Call::read(url, purpose, operation)).await
    }

    /// A first page, inside a batch if the URL is too long for a request of its own.
    async fn first_page(
        &self,
        path: String,
        prefer: Option<String>,
        operation: String,
    ) -> Result<Page> {
        let url = self.channel.environment.url(&path)?;
        if url.as_str().len() > MAX_URL_CHARS {
            return self.long_query(path, prefer, operation).await;
        }
        self.page(url, prefer, operation).await
    }

    async fn page(&self, url: Url, prefer: Option<String>, operation: String) -> Result<Page> {
        let mut call = Call::read(url, "query", operation);
        if let Some(prefer) = &prefer {
            call = call.header("Prefer", prefer.clone());
        }
        let response = self.send(&call).await?;
        page::read(&response.body, prefer.as_deref()).map_err(unreadable(call.operation()))
    }

    async fn change_page(
        &self,
        url: Url,
        table: &TrackedTable,
        operation: String,
    ) -> Result<ChangePage> {
        let call = Call::read(url, "read changes", operation);
        let call = call.header("Prefer", changes::PREFER.to_owned());
        let response = self.send(&call).await?;
        changes::read(&response.body, table).map_err(unreadable(call.operation()))
    }

    async fn long_query(
        &self,
        path: String,
        prefer: Option<String>,
        operation: String,
    ) -> Result<Page> {
        let unit = Unit::Single(Operation::read(path, prefer.clone()));
        let answers = self.run(&[unit], &[Expected::Read(prefer)], operation.clone()).await?;
        match answers.into_iter().next() {
            Some(ItemAnswer::Read(page)) => Ok(page),
            Some(ItemAnswer::Refused(source)) => Err(Error::Service { operation, source }),
            _ => Err(unreadable(&operation)(Unreadable::broken_off("it has no rows"))),
        }
    }

    async fn run(
        &self,
        units: &[Unit],
        expected: &[Expected],
        operation: String,
    ) -> Result<Vec<ItemAnswer>> {
        let encoded = batch::encode(units)?;
        let url = self.channel.environment.url("$batch")?;
        let call = Call::batch(url, encoded, operation);
        let response = self.channel.send(&call, self.sender).await?;
        let content_type = response
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        match batch::decode(content_type, &response.body, expected) {
            Ok(answers) => Ok(answers),
            // Not multipart: the batch as a whole was refused (reference, section 6.3).
            Err(_) if !response.status.is_success() => Err(refusal(&call, &response)),
            Err(problem) => Err(unreadable(call.operation())(problem)),
        }
    }
}

#[async_trait]
impl DataverseApi for DataverseClient {
    async fn who_am_i(&self) -> Result<WhoAmI> {
        let operation = "ask who we are".to_owned();
        let response = self.read("WhoAmI", "ask who we are", operation.clone()).await?;
        metadata::who_am_i(&response).map_err(unreadable(&operation))
    }

    async fn query(&self, query: &Query) -> Result<Page> {
        match render(query)? {
            Rendered::Empty => Ok(Page::default()),
            Rendered::Ask { path, prefer } => {
                self.first_page(path, prefer, format!("query {}", query.entity_set)).await
            }
        }
    }

    async fn next_page(&self, next: &NextLink) -> Result<Page> {
        let url = self.channel.environment.link(&next.url)?;
        self.page(url, next.prefer.clone(), "read the next page".to_owned()).await
    }

    async fn retrieve(
        &self,
        entity_set: &str,
        id: Uuid,
        columns: &[&'static str],
    ) -> Result<Option<Row>> {
        let mut path = format!("{}({})", name::entity(entity_set)?, id.hyphenated());
        for (index, column) in columns.iter().enumerate() {
            path.push_str(if index == 0 { "?$select=" } else { "," });
            path.push_str(name::column(column)?);
        }
        let operation = format!("retrieve a row of {entity_set}");
        match self.read(&path, "retrieve a row", operation.clone()).await {
            Ok(response) => {
                page::read_row(&response.body).map(Some).map_err(unreadable(&operation))
            }
            Err(Error::Service { source, .. })
                if source.status == 404 && source.is_row_missing() =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    async fn write(&self, write: &Write) -> Result<Option<Uuid>> {
        let operation = Operation::write(write)?;
        let url = self.channel.environment.url(&operation.path)?;
        let (purpose, name, id) = match write {
            Write::Create { entity_set, id, .. } => {
                ("create a row", format!("create a row of {entity_set}"), Some(*id))
            }
            Write::Update { entity_set, id, .. } => {
                ("update a row", format!("update a row of {entity_set}"), Some(*id))
            }
            Write::Action { entity_set, action, .. } => {
                ("run an action", format!("run {action} on a row of {entity_set}"), None)
            }
        };
        let call = Call::single(operation, url, purpose, name);
        let response = self.send(&call).await?;
        // 204 without a body is the rule (reference, section 1.5). Anything else has to be a row, or
        // what an action gives back: the login page of some proxy is no proof of a write.
        if response.status != StatusCode::NO_CONTENT {
            page::read_row(&response.body).map_err(unreadable(call.operation()))?;
        }
        Ok(id.map(|id| metadata::entity_id(&response).unwrap_or(id)))
    }

    async fn batch(&self, items: &[BatchItem]) -> Result<Vec<ItemAnswer>> {
        let plan = Plan::of(items)?;
        if plan.units.is_empty() {
            return Ok(plan.merge(Vec::new()));
        }
        let answers = self.run(&plan.units, &plan.expected, "run a batch".to_owned()).await?;
        Ok(plan.merge(answers))
    }

    async fn changes<'a>(
        &self,
        table: &'a TrackedTable,
        since: Option<&'a ChangeToken>,
    ) -> Result<ChangePage> {
        let path = changes::path(table)?;
        let set = &table.entity_set;
        let (url, operation) = match since {
            None => (self.channel.environment.url(&path)?, format!("read all of {set}")),
            Some(token) => {
                let url = self.channel.environment.change_link(token.as_str(), set)?;
                (url, format!("read the changes of {set}"))
            }
        };
        self.change_page(url, table, operation).await
    }

    async fn next_changes(&self, table: &TrackedTable, next: &NextLink) -> Result<ChangePage> {
        let url = self.channel.environment.link(&next.url)?;
        let operation = format!("read the next changes of {}", table.entity_set);
        self.change_page(url, table, operation).await
    }

    async fn status_options(&self, table: &str) -> Result<Vec<StatusOption>> {
        let path = metadata::status_path(table)?;
        let operation = format!("read the status reasons of {table}");
        let response = self.read(&path, "read status reasons", operation.clone()).await?;
        metadata::status_options(&response.body).map_err(unreadable(&operation))
    }

    fn advice(&self) -> Advice {
        self.channel.governor.advice()
    }

    fn requests_sent(&self) -> u64 {
        self.channel.http.requests_sent()
    }
}

/// What of a batch has to be asked, and what is known without asking.
struct Plan {
    units: Vec<Unit>,
    expected: Vec<Expected>,
    /// For each item its answer, if it needs no request.
    known: Vec<Option<ItemAnswer>>,
}

impl Plan {
    fn of(items: &[BatchItem]) -> Result<Self> {
        let mut plan = Self {
            units: Vec::new(),
            expected: Vec::new(),
            known: Vec::with_capacity(items.len()),
        };
        for item in items {
            match item {
                BatchItem::ChangeSet(writes) if writes.is_empty() => {
                    plan.known.push(Some(ItemAnswer::Written));
                }
                BatchItem::ChangeSet(writes) => {
                    let operations = writes.iter().map(Operation::write).collect::<Result<_>>()?;
                    plan.ask(Unit::ChangeSet(operations), Expected::ChangeSet(writes.len()));
                }
                BatchItem::Write(write) => {
                    plan.ask(Unit::Single(Operation::write(write)?), Expected::Write);
                }
                BatchItem::Query(query) => match render(query)? {
                    Rendered::Empty => plan.known.push(Some(ItemAnswer::Read(Page::default()))),
                    Rendered::Ask { path, prefer } => {
                        let operation = Operation::read(path, prefer.clone());
                        plan.ask(Unit::Single(operation), Expected::Read(prefer));
                    }
                },
            }
        }
        Ok(plan)
    }

    fn ask(&mut self, unit: Unit, expected: Expected) {
        self.units.push(unit);
        self.expected.push(expected);
        self.known.push(None);
    }

    fn merge(self, answers: Vec<ItemAnswer>) -> Vec<ItemAnswer> {
        let mut answers = answers.into_iter();
        self.known
            .into_iter()
            .map(|known| known.or_else(|| answers.next()).unwrap_or(ItemAnswer::Unknown))
            .collect()
    }
}

fn unreadable(operation: &str) -> impl FnOnce(Unreadable) -> Error {
    move |unreadable| Error::Answer {
        operation: operation.to_owned(),
        problem: unreadable.problem,
        broken_off: unreadable.broken_off,
    }
}
