//! Writes to callback items: created by hand, changed, closed (Enreach reference, section 4.2).

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::body::Body;
use super::callback_event::CallbackEvent;
use super::callback_state::{State, moves};
use super::collection::Collection;
use super::failure::Failure;
use super::instant;
use super::routes::Request;
use super::rows::{ItemRow, Rows};

/// Members of an update. Clients may send the whole item back; what they cannot change is passed
/// over.
const ITEM_MEMBERS: [&str; 27] = [
    "State",
    "Force",
    "Result",
    "Note",
    "Name",
    "DueTime",
    "ExpirationTime",
    "AssignedUserId",
    "Attempts",
    "LinkedItemIds",
    "Id",
    "CallbackListId",
    "CallbackListName",
    "RequestTypeId",
    "Number",
    "Source",
    "QueueId",
    "QueueName",
    "CallId",
    "Created",
    "Modified",
    "ClosedTime",
    "AssignedUserName",
    "RequestCount",
    "RecordingIds",
    "TranscriptIds",
    "OrganizationID",
];

/// Members of a creation.
const NEW_ITEM_MEMBERS: [&str; 9] = [
    "Number",
    "Name",
    "RequestTypeId",
    "DueTime",
    "ExpirationTime",
    "Note",
    "QueueId",
    "CallId",
    "AssignedUserId",
];

/// How an attempt to call back, or the whole item, can end.
const RESULTS: [&str; 4] = ["Success", "Busy", "NoAnswer", "Failed"];

/// Carries out `POST /callbacks/lists/{listId}/items`; gives the new item.
pub(super) fn create(request: Request<'_>, list: &str) -> Result<Map<String, Value>, Failure> {
    let body = Body::read(&request.received.body, &NEW_ITEM_MEMBERS)?;
    let number = body.required_text("Number")?;
    let mut rows = request.enreach.write();
    let unknown = || Failure::unknown_row(Collection::CallbackLists, list);
    let list_row = rows.one(Collection::CallbackLists, list).ok_or_else(unknown)?;
    let list_id: Uuid = list.parse().map_err(|_| unknown())?;
    if list_row.get("Deleted") == Some(&Value::Bool(true)) {
        return Err(Failure::conflict("The list is deleted"));
    }
    let request_type = request_type(list_row, &body)?;
    let queue = body.guid("QueueId")?.map(|id| id.to_string());
    let queue = queue.or_else(|| list_row.get("QueueId")?.as_str().map(str::to_owned));
    let queue_row = queue.as_deref().and_then(|id| rows.one(Collection::Queues, id));
    let (user, user_name) = assignee(&rows, body.guid("AssignedUserId")?)?;
    let (id, now) = (request.enreach.next_id(), instant::iso(request.now));
    let row = json!({
        "Id": id,
        "CallbackListId": list_id,
        "CallbackListName": list_row.get("Name"),
        "RequestTypeId": request_type,
        "Number": number,
        "Name": body.text("Name")?,
        "Source": "Manual",
        "QueueId": queue,
        "QueueName": queue_row.and_then(|queue| queue.get("Name")),
        "CallId": body.guid("CallId")?,
        "State": State::Open.name(),
        "Result": null,
        "Created": now,
        "Modified": now,
        "DueTime": body.instant("DueTime")?.map(instant::iso),
        "ExpirationTime": body.instant("ExpirationTime")?.map(instant::iso),
        "ClosedTime": null,
        "AssignedUserId": user,
        "AssignedUserName": user_name,
        "RequestCount": 1,
        "Attempts": [],
        "LinkedItemIds": [],
        "RecordingIds": [],
        "Note": body.text("Note")?,
    });
    let Value::Object(row) = row else { return Err(unknown()) };
    let item = ItemRow::new(id, list_id, row, request.now);
    request.enreach.tell(CallbackEvent::created(&item, request.enreach.next_id(), request.now));
    let row = item.row_at(request.now);
    rows.put_item(item);
    Ok(row)
}

/// Carries out `PUT /callbacks/items/{itemId}`; gives the item as it is then.
pub(super) fn update(request: Request<'_>, id: &str) -> Result<Map<String, Value>, Failure> {
    let body = Body::read(&request.received.body, &ITEM_MEMBERS)?;
    let (caller, _) = request.user("me")?;
    let mut rows = request.enreach.write();
    let item = id.parse().ok().and_then(|id| rows.item(id));
    let item = item.filter(|item| item.created <= request.now);
    let item = item.ok_or_else(|| Failure::unknown_row(Collection::CallbackItems, id))?;
    let (item, change) = changed(item, &body, caller, request.now, &rows)?;
    let row = item.row_at(request.now);
    let event = match change {
        Change::None => return Ok(row),
        Change::Closed => CallbackEvent::closed,
        Change::Other => CallbackEvent::updated,
    };
    request.enreach.tell(event(&item, request.enreach.next_id(), request.now));
    rows.put_item(item);
    Ok(row)
}

