//! `$ref`: linking and unlinking of rows that exist.

use super::body::{self, Change};
use super::rows;
use super::work::Work;
use crate::dataverse::address::{Key, Segment};
use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::query::options::Options;
use crate::dataverse::row::RowRef;
use crate::dataverse::schema::{Behaviour, Navigation};
use crate::dataverse::target::find_row;
use crate::dataverse::value::Value;

/// `POST row/collection/$ref` and `PUT row/lookup/$ref` with `{"@odata.id":…}`.
///
/// # Errors
/// 404 for rows and properties that do not exist, 412 `0x80040237` for a link that exists.
pub(super) fn associate(
    work: &mut Work<'_>,
    at: RowRef,
    property: &Segment,
    body: &[u8],
) -> Outcome<()> {
    let members = body::parse_object(body)?;
    let target = members.get("@odata.id").and_then(serde_json::Value::as_str).ok_or_else(|| {
        Failure::payload("The body of a $ref request must hold '@odata.id' with the row's address.")
    })?;
    work.view().existing(at)?;
    let navigation = navigation(work, at, property)?;
    let other = body::resolve(work.view(), work.references, target)?;
    match navigation {
        Navigation::One { column, target } => {
            if target.is_some_and(|target| target != other.table) {
                return Err(wrong_target(property));
            }
            point(work, at, column, Some(other))
        }
        Navigation::Many { table, column } => {
            if table != other.table {
                return Err(wrong_target(property));
            }
            point(work, other, column, Some(at))
        }
        Navigation::Linked { link, table, forward } => {
            if table != other.table {
                return Err(wrong_target(property));
            }
            let (first, second) = if forward { (at.id, other.id) } else { (other.id, at.id) };
            if work.store.set_link(link, first, second, true) {
                Ok(())
            } else {
                Err(Failure::duplicate_row())
            }
        }
    }
}

/// `DELETE row/lookup/$ref`, `DELETE row/collection(key)/$ref`, `DELETE row/collection/$ref?$id=…`.
///
/// # Errors
/// 404 for rows, links and properties that do not exist.
pub(super) fn disassociate(
    work: &mut Work<'_>,
    at: RowRef,
    property: &Segment,
    options: &Options,
) -> Outcome<()> {
    work.view().existing(at)?;
    let navigation = navigation(work, at, property)?;
    if let Navigation::One { column, target } = navigation {
        let record = work.view().existing(at)?;
        let points_elsewhere = target.is_some()
            && work.view().follow(record, column, None).is_some()
            && work.view().follow(record, column, target).is_none();
        return if points_elsewhere { Ok(()) } else { point(work, at, column, None) };
    }
    let other = other_side(work, navigation, property, options)?;
    if !work.view().related(at, navigation).contains(&other) {
        return Err(Failure::row_not_found(work.schema.table(other.table), other.id));
    }
    match navigation {
        Navigation::One { .. } => Ok(()),
        Navigation::Many { column, .. } => point(work, other, column, None),
        Navigation::Linked { link, forward, .. } => {
            let (first, second) = if forward { (at.id, other.id) } else { (other.id, at.id) };
            work.store.set_link(link, first, second, false);
            Ok(())
        }
    }
}

fn other_side(
    work: &Work<'_>,
    navigation: Navigation,
    property: &Segment,
    options: &Options,
) -> Outcome<RowRef> {
    let table = match navigation {
        Navigation::Many { table, .. } | Navigation::Linked { table, .. } => {
            work.schema.table(table)
        }
        Navigation::One { .. } => return Err(wrong_target(property)),
    };
    match (&property.key, options.get("$id")) {
        (Some(key @ (Key::Id(_) | Key::Named(_))), _) => find_row(work.view(), table, key),
        (_, Some(address)) => body::resolve(work.view(), work.references, address),
        _ => Err(Failure::unsupported_query(
            "A key after the collection, or the option $id, must say which row to unlink.",
        )),
    }
}

/// Sets or clears a lookup, under the rules of an update.
fn point(
    work: &mut Work<'_>,
    at: RowRef,
    column: crate::dataverse::schema::ColumnId,
    to: Option<RowRef>,
) -> Outcome<()> {
    let table = work.schema.table(at.table);
    if table.behaviour == Behaviour::ActivityParty || !table.column(column).on_update {
        return Err(Failure::bad_request(
            "0x80040203",
            format!("'{}' cannot be changed by itself.", table.column(column).logical_name),
        ));
    }
    let mut change = Change::default();
    change.set(column, to.map(|to| Value::Lookup(to.table, to.id)));
    rows::apply(work, at, change)
}

fn navigation(work: &Work<'_>, at: RowRef, property: &Segment) -> Outcome<Navigation> {
    work.schema
        .table(at.table)
        .navigate(&property.name)
        .ok_or_else(|| Failure::unknown_segment(&property.name))
}

fn wrong_target(property: &Segment) -> Failure {
    Failure::bad_request(
        "0x80060888",
        format!("The row does not fit the navigation property '{}'.", property.name),
    )
}
