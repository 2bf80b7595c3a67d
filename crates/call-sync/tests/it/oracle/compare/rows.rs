//! One row against what it is expected to hold.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::oracle::verdict::{Adoption, ExpectedRow, list, text};

/// Columns of the platform that change with every change of a row.
const KEPT_BY_DYNAMICS: [&str; 4] =
    ["@odata.etag", "modifiedon", "_modifiedby_value", "versionnumber"];

/// What is wrong with a row that was to be created.
pub(super) fn created(expected: &ExpectedRow, row: Option<&Value>) -> Vec<String> {
    let Some(row) = row else { return vec![format!("row {} is missing", expected.id)] };
    let mut wrong = columns(&expected.columns, row);
    wrong.extend(missing_lines(&expected.audited, row));
    let found = parties(row);
    if found != expected.parties {
        wrong.push(format!("parties are {found:?}; expected {:?}", expected.parties));
    }
    let description = text(row, "description");
    if expected.named.is_empty() != description.is_empty() {
        wrong.push(format!("description is {description:?}; expected {:?}", expected.named));
    }
    for name in expected.named.iter().filter(|name| !description.contains(*name)) {
        wrong.push(format!("description {description:?} does not name {name}"));
    }
    for name in expected.unnamed.iter().filter(|name| description.contains(*name)) {
        wrong.push(format!("description {description:?} names {name}, the eleventh or later"));
    }
    wrong
}

/// What is wrong with a row that was to be adopted.
pub(super) fn adopted(expected: &Adoption, before: &Value, after: Option<&Value>) -> Vec<String> {
    let Some(after) = after else { return vec![format!("row {} is gone", expected.row)] };
    let mut wrong = columns(&expected.filled, after);
    wrong.extend(missing_lines(&expected.audited, after));
    let filled = |column: &str| {
        let column = column.split('@').next().unwrap_or_default();
        expected.filled.contains_key(column)
            || (column == "ev_audit" && !expected.audited.is_empty())
    };
    let mut others = before.clone();
    let mut compared = after.clone();
    for row in [&mut others, &mut compared] {
        let members = row.as_object_mut().unwrap();
        members.retain(|name, _| !filled(name));
    }
    let changed = changes(&others, &compared);
    wrong.extend(changed.into_iter().map(|change| format!("not to be changed: {change}")));
    wrong
}

/// Every member that differs, but those that Dynamics keeps itself.
pub(super) fn changes(before: &Value, after: &Value) -> Vec<String> {
    let (before, after) = (before.as_object().unwrap(), after.as_object().unwrap());
    let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    names
        .into_iter()
        .filter(|name| !KEPT_BY_DYNAMICS.contains(&name.split('@').next().unwrap_or_default()))
        .filter(|name| *name != "@odata.etag" && before.get(*name) != after.get(*name))
        .map(|name| format!("{name}: {:?} to {:?}", before.get(name), after.get(name)))
        .collect()
}

fn columns(expected: &BTreeMap<String, Value>, row: &Value) -> Vec<String> {
    expected
        .iter()
        .filter(|(column, value)| row[*column] != **value)
        .map(|(column, value)| format!("{column} is {}; expected {value}", row[column]))
        .collect()
}

fn missing_lines(lines: &[String], row: &Value) -> Vec<String> {
    let audit: BTreeSet<_> = text(row, "ev_audit").lines().collect();
    lines
        .iter()
        .filter(|line| !audit.contains(line.as_str()))
        .map(|line| format!("ev_audit has no line {line:?}"))
        .collect()
}

/// Senders and receivers; the rows for owner and regarding make themselves.
fn parties(row: &Value) -> BTreeSet<(i64, String, String)> {
    list(&row["phonecall_activity_parties"])
        .iter()
        .filter(|party| ![8, 9].contains(&party["participationtypemask"].as_i64().unwrap()))
        .map(|party| {
            let table = text(party, "_partyid_value@Microsoft.Dynamics.CRM.lookuplogicalname");
            let mask = party["participationtypemask"].as_i64().unwrap();
            (mask, table.to_owned(), text(party, "_partyid_value").to_owned())
        })
        .collect()
}
