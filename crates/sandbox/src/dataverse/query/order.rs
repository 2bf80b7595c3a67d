//! `$orderby`, and the place in an order at which a page ends.

use std::cmp::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value as Json;
use uuid::Uuid;

use super::literal::instant;
use super::path::BoundPath;
use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::schema::{ColumnKind, Schema, Table};
use crate::dataverse::value::Value;
use crate::dataverse::view::{Record, View};

/// Columns to sort by; rows that are equal in all of them stand in order of their keys.
#[derive(Debug, Clone, Default)]
pub(in crate::dataverse) struct Order(Vec<(BoundPath, bool)>);

/// Where a row stands in an order.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::dataverse) struct Place {
    /// Values of the sort columns.
    pub(in crate::dataverse) values: Vec<Option<Value>>,
    /// Primary key.
    pub(in crate::dataverse) id: Uuid,
}

impl Order {
    /// Reads an `$orderby`.
    ///
    /// # Errors
    /// 400 `0x0` for unknown properties and bad syntax.
    pub(in crate::dataverse) fn parse(schema: &Schema, table: &Table, text: &str) -> Outcome<Self> {
        let entry = |entry: &str| {
            let mut words = entry.split_whitespace();
            let path = words.next().unwrap_or_default();
            let descending = match words.next() {
                None | Some("asc") => false,
                Some("desc") => true,
                Some(_) => return Err(order_fault(text)),
            };
            if path.is_empty() || words.next().is_some() {
                return Err(order_fault(text));
            }
            let segments: Vec<String> = path.split('/').map(str::to_owned).collect();
            Ok((BoundPath::new(schema, table, &segments)?, descending))
        };
        text.split(',').map(entry).collect::<Outcome<_>>().map(Self)
    }

    /// Whether rows stand in order of their keys alone.
    pub(in crate::dataverse) fn is_by_key(&self) -> bool {
        self.0.is_empty()
    }

    /// Where a row stands.
    pub(in crate::dataverse) fn place(&self, view: View<'_>, record: Record<'_>) -> Place {
        let value = |(path, _): &(BoundPath, bool)| {
            path.value(view, record).map(std::borrow::Cow::into_owned)
        };
        Place { values: self.0.iter().map(value).collect(), id: record.at.id }
    }

    /// Order of two places; empty cells come before all others, as in the database.
    pub(in crate::dataverse) fn compare(&self, left: &Place, right: &Place) -> Ordering {
        for ((a, b), (_, descending)) in left.values.iter().zip(&right.values).zip(&self.0) {
            let order = match (a, b) {
                (None, None) => Ordering::Equal,
                (None, Some(_)) => Ordering::Less,
                (Some(_), None) => Ordering::Greater,
                (Some(a), Some(b)) => a.compare(b).unwrap_or(Ordering::Equal),
            };
            let order = if *descending { order.reverse() } else { order };
            if order != Ordering::Equal {
                return order;
            }
        }
        left.id.cmp(&right.id)
    }

    /// The opaque paging cookie for the page after `page - 1` that ended at `last`.
    pub(in crate::dataverse) fn skip_token(&self, page: u64, last: &Place) -> String {
        let values: Vec<Json> = last
            .values
            .iter()
            .map(|value| value.as_ref().map_or(Json::Null, Value::to_json))
            .collect();
        let cookie = serde_json::json!([last.id.to_string(), values]);
        format!(
            "<cookie pagenumber=\"{page}\" pagingcookie=\"{}\" istracking=\"False\" />",
            URL_SAFE_NO_PAD.encode(cookie.to_string())
        )
    }

    /// Reads a paging cookie: page number and the place to go on after.
    ///
    /// # Errors
    /// 400 if it is not one that this order gave out.
    pub(in crate::dataverse) fn read_skip_token(
        &self,
        schema: &Schema,
        token: &str,
    ) -> Outcome<(u64, Place)> {
        self.try_read(schema, token)
            .ok_or_else(|| Failure::unsupported_query("Malformed XML in the $skiptoken value."))
    }

    fn try_read(&self, schema: &Schema, token: &str) -> Option<(u64, Place)> {
        let attribute = |name: &str| {
            let (_, rest) = token.split_once(&format!(" {name}=\""))?;
            Some(rest.split_once('"')?.0)
        };
        let page = attribute("pagenumber")?.parse().ok()?;
        let cookie = URL_SAFE_NO_PAD.decode(attribute("pagingcookie")?).ok()?;
        let cookie: Json = serde_json::from_slice(&cookie).ok()?;
        let id = Uuid::try_parse(cookie.get(0)?.as_str()?).ok()?;
        let values = cookie.get(1)?.as_array()?;
        if values.len() != self.0.len() {
            return None;
        }
        let read = |(value, (path, _)): (&Json, &(BoundPath, bool))| {
            if value.is_null() { Some(None) } else { read_value(path, schema, value).map(Some) }
        };
        let values = values.iter().zip(&self.0).map(read).collect::<Option<_>>()?;
        Some((page, Place { values, id }))
    }
}

fn read_value(path: &BoundPath, schema: &Schema, value: &Json) -> Option<Value> {
    let kind = &path.column(schema).kind;
    Some(match kind {
        ColumnKind::Bool { .. } => Value::Bool(value.as_bool()?),
        ColumnKind::Decimal => Value::Number(value.as_f64()?),
        ColumnKind::Instant { .. } => Value::Instant(instant(value.as_str()?)?),
        ColumnKind::Key | ColumnKind::Guid | ColumnKind::Lookup(_) => {
            Value::Guid(Uuid::try_parse(value.as_str()?).ok()?)
        }
        ColumnKind::Text { .. } | ColumnKind::Memo { .. } | ColumnKind::TableName => {
            Value::text(value.as_str()?)
        }
        _ => Value::Long(value.as_i64()?),
    })
}

fn order_fault(text: &str) -> Failure {
    Failure::syntax(format!("Syntax error in the $orderby expression '{text}'."))
}
