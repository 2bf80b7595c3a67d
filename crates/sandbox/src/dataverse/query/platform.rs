//! The platform's own query functions: `Microsoft.Dynamics.CRM.In(PropertyName='…',…)` and kin.

use chrono::{DateTime, Datelike, Days, Duration, Months, NaiveDate, Utc};

use super::condition::Condition;
use super::expression::{Argument, Operator};
use super::literal::{Literal, midnight};
use super::path::BoundPath;
use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::schema::{ColumnKind, Table};
use crate::dataverse::value::Value;
use crate::dataverse::view::View;

/// Binds one function call.
///
/// # Errors
/// 400 `0x0` for unknown functions, properties and arguments that do not fit.
pub(in crate::dataverse) fn bind(
    view: View<'_>,
    table: &Table,
    variable: Option<&str>,
    name: &str,
    arguments: &[(String, Argument)],
) -> Outcome<Condition> {
    let call = Call { view, table, variable, name, arguments };
    match name {
        "In" => call.one_of(),
        "NotIn" => Ok(Condition::Not(Box::new(call.one_of()?))),
        "Between" => call.between(),
        "NotBetween" => Ok(Condition::Not(Box::new(call.between()?))),
        "EqualUserId" => call.equals(Value::Guid(view.context.caller)),
        "NotEqualUserId" => {
            Ok(Condition::Not(Box::new(call.equals(Value::Guid(view.context.caller))?)))
        }
        _ => call.dates(),
    }
}

struct Call<'a> {
    view: View<'a>,
    table: &'a Table,
    variable: Option<&'a str>,
    name: &'a str,
    arguments: &'a [(String, Argument)],
}

