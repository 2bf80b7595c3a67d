//! Columns as they are described in the tables of this folder, names not yet resolved.

use std::borrow::Cow;

use serde_json::{Map, Value as Json};

use super::{AtDeletion, Choice, ColumnKind};
use crate::dataverse::value::Value;

/// A column as it is described.
#[derive(Debug, Clone)]
pub(in crate::dataverse) struct ColumnSpec {
    pub(in crate::dataverse) logical_name: String,
    pub(in crate::dataverse) kind: KindSpec,
    pub(in crate::dataverse) on_create: bool,
    pub(in crate::dataverse) on_update: bool,
    pub(in crate::dataverse) default: Option<Value>,
    pub(in crate::dataverse) computed: Option<ComputedSpec>,
    pub(in crate::dataverse) custom: bool,
    pub(in crate::dataverse) required: bool,
    /// Schema name, where it does not follow from the logical name.
    pub(in crate::dataverse) schema_name: Option<String>,
    /// Label, where it does not follow from the logical name.
    pub(in crate::dataverse) display: Option<String>,
    pub(in crate::dataverse) description: String,
    /// Name of the global choice that gives the options.
    pub(in crate::dataverse) option_set: Option<String>,
    /// Members of the definition that the engine keeps without reading more into them.
    pub(in crate::dataverse) facets: Map<String, Json>,
}

/// Type of a column, targets of lookups by name.
#[derive(Debug, Clone)]
pub(in crate::dataverse) enum KindSpec {
    Plain(ColumnKind),
    Lookup { attribute_type: &'static str, indexed: bool, targets: Vec<TargetSpec> },
}

/// A target of a lookup.
#[derive(Debug, Clone)]
pub(in crate::dataverse) struct TargetSpec {
    pub(in crate::dataverse) table: String,
    pub(in crate::dataverse) navigation: Vec<String>,
    pub(in crate::dataverse) reverse: String,
    pub(in crate::dataverse) cascade: AtDeletion,
}

/// How a value follows from columns, by their names.
#[derive(Debug, Clone)]
pub(in crate::dataverse) enum ComputedSpec {
    FullName(&'static str, &'static str),
    MinutesBetween(&'static str, &'static str),
    OwnKey,
}

impl ColumnSpec {
    /// A column of a kind, writable at any time.
    pub(in crate::dataverse) fn plain(logical_name: &str, kind: ColumnKind) -> Self {
        Self {
            logical_name: logical_name.to_owned(),
            kind: KindSpec::Plain(kind),
            on_create: true,
            on_update: true,
            default: None,
            computed: None,
            custom: logical_name.starts_with("ev_"),
            required: false,
            schema_name: None,
            display: None,
            description: String::new(),
            option_set: None,
            facets: Map::new(),
        }
    }

    /// Single line of text.
    pub(in crate::dataverse) fn text(name: &str, max: u32) -> Self {
        Self::plain(name, ColumnKind::Text { max, format: "Text" })
    }

    /// Phone number.
    pub(in crate::dataverse) fn phone(name: &str, max: u32) -> Self {
        Self::plain(name, ColumnKind::Text { max, format: "Phone" })
    }

    /// E-mail address.
    pub(in crate::dataverse) fn email(name: &str, max: u32) -> Self {
        Self::plain(name, ColumnKind::Text { max, format: "Email" })
    }

    /// Text over several lines.
    pub(in crate::dataverse) fn memo(name: &str, max: u32) -> Self {
        Self::plain(name, ColumnKind::Memo { max })
    }

    /// Whole number.
    pub(in crate::dataverse) fn int(name: &str, min: i32, max: i32) -> Self {
        Self::plain(name, ColumnKind::Int { min, max })
    }

    /// Decimal number.
    pub(in crate::dataverse) fn decimal(name: &str) -> Self {
        Self::plain(name, ColumnKind::Decimal)
    }

    /// Two options with their default.
    pub(in crate::dataverse) fn flag(
        name: &str,
        default: bool,
        yes: &'static str,
        no: &'static str,
    ) -> Self {
        Self::plain(name, ColumnKind::Bool { yes: Cow::Borrowed(yes), no: Cow::Borrowed(no) })
            .default(Value::Bool(default))
    }

