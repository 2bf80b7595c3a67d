//! Pages of rows: filtering, ordering, counting and the link to the next page.

use serde_json::{Map, Value as Json};

use super::changes;
use super::render::Renderer;
use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::prefer::Preferences;
use crate::dataverse::query::bind::bind;
use crate::dataverse::query::condition::Condition;
use crate::dataverse::query::options::Options;
use crate::dataverse::query::order::{Order, Place};
use crate::dataverse::query::parser::parse_filter;
use crate::dataverse::query::shape::Shape;
use crate::dataverse::row::RowRef;
use crate::dataverse::schema::Table;
use crate::dataverse::view::{Record, View};

/// Rows on a page, and rows that a count goes up to (reference, section 4.2).
pub(in crate::dataverse) const PAGE_LIMIT: usize = 5000;

/// Options that a collection offers.
const OFFERED: &[&str] = &[
    "$select",
    "$expand",
    "$filter",
    "$orderby",
    "$top",
    "$count",
    "$apply",
    "$skiptoken",
    "$deltatoken",
];

/// The rows that a request is about.
pub(super) enum Source {
    /// A whole table.
    Table,
    /// The rows that a navigation property leads to.
    Related(Vec<RowRef>),
}

/// A page as an answer's members, with what finding it took.
pub(super) struct Listing {
    /// Members of the answer.
    pub(super) members: Map<String, Json>,
    /// As of the effort of an answer.
    pub(super) rows_searched: usize,
}

/// Answers a request for rows of `table`. `address` is the path below the service.
///
/// # Errors
/// 400 for options that are wrong or not offered.
pub(super) fn list(
    view: View<'_>,
    table: &Table,
    source: &Source,
    address: &str,
    (options, wishes): (&Options, &Preferences),
) -> Outcome<Listing> {
    options.only(OFFERED)?;
    if changes::asked(options, wishes) {
        return match source {
            Source::Table => {
                let members = changes::list(view, table, address, (options, wishes))?;
                Ok(Listing { members, rows_searched: 0 })
            }
            Source::Related(_) => Err(no_tracking()),
        };
    }
    refuse_unbuilt(options)?;
    let query = Query::read(view, table, options)?;
    let top = options.number("$top")?;
    let count = options.count()?;
    let start = options
        .get("$skiptoken")
        .map(|token| query.order.read_skip_token(view.schema, token))
        .transpose()?;
    let page_size = wishes.page_size.unwrap_or(PAGE_LIMIT).min(PAGE_LIMIT);
    let limit = top.map_or(page_size, |top| top.min(PAGE_LIMIT));
    let page = query.page(view, table, source, start.as_ref().map(|(_, place)| place), limit);

    let renderer = Renderer { view, annotations: &wishes.annotations, page_size };
    let mut answer = Map::new();
    let fragment = format!("{}{}", table.set_name, query.shape.in_context(table));
    answer.insert("@odata.context".into(), context(view, &fragment).into());
    let total = count.then(|| query.count(view, table, source));
    if let Some(total) = total {
        answer.insert("@odata.count".into(), total.min(PAGE_LIMIT).into());
    }
    totals(wishes, total, &mut answer);
    let rows = page
        .rows
        .iter()
        .map(|record| Json::Object(renderer.row(table, *record, &query.shape)))
        .collect();
    answer.insert("value".into(), Json::Array(rows));
    if let (Some(last), None) = (&page.more_after, top) {
        let number = start.map_or(2, |(number, _)| number + 1);
        let token = query.order.skip_token(number, last);
        let link =
            format!("{}{address}?{}", view.context.service_root(), options.with_skip_token(&token));
        answer.insert("@odata.nextLink".into(), link.into());
    }
    Ok(Listing { members: answer, rows_searched: query.rows_searched(view, table) })
}

/// How many rows there are, up to the limit, and how many were searched for that.
///
/// # Errors
/// 400 for options that are wrong or not offered.
pub(super) fn count(
    view: View<'_>,
    table: &Table,
    source: &Source,
    options: &Options,
) -> Outcome<(usize, usize)> {
    if options.get("$deltatoken").is_some() {
        return match source {
            Source::Table => changes::count(view, table, options).map(|count| (count, 0)),
            Source::Related(_) => Err(no_tracking()),
        };
    }
    options.only(&["$filter"])?;
    let query = Query::read(view, table, options)?;
    let count = query.count(view, table, source).min(PAGE_LIMIT);
    Ok((count, query.rows_searched(view, table)))
}

/// `http://host/api/data/v9.2/$metadata#<fragment>`.
pub(in crate::dataverse) fn context(view: View<'_>, fragment: &str) -> String {
    format!("{}$metadata#{fragment}", view.context.service_root())
}

struct Query {
    shape: Shape,
    filter: Option<Condition>,
    order: Order,
}

struct Page<'a> {
    rows: Vec<Record<'a>>,
    more_after: Option<Place>,
}

