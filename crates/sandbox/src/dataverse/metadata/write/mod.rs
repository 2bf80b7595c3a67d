//! Writes of metadata: afterwards the schema is another, and the rows fit it.
//!
//! A write checks everything before it changes anything, so it needs no undoing; for the same
//! reason it cannot be part of a change set.

mod columns;
mod global_choices;
mod keys;
mod kind;
mod labels;
mod names;
mod option_values;
mod relationships;
mod tables;

use http::{Method, StatusCode};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use crate::dataverse::address::{Key, Segment, key_literal};
use crate::dataverse::exchange::{Request, Response};
use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::query::literal::Literal;
use crate::dataverse::query::options::Options;
use crate::dataverse::reply;
use crate::dataverse::row::RowRef;
use crate::dataverse::schema::{Schema, SchemaBuilder, Table};
use crate::dataverse::service::State;
use crate::dataverse::store::Store;
use crate::dataverse::value::Value;
use crate::dataverse::view::Context;
use crate::dataverse::write::body::parse_object;

/// Unbound actions that change metadata.
const ACTIONS: &[&str] = &[
    "CreateEntities",
    "InsertOptionValue",
    "InsertStatusValue",
    "UpdateOptionValue",
    "UpdateStateValue",
    "DeleteOptionValue",
    "OrderOption",
    "ReactivateEntityKey",
];

/// Numbers of options when no publisher says otherwise begin here.
const FIRST_OPTION: i32 = 100_000_000;

/// Whether a path's head names an action that changes metadata.
pub(in crate::dataverse) fn is_action(name: &str) -> bool {
    ACTIONS.contains(&name)
}

/// Carries out a write whose path begins with a set of metadata, or an action that changes
/// metadata.
///
/// # Errors
/// 400 for definitions that are wrong or exist already, 404 for unknown ones, 501 for kinds of
/// columns and tables that only the simulator lacks.
pub(in crate::dataverse) fn write(
    state: &mut State,
    context: &Context,
    request: &Request,
    path: &[Segment],
    options: &Options,
) -> Outcome<Response> {
    let mut customizing = Customizing {
        schema: &state.schema,
        store: &state.store,
        context,
        definitions: state.schema.definitions().clone(),
        first_option: FIRST_OPTION,
    };
    customizing.enter_solution(request, options)?;
    let response = route(&mut customizing, request, path)?;
    let schema = customizing.definitions.finish();
    state.store.adapt(&state.schema, &schema);
    state.schema = schema;
    Ok(response)
}

/// A write under way: the environment as it is, and the definitions as they will be.
struct Customizing<'a> {
    schema: &'a Schema,
    store: &'a Store,
    context: &'a Context,
    definitions: SchemaBuilder,
    /// Number of the first option that gets its number from the platform.
    first_option: i32,
}

impl<'a> Customizing<'a> {
    /// Checks the solution that the parts are to belong to, and takes over its numbers.
    fn enter_solution(&mut self, request: &Request, options: &Options) -> Outcome<()> {
        let header = ["mscrm.solutionuniquename", "mscrm-solutionuniquename"]
            .iter()
            .find_map(|name| request.headers.get(*name)?.to_str().ok());
        let Some(name) = options.get("SolutionUniqueName").or(header).map(str::trim) else {
            return Ok(());
        };
        let solutions = self.schema.find("solution");
        let row = solutions.and_then(|table| {
            let id = self.store.by_key(table.id, 0, &[Value::text(name)])?;
            self.store.row(RowRef::new(table.id, id))
        });
        let (Some(table), Some(row)) = (solutions, row) else {
            return Err(invalid(format!("The solution unique name '{name}' does not exist.")));
        };
        let publisher = table
            .find("publisherid")
            .and_then(|column| row.get(column)?.as_lookup())
            .map(|(table, id)| RowRef::new(table, id));
        let prefix = publisher.and_then(|at| {
            let column = self.schema.table(at.table).find("customizationoptionvalueprefix")?;
            self.store.row(at)?.get(column)?.as_int()
        });
        if let Some(prefix) = prefix {
            self.first_option = prefix.saturating_mul(10_000);
        }
        Ok(())
    }

