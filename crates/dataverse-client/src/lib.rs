#![doc = include_str!("../README.md")]

mod api;
mod batch;
mod change_sets;
mod changes;
mod channel;
mod client;
pub mod codes;
mod credential;
mod environment;
mod error;
mod governor;
mod metadata;
#[cfg(any(test, feature = "mock"))]
mod mock;
mod operation;
mod page;
mod paging;
mod query;
mod row;
mod service_error;
mod text;
mod write;

pub use api::{Advice, DataverseApi, WhoAmI};
pub use change_sets::{Pace, SetAnswer, write_sets};
pub use changes::{ChangePage, ChangeToken, TrackedTable};
pub use client::{DataverseClient, DataverseClientBuilder};
pub use credential::{Credential, CredentialError, CredentialKind};
pub use error::{Error, Result};
#[cfg(any(test, feature = "mock"))]
pub use mock::MockDataverseApi;
pub use paging::{all_rows, change_pages, rows};
pub use query::{Comparison, Filter, FilterValue, Order, Query};
pub use row::{NextLink, Page, Row, StatusOption};
pub use service_error::ServiceError;
pub use text::cut_text;
pub use write::{BatchItem, Columns, ItemAnswer, Precondition, Write};
