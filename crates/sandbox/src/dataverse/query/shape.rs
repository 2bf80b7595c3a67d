//! `$select` and `$expand`: which part of a row is shown.

use std::collections::HashMap;

use super::bind::bind;
use super::condition::Condition;
use super::options::{Options, split_outside};
use super::order::Order;
use super::parser::parse_filter;
use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::schema::{ColumnId, Navigation, Table, TableId};
use crate::dataverse::view::View;

/// Expansions in one request, nested ones included (reference, section 4.1).
const MAX_EXPANDS: usize = 15;

/// What is shown of a row.
#[derive(Debug, Clone, Default)]
pub(in crate::dataverse) struct Shape {
    /// Selected columns; `None` = all.
    pub(in crate::dataverse) columns: Option<Vec<ColumnId>>,
    /// Related rows shown inside.
    pub(in crate::dataverse) expands: Vec<Expand>,
}

/// Related rows shown inside a row.
#[derive(Debug, Clone)]
pub(in crate::dataverse) struct Expand {
    /// Navigation property.
    pub(in crate::dataverse) name: String,
    /// Where it leads.
    pub(in crate::dataverse) navigation: Navigation,
    /// What is shown of them.
    pub(in crate::dataverse) shape: Shape,
    /// Which of them.
    pub(in crate::dataverse) filter: Option<Condition>,
    /// In which order.
    pub(in crate::dataverse) order: Order,
    /// At most so many.
    pub(in crate::dataverse) top: Option<usize>,
    /// The nested options as a query string, for the link to further rows.
    pub(in crate::dataverse) query: String,
}

impl Shape {
    /// Reads the options of a request.
    ///
    /// # Errors
    /// 400 `0x0` for unknown properties and bad syntax.
    pub(in crate::dataverse) fn parse(
        view: View<'_>,
        table: &Table,
        options: &Options,
    ) -> Outcome<Self> {
        let mut reader = Reader { view, aliases: options.aliases(), left: MAX_EXPANDS };
        reader.shape(table, options.get("$select"), options.get("$expand"), 0)
    }

    /// The list of properties in a context URL: `(subject,_ownerid_value)`, empty for all.
    pub(in crate::dataverse) fn in_context(&self, table: &Table) -> String {
        let mut parts: Vec<String> = self
            .columns
            .iter()
            .flatten()
            .map(|column| table.column(*column).wire_name.clone())
            .collect();
        parts.extend(self.expands.iter().map(|expand| format!("{}()", expand.name)));
        if parts.is_empty() { String::new() } else { format!("({})", parts.join(",")) }
    }
}

struct Reader<'a> {
    view: View<'a>,
    aliases: &'a HashMap<String, String>,
    left: usize,
}

