//! The Dataverse Web API as a deterministic machine: a request goes in, an answer comes out.
//!
//! Written from the reference (`dataverse-api.md`), never from our own client: where the service
//! refuses, this refuses. Time comes from the clock that it is given, ids from a counter. What the
//! service has and this does not have yet answers 501, so that no client takes silence for success:
//! paths and further steps in `$apply`, custom activities, metadata in change sets.
//!
//! | folder | what |
//! | --- | --- |
//! | `schema` | tables, columns, relationships as data |
//! | `fetch` | FetchXML, SQL and `$apply` |
//! | `query` | query options: parsed, bound to a table, asked of rows |
//! | `read` | answers to GET |
//! | `write` | rules of writes |
//! | `batch` | `$batch` |
//! | `metadata` | `EntityDefinitions` and kin, read and written; `$metadata` |
//! | `world` | loading of rows |

mod address;
mod batch;
mod collation;
pub(crate) mod exchange;
mod failure;
mod fetch;
mod functions;
mod identity;
mod ids;
mod messages;
mod metadata;
mod prefer;
mod query;
mod read;
mod reply;
mod row;
mod schema;
mod service;
mod store;
mod target;
#[cfg(test)]
mod tests;
mod tombstones;
mod value;
mod view;
mod world;
mod write;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use http::Method;
use serde_json::Value as Json;
use voice_model::Clock;

pub(crate) use identity::Identity;
pub(crate) use world::LoadError;

use ids::IdSource;
use schema::Schema;
use service::{State, Surroundings, URL_LIMIT};
use store::Store;
use view::Context;
use world::{Loader, World};
use write::work::{References, Work};

/// Takes a row of an entity set with its position in the set's array.
pub(crate) type RowSink<'a> = dyn FnMut(&Arc<str>, usize, &Json) -> Result<(), LoadError> + 'a;

/// One Dataverse environment. All methods may be called from many threads; each takes effect whole.
pub(crate) struct Dataverse {
    clock: Arc<dyn Clock>,
    identity: Identity,
    bare: bool,
    ids: IdSource,
    state: RwLock<State>,
}

impl fmt::Debug for Dataverse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dataverse")
            .field("identity", &self.identity)
            .field("bare", &self.bare)
            .finish_non_exhaustive()
    }
}

impl Dataverse {
    /// An environment with the fixed rows of `identity`. `bare` leaves our solution's tables and
    /// columns out.
    pub(crate) fn new(clock: Arc<dyn Clock>, identity: Identity, bare: bool) -> Self {
        let state = RwLock::new(empty_state(bare));
        let environment = Self { clock, identity, bare, ids: IdSource::default(), state };
        environment.reset();
        environment
    }

    /// Goes back to the fixed rows and to switches that are off.
    pub(crate) fn reset(&self) {
        let mut state = self.write();
        let mut fresh = empty_state(self.bare);
        fresh.store.succeed(&state.store);
        *state = fresh;
        if let Err(error) = self.load_into(&mut state, &world::fixed_rows(&self.identity)) {
            tracing::error!(%error, "the fixed rows do not fit the schema");
        }
    }

    /// Loads rows of one entity set; gives how many. A row with a key that exists replaces it.
    ///
    /// # Errors
    /// [`LoadError`] for the first row that is wrong; then nothing is loaded.
    #[cfg_attr(not(test), expect(dead_code, reason = "worlds come whole; tests load single sets"))]
    pub(crate) fn load(&self, entity_set: &str, rows: &[Json]) -> Result<usize, LoadError> {
        self.load_world(&BTreeMap::from([(entity_set.to_owned(), rows.to_vec())]))
    }

    /// Loads rows of any entity sets, in whatever order; gives how many.
    ///
    /// # Errors
    /// [`LoadError`] for the first row that is wrong; then nothing is loaded.
    pub(crate) fn load_world(&self, world: &World) -> Result<usize, LoadError> {
        self.load_into(&mut self.write(), world)
    }

    /// Answers a request below `/api/data/v9.2/`.
    pub(crate) fn handle(
        &self,
        request: &exchange::Request,
        observer: &mut dyn exchange::BatchObserver,
    ) -> exchange::Response {
        let around = Surroundings { now: self.clock.now(), ids: &self.ids, url_limit: URL_LIMIT };
        if request.path.trim_end_matches('/') == "$batch" {
            return batch::run(&mut self.write(), request, observer, around);
        }
        if request.method == Method::GET {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            return service::read(&state, request, around);
        }
        let mut state = self.write();
        state.store.begin();
        let response = service::write(&mut state, request, &References::new(), around);
        let State { schema, store, .. } = &mut *state;
        if response.status.is_client_error() || response.status.is_server_error() {
            store.roll_back(schema);
        } else {
            store.commit();
        }
        response
    }

    /// Whether completed and canceled activities refuse changes (reference, section 2.2).
    pub(crate) fn set_closed_rows_read_only(&self, on: bool) {
        self.write().closed_rows_read_only = on;
    }

    /// Lets every change token given out so far expire, as an environment does with old ones.
    pub(crate) fn expire_change_tokens(&self) {
        self.write().store.expire_tokens();
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Loads rows one by one as `feed` hands them over: entity set, position in its array, row.
    /// The environment answers nobody meanwhile, and keeps nothing if `feed` or a row fails.
    ///
    /// # Errors
    /// Those of `feed`, and [`LoadError`] for the first row that is wrong.
    pub(crate) fn load_stream<T, E: From<LoadError>>(
        &self,
        feed: impl FnOnce(&mut RowSink<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.load_with(&mut self.write(), |loader| {
            let fed = feed(&mut |set, index, row| loader.add(set, index, row))?;
            loader.finish()?;
            Ok(fed)
        })
    }

    fn load_into(&self, state: &mut State, world: &World) -> Result<usize, LoadError> {
        self.load_with(state, |loader| loader.load(world))
    }

    fn load_with<T, E>(
        &self,
        state: &mut State,
        load: impl FnOnce(&mut Loader<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let context = Context {
            now: self.clock.now(),
            caller: self.identity.application_user_id,
            on_behalf_by: None,
            base_url: String::new(),
        };
        state.store.begin();
        let work = Work {
            schema: &state.schema,
            store: &mut state.store,
            context: &context,
            ids: &self.ids,
            references: &References::new(),
            closed_rows_read_only: false,
        };
        let mut loader = Loader {
            work,
            business_unit: self.identity.business_unit_id,
            organization: self.identity.organization_id,
            waiting: Vec::new(),
        };
        let outcome = load(&mut loader);
        match outcome {
            Ok(_) => state.store.commit(),
            Err(_) => state.store.roll_back(&state.schema),
        }
        outcome
    }
}

fn empty_state(bare: bool) -> State {
    let schema = Schema::new(bare);
    let store = Store::new(&schema);
    State { schema, store, closed_rows_read_only: false }
}
