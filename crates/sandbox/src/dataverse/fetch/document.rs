//! A query as it is written, before its names are looked up.

/// A whole query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Fetch {
    /// At most so many rows, on one page.
    pub(super) top: Option<usize>,
    /// Rows on a page.
    pub(super) count: Option<usize>,
    /// Page wanted, counted from 1.
    pub(super) page: usize,
    /// Cookie of the page before.
    pub(super) cookie: Option<String>,
    /// Rows that look the same are shown once.
    pub(super) distinct: bool,
    /// Rows are summed up.
    pub(super) aggregate: bool,
    /// The number of all rows is wanted too.
    pub(super) total: bool,
    /// The table that is asked.
    pub(super) entity: Entity,
}

/// A table with what is wanted of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Entity {
    /// Logical name.
    pub(super) name: String,
    /// All columns are wanted.
    pub(super) all_attributes: bool,
    /// Columns wanted.
    pub(super) attributes: Vec<Attribute>,
    /// Sort columns.
    pub(super) orders: Vec<Sorting>,
    /// Filters; all must hold.
    pub(super) filters: Vec<Filter>,
    /// Joined tables.
    pub(super) links: Vec<Link>,
}

/// A joined table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Link {
    /// The table.
    pub(super) entity: Entity,
    /// Column of the joined table.
    pub(super) from: String,
    /// Column of the table that it is joined to.
    pub(super) to: String,
    /// Name of the joined table in the query.
    pub(super) alias: Option<String>,
    /// Rows without a partner stay.
    pub(super) outer: bool,
}

/// A column wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Attribute {
    /// Logical name.
    pub(super) name: String,
    /// Name in the answer.
    pub(super) alias: Option<String>,
    /// How it is summed up.
    pub(super) aggregate: Option<Aggregate>,
    /// Rows with the same value are summed up together.
    pub(super) group_by: bool,
    /// Part of an instant that makes the value.
    pub(super) date_part: Option<DatePart>,
    /// Each value counts once.
    pub(super) distinct: bool,
}

/// How a column is summed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aggregate {
    /// Rows.
    Count,
    /// Rows with a value.
    CountColumn,
    /// Sum.
    Sum,
    /// Average.
    Avg,
    /// Least.
    Min,
    /// Greatest.
    Max,
}

impl Aggregate {
    /// By its name in FetchXML.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            "count" => Self::Count,
            "countcolumn" => Self::CountColumn,
            "sum" => Self::Sum,
            "avg" => Self::Avg,
            "min" => Self::Min,
            "max" => Self::Max,
            _ => return None,
        })
    }
}

/// A part of an instant to group by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DatePart {
    /// Day of the month.
    Day,
    /// Week of the year.
    Week,
    /// Month of the year.
    Month,
    /// Quarter of the year.
    Quarter,
    /// Year.
    Year,
}

impl DatePart {
    /// By its name in FetchXML.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            "day" => Self::Day,
            "week" => Self::Week,
            "month" => Self::Month,
            "quarter" => Self::Quarter,
            "year" => Self::Year,
            _ => return None,
        })
    }
}

/// A sort column: by its name, or by the alias of a column in the answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sorting {
    /// Logical name.
    pub(super) attribute: Option<String>,
    /// Alias of an attribute.
    pub(super) alias: Option<String>,
    /// Alias of the joined table that has it, unless it is the table at hand.
    pub(super) entity: Option<String>,
    /// Greatest first.
    pub(super) descending: bool,
}

/// Conditions that hold together, or of which one holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Filter {
    /// One is enough.
    pub(super) or: bool,
    /// Conditions and filters inside.
    pub(super) parts: Vec<Part>,
}

/// A part of a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// A filter inside.
    Filter(Filter),
    /// A condition.
    Condition(Comparison),
}

/// A condition on one column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Comparison {
    /// Alias of the joined table, unless it is the table at hand.
    pub(super) entity: Option<String>,
    /// Logical name of the column.
    pub(super) attribute: String,
    /// Operator as FetchXML names it.
    pub(super) operator: String,
    /// Values as text.
    pub(super) values: Vec<String>,
}
