#![doc = include_str!("../README.md")]

mod answer;
mod api;
mod builder;
mod callback;
mod client;
mod closing;
mod credentials;
mod discovery;
mod error;
mod model;
mod paths;
mod period;
mod quote;
mod text;
mod webhook;
mod wire;

#[cfg(any(test, feature = "mock"))]
pub use api::MockEnreachApi;
pub use api::{EnreachApi, WindowBasis};
pub use builder::EnreachClientBuilder;
pub use callback::{CallbackItem, CallbackList, CallbackState, CloseAnswer};
pub use client::EnreachClient;
pub use error::{DiscoveryProblem, Error, Result};
pub use model::{CallRow, Direction, Privacy, Queue, Reported, RowKind, Rows, UnreadableRow, User};
pub use webhook::{CallbackHint, callback_hint};
