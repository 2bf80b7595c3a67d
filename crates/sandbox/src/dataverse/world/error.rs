//! What is wrong with a world, and where.

use std::fmt;

use crate::dataverse::failure::Failure;

/// Why rows of a world were refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LoadError {
    /// Entity set name as given.
    pub(crate) set: String,
    /// Position of the row in its array, counted from 0; `None` if the set itself is wrong.
    pub(crate) row: Option<usize>,
    /// The row's primary key as given.
    pub(crate) key: Option<String>,
    /// The property at fault.
    pub(crate) column: Option<String>,
    /// What is wrong and what is expected.
    pub(crate) problem: String,
}

impl LoadError {
    /// A fault of a property.
    pub(super) fn of_column(column: &str, problem: impl Into<String>) -> Self {
        Self {
            set: String::new(),
            row: None,
            key: None,
            column: Some(column.to_owned()),
            problem: problem.into(),
        }
    }

    /// A fault of a property that a write would have refused likewise.
    pub(super) fn from_failure(column: &str, failure: &Failure) -> Self {
        let text = failure.message.rsplit("ODataException: ").next().unwrap_or_default();
        Self::of_column(column, text)
    }

    /// The same fault, with its place.
    pub(super) fn at(mut self, set: &str, row: usize, key: Option<&str>) -> Self {
        set.clone_into(&mut self.set);
        self.row = Some(row);
        self.key = key.map(str::to_owned);
        self
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.set)?;
        if let Some(row) = self.row {
            write!(f, "[{row}]")?;
        }
        if let Some(key) = &self.key {
            write!(f, " ({key})")?;
        }
        if let Some(column) = &self.column {
            write!(f, ", {column}")?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl std::error::Error for LoadError {}
