//! The capability that engines ask for: what Enreach Cloud can tell us.

use async_trait::async_trait;
use voice_model::{CallId, TimeWindow};

use crate::{CallRow, Queue, Result, Rows, User};

/// Which instant of a row a window is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowBasis {
    /// When the call started (`StartTime` and `EndTime` of the request).
    Started,
    /// When the row last changed (`ModifiedAfter` and `ModifiedBefore`).
    Modified,
}

/// What we read from Enreach Cloud.
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

    /// Requests sent so far, every attempt counted, discovery included.
    fn requests_sent(&self) -> u64;
}
