#![doc = include_str!("../README.md")]

mod error;
mod names;
mod nearest;
mod process;
mod tenant;

pub use error::{Error, Problem, Problems, Result};
pub use names::Names;
pub use process::{
    BasicCredential, CredentialConfig, DataverseConfig, EnreachConfig, EnreachEndpoint, FeedConfig,
    InboxConfig, ProcessConfig, RoutingConfig, ServerConfig, StoreConfig, StoreUrl, TenantConfig,
    WebhookConfig,
};
pub use tenant::{
    DataType, Finding, LoadedSettings, MatchColumns, MatchColumnsError, RecipientRule,
    SettingInForce, SettingRow, SettingSource, SettingSpec, SettingWindowBasis, SettingsCache,
    TenantSettings, UnansweredCallState, catalogue, check_overrides, load, resolve,
};
