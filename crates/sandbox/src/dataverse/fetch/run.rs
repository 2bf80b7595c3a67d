//! Runs a bound query: joins, filters, sorts and pages.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::ops::ControlFlow;

use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::document::Fetch;
use super::plan::{Joined, Plan, Sort};
use super::{aggregate, cookie, render, sql, xml};
use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::prefer::Preferences;
use crate::dataverse::query::options::{Options, encode};
use crate::dataverse::read::collection::{PAGE_LIMIT, context};
use crate::dataverse::row::RowRef;
use crate::dataverse::schema::{ColumnKind, Table};
use crate::dataverse::value::Value;
use crate::dataverse::view::{Record, View};

/// Rows that can be reached by page number alone (reference, section 4.2).
const SIMPLE_PAGING: usize = 50_000;
/// Says whether there is a next page.
const MORE: &str = "Microsoft.Dynamics.CRM.morerecords";
/// Cookie for the next page.
const COOKIE: &str = "Microsoft.Dynamics.CRM.fetchxmlpagingcookie";

/// Answers `?fetchXml=` on the set of `table`.
///
/// # Errors
/// 400 for queries that are malformed, about another table, or name what does not exist.
pub(in crate::dataverse) fn answer(
    view: View<'_>,
    table: &Table,
    text: &str,
    wishes: &Preferences,
) -> Outcome<Map<String, Json>> {
    let fetch = xml::read(text)?;
    check_table(table, &fetch)?;
    let plan = Plan::bind(view, &fetch)?;
    let page = run(view, &plan, &fetch, fetch.count.unwrap_or(PAGE_LIMIT), wishes)?;
    let mut answer = members(view, table, &page);
    let mut annotate = |term: &str, value: Json| {
        if wishes.annotations.want(term) {
            answer.insert(format!("@{term}"), value);
        }
    };
    if fetch.total {
        let total = page.total.unwrap_or_default();
        annotate("Microsoft.Dynamics.CRM.totalrecordcount", total.min(PAGE_LIMIT).into());
        let exceeded = total > PAGE_LIMIT;
        annotate("Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded", exceeded.into());
    }
    if fetch.top.is_none() {
        if let Some((first, last)) = page.more {
            let key = &table.column(table.key).logical_name;
            annotate(COOKIE, cookie::annotation(fetch.page, key, first, last).into());
        }
        annotate(MORE, page.more.is_some().into());
    }
    Ok(answer)
}

/// Answers `?sql=` on the set of `table`. `address` is the path below the service.
///
/// # Errors
/// As of [`answer`].
pub(in crate::dataverse) fn answer_sql(
    view: View<'_>,
    table: &Table,
    address: &str,
    (options, wishes): (&Options, &Preferences),
) -> Outcome<Map<String, Json>> {
    let mut fetch = sql::read(view.schema, options.get("sql").unwrap_or_default())?;
    check_table(table, &fetch)?;
    if let Some(token) = options.get("$skiptoken") {
        fetch.page = token
            .split_once("pagenumber=\"")
            .and_then(|(_, rest)| rest.split_once('"')?.0.parse().ok())
            .ok_or_else(|| Failure::unsupported_query("Malformed XML in the $skiptoken value."))?;
    }
    let plan = Plan::bind(view, &fetch)?;
    let page = run(view, &plan, &fetch, wishes.page_size.unwrap_or(PAGE_LIMIT), wishes)?;
    let mut answer = members(view, table, &page);
    if page.more.is_some() && fetch.top.is_none() {
        let token = format!("<cookie pagenumber=\"{}\" istracking=\"False\" />", fetch.page + 1);
        let query = options.with_token("$skiptoken", &encode(&token));
        let link = format!("{}{address}?{query}", view.context.service_root());
        answer.insert("@odata.nextLink".into(), link.into());
    }
    Ok(answer)
}

fn check_table(table: &Table, fetch: &Fetch) -> Outcome<()> {
    if fetch.entity.name == table.logical_name {
        return Ok(());
    }
    Err(Failure::bad_request(
        "0x80041102",
        format!(
            "Entity name specified in the query ('{}') does not match the entity set '{}' of the \
             request.",
            fetch.entity.name, table.set_name
        ),
    ))
}

fn members(view: View<'_>, table: &Table, page: &Page) -> Map<String, Json> {
    let mut members = Map::new();
    members.insert("@odata.context".into(), context(view, &table.set_name).into());
    members.insert("value".into(), Json::Array(page.rows.clone()));
    members
}