    /// The table that a segment's key names.
    fn table(&self, segment: &Segment) -> Outcome<&'a Table> {
        let key = definition_key(segment)?;
        let schema: &'a Schema = self.schema;
        schema
            .tables()
            .iter()
            .filter(|table| !table.is_removed())
            .find(|table| key.names(&table.logical_name, table.metadata_id()))
            .ok_or_else(|| absent("entity", &key))
    }

    /// An answer that names the part of a table that was written, and the table in the way in which
    /// the request names it, as the documentation's samples do. One client takes the first GUID.
    fn written_part(&self, table: &Segment, part: &str, id: Uuid) -> Outcome<Response> {
        let table = match definition_key(table)? {
            DefinitionKey::Id(id) => id.to_string(),
            DefinitionKey::Name(name) => format!("LogicalName='{name}'"),
        };
        Ok(self.written(&format!("EntityDefinitions({table})/{part}({id})")))
    }

    /// An answer that names the definition written.
    fn written(&self, path: &str) -> Response {
        let mut response = reply::empty(StatusCode::NO_CONTENT);
        let address = format!("{}{path}", self.context.service_root());
        reply::set(&mut response.headers, reply::ENTITY_ID, &address);
        response
    }
}

/// How a path names a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
enum DefinitionKey {
    Id(Uuid),
    Name(String),
}

impl DefinitionKey {
    /// Whether it names the definition with this name and id.
    fn names(&self, name: &str, id: Uuid) -> bool {
        match self {
            Self::Id(wanted) => *wanted == id,
            Self::Name(wanted) => wanted == name,
        }
    }
}

fn definition_key(segment: &Segment) -> Outcome<DefinitionKey> {
    let pairs = match &segment.key {
        Some(Key::Id(id)) => return Ok(DefinitionKey::Id(*id)),
        Some(Key::Named(pairs)) => pairs,
        _ => return Err(Failure::unknown_segment(&segment.name)),
    };
    let [(name, value)] = pairs.as_slice() else {
        return Err(Failure::unknown_segment(&segment.name));
    };
    match (name.as_str(), key_literal(value)?) {
        ("MetadataId", Literal::Guid(id)) => Ok(DefinitionKey::Id(id)),
        ("LogicalName" | "SchemaName" | "Name", Literal::Text(text)) => {
            Ok(DefinitionKey::Name(text))
        }
        _ => Err(Failure::bad_request(
            "0x80060890",
            format!("The key in the request URI is not valid for resource '{}'.", segment.name),
        )),
    }
}

fn route(
    customizing: &mut Customizing<'_>,
    request: &Request,
    path: &[Segment],
) -> Outcome<Response> {
    let Some((first, rest)) = path.split_first() else {
        return Err(Failure::method_not_allowed(&request.method));
    };
    let method = &request.method;
    if *method == Method::PATCH {
        return Err(Failure::method_not_allowed(method));
    }
    let body = || -> Outcome<Map<String, Json>> { parse_object(&request.body) };
    // A cast at the end of an address says nothing that the definition does not say.
    let rest = match rest {
        [inner @ .., last] if last.name.contains('.') => inner,
        all => all,
    };
    match (first.name.as_str(), &first.key, rest) {
        (name, None, []) if is_action(name) => {
            if *method != Method::POST {
                return Err(Failure::method_not_allowed(method));
            }
            act(customizing, name, &body()?)
        }
        ("EntityDefinitions", None, []) if *method == Method::POST => {
            tables::create(customizing, &body()?)
        }
        ("EntityDefinitions", Some(_), []) => match *method {
            Method::PUT => tables::update(customizing, first, &body()?),
            Method::DELETE => tables::delete(customizing, first),
            _ => Err(Failure::method_not_allowed(method)),
        },
        ("EntityDefinitions", Some(_), [part]) => part_of_table(customizing, request, first, part),
        ("RelationshipDefinitions", None, []) if *method == Method::POST => {
            relationships::create(customizing, &body()?)
        }
        ("RelationshipDefinitions", Some(_), []) => match *method {
            Method::PUT => relationships::update(customizing, first, &body()?),
            Method::DELETE => relationships::delete(customizing, first),
            _ => Err(Failure::method_not_allowed(method)),
        },
        ("GlobalOptionSetDefinitions", None, []) if *method == Method::POST => {
            global_choices::create(customizing, &body()?)
        }
        ("GlobalOptionSetDefinitions", Some(_), []) => match *method {
            Method::PUT => global_choices::update(customizing, first, &body()?),
            Method::DELETE => global_choices::delete(customizing, first),
            _ => Err(Failure::method_not_allowed(method)),
        },
        (_, _, []) => Err(Failure::method_not_allowed(method)),
        (_, _, [other, ..]) => Err(Failure::unknown_segment(&other.name)),
    }
}

