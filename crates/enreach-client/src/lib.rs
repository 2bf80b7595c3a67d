//! Client for the Enreach Cloud REST API.

mod api;
mod error;
mod model;

#[cfg(any(test, feature = "mock"))]
pub use api::MockEnreachApi;
pub use api::{EnreachApi, WindowBasis};
pub use error::{Error, Result};
pub use model::{
    CallRow, Direction, Privacy, Queue, Reported, RowKind, Rows, UnreadableRow, User,
};
