//! Classification: tags that agents give to calls and callback items (Enreach reference, section
//! 7). It has nothing to do with work and private calls.
//!
//! One schema exists; every queue and every callback list uses it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeZone, Utc};
use http::Method;
use serde_json::{Map, Value, json};
use uuid::{Uuid, uuid};

use super::body::Body;
use super::call_filter::instant as instant_parameter;
use super::collection::Collection;
use super::failure::Failure;
use super::instant;
use super::render::{Rendering, fields};
use super::routes::Request;
use crate::server::{Answer, Received};

const SCHEMA: Uuid = uuid!("5c4e3a00-74f9-e911-80e0-00505689257e");
const SCHEMA_NAME: &str = "Reasons for contact";

/// Most characters of a note.
const LONGEST_NOTE: usize = 500;

/// What can be classified, in the order of its numbers.
const TYPES: [&str; 6] =
    ["Undefined", "None", "DirectCall", "ServiceCall", "Email", "CallListItem"];

const MEMBERS: [&str; 6] =
    ["TagSchemaId", "TagSelections", "ClassifiedType", "Note", "CallId", "CallListItemId"];

/// Fields that a client can do without.
const INSTANCE: Rendering =
    Rendering::of(&["TagSchemaName", "Note", "ClassifiedTypeId", "CreatedBy", "ModifiedBy"]);

struct Group {
    id: i64,
    name: &'static str,
    selections: std::ops::RangeInclusive<usize>,
    tags: &'static [(i64, &'static str)],
}

const GROUPS: [Group; 2] = [
    Group {
        id: 1,
        name: "Topic",
        selections: 1..=1,
        tags: &[(11, "Sales"), (12, "Support"), (13, "Invoice")],
    },
    Group {
        id: 2,
        name: "Follow-up",
        selections: 0..=2,
        tags: &[(21, "Call back"), (22, "Send offer")],
    },
];

/// The classifications that were made, oldest first.
#[derive(Debug, Default)]
pub(super) struct Classifications(Mutex<Vec<Instance>>);

#[derive(Debug)]
struct Instance {
    call: Option<Uuid>,
    item: Option<Uuid>,
    row: Map<String, Value>,
}

