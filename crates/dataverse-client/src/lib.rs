#![doc = include_str!("../README.md")]

mod api;
mod batch;
mod channel;
mod client;
pub mod codes;
mod credential;
mod environment;
mod error;
mod metadata;
mod operation;
mod page;
mod paging;
mod query;
mod row;
mod service_error;
mod write;

#[cfg(any(test, feature = "mock"))]
pub use api::MockDataverseApi;
pub use api::{DataverseApi, WhoAmI};
pub use client::{DataverseClient, DataverseClientBuilder};
pub use credential::{Credential, CredentialError, CredentialKind};
pub use error::{Error, Result};
pub use paging::{all_rows, rows};
pub use query::{Comparison, Filter, FilterValue, Order, Query};
pub use row::{NextLink, Page, Row, StatusOption};
pub use service_error::ServiceError;
pub use write::{BatchItem, Columns, ItemAnswer, Precondition, Write};
