//! A property path bound to a table: from a row over lookups to one column.

use std::borrow::Cow;

use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::schema::{Column, ColumnId, Navigation, Schema, Table, TableId};
use crate::dataverse::value::Value;
use crate::dataverse::view::{Record, View};

/// Lookups to follow, then a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::dataverse) struct BoundPath {
    hops: Vec<Hop>,
    table: TableId,
    column: ColumnId,
}

/// One lookup to follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::dataverse) struct Hop {
    /// The lookup.
    pub(in crate::dataverse) column: ColumnId,
    /// Table that it must point into.
    pub(in crate::dataverse) target: TableId,
}

impl BoundPath {
    /// Looks up `segments` from `table`.
    ///
    /// # Errors
    /// 400 `0x0` naming the segment and the type that lacks it.
    pub(in crate::dataverse) fn new(
        schema: &Schema,
        table: &Table,
        segments: &[String],
    ) -> Outcome<Self> {
        let Some((last, leading)) = segments.split_last() else {
            return Err(Failure::syntax("Empty property path."));
        };
        if let [owner] = leading
            && let Some(Navigation::One { column, target: None }) = table.navigate(owner)
        {
            return if last == "ownerid" {
                Ok(Self { hops: Vec::new(), table: table.id, column })
            } else {
                Err(Failure::unknown_property(last, "principal"))
            };
        }
        let (hops, table) = follow(schema, table, leading)?;
        let column = table
            .find_property(last)
            .ok_or_else(|| Failure::unknown_property(last, &table.logical_name))?;
        Ok(Self { hops, table: table.id, column })
    }

    /// A column of the table itself.
    pub(in crate::dataverse) fn of_column(table: &Table, column: ColumnId) -> Self {
        Self { hops: Vec::new(), table: table.id, column }
    }

    /// The column, if it is one of the table itself.
    pub(in crate::dataverse) fn own_column(&self) -> Option<ColumnId> {
        self.hops.is_empty().then_some(self.column)
    }

    /// The column at the end.
    pub(in crate::dataverse) fn column<'s>(&self, schema: &'s Schema) -> &'s Column {
        schema.table(self.table).column(self.column)
    }

    /// The value at the end, if the way is not broken.
    pub(in crate::dataverse) fn value<'a>(
        &self,
        view: View<'a>,
        record: Record<'a>,
    ) -> Option<Cow<'a, Value>> {
        let end = walk(view, record, &self.hops)?;
        end.get(view.table(self.table), self.column)
    }
}

/// Binds a way over lookups; gives it with the table it ends in.
///
/// # Errors
/// 400 `0x0` naming the segment and the type that lacks it.
pub(in crate::dataverse) fn follow<'s>(
    schema: &'s Schema,
    mut table: &'s Table,
    segments: &[String],
) -> Outcome<(Vec<Hop>, &'s Table)> {
    let mut hops = Vec::new();
    for segment in segments {
        match table.navigate(segment) {
            Some(Navigation::One { column, target: Some(target) }) => {
                hops.push(Hop { column, target });
                table = schema.table(target);
            }
            Some(Navigation::One { target: None, .. }) => {
                return Err(Failure::unknown_property("ownerid", "principal"));
            }
            Some(_) => {
                return Err(Failure::syntax(format!(
                    "The parent value for a property access of a property '{segment}' is not a \
                     single value. Property access can only be applied to a single value."
                )));
            }
            None => return Err(Failure::unknown_property(segment, &table.logical_name)),
        }
    }
    Ok((hops, table))
}

/// Goes the way from a row.
pub(in crate::dataverse) fn walk<'a>(
    view: View<'a>,
    record: Record<'a>,
    hops: &[Hop],
) -> Option<Record<'a>> {
    hops.iter().try_fold(record, |at, hop| view.follow(at, hop.column, Some(hop.target)))
}
