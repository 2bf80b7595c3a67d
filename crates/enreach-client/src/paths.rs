//! Every path and query name of the Enreach API that we use, in one table (reference, sections 1.1,
//! 2.2, 3, 5 and 6).

/// Discovery, below the discovery URL. Needs no credentials.
pub(crate) const DISCOVERY: &str = "/api/user";
/// The user to discover the API of.
pub(crate) const DISCOVERY_USER: &str = "user";

/// The API user itself.
pub(crate) const ME: &str = "/users/me";
/// Users.
pub(crate) const USERS: &str = "/users";
/// Queues.
pub(crate) const QUEUES: &str = "/queues";
/// User calls.
pub(crate) const CALLS: &str = "/calls";
/// Queue calls; the singular is the vendor's.
pub(crate) const SERVICE_CALLS: &str = "/servicecall";

/// Rows of one call.
pub(crate) const CALL_ID: &str = "CallId";
/// First and last instant of a window over the start of calls; both are needed.
pub(crate) const STARTED: [&str; 2] = ["StartTime", "EndTime"];
/// First and last instant of a window over the last change of rows; both are needed.
pub(crate) const MODIFIED: [&str; 2] = ["ModifiedAfter", "ModifiedBefore"];