/// One page of an answer.
struct Page {
    rows: Vec<Json>,
    /// First and last row of the asked table on this page, if there is a next one.
    more: Option<(Uuid, Uuid)>,
    total: Option<usize>,
}

fn run(
    view: View<'_>,
    plan: &Plan,
    fetch: &Fetch,
    size: usize,
    wishes: &Preferences,
) -> Outcome<Page> {
    let size = fetch.top.unwrap_or(size).clamp(1, PAGE_LIMIT);
    let skipped = size.saturating_mul(fetch.page.saturating_sub(1));
    if fetch.aggregate {
        let rows = aggregate::rows(view, plan, &wishes.annotations)?;
        let more = rows.len() > skipped.saturating_add(size);
        let rows = rows.into_iter().skip(skipped).take(size).collect();
        return Ok(Page { rows, more: more.then_some((Uuid::nil(), Uuid::nil())), total: None });
    }
    let simple = plan.orders.is_empty() && plan.slots.len() == 1 && !fetch.distinct;
    let continued = fetch.cookie.as_deref().and_then(cookie::read);
    let after =
        continued.filter(|(page, _)| simple && *page + 1 == fetch.page).map(|(_, last)| last);
    if after.is_none() && fetch.cookie.is_none() && skipped >= SIMPLE_PAGING {
        return Err(Failure::bad_request(
            "0x80040203",
            "The maximum number of rows that paging without a cookie reaches is 50,000.",
        ));
    }
    let skipped = if after.is_some() { 0 } else { skipped };
    let mut rows = collect(view, plan, after, fetch, skipped.saturating_add(size + 1), wishes);
    let total = fetch.total.then(|| count(view, plan));
    rows.drain(..skipped.min(rows.len()));
    let more = rows.len() > size;
    rows.truncate(size);
    let ends = rows.first().zip(rows.last()).map(|((first, _), (last, _))| (*first, *last));
    let rows = rows.into_iter().map(|(_, row)| Json::Object(row)).collect();
    Ok(Page { rows, more: ends.filter(|_| more), total })
}

