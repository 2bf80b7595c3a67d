//! A body read against its table: cells, binds, and rows to make along with it.

use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::convert::to_cell;
use super::work::{References, Work};
use crate::dataverse::address::below_service;
use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::row::RowRef;
use crate::dataverse::schema::{ColumnId, ColumnKind, Navigation, Table, TableId};
use crate::dataverse::target::find_path;
use crate::dataverse::value::Value;
use crate::dataverse::view::View;

/// Whether a row is made or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::dataverse) enum Moment {
    /// A row is made.
    Create,
    /// A row is changed.
    Update,
}

/// Rows of a collection that came inside a body.
#[derive(Debug, Clone)]
pub(in crate::dataverse) struct Children {
    /// Their table.
    pub(in crate::dataverse) table: TableId,
    /// Its lookup that points back.
    pub(in crate::dataverse) column: ColumnId,
    /// The rows, still as JSON.
    pub(in crate::dataverse) rows: Vec<Map<String, Json>>,
}

/// What a body asks for.
#[derive(Debug, Clone, Default)]
pub(in crate::dataverse) struct Change {
    /// Primary key, where the body gives one.
    pub(in crate::dataverse) id: Option<Uuid>,
    /// Columns to set, or to clear.
    pub(in crate::dataverse) cells: Vec<(ColumnId, Option<Value>)>,
    /// Rows of collections.
    pub(in crate::dataverse) children: Vec<Children>,
    /// Rows to make first and then point to: the lookup, the table, the row.
    pub(in crate::dataverse) parents: Vec<(ColumnId, TableId, Map<String, Json>)>,
}

impl Change {
    /// What the body sets a column to, if it mentions it.
    pub(in crate::dataverse) fn cell(&self, column: ColumnId) -> Option<Option<&Value>> {
        self.cells.iter().find(|(id, _)| *id == column).map(|(_, value)| value.as_ref())
    }

    /// Sets a column, in place of what the body says.
    pub(in crate::dataverse) fn set(&mut self, column: ColumnId, value: Option<Value>) {
        self.cells.retain(|(id, _)| *id != column);
        self.cells.push((column, value));
    }
}

/// The object in a request's body.
///
/// # Errors
/// 400 `0x80048d19` if it is no JSON object.
pub(in crate::dataverse) fn parse_object(body: &[u8]) -> Outcome<Map<String, Json>> {
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    if text.trim_ascii().is_empty() {
        return Err(Failure::payload(
            "A 'StartObject' node was expected; the request has no body.",
        ));
    }
    match serde_json::from_slice(text) {
        Ok(Json::Object(members)) => Ok(members),
        Ok(_) => Err(Failure::payload(
            "An unexpected node was found when reading from the JSON reader. A 'StartObject' node \
             was expected.",
        )),
        Err(error) => Err(Failure::payload(format!(
            "Invalid JSON. A token was not recognized in the JSON content. ({error})"
        ))),
    }
}

/// Reads a body for a row of `table`. Values of columns that cannot be written at this moment are
/// dropped without a word (reference, section 2.1).
///
/// # Errors
/// 400 for unknown properties and values that do not fit, 404 for binds to rows that do not exist.
pub(in crate::dataverse) fn read(
    work: &Work<'_>,
    table: &Table,
    members: &Map<String, Json>,
    moment: Moment,
) -> Outcome<Change> {
    let mut reader = Reader {
        view: work.view(),
        references: work.references,
        table,
        moment,
        change: Change::default(),
    };
    for (name, value) in members {
        match name.split_once('@') {
            Some(("", _)) => {}
            Some((property, "odata.bind")) => reader.bind(property, value)?,
            Some((property, _)) => reader.annotation(property, members)?,
            None => reader.property(name, value)?,
        }
    }
    Ok(reader.change)
}

/// The row that a bind or an `@odata.id` stands for.
///
/// # Errors
/// 400 for unknown `$n` and paths that name no row; 404 if the row does not exist.
pub(in crate::dataverse) fn resolve(
    view: View<'_>,
    references: &References,
    text: &str,
) -> Outcome<RowRef> {
    let path = match text.trim_start_matches('/').strip_prefix('$') {
        Some(content_id) => {
            references.get(content_id).ok_or_else(|| unknown_reference(content_id))?
        }
        None => below_service(text),
    };
    let at = find_path(view, path)?;
    view.existing(at).map(|record| record.at)
}

/// A `$n` that no earlier part of the change set made.
pub(in crate::dataverse) fn unknown_reference(content_id: &str) -> Failure {
    Failure::bad_request(
        "0x80060888",
        format!("Content-ID Reference: '${content_id}' does not exist in the batch context."),
    )
}

