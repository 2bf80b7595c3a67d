//! GET: finds what a path leads to and answers with it.

use http::{StatusCode, header};
use serde_json::{Map, Value as Json};

use super::collection::{self, PAGE_LIMIT, Source, context};
use super::render::{Renderer, etag};
use crate::dataverse::address::Segment;
use crate::dataverse::exchange::{Request, Response};
use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::fetch;
use crate::dataverse::prefer::Preferences;
use crate::dataverse::query::options::Options;
use crate::dataverse::query::shape::Shape;
use crate::dataverse::reply;
use crate::dataverse::row::RowRef;
use crate::dataverse::schema::{ColumnId, Navigation, Table};
use crate::dataverse::target::{find_row, table_of_set};
use crate::dataverse::view::{Record, View};

/// Answers a GET whose path begins with an entity set.
///
/// # Errors
/// 404 for paths that lead nowhere, 400 for options that are wrong.
pub(in crate::dataverse) fn get(
    view: View<'_>,
    request: &Request,
    path: &[Segment],
    options: &Options,
) -> Outcome<Response> {
    let Some((first, rest)) = path.split_first() else {
        return Err(Failure::unknown_segment(""));
    };
    let table = table_of_set(view.schema, &first.name)?;
    let mut wishes = Preferences::read(&request.headers);
    wishes.track_changes &= first.key.is_none();
    let reading = Reading { view, request, options, wishes: &wishes };
    let mut response = match &first.key {
        None => reading.many(table, &Source::Table, rest)?,
        Some(key) => {
            let at = find_row(view, table, key)?;
            reading.one(at, rest)?
        }
    };
    wishes.echo(&mut response.headers, false);
    Ok(response)
}

/// A row as the body of an answer to a write.
///
/// # Errors
/// 400 for options that are wrong.
pub(in crate::dataverse) fn representation(
    view: View<'_>,
    at: RowRef,
    status: StatusCode,
    shape: &Shape,
    wishes: &Preferences,
) -> Outcome<Response> {
    let record = view.existing(at)?;
    let table = view.table(at.table);
    let mut response = row_answer(view, table, record, shape, wishes, status);
    wishes.echo(&mut response.headers, true);
    Ok(response)
}

fn row_answer(
    view: View<'_>,
    table: &Table,
    record: Record<'_>,
    shape: &Shape,
    wishes: &Preferences,
    status: StatusCode,
) -> Response {
    let page_size = wishes.page_size.unwrap_or(PAGE_LIMIT).min(PAGE_LIMIT);
    let renderer = Renderer { view, annotations: &wishes.annotations, page_size };
    let mut members = Map::new();
    let fragment = format!("{}{}/$entity", table.set_name, shape.in_context(table));
    members.insert("@odata.context".into(), context(view, &fragment).into());
    members.extend(renderer.row(table, record, shape));
    let mut response = reply::json(status, members);
    reply::set(&mut response.headers, header::ETAG, &etag(record.row));
    response
}

struct Reading<'a> {
    view: View<'a>,
    request: &'a Request,
    options: &'a Options,
    wishes: &'a Preferences,
}

