//! `RetrieveMetadataChanges`: definitions by query, each with the members of its own type. Always
//! answers with everything that fits, never with differences to a version stamp.

use http::StatusCode;
use serde_json::{Map, Value as Json};

use super::document::{Document, NAMESPACE};
use super::tables;
use crate::dataverse::address::{Key, Segment};
use crate::dataverse::exchange::Response;
use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::query::options::Options;
use crate::dataverse::read::collection::context;
use crate::dataverse::reply;
use crate::dataverse::view::View;

/// Related definitions, each with the member of the query that narrows them.
const RELATED: &[(&str, &str)] = &[
    ("Attributes", "AttributeQuery"),
    ("Keys", "KeyQuery"),
    ("OneToManyRelationships", "RelationshipQuery"),
    ("ManyToOneRelationships", "RelationshipQuery"),
    ("ManyToManyRelationships", "RelationshipQuery"),
];

/// Answers the function.
///
/// # Errors
/// 400 for a query that is missing or malformed.
pub(in crate::dataverse) fn changes(
    view: View<'_>,
    segment: &Segment,
    options: &Options,
) -> Outcome<Response> {
    let query = query(segment, options)?;
    let mut found = Vec::new();
    for table in view.schema.tables().iter().filter(|table| !table.is_removed()) {
        let document = tables::table(view.schema, table);
        if fits(query.get("Criteria"), &document.members)? {
            found.push(Json::Object(entity(&document, &query)?));
        }
    }
    let mut members = Map::new();
    let fragment = format!("{NAMESPACE}RetrieveMetadataChangesResponse");
    members.insert("@odata.context".into(), context(view, &fragment).into());
    let stamp = format!("{}!{}", view.store.version(), view.context.now.timestamp());
    members.insert("ServerVersionStamp".into(), stamp.into());
    members.insert("DeletedMetadata".into(), Json::Null);
    members.insert("EntityMetadata".into(), Json::Array(found));
    Ok(reply::json(StatusCode::OK, members))
}

/// The query, from the alias or the place that the function's argument names.
fn query(segment: &Segment, options: &Options) -> Outcome<Map<String, Json>> {
    let pairs = match &segment.key {
        Some(Key::Named(pairs)) => pairs.as_slice(),
        _ => &[],
    };
    let Some((_, argument)) = pairs.iter().find(|(name, _)| name == "Query") else {
        return Ok(Map::new());
    };
    let text = match argument.strip_prefix('@') {
        Some(alias) => options.aliases().get(alias).ok_or_else(|| {
            Failure::syntax(format!("The parameter alias '@{alias}' has no value."))
        })?,
        None => argument,
    };
    serde_json::from_str(text).map_err(|error| {
        Failure::syntax(format!("The parameter 'Query' is no EntityQueryExpression: {error}"))
    })
}

fn entity(document: &Document<'_>, query: &Map<String, Json>) -> Outcome<Map<String, Json>> {
    let mut members = project(document, query.get("Properties"));
    for (name, narrower) in RELATED {
        if !wants(query.get("Properties"), name) {
            continue;
        }
        let Some(related) = document.related(name) else { continue };
        let narrower = query.get(*narrower);
        let criteria = narrower.and_then(|query| query.get("Criteria"));
        let properties = narrower.and_then(|query| query.get("Properties"));
        let mut shown = Vec::new();
        for part in (related.load)() {
            if fits(criteria, &part.members)? {
                shown.push(Json::Object(part_members(&part, properties)));
            }
        }
        members.insert((*name).to_owned(), Json::Array(shown));
    }
    Ok(members)
}

fn part_members(part: &Document<'_>, properties: Option<&Json>) -> Map<String, Json> {
    let mut members = Map::new();
    members.insert("@odata.type".into(), format!("#{NAMESPACE}{}", part.kind).into());
    members.extend(project(part, properties));
    for related in part.related.iter().filter(|related| wants(properties, related.name)) {
        let document = (related.load)().pop();
        let value = document.map_or(Json::Null, |document| Json::Object(document.members));
        members.insert(related.name.to_owned(), value);
    }
    members
}

/// The members asked for, as far as the definition has them; its id always.
fn project(document: &Document<'_>, properties: Option<&Json>) -> Map<String, Json> {
    let mut members: Map<String, Json> = document
        .members
        .iter()
        .filter(|(name, _)| *name == "MetadataId" || wants(properties, name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    members.insert("HasChanged".into(), Json::Null);
    members
}

fn wants(properties: Option<&Json>, name: &str) -> bool {
    let Some(properties) = properties else { return false };
    let named = properties.get("PropertyNames").and_then(Json::as_array);
    properties.get("AllProperties") == Some(&Json::Bool(true))
        || named.is_some_and(|names| names.iter().any(|wanted| wanted.as_str() == Some(name)))
}

/// Whether a definition fits a `MetadataFilterExpression`.
fn fits(criteria: Option<&Json>, members: &Map<String, Json>) -> Outcome<bool> {
    let Some(criteria) = criteria.filter(|criteria| !criteria.is_null()) else { return Ok(true) };
    let list = |name: &str| criteria.get(name).and_then(Json::as_array).into_iter().flatten();
    let mut outcomes = Vec::new();
    for condition in list("Conditions") {
        outcomes.push(holds(condition, members)?);
    }
    for filter in list("Filters") {
        outcomes.push(fits(Some(filter), members)?);
    }
    let any = criteria.get("FilterOperator").and_then(Json::as_str) == Some("Or");
    Ok(if any && !outcomes.is_empty() {
        outcomes.contains(&true)
    } else {
        !outcomes.contains(&false)
    })
}

fn holds(condition: &Json, members: &Map<String, Json>) -> Outcome<bool> {
    let name = condition.get("PropertyName").and_then(Json::as_str).unwrap_or_default();
    let operator = condition.get("ConditionOperator").and_then(Json::as_str).unwrap_or("Equals");
    let value = condition.get("Value").map(|value| value.get("Value").unwrap_or(value));
    let actual = members.get(name).map(|member| plain(member.get("Value").unwrap_or(member)));
    let equals = |value: &Json| actual.as_ref().is_some_and(|actual| *actual == plain(value));
    let among = || match value {
        Some(Json::Array(values)) => values.iter().any(equals),
        Some(value) => equals(value),
        None => actual.is_none(),
    };
    match operator {
        "Equals" | "In" => Ok(among()),
        "NotEquals" | "NotIn" => Ok(!among()),
        other => Err(Failure::unsupported_query(format!(
            "The condition operator '{other}' is not supported by the sandbox."
        ))),
    }
}

/// Values are sent as texts, whatever their type.
fn plain(value: &Json) -> String {
    match value {
        Json::String(text) if ["True", "False"].contains(&text.as_str()) => {
            text.to_ascii_lowercase()
        }
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}
