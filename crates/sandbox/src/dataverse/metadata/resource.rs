//! GET on metadata: walks a path from definition to definition, then shows what is asked for.

use http::StatusCode;
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::attributes::COMMON;
use super::document::{Document, NAMESPACE};
use super::filter::holds;
use super::{option_sets, relationships, tables};
use crate::dataverse::address::{Key, Segment, key_literal};
use crate::dataverse::exchange::Response;
use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::query::expression::Expression;
use crate::dataverse::query::literal::Literal;
use crate::dataverse::query::options::{Options, split_outside};
use crate::dataverse::query::parser::parse_filter;
use crate::dataverse::read::collection::context;
use crate::dataverse::reply;
use crate::dataverse::view::View;

/// Answers a GET whose path begins with a set of metadata.
///
/// # Errors
/// 404 for definitions that do not exist, 400 for options that are wrong or not offered.
pub(in crate::dataverse) fn get(
    view: View<'_>,
    path: &[Segment],
    options: &Options,
) -> Outcome<Response> {
    let found = walk(view, path)?;
    let members = match found {
        Found::Member(name, value) => {
            let mut members = Map::new();
            members.insert("@odata.context".into(), context(view, &name).into());
            members.insert("value".into(), value);
            members
        }
        Found::Count(count) => {
            return Ok(reply::with_body(StatusCode::OK, "text/plain", count.to_string()));
        }
        Found::One { document, declared, fragment } => {
            options.only(&["$select", "$expand"])?;
            let shape = Shape::read(options.get("$select"), options.get("$expand"), options)?;
            let mut members = Map::new();
            let fragment = format!("{fragment}{}/$entity", shape.in_context());
            members.insert("@odata.context".into(), context(view, &fragment).into());
            members.extend(show(&document, declared, &shape)?);
            members
        }
        Found::Many { documents, declared, fragment } => {
            options.only(&["$select", "$expand", "$filter", "$count"])?;
            let mut shape = Shape::read(options.get("$select"), options.get("$expand"), options)?;
            shape.filter = options
                .get("$filter")
                .map(|text| parse_filter(text, options.aliases()))
                .transpose()?;
            let rows = show_all(&documents, declared, &shape)?;
            let mut members = Map::new();
            let fragment = format!("{fragment}{}", shape.in_context());
            members.insert("@odata.context".into(), context(view, &fragment).into());
            if options.count()? {
                members.insert("@odata.count".into(), rows.len().into());
            }
            members.insert("value".into(), Json::Array(rows));
            members
        }
    };
    Ok(reply::json(StatusCode::OK, members))
}

enum Found<'a> {
    Many { documents: Vec<Document<'a>>, declared: &'static str, fragment: String },
    One { document: Document<'a>, declared: &'static str, fragment: String },
    Member(String, Json),
    Count(usize),
}

fn walk<'a>(view: View<'a>, path: &[Segment]) -> Outcome<Found<'a>> {
    let Some((first, rest)) = path.split_first() else {
        return Err(Failure::unknown_segment(""));
    };
    let schema = view.schema;
    let (documents, declared) = match first.name.as_str() {
        "EntityDefinitions" => {
            let all = schema.tables().iter().filter(|table| !table.is_removed());
            let all = all.map(|table| tables::table(schema, table));
            (all.collect(), "EntityMetadata")
        }
        "RelationshipDefinitions" => (relationships::all(schema), "RelationshipMetadataBase"),
        _ => (option_sets::all(schema), "OptionSetMetadataBase"),
    };
    let fragment = first.name.clone();
    let mut found = keyed(Found::Many { documents, declared, fragment }, first)?;
    for segment in rest {
        found = step(found, segment)?;
    }
    Ok(found)
}

