//! Rows summed up: `count`, `sum`, `avg`, `min`, `max`, by groups.

use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow;

use chrono::{DateTime, Datelike, Utc};
use serde_json::{Map, Value as Json};

use super::document::{Aggregate, DatePart};
use super::plan::{Joined, Output, Plan, Sort};
use super::render::cell;
use super::run::{compare, each};
use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::prefer::Annotations;
use crate::dataverse::value::Value;
use crate::dataverse::view::View;

/// Rows that an aggregate query may go over (a limit of the service).
const MOST_ROWS: usize = 50_000;

/// The groups with their sums.
///
/// # Errors
/// 400 `0x8004e023` for too many rows, `0x80041130` for columns that are neither grouped by nor
/// summed up.
pub(super) fn rows(view: View<'_>, plan: &Plan, annotations: &Annotations) -> Outcome<Vec<Json>> {
    check(plan)?;
    let mut groups: BTreeMap<Vec<String>, Group> = BTreeMap::new();
    if plan.outputs.iter().all(|output| !output.attribute.group_by) {
        groups.insert(Vec::new(), Group::new(plan));
    }
    let mut number = 0;
    each(view, plan, None, &mut |joined| {
        number += 1;
        add(view, plan, joined, &mut groups);
        if number > MOST_ROWS { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    if number > MOST_ROWS {
        return Err(Failure::bad_request(
            "0x8004e023",
            "The maximum record limit is exceeded. Reduce the number of records.",
        ));
    }
    let mut results: Vec<Vec<Option<Value>>> =
        groups.into_values().map(|group| group.results(plan)).collect();
    sort(plan, &mut results)?;
    Ok(results.iter().map(|values| render(view, plan, annotations, values)).collect())
}

fn check(plan: &Plan) -> Outcome<()> {
    let loose = plan
        .outputs
        .iter()
        .find(|output| !output.attribute.group_by && output.attribute.aggregate.is_none());
    match loose {
        Some(output) => Err(Failure::bad_request(
            "0x80041130",
            format!(
                "An attribute can be requested either for a groupby or for an aggregate: '{}'.",
                output.attribute.name
            ),
        )),
        None => Ok(()),
    }
}

fn add(
    view: View<'_>,
    plan: &Plan,
    joined: &Joined<'_>,
    groups: &mut BTreeMap<Vec<String>, Group>,
) {
    let values: Vec<Option<Value>> =
        plan.outputs.iter().map(|output| value(view, output, joined)).collect();
    let key = plan
        .outputs
        .iter()
        .zip(&values)
        .filter(|(output, _)| output.attribute.group_by)
        .map(|(_, value)| text_of(value.as_ref()))
        .collect();
    let group = groups.entry(key).or_insert_with(|| Group::new(plan));
    for ((sum, output), value) in group.sums.iter_mut().zip(&plan.outputs).zip(values) {
        sum.add(value, output.attribute.distinct);
    }
}

fn value(view: View<'_>, output: &Output, joined: &Joined<'_>) -> Option<Value> {
    let record = joined.get(output.slot).copied().flatten()?;
    let value = record.get(view.table(record.at.table), output.column)?.into_owned();
    match (output.attribute.date_part, &value) {
        (Some(part), Value::Instant(at)) => Some(date_part(part, *at)),
        _ => Some(value),
    }
}

fn date_part(part: DatePart, at: DateTime<Utc>) -> Value {
    let number = match part {
        DatePart::Day => at.day(),
        DatePart::Week => at.iso_week().week(),
        DatePart::Month => at.month(),
        DatePart::Quarter => at.month0() / 3 + 1,
        DatePart::Year => return Value::Int(at.year()),
    };
    Value::Long(number.into())
}

fn text_of(value: Option<&Value>) -> String {
    match value {
        Some(Value::Text(text)) => crate::dataverse::collation::fold(text),
        Some(value) => value.to_json().to_string(),
        None => String::new(),
    }
}

/// Rows with the same values.
struct Group {
    sums: Vec<Sum>,
}

/// What is known of one column of a group.
#[derive(Default)]
struct Sum {
    rows: i64,
    values: i64,
    whole: i64,
    real: f64,
    has_real: bool,
    first: Option<Value>,
    least: Option<Value>,
    greatest: Option<Value>,
    seen: HashSet<String>,
}

impl Group {
    fn new(plan: &Plan) -> Self {
        Self { sums: plan.outputs.iter().map(|_| Sum::default()).collect() }
    }

    fn results(self, plan: &Plan) -> Vec<Option<Value>> {
        let result = |(sum, output): (Sum, &Output)| match output.attribute.aggregate {
            None => sum.first,
            Some(aggregate) => sum.result(aggregate),
        };
        self.sums.into_iter().zip(&plan.outputs).map(result).collect()
    }
}

impl Sum {
    fn add(&mut self, value: Option<Value>, distinct: bool) {
        self.rows += 1;
        let Some(value) = value else { return };
        if distinct && !self.seen.insert(text_of(Some(&value))) {
            return;
        }
        self.values += 1;
        match &value {
            Value::Int(number) => self.whole += i64::from(*number),
            Value::Long(number) => self.whole += number,
            Value::Number(number) => {
                self.real += number;
                self.has_real = true;
            }
            _ => {}
        }
        let is = |own: &Option<Value>, wanted: std::cmp::Ordering| {
            own.as_ref().is_none_or(|own| value.compare(own) == Some(wanted))
        };
        if is(&self.least, std::cmp::Ordering::Less) {
            self.least = Some(value.clone());
        }
        if is(&self.greatest, std::cmp::Ordering::Greater) {
            self.greatest = Some(value.clone());
        }
        self.first.get_or_insert(value);
    }

    #[expect(clippy::cast_precision_loss, reason = "an average of real numbers is rounded anyway")]
    fn result(self, aggregate: Aggregate) -> Option<Value> {
        match aggregate {
            Aggregate::Count => Some(Value::Long(self.rows)),
            Aggregate::CountColumn => Some(Value::Long(self.values)),
            _ if self.values == 0 => None,
            Aggregate::Sum if self.has_real => Some(Value::Number(self.real)),
            Aggregate::Sum => Some(Value::Long(self.whole)),
            Aggregate::Avg if self.has_real => Some(Value::Number(self.real / self.values as f64)),
            Aggregate::Avg => Some(Value::Long(self.whole / self.values)),
            Aggregate::Min => self.least,
            Aggregate::Max => self.greatest,
        }
    }
}

fn sort(plan: &Plan, results: &mut [Vec<Option<Value>>]) -> Outcome<()> {
    let mut positions = Vec::new();
    let mut descending = Vec::new();
    for (order, down) in &plan.orders {
        let position = match order {
            Sort::Output(at) => Some(*at),
            Sort::Column(slot, column) => plan
                .outputs
                .iter()
                .position(|output| output.slot == *slot && output.column == *column),
        };
        positions.push(position.ok_or_else(|| {
            Failure::bad_request("0x80041130", "An aggregate query is ordered by an alias.")
        })?);
        descending.push(*down);
    }
    let key = |values: &[Option<Value>]| -> Vec<Option<Value>> {
        positions.iter().map(|at| values.get(*at).cloned().flatten()).collect()
    };
    results.sort_by(|a, b| compare(&key(a), &key(b), &descending));
    Ok(())
}

fn render(
    view: View<'_>,
    plan: &Plan,
    annotations: &Annotations,
    values: &[Option<Value>],
) -> Json {
    let mut members = Map::new();
    for (output, value) in plan.outputs.iter().zip(values) {
        match value {
            Some(value) => {
                let table = view.table(plan.slots[output.slot].table);
                let column = table.column(output.column);
                cell(view, annotations, column, &output.name, value, &mut members);
            }
            None => {
                members.insert(output.name.clone(), Json::Null);
            }
        }
    }
    Json::Object(members)
}
