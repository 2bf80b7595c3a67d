//! A query bound to the schema: tables in slots, conditions on the rows in them.

use super::document::{Attribute, Comparison, Entity, Fetch, Filter, Link, Part};
use super::operator;
use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::query::condition::Condition;
use crate::dataverse::query::expression::Operator;
use crate::dataverse::schema::{ColumnId, Schema, Table, TableId};
use crate::dataverse::view::{Record, View};

/// Joined tables in one query (as the service allows).
const MAX_LINKS: usize = 15;

/// One row of each slot; `None` where an outer join found no partner.
pub(super) type Joined<'a> = Vec<Option<Record<'a>>>;

/// A bound query. Slot 0 is the table that is asked; a slot comes after the one it is joined to.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) slots: Vec<Slot>,
    /// What joined rows must fit.
    pub(super) test: Test,
    pub(super) outputs: Vec<Output>,
    pub(super) orders: Vec<(Sort, bool)>,
}

/// One table of the query.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) table: TableId,
    /// Name in the query; empty for slot 0.
    pub(super) alias: String,
    pub(super) join: Option<Join>,
    /// All columns are shown.
    pub(super) all: bool,
}

/// How a slot finds its rows.
#[derive(Debug)]
pub(super) struct Join {
    /// Slot that it is joined to.
    pub(super) parent: usize,
    /// Column of this slot.
    pub(super) from: ColumnId,
    /// Column of the parent.
    pub(super) to: ColumnId,
    pub(super) outer: bool,
    /// What rows of this slot must fit to be partners.
    pub(super) test: Condition,
}

/// A condition on joined rows.
#[derive(Debug)]
pub(super) enum Test {
    And(Vec<Test>),
    Or(Vec<Test>),
    /// A condition on the row in a slot.
    One(usize, Condition),
}

/// A column of the answer.
#[derive(Debug, Clone)]
pub(super) struct Output {
    pub(super) slot: usize,
    pub(super) column: ColumnId,
    /// Name in the answer.
    pub(super) name: String,
    pub(super) attribute: Attribute,
}

/// What rows are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// A column of a slot.
    Column(usize, ColumnId),
    /// A column of the answer.
    Output(usize),
}

impl Plan {
    /// Looks up all names.
    ///
    /// # Errors
    /// 400 for unknown tables, columns, aliases and operators.
    pub(super) fn bind(view: View<'_>, fetch: &Fetch) -> Outcome<Self> {
        let table = table_of(view.schema, &fetch.entity.name)?;
        let root = Slot {
            table: table.id,
            alias: String::new(),
            join: None,
            all: fetch.entity.all_attributes
                || (fetch.entity.attributes.is_empty() && !fetch.aggregate),
        };
        let mut binder = Binder {
            view,
            aggregate: fetch.aggregate,
            plan: Self {
                slots: vec![root],
                test: Test::And(Vec::new()),
                outputs: Vec::new(),
                orders: Vec::new(),
            },
        };
        binder.links(0, &fetch.entity.links)?;
        binder.attributes(0, &fetch.entity.attributes)?;
        binder.of_links(0, &fetch.entity.links)?;
        let filters = fetch.entity.filters.iter();
        let tests = filters.map(|filter| binder.test(0, filter)).collect::<Outcome<_>>()?;
        binder.plan.test = Test::And(tests);
        binder.orders(0, &fetch.entity)?;
        Ok(binder.plan)
    }

    /// The table that is asked.
    pub(super) fn table<'s>(&self, schema: &'s Schema) -> &'s Table {
        schema.table(self.slots[0].table)
    }
}

impl Test {
    /// Whether joined rows fit.
    pub(super) fn holds(&self, view: View<'_>, rows: &Joined<'_>) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.holds(view, rows)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(view, rows)),
            Self::One(slot, condition) => match rows.get(*slot).copied().flatten() {
                Some(record) => condition.holds(view, record),
                None => matches!(condition, Condition::Compare(_, Operator::Equal, None)),
            },
        }
    }

    /// The same condition on rows of slot 0 alone, as far as it says something about them.
    pub(super) fn of_root(&self) -> Option<Condition> {
        match self {
            Self::And(parts) => {
                Some(Condition::And(parts.iter().filter_map(Self::of_root).collect()))
            }
            Self::Or(parts) => {
                parts.iter().map(Self::of_root).collect::<Option<_>>().map(Condition::Or)
            }
            Self::One(0, condition) => Some(condition.clone()),
            Self::One(..) => None,
        }
    }
}

struct Binder<'a> {
    view: View<'a>,
    aggregate: bool,
    plan: Plan,
}

