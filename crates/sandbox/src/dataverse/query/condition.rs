//! A `$filter` bound to a table, ready to be asked of rows.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};

use super::expression::Operator;
use super::path::{BoundPath, Hop, walk};
use crate::dataverse::collation::Pattern;
use crate::dataverse::schema::Navigation;
use crate::dataverse::value::Value;
use crate::dataverse::view::{Record, View};

/// A condition on rows of one table.
#[derive(Debug, Clone)]
pub(in crate::dataverse) enum Condition {
    /// At least one holds.
    Or(Vec<Condition>),
    /// All hold.
    And(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// Always or never.
    Constant(bool),
    /// A column compared with a value; `None` is null.
    Compare(BoundPath, Operator, Option<Value>),
    /// Two columns compared.
    Columns(BoundPath, Operator, BoundPath),
    /// Text that fits a pattern.
    Like(BoundPath, Pattern),
    /// One of several values.
    In(BoundPath, Vec<Value>),
    /// From the first instant up to, not including, the second.
    During(BoundPath, DateTime<Utc>, DateTime<Utc>),
    /// Some (or all) related rows fit.
    Related {
        /// Lookups on the way to the row whose collection it is.
        hops: Vec<Hop>,
        /// The collection.
        collection: Navigation,
        /// All instead of some.
        all: bool,
        /// What the elements must fit; `None`: there must be one.
        body: Option<Box<Condition>>,
    },
}

impl Condition {
    /// Whether it looks for text of which it does not know the beginning, which no index helps
    /// with.
    pub(in crate::dataverse) fn has_open_start(&self) -> bool {
        match self {
            Self::Or(parts) | Self::And(parts) => parts.iter().any(Self::has_open_start),
            Self::Not(inner) => inner.has_open_start(),
            Self::Like(_, pattern) => pattern.has_open_start(),
            Self::Related { body, .. } => body.as_deref().is_some_and(Self::has_open_start),
            Self::Constant(_)
            | Self::Compare(..)
            | Self::Columns(..)
            | Self::In(..)
            | Self::During(..) => false,
        }
    }

    /// Whether a row fits.
    ///
    /// Two-valued: the service words `ne`, `not` and their like so that they hold for empty cells.
    pub(in crate::dataverse) fn holds(&self, view: View<'_>, record: Record<'_>) -> bool {
        match self {
            Self::Or(parts) => parts.iter().any(|part| part.holds(view, record)),
            Self::And(parts) => parts.iter().all(|part| part.holds(view, record)),
            Self::Not(inner) => !inner.holds(view, record),
            Self::Constant(flag) => *flag,
            Self::Compare(path, operator, value) => {
                let cell = path.value(view, record);
                compare(cell.as_deref(), *operator, value.as_ref())
            }
            Self::Columns(left, operator, right) => {
                let (left, right) = (left.value(view, record), right.value(view, record));
                compare(left.as_deref(), *operator, right.as_deref())
            }
            Self::Like(path, pattern) => path
                .value(view, record)
                .is_some_and(|cell| cell.as_text().is_some_and(|text| pattern.matches(text))),
            Self::In(path, values) => path.value(view, record).is_some_and(|cell| {
                values.iter().any(|value| cell.compare(value) == Some(Ordering::Equal))
            }),
            Self::During(path, from, to) => path
                .value(view, record)
                .and_then(|cell| cell.as_instant())
                .is_some_and(|at| *from <= at && at < *to),
            Self::Related { hops, collection, all, body } => {
                related_hold(view, record, (hops, *collection), *all, body.as_deref())
            }
        }
    }
}

fn related_hold(
    view: View<'_>,
    record: Record<'_>,
    (hops, collection): (&[Hop], Navigation),
    all: bool,
    body: Option<&Condition>,
) -> bool {
    let Some(parent) = walk(view, record, hops) else { return all };
    let fits = |at| {
        view.record(at)
            .is_some_and(|element| body.is_none_or(|condition| condition.holds(view, element)))
    };
    let mut elements = view.related(parent.at, collection).into_iter();
    if all { elements.all(fits) } else { elements.any(fits) }
}

fn compare(cell: Option<&Value>, operator: Operator, value: Option<&Value>) -> bool {
    let (Some(cell), Some(value)) = (cell, value) else {
        let equal = cell.is_none() && value.is_none();
        return match operator {
            Operator::Equal => equal,
            Operator::NotEqual => !equal,
            _ => false,
        };
    };
    let Some(order) = cell.compare(value) else { return operator == Operator::NotEqual };
    match operator {
        Operator::Equal => order == Ordering::Equal,
        Operator::NotEqual => order != Ordering::Equal,
        Operator::Greater => order == Ordering::Greater,
        Operator::GreaterOrEqual => order != Ordering::Less,
        Operator::Less => order == Ordering::Less,
        Operator::LessOrEqual => order != Ordering::Greater,
    }
}
