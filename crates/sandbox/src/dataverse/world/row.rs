//! One row of a world: what can be stored at once, and what must wait for the other rows.

use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::error::LoadError;
use crate::dataverse::address::{Key, below_service, parse_path};
use crate::dataverse::row::{Row, RowRef};
use crate::dataverse::schema::{ColumnId, ColumnKind, LinkId, Navigation, Schema, Table};
use crate::dataverse::value::Value;
use crate::dataverse::write::convert::to_cell;

/// A row read from a world.
#[derive(Debug, Default)]
pub(super) struct WorldRow {
    /// Cells given.
    pub(super) cells: Vec<(ColumnId, Option<Value>)>,
    /// Binds by alternate key: property, lookup, path.
    pub(super) binds: Vec<(String, ColumnId, String)>,
    /// Many-to-many links: property, relationship, whether this row is of its first table, path.
    pub(super) links: Vec<(String, LinkId, bool, String)>,
    /// Activity parties.
    pub(super) parties: Option<Vec<Map<String, Json>>>,
    /// Names of roles.
    pub(super) roles: Option<Vec<String>>,
}

impl WorldRow {
    /// Reads a row.
    ///
    /// # Errors
    /// [`LoadError`] naming the property that is unknown or has a wrong value.
    pub(super) fn read(
        schema: &Schema,
        table: &Table,
        members: &Map<String, Json>,
    ) -> Result<Self, LoadError> {
        let mut row = Self::default();
        for (name, value) in members {
            match name.split_once('@') {
                Some(("", _)) => {}
                Some((property, "odata.bind")) => row.bind(schema, table, property, value)?,
                Some((_, annotation)) if annotation.starts_with("odata.bind") => {
                    return Err(unknown(table, name));
                }
                Some(_) => {}
                None => row.member(table, name, value)?,
            }
        }
        if table.logical_name == "systemuser" && row.roles.is_none() {
            row.roles = Some(vec![USUAL_ROLE.to_owned()]);
        }
        Ok(row)
    }

    /// Whether nothing of the row needs other rows.
    pub(super) fn is_settled(&self) -> bool {
        self.binds.is_empty()
            && self.links.is_empty()
            && self.parties.is_none()
            && self.roles.is_none()
    }

    /// Whether the row gives a column a value.
    pub(super) fn gives(&self, column: ColumnId) -> bool {
        self.cells.iter().any(|(id, value)| *id == column && value.is_some())
    }

    fn member(&mut self, table: &Table, name: &str, value: &Json) -> Result<(), LoadError> {
        if name == "roles" && table.logical_name == "systemuser" {
            self.roles = Some(role_names(value)?);
            return Ok(());
        }
        if let Some(id) = table.find_property(name) {
            let column = table.column(id);
            if column.kind == ColumnKind::Key {
                return Ok(());
            }
            let cell = to_cell(table, column, value)
                .map_err(|failure| LoadError::from_failure(name, &failure))?;
            self.cells.push((id, cell));
            return Ok(());
        }
        if name == "phonecall_activity_parties" && table.navigate(name).is_some() {
            let rows = value
                .as_array()
                .and_then(|rows| rows.iter().map(|row| row.as_object().cloned()).collect())
                .ok_or_else(|| LoadError::of_column(name, "expected an array of objects"))?;
            self.parties = Some(rows);
            return Ok(());
        }
        Err(unknown(table, name))
    }

