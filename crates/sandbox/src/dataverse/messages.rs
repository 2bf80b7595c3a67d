//! `sdkmessagefilters`: which table offers which message, as clients probe for it (reference,
//! section 6.4). The rows follow from the schema and are not stored.

use http::StatusCode;
use serde_json::{Map, Value as Json};

use super::address::Segment;
use super::exchange::Response;
use super::failure::{Failure, Outcome};
use super::query::expression::{Expression, Operand, Operator};
use super::query::literal::Literal;
use super::query::options::Options;
use super::query::parser::parse_filter;
use super::read::collection::context;
use super::reply;
use super::schema::{Table, metadata_id};
use super::view::View;
use super::write::multiple::{BULK_MESSAGES, offered};

/// The entity set.
pub(super) const SET: &str = "sdkmessagefilters";

/// One message of one table.
#[derive(Debug, Clone, Copy)]
struct Filter<'a> {
    message: &'a str,
    table: &'a Table,
}

/// Answers a GET of the set.
///
/// # Errors
/// 404 for paths below the set, 400 for options and properties that it does not have.
pub(super) fn get(view: View<'_>, path: &[Segment], options: &Options) -> Outcome<Response> {
    if let [only] = path
        && only.key.is_none()
    {
        return list(view, options);
    }
    Err(Failure::unknown_segment(path.last().map_or(SET, |last| &last.name)))
}

fn list(view: View<'_>, options: &Options) -> Outcome<Response> {
    options.only(&["$select", "$filter", "$top", "$count"])?;
    let filter =
        options.get("$filter").map(|text| parse_filter(text, options.aliases())).transpose()?;
    let selected: Option<Vec<&str>> =
        options.get("$select").map(|text| text.split(',').map(str::trim).collect());
    let top = options.number("$top")?.unwrap_or(usize::MAX);
    let mut found = Vec::new();
    for row in view.schema.tables().iter().flat_map(messages_of) {
        if filter.as_ref().map_or(Ok(true), |filter| row.fits(filter))? {
            found.push(row);
        }
    }
    let mut answer = Map::new();
    answer.insert("@odata.context".into(), context(view, SET).into());
    if options.count()? {
        answer.insert("@odata.count".into(), found.len().into());
    }
    let rows = found.iter().take(top).map(|row| row.render(selected.as_deref()));
    answer.insert("value".into(), Json::Array(rows.collect::<Outcome<_>>()?));
    Ok(reply::json(StatusCode::OK, answer))
}

fn messages_of(table: &Table) -> impl Iterator<Item = Filter<'_>> {
    let writes = table.writes;
    let single = [
        ("Create", writes.create),
        ("Update", writes.update),
        ("Upsert", writes.create && writes.update),
        ("Delete", writes.delete),
        ("Retrieve", true),
        ("RetrieveMultiple", true),
    ];
    let bulk = BULK_MESSAGES.iter().map(move |name| (*name, offered(table)));
    let all = single.into_iter().chain(bulk).filter(|(_, offered)| *offered);
    all.map(move |(message, _)| Filter { message, table })
}

impl Filter<'_> {
    fn property(&self, path: &str) -> Outcome<String> {
        let own = format!("sdkmessagefilter/{}/{}", self.message, self.table.logical_name);
        Ok(match path {
            "sdkmessageid/name" => self.message.to_owned(),
            "primaryobjecttypecode" => self.table.logical_name.clone(),
            "sdkmessagefilterid" => metadata_id(&own).to_string(),
            "_sdkmessageid_value" | "sdkmessageid/sdkmessageid" => {
                metadata_id(&format!("sdkmessage/{}", self.message)).to_string()
            }
            other => return Err(Failure::unknown_property(other, "sdkmessagefilter")),
        })
    }

    fn render(&self, selected: Option<&[&str]>) -> Outcome<Json> {
        let all: &[&str] = &["sdkmessagefilterid", "primaryobjecttypecode", "_sdkmessageid_value"];
        let mut members = Map::new();
        for name in selected.unwrap_or(all).iter().chain(&["sdkmessagefilterid"]) {
            members.insert((*name).to_owned(), self.property(name)?.into());
        }
        Ok(Json::Object(members))
    }

    fn fits(&self, filter: &Expression) -> Outcome<bool> {
        match filter {
            Expression::And(parts) => {
                parts.iter().try_fold(true, |all, part| Ok(self.fits(part)? && all))
            }
            Expression::Or(parts) => {
                parts.iter().try_fold(false, |any, part| Ok(self.fits(part)? || any))
            }
            Expression::Not(inner) => Ok(!self.fits(inner)?),
            Expression::Compare(
                Operand::Path(path),
                operator @ (Operator::Equal | Operator::NotEqual),
                Operand::Literal(literal),
            ) => {
                let value = self.property(&path.0.join("/"))?;
                let equal = match literal {
                    Literal::Text(text) => value.eq_ignore_ascii_case(text),
                    Literal::Guid(id) => value == id.to_string(),
                    _ => false,
                };
                Ok(equal == (*operator == Operator::Equal))
            }
            _ => Err(Failure::not_implemented("This $filter on sdkmessagefilters")),
        }
    }
}