/// Goes one segment further.
fn step<'a>(found: Found<'a>, segment: &Segment) -> Outcome<Found<'a>> {
    match found {
        Found::Many { documents, .. } if segment.name == "$count" => {
            Ok(Found::Count(documents.len()))
        }
        Found::Many { documents, fragment, .. } => {
            let kind = cast(&segment.name)?;
            let documents = documents.into_iter().filter(|document| document.is(kind)).collect();
            let fragment = format!("{fragment}/{}", segment.name);
            keyed(Found::Many { documents, declared: kind, fragment }, segment)
        }
        Found::One { document, fragment, declared } => {
            if let Ok(kind) = cast(&segment.name) {
                let fragment = format!("{fragment}/{}", segment.name);
                return if document.is(kind) {
                    Ok(Found::One { document, declared: kind, fragment })
                } else {
                    Err(absent(declared))
                };
            }
            from_document(&document, &fragment, segment)
        }
        Found::Member(..) | Found::Count(_) => Err(Failure::unknown_segment(&segment.name)),
    }
}

fn from_document<'a>(
    document: &Document<'a>,
    fragment: &str,
    segment: &Segment,
) -> Outcome<Found<'a>> {
    let fragment = format!("{fragment}/{}", segment.name);
    if let Some(related) = document.related(&segment.name) {
        let declared = related.declared;
        let mut documents = (related.load)();
        if related.single {
            let document = documents.pop().ok_or_else(|| absent(declared))?;
            return Ok(Found::One { document, declared, fragment });
        }
        return keyed(Found::Many { documents, declared, fragment }, segment);
    }
    match document.members.get(&segment.name) {
        Some(value) => Ok(Found::Member(fragment, value.clone())),
        None => Err(Failure::unknown_segment(&segment.name)),
    }
}

/// Picks the one document that a segment's key names.
fn keyed<'a>(found: Found<'a>, segment: &Segment) -> Outcome<Found<'a>> {
    let Some(key) = &segment.key else { return Ok(found) };
    let Found::Many { documents, declared, fragment } = found else {
        return Err(Failure::unknown_segment(&segment.name));
    };
    let (name, wanted) = match key {
        Key::Id(id) => ("MetadataId".to_owned(), id.to_string()),
        Key::Named(pairs) => match pairs.as_slice() {
            [(name, value)] => (name.clone(), text_of(key_literal(value)?)),
            _ => return Err(Failure::unknown_segment(&segment.name)),
        },
        Key::Empty => return Err(Failure::unknown_segment(&segment.name)),
    };
    if !["MetadataId", "LogicalName", "SchemaName", "Name"].contains(&name.as_str()) {
        return Err(Failure::bad_request(
            "0x80060890",
            format!("The key in the request URI is not valid for resource '{}'.", segment.name),
        ));
    }
    let document = documents
        .into_iter()
        .find(|document| document.members.get(&name).and_then(Json::as_str) == Some(&wanted))
        .ok_or_else(|| absent_named(declared, &wanted))?;
    Ok(Found::One { document, declared, fragment })
}

fn text_of(literal: Literal) -> String {
    match literal {
        Literal::Text(text) => text,
        Literal::Guid(id) => id.to_string(),
        _ => Uuid::nil().to_string(),
    }
}

/// `$select`, `$expand` and `$filter` at one level.
#[derive(Default)]
struct Shape {
    select: Option<Vec<String>>,
    expands: Vec<(String, Shape)>,
    filter: Option<Expression>,
}

impl Shape {
    fn read(select: Option<&str>, expand: Option<&str>, options: &Options) -> Outcome<Self> {
        let select = select
            .filter(|text| *text != "*")
            .map(|text| text.split(',').map(|item| item.trim().to_owned()).collect());
        let mut expands = Vec::new();
        for item in expand.map(|text| split_outside(text, ',')).unwrap_or_default() {
            let (name, inner) = match item.trim().split_once('(') {
                Some((name, rest)) => (name.trim(), rest.strip_suffix(')').unwrap_or(rest)),
                None => (item.trim(), ""),
            };
            expands.push((name.to_owned(), Self::read_nested(inner, options)?));
        }
        Ok(Self { select, expands, filter: None })
    }

    fn read_nested(text: &str, options: &Options) -> Outcome<Self> {
        let (mut select, mut expand, mut filter) = (None, None, None);
        for option in split_outside(text, ';').into_iter().filter(|part| !part.trim().is_empty()) {
            match option.trim().split_once('=') {
                Some(("$select", value)) => select = Some(value),
                Some(("$expand", value)) => expand = Some(value),
                Some(("$filter", value)) => filter = Some(parse_filter(value, options.aliases())?),
                _ => {
                    return Err(Failure::unsupported_query(format!(
                        "Query option '{option}' is not supported inside $expand of metadata."
                    )));
                }
            }
        }
        let mut shape = Self::read(select, expand, options)?;
        shape.filter = filter;
        Ok(shape)
    }