impl Classifications {
    /// Forgets them all.
    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Instance>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Answers a request below `/classification`.
pub(super) fn answer(request: Request<'_>, rest: &[&str]) -> Result<Answer, Failure> {
    match *rest {
        ["schemas"] => schemas(request),
        ["schemas", id] => {
            request.only("GET")?;
            if id.parse() == Ok(SCHEMA) {
                request.done(&Rendering::of(&["Description"]), schema(true))
            } else {
                Err(Failure::not_found(format!("Schema {id} not found")))
            }
        }
        ["queueschemas"] => users_of_schema(request, Collection::Queues, queue_schema),
        ["calllistschemas"] => {
            users_of_schema(request, Collection::CallbackLists, call_list_schema)
        }
        ["instance"] => match request.received.method {
            Method::GET => find(request),
            Method::POST => classify(request),
            _ => Err(Failure::method(&request.received.method, "GET, POST")),
        },
        _ => Err(Failure::unknown_resource(&[&["classification"], rest].concat())),
    }
}

fn schemas(request: Request<'_>) -> Result<Answer, Failure> {
    request.only("GET")?;
    let since = instant_parameter(request.received, "ModifiedAfter")?;
    let is_new = since.is_none_or(|since| since <= modified());
    let row = is_new.then(|| schema(flag(request.received, "IncludeChildren")));
    request.list(&Rendering::of(&["Description"]), row)
}

fn schema(with_groups: bool) -> Map<String, Value> {
    let mut row = fields(json!({"Id": SCHEMA, "Name": SCHEMA_NAME, "Description": null}));
    if with_groups {
        let groups = GROUPS.iter().map(|group| {
            let tags: Vec<_> = group
                .tags
                .iter()
                .map(|(id, name)| json!({"Id": id, "Name": name, "StyleEnum": 0}))
                .collect();
            json!({
                "Id": group.id, "Name": group.name, "MinSelections": group.selections.start(),
                "MaxSelections": group.selections.end(), "Tags": tags,
            })
        });
        row.insert("Groups".to_owned(), groups.collect());
    }
    row
}

fn users_of_schema(
    request: Request<'_>,
    collection: Collection,
    row: fn(&Map<String, Value>) -> Value,
) -> Result<Answer, Failure> {
    request.only("GET")?;
    let rows = request.enreach.read();
    request.list(&Rendering::of(&[]), rows.of(collection).map(|user| fields(row(user))))
}

fn queue_schema(queue: &Map<String, Value>) -> Value {
    json!({
        "QueueId": queue.get("Id"), "QueueName": queue.get("Name"), "SchemaId": SCHEMA,
        "Deleted": false,
    })
}

fn call_list_schema(list: &Map<String, Value>) -> Value {
    json!({
        "ListId": list.get("Id"), "ListName": list.get("Name"), "SchemaId": SCHEMA,
        "RequestTypeId": null, "Deleted": false,
    })
}

fn find(request: Request<'_>) -> Result<Answer, Failure> {
    let id = |name: &str| {
        let Some(text) = request.received.parameter(name) else { return Ok(None) };
        let wrong = |_| Failure::bad_request(format!("{name} is {text:?}; expected a GUID"));
        text.trim().parse::<Uuid>().map(Some).map_err(wrong)
    };
    let (call, item) = (id("CallId")?, id("CallbackListItemId")?);
    if call.is_none() && item.is_none() {
        return Err(Failure::bad_request("CallId or CallbackListItemId is required"));
    }
    let instances = request.enreach.classifications.lock();
    let wanted = |instance: &&Instance| {
        (call.is_some() && instance.call == call) || (item.is_some() && instance.item == item)
    };
    request.list(&INSTANCE, instances.iter().filter(wanted).map(|instance| instance.row.clone()))
}

fn classify(request: Request<'_>) -> Result<Answer, Failure> {
    let body = Body::read(&request.received.body, &MEMBERS)?;
    if body.guid("TagSchemaId")? != Some(SCHEMA) {
        return Err(Failure::bad_request(format!("TagSchemaId is required; expected {SCHEMA}")));
    }
    let (call, item) = (body.guid("CallId")?, body.guid("CallListItemId")?);
    if call.is_some() == item.is_some() {
        return Err(Failure::bad_request("either CallId or CallListItemId is required"));
    }
    if let Some(item) = item
        && request.enreach.read().item(item).is_none()
    {
        return Err(Failure::unknown_row(Collection::CallbackItems, &item.to_string()));
    }
    let note = body.text("Note")?.unwrap_or_default();
    if note.chars().count() > LONGEST_NOTE {
        return Err(Failure::bad_request(format!("Note is longer than {LONGEST_NOTE} characters")));
    }
    let kind = classified_type(&body)?;
    let (_, caller) = request.user("me")?;
    let row = fields(json!({
        "Id": request.enreach.next_id(),
        "TagSchemaId": SCHEMA,
        "TagSchemaName": SCHEMA_NAME,
        "TagSelections": selections(&body)?,
        "Note": body.text("Note")?,
        "CallId": call,
        "CallListItemId": item,
        "ClassifiedTypeId": kind,
        "ClassifiedType": TYPES[kind],
        "CreatedBy": caller.get("UserName"),
        "ModifiedBy": caller.get("UserName"),
        "Modified": instant::iso(request.now),
    }));
    let instance = Instance { call, item, row: row.clone() };
    request.enreach.classifications.lock().push(instance);
    request.done(&INSTANCE, row)
}

/// The place of the type among [`TYPES`]; clients send its name or its number.
fn classified_type(body: &Body) -> Result<usize, Failure> {
    let place = match body.value("ClassifiedType") {
        Some(Value::String(name)) => TYPES.iter().position(|kind| kind.eq_ignore_ascii_case(name)),
        Some(number) => number.as_u64().and_then(|number| usize::try_from(number).ok()),
        None => None,
    };
    place.filter(|place| *place < TYPES.len()).ok_or_else(|| {
        let all = TYPES.join(", ");
        Failure::bad_request(format!("ClassifiedType is required; expected one of {all}"))
    })
}

/// The chosen tags with their groups, each group chosen from as often as it allows.
fn selections(body: &Body) -> Result<Vec<Value>, Failure> {
    let given = body.value("TagSelections").and_then(Value::as_array);
    let given = given.ok_or_else(|| Failure::bad_request("TagSelections is required"))?;
    let mut chosen = Vec::new();
    for selection in given {
        let id = selection.get("TagId").and_then(Value::as_i64);
        let found = GROUPS.iter().find_map(|group| {
            let tag = group.tags.iter().find(|(tag, _)| Some(*tag) == id)?;
            Some((group, tag))
        });
        chosen.push(found.ok_or_else(|| {
            Failure::bad_request(format!("TagSelections holds {selection}; no such TagId"))
        })?);
    }
    for group in &GROUPS {
        let count = chosen.iter().filter(|(of, _)| of.id == group.id).count();
        if !group.selections.contains(&count) {
            return Err(Failure::bad_request(format!(
                "{count} tags of group {} were selected; expected {} to {}",
                group.name,
                group.selections.start(),
                group.selections.end()
            )));
        }
    }
    let row = |(group, (id, name)): (&Group, &(i64, &str))| {
        json!({
            "TagId": id, "TagName": name, "TagGroupId": group.id, "TagGroupName": group.name,
        })
    };
    Ok(chosen.into_iter().map(row).collect())
}

fn flag(received: &Received, name: &str) -> bool {
    received.parameter(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// When the schema was last changed.
fn modified() -> DateTime<Utc> {
    let day = Utc.with_ymd_and_hms(2025, 1, 1, 0, 0, 0);
    day.single().unwrap_or(DateTime::<Utc>::MIN_UTC)
}
