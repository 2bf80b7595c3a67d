//! What Dynamics has already: phone calls of these very requests, and open callbacks of the same
//! numbers.
//!
//! Both are asked of Dynamics when it is to be decided, with one query for many requests: what the
//! store remembers may have been closed, moved or deleted by people since.

use std::collections::HashMap;

use call_matching::{CallerNumber, NumberReader};
use chrono::{DateTime, Utc};
use dataverse_client::{DataverseApi, Filter, FilterValue, Query, Row, all_rows};
use settings::Names;
use uuid::Uuid;
use voice_model::{ActivityId, CallbackItemId, OrganizationId};

use crate::profiles::Profiles;
use crate::request::Request;

/// Entity set of phone calls, and its key column.
pub(crate) const PHONE_CALLS: &str = "phonecalls";
pub(crate) const ACTIVITY_ID: &str = "activityid";

/// The state of an open phone call.
const OPEN: i64 = 0;

/// What stands between digits when people type numbers.
const SEPARATORS: [&str; 5] = [" ", "-", "(", "/", "."];

/// An open callback of Dynamics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OpenCallback {
    /// Its key.
    pub(crate) activity: ActivityId,
    created_on: Option<DateTime<Utc>>,
    /// Whether it points to another one.
    is_bundled: bool,
}

/// A phone call that a request has already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Existing {
    /// Its key.
    pub(crate) activity: ActivityId,
    /// The one that it points to.
    pub(crate) bundled_into: Option<ActivityId>,
    /// Whether it is open still.
    pub(crate) is_open: bool,
}

/// What Dynamics has of some requests.
#[derive(Debug, Default)]
pub(crate) struct Found {
    by_item: HashMap<CallbackItemId, Existing>,
    by_activity: HashMap<ActivityId, Existing>,
    open: HashMap<(CallerNumber, Uuid), OpenCallback>,
}

impl Found {
    /// Asks Dynamics about some requests.
    pub(crate) async fn of(
        api: &dyn DataverseApi,
        requests: &[&Request],
        organization: &OrganizationId,
        names: &Names,
        reader: &NumberReader,
        profiles: &Profiles,
    ) -> dataverse_client::Result<Self> {
        let query = query(requests, organization, names);
        let rows = all_rows(api, &query).await?;
        let mut found = Self::default();
        for row in &rows {
            found.file(row, names, reader, profiles);
        }
        Ok(found)
    }

    /// The phone call that a request has: by its key, or because it carries the request's id.
    pub(crate) fn existing(&self, item: &CallbackItemId, key: ActivityId) -> Option<Existing> {
        self.by_activity.get(&key).or_else(|| self.by_item.get(item)).copied()
    }

    /// The oldest open callback of a number in a queue. Withheld numbers are never the same.
    pub(crate) fn oldest_open(&self, number: &CallerNumber, queue: Uuid) -> Option<ActivityId> {
        if *number == CallerNumber::Withheld {
            return None;
        }
        self.open.get(&(number.clone(), queue)).map(|open| open.activity)
    }

    fn file(&mut self, row: &Row, names: &Names, reader: &NumberReader, profiles: &Profiles) {
        let Some(activity) = row.uuid(ACTIVITY_ID).map(ActivityId) else { return };
        let is_open = row.integer("statecode") == Some(OPEN);
        let bundled_into = row.lookup(&names.bundle_lookup).map(ActivityId);
        let existing = Existing { activity, bundled_into, is_open };
        self.by_activity.insert(activity, existing);
        let Some(item) = row.text(&names.callback_id) else { return };
        if let Ok(item) = CallbackItemId::new(item) {
            self.by_item.entry(item).or_insert(existing);
        }
        let profile = row.lookup(&names.callback_profile_lookup);
        let queue = profile.and_then(|profile| profiles.queue_of(profile));
        if let (Some(queue), true) = (queue, is_open) {
            let open = OpenCallback {
                activity,
                created_on: row.instant("createdon"),
                is_bundled: bundled_into.is_some(),
            };
            for number in numbers_of(row, reader) {
                self.file_open((number, queue), open.clone());
            }
        }
    }

