//! Who may own a row, and what follows from the owner.

use http::StatusCode;

use super::work::Work;
use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::row::{Row, RowRef};
use crate::dataverse::schema::{LinkId, Ownership, Schema, Table};
use crate::dataverse::value::Value;
use crate::dataverse::view::View;

/// Gives the row its owner, the caller if it has none, and the columns that follow from it.
///
/// # Errors
/// 400 or 403 if the owner is disabled, has no role or no licence, or is an access team.
pub(super) fn settle(work: &Work<'_>, table: &Table, row: &mut Row) -> Outcome<()> {
    if table.ownership != Ownership::User {
        return Ok(());
    }
    let Some(column) = table.find("ownerid") else { return Ok(()) };
    let owner = match row.get(column).and_then(Value::as_lookup) {
        Some((table, id)) => RowRef::new(table, id),
        None => {
            let Some(users) = work.schema.find("systemuser") else { return Ok(()) };
            RowRef::new(users.id, work.context.caller)
        }
    };
    check(work.view(), owner)?;
    row.set(column, Some(Value::Lookup(owner.table, owner.id)));
    follow(work.view(), table, owner, row);
    Ok(())
}

/// Fills in the columns that follow from the owner.
pub(in crate::dataverse) fn follow(view: View<'_>, table: &Table, owner: RowRef, row: &mut Row) {
    let owners = view.table(owner.table);
    let lookup = Some(Value::Lookup(owner.table, owner.id));
    let is_user = owners.logical_name == "systemuser";
    let unit = owners
        .find("businessunitid")
        .and_then(|column| view.store.row(owner)?.get(column).cloned());
    let (user, team) = if is_user { (lookup, None) } else { (None, lookup) };
    for (name, value) in [("owninguser", user), ("owningteam", team), ("owningbusinessunit", unit)]
    {
        if let Some(column) = table.find(name) {
            row.set(column, value);
        }
    }
}

/// Refuses users and teams that cannot own rows (reference, sections 2.5 and 3.2).
fn check(view: View<'_>, owner: RowRef) -> Outcome<()> {
    let record = view.existing(owner)?;
    let table = view.table(owner.table);
    let cell = |name: &str| table.find(name).and_then(|column| record.row.get(column));
    if table.logical_name == "team" {
        return match cell("teamtype").and_then(Value::as_int) {
            Some(1) => Err(Failure::bad_request(
                "0x80040203",
                format!("Access team with Id = {} cannot own records.", owner.id),
            )),
            _ => Ok(()),
        };
    }
    if cell("isdisabled") == Some(&Value::Bool(true)) {
        return Err(disabled(owner));
    }
    if cell("applicationid").is_some() {
        return Ok(());
    }
    if !has_role(view, owner) {
        return Err(Failure::new(
            StatusCode::FORBIDDEN,
            "0x80042f09",
            format!("The user with id {} has not been assigned any roles.", owner.id),
        ));
    }
    if cell("islicensed") == Some(&Value::Bool(false)) {
        return Err(Failure::new(
            StatusCode::FORBIDDEN,
            "0x8004d24b",
            format!("The user with SystemUserId={} does not have a license.", owner.id),
        ));
    }
    Ok(())
}

/// The refusal of a disabled user.
pub(in crate::dataverse) fn disabled(user: RowRef) -> Failure {
    Failure::bad_request(
        "0x80040225",
        format!("The specified user(Id = {}) is disabled. Consider enabling this user.", user.id),
    )
}

/// The relationship between users and roles.
pub(in crate::dataverse) fn user_roles(schema: &Schema) -> Option<LinkId> {
    let at = schema.links().iter().position(|link| link.name == "systemuserroles_association")?;
    u16::try_from(at).ok().map(LinkId)
}

fn has_role(view: View<'_>, user: RowRef) -> bool {
    user_roles(view.schema).is_some_and(|link| !view.store.linked(link, user.id, true).is_empty())
}