impl Binder<'_> {
    fn table(&self, slot: usize) -> &Table {
        self.view.table(self.plan.slots[slot].table)
    }

    /// Makes the slots of links, so that conditions can name any of them.
    fn links(&mut self, parent: usize, links: &[Link]) -> Outcome<()> {
        for link in links {
            if self.plan.slots.len() > MAX_LINKS {
                return Err(Failure::bad_request(
                    "0x8004430d",
                    "Number of link entities in query exceeded maximum limit.",
                ));
            }
            let table = table_of(self.view.schema, &link.entity.name)?;
            let slot = self.plan.slots.len();
            let alias = link.alias.clone().unwrap_or_else(|| format!("{}{slot}", link.entity.name));
            let join = Join {
                parent,
                from: operator::column(table, &link.from)?,
                to: operator::column(self.table(parent), &link.to)?,
                outer: link.outer,
                test: Condition::Constant(true),
            };
            let all = link.entity.all_attributes;
            self.plan.slots.push(Slot { table: table.id, alias, join: Some(join), all });
            self.links(slot, &link.entity.links)?;
        }
        Ok(())
    }

    /// Columns and conditions of links, in the order in which their slots were made.
    fn of_links(&mut self, mut slot: usize, links: &[Link]) -> Outcome<usize> {
        for link in links {
            slot += 1;
            self.attributes(slot, &link.entity.attributes)?;
            let filters = link.entity.filters.iter();
            let tests =
                filters.map(|filter| self.own_condition(slot, filter)).collect::<Outcome<_>>()?;
            if let Some(join) = &mut self.plan.slots[slot].join {
                join.test = Condition::And(tests);
            }
            let own = slot;
            slot = self.of_links(slot, &link.entity.links)?;
            self.orders(own, &link.entity)?;
        }
        Ok(slot)
    }

    fn attributes(&mut self, slot: usize, attributes: &[Attribute]) -> Outcome<()> {
        for attribute in attributes {
            let column = operator::column(self.table(slot), &attribute.name)?;
            let name = match &attribute.alias {
                Some(alias) => alias.clone(),
                None if self.aggregate => {
                    return Err(Failure::bad_request(
                        "0x80041130",
                        format!("The attribute '{}' needs an alias.", attribute.name),
                    ));
                }
                None if slot == 0 => self.table(0).column(column).wire_name.clone(),
                None => format!("{}.{}", self.plan.slots[slot].alias, attribute.name),
            };
            self.plan.outputs.push(Output { slot, column, name, attribute: attribute.clone() });
        }
        Ok(())
    }

    fn orders(&mut self, slot: usize, entity: &Entity) -> Outcome<()> {
        for order in &entity.orders {
            let sort = match (&order.attribute, &order.alias) {
                (_, Some(alias)) => {
                    let at = self.plan.outputs.iter().position(|output| output.name == *alias);
                    let at = at.ok_or_else(|| {
                        Failure::bad_request(
                            "0x80041130",
                            format!("No attribute has the alias '{alias}' of an order."),
                        )
                    })?;
                    Sort::Output(at)
                }
                (Some(name), None) => {
                    let slot = self.slot(slot, order.entity.as_deref())?;
                    Sort::Column(slot, operator::column(self.table(slot), name)?)
                }
                (None, None) => {
                    return Err(Failure::bad_request(
                        "0x80041130",
                        "An order needs an attribute or an alias.",
                    ));
                }
            };
            self.plan.orders.push((sort, order.descending));
        }
        Ok(())
    }

    fn slot(&self, own: usize, alias: Option<&str>) -> Outcome<usize> {
        let Some(alias) = alias else { return Ok(own) };
        self.plan.slots.iter().position(|slot| slot.alias == alias).ok_or_else(|| {
            Failure::bad_request("0x80041130", format!("No link-entity has the alias '{alias}'."))
        })
    }

    fn test(&self, own: usize, filter: &Filter) -> Outcome<Test> {
        let part = |part: &Part| match part {
            Part::Filter(inner) => self.test(own, inner),
            Part::Condition(comparison) => self.one(own, comparison),
        };
        let parts: Vec<Test> = filter.parts.iter().map(part).collect::<Outcome<_>>()?;
        Ok(if filter.or && !parts.is_empty() { Test::Or(parts) } else { Test::And(parts) })
    }

    fn one(&self, own: usize, comparison: &Comparison) -> Outcome<Test> {
        let slot = self.slot(own, comparison.entity.as_deref())?;
        Ok(Test::One(slot, operator::bind(self.view, self.table(slot), comparison)?))
    }

    /// A filter of a link: it speaks of the link's own rows.
    fn own_condition(&self, slot: usize, filter: &Filter) -> Outcome<Condition> {
        let part = |part: &Part| match part {
            Part::Filter(inner) => self.own_condition(slot, inner),
            Part::Condition(comparison) => {
                if self.slot(slot, comparison.entity.as_deref())? != slot {
                    return Err(Failure::not_implemented(
                        "A FetchXML condition inside a link-entity on another table",
                    ));
                }
                operator::bind(self.view, self.table(slot), comparison)
            }
        };
        let parts: Vec<Condition> = filter.parts.iter().map(part).collect::<Outcome<_>>()?;
        let or = filter.or && !parts.is_empty();
        Ok(if or { Condition::Or(parts) } else { Condition::And(parts) })
    }
}

fn table_of<'s>(schema: &'s Schema, name: &str) -> Outcome<&'s Table> {
    schema.find(name).ok_or_else(|| {
        Failure::bad_request(
            "0x80041102",
            format!("The entity with a name = '{name}' with namemapping = 'Logical' was not found in the MetadataCache."),
        )
    })
}
