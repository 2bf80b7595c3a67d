//! A query as the path and options of a URL, and as the preferences that go with it.

use super::filter::{self, Condition};
use super::{Order, Query, escape, name};
use crate::Result;

/// A query ready to send.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Rendered {
    /// No row can satisfy the condition: nothing to ask.
    Empty,
    /// The path below the API's base, with its options; every value is escaped.
    Ask {
        /// Such as `contacts?$select=fullname`.
        path: String,
        /// The `Prefer` header.
        prefer: Option<String>,
    },
}

/// Renders a query.
///
/// # Errors
/// [`Error::Configuration`](crate::Error::Configuration) when a name is not one.
pub(crate) fn render(query: &Query) -> Result<Rendered> {
    let path = name::entity(&query.entity_set)?;
    let mut options = Vec::new();
    if !query.select.is_empty() {
        options.push(format!("$select={}", columns(&query.select)?));
    }
    let mut never = query.top == Some(0);
    match query.filter.as_ref().map(filter::render).transpose()? {
        None | Some(Condition::Always) => {}
        Some(Condition::Never) => never = true,
        Some(Condition::Text(text)) => options.push(format!("$filter={}", escape::for_url(&text))),
    }
    if !query.order_by.is_empty() {
        options.push(format!("$orderby={}", order(&query.order_by)?));
    }
    if let Some(rows) = query.top {
        options.push(format!("$top={rows}"));
    }
    if !query.expand.is_empty() {
        options.push(format!("$expand={}", expansions(&query.expand)?));
    }
    if never {
        return Ok(Rendered::Empty);
    }
    let path =
        if options.is_empty() { path.to_owned() } else { format!("{path}?{}", options.join("&")) };
    Ok(Rendered::Ask { path, prefer: preferences(query) })
}

fn columns(names: &[String]) -> Result<String> {
    let names: Vec<&str> =
        names.iter().map(|column| name::column(column)).collect::<Result<_>>()?;
    Ok(names.join(","))
}

fn order(columns: &[(String, Order)]) -> Result<String> {
    let mut parts = Vec::with_capacity(columns.len());
    for (column, order) in columns {
        let direction = match order {
            Order::Ascending => "asc",
            Order::Descending => "desc",
        };
        parts.push(format!("{}%20{direction}", name::column(column)?));
    }
    Ok(parts.join(","))
}

fn expansions(expansions: &[(String, Vec<String>)]) -> Result<String> {
    let mut parts = Vec::with_capacity(expansions.len());
    for (navigation, selected) in expansions {
        let navigation = name::navigation(navigation)?;
        parts.push(if selected.is_empty() {
            navigation.to_owned()
        } else {
            format!("{navigation}($select={})", columns(selected)?)
        });
    }
    Ok(parts.join(","))
}

/// Comma-joined (reference, section 1.3). With `$top` a page size would be ignored, so it is not
/// sent.
fn preferences(query: &Query) -> Option<String> {
    let mut preferences = Vec::new();
    if query.annotations {
        preferences.push("odata.include-annotations=\"*\"".to_owned());
    }
    if let (Some(rows), None) = (query.page_size, query.top) {
        preferences.push(format!("odata.maxpagesize={}", rows.max(1)));
    }
    (!preferences.is_empty()).then(|| preferences.join(","))
}

#[cfg(test)]
mod tests;
