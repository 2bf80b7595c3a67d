//! Client for the Microsoft Dataverse Web API.

mod api;
mod error;
mod query;
mod row;
mod write;

#[cfg(any(test, feature = "mock"))]
pub use api::MockDataverseApi;
pub use api::{DataverseApi, WhoAmI};
pub use error::{Error, Result, ServiceError};
pub use query::{Comparison, Filter, FilterValue, Order, Query};
pub use row::{NextLink, Page, Row, StatusOption};
pub use write::{BatchItem, Columns, ItemAnswer, Precondition, Write};
