//! Reads FetchXML.

use roxmltree::{Document, Node, ParsingOptions};

use super::document::{
    Aggregate, Attribute, Comparison, DatePart, Entity, Fetch, Filter, Link, Part, Sorting,
};
use crate::dataverse::failure::{Failure, Outcome};

/// Filters or links inside one another.
const MAX_DEPTH: usize = 30;
/// Elements in one query; the service allows 500 conditions.
const MAX_NODES: u32 = 20_000;

/// Reads a whole query.
///
/// # Errors
/// 400 `0x80040201` if it is not well-formed, `0x80041130` for elements and attributes that do not
/// belong there, 501 for those that the simulator does not offer.
pub(super) fn read(text: &str) -> Outcome<Fetch> {
    let options = ParsingOptions { nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text.trim(), options)
        .map_err(|error| Failure::bad_request("0x80040201", format!("Invalid XML: {error}.")))?;
    let root = document.root_element();
    if root.tag_name().name() != "fetch" {
        return Err(misplaced(root));
    }
    let mut fetch = Fetch { page: 1, ..Fetch::default() };
    for attribute in root.attributes() {
        let value = attribute.value();
        match attribute.name() {
            "top" => fetch.top = Some(number("top", value)?),
            "count" => fetch.count = Some(number("count", value)?),
            "page" => fetch.page = number("page", value)?.max(1),
            "paging-cookie" => fetch.cookie = Some(value.to_owned()).filter(|v| !v.is_empty()),
            "distinct" => fetch.distinct = flag(value),
            "aggregate" => fetch.aggregate = flag(value),
            "returntotalrecordcount" => fetch.total = flag(value),
            "version" | "mapping" | "output-format" | "no-lock" | "utc-offset"
            | "latematerialize" | "datasource" | "options" | "useraworderby" => {}
            other => return Err(unknown_attribute(root, other)),
        }
    }
    if fetch.top.is_some() && (fetch.count.is_some() || root.has_attribute("page")) {
        return Err(invalid("'top' cannot be combined with 'count' or 'page'."));
    }
    let mut entities = elements(root);
    let (Some(only), None) = (entities.next(), entities.next()) else {
        return Err(invalid("'fetch' must hold one 'entity'."));
    };
    if only.tag_name().name() != "entity" {
        return Err(misplaced(only));
    }
    fetch.entity = entity(only, 0)?;
    Ok(fetch)
}

fn entity(node: Node<'_, '_>, depth: usize) -> Outcome<Entity> {
    if depth > MAX_DEPTH {
        return Err(invalid("The query is nested too deeply."));
    }
    let mut entity = Entity { name: required(node, "name")?, ..Entity::default() };
    for child in elements(node) {
        match child.tag_name().name() {
            "all-attributes" => entity.all_attributes = true,
            "no-attrs" => {}
            "attribute" => entity.attributes.push(attribute(child)?),
            "order" => entity.orders.push(sorting(child)),
            "filter" => entity.filters.push(filter(child, depth + 1)?),
            "link-entity" => entity.links.push(link(child, depth + 1)?),
            _ => return Err(misplaced(child)),
        }
    }
    Ok(entity)
}

fn link(node: Node<'_, '_>, depth: usize) -> Outcome<Link> {
    let outer = match node.attribute("link-type") {
        None | Some("inner") => false,
        Some("outer") => true,
        Some(other) => {
            return Err(Failure::not_implemented(&format!("The link-type '{other}' of FetchXML")));
        }
    };
    Ok(Link {
        entity: entity(node, depth)?,
        from: required(node, "from")?,
        to: required(node, "to")?,
        alias: node.attribute("alias").map(str::to_owned),
        outer,
    })
}

fn attribute(node: Node<'_, '_>) -> Outcome<Attribute> {
    let aggregate = node
        .attribute("aggregate")
        .map(|name| {
            Aggregate::of_name(name)
                .ok_or_else(|| invalid(&format!("Unsupported aggregate '{name}'.")))
        })
        .transpose()?;
    let date_part = node
        .attribute("dategrouping")
        .map(|name| {
            DatePart::of_name(name)
                .ok_or_else(|| invalid(&format!("Unsupported dategrouping '{name}'.")))
        })
        .transpose()?;
    Ok(Attribute {
        name: required(node, "name")?,
        alias: node.attribute("alias").map(str::to_owned),
        aggregate,
        group_by: node.attribute("groupby").is_some_and(flag),
        date_part,
        distinct: node.attribute("distinct").is_some_and(flag),
    })
}

fn sorting(node: Node<'_, '_>) -> Sorting {
    let text = |name: &str| node.attribute(name).map(str::to_owned);
    Sorting {
        attribute: text("attribute"),
        alias: text("alias"),
        entity: text("entityname"),
        descending: node.attribute("descending").is_some_and(flag),
    }
}

fn filter(node: Node<'_, '_>, depth: usize) -> Outcome<Filter> {
    if depth > MAX_DEPTH {
        return Err(invalid("The query is nested too deeply."));
    }
    let or = match node.attribute("type") {
        None | Some("and") => false,
        Some("or") => true,
        Some(other) => return Err(invalid(&format!("Invalid filter type '{other}'."))),
    };
    let part = |child: Node<'_, '_>| match child.tag_name().name() {
        "condition" => condition(child).map(Part::Condition),
        "filter" => filter(child, depth + 1).map(Part::Filter),
        _ => Err(misplaced(child)),
    };
    Ok(Filter { or, parts: elements(node).map(part).collect::<Outcome<_>>()? })
}

fn condition(node: Node<'_, '_>) -> Outcome<Comparison> {
    if node.has_attribute("valueof") {
        return Err(Failure::not_implemented("The attribute 'valueof' of a FetchXML condition"));
    }
    let mut values: Vec<String> = node.attribute("value").map(str::to_owned).into_iter().collect();
    for child in elements(node) {
        if child.tag_name().name() != "value" {
            return Err(misplaced(child));
        }
        values.push(child.text().unwrap_or_default().to_owned());
    }
    Ok(Comparison {
        entity: node.attribute("entityname").map(str::to_owned),
        attribute: required(node, "attribute")?,
        operator: required(node, "operator")?,
        values,
    })
}

fn elements<'a, 'i>(node: Node<'a, 'i>) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(Node::is_element)
}

fn required(node: Node<'_, '_>, name: &str) -> Outcome<String> {
    node.attribute(name).map(str::to_owned).ok_or_else(|| {
        invalid(&format!("The required attribute '{name}' is missing on '{}'.", tag(node)))
    })
}

fn number(name: &str, text: &str) -> Outcome<usize> {
    text.trim().parse().map_err(|_| invalid(&format!("'{text}' is not a valid '{name}'.")))
}

fn flag(text: &str) -> bool {
    matches!(text, "true" | "1")
}

fn tag<'a>(node: Node<'a, '_>) -> &'a str {
    node.tag_name().name()
}

fn misplaced(node: Node<'_, '_>) -> Failure {
    invalid(&format!("The element '{}' is not expected here.", tag(node)))
}

fn unknown_attribute(node: Node<'_, '_>, name: &str) -> Failure {
    invalid(&format!("The attribute '{name}' on '{}' is not known.", tag(node)))
}

fn invalid(problem: &str) -> Failure {
    Failure::bad_request("0x80041130", format!("Invalid FetchXML. {problem}"))
}
