//! Change tracking: all rows with a token, then what changed since (reference, section 5).
//!
//! A token is a version of the store and the moment it was given out. A change page walks the
//! store's order of versions, so that it costs what it returns, not what the table holds. Rows that
//! change while a client pages are left to the next token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::collection::{PAGE_LIMIT, context};
use super::render::Renderer;
use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::prefer::Preferences;
use crate::dataverse::query::options::Options;
use crate::dataverse::query::shape::Shape;
use crate::dataverse::row::RowRef;
use crate::dataverse::schema::Table;
use crate::dataverse::value::Value;
use crate::dataverse::view::{Record, View};

/// Options that cannot be combined with change tracking.
const FORBIDDEN: &[&str] = &["$filter", "$orderby", "$expand", "$top", "$count", "$apply"];
/// Days after which an idle token expires, unless the organisation says otherwise.
const EXPIRES_IN_DAYS: i32 = 7;
/// How a token writes its moment.
const MOMENT: &str = "%m/%d/%Y %H:%M:%S";

/// Whether a request asks for changes: by wish, by token, or with a link of an earlier page.
pub(super) fn asked(options: &Options, wishes: &Preferences) -> bool {
    let continued =
        options.get("$skiptoken").is_some_and(|token| token.contains("istracking=\"True\""));
    wishes.track_changes || continued || options.get("$deltatoken").is_some()
}

/// Answers a request for all rows with a token, or for the changes since one. `address` is the
/// path below the service.
///
/// # Errors
/// 400 `0x80072491` for a table that does not track changes, `0x80044352` for a token that
/// expired, `0x80060888` for options that do not go with change tracking and malformed tokens.
pub(super) fn list(
    view: View<'_>,
    table: &Table,
    address: &str,
    (options, wishes): (&Options, &Preferences),
) -> Outcome<Map<String, Json>> {
    check(table, options)?;
    let shape = Shape::parse(view, table, options)?;
    let run = Run::read(view, options)?;
    let page_size = wishes.page_size.unwrap_or(PAGE_LIMIT).min(PAGE_LIMIT);
    let page = run.page(view, table, page_size);

    let renderer = Renderer { view, annotations: &wishes.annotations, page_size };
    let mut answer = Map::new();
    let suffix = if run.since.is_some() { "/$delta" } else { "" };
    let fragment = format!("{}{}{suffix}", table.set_name, shape.in_context(table));
    answer.insert("@odata.context".into(), context(view, &fragment).into());
    let row = |record: &Record<'_>| Json::Object(renderer.row(table, *record, &shape));
    let gone = context(view, &format!("{}/$deletedEntity", table.set_name));
    let tombstone =
        |id: &Uuid| json!({ "@odata.context": gone, "id": id.to_string(), "reason": "deleted" });
    let rows = page.rows.iter().map(row).chain(page.deleted.iter().map(tombstone)).collect();
    answer.insert("value".into(), Json::Array(rows));
    let (name, option, token) = match page.next {
        Some(position) => ("@odata.nextLink", "$skiptoken", run.skip_token(position)),
        None => ("@odata.deltaLink", "$deltatoken", run.delta_token()),
    };
    let query = options.with_token(option, &encode_lower(&token));
    let link = format!("{}{address}?{query}", view.context.service_root());
    answer.insert(name.into(), link.into());
    Ok(answer)
}

/// How many rows changed or went away since a token.
///
/// # Errors
/// As of [`list`].
pub(super) fn count(view: View<'_>, table: &Table, options: &Options) -> Outcome<usize> {
    check(table, options)?;
    let run = Run::read(view, options)?;
    let Some(since) = run.since else { return Ok(view.store.rows(table.id).len()) };
    let changed = view.store.changed(table.id, since, run.until).count();
    Ok(changed + view.store.deleted(table.id, since, run.until).count())
}

fn check(table: &Table, options: &Options) -> Outcome<()> {
    if !table.change_tracking {
        return Err(Failure::bad_request(
            "0x80072491",
            format!(
                "Change tracking is not enabled for entity '{}'. Enable change tracking to use \
                 this feature.",
                table.logical_name
            ),
        ));
    }
    match FORBIDDEN.iter().find(|name| options.get(name).is_some()) {
        Some(name) => Err(Failure::unsupported_query(format!(
            "The \"{name}\" query parameter isn't supported when Change Tracking is enabled."
        ))),
        None => Ok(()),
    }
}

/// One reading of a table from its first page to its token.
#[derive(Debug, Clone, Copy)]
struct Run {
    /// Version of the token that was brought; `None` = all rows are wanted.
    since: Option<u64>,
    /// Version at which the run began: that of the token at its end.
    until: u64,
    /// When the run began.
    began: DateTime<Utc>,
    position: Position,
    page: u64,
}

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Position {
    /// All rows: after this key.
    Key(Option<Uuid>),
    /// Changed rows: after this version.
    Changed(u64),
    /// Deletions: after this version.
    Deleted(u64),
}

/// What a skip token holds of a run.
#[derive(Debug, Serialize, Deserialize)]
struct Cookie {
    since: Option<u64>,
    until: u64,
    began: i64,
    position: Position,
}

