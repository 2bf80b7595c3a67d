//! Conditions as OData text.
//!
//! Conditions that can only be true or only be false are folded away first: Dataverse has no
//! literal for either (an `In` without values, an *any* of nothing).

use chrono::SecondsFormat;

use super::{Comparison, Filter, FilterValue, escape, name};
use crate::Result;

/// A condition as text, or what it always is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Condition {
    /// Holds for every row.
    Always,
    /// Holds for no row.
    Never,
    /// Depends on the row; not yet escaped for a URL.
    Text(String),
}

/// Renders a condition on the rows of the query itself.
pub(crate) fn render(filter: &Filter) -> Result<Condition> {
    render_in(filter, Scope { depth: 0 })
}

/// Whether a condition is about the query's own rows or inside a lambda.
#[derive(Clone, Copy)]
struct Scope {
    depth: usize,
}

impl Scope {
    fn column(self, column: &str) -> Result<String> {
        let column = name::column(column)?;
        Ok(self.prefixed(column))
    }

    fn navigation(self, navigation: &str) -> Result<String> {
        let navigation = name::navigation(navigation)?;
        Ok(self.prefixed(navigation))
    }

    fn prefixed(self, path: &str) -> String {
        if self.depth == 0 { path.to_owned() } else { format!("{}/{path}", self.variable()) }
    }

    fn variable(self) -> String {
        format!("r{}", self.depth)
    }

    fn inner(self) -> Self {
        Self { depth: self.depth + 1 }
    }
}

fn render_in(filter: &Filter, scope: Scope) -> Result<Condition> {
    Ok(match filter {
        Filter::Compare(column, comparison, value) => {
            Condition::Text(compare(&scope.column(column)?, *comparison, value))
        }
        Filter::In(column, values) => one_of(&scope.column(column)?, values, scope),
        Filter::Contains(column, text) => text_function("contains", &scope.column(column)?, text),
        Filter::StartsWith(column, text) => {
            text_function("startswith", &scope.column(column)?, text)
        }
        Filter::All(filters) => {
            let conditions = render_each(filters, scope)?;
            join(conditions, "and", &Condition::Always, &Condition::Never)
        }
        Filter::Any(filters) => {
            let conditions = render_each(filters, scope)?;
            join(conditions, "or", &Condition::Never, &Condition::Always)
        }
        Filter::Not(filter) => match render_in(filter, scope)? {
            Condition::Always => Condition::Never,
            Condition::Never => Condition::Always,
            Condition::Text(text) => Condition::Text(format!("not ({text})")),
        },
        Filter::Some(navigation, filter) => {
            let navigation = scope.navigation(navigation)?;
            let variable = scope.inner().variable();
            match render_in(filter, scope.inner())? {
                Condition::Always => Condition::Text(format!("{navigation}/any()")),
                Condition::Never => Condition::Never,
                Condition::Text(text) => {
                    Condition::Text(format!("{navigation}/any({variable}:{text})"))
                }
            }
        }
    })
}

fn render_each(filters: &[Filter], scope: Scope) -> Result<Vec<Condition>> {
    filters.iter().map(|filter| render_in(filter, scope)).collect()
}

/// Joins conditions; `neutral` ones are left out, an `absorbing` one decides alone.
fn join(
    conditions: Vec<Condition>,
    operator: &str,
    neutral: &Condition,
    absorbing: &Condition,
) -> Condition {
    let mut texts = Vec::with_capacity(conditions.len());
    for condition in conditions {
        match condition {
            Condition::Text(text) => texts.push(text),
            other if other == *absorbing => return other,
            _ => {}
        }
    }
    if texts.len() < 2 {
        return texts.pop().map_or_else(|| neutral.clone(), Condition::Text);
    }
    let joined: Vec<String> = texts.into_iter().map(|text| format!("({text})")).collect();
    Condition::Text(joined.join(&format!(" {operator} ")))
}

fn compare(column: &str, comparison: Comparison, value: &FilterValue) -> String {
    let operator = match comparison {
        Comparison::Eq => "eq",
        Comparison::Ne => "ne",
        Comparison::Gt => "gt",
        Comparison::Ge => "ge",
        Comparison::Lt => "lt",
        Comparison::Le => "le",
    };
    format!("{column} {operator} {}", literal(value))
}

fn literal(value: &FilterValue) -> String {
    match value {
        FilterValue::Null => "null".to_owned(),
        FilterValue::Text(text) => escape::literal(text),
        FilterValue::Integer(number) => number.to_string(),
        FilterValue::Boolean(yes) => yes.to_string(),
        FilterValue::Instant(instant) => instant.to_rfc3339_opts(SecondsFormat::AutoSi, true),
        FilterValue::Guid(id) => id.hyphenated().to_string(),
    }
}

fn text_function(function: &str, column: &str, text: &str) -> Condition {
    let literal = escape::literal(&escape::wildcards(text));
    Condition::Text(format!("{function}({column},{literal})"))
}

/// `In` for the values that its list form carries safely, `eq` for the others. Lambdas take no
/// query function, so there everything is `eq`.
fn one_of(column: &str, values: &[FilterValue], scope: Scope) -> Condition {
    let mut listed = Vec::new();
    let mut texts = Vec::new();
    for value in values {
        match list_item(value) {
            Some(item) if scope.depth == 0 => listed.push(item),
            _ => texts.push(Condition::Text(compare(column, Comparison::Eq, value))),
        }
    }
    if !listed.is_empty() {
        texts.insert(
            0,
            Condition::Text(format!(
                "Microsoft.Dynamics.CRM.In(PropertyName={},PropertyValues=[{}])",
                escape::literal(column),
                listed.join(",")
            )),
        );
    }
    join(texts, "or", &Condition::Never, &Condition::Always)
}

/// A value inside the list of `In`, in double quotes. None for what that list has no certain
/// escape for: quotes of both kinds, backslashes, brackets and control characters.
fn list_item(value: &FilterValue) -> Option<String> {
    match value {
        FilterValue::Text(text) => {
            let safe = !text.chars().any(|character| {
                matches!(character, '"' | '\'' | '\\' | '[' | ']' | '{' | '}' | '(' | ')')
                    || character.is_control()
            });
            safe.then(|| format!("\"{text}\""))
        }
        FilterValue::Integer(_) | FilterValue::Guid(_) => Some(format!("\"{}\"", literal(value))),
        FilterValue::Null | FilterValue::Boolean(_) | FilterValue::Instant(_) => None,
    }
}

#[cfg(test)]
mod tests;