impl Query {
    fn read(view: View<'_>, table: &Table, options: &Options) -> Outcome<Self> {
        let filter = options
            .get("$filter")
            .map(|text| bind(view, table, &parse_filter(text, options.aliases())?))
            .transpose()?;
        let order = options
            .get("$orderby")
            .map(|text| Order::parse(view.schema, table, text))
            .transpose()?
            .unwrap_or_default();
        Ok(Self { shape: Shape::parse(view, table, options)?, filter, order })
    }

    /// The table's rows, if text is looked for of which the beginning is not known.
    fn rows_searched(&self, view: View<'_>, table: &Table) -> usize {
        let has_open_start = self.filter.as_ref().is_some_and(Condition::has_open_start);
        if has_open_start { view.store.rows(table.id).len() } else { 0 }
    }

    fn fits(&self, view: View<'_>, record: Record<'_>) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.holds(view, record))
    }

    fn count(&self, view: View<'_>, table: &Table, source: &Source) -> usize {
        self.records(view, table, source, None).filter(|record| self.fits(view, *record)).count()
    }

    fn page<'a>(
        &self,
        view: View<'a>,
        table: &Table,
        source: &Source,
        after: Option<&Place>,
        limit: usize,
    ) -> Page<'a> {
        if limit == 0 {
            return Page { rows: Vec::new(), more_after: None };
        }
        let mut rows: Vec<Record<'a>> = if self.order.is_by_key() {
            self.records(view, table, source, after)
                .filter(|record| self.fits(view, *record))
                .take(limit + 1)
                .collect()
        } else {
            self.sorted(view, table, source, after, limit + 1)
        };
        let more = rows.len() > limit;
        rows.truncate(limit);
        let more_after = rows.last().filter(|_| more).map(|last| self.order.place(view, *last));
        Page { rows, more_after }
    }

    /// The rows of a source that the filter leaves to look at, in order of their keys.
    fn records<'a>(
        &self,
        view: View<'a>,
        table: &Table,
        source: &Source,
        after: Option<&Place>,
    ) -> Box<dyn Iterator<Item = Record<'a>> + 'a> {
        let candidates = match source {
            Source::Table => self.filter.as_ref().and_then(|filter| filter.candidates(view, table)),
            Source::Related(_) => None,
        };
        match candidates {
            Some(ids) => {
                let rows = ids.into_iter().map(|id| RowRef::new(table.id, id)).collect();
                all_records(view, table, &Source::Related(rows), after)
            }
            None => all_records(view, table, source, after),
        }
    }

    /// The first `limit` rows of the order after a place.
    fn sorted<'a>(
        &self,
        view: View<'a>,
        table: &Table,
        source: &Source,
        after: Option<&Place>,
        limit: usize,
    ) -> Vec<Record<'a>> {
        let mut rows: Vec<(Place, Record<'a>)> = self
            .records(view, table, source, None)
            .filter(|record| self.fits(view, *record))
            .map(|record| (self.order.place(view, record), record))
            .filter(|(place, _)| after.is_none_or(|after| self.order.compare(place, after).is_gt()))
            .collect();
        rows.sort_by(|(a, _), (b, _)| self.order.compare(a, b));
        rows.into_iter().take(limit).map(|(_, record)| record).collect()
    }
}

/// The rows of a source in order of their keys, from after a place.
fn all_records<'a>(
    view: View<'a>,
    table: &Table,
    source: &Source,
    after: Option<&Place>,
) -> Box<dyn Iterator<Item = Record<'a>> + 'a> {
    let after = after.map(|place| place.id);
    let id = table.id;
    match source {
        Source::Table => Box::new(
            view.store
                .rows_after(id, after)
                .map(move |(key, row)| Record { at: RowRef::new(id, key), row }),
        ),
        Source::Related(rows) => {
            let rows: Vec<RowRef> = rows.clone();
            Box::new(
                rows.into_iter()
                    .filter(move |at| after.is_none_or(|after| at.id > after))
                    .filter_map(move |at| view.record(at)),
            )
        }
    }
}

/// Counts that come as annotations (reference, section 4.2).
fn totals(wishes: &Preferences, total: Option<usize>, answer: &mut Map<String, Json>) {
    let exceeded = total.is_some_and(|total| total > PAGE_LIMIT);
    let count = total.map_or(Json::from(-1), |total| Json::from(total.min(PAGE_LIMIT)));
    for (name, value) in
        [("totalrecordcount", count), ("totalrecordcountlimitexceeded", exceeded.into())]
    {
        let term = format!("Microsoft.Dynamics.CRM.{name}");
        if wishes.annotations.want(&term) {
            answer.insert(format!("@{term}"), value);
        }
    }
}

fn no_tracking() -> Failure {
    Failure::unsupported_query("Change tracking is offered for whole tables only.")
}

/// What the service has and the simulator does not have yet.
fn refuse_unbuilt(options: &Options) -> Outcome<()> {
    for name in ["savedQuery", "userQuery", "$apply"] {
        if options.get(name).is_some() {
            return Err(Failure::not_implemented(&format!("The query option {name}")));
        }
    }
    Ok(())
}
