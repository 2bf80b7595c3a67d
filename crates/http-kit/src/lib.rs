#![doc = include_str!("../README.md")]

mod attempt;
mod builder;
mod client;
mod endpoint;
mod error;
mod gate;
mod permits;
mod randomness;
mod request;
mod response;
mod retry;
mod retry_after;
mod telemetry;

pub use builder::{HttpClientBuilder, Tls};
pub use client::HttpClient;
pub use endpoint::{UrlRule, check_url};
pub use error::{Error, Result};
pub use gate::{Closed, End, Entrant, Gate, Pass};
pub use request::{Request, Safety};
pub use response::Response;
