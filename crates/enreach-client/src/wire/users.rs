//! Users (reference, section 5).

use serde_json::{Map, Value};

use super::fields::Fields;
use crate::User;

/// Reads a user; it needs an id.
pub(crate) fn read(row: Map<String, Value>) -> Result<User, String> {
    let fields = Fields(&row);
    Ok(User {
        id: fields.required_id(&["Id", "UserId", "UserID"])?,
        user_name: fields.text("UserName"),
        email: fields.text("Email"),
        first_name: fields.text("FirstName"),
        last_name: fields.text("LastName"),
        organization: fields.id(&["OrganizationID", "OrganizationId"]),
        work_number: fields.text("WorkNumber"),
        mobile_number: fields.text("MobileNumber"),
        deleted: fields.flag("Deleted"),
    })
}
