//! A row as JSON, with the annotations that the client asked for.

use serde_json::{Map, Value as Json};

use super::label::label;
use crate::dataverse::prefer::{Annotations, FORMATTED_VALUE, LOOKUP_TABLE, NAVIGATION};
use crate::dataverse::query::shape::{Expand, Shape};
use crate::dataverse::row::Row;
use crate::dataverse::schema::{ColumnId, Computed, Navigation, Table};
use crate::dataverse::value::Value;
use crate::dataverse::view::{Record, View};

/// `W/"1234567"`.
pub(in crate::dataverse) fn etag(row: &Row) -> String {
    format!("W/\"{}\"", row.version)
}

/// What shapes the rows of one answer.
#[derive(Debug, Clone, Copy)]
pub(in crate::dataverse) struct Renderer<'a> {
    /// Rows and schema.
    pub(in crate::dataverse) view: View<'a>,
    /// Annotations asked for.
    pub(in crate::dataverse) annotations: &'a Annotations,
    /// Most related rows shown inside one row.
    pub(in crate::dataverse) page_size: usize,
}

impl Renderer<'_> {
    /// A row's members, its ETag first.
    pub(in crate::dataverse) fn row(
        &self,
        table: &Table,
        record: Record<'_>,
        shape: &Shape,
    ) -> Map<String, Json> {
        let mut members = Map::new();
        members.insert("@odata.etag".into(), etag(record.row).into());
        match &shape.columns {
            None => {
                for at in 0..table.columns.len() {
                    let column = ColumnId(u16::try_from(at).unwrap_or(u16::MAX));
                    self.column(table, record, column, &mut members);
                }
            }
            Some(columns) => {
                for column in columns {
                    self.column(table, record, *column, &mut members);
                }
                for column in always_shown(table) {
                    if !columns.contains(&column) {
                        self.column(table, record, column, &mut members);
                    }
                }
            }
        }
        for expand in &shape.expands {
            self.expand(table, record, expand, &mut members);
        }
        members
    }

    fn column(
        &self,
        table: &Table,
        record: Record<'_>,
        id: ColumnId,
        members: &mut Map<String, Json>,
    ) {
        let column = table.column(id);
        let name = &column.wire_name;
        let Some(value) = record.get(table, id) else {
            members.insert(name.clone(), Json::Null);
            return;
        };
        if self.annotations.want(FORMATTED_VALUE)
            && let Some(label) = label(self.view, column, &value)
        {
            members.insert(format!("{name}@{FORMATTED_VALUE}"), label.into());
        }
        if let (Value::Lookup(target, _), Some(lookup)) = (value.as_ref(), column.lookup()) {
            if self.annotations.want(NAVIGATION)
                && let Some(target) = lookup.target(*target)
            {
                members.insert(format!("{name}@{NAVIGATION}"), target.navigation.as_str().into());
            }
            if self.annotations.want(LOOKUP_TABLE) {
                let target = self.view.table(*target).logical_name.as_str();
                members.insert(format!("{name}@{LOOKUP_TABLE}"), target.into());
            }
        }
        members.insert(name.clone(), value.to_json());
    }

    fn expand(
        &self,
        table: &Table,
        record: Record<'_>,
        expand: &Expand,
        members: &mut Map<String, Json>,
    ) {
        let shown = match expand.navigation {
            Navigation::One { column, target } => self
                .view
                .follow(record, column, target)
                .map_or(Json::Null, |related| self.related(related, expand, target.is_none())),
            _ => {
                let (rows, more) = self.collection(record, expand);
                if let Some(token) = more {
                    let link = self.next_link(table, record, expand, &token);
                    members.insert(format!("{}@odata.nextLink", expand.name), link.into());
                }
                Json::Array(rows)
            }
        };
        members.insert(expand.name.clone(), shown);
    }

    fn related(&self, related: Record<'_>, expand: &Expand, owner: bool) -> Json {
        let table = self.view.table(related.at.table);
        if !owner {
            return Json::Object(self.row(table, related, &expand.shape));
        }
        let mut members = Map::new();
        let kind = format!("#Microsoft.Dynamics.CRM.{}", table.logical_name);
        members.insert("@odata.type".into(), kind.into());
        members.insert("@odata.etag".into(), etag(related.row).into());
        members.insert("ownerid".into(), related.at.id.to_string().into());
        Json::Object(members)
    }

    /// The rows of an expanded collection, and the paging cookie if not all are shown.
    fn collection(&self, record: Record<'_>, expand: &Expand) -> (Vec<Json>, Option<String>) {
        let mut rows: Vec<_> = self
            .view
            .related(record.at, expand.navigation)
            .into_iter()
            .filter_map(|at| self.view.record(at))
            .filter(|row| expand.filter.as_ref().is_none_or(|filter| filter.holds(self.view, *row)))
            .map(|row| (expand.order.place(self.view, row), row))
            .collect();
        rows.sort_by(|(a, _), (b, _)| expand.order.compare(a, b));
        let limit = expand.top.unwrap_or(self.page_size);
        let more = (expand.top.is_none() && rows.len() > limit)
            .then(|| rows.get(limit.saturating_sub(1)))
            .flatten()
            .map(|(place, _)| expand.order.skip_token(2, place));
        rows.truncate(limit);
        let rows = rows
            .into_iter()
            .map(|(_, row)| {
                let table = self.view.table(row.at.table);
                Json::Object(self.row(table, row, &expand.shape))
            })
            .collect();
        (rows, more)
    }

    fn next_link(&self, table: &Table, record: Record<'_>, expand: &Expand, token: &str) -> String {
        let separator = if expand.query.is_empty() { "" } else { "&" };
        format!(
            "{}{}({})/{}?{}{separator}$skiptoken={}",
            self.view.context.service_root(),
            table.set_name,
            record.at.id,
            expand.name,
            expand.query,
            crate::dataverse::query::options::encode(token)
        )
    }
}

/// Columns that come back although they were not selected: the key, by all its names.
fn always_shown(table: &Table) -> impl Iterator<Item = ColumnId> {
    table
        .columns
        .iter()
        .zip(0..)
        .filter(|(column, _)| column.computed == Some(Computed::OwnKey))
        .map(|(_, at)| ColumnId(at))
        .chain(std::iter::once(table.key))
}