    /// Instant.
    pub(in crate::dataverse) fn instant(name: &str) -> Self {
        Self::plain(name, ColumnKind::Instant { date_only: false })
    }

    /// Instant that metadata presents as a day.
    pub(in crate::dataverse) fn day(name: &str) -> Self {
        Self::plain(name, ColumnKind::Instant { date_only: true })
    }

    /// Unique identifier.
    pub(in crate::dataverse) fn guid(name: &str) -> Self {
        Self::plain(name, ColumnKind::Guid)
    }

    /// Logical name of a table.
    pub(in crate::dataverse) fn table_name(name: &str) -> Self {
        Self::plain(name, ColumnKind::TableName).read_only()
    }

    /// Choice with labelled numbers.
    pub(in crate::dataverse) fn choice(name: &str, options: &[(i32, &str)]) -> Self {
        let options = options
            .iter()
            .map(|(value, label)| Choice { value: *value, label: (*label).to_owned() })
            .collect();
        Self::plain(name, ColumnKind::Choice(options))
    }

    /// Lookup; each target is a table, the navigation properties that lead to it (the first is the
    /// one that annotations name) and the collection on the other side.
    pub(in crate::dataverse) fn lookup(name: &str, targets: &[(&str, &[&str], &str)]) -> Self {
        let mut column = Self::plain(name, ColumnKind::Guid);
        column.kind = KindSpec::Lookup {
            attribute_type: "Lookup",
            indexed: true,
            targets: targets
                .iter()
                .map(|(table, navigation, reverse)| TargetSpec {
                    table: (*table).to_owned(),
                    navigation: navigation.iter().map(|name| (*name).to_owned()).collect(),
                    reverse: (*reverse).to_owned(),
                    cascade: AtDeletion::RemoveLink,
                })
                .collect(),
        };
        column
    }

    /// Rows are searched, not looked up, by this lookup: for columns that few ask by.
    pub(in crate::dataverse) fn unindexed(mut self) -> Self {
        if let KindSpec::Lookup { indexed, .. } = &mut self.kind {
            *indexed = false;
        }
        self
    }

    /// Another attribute type than `Lookup`.
    pub(in crate::dataverse) fn of_type(mut self, name: &'static str) -> Self {
        if let KindSpec::Lookup { attribute_type, .. } = &mut self.kind {
            *attribute_type = name;
        }
        self
    }

    /// Value of new rows that do not bring one.
    pub(in crate::dataverse) fn default(mut self, value: Value) -> Self {
        self.default = Some(value);
        self
    }

    /// Written by the platform alone.
    pub(in crate::dataverse) fn read_only(mut self) -> Self {
        self.on_create = false;
        self.on_update = false;
        self
    }

    /// Taken at create only.
    pub(in crate::dataverse) fn create_only(mut self) -> Self {
        self.on_update = false;
        self
    }

    /// Taken at update only.
    pub(in crate::dataverse) fn update_only(mut self) -> Self {
        self.on_create = false;
        self
    }

    /// Forms insist on a value; the API does not (reference, section 2.1).
    pub(in crate::dataverse) fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// First and last name together.
    pub(in crate::dataverse) fn full_name(name: &str, max: u32) -> Self {
        let mut column = Self::text(name, max).read_only();
        column.computed = Some(ComputedSpec::FullName("firstname", "lastname"));
        column
    }

    /// Minutes between two instants.
    pub(in crate::dataverse) fn minutes_between(
        name: &str,
        start: &'static str,
        end: &'static str,
    ) -> Self {
        let mut column = Self::int(name, i32::MIN, i32::MAX).read_only();
        column.computed = Some(ComputedSpec::MinutesBetween(start, end));
        column
    }

    /// A second name of the row's key.
    pub(in crate::dataverse) fn own_key(name: &str) -> Self {
        let mut column = Self::guid(name).read_only();
        column.computed = Some(ComputedSpec::OwnKey);
        column
    }
}
