//! The rows that exist before any world is loaded and after every reset: who calls, and where.

use uuid::Uuid;

/// The application user, its organisation, business unit and role (design, section 9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// `organizationid` of the only organisation.
    pub(crate) organization_id: Uuid,
    /// `businessunitid` of the root business unit.
    pub(crate) business_unit_id: Uuid,
    /// `systemuserid` of the application user.
    pub(crate) application_user_id: Uuid,
    /// `applicationid` of the application user: the client id of its app registration.
    pub(crate) client_id: Uuid,
    /// `roleid` of the role that the application user holds.
    pub(crate) role_id: Uuid,
    /// Name of that role.
    pub(crate) role: String,
}