struct Reader<'a> {
    view: View<'a>,
    references: &'a References,
    table: &'a Table,
    moment: Moment,
    change: Change,
}

impl Reader<'_> {
    fn property(&mut self, name: &str, value: &Json) -> Outcome<()> {
        if let Some(id) = self.table.find_property(name) {
            return self.column(id, value);
        }
        match self.table.navigate(name) {
            Some(navigation) => self.related(name, navigation, value),
            None => Err(Failure::payload(format!(
                "Invalid property '{name}' was found in entity 'Microsoft.Dynamics.CRM.{}'.",
                self.table.logical_name
            ))),
        }
    }

    fn column(&mut self, id: ColumnId, value: &Json) -> Outcome<()> {
        let column = self.table.column(id);
        if matches!(column.kind, ColumnKind::Lookup(_)) {
            return to_cell(self.table, column, &Json::Bool(true)).map(|_| ());
        }
        let taken = match self.moment {
            Moment::Create => column.on_create,
            Moment::Update => column.on_update,
        };
        if !taken {
            return Ok(());
        }
        let cell = to_cell(self.table, column, value)?;
        match (&column.kind, cell) {
            (ColumnKind::Key, Some(Value::Guid(key))) => self.change.id = Some(key),
            (ColumnKind::Key, _) => {}
            (_, cell) => self.change.set(id, cell),
        }
        Ok(())
    }

    fn bind(&mut self, name: &str, value: &Json) -> Outcome<()> {
        let Some(Navigation::One { column: id, target }) = self.table.navigate(name) else {
            return Err(Failure::undeclared_bind(name));
        };
        let column = self.table.column(id);
        let cell = match value {
            Json::Null => None,
            Json::String(text) => {
                let at = resolve(self.view, self.references, text)?;
                let fits = target.map_or_else(
                    || column.lookup().is_some_and(|lookup| lookup.target(at.table).is_some()),
                    |target| target == at.table,
                );
                if !fits {
                    return Err(self.wrong_target(name, at));
                }
                Some(Value::Lookup(at.table, at.id))
            }
            _ => {
                return Err(Failure::payload(format!(
                    "The value of the '{name}@odata.bind' annotation must be a string."
                )));
            }
        };
        let taken = match self.moment {
            Moment::Create => column.on_create,
            Moment::Update => column.on_update,
        };
        if taken {
            self.clear_or_set(id, target, cell);
        }
        Ok(())
    }

    /// Clearing `parentcustomerid_contact` leaves a bind of `parentcustomerid_account` alone.
    fn clear_or_set(&mut self, id: ColumnId, target: Option<TableId>, cell: Option<Value>) {
        let other_is_set = cell.is_none()
            && target.is_some()
            && self.change.cell(id).is_some_and(|set| set.is_some());
        if !other_is_set {
            self.change.set(id, cell);
        }
    }

    fn annotation(&self, name: &str, members: &Map<String, Json>) -> Outcome<()> {
        let declared = self.table.find_property(name).is_some()
            || self.table.navigate(name).is_some()
            || members.contains_key(name);
        if declared { Ok(()) } else { Err(Failure::undeclared_bind(name)) }
    }

    fn related(&mut self, name: &str, navigation: Navigation, value: &Json) -> Outcome<()> {
        match (navigation, value) {
            (Navigation::One { column, target }, Json::Null) => {
                if self.table.column(column).on_update {
                    self.clear_or_set(column, target, None);
                }
                Ok(())
            }
            (Navigation::One { column, target: Some(target) }, Json::Object(row))
                if self.moment == Moment::Create =>
            {
                self.change.parents.push((column, target, row.clone()));
                Ok(())
            }
            (Navigation::Many { table, column }, Json::Array(rows)) => {
                let rows = rows
                    .iter()
                    .map(|row| row.as_object().cloned())
                    .collect::<Option<Vec<_>>>()
                    .ok_or_else(|| {
                        Failure::payload(format!("'{name}' must be an array of objects."))
                    })?;
                self.change.children.push(Children { table, column, rows });
                Ok(())
            }
            _ => Err(Failure::payload(format!(
                "The navigation property '{name}' does not take this value: bind existing rows \
                 with '{name}@odata.bind'."
            ))),
        }
    }

    fn wrong_target(&self, name: &str, at: RowRef) -> Failure {
        Failure::payload(format!(
            "Entity of type '{}' cannot be the value of the navigation property '{name}' of '{}'.",
            self.view.table(at.table).logical_name,
            self.table.logical_name
        ))
    }
}