/// The first `limit` rows of the answer, each with its key in the asked table.
fn collect(
    view: View<'_>,
    plan: &Plan,
    after: Option<Uuid>,
    fetch: &Fetch,
    limit: usize,
    wishes: &Preferences,
) -> Vec<(Uuid, Map<String, Json>)> {
    let key = |joined: &Joined<'_>| joined.first().copied().flatten().map(|row| row.at.id);
    let shown = |joined: &Joined<'_>| {
        let row = render::row(view, plan, &wishes.annotations, joined, fetch.distinct);
        (key(joined).unwrap_or_default(), row)
    };
    let mut seen = HashSet::new();
    let mut is_new = |row: &Map<String, Json>| {
        !fetch.distinct || seen.insert(Json::Object(row.clone()).to_string())
    };
    let mut rows = Vec::new();
    if plan.orders.is_empty() {
        each(view, plan, after, &mut |joined| {
            let (id, row) = shown(joined);
            if is_new(&row) {
                rows.push((id, row));
            }
            if rows.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        return rows;
    }
    let mut sorted: Vec<(Vec<Option<Value>>, Joined<'_>)> = Vec::new();
    each(view, plan, None, &mut |joined| {
        sorted.push((sort_values(view, plan, joined), joined.clone()));
        ControlFlow::Continue(())
    });
    let descending: Vec<bool> = plan.orders.iter().map(|(_, descending)| *descending).collect();
    sorted.sort_by(|(a, _), (b, _)| compare(a, b, &descending));
    for (_, joined) in &sorted {
        let (id, row) = shown(joined);
        if is_new(&row) {
            rows.push((id, row));
        }
        if rows.len() >= limit {
            break;
        }
    }
    rows
}

fn count(view: View<'_>, plan: &Plan) -> usize {
    let mut total = 0;
    each(view, plan, None, &mut |_| {
        total += 1;
        ControlFlow::Continue(())
    });
    total
}

fn sort_values(view: View<'_>, plan: &Plan, joined: &Joined<'_>) -> Vec<Option<Value>> {
    let value = |(sort, _): &(Sort, bool)| {
        let (slot, column) = match sort {
            Sort::Column(slot, column) => (*slot, *column),
            Sort::Output(at) => plan.outputs.get(*at).map(|output| (output.slot, output.column))?,
        };
        let record = joined.get(slot).copied().flatten()?;
        Some(record.get(view.table(record.at.table), column)?.into_owned())
    };
    plan.orders.iter().map(value).collect()
}

/// Order of two rows by their sort values; empty ones come first.
pub(super) fn compare(
    left: &[Option<Value>],
    right: &[Option<Value>],
    descending: &[bool],
) -> Ordering {
    for ((a, b), descending) in left.iter().zip(right).zip(descending) {
        let order = match (a, b) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => a.compare(b).unwrap_or(Ordering::Equal),
        };
        let order = if *descending { order.reverse() } else { order };
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

/// Shows every joined row that fits, in order of the asked table's keys, until told to stop.
pub(super) fn each<'a>(
    view: View<'a>,
    plan: &Plan,
    after: Option<Uuid>,
    found: &mut dyn FnMut(&Joined<'a>) -> ControlFlow<()>,
) {
    let table = plan.table(view.schema);
    let at = |id| RowRef::new(table.id, id);
    let candidates = plan.test.of_root().and_then(|test| test.candidates(view, table));
    let roots: Box<dyn Iterator<Item = Record<'a>> + '_> = match candidates {
        Some(ids) => Box::new(
            ids.into_iter()
                .filter(move |id| after.is_none_or(|after| *id > after))
                .filter_map(move |id| view.record(at(id))),
        ),
        None => Box::new(
            view.store.rows_after(table.id, after).map(move |(id, row)| Record { at: at(id), row }),
        ),
    };
    let mut joined = Vec::with_capacity(plan.slots.len());
    for root in roots {
        joined.clear();
        joined.push(Some(root));
        if join(view, plan, &mut joined, found).is_break() {
            return;
        }
    }
}

/// Fills the next slot in every way there is.
fn join<'a>(
    view: View<'a>,
    plan: &Plan,
    joined: &mut Joined<'a>,
    found: &mut dyn FnMut(&Joined<'a>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    if joined.len() == plan.slots.len() {
        return if plan.test.holds(view, joined) {
            found(joined)
        } else {
            ControlFlow::Continue(())
        };
    }
    let partners = partners(view, plan, joined);
    let outer = plan.slots[joined.len()].join.as_ref().is_some_and(|join| join.outer);
    if partners.is_empty() && outer {
        joined.push(None);
        let flow = join(view, plan, joined, found);
        joined.pop();
        return flow;
    }
    for partner in partners {
        joined.push(Some(partner));
        let flow = join(view, plan, joined, found);
        joined.pop();
        flow?;
    }
    ControlFlow::Continue(())
}

/// Rows of the next slot that go with those before it.
fn partners<'a>(view: View<'a>, plan: &Plan, joined: &Joined<'a>) -> Vec<Record<'a>> {
    let slot = &plan.slots[joined.len()];
    let Some(join) = &slot.join else { return Vec::new() };
    let Some(parent) = joined.get(join.parent).copied().flatten() else { return Vec::new() };
    let parent_table = view.table(parent.at.table);
    let Some(value) = parent.get(parent_table, join.to) else { return Vec::new() };
    let table = view.table(slot.table);
    let at = |id| RowRef::new(table.id, id);
    let rows: Vec<Record<'a>> = match (&table.column(join.from).kind, value.as_ref()) {
        (ColumnKind::Key, Value::Lookup(target, id)) => {
            let fits = *target == table.id;
            view.record(at(*id)).filter(|_| fits).into_iter().collect()
        }
        (ColumnKind::Key, Value::Guid(id)) => view.record(at(*id)).into_iter().collect(),
        (ColumnKind::Lookup(_), Value::Guid(id)) => {
            let own_key = join.to == parent_table.key;
            let points = |row: &Record<'_>| {
                let target = row.row.get(join.from).and_then(Value::as_lookup);
                !own_key || target.is_some_and(|(table, _)| table == parent.at.table)
            };
            let ids = view.store.pointing_to(table.id, join.from, *id);
            ids.into_iter().filter_map(|id| view.record(at(id))).filter(points).collect()
        }
        _ => {
            let equal = |row: &Record<'_>| {
                let own = row.get(table, join.from);
                own.is_some_and(|own| own.compare(&value) == Some(Ordering::Equal))
            };
            let all = view.store.rows_after(table.id, None);
            all.map(|(id, row)| Record { at: at(id), row }).filter(equal).collect()
        }
    };
    rows.into_iter().filter(|row| join.test.holds(view, *row)).collect()
}
