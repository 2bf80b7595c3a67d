#![doc = include_str!("../README.md")]

mod answer;
mod event;
mod intake;
mod limits;
mod receive;
mod token;
mod webhooks;

pub use intake::Intake;
pub use limits::WebhookLimits;
pub use webhooks::{WebhookTenant, Webhooks};
