//! POST, PATCH, PUT and DELETE on rows: the statuses, headers and conditions of the reference,
//! section 1.5.

use http::{HeaderMap, Method, StatusCode, header};
use serde_json::{Map, Value as Json};

use super::work::Work;
use super::{body, multiple, references, rows};
use crate::dataverse::address::{Key, Segment};
use crate::dataverse::exchange::{Request, Response};
use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::functions;
use crate::dataverse::prefer::Preferences;
use crate::dataverse::query::options::Options;
use crate::dataverse::query::shape::Shape;
use crate::dataverse::read::render::etag;
use crate::dataverse::read::resource::representation;
use crate::dataverse::reply;
use crate::dataverse::row::RowRef;
use crate::dataverse::schema::{ColumnKind, Navigation, Table};
use crate::dataverse::target::{Target, find_row, read_key, table_of_set};

/// Answers a write whose path begins with an entity set.
///
/// # Errors
/// As the reference, section 8.
pub(in crate::dataverse) fn write(
    work: &mut Work<'_>,
    request: &Request,
    path: &[Segment],
    options: &Options,
) -> Outcome<Response> {
    let Some((first, rest)) = path.split_first() else {
        return Err(Failure::method_not_allowed(&request.method));
    };
    let table = table_of_set(work.schema, &first.name)?;
    let writing = Writing { request, table, options, wishes: Preferences::read(&request.headers) };
    match (&request.method, first.key.as_ref(), rest) {
        (&Method::POST, None, []) => writing.create(work),
        (&Method::POST, None, [message]) if message.name.contains('.') => {
            writing.check_content_type()?;
            multiple::answer(work, table, &message.name, &request.body)
        }
        (&Method::PATCH, Some(key), []) => writing.upsert(work, key),
        (&Method::DELETE, Some(key), []) => writing.delete(work, key),
        (&Method::POST, Some(key), [message]) if message.name.contains('.') => {
            let at = find_row(work.view(), table, key)?;
            functions::bound_to_row(work, at, &message.name, &request.body)
        }
        (method, Some(key), [property, reference]) if reference.name == "$ref" => {
            writing.reference(work, method, key, property)
        }
        (&Method::PUT, Some(key), [property]) => writing.put_column(work, key, property),
        (&Method::DELETE, Some(key), [property]) => writing.clear_column(work, key, property),
        (_, _, []) => Err(Failure::method_not_allowed(&request.method)),
        (_, _, [other, ..]) => match table.find_property(&other.name) {
            Some(_) => Err(Failure::method_not_allowed(&request.method)),
            None => Err(Failure::unknown_segment(&other.name)),
        },
    }
}

struct Writing<'a> {
    request: &'a Request,
    table: &'a Table,
    options: &'a Options,
    wishes: Preferences,
}

