//! `BulkDelete`: deletes what queries find (other people's clients, section 1).
//!
//! The service does it in a job some time later; here it is done when the answer goes out.

use http::StatusCode;
use serde_json::{Map, Value as Json};

use super::body::parse_object;
use super::rows;
use super::work::Work;
use crate::dataverse::exchange::Response;
use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::query::condition::Condition;
use crate::dataverse::query::expression::Operator;
use crate::dataverse::query::literal::Literal;
use crate::dataverse::query::path::BoundPath;
use crate::dataverse::read::collection::context;
use crate::dataverse::reply;
use crate::dataverse::row::RowRef;
use crate::dataverse::schema::Table;
use crate::dataverse::value::Value;
use crate::dataverse::view::Record;

/// Filters inside one another.
const MAX_DEPTH: usize = 20;

/// Answers the action.
///
/// # Errors
/// 400 for queries that are malformed or use what is not offered here, as of a single deletion
/// otherwise.
pub(in crate::dataverse) fn answer(work: &mut Work<'_>, body: &[u8]) -> Outcome<Response> {
    let members = parse_object(body)?;
    let Some(queries) = members.get("QuerySet").and_then(Json::as_array) else {
        return Err(Failure::payload("The parameter 'QuerySet' must be an array of queries."));
    };
    for name in ["JobName", "StartDateTime"] {
        if !members.get(name).is_some_and(Json::is_string) {
            return Err(Failure::payload(format!("The parameter '{name}' is missing.")));
        }
    }
    for query in queries {
        for at in found(work, query)? {
            rows::delete(work, at)?;
        }
    }
    let mut answer = Map::new();
    let fragment = "Microsoft.Dynamics.CRM.BulkDeleteResponse";
    answer.insert("@odata.context".into(), context(work.view(), fragment).into());
    answer.insert("JobId".into(), work.ids.next().to_string().into());
    Ok(reply::json(StatusCode::OK, answer))
}

fn found(work: &Work<'_>, query: &Json) -> Outcome<Vec<RowRef>> {
    let name = query.get("EntityName").and_then(Json::as_str).unwrap_or_default();
    let table = work.schema.find(name).ok_or_else(|| {
        Failure::bad_request(
            "0x80041102",
            format!("The entity with a name = '{name}' was not found in the MetadataCache."),
        )
    })?;
    let condition = match query.get("Criteria") {
        None | Some(Json::Null) => Condition::Constant(true),
        Some(criteria) => filter(table, criteria, 0)?,
    };
    let view = work.view();
    let holds = |record: &Record<'_>| condition.holds(view, *record);
    let at = |id| RowRef::new(table.id, id);
    Ok(match condition.candidates(view, table) {
        Some(ids) => ids
            .into_iter()
            .filter_map(|id| view.record(at(id)))
            .filter(holds)
            .map(|record| record.at)
            .collect(),
        None => view
            .store
            .rows_after(table.id, None)
            .map(|(id, row)| Record { at: at(id), row })
            .filter(holds)
            .map(|record| record.at)
            .collect(),
    })
}

/// A `FilterExpression`.
fn filter(table: &Table, criteria: &Json, depth: usize) -> Outcome<Condition> {
    if depth > MAX_DEPTH {
        return Err(Failure::payload("The filters of 'Criteria' are nested too deeply."));
    }
    let list = |name: &str| criteria.get(name).and_then(Json::as_array).into_iter().flatten();
    let mut parts = Vec::new();
    for part in list("Conditions") {
        parts.push(condition(table, part)?);
    }
    for part in list("Filters") {
        parts.push(filter(table, part, depth + 1)?);
    }
    let either = criteria.get("FilterOperator").and_then(Json::as_str) == Some("Or");
    Ok(if either && !parts.is_empty() { Condition::Or(parts) } else { Condition::And(parts) })
}

/// A `ConditionExpression`.
fn condition(table: &Table, expression: &Json) -> Outcome<Condition> {
    let text = |name: &str| expression.get(name).and_then(Json::as_str).unwrap_or_default();
    let name = text("AttributeName");
    let id = table.find(name).ok_or_else(|| {
        Failure::bad_request(
            "0x80041103",
            format!(
                "'{}' entity doesn't contain attribute with Name = '{name}'.",
                table.logical_name
            ),
        )
    })?;
    let kind = &table.column(id).kind;
    let read = |value: &Json| {
        let value = value.get("Value").unwrap_or(value);
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let literal = Literal::Text(value.clone());
        literal.for_column_as_text(kind).flatten().ok_or_else(|| {
            Failure::payload(format!("'{value}' is not a value of the column '{name}'."))
        })
    };
    let values = expression.get("Values").and_then(Json::as_array);
    let values: Vec<Value> = values.into_iter().flatten().map(read).collect::<Outcome<_>>()?;
    let path = BoundPath::of_column(table, id);
    let one = |operator: Operator| match values.as_slice() {
        [value] => Ok(Condition::Compare(path.clone(), operator, Some(value.clone()))),
        _ => Err(Failure::payload(format!("The condition on '{name}' takes one value."))),
    };
    match text("Operator") {
        "In" => Ok(Condition::In(path, values)),
        "NotIn" => Ok(Condition::Not(Box::new(Condition::In(path, values)))),
        "Equal" => one(Operator::Equal),
        "NotEqual" => one(Operator::NotEqual),
        "GreaterThan" => one(Operator::Greater),
        "GreaterEqual" => one(Operator::GreaterOrEqual),
        "LessThan" => one(Operator::Less),
        "LessEqual" => one(Operator::LessOrEqual),
        "Null" => Ok(Condition::Compare(path, Operator::Equal, None)),
        "NotNull" => Ok(Condition::Compare(path, Operator::NotEqual, None)),
        other => {
            Err(Failure::not_implemented(&format!("The operator {other} in a QueryExpression")))
        }
    }
}