    fn bind(
        &mut self,
        schema: &Schema,
        table: &Table,
        name: &str,
        value: &Json,
    ) -> Result<(), LoadError> {
        match (table.navigate(name), value) {
            (Some(Navigation::One { column, .. }), Json::Null) => self.cells.push((column, None)),
            (Some(Navigation::One { column, target }), Json::String(text)) => {
                let path = below_service(text);
                match direct(schema, path) {
                    None => self.binds.push((name.to_owned(), column, path.to_owned())),
                    Some(at) => {
                        let fits = target.map_or_else(
                            || {
                                table
                                    .column(column)
                                    .lookup()
                                    .is_some_and(|lookup| lookup.target(at.table).is_some())
                            },
                            |target| target == at.table,
                        );
                        if !fits {
                            return Err(LoadError::of_column(
                                &format!("{name}@odata.bind"),
                                format!("'{text}' is not of a table that '{name}' can point to"),
                            ));
                        }
                        self.cells.push((column, Some(Value::Lookup(at.table, at.id))));
                    }
                }
            }
            (Some(Navigation::Linked { link, forward, .. }), Json::Array(paths)) => {
                for path in paths {
                    let path = path.as_str().ok_or_else(|| bad_bind(name))?;
                    let path = below_service(path).to_owned();
                    self.links.push((name.to_owned(), link, forward, path));
                }
            }
            (Some(_), _) => return Err(bad_bind(name)),
            (None, _) => return Err(unknown(table, &format!("{name}@odata.bind"))),
        }
        Ok(())
    }
}

/// The primary key that a row gives.
///
/// # Errors
/// [`LoadError`] if it is missing or no GUID.
pub(super) fn primary_key(table: &Table, members: &Map<String, Json>) -> Result<Uuid, LoadError> {
    let name = &table.column(table.key).logical_name;
    let text = members.get(name).and_then(Json::as_str).ok_or_else(|| {
        LoadError::of_column(name, "the row has no primary key; expected a GUID as text")
    })?;
    Uuid::try_parse(text).map_err(|_| LoadError::of_column(name, format!("'{text}' is not a GUID")))
}

/// Completes state and status where only one of them is given.
///
/// # Errors
/// [`LoadError`] if the two do not go together.
pub(super) fn settle_state(
    table: &Table,
    given: &WorldRow,
    row: &mut Row,
) -> Result<(), LoadError> {
    let (Some((state, states)), Some((status, statuses))) = (table.states(), table.statuses())
    else {
        return Ok(());
    };
    let value = |column| row.get(column).and_then(Value::as_int);
    let of_status = value(status).and_then(|status| {
        statuses.iter().find(|option| option.value == status).map(|option| option.state)
    });
    let state_value = match (given.gives(state), given.gives(status)) {
        (true, _) => value(state).unwrap_or_default(),
        (false, true) => of_status.unwrap_or_default(),
        (false, false) => states.first().map_or(0, |option| option.value),
    };
    let default = states
        .iter()
        .find(|option| option.value == state_value)
        .map(|option| option.default_status)
        .ok_or_else(|| {
            LoadError::of_column("statecode", format!("there is no state {state_value}"))
        })?;
    let status_value = if given.gives(status) { value(status).unwrap_or(default) } else { default };
    if !statuses.iter().any(|option| option.value == status_value && option.state == state_value) {
        return Err(LoadError::of_column(
            "statuscode",
            format!("{status_value} is not a status of state {state_value}"),
        ));
    }
    row.set(state, Some(Value::Int(state_value)));
    row.set(status, Some(Value::Int(status_value)));
    Ok(())
}

/// The row of a path with a primary key, whether it exists or not.
fn direct(schema: &Schema, path: &str) -> Option<RowRef> {
    let segments = parse_path(path).ok()?;
    let [segment] = segments.as_slice() else { return None };
    match segment.key {
        Some(Key::Id(id)) => Some(RowRef::new(schema.find_set(&segment.name)?.id, id)),
        _ => None,
    }
}

/// The role of a user whose row does not speak of roles; without any role a user can own nothing.
const USUAL_ROLE: &str = "Basic User";

fn role_names(value: &Json) -> Result<Vec<String>, LoadError> {
    value
        .as_array()
        .and_then(|names| names.iter().map(|name| name.as_str().map(str::to_owned)).collect())
        .ok_or_else(|| LoadError::of_column("roles", "expected an array of role names"))
}

fn unknown(table: &Table, name: &str) -> LoadError {
    LoadError::of_column(name, format!("the table '{}' has no such property", table.logical_name))
}

fn bad_bind(name: &str) -> LoadError {
    LoadError::of_column(
        &format!("{name}@odata.bind"),
        "expected an address such as \"/contacts(<guid>)\"; an array of them for a collection",
    )
}