impl Writing<'_> {
    fn create(&self, work: &mut Work<'_>) -> Outcome<Response> {
        let members = self.members()?;
        let shape = self.shape(work, true)?;
        let at = rows::create(work, self.table, &members, None, Vec::new())?;
        self.written(work, at, StatusCode::CREATED, &shape)
    }

    fn upsert(&self, work: &mut Work<'_>, key: &Key) -> Outcome<Response> {
        let members = self.members()?;
        let target = read_key(work.view(), self.table, key)?;
        let existing = match &target {
            Target::Id(at) => work.view().record(*at).map(|record| record.at),
            Target::Alternate { row, .. } => *row,
        };
        let shape = self.shape(work, false)?;
        match (existing, condition(&self.request.headers, header::IF_MATCH)) {
            (Some(at), wanted) => {
                if condition(&self.request.headers, header::IF_NONE_MATCH) == Some("*") {
                    return Err(Failure::duplicate_row());
                }
                check_version(work, at, wanted)?;
                rows::update(work, at, &members)?;
                self.written(work, at, StatusCode::OK, &shape)
            }
            (None, Some(_)) => Err(self.absent(&target)),
            (None, None) => {
                let (id, cells) = match target {
                    Target::Id(at) => (Some(at.id), Vec::new()),
                    Target::Alternate { parts, .. } => (None, parts),
                };
                let at = rows::create(work, self.table, &members, id, cells)?;
                self.written(work, at, StatusCode::CREATED, &shape)
            }
        }
    }

    fn delete(&self, work: &mut Work<'_>, key: &Key) -> Outcome<Response> {
        let at = find_row(work.view(), self.table, key)?;
        work.view().existing(at)?;
        check_version(work, at, condition(&self.request.headers, header::IF_MATCH))?;
        rows::delete(work, at)?;
        Ok(reply::empty(StatusCode::NO_CONTENT))
    }

    fn reference(
        &self,
        work: &mut Work<'_>,
        method: &Method,
        key: &Key,
        property: &Segment,
    ) -> Outcome<Response> {
        let at = find_row(work.view(), self.table, key)?;
        let one = matches!(self.table.navigate(&property.name), Some(Navigation::One { .. }));
        match (method, one) {
            (&Method::POST, false) | (&Method::PUT, true) => {
                self.check_content_type()?;
                references::associate(work, at, property, &self.request.body)?;
            }
            (&Method::DELETE, _) => references::disassociate(work, at, property, self.options)?,
            _ => return Err(Failure::method_not_allowed(method)),
        }
        Ok(reply::empty(StatusCode::NO_CONTENT))
    }

    fn put_column(&self, work: &mut Work<'_>, key: &Key, property: &Segment) -> Outcome<Response> {
        let at = find_row(work.view(), self.table, key)?;
        let name = self.plain_column(property)?;
        let mut sent = self.members()?;
        let value = sent.remove("value").ok_or_else(|| {
            Failure::payload("The body of a single property must be {\"value\":…}.")
        })?;
        self.change_column(work, at, name, value)
    }

    fn clear_column(
        &self,
        work: &mut Work<'_>,
        key: &Key,
        property: &Segment,
    ) -> Outcome<Response> {
        let at = find_row(work.view(), self.table, key)?;
        let name = self.plain_column(property)?;
        self.change_column(work, at, name, Json::Null)
    }

    fn change_column(
        &self,
        work: &mut Work<'_>,
        at: RowRef,
        name: &str,
        value: Json,
    ) -> Outcome<Response> {
        work.view().existing(at)?;
        check_version(work, at, condition(&self.request.headers, header::IF_MATCH))?;
        rows::update(work, at, &Map::from_iter([(name.to_owned(), value)]))?;
        Ok(reply::empty(StatusCode::NO_CONTENT))
    }

    /// The column that a path segment names; lookups are changed through `$ref`.
    fn plain_column(&self, property: &Segment) -> Outcome<&str> {
        let column = self
            .table
            .find_property(&property.name)
            .map(|id| self.table.column(id))
            .filter(|column| !matches!(column.kind, ColumnKind::Lookup(_) | ColumnKind::Key))
            .ok_or_else(|| Failure::unknown_segment(&property.name))?;
        Ok(&column.logical_name)
    }

    fn members(&self) -> Outcome<Map<String, Json>> {
        self.check_content_type()?;
        body::parse_object(&self.request.body)
    }

    fn check_content_type(&self) -> Outcome<()> {
        let kind = self.request.headers.get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.trim().to_ascii_lowercase().starts_with("application/json") {
            return Ok(());
        }
        Err(Failure::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "0x80060888",
            format!("The content type '{kind}' is not supported; send application/json."),
        ))
    }

    /// What of the row is sent back, if it is wanted; `$expand` is ignored on PATCH.
    fn shape(&self, work: &Work<'_>, expands: bool) -> Outcome<Shape> {
        self.options.only(&["$select", "$expand"])?;
        let mut shape = Shape::parse(work.view(), self.table, self.options)?;
        if !expands {
            shape.expands.clear();
        }
        Ok(shape)
    }

    fn written(
        &self,
        work: &Work<'_>,
        at: RowRef,
        status: StatusCode,
        shape: &Shape,
    ) -> Outcome<Response> {
        let address = format!("{}{}({})", work.context.service_root(), self.table.set_name, at.id);
        if self.wishes.representation {
            let mut response = representation(work.view(), at, status, shape, &self.wishes)?;
            if status == StatusCode::CREATED {
                reply::set(&mut response.headers, header::LOCATION, &address);
            }
            return Ok(response);
        }
        let mut response = reply::empty(StatusCode::NO_CONTENT);
        reply::set(&mut response.headers, reply::ENTITY_ID, &address);
        Ok(response)
    }

    fn absent(&self, target: &Target) -> Failure {
        match target {
            Target::Id(at) => Failure::row_not_found(self.table, at.id),
            Target::Alternate { .. } => Failure::new(
                StatusCode::NOT_FOUND,
                "0x80060891",
                format!(
                    "A record with the specified key values does not exist in {} entity",
                    self.table.logical_name
                ),
            ),
        }
    }
}

/// A condition header; `null`, which some clients send, is none.
fn condition(headers: &HeaderMap, name: http::HeaderName) -> Option<&str> {
    let text = headers.get(name)?.to_str().ok()?.trim();
    (!text.is_empty() && text != "null").then_some(text)
}

fn check_version(work: &Work<'_>, at: RowRef, wanted: Option<&str>) -> Outcome<()> {
    let record = work.view().existing(at)?;
    match wanted {
        None | Some("*") => Ok(()),
        Some(wanted) if wanted == etag(record.row) => Ok(()),
        Some(_) => Err(Failure::version_mismatch()),
    }
}
