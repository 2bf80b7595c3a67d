//! Tenant settings: rows in Dynamics over defaults, under the overrides of the file (design §3).

mod cache;
mod catalogue;
mod finding;
mod load;
mod match_columns;
mod reading;
mod resolve;
mod settings;

pub use cache::SettingsCache;
pub use catalogue::{DataType, SettingSpec, catalogue};
pub use finding::Finding;
pub use load::load;
pub use match_columns::{MatchColumns, MatchColumnsError};
pub use resolve::{
    LoadedSettings, SettingInForce, SettingRow, SettingSource, check_overrides, resolve,
};
pub use settings::{RecipientRule, SettingWindowBasis, TenantSettings, UnansweredCallState};
