//! Turns a written `$filter` into a [`Condition`]: looks up names, checks types.

use super::condition::Condition;
use super::expression::{Expression, Operand, Operator, PropertyPath};
use super::literal::{Literal, is_text};
use super::path::{BoundPath, follow};
use super::platform;
use crate::dataverse::collation::{Anchor, Pattern};
use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::schema::{ColumnKind, Navigation, Table};
use crate::dataverse::value::Value;
use crate::dataverse::view::View;

/// Binds conditions on rows of `table`.
///
/// # Errors
/// 400 `0x0` for unknown names and types that do not fit.
pub(in crate::dataverse) fn bind(
    view: View<'_>,
    table: &Table,
    expression: &Expression,
) -> Outcome<Condition> {
    Binder { view, table, variable: None }.condition(expression)
}

struct Binder<'a> {
    view: View<'a>,
    table: &'a Table,
    /// Name that paths must begin with, inside a lambda.
    variable: Option<&'a str>,
}

impl Binder<'_> {
    fn condition(&self, expression: &Expression) -> Outcome<Condition> {
        let all = |parts: &[Expression]| {
            parts.iter().map(|part| self.condition(part)).collect::<Outcome<Vec<_>>>()
        };
        Ok(match expression {
            Expression::Or(parts) => Condition::Or(all(parts)?),
            Expression::And(parts) => Condition::And(all(parts)?),
            Expression::Not(inner) => Condition::Not(Box::new(self.condition(inner)?)),
            Expression::Compare(left, operator, right) => self.compare(left, *operator, right)?,
            Expression::Text(anchor, path, value) => self.text(*anchor, path, value)?,
            Expression::Platform(name, arguments) => {
                platform::bind(self.view, self.table, self.variable, name, arguments)?
            }
            Expression::Truth(Operand::Literal(Literal::Bool(flag))) => Condition::Constant(*flag),
            Expression::Truth(Operand::Path(path)) => self.truth(path)?,
            Expression::Truth(Operand::Literal(_)) => {
                return Err(Failure::syntax(
                    "The $filter expression must evaluate to a single boolean value.",
                ));
            }
            Expression::Lambda { all, collection, variable, body } => {
                self.lambda(*all, collection, variable, body.as_deref())?
            }
        })
    }

    fn path(&self, path: &PropertyPath) -> Outcome<BoundPath> {
        BoundPath::new(self.view.schema, self.table, self.inside(path)?)
    }

    /// The path without the lambda's variable.
    fn inside<'p>(&self, path: &'p PropertyPath) -> Outcome<&'p [String]> {
        match (self.variable, path.0.split_first()) {
            (None, _) => Ok(&path.0),
            (Some(variable), Some((first, rest))) if first == variable && !rest.is_empty() => {
                Ok(rest)
            }
            (Some(_), first) => {
                let name = first.map_or("", |(first, _)| first);
                Err(Failure::unknown_property(name, &self.table.logical_name))
            }
        }
    }

    fn compare(&self, left: &Operand, operator: Operator, right: &Operand) -> Outcome<Condition> {
        match (left, right) {
            (Operand::Path(path), Operand::Literal(literal)) => {
                self.compare_column(path, operator, literal)
            }
            (Operand::Literal(literal), Operand::Path(path)) => {
                self.compare_column(path, operator.mirrored(), literal)
            }
            (Operand::Path(left), Operand::Path(right)) => {
                let (left, right) = (self.path(left)?, self.path(right)?);
                let (a, b) = (left.column(self.view.schema), right.column(self.view.schema));
                if a.kind.edm_name() != b.kind.edm_name() {
                    return Err(incompatible(a.kind.edm_name(), b.kind.edm_name(), operator));
                }
                Ok(Condition::Columns(left, operator, right))
            }
            (Operand::Literal(left), Operand::Literal(right)) => {
                let equal = left == right;
                match operator {
                    Operator::Equal => Ok(Condition::Constant(equal)),
                    Operator::NotEqual => Ok(Condition::Constant(!equal)),
                    _ => Err(incompatible(left.edm_name(), right.edm_name(), operator)),
                }
            }
        }
    }

    fn compare_column(
        &self,
        path: &PropertyPath,
        operator: Operator,
        literal: &Literal,
    ) -> Outcome<Condition> {
        if let [name] = self.inside(path)?
            && self.table.find_property(name).is_none()
            && let Some(Navigation::One { target, .. }) = self.table.navigate(name)
        {
            let target = target.map_or("principal", |target| &self.view.table(target).logical_name);
            let target = format!("Microsoft.Dynamics.CRM.{target}");
            return Err(incompatible(&target, literal.edm_name(), operator));
        }
        let path = self.path(path)?;
        let kind = &path.column(self.view.schema).kind;
        let value = literal
            .for_column(kind)
            .ok_or_else(|| incompatible(kind.edm_name(), literal.edm_name(), operator))?;
        Ok(Condition::Compare(path, operator, value))
    }

    fn text(&self, anchor: Anchor, path: &PropertyPath, value: &Literal) -> Outcome<Condition> {
        let path = self.path(path)?;
        let kind = &path.column(self.view.schema).kind;
        match value {
            Literal::Text(text) if is_text(kind) => {
                Ok(Condition::Like(path, Pattern::new(text, anchor)))
            }
            other => {
                let name = match anchor {
                    Anchor::Anywhere => "contains",
                    Anchor::Start => "startswith",
                    Anchor::End => "endswith",
                    Anchor::Whole => "like",
                };
                Err(Failure::syntax(format!(
                    "No function signature for the function with name '{name}' matches the \
                     specified arguments: {}, {}. The function signatures considered are: \
                     {name}(Edm.String Nullable=true, Edm.String Nullable=true).",
                    kind.edm_name(),
                    other.edm_name()
                )))
            }
        }
    }

    fn truth(&self, path: &PropertyPath) -> Outcome<Condition> {
        let path = self.path(path)?;
        if matches!(path.column(self.view.schema).kind, ColumnKind::Bool { .. }) {
            Ok(Condition::Compare(path, Operator::Equal, Some(Value::Bool(true))))
        } else {
            Err(Failure::syntax("The $filter expression must evaluate to a single boolean value."))
        }
    }

    fn lambda(
        &self,
        all: bool,
        collection: &PropertyPath,
        variable: &str,
        body: Option<&Expression>,
    ) -> Outcome<Condition> {
        let segments = self.inside(collection)?;
        let Some((last, leading)) = segments.split_last() else {
            return Err(Failure::syntax("Any/All may only be used following a collection."));
        };
        let (hops, owner) = follow(self.view.schema, self.table, leading)?;
        let navigation = owner
            .navigate(last)
            .ok_or_else(|| Failure::unknown_property(last, &owner.logical_name))?;
        let element = match navigation {
            Navigation::Many { table, .. } | Navigation::Linked { table, .. } => {
                self.view.table(table)
            }
            Navigation::One { .. } => {
                return Err(Failure::syntax("Any/All may only be used following a collection."));
            }
        };
        let body = body
            .map(|body| {
                let inner = Binder { view: self.view, table: element, variable: Some(variable) };
                inner.condition(body).map(Box::new)
            })
            .transpose()?;
        Ok(Condition::Related { hops, collection: navigation, all, body })
    }
}

fn incompatible(left: &str, right: &str, operator: Operator) -> Failure {
    Failure::syntax(format!(
        "A binary operator with incompatible types was detected. Found operand types '{left}' and \
         '{right}' for operator kind '{}'.",
        operator.kind_name()
    ))
}
