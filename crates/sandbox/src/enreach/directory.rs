//! The directory: users and queues as people look them up (Enreach reference, section 5).

use serde_json::{Map, Value, json};
use uuid::{Uuid, uuid};

use super::collection::Collection;
use super::failure::Failure;
use super::number::digits;
use super::render::{Rendering, fields};
use super::routes::Request;
use super::rows::Rows;
use crate::server::Answer;

/// The only directory.
const DEFAULT: Uuid = uuid!("d1ec7000-74f9-e911-80e0-00505689257e");

/// Kinds of entries: 2 is documented, 1 follows from it.
const USERS: i64 = 1;
const QUEUES: i64 = 2;

/// Fields that a client can do without.
const RENDERING: Rendering = Rendering::of(&[
    "OtherNumber",
    "Description",
    "Company",
    "Subcompany",
    "Location",
    "Department",
]);

/// Answers `GET /directory`.
pub(super) fn directories(request: Request<'_>) -> Result<Answer, Failure> {
    request.only("GET")?;
    request.list(&Rendering::of(&[]), [fields(json!({"ID": DEFAULT, "Name": "Default"}))])
}

/// Answers `GET /directory/{ID}`, with its entries inside an object: the only place where the API
/// wraps rows.
pub(super) fn entries(request: Request<'_>, id: &str) -> Result<Answer, Failure> {
    request.only("GET")?;
    if id.parse() != Ok(DEFAULT) {
        return Err(Failure::not_found(format!("Directory {id} not found")));
    }
    let kinds = numbers(request, "EntryTypes")?;
    let wants = |kind| kinds.is_empty() || kinds.contains(&kind);
    let most = numbers(request, "MaxCount")?.first().copied();
    let most = most.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
    let number = request.received.parameter("Number").map(|number| digits(&number));
    let rows = request.enreach.read();
    let users = users(&rows).filter(|_| wants(USERS));
    let queues = queues(&rows).filter(|_| wants(QUEUES));
    let entries: Vec<_> = users
        .chain(queues)
        .filter(|(numbers, _)| number.as_ref().is_none_or(|number| numbers.contains(number)))
        .take(most)
        .map(|(_, entry)| RENDERING.row(entry, request.modes, request.received))
        .collect();
    request.done(&Rendering::of(&[]), fields(json!({"Entries": entries})))
}

/// An entry with the digits of its numbers.
type Listed = (Vec<String>, Map<String, Value>);

fn users(rows: &Rows) -> impl Iterator<Item = Listed> {
    let there = |user: &&Map<String, Value>| user.get("Deleted") != Some(&Value::Bool(true));
    rows.of(Collection::Users).filter(there).map(|user| {
        let of = |name: &str| user.get(name).cloned().unwrap_or(Value::Null);
        let named = ["WorkNumber", "MobileNumber"].map(of);
        let numbers = named.iter().filter_map(Value::as_str).map(digits).collect();
        let [work, mobile] = named;
        let entry = json!({
            "Id": of("Id"), "QueueId": null, "FirstName": of("FirstName"),
            "LastName": of("LastName"), "Email": of("Email"), "WorkNumber": work,
            "MobileNumber": mobile, "OtherNumber": null, "Description": null, "Company": null,
            "Subcompany": null, "Location": null, "Department": null,
        });
        (numbers, fields(entry))
    })
}

fn queues(rows: &Rows) -> impl Iterator<Item = Listed> {
    rows.of(Collection::Queues).map(|queue| {
        let of = |name: &str| queue.get(name).cloned().unwrap_or(Value::Null);
        let named = of("Numbers");
        let named = named.as_array().map(Vec::as_slice).unwrap_or_default();
        let numbers = named.iter().filter_map(Value::as_str).map(digits).collect();
        let entry = json!({
            "Id": of("Id"), "QueueId": of("Id"), "FirstName": null, "LastName": of("Name"),
            "Email": null, "WorkNumber": named.first(), "MobileNumber": null,
            "OtherNumber": named.get(1), "Description": null, "Company": null,
            "Subcompany": null, "Location": null, "Department": null,
        });
        (numbers, fields(entry))
    })
}

/// The whole numbers of a parameter, comma-separated.
fn numbers(request: Request<'_>, name: &str) -> Result<Vec<i64>, Failure> {
    let Some(list) = request.received.parameter(name) else { return Ok(Vec::new()) };
    let parts = list.split(',').map(str::trim).filter(|part| !part.is_empty());
    let wrong = |part| Failure::bad_request(format!("{name} holds {part:?}; expected numbers"));
    parts.map(|part| part.parse().map_err(|_| wrong(part))).collect()
}