    fn file_open(&mut self, key: (CallerNumber, Uuid), open: OpenCallback) {
        // Dynamics tells whole seconds. Of those of one second the first is the one that points to
        // none.
        let age = |open: &OpenCallback| {
            (open.created_on.is_none(), open.created_on, open.is_bundled, open.activity)
        };
        let oldest = self.open.entry(key).or_insert_with(|| open.clone());
        if age(&open) < age(oldest) {
            *oldest = open;
        }
    }
}

/// The numbers that the phone number of a row can mean: as Enreach would have written it, and as
/// people type numbers here.
fn numbers_of(row: &Row, reader: &NumberReader) -> Vec<CallerNumber> {
    let Some(text) = row.text("phonenumber") else { return Vec::new() };
    let typed = reader.typed(text);
    let mut numbers: Vec<_> =
        typed.e164().iter().map(|number| CallerNumber::International(number.clone())).collect();
    let received = reader.from_enreach(Some(text));
    // Digits that were no number as Enreach wrote them may look like one without what stood between.
    let as_written = CallerNumber::Other(text.to_owned());
    for number in [received, as_written] {
        if number != CallerNumber::Withheld && !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    numbers
}

fn query(requests: &[&Request], organization: &OrganizationId, names: &Names) -> Query {
    let keys = requests.iter().map(|it| ActivityId::of_callback(organization, &it.item.id).0);
    let items = requests.iter().map(|it| it.item.id.as_str());
    let mut filters =
        vec![Filter::is_in(ACTIVITY_ID, keys), Filter::is_in(names.callback_id.as_str(), items)];
    let mut spellings: Vec<String> = requests.iter().flat_map(|it| spellings(it)).collect();
    spellings.sort_unstable();
    spellings.dedup();
    if !spellings.is_empty() {
        let same_number = [
            Filter::is_in("phonenumber", spellings.iter().map(String::as_str)),
            // Whatever people have typed otherwise is compared here: it is little.
            not(Filter::StartsWith("phonenumber".to_owned(), "+".to_owned())),
        ];
        let typed =
            SEPARATORS.map(|mark| Filter::Contains("phonenumber".to_owned(), mark.to_owned()));
        filters.push(Filter::all([
            Filter::eq("statecode", OPEN),
            not(Filter::is_null(names.callback_id.as_str())),
            not(Filter::is_null("phonenumber")),
            Filter::any(same_number.into_iter().chain(typed)),
        ]));
    }
    Query::new(PHONE_CALLS)
        .select([ACTIVITY_ID, "statecode", "phonenumber", "createdon"])
        .select([names.callback_id.as_str()])
        .select([
            format!("_{}_value", names.callback_profile_lookup),
            format!("_{}_value", names.bundle_lookup),
        ])
        .filter(Filter::any(filters))
}

fn not(filter: Filter) -> Filter {
    Filter::Not(Box::new(filter))
}

/// How we and the original product write a number.
fn spellings(request: &Request) -> Vec<String> {
    let mut spellings: Vec<String> = match &request.number {
        CallerNumber::Withheld => return Vec::new(),
        CallerNumber::International(number) => {
            let digits = number.as_str().trim_start_matches('+');
            vec![number.to_string(), digits.to_owned(), format!("00{digits}")]
        }
        CallerNumber::Other(digits) => vec![digits.clone()],
    };
    let as_received = request.item.number.as_deref().map(str::trim);
    spellings.extend(as_received.filter(|text| !text.is_empty()).map(str::to_owned));
    spellings
}

/// The queue items of some phone calls: which of them are in a queue.
pub(crate) async fn queued(
    api: &dyn DataverseApi,
    activities: &[ActivityId],
) -> dataverse_client::Result<Vec<ActivityId>> {
    let keys = activities.iter().map(|activity| FilterValue::from(activity.0));
    let query = Query::new("queueitems")
        .select(["queueitemid", "_objectid_value"])
        .filter(Filter::is_in("_objectid_value", keys));
    let rows = all_rows(api, &query).await?;
    Ok(rows.iter().filter_map(|row| row.lookup("objectid").map(ActivityId)).collect())
}

#[cfg(test)]
mod tests;