impl Call<'_> {
    fn argument(&self, name: &str) -> Outcome<&Argument> {
        self.arguments
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, argument)| argument)
            .ok_or_else(|| self.fault(&format!("parameter '{name}' is missing")))
    }

    /// The column that `PropertyName` names: a property name, or a lookup's logical name.
    fn path(&self) -> Outcome<BoundPath> {
        let Argument::One(Literal::Text(name)) = self.argument("PropertyName")? else {
            return Err(self.fault("PropertyName must be a text"));
        };
        let mut segments: Vec<String> = name.split('/').map(str::to_owned).collect();
        if let Some(variable) = self.variable
            && segments.len() > 1
            && segments.first().is_some_and(|first| first == variable)
        {
            segments.remove(0);
        }
        if let [single] = segments.as_slice()
            && let Some(column) = self.table.find(single)
        {
            return Ok(BoundPath::of_column(self.table, column));
        }
        BoundPath::new(self.view.schema, self.table, &segments)
    }

    fn values(&self, kind: &ColumnKind) -> Outcome<Vec<Value>> {
        let Argument::Many(texts) = self.argument("PropertyValues")? else {
            return Err(self.fault("PropertyValues must be a list of texts"));
        };
        if texts.is_empty() {
            return Err(self.fault("PropertyValues must not be empty"));
        }
        let read = |text: &String| {
            let literal = Literal::Text(text.clone());
            literal.for_column_as_text(kind).flatten().ok_or_else(|| {
                self.fault(&format!("'{text}' is not a value of type {}", kind.edm_name()))
            })
        };
        texts.iter().map(read).collect()
    }

    fn one_of(&self) -> Outcome<Condition> {
        let path = self.path()?;
        let values = self.values(&path.column(self.view.schema).kind)?;
        Ok(Condition::In(path, values))
    }

    fn between(&self) -> Outcome<Condition> {
        let path = self.path()?;
        let values = self.values(&path.column(self.view.schema).kind)?;
        let [low, high] = values.as_slice() else {
            return Err(self.fault("PropertyValues must hold two values"));
        };
        Ok(Condition::And(vec![
            Condition::Compare(path.clone(), Operator::GreaterOrEqual, Some(low.clone())),
            Condition::Compare(path, Operator::LessOrEqual, Some(high.clone())),
        ]))
    }

    fn equals(&self, value: Value) -> Outcome<Condition> {
        Ok(Condition::Compare(self.path()?, Operator::Equal, Some(value)))
    }

    fn dates(&self) -> Outcome<Condition> {
        let now = self.view.context.now;
        if let Some(direction) = self.name.strip_prefix("On") {
            return self.on(direction);
        }
        if let Some(unit) = self.name.strip_prefix("OlderThanX") {
            let limit = self.shifted(now, unit, -self.amount()?)?;
            return Ok(Condition::Compare(
                self.instants()?,
                Operator::Less,
                Some(Value::Instant(limit)),
            ));
        }
        let (from, to) = if let Some(unit) = self.name.strip_prefix("LastX") {
            (self.shifted(now, unit, -self.amount()?)?, now + Duration::seconds(1))
        } else if let Some(unit) = self.name.strip_prefix("NextX") {
            (now, self.shifted(now, unit, self.amount()?)? + Duration::seconds(1))
        } else {
            named_period(self.name, now).ok_or_else(|| {
                Failure::syntax(format!(
                    "An unknown function with name 'Microsoft.Dynamics.CRM.{}' was found. This \
                     may also be a function import or a key lookup on a navigation property, \
                     which is not allowed.",
                    self.name
                ))
            })?
        };
        Ok(Condition::During(self.instants()?, from, to))
    }

    fn on(&self, direction: &str) -> Outcome<Condition> {
        let path = self.instants()?;
        let Argument::One(literal) = self.argument("PropertyValue")? else {
            return Err(self.fault("PropertyValue must be one value"));
        };
        let kind = &path.column(self.view.schema).kind;
        let day = literal
            .for_column_as_text(kind)
            .flatten()
            .and_then(|value| value.as_instant())
            .map(|at| midnight(at.date_naive()))
            .ok_or_else(|| self.fault("PropertyValue must be a date"))?;
        let next = day + Days::new(1);
        match direction {
            "" => Ok(Condition::During(path, day, next)),
            "OrAfter" => {
                Ok(Condition::Compare(path, Operator::GreaterOrEqual, Some(Value::Instant(day))))
            }
            "OrBefore" => Ok(Condition::Compare(path, Operator::Less, Some(Value::Instant(next)))),
            _ => Err(self.fault("no such function")),
        }
    }

    fn instants(&self) -> Outcome<BoundPath> {
        let path = self.path()?;
        match path.column(self.view.schema).kind {
            ColumnKind::Instant { .. } => Ok(path),
            _ => Err(self.fault("the property is not a date")),
        }
    }

    fn amount(&self) -> Outcome<i64> {
        let number = match self.argument("PropertyValue")? {
            Argument::One(Literal::Int(number)) => Some(*number),
            Argument::One(Literal::Text(text)) => text.parse().ok(),
            _ => None,
        };
        number
            .filter(|number| (1..=1_000_000).contains(number))
            .ok_or_else(|| self.fault("PropertyValue must be a whole number above zero"))
    }

    fn shifted(&self, now: DateTime<Utc>, unit: &str, by: i64) -> Outcome<DateTime<Utc>> {
        let months = |each: u32| {
            let count = Months::new(u32::try_from(by.unsigned_abs()).ok()?.checked_mul(each)?);
            if by < 0 { now.checked_sub_months(count) } else { now.checked_add_months(count) }
        };
        let span = |each: Duration| {
            let seconds = each.num_seconds().checked_mul(by)?;
            now.checked_add_signed(Duration::try_seconds(seconds)?)
        };
        let instant = match unit {
            "Minutes" => span(Duration::minutes(1)),
            "Hours" => span(Duration::hours(1)),
            "Days" => span(Duration::days(1)),
            "Weeks" => span(Duration::weeks(1)),
            "Months" => months(1),
            "Years" => months(12),
            _ => return Err(self.fault("no such function")),
        };
        instant.ok_or_else(|| self.fault("PropertyValue is too large"))
    }

    fn fault(&self, problem: &str) -> Failure {
        Failure::syntax(format!("Microsoft.Dynamics.CRM.{}: {problem}.", self.name))
    }
}

/// From and to of a period that has a name.
fn named_period(name: &str, now: DateTime<Utc>) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let today = now.date_naive();
    let day = |offset: i64| today + Duration::days(offset);
    let week = today - Days::new(u64::from(today.weekday().num_days_from_sunday()));
    let month = today.with_day(1)?;
    let year = NaiveDate::from_ymd_opt(today.year(), 1, 1)?;
    let (from, to) = match name {
        "Today" => (today, day(1)),
        "Yesterday" => (day(-1), today),
        "Tomorrow" => (day(1), day(2)),
        "Last7Days" => (day(-7), day(1)),
        "Next7Days" => (today, day(8)),
        "LastWeek" => (week - Days::new(7), week),
        "ThisWeek" => (week, week + Days::new(7)),
        "NextWeek" => (week + Days::new(7), week + Days::new(14)),
        "LastMonth" => (month - Months::new(1), month),
        "ThisMonth" => (month, month + Months::new(1)),
        "NextMonth" => (month + Months::new(1), month + Months::new(2)),
        "LastYear" => (year - Months::new(12), year),
        "ThisYear" => (year, year + Months::new(12)),
        "NextYear" => (year + Months::new(12), year + Months::new(24)),
        _ => return None,
    };
    Some((midnight(from), midnight(to)))
}
