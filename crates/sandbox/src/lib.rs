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
mod request_log;
mod sandbox;
mod server;
mod simulators;
mod world;

pub use enreach::EnreachLoadError;
pub use error::{Error, Result};
pub use faults::FaultError;
pub use modes::ModeError;
pub use options::{Limits, LimitsError, SandboxOptions};
pub use request_log::{InnerOperation, LoggedRequest};
pub use sandbox::Sandbox;
pub use world::{LoadSummary, WorldError};
