#![doc = include_str!("../README.md")]

mod control;
mod dataverse;
mod enreach;
mod entra;
mod error;
mod faults;
pub mod identity;
mod latency;
mod modes;
mod options;
mod outbound;
mod request_log;
mod routing_calls;
mod sandbox;
mod server;
mod service_protection;
mod simulators;
mod tls;
mod webhooks;
mod world;

pub use enreach::EnreachLoadError;
pub use error::{Error, Result};
pub use faults::FaultError;
pub use modes::ModeError;
pub use options::{Limits, LimitsError, SandboxOptions};
pub use request_log::{InnerOperation, LoggedRequest};
pub use sandbox::Sandbox;
pub use world::{LoadSummary, WorldError};
