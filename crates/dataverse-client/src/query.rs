//! Queries as data. Turning one into a URL, with all the escaping, is this module's job alone.

mod escape;
mod filter;
pub(crate) mod name;
pub(crate) mod render;

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A query on one table.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    pub(crate) entity_set: String,
    pub(crate) select: Vec<String>,
    pub(crate) filter: Option<Filter>,
    pub(crate) order_by: Vec<(String, Order)>,
    pub(crate) expand: Vec<(String, Vec<String>)>,
    pub(crate) top: Option<usize>,
    pub(crate) page_size: Option<usize>,
    pub(crate) annotations: bool,
}

/// The direction of an ordering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

impl Query {
    /// All rows of an entity set (such as `contacts`).
    pub fn new(entity_set: impl Into<String>) -> Self {
        Self {
            entity_set: entity_set.into(),
            select: Vec::new(),
            filter: None,
            order_by: Vec::new(),
            expand: Vec::new(),
            top: None,
            page_size: None,
            annotations: false,
        }
    }

    /// Only these columns (logical names; lookups as `_<column>_value`).
    #[must_use]
    pub fn select<C: Into<String>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
        self.select.extend(columns.into_iter().map(Into::into));
        self
    }

    /// Only rows that satisfy the condition; a second one is added with *and*.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = Some(match self.filter.take() {
            Some(first) => Filter::all([first, filter]),
            None => filter,
        });
        self
    }

    /// In this order; a second column orders what is equal in the first.
    #[must_use]
    pub fn order_by(mut self, column: impl Into<String>, order: Order) -> Self {
        self.order_by.push((column.into(), order));
        self
    }

    /// With these columns of the rows behind a navigation property.
    #[must_use]
    pub fn expand<C: Into<String>>(
        mut self,
        navigation: impl Into<String>,
        columns: impl IntoIterator<Item = C>,
    ) -> Self {
        self.expand.push((navigation.into(), columns.into_iter().map(Into::into).collect()));
        self
    }

    /// At most so many rows in all. Not together with a page size.
    #[must_use]
    pub fn top(mut self, rows: usize) -> Self {
        self.top = Some(rows);
        self
    }

    /// At most so many rows in a page (the server's own limit is 5,000).
    #[must_use]
    pub fn page_size(mut self, rows: usize) -> Self {
        self.page_size = Some(rows);
        self
    }

    /// Whether no row can ever satisfy the condition, such as *one of* no values. Such a query is
    /// answered with an empty page, without a request.
    pub fn never_matches(&self) -> bool {
        matches!(render::render(self), Ok(render::Rendered::Empty))
    }

    /// With annotations (display values, tables of lookups).
    #[must_use]
    pub fn annotations(mut self) -> Self {
        self.annotations = true;
        self
    }
}

/// A condition on rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// A column compared with a value.
    Compare(String, Comparison, FilterValue),
    /// A column holds one of these values.
    In(String, Vec<FilterValue>),
    /// A text column contains the text, literally.
    Contains(String, String),
    /// A text column starts with the text, literally.
    StartsWith(String, String),
    /// Every one holds. Without any: always true.
    All(Vec<Filter>),
    /// At least one holds. Without any: never true.
    Any(Vec<Filter>),
    /// It does not hold.
    Not(Box<Filter>),
    /// Some row behind a collection navigation property satisfies the condition.
    Some(String, Box<Filter>),
}

/// How a column is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// Equal (text without case).
    Eq,
    /// Not equal.
    Ne,
    /// Greater than.
    Gt,
    /// Greater than or equal.
    Ge,
    /// Less than.
    Lt,
    /// Less than or equal.
    Le,
}

/// A value to compare with.
#[derive(Debug, Clone, PartialEq)]
pub enum FilterValue {
    /// No value.
    Null,
    /// Text.
    Text(String),
    /// A whole number or a choice.
    Integer(i64),
    /// Yes or no.
    Boolean(bool),
    /// An instant.
    Instant(DateTime<Utc>),
    /// A key or lookup.
    Guid(Uuid),
}

impl Filter {
    /// The column equals the value.
    pub fn eq(column: impl Into<String>, value: impl Into<FilterValue>) -> Self {
        Self::Compare(column.into(), Comparison::Eq, value.into())
    }

    /// The column compares so with the value.
    pub fn compare(
        column: impl Into<String>,
        comparison: Comparison,
        value: impl Into<FilterValue>,
    ) -> Self {
        Self::Compare(column.into(), comparison, value.into())
    }

    /// The column is empty.
    pub fn is_null(column: impl Into<String>) -> Self {
        Self::Compare(column.into(), Comparison::Eq, FilterValue::Null)
    }

    /// The column holds one of the values.
    pub fn is_in<V: Into<FilterValue>>(
        column: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        Self::In(column.into(), values.into_iter().map(Into::into).collect())
    }

    /// All of them hold.
    pub fn all(filters: impl IntoIterator<Item = Self>) -> Self {
        Self::All(filters.into_iter().collect())
    }

    /// One of them holds.
    pub fn any(filters: impl IntoIterator<Item = Self>) -> Self {
        Self::Any(filters.into_iter().collect())
    }
}

impl From<&str> for FilterValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
impl From<String> for FilterValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}
impl From<i64> for FilterValue {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}
impl From<bool> for FilterValue {
    fn from(yes: bool) -> Self {
        Self::Boolean(yes)
    }
}
impl From<DateTime<Utc>> for FilterValue {
    fn from(instant: DateTime<Utc>) -> Self {
        Self::Instant(instant)
    }
}
impl From<Uuid> for FilterValue {
    fn from(id: Uuid) -> Self {
        Self::Guid(id)
    }
}