impl Reading<'_> {
    fn many(&self, table: &Table, source: &Source, rest: &[Segment]) -> Outcome<Response> {
        match rest {
            [] => {
                let options = (self.options, self.wishes);
                let address = self.request.path.trim_end_matches('/');
                if let (Some(text), Source::Table) = (self.options.get("fetchXml"), source) {
                    let members = fetch::answer(self.view, table, text, self.wishes)?;
                    return Ok(reply::json(StatusCode::OK, members));
                }
                if let (Some(_), Source::Table) = (self.options.get("sql"), source) {
                    let members = fetch::answer_sql(self.view, table, address, options)?;
                    return Ok(reply::json(StatusCode::OK, members));
                }
                if let (Some(_), Source::Table) = (self.options.get("$apply"), source) {
                    let members = fetch::answer_apply(self.view, table, options)?;
                    return Ok(reply::json(StatusCode::OK, members));
                }
                let listing = collection::list(self.view, table, source, address, options)?;
                let mut response = reply::json(StatusCode::OK, listing.members);
                response.effort.rows_searched = listing.rows_searched;
                Ok(response)
            }
            [last] if last.name == "$count" && last.key.is_none() => {
                let (count, rows_searched) =
                    collection::count(self.view, table, source, self.options)?;
                // The service begins plain text with a byte order mark (reference, section 4.2).
                let text = format!("\u{feff}{count}");
                let mut response = reply::with_body(StatusCode::OK, "text/plain", text);
                response.effort.rows_searched = rows_searched;
                Ok(response)
            }
            [last] if last.name == "$ref" && last.key.is_none() => self.references(table, source),
            [other, ..] => Err(Failure::unknown_segment(&other.name)),
        }
    }

    fn one(&self, at: RowRef, rest: &[Segment]) -> Outcome<Response> {
        let table = self.view.table(at.table);
        let Some((next, rest)) = rest.split_first() else {
            return self.row(at);
        };
        if let Some(column) = table.find_property(&next.name) {
            return self.column(at, column, rest);
        }
        let navigation =
            table.navigate(&next.name).ok_or_else(|| Failure::unknown_segment(&next.name))?;
        match navigation {
            Navigation::One { column, target } => {
                self.single(self.view.existing(at)?, column, target, rest)
            }
            Navigation::Many { table, .. } | Navigation::Linked { table, .. } => {
                self.view.existing(at)?;
                let related = self.view.table(table);
                let rows = self.view.related(at, navigation);
                match &next.key {
                    None => self.many(related, &Source::Related(rows), rest),
                    Some(key) => {
                        let found = find_row(self.view, related, key)?;
                        if !rows.contains(&found) {
                            return Err(Failure::row_not_found(related, found.id));
                        }
                        self.one(found, rest)
                    }
                }
            }
        }
    }

    fn single(
        &self,
        record: Record<'_>,
        column: ColumnId,
        target: Option<crate::dataverse::schema::TableId>,
        rest: &[Segment],
    ) -> Outcome<Response> {
        let Some(related) = self.view.follow(record, column, target) else {
            return Ok(reply::empty(StatusCode::NO_CONTENT));
        };
        if let [last] = rest
            && last.name == "$ref"
        {
            let mut members = Map::new();
            members.insert("@odata.context".into(), context(self.view, "$ref").into());
            members.insert("@odata.id".into(), self.address(related.at).into());
            return Ok(reply::json(StatusCode::OK, members));
        }
        self.one(related.at, rest)
    }

    fn row(&self, at: RowRef) -> Outcome<Response> {
        self.options.only(&["$select", "$expand"])?;
        let table = self.view.table(at.table);
        let record = self.view.existing(at)?;
        let shape = Shape::parse(self.view, table, self.options)?;
        let known = self.request.headers.get(header::IF_NONE_MATCH);
        if known.is_some_and(|known| known.as_bytes() == etag(record.row).as_bytes()) {
            return Ok(reply::empty(StatusCode::NOT_MODIFIED));
        }
        Ok(row_answer(self.view, table, record, &shape, self.wishes, StatusCode::OK))
    }

    fn column(&self, at: RowRef, column: ColumnId, rest: &[Segment]) -> Outcome<Response> {
        let table = self.view.table(at.table);
        let record = self.view.existing(at)?;
        let Some(value) = record.get(table, column) else {
            return Ok(reply::empty(StatusCode::NO_CONTENT));
        };
        let value = value.to_json();
        match rest {
            [] => {
                let fragment =
                    format!("{}({})/{}", table.set_name, at.id, table.column(column).wire_name);
                let mut members = Map::new();
                members.insert("@odata.context".into(), context(self.view, &fragment).into());
                members.insert("value".into(), value);
                Ok(reply::json(StatusCode::OK, members))
            }
            [last] if last.name == "$value" => {
                let text = match value {
                    Json::String(text) => text,
                    other => other.to_string(),
                };
                Ok(reply::with_body(StatusCode::OK, "text/plain", text))
            }
            [other, ..] => Err(Failure::unknown_segment(&other.name)),
        }
    }

    fn references(&self, table: &Table, source: &Source) -> Outcome<Response> {
        let Source::Related(rows) = source else {
            return Err(Failure::unknown_segment("$ref"));
        };
        let mut members = Map::new();
        let fragment = format!("Collection($ref)/{}", table.set_name);
        members.insert("@odata.context".into(), context(self.view, &fragment).into());
        let ids =
            rows.iter().map(|at| serde_json::json!({ "@odata.id": self.address(*at) })).collect();
        members.insert("value".into(), Json::Array(ids));
        Ok(reply::json(StatusCode::OK, members))
    }

    fn address(&self, at: RowRef) -> String {
        let set = &self.view.table(at.table).set_name;
        format!("{}{set}({})", self.view.context.service_root(), at.id)
    }
}
