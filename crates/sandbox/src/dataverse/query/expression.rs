//! A `$filter` as it is written, before its names are looked up.

use super::literal::Literal;
use crate::dataverse::collation::Anchor;

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::dataverse) enum Expression {
    /// At least one holds.
    Or(Vec<Expression>),
    /// All hold.
    And(Vec<Expression>),
    /// It does not hold.
    Not(Box<Expression>),
    /// Two operands compared.
    Compare(Operand, Operator, Operand),
    /// `contains`, `startswith`, `endswith`.
    Text(Anchor, PropertyPath, Literal),
    /// `Microsoft.Dynamics.CRM.Name(…)` with its arguments.
    Platform(String, Vec<(String, Argument)>),
    /// `collection/any(x:…)` or `all`.
    Lambda {
        /// `all` instead of `any`.
        all: bool,
        /// The collection.
        collection: PropertyPath,
        /// Name of the element inside; empty for `any()`.
        variable: String,
        /// The condition on elements; `None` for `any()`.
        body: Option<Box<Expression>>,
    },
    /// A boolean column or literal by itself.
    Truth(Operand),
}

/// A side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::dataverse) enum Operand {
    /// A column, possibly of a related row.
    Path(PropertyPath),
    /// A literal.
    Literal(Literal),
}

/// `subject`, `parentcustomerid_account/name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::dataverse) struct PropertyPath(pub(in crate::dataverse) Vec<String>);

/// An argument of a platform function.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::dataverse) enum Argument {
    /// One value.
    One(Literal),
    /// `["a","b"]`
    Many(Vec<String>),
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::dataverse) enum Operator {
    /// `eq`
    Equal,
    /// `ne`
    NotEqual,
    /// `gt`
    Greater,
    /// `ge`
    GreaterOrEqual,
    /// `lt`
    Less,
    /// `le`
    LessOrEqual,
}

impl Operator {
    /// The operator for a keyword.
    pub(in crate::dataverse) fn from_keyword(word: &str) -> Option<Self> {
        Some(match word {
            "eq" => Self::Equal,
            "ne" => Self::NotEqual,
            "gt" => Self::Greater,
            "ge" => Self::GreaterOrEqual,
            "lt" => Self::Less,
            "le" => Self::LessOrEqual,
            _ => return None,
        })
    }

    /// Name in error texts.
    pub(in crate::dataverse) fn kind_name(self) -> &'static str {
        match self {
            Self::Equal => "Equal",
            Self::NotEqual => "NotEqual",
            Self::Greater => "GreaterThan",
            Self::GreaterOrEqual => "GreaterThanOrEqual",
            Self::Less => "LessThan",
            Self::LessOrEqual => "LessThanOrEqual",
        }
    }

    /// The operator with its sides changed over.
    pub(in crate::dataverse) fn mirrored(self) -> Self {
        match self {
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            same => same,
        }
    }
}
