#![doc = include_str!("../README.md")]

mod clock;
mod error_chain;
mod error_class;
pub mod fail_point;
mod ids;
mod phone;
mod window;

pub use clock::{Clock, ManualClock, SystemClock};
pub use error_chain::error_chain;
pub use error_class::ErrorClass;
pub use ids::{
    ActivityId, AgentId, CallId, CallbackItemId, CallbackListId, EventId, IdError, OrganizationId,
    QueueId, SystemUserId, TenantName,
};
pub use phone::{E164, E164Error, mask_number, mask_numbers};
pub use window::{TimeWindow, WindowError};
