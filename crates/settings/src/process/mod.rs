//! Process configuration: `voice.toml`, then the environment, then secret files (design §7).
//!
//! The file becomes a [`tree`], the environment is laid over it, and each [`section`] takes from it
//! the keys that it knows. Every problem on the way is collected; a configuration with a problem is
//! never used.

mod credential;
mod dataverse;
mod duration;
mod endpoints;
mod enreach;
mod inbox;
mod load;
mod secret;
mod section;
mod server;
mod store;
mod tenant;
mod tree;
mod url;

pub use credential::CredentialConfig;
pub use dataverse::DataverseConfig;
pub use endpoints::{BasicCredential, FeedConfig, RoutingConfig, WebhookConfig};
pub use enreach::{EnreachConfig, EnreachEndpoint};
pub use inbox::InboxConfig;
pub use load::ProcessConfig;
pub use server::ServerConfig;
pub use store::{StoreConfig, StoreUrl};
pub use tenant::TenantConfig;
