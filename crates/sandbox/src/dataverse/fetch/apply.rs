//! `$apply`: rows of one table grouped and summed up, the OData spelling of an aggregate query
//! (reference, section 4.1).
//!
//! Offered are `aggregate(…)` and `groupby((…),aggregate(…))`, each by itself or after one
//! `filter(…)`. Paths over lookups, further steps and other options beside `$apply` are not.

use serde_json::{Map, Value as Json};

use super::aggregate;
use super::document::{Aggregate, Attribute, Entity, Fetch};
use super::plan::{Plan, Test};
use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::prefer::Preferences;
use crate::dataverse::query::bind::bind;
use crate::dataverse::query::options::{Options, split_outside};
use crate::dataverse::query::parser::parse_filter;
use crate::dataverse::read::collection::context;
use crate::dataverse::schema::Table;
use crate::dataverse::view::View;

/// Answers `?$apply=` on the set of `table`.
///
/// # Errors
/// 400 for expressions that are malformed or name what does not exist, 501 for those that only the
/// simulator lacks.
pub(in crate::dataverse) fn answer_apply(
    view: View<'_>,
    table: &Table,
    (options, wishes): (&Options, &Preferences),
) -> Outcome<Map<String, Json>> {
    options.only(&["$apply"])?;
    let text = options.get("$apply").unwrap_or_default().trim();
    let mut steps = split_outside(text, '/');
    let filter = steps.first().and_then(|first| arguments(first, "filter"));
    if filter.is_some() {
        steps.remove(0);
    }
    let [step] = steps.as_slice() else { return Err(not_offered(text)) };
    let fetch = Fetch {
        page: 1,
        aggregate: true,
        entity: Entity {
            name: table.logical_name.clone(),
            attributes: attributes(table, step)?,
            ..Entity::default()
        },
        ..Fetch::default()
    };
    let mut plan = Plan::bind(view, &fetch)?;
    if let Some(filter) = filter {
        let condition = bind(view, table, &parse_filter(filter, options.aliases())?)?;
        plan.test = Test::One(0, condition);
    }
    let rows = aggregate::rows(view, &plan, &wishes.annotations)?;
    let names: Vec<&str> = plan.outputs.iter().map(|output| output.name.as_str()).collect();
    let fragment = format!("{}({})", table.set_name, names.join(","));
    let mut members = Map::new();
    members.insert("@odata.context".into(), context(view, &fragment).into());
    members.insert("value".into(), Json::Array(rows));
    Ok(members)
}

/// What a step wants: columns to group by, and sums.
fn attributes(table: &Table, step: &str) -> Outcome<Vec<Attribute>> {
    if let Some(list) = arguments(step, "aggregate") {
        return sums(table, list);
    }
    let list = arguments(step, "groupby").ok_or_else(|| not_offered(step))?;
    let (columns, rest) = match *split_outside(list, ',') {
        [columns] => (columns, None),
        [columns, rest] => (columns, Some(rest)),
        _ => return Err(malformed(step)),
    };
    let columns = columns
        .trim()
        .strip_prefix('(')
        .and_then(|columns| columns.strip_suffix(')'))
        .ok_or_else(|| malformed(step))?;
    let mut attributes = Vec::new();
    for name in split_outside(columns, ',') {
        let mut attribute = attribute(table, name.trim())?;
        attribute.group_by = true;
        attributes.push(attribute);
    }
    if let Some(rest) = rest {
        let list = arguments(rest, "aggregate").ok_or_else(|| not_offered(rest))?;
        attributes.extend(sums(table, list)?);
    }
    Ok(attributes)
}

/// `$count as total,revenue with sum as all`
fn sums(table: &Table, list: &str) -> Outcome<Vec<Attribute>> {
    split_outside(list, ',')
        .into_iter()
        .map(|item| {
            let words: Vec<&str> = item.split_whitespace().collect();
            let (column, method, alias) = match *words {
                ["$count", "as", alias] => {
                    (table.column(table.key).logical_name.as_str(), "$count", alias)
                }
                [column, "with", method, "as", alias] => (column, method, alias),
                _ => return Err(malformed(item)),
            };
            let mut attribute = attribute(table, column)?;
            attribute.alias = Some(alias.to_owned());
            attribute.distinct = method == "countdistinct";
            attribute.aggregate = Some(method_of(method).ok_or_else(|| malformed(item))?);
            Ok(attribute)
        })
        .collect()
}

fn method_of(name: &str) -> Option<Aggregate> {
    Some(match name {
        "$count" => Aggregate::Count,
        "countdistinct" => Aggregate::CountColumn,
        "sum" => Aggregate::Sum,
        "average" => Aggregate::Avg,
        "min" => Aggregate::Min,
        "max" => Aggregate::Max,
        _ => return None,
    })
}

/// A column by its property name, which is also its name in the answer.
fn attribute(table: &Table, name: &str) -> Outcome<Attribute> {
    if name.contains('/') {
        return Err(not_offered(name));
    }
    let column = table
        .find_property(name)
        .ok_or_else(|| Failure::unknown_property(name, &table.logical_name))?;
    Ok(Attribute {
        name: table.column(column).logical_name.clone(),
        alias: Some(name.to_owned()),
        ..Attribute::default()
    })
}

/// What the parentheses after `name` hold.
fn arguments<'t>(step: &'t str, name: &str) -> Option<&'t str> {
    step.trim().strip_prefix(name)?.trim_start().strip_prefix('(')?.strip_suffix(')')
}

fn malformed(text: &str) -> Failure {
    Failure::syntax(format!("Syntax error in the $apply expression at '{}'.", text.trim()))
}

fn not_offered(text: &str) -> Failure {
    Failure::not_implemented(&format!("The $apply expression '{}'", text.trim()))
}