impl Reader<'_> {
    fn shape(
        &mut self,
        table: &Table,
        select: Option<&str>,
        expand: Option<&str>,
        depth: usize,
    ) -> Outcome<Shape> {
        let columns = select.map(|text| select_columns(table, text)).transpose()?.flatten();
        let mut expands = Vec::new();
        for item in expand.map(|text| split_outside(text, ',')).unwrap_or_default() {
            expands.push(self.expand(table, item.trim(), depth)?);
        }
        Ok(Shape { columns, expands })
    }

    fn expand(&mut self, table: &Table, item: &str, depth: usize) -> Outcome<Expand> {
        if self.left == 0 || depth >= MAX_EXPANDS {
            return Err(Failure::unsupported_query(
                "A maximum of 15 $expand options is allowed in a query.",
            ));
        }
        self.left -= 1;
        let (name, inner) = match item.split_once('(') {
            Some((name, rest)) => {
                let inner = rest
                    .strip_suffix(')')
                    .ok_or_else(|| Failure::syntax(format!("Syntax error in $expand '{item}'.")))?;
                (name.trim(), inner)
            }
            None => (item, ""),
        };
        let navigation = table
            .navigate(name)
            .ok_or_else(|| Failure::unknown_property(name, &table.logical_name))?;
        let mut nested: HashMap<&str, &str> = HashMap::new();
        for option in split_outside(inner, ';').into_iter().filter(|part| !part.trim().is_empty()) {
            let (key, value) = option.split_once('=').unwrap_or((option, ""));
            nested.insert(key.trim(), value.trim());
        }
        check_nested(&nested, navigation)?;
        let (target, one) = match navigation {
            Navigation::One { target: Some(target), .. } => (target, true),
            Navigation::One { target: None, .. } => {
                return principal(name, navigation, nested.get("$select").copied());
            }
            Navigation::Many { table, .. } | Navigation::Linked { table, .. } => (table, false),
        };
        self.nested(name, navigation, target, &nested, one, depth)
    }

    fn nested(
        &mut self,
        name: &str,
        navigation: Navigation,
        target: TableId,
        options: &HashMap<&str, &str>,
        one: bool,
        depth: usize,
    ) -> Outcome<Expand> {
        let target = self.view.table(target);
        let get = |name: &str| options.get(name).copied();
        let filter = get("$filter")
            .map(|text| bind(self.view, target, &parse_filter(text, self.aliases)?))
            .transpose()?;
        let order = get("$orderby")
            .map(|text| Order::parse(self.view.schema, target, text))
            .transpose()?
            .unwrap_or_default();
        let top = get("$top")
            .map(|text| {
                text.parse()
                    .map_err(|_| Failure::syntax(format!("Invalid $top '{text}' in $expand.")))
            })
            .transpose()?;
        let mut query: Vec<String> = options
            .iter()
            .map(|(key, value)| format!("{key}={}", value.replace(' ', "%20")))
            .collect();
        query.sort();
        Ok(Expand {
            name: name.to_owned(),
            navigation,
            shape: self.shape(target, get("$select"), get("$expand"), depth + 1)?,
            filter: if one { None } else { filter },
            order,
            top,
            query: query.join("&"),
        })
    }
}

/// Refuses nested options that the service does not offer.
fn check_nested(nested: &HashMap<&str, &str>, navigation: Navigation) -> Outcome<()> {
    let one = matches!(navigation, Navigation::One { .. });
    for name in nested.keys() {
        let offered = match *name {
            "$select" | "$expand" => true,
            "$filter" | "$orderby" | "$top" => !one,
            _ => false,
        };
        if !offered {
            return Err(Failure::unsupported_query(format!(
                "Query option '{name}' is not supported inside $expand."
            )));
        }
    }
    Ok(())
}

/// An owner: of its type `principal` only the key can be selected.
fn principal(name: &str, navigation: Navigation, select: Option<&str>) -> Outcome<Expand> {
    for item in select.unwrap_or_default().split(',').map(str::trim).filter(|item| !item.is_empty())
    {
        if item != "ownerid" {
            return Err(Failure::unknown_property(item, "principal"));
        }
    }
    Ok(Expand {
        name: name.to_owned(),
        navigation,
        shape: Shape::default(),
        filter: None,
        order: Order::default(),
        top: None,
        query: String::new(),
    })
}

/// Columns of a `$select`; `None` for `*`.
fn select_columns(table: &Table, text: &str) -> Outcome<Option<Vec<ColumnId>>> {
    let mut columns = Vec::new();
    for item in text.split(',').map(str::trim) {
        if item == "*" {
            return Ok(None);
        }
        let column = table.find_property(item).or_else(|| match table.navigate(item) {
            Some(Navigation::One { column, .. }) => Some(column),
            _ => None,
        });
        match column {
            Some(column) if columns.contains(&column) => {}
            Some(column) => columns.push(column),
            None if item.is_empty() => {
                return Err(Failure::syntax(format!("Syntax error in the $select '{text}'.")));
            }
            None => return Err(Failure::unknown_property(item, &table.logical_name)),
        }
    }
    Ok(Some(columns))
}
