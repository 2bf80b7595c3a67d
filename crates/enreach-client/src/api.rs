//! The capability that engines ask for: what Enreach Cloud can tell us, and the one thing that we
//! tell it.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use voice_model::{CallId, CallbackItemId, CallbackListId, TimeWindow};

use crate::{
    CallRow, CallbackItem, CallbackList, CallbackState, CloseAnswer, Queue, Result, Rows, User,
};

/// Which instant of a row a window is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowBasis {
    /// When the call started (`StartTime` and `EndTime` of the request).
    Started,
    /// When the row last changed (`ModifiedAfter` and `ModifiedBefore`).
    Modified,
}

/// What we read from Enreach Cloud, and the closing of callback requests.
///
/// The real thing is [`EnreachClient`](crate::EnreachClient); with the feature `mock` there is a
/// `MockEnreachApi`.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait EnreachApi: Send + Sync {
    /// The API user itself: `GET /users/me`. Fails when the credentials are wrong.
    async fn me(&self) -> Result<User>;

    /// All users that the API user may see: `GET /users`.
    async fn users(&self) -> Result<Rows<User>>;

    /// All queues that the API user may see: `GET /queues`.
    async fn queues(&self) -> Result<Rows<Queue>>;

    /// Rows of user calls in a window of at most 31 days: `GET /calls`.
    async fn calls(&self, basis: WindowBasis, window: TimeWindow) -> Result<Rows<CallRow>>;

    /// All user call rows of one call: `GET /calls?CallId=`.
    async fn calls_with_id(&self, call: &CallId) -> Result<Rows<CallRow>>;

    /// Rows of queue calls in a window of at most 31 days: `GET /servicecall`.
    async fn service_calls(&self, basis: WindowBasis, window: TimeWindow) -> Result<Rows<CallRow>>;

    /// All callback lists that the API user may see, deleted ones among them: `GET
    /// /callbacks/lists`.
    async fn callback_lists(&self) -> Result<Rows<CallbackList>>;

    /// The requests on a list that came at `created_after` or later, the second that it lies in
    /// included, and are in one of `states`: `GET /callbacks/lists/{id}/items`.
    ///
    /// Without states, or if [`CallbackState::Unknown`] is among them, which has no name to ask
    /// for, requests in all states are read. A list that is not there is
    /// [`ErrorClass::NotFound`](voice_model::ErrorClass::NotFound).
    async fn callback_items(
        &self,
        list: &CallbackListId,
        created_after: DateTime<Utc>,
        states: &[CallbackState],
    ) -> Result<Rows<CallbackItem>>;

    /// A callback request: `GET /callbacks/items/{id}`. `None` if there is no such item.
    async fn callback_item(&self, item: &CallbackItemId) -> Result<Option<CallbackItem>>;

    /// Closes a callback request because it lives on in Dynamics: `PUT /callbacks/items/{id}`.
    ///
    /// To close it again changes nothing, so it may be repeated at any time. It is never taken from
    /// a user who has reserved it.
    async fn close_callback(&self, item: &CallbackItemId) -> Result<CloseAnswer>;

    /// Requests sent so far, every attempt counted, discovery included.
    fn requests_sent(&self) -> u64;
}
