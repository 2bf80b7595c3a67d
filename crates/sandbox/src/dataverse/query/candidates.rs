//! Rows that alone can fit a condition, found through the indexes: what keeps a query by key, by
//! alternate key or by lookup from reading a whole table.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::condition::Condition;
use super::expression::Operator;
use super::path::BoundPath;
use crate::dataverse::schema::{AlternateKey, ColumnId, ColumnKind, Table};
use crate::dataverse::value::Value;
use crate::dataverse::view::View;

/// Fewer rows than this are not worth narrowing down further.
const FEW: usize = 16;

impl Condition {
    /// Keys of the rows that can fit, in order; `None` if only reading all rows tells. Rows found
    /// here need not fit.
    pub(in crate::dataverse) fn candidates(
        &self,
        view: View<'_>,
        table: &Table,
    ) -> Option<BTreeSet<Uuid>> {
        match self {
            Self::Constant(false) => Some(BTreeSet::new()),
            Self::Compare(path, Operator::Equal, Some(value)) => {
                column_holds(view, table, path, std::slice::from_ref(value))
            }
            Self::In(path, values) => column_holds(view, table, path, values),
            Self::Or(parts) => parts.iter().try_fold(BTreeSet::new(), |mut all, part| {
                all.append(&mut part.candidates(view, table)?);
                Some(all)
            }),
            Self::And(parts) => all_hold(view, table, parts),
            _ => None,
        }
    }
}

/// The least that any part, or an alternate key made up of several parts, leaves.
fn all_hold(view: View<'_>, table: &Table, parts: &[Condition]) -> Option<BTreeSet<Uuid>> {
    let by_key = table.keys.iter().enumerate().filter(|(_, key)| key.columns.len() > 1);
    for (position, key) in by_key {
        if let Some(values) = values_of_key(key, parts) {
            return Some(view.store.by_key(table.id, position, &values).into_iter().collect());
        }
    }
    let mut least: Option<BTreeSet<Uuid>> = None;
    for part in parts {
        let found = part.candidates(view, table);
        if found
            .as_ref()
            .is_some_and(|found| least.as_ref().is_none_or(|least| found.len() < least.len()))
        {
            least = found;
        }
        if least.as_ref().is_some_and(|least| least.len() < FEW) {
            break;
        }
    }
    least
}

/// The values that `parts` demand of all columns of a key.
fn values_of_key(key: &AlternateKey, parts: &[Condition]) -> Option<Vec<Value>> {
    let value = |column: &ColumnId| {
        parts.iter().find_map(|part| match part {
            Condition::Compare(path, Operator::Equal, Some(value))
                if path.own_column() == Some(*column) =>
            {
                Some(value.clone())
            }
            _ => None,
        })
    };
    key.columns.iter().map(value).collect()
}

/// Rows whose column has one of the values, if an index tells.
fn column_holds(
    view: View<'_>,
    table: &Table,
    path: &BoundPath,
    values: &[Value],
) -> Option<BTreeSet<Uuid>> {
    let column = path.own_column()?;
    let guid = |value: &Value| match value {
        Value::Guid(id) | Value::Lookup(_, id) => Some(*id),
        _ => None,
    };
    match &table.column(column).kind {
        ColumnKind::Key => return values.iter().map(guid).collect(),
        ColumnKind::Lookup(lookup) if lookup.indexed => {
            return values.iter().try_fold(BTreeSet::new(), |mut all, value| {
                all.extend(view.store.pointing_to(table.id, column, guid(value)?));
                Some(all)
            });
        }
        _ => {}
    }
    let position = table.keys.iter().position(|key| key.columns.as_slice() == [column])?;
    let by_key = |value: &Value| view.store.by_key(table.id, position, std::slice::from_ref(value));
    Some(values.iter().filter_map(by_key).collect())
}
