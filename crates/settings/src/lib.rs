//! Process configuration and tenant settings