/// What an update did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    None,
    Closed,
    Other,
}

/// The item after an update.
fn changed(
    item: &ItemRow,
    body: &Body,
    caller: Uuid,
    now: DateTime<Utc>,
    rows: &Rows,
) -> Result<(ItemRow, Change), Failure> {
    let from = item.state(now);
    let to = match body.text("State")? {
        None => from,
        Some(name) => State::of_name(name).ok_or_else(|| {
            Failure::bad_request(format!("State is {name:?}; expected {}", State::names()))
        })?,
    };
    let held_by_other = item.assigned_to().is_some_and(|user| user != caller);
    let has_moved = body.has("State") && moves(from, to, held_by_other, body.flag("Force")?)?;
    if from == State::Closed && body.has("State") {
        // Closing once more changes nothing, whatever else the request says.
        return Ok((item.clone(), Change::None));
    }
    let mut fields = Map::new();
    if has_moved {
        fields.extend(state_fields(to, caller, now, rows)?);
    }
    fields.extend(free_fields(body, rows)?);
    if fields.is_empty() {
        return Ok((item.clone(), Change::None));
    }
    let change = if has_moved && to == State::Closed { Change::Closed } else { Change::Other };
    Ok((item.with(fields, now), change))
}

/// What goes along with a new state.
fn state_fields(
    state: State,
    caller: Uuid,
    now: DateTime<Utc>,
    rows: &Rows,
) -> Result<Map<String, Value>, Failure> {
    let mut fields = Map::new();
    fields.insert("State".to_owned(), state.name().into());
    let holder = match state {
        State::Reserved => Some(caller),
        State::Open => None,
        State::Closed | State::Expired => {
            fields.insert("ClosedTime".to_owned(), instant::iso(now).into());
            return Ok(fields);
        }
    };
    let (id, name) = assignee(rows, holder)?;
    fields.insert("AssignedUserId".to_owned(), id);
    fields.insert("AssignedUserName".to_owned(), name);
    Ok(fields)
}

/// What clients may set at any time.
fn free_fields(body: &Body, rows: &Rows) -> Result<Map<String, Value>, Failure> {
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    if body.has("Result") {
        put("Result", result(body)?);
    }
    for name in ["Note", "Name"] {
        if body.has(name) {
            put(name, body.text(name)?.into());
        }
    }
    for name in ["DueTime", "ExpirationTime"] {
        if body.has(name) {
            put(name, body.instant(name)?.map(instant::iso).into());
        }
    }
    for name in ["Attempts", "LinkedItemIds"] {
        match body.value(name) {
            Some(list @ Value::Array(_)) => put(name, list.clone()),
            Some(other) => {
                return Err(Failure::bad_request(format!("{name} is {other}; expected an array")));
            }
            None => None,
        };
    }
    if body.has("AssignedUserId") {
        let (id, name) = assignee(rows, body.guid("AssignedUserId")?)?;
        put("AssignedUserId", id);
        put("AssignedUserName", name);
    }
    Ok(fields)
}

fn result(body: &Body) -> Result<Value, Failure> {
    let Some(given) = body.text("Result")? else { return Ok(Value::Null) };
    let known = RESULTS.iter().find(|known| known.eq_ignore_ascii_case(given));
    known.map(|known| Value::from(*known)).ok_or_else(|| {
        Failure::bad_request(format!("Result is {given:?}; expected {}", RESULTS.join(", ")))
    })
}

/// A user's id and name, both null for nobody.
fn assignee(rows: &Rows, id: Option<Uuid>) -> Result<(Value, Value), Failure> {
    let Some(id) = id else { return Ok((Value::Null, Value::Null)) };
    let user = rows.one(Collection::Users, &id.to_string());
    let user = user.ok_or_else(|| {
        Failure::bad_request(format!("AssignedUserId is {id}; expected the id of a user"))
    })?;
    Ok((id.to_string().into(), user.get("UserName").cloned().unwrap_or(Value::Null)))
}

/// The kind of request; one of the list's, if the list names any.
fn request_type(list: &Map<String, Value>, body: &Body) -> Result<Option<i64>, Failure> {
    let given = body.number("RequestTypeId")?;
    let Some(offered) = list.get("RequestTypes").and_then(Value::as_array) else {
        return Ok(given);
    };
    let offered: Vec<_> = offered.iter().filter_map(|kind| kind.get("Id")?.as_i64()).collect();
    match given {
        Some(id) if !offered.contains(&id) => Err(Failure::bad_request(format!(
            "RequestTypeId is {id}; expected one of the list's: {offered:?}"
        ))),
        other => Ok(other),
    }
}
