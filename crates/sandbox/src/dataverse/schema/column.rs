//! A column: its type, its limits and where it takes part in writes.

use std::borrow::Cow;

use serde_json::{Map, Value as Json};

use super::{ColumnId, TableId};
use crate::dataverse::value::Value;

/// A column.
#[derive(Debug, Clone)]
pub(in crate::dataverse) struct Column {
    /// `ownerid`.
    pub(in crate::dataverse) logical_name: String,
    /// `OwnerId`.
    pub(in crate::dataverse) schema_name: String,
    /// Name as a property: `_ownerid_value` for lookups, else the logical name.
    pub(in crate::dataverse) wire_name: String,
    /// Label.
    pub(in crate::dataverse) display: String,
    /// Type with its limits.
    pub(in crate::dataverse) kind: ColumnKind,
    /// A value sent at create is taken; else it is silently dropped.
    pub(in crate::dataverse) on_create: bool,
    /// A value sent at update is taken; else it is silently dropped.
    pub(in crate::dataverse) on_update: bool,
    /// Value of new rows that do not bring one.
    pub(in crate::dataverse) default: Option<Value>,
    /// How the platform works the value out.
    pub(in crate::dataverse) computed: Option<Computed>,
    /// Made by a solution.
    pub(in crate::dataverse) custom: bool,
    /// `RequiredLevel`.
    pub(in crate::dataverse) required: bool,
    /// Text that explains the column.
    pub(in crate::dataverse) description: String,
    /// Name of the global choice that gives the options, if one does.
    pub(in crate::dataverse) option_set: Option<String>,
    /// Further members of the definition, as they were given.
    pub(in crate::dataverse) facets: Map<String, Json>,
}

impl Column {
    /// The lookup's targets, for lookups.
    pub(in crate::dataverse) fn lookup(&self) -> Option<&Lookup> {
        match &self.kind {
            ColumnKind::Lookup(lookup) => Some(lookup),
            _ => None,
        }
    }
}

/// A column that follows from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::dataverse) enum Computed {
    /// First and last name with a blank between.
    FullName {
        /// Given name.
        first: ColumnId,
        /// Family name.
        last: ColumnId,
    },
    /// Whole minutes from one instant to another.
    MinutesBetween {
        /// Earlier instant.
        start: ColumnId,
        /// Later instant.
        end: ColumnId,
    },
    /// The row's own key (users and teams repeat it as `ownerid`).
    OwnKey,
}

/// Type of a column.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::dataverse) enum ColumnKind {
    /// Primary key.
    Key,
    /// Unique identifier.
    Guid,
    /// Single line of text, at most so many characters.
    Text {
        /// Characters.
        max: u32,
        /// `Text`, `Email`, `Phone`, `Url`.
        format: &'static str,
    },
    /// Text over several lines.
    Memo {
        /// Characters.
        max: u32,
    },
    /// Whole number within limits.
    Int {
        /// Smallest.
        min: i32,
        /// Largest.
        max: i32,
    },
    /// 64-bit number: the row version.
    Long,
    /// Decimal number.
    Decimal,
    /// Floating-point number.
    Double,
    /// Amount of money, without currency.
    Money,
    /// Two options with labels.
    Bool {
        /// Label of `true`.
        yes: Cow<'static, str>,
        /// Label of `false`.
        no: Cow<'static, str>,
    },
    /// Instant in UTC; `date_only` is the metadata's format, not a limit of the wire
    /// (reference, section 2.1).
    Instant {
        /// `Format` is `DateOnly`.
        date_only: bool,
    },
    /// Day without time (`DateTimeBehavior` is `DateOnly`).
    Date,
    /// File; the cell holds the id of its content.
    File,
    /// Choice.
    Choice(Vec<Choice>),
    /// State.
    State(Vec<StateOption>),
    /// Status reason.
    Status(Vec<StatusOption>),
    /// Logical name of a table.
    TableName,
    /// Reference to a row.
    Lookup(Lookup),
}

impl ColumnKind {
    /// Name of the wire type, for error texts.
    pub(in crate::dataverse) fn edm_name(&self) -> &'static str {
        match self {
            Self::Key | Self::Guid | Self::File | Self::Lookup(_) => "Edm.Guid",
            Self::Text { .. } | Self::Memo { .. } | Self::TableName => "Edm.String",
            Self::Int { .. } | Self::Choice(_) | Self::State(_) | Self::Status(_) => "Edm.Int32",
            Self::Long => "Edm.Int64",
            Self::Decimal | Self::Money => "Edm.Decimal",
            Self::Double => "Edm.Double",
            Self::Date => "Edm.Date",
            Self::Bool { .. } => "Edm.Boolean",
            Self::Instant { .. } => "Edm.DateTimeOffset",
        }
    }
}

/// An option of a choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::dataverse) struct Choice {
    /// Number on the wire.
    pub(in crate::dataverse) value: i32,
    /// Label.
    pub(in crate::dataverse) label: String,
}

/// An option of a state column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::dataverse) struct StateOption {
    /// Number on the wire.
    pub(in crate::dataverse) value: i32,
    /// Label.
    pub(in crate::dataverse) label: String,
    /// Status reason that the state takes unless told otherwise.
    pub(in crate::dataverse) default_status: i32,
}

/// An option of a status column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::dataverse) struct StatusOption {
    /// Number on the wire.
    pub(in crate::dataverse) value: i32,
    /// Label.
    pub(in crate::dataverse) label: String,
    /// State that it belongs to.
    pub(in crate::dataverse) state: i32,
}

/// What a lookup can point to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::dataverse) struct Lookup {
    /// `Owner`, `Customer` or `Lookup`.
    pub(in crate::dataverse) attribute_type: &'static str,
    /// Tables, each with its navigation property and relationship.
    pub(in crate::dataverse) targets: Vec<LookupTarget>,
    /// Rows are found by what this column points to; without, they are searched.
    pub(in crate::dataverse) indexed: bool,
}

impl Lookup {
    /// The target entry for a table.
    pub(in crate::dataverse) fn target(&self, table: TableId) -> Option<&LookupTarget> {
        self.targets.iter().find(|target| target.table == table)
    }
}

/// One table that a lookup can point to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::dataverse) struct LookupTarget {
    /// The table.
    pub(in crate::dataverse) table: TableId,
    /// Navigation property for binds.
    pub(in crate::dataverse) navigation: String,
    /// Collection on the other side.
    pub(in crate::dataverse) reverse: String,
    /// Schema name of the relationship.
    pub(in crate::dataverse) relationship: String,
    /// What happens to the rows that point to a row that is deleted.
    pub(in crate::dataverse) cascade: AtDeletion,
}

/// `CascadeConfiguration.Delete` of a relationship.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::dataverse) enum AtDeletion {
    /// The lookup is emptied.
    RemoveLink,
    /// The row is deleted too.
    Cascade,
    /// The deletion is refused as long as there are such rows.
    Restrict,
}

impl AtDeletion {
    /// Name in metadata.
    pub(in crate::dataverse) fn name(self) -> &'static str {
        match self {
            Self::RemoveLink => "RemoveLink",
            Self::Cascade => "Cascade",
            Self::Restrict => "Restrict",
        }
    }
}