fn part_of_table(
    customizing: &mut Customizing<'_>,
    request: &Request,
    table: &Segment,
    part: &Segment,
) -> Outcome<Response> {
    let body = || parse_object(&request.body);
    match (part.name.as_str(), &request.method, &part.key) {
        ("Attributes", &Method::POST, None) => columns::create(customizing, table, &body()?),
        ("Attributes", &Method::PUT, Some(_)) => {
            columns::update(customizing, table, part, &body()?)
        }
        ("Attributes", &Method::DELETE, Some(_)) => columns::delete(customizing, table, part),
        ("Keys", &Method::POST, None) => keys::create(customizing, table, &body()?),
        ("Keys", &Method::DELETE, Some(_)) => keys::delete(customizing, table, part),
        ("Attributes" | "Keys", method, _) => Err(Failure::method_not_allowed(method)),
        (other, _, _) => Err(Failure::unknown_segment(other)),
    }
}

fn act(
    customizing: &mut Customizing<'_>,
    name: &str,
    body: &Map<String, Json>,
) -> Outcome<Response> {
    match name {
        "CreateEntities" => tables::create_all(customizing, body),
        "InsertOptionValue" => option_values::insert(customizing, body),
        "InsertStatusValue" => option_values::insert_status(customizing, body),
        "UpdateOptionValue" => option_values::update(customizing, body),
        "UpdateStateValue" => option_values::update_state(customizing, body),
        "DeleteOptionValue" => option_values::delete(customizing, body),
        "OrderOption" => option_values::order(customizing, body),
        _ => keys::reactivate(customizing, body),
    }
}

/// A text member that must be there.
///
/// # Errors
/// 400 `0x80040203` naming the member.
fn text<'b>(members: &'b Map<String, Json>, name: &str) -> Outcome<&'b str> {
    members
        .get(name)
        .and_then(Json::as_str)
        .filter(|text| !text.is_empty())
        .ok_or_else(|| invalid(format!("Required member '{name}' missing; expected a text.")))
}

/// The type that `@odata.type` names, without namespace.
fn type_name(members: &Map<String, Json>) -> Option<&str> {
    let name = members.get("@odata.type")?.as_str()?;
    Some(name.trim_start_matches('#').trim_start_matches(super::document::NAMESPACE))
}

/// 400 `0x80040203`: a definition that cannot be.
fn invalid(message: impl Into<String>) -> Failure {
    Failure::bad_request("0x80040203", message)
}

/// 400 `0x8004f01f`: something still needs what was to be deleted.
fn in_use(what: &str, by: &str) -> Failure {
    Failure::bad_request(
        "0x8004f01f",
        format!("The {what} cannot be deleted because it is referenced by {by}."),
    )
}

/// 404: no such definition.
fn absent(what: &str, key: &DefinitionKey) -> Failure {
    let name = match key {
        DefinitionKey::Id(id) => id.to_string(),
        DefinitionKey::Name(name) => name.clone(),
    };
    Failure::new(
        StatusCode::NOT_FOUND,
        "0x80040217",
        format!("Could not find the {what} with specified name or id: {name}."),
    )
}
