//! `$filter` on metadata: comparisons of members, and the text functions.

use std::cmp::Ordering;

use serde_json::{Map, Value as Json};

use crate::dataverse::collation::Anchor;
use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::query::expression::{Expression, Operand, Operator, PropertyPath};
use crate::dataverse::query::literal::Literal;

/// Whether a document's members fit a condition.
///
/// # Errors
/// 400 for unknown members, and for the functions of the platform, which metadata does not offer.
pub(super) fn holds(
    expression: &Expression,
    kind: &str,
    members: &Map<String, Json>,
) -> Outcome<bool> {
    match expression {
        Expression::Or(parts) => {
            for part in parts {
                if holds(part, kind, members)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Expression::And(parts) => {
            for part in parts {
                if !holds(part, kind, members)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Expression::Not(inner) => Ok(!holds(inner, kind, members)?),
        Expression::Compare(Operand::Path(path), operator, Operand::Literal(literal)) => {
            Ok(compare(member(path, kind, members)?, *operator, literal))
        }
        Expression::Compare(Operand::Literal(literal), operator, Operand::Path(path)) => {
            Ok(compare(member(path, kind, members)?, operator.mirrored(), literal))
        }
        Expression::Truth(Operand::Path(path)) => {
            Ok(member(path, kind, members)? == &Json::Bool(true))
        }
        Expression::Text(anchor, path, Literal::Text(wanted)) => {
            let text = member(path, kind, members)?.as_str();
            Ok(text.is_some_and(|text| match anchor {
                Anchor::Anywhere => text.contains(wanted.as_str()),
                Anchor::Start => text.starts_with(wanted.as_str()),
                Anchor::End => text.ends_with(wanted.as_str()),
                Anchor::Whole => text == wanted.as_str(),
            }))
        }
        _ => Err(Failure::unsupported_query(
            "Only comparisons joined by and, or and not are supported in queries of metadata.",
        )),
    }
}

fn member<'m>(
    path: &PropertyPath,
    kind: &str,
    members: &'m Map<String, Json>,
) -> Outcome<&'m Json> {
    let unknown = |name: &str| Failure::unknown_property(name, kind);
    let Some((first, rest)) = path.0.split_first() else { return Err(unknown("")) };
    let start = members.get(first).ok_or_else(|| unknown(first))?;
    rest.iter().try_fold(start, |at, name| at.get(name.as_str()).ok_or_else(|| unknown(name)))
}

fn compare(member: &Json, operator: Operator, literal: &Literal) -> bool {
    let order = match (member, literal) {
        (Json::Null, Literal::Null) => Some(Ordering::Equal),
        (Json::Bool(a), Literal::Bool(b)) => Some(a.cmp(b)),
        (Json::String(a), Literal::Text(b) | Literal::Enum(b)) => Some(a.as_str().cmp(b)),
        (Json::String(a), Literal::Guid(b)) => Some(a.as_str().cmp(&b.to_string())),
        (Json::Number(a), Literal::Int(b)) => a.as_i64().map(|a| a.cmp(b)),
        _ => None,
    };
    match operator {
        Operator::Equal => order == Some(Ordering::Equal),
        Operator::NotEqual => order != Some(Ordering::Equal),
        Operator::Greater => order == Some(Ordering::Greater),
        Operator::GreaterOrEqual => order.is_some_and(Ordering::is_ge),
        Operator::Less => order == Some(Ordering::Less),
        Operator::LessOrEqual => order.is_some_and(Ordering::is_le),
    }
}
