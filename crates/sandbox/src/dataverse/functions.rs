//! Functions and actions: `WhoAmI`, counts, queues, and those that do nothing here.

use http::{Method, StatusCode};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::address::{Key, Segment};
use super::exchange::Response;
use super::failure::{Failure, Outcome};
use super::query::options::Options;
use super::query::parser::parse_text_list;
use super::read::collection::context;
use super::reply;
use super::row::RowRef;
use super::value::Value;
use super::view::View;
use super::write::body::parse_object;
use super::write::queueing::{add_to_queue, pick, release};
use super::write::rows;
use super::write::work::Work;

const PREFIX: &str = "Microsoft.Dynamics.CRM.";

/// Answers an unbound function, if the segment names one.
///
/// # Errors
/// As the function deserves.
pub(super) fn call(
    view: View<'_>,
    method: &Method,
    segment: &Segment,
    options: &Options,
) -> Option<Outcome<Response>> {
    let answer: fn(View<'_>, &Segment, &Options) -> Outcome<Map<String, Json>> =
        match segment.name.as_str() {
            "WhoAmI" => who_am_i,
            "RetrieveTotalRecordCount" => total_record_count,
            _ => return None,
        };
    if *method != Method::GET {
        return Some(Err(no_resource(view, &segment.name)));
    }
    Some(answer(view, segment, options).map(|members| reply::json(StatusCode::OK, members)))
}

/// Answers an unbound action, if the segment names one.
///
/// # Errors
/// As the action deserves.
pub(super) fn act(method: &Method, segment: &Segment, body: &[u8]) -> Option<Outcome<Response>> {
    match segment.name.as_str() {
        "PublishXml" => {
            Some(require_post(method).and_then(|()| parse_object(body)).and_then(|members| {
                match members.get("ParameterXml") {
                    Some(Json::String(_)) => Ok(reply::empty(StatusCode::NO_CONTENT)),
                    _ => Err(Failure::payload("The parameter 'ParameterXml' is missing.")),
                }
            }))
        }
        "PublishAllXml" => {
            Some(require_post(method).map(|()| reply::empty(StatusCode::NO_CONTENT)))
        }
        _ => None,
    }
}

fn require_post(method: &Method) -> Outcome<()> {
    if *method == Method::POST { Ok(()) } else { Err(Failure::method_not_allowed(method)) }
}

fn who_am_i(view: View<'_>, _: &Segment, _: &Options) -> Outcome<Map<String, Json>> {
    let id = |name: &str| {
        let users = view.schema.find("systemuser")?;
        let row = view.store.row(RowRef::new(users.id, view.context.caller))?;
        match row.get(users.find(name)?)? {
            Value::Guid(id) | Value::Lookup(_, id) => Some(*id),
            _ => None,
        }
    };
    let text = |id: Option<Uuid>| Json::from(id.unwrap_or_default().to_string());
    let mut members = Map::new();
    let fragment = format!("{PREFIX}WhoAmIResponse");
    members.insert("@odata.context".into(), context(view, &fragment).into());
    members.insert("BusinessUnitId".into(), text(id("businessunitid")));
    members.insert("UserId".into(), view.context.caller.to_string().into());
    members.insert("OrganizationId".into(), text(id("organizationid")));
    Ok(members)
}

fn total_record_count(
    view: View<'_>,
    segment: &Segment,
    options: &Options,
) -> Outcome<Map<String, Json>> {
    let argument = match &segment.key {
        Some(Key::Named(pairs)) => pairs.iter().find(|(name, _)| name == "EntityNames"),
        _ => None,
    };
    let Some((_, text)) = argument else {
        return Err(Failure::unknown_segment(&segment.name));
    };
    let names = parse_text_list(text, options.aliases())?;
    let mut keys = Vec::new();
    let mut values = Vec::new();
    for name in names {
        let table = view.schema.find(&name).ok_or_else(|| {
            Failure::bad_request(
                "0x80041102",
                format!("The entity with a name = '{name}' was not found in the MetadataCache."),
            )
        })?;
        keys.push(Json::from(name));
        values.push(Json::from(view.store.rows(table.id).len()));
    }
    let mut members = Map::new();
    let fragment = format!("{PREFIX}RetrieveTotalRecordCountResponse");
    members.insert("@odata.context".into(), context(view, &fragment).into());
    members.insert(
        "EntityRecordCountCollection".into(),
        json!({ "Count": keys.len(), "IsReadOnly": false, "Keys": keys, "Values": values }),
    );
    Ok(members)
}

/// Actions bound to one row.
///
/// # Errors
/// 404 for unknown actions, 400 for bad parameters.
pub(super) fn bound_to_row(
    work: &mut Work<'_>,
    at: RowRef,
    message: &str,
    body: &[u8],
) -> Outcome<Response> {
    let table = work.schema.table(at.table);
    match (table.logical_name.as_str(), message.strip_prefix(PREFIX)) {
        ("queue", Some("AddToQueue")) => {
            let object = target_row(work, body)?;
            let item = add_to_queue(work, at, object)?;
            let mut members = Map::new();
            let fragment = format!("{PREFIX}AddToQueueResponse");
            members.insert("@odata.context".into(), context(work.view(), &fragment).into());
            members.insert("QueueItemId".into(), item.id.to_string().into());
            Ok(reply::json(StatusCode::OK, members))
        }
        ("queueitem", Some("PickFromQueue")) => {
            let members = parse_object(body)?;
            let user = members.get("SystemUser").and_then(|user| user.get("systemuserid"));
            let user = user
                .and_then(Json::as_str)
                .and_then(|text| Uuid::try_parse(text).ok())
                .ok_or_else(|| Failure::payload("The parameter 'SystemUser' is missing."))?;
            let remove = members.get("RemoveQueueItem") == Some(&Json::Bool(true));
            pick(work, at, user, remove)?;
            Ok(reply::empty(StatusCode::NO_CONTENT))
        }
        ("queueitem", Some("ReleaseToQueue")) => {
            release(work, at)?;
            Ok(reply::empty(StatusCode::NO_CONTENT))
        }
        ("queueitem", Some("RemoveFromQueue")) => {
            rows::delete(work, at)?;
            Ok(reply::empty(StatusCode::NO_CONTENT))
        }
        _ => Err(Failure::unknown_segment(message)),
    }
}

/// The row that `Target` names by type and key.
fn target_row(work: &Work<'_>, body: &[u8]) -> Outcome<RowRef> {
    let members = parse_object(body)?;
    let known = ["Target", "SourceQueue", "QueueItemProperties"];
    if let Some(other) = members.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(Failure::payload(format!(
            "The parameter '{other}' in the request payload is not a valid parameter for the \
             operation 'AddToQueue'."
        )));
    }
    let target = members
        .get("Target")
        .and_then(Json::as_object)
        .ok_or_else(|| Failure::payload("The parameter 'Target' is missing."))?;
    let kind = target.get("@odata.type").and_then(Json::as_str).unwrap_or_default();
    let name = kind.trim_start_matches('#').strip_prefix(PREFIX).unwrap_or_default();
    let table = work.schema.find(name).ok_or_else(|| {
        Failure::payload(format!("'@odata.type' of the target names no table: '{kind}'."))
    })?;
    let queues = work.schema.find("queueitem");
    let queueable = queues
        .and_then(|items| items.find("objectid").map(|column| items.column(column)))
        .and_then(|column| column.lookup())
        .is_some_and(|lookup| lookup.target(table.id).is_some());
    if !queueable {
        return Err(Failure::bad_request(
            "0x80040523",
            format!("Entity '{name}' is not enabled for queues."),
        ));
    }
    let key = &table.column(table.key).logical_name;
    let id = target
        .get(key)
        .and_then(Json::as_str)
        .and_then(|text| Uuid::try_parse(text).ok())
        .ok_or_else(|| Failure::payload(format!("The target has no '{key}'.")))?;
    Ok(RowRef::new(table.id, id))
}

/// What the service says to a POST of a function.
fn no_resource(view: View<'_>, name: &str) -> Failure {
    Failure::new(
        StatusCode::NOT_FOUND,
        "",
        format!(
            "No HTTP resource was found that matches the request URI '{}{name}'.",
            view.context.service_root()
        ),
    )
}