struct Page<'a> {
    rows: Vec<Record<'a>>,
    deleted: Vec<Uuid>,
    /// Where the next page starts, unless this was the last.
    next: Option<Position>,
}

impl Run {
    fn read(view: View<'_>, options: &Options) -> Outcome<Self> {
        if let Some(token) = options.get("$skiptoken") {
            let run = Self::of_skip_token(token).ok_or_else(|| malformed("$skiptoken"))?;
            return if view.store.knows_token(run.until) { Ok(run) } else { Err(expired()) };
        }
        let (until, began) = (view.store.version(), view.context.now);
        let Some(token) = options.get("$deltatoken") else {
            let position = Position::Key(None);
            return Ok(Self { since: None, until, began, position, page: 1 });
        };
        let (since, given_out) = read_delta_token(token).ok_or_else(|| malformed("$deltatoken"))?;
        if began - given_out > lifetime(view) || !view.store.knows_token(since) {
            return Err(expired());
        }
        let position = Position::Changed(since);
        Ok(Self { since: Some(since), until, began, position, page: 1 })
    }

    fn page<'a>(&self, view: View<'a>, table: &Table, size: usize) -> Page<'a> {
        let mut page = Page { rows: Vec::new(), deleted: Vec::new(), next: None };
        if size == 0 {
            page.next = Some(self.position);
            return page;
        }
        match self.position {
            Position::Key(after) => {
                let rows = view.store.rows_after(table.id, after);
                let rows = rows.map(|(id, row)| Record { at: RowRef::new(table.id, id), row });
                page.rows.extend(rows.take(size + 1));
                if page.rows.len() > size {
                    page.rows.truncate(size);
                    page.next = Some(Position::Key(page.rows.last().map(|last| last.at.id)));
                }
            }
            Position::Changed(after) => {
                let changed = view.store.changed(table.id, after, self.until);
                let record = |(_, id)| view.record(RowRef::new(table.id, id));
                page.rows.extend(changed.filter_map(record).take(size + 1));
                if page.rows.len() > size {
                    page.rows.truncate(size);
                    let last = page.rows.last().map_or(after, |last| last.row.version);
                    page.next = Some(Position::Changed(last));
                } else {
                    self.deletions(view, table, self.since.unwrap_or_default(), size, &mut page);
                }
            }
            Position::Deleted(after) => self.deletions(view, table, after, size, &mut page),
        }
        page
    }

    /// Fills a page up with deletions.
    fn deletions(
        &self,
        view: View<'_>,
        table: &Table,
        mut after: u64,
        size: usize,
        page: &mut Page<'_>,
    ) {
        for (version, id) in view.store.deleted(table.id, after, self.until) {
            if page.rows.len() + page.deleted.len() >= size {
                page.next = Some(Position::Deleted(after));
                return;
            }
            page.deleted.push(id);
            after = version;
        }
    }

    fn delta_token(&self) -> String {
        format!("{}!{}", self.until, self.began.format(MOMENT))
    }

    fn skip_token(&self, position: Position) -> String {
        let began = self.began.timestamp();
        let cookie = Cookie { since: self.since, until: self.until, began, position };
        let cookie = serde_json::to_string(&cookie).unwrap_or_default();
        format!(
            "<cookie pagenumber=\"{}\" pagingcookie=\"{}\" istracking=\"True\" />",
            self.page + 1,
            URL_SAFE_NO_PAD.encode(cookie)
        )
    }

    fn of_skip_token(token: &str) -> Option<Self> {
        let attribute = |name: &str| {
            let (_, rest) = token.split_once(&format!(" {name}=\""))?;
            Some(rest.split_once('"')?.0)
        };
        let page = attribute("pagenumber")?.parse().ok()?;
        let cookie = URL_SAFE_NO_PAD.decode(attribute("pagingcookie")?).ok()?;
        let Cookie { since, until, began, position } = serde_json::from_slice(&cookie).ok()?;
        let began = DateTime::from_timestamp(began, 0)?;
        Some(Self { since, until, began, position, page })
    }
}

fn read_delta_token(token: &str) -> Option<(u64, DateTime<Utc>)> {
    let (version, moment) = token.split_once('!')?;
    let moment = NaiveDateTime::parse_from_str(moment.trim(), MOMENT).ok()?;
    Some((version.trim().parse().ok()?, moment.and_utc()))
}

/// How long a token lives: the organisation's `expirechangetrackingindays`.
fn lifetime(view: View<'_>) -> Duration {
    let days = view.schema.find("organization").and_then(|table| {
        let column = table.find("expirechangetrackingindays")?;
        view.store.rows(table.id).values().next()?.get(column).and_then(Value::as_int)
    });
    Duration::days(i64::from(days.unwrap_or(EXPIRES_IN_DAYS)))
}

/// Percent-encodes as the service does in these links: `%2f`, `%3a`.
fn encode_lower(text: &str) -> String {
    use std::fmt::Write as _;
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02x}");
        }
    }
    encoded
}

fn expired() -> Failure {
    Failure::bad_request(
        "0x80044352",
        "Version stamp associated with the client has expired. Please perform a full sync.",
    )
}

fn malformed(option: &str) -> Failure {
    Failure::unsupported_query(format!("The {option} value is not one that the service gave out."))
}