    fn in_context(&self) -> String {
        self.select.as_ref().map(|names| format!("({})", names.join(","))).unwrap_or_default()
    }
}

fn show_all(
    documents: &[Document<'_>],
    declared: &'static str,
    shape: &Shape,
) -> Outcome<Vec<Json>> {
    let mut rows = Vec::new();
    for document in documents {
        if let Some(filter) = &shape.filter
            && !holds(filter, declared, &document.members)?
        {
            continue;
        }
        rows.push(Json::Object(show(document, declared, shape)?));
    }
    Ok(rows)
}

fn show(
    document: &Document<'_>,
    declared: &'static str,
    shape: &Shape,
) -> Outcome<Map<String, Json>> {
    let mut members = Map::new();
    if document.kind != declared {
        let kind = format!("#{NAMESPACE}{}", document.kind);
        members.insert("@odata.type".into(), kind.into());
    }
    match &shape.select {
        None => members.extend(document.members.clone()),
        Some(names) => {
            for name in names {
                let known = declared != "AttributeMetadata" || COMMON.contains(&name.as_str());
                let value = document.members.get(name).filter(|_| known);
                let value = value.ok_or_else(|| Failure::unknown_property(name, declared))?;
                members.insert(name.clone(), value.clone());
            }
            if let Some(id) = document.members.get("MetadataId") {
                members.insert("MetadataId".into(), id.clone());
            }
        }
    }
    for (name, inner) in &shape.expands {
        let related = document
            .related(name)
            .filter(|_| declared != "AttributeMetadata")
            .ok_or_else(|| Failure::unknown_property(name, declared))?;
        let mut rows = show_all(&(related.load)(), related.declared, inner)?;
        let value =
            if related.single { rows.pop().unwrap_or(Json::Null) } else { Json::Array(rows) };
        members.insert(name.clone(), value);
    }
    Ok(members)
}

/// The type that a cast segment names.
fn cast(segment: &str) -> Outcome<&'static str> {
    const KINDS: &[&str] = &[
        "AttributeMetadata",
        "EnumAttributeMetadata",
        "StringAttributeMetadata",
        "MemoAttributeMetadata",
        "IntegerAttributeMetadata",
        "BigIntAttributeMetadata",
        "DecimalAttributeMetadata",
        "DoubleAttributeMetadata",
        "MoneyAttributeMetadata",
        "BooleanAttributeMetadata",
        "DateTimeAttributeMetadata",
        "PicklistAttributeMetadata",
        "MultiSelectPicklistAttributeMetadata",
        "StateAttributeMetadata",
        "StatusAttributeMetadata",
        "LookupAttributeMetadata",
        "UniqueIdentifierAttributeMetadata",
        "EntityNameAttributeMetadata",
        "FileAttributeMetadata",
        "ImageAttributeMetadata",
        "OneToManyRelationshipMetadata",
        "ManyToManyRelationshipMetadata",
        "OptionSetMetadata",
        "BooleanOptionSetMetadata",
    ];
    segment
        .strip_prefix(NAMESPACE)
        .and_then(|name| KINDS.iter().find(|kind| **kind == name).copied())
        .ok_or_else(|| Failure::unknown_segment(segment))
}

fn absent(declared: &str) -> Failure {
    Failure::new(StatusCode::NOT_FOUND, "0x80060888", format!("Resource not found for {declared}."))
}

fn absent_named(declared: &str, name: &str) -> Failure {
    let what = match declared {
        "EntityMetadata" => "entity",
        "EntityKeyMetadata" => "key",
        kind if kind.ends_with("AttributeMetadata") => "attribute",
        _ => "definition",
    };
    Failure::new(
        StatusCode::NOT_FOUND,
        "0x80040217",
        format!("Could not find an {what} with specified name: {name}."),
    )
}
