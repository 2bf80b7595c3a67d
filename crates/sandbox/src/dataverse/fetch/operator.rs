//! The operators of FetchXML, as conditions on one table.

use super::document::Comparison;
use crate::dataverse::collation::{Anchor, Pattern};
use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::query::condition::Condition;
use crate::dataverse::query::expression::{Argument, Operator};
use crate::dataverse::query::literal::{Literal, is_text};
use crate::dataverse::query::path::BoundPath;
use crate::dataverse::query::platform;
use crate::dataverse::schema::{ColumnId, Table};
use crate::dataverse::value::Value;
use crate::dataverse::view::View;

/// A column by the name that FetchXML gives it.
///
/// # Errors
/// 400 `0x80041103`.
pub(super) fn column(table: &Table, name: &str) -> Outcome<ColumnId> {
    table.find(name).ok_or_else(|| {
        Failure::bad_request(
            "0x80041103",
            format!(
                "'{}' entity doesn't contain attribute with Name = '{name}' and NameMapping = \
                 'Logical'.",
                table.schema_name
            ),
        )
    })
}

/// A condition bound to its table.
///
/// # Errors
/// 400 for unknown columns and operators, and for values that do not fit.
pub(super) fn bind(view: View<'_>, table: &Table, comparison: &Comparison) -> Outcome<Condition> {
    let column = column(table, &comparison.attribute)?;
    Operand { view, table, column, comparison }.condition()
}

struct Operand<'a> {
    view: View<'a>,
    table: &'a Table,
    column: ColumnId,
    comparison: &'a Comparison,
}

impl Operand<'_> {
    fn condition(&self) -> Outcome<Condition> {
        let not = |condition: Condition| Condition::Not(Box::new(condition));
        Ok(match self.comparison.operator.as_str() {
            "eq" => self.compare(Operator::Equal)?,
            "ne" | "neq" => self.compare(Operator::NotEqual)?,
            "gt" => self.compare(Operator::Greater)?,
            "ge" => self.compare(Operator::GreaterOrEqual)?,
            "lt" => self.compare(Operator::Less)?,
            "le" => self.compare(Operator::LessOrEqual)?,
            "null" => Condition::Compare(self.path(), Operator::Equal, None),
            "not-null" => Condition::Compare(self.path(), Operator::NotEqual, None),
            "in" => Condition::In(self.path(), self.values()?),
            "not-in" => not(Condition::In(self.path(), self.values()?)),
            "between" => self.between()?,
            "not-between" => not(self.between()?),
            "like" => self.text(Anchor::Whole)?,
            "not-like" => not(self.text(Anchor::Whole)?),
            "begins-with" => self.text(Anchor::Start)?,
            "not-begin-with" => not(self.text(Anchor::Start)?),
            "ends-with" => self.text(Anchor::End)?,
            "not-end-with" => not(self.text(Anchor::End)?),
            "contains" => self.text(Anchor::Anywhere)?,
            "not-contain" => not(self.text(Anchor::Anywhere)?),
            other => return self.platform(other),
        })
    }

    fn path(&self) -> BoundPath {
        BoundPath::of_column(self.table, self.column)
    }

    fn value(&self, text: &str) -> Outcome<Value> {
        let kind = &self.table.column(self.column).kind;
        let literal = Literal::Text(text.to_owned());
        literal.for_column_as_text(kind).flatten().ok_or_else(|| {
            self.fault(&format!("'{text}' is not a value of type {}", kind.edm_name()))
        })
    }

    fn values(&self) -> Outcome<Vec<Value>> {
        self.comparison.values.iter().map(|text| self.value(text)).collect()
    }

    fn only(&self) -> Outcome<&str> {
        match self.comparison.values.as_slice() {
            [value] => Ok(value),
            _ => Err(self.fault("the operator takes one value")),
        }
    }

    fn compare(&self, operator: Operator) -> Outcome<Condition> {
        Ok(Condition::Compare(self.path(), operator, Some(self.value(self.only()?)?)))
    }

    fn between(&self) -> Outcome<Condition> {
        let [low, high] = self.comparison.values.as_slice() else {
            return Err(self.fault("the operator takes two values"));
        };
        let (low, high) = (self.value(low)?, self.value(high)?);
        Ok(Condition::And(vec![
            Condition::Compare(self.path(), Operator::GreaterOrEqual, Some(low)),
            Condition::Compare(self.path(), Operator::LessOrEqual, Some(high)),
        ]))
    }

    fn text(&self, anchor: Anchor) -> Outcome<Condition> {
        if !is_text(&self.table.column(self.column).kind) {
            return Err(self.fault("the operator is for text"));
        }
        Ok(Condition::Like(self.path(), Pattern::new(self.only()?, anchor)))
    }

    /// Operators that OData has as functions: `last-x-hours` is `LastXHours`.
    fn platform(&self, operator: &str) -> Outcome<Condition> {
        let name = match operator {
            "eq-userid" => "EqualUserId".to_owned(),
            "ne-userid" => "NotEqualUserId".to_owned(),
            "last-seven-days" => "Last7Days".to_owned(),
            "next-seven-days" => "Next7Days".to_owned(),
            other => other.split('-').map(capitalised).collect(),
        };
        let text = |text: &str| Argument::One(Literal::Text(text.to_owned()));
        let mut arguments = vec![("PropertyName".to_owned(), text(&self.comparison.attribute))];
        if let Some(value) = self.comparison.values.first() {
            arguments.push(("PropertyValue".to_owned(), text(value)));
        }
        platform::bind(self.view, self.table, None, &name, &arguments)
            .map_err(|_| self.fault("the operator or its value is not valid"))
    }

    fn fault(&self, problem: &str) -> Failure {
        Failure::bad_request(
            "0x80041130",
            format!(
                "The condition on '{}' with the operator '{}' is not valid: {problem}.",
                self.comparison.attribute, self.comparison.operator
            ),
        )
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}
