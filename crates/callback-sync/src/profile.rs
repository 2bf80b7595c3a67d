//! What a callback profile says: which list goes into which queue, and how.

use chrono::{DateTime, Duration, Utc};
use dataverse_client::Row;
use settings::{Finding, Names};
use uuid::Uuid;
use voice_model::CallbackListId;

/// The first choice value of every choice of ours (design, section 6).
const FIRST_CHOICE: i64 = 451_000_000;
/// How far polling looks back where a profile does not say: what the guide calls enough.
const USUAL_AGE: Duration = Duration::hours(1);
/// The longest age that is believed.
const LONGEST_AGE: Duration = Duration::days(366);

/// How requests of a list come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// We ask every minute.
    Polling,
    /// Enreach tells us.
    Webhook,
    /// Enreach tells us, and we ask as well.
    WebhookBackedWithPolling,
}

impl Method {
    /// Whether lists of this method are asked for.
    pub(crate) fn polls(self) -> bool {
        self != Self::Webhook
    }

    /// Whether events of lists of this method count.
    pub(crate) fn hears(self) -> bool {
        self != Self::Polling
    }
}

/// Who owns the phone calls of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnershipRule {
    /// The application user that we are.
    ApiUser,
    /// The owner of the queue.
    OwnerOfQueue,
}

/// What is done with a request while another one of the same number is open in the same queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DuplicateRule {
    /// It gets a phone call that points to the oldest open one.
    Bundle,
    /// It gets none.
    IgnoreAdditional,
}

/// An active callback profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackProfile {
    /// Key.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// The list of Enreach that it serves.
    pub list: CallbackListId,
    /// The queue of Dynamics that its phone calls go into. Without one nothing can be done.
    pub queue: Option<Uuid>,
    /// Who owns them.
    pub ownership: OwnershipRule,
    /// Their subject; `None` = that of the settings.
    pub subject: Option<String>,
    /// What is done with duplicates.
    pub duplicates: DuplicateRule,
    /// How requests come.
    pub method: Method,
    /// How far polling looks back.
    pub age: Duration,
    /// When the profile was created.
    pub(crate) created_on: Option<DateTime<Utc>>,
}

/// The columns of a profile, by their logical names.
pub(crate) fn columns(names: &Names) -> [String; 11] {
    [
        names.callback_profile_id.clone(),
        names.profile_name.clone(),
        names.profile_list_id.clone(),
        format!("_{}_value", names.profile_queue),
        names.profile_ownership_rule.clone(),
        names.profile_subject.clone(),
        names.profile_duplicate_rule.clone(),
        names.profile_method.clone(),
        names.profile_age_unit.clone(),
        names.profile_age.clone(),
        "createdon".to_owned(),
    ]
}

/// Reads a profile. What it does not say, or says wrongly, is replaced in the way that loses no
/// request, with a finding. `None`: it serves no list.
pub(crate) fn read(
    row: &Row,
    names: &Names,
    findings: &mut Vec<Finding>,
) -> Option<CallbackProfile> {
    let id = row.uuid(&names.callback_profile_id)?;
    let name = row.text(&names.profile_name).unwrap_or("(no name)").to_owned();
    let subject_of_finding = format!("callback profile {name}");
    let mut find = |message: String| {
        findings.push(Finding::new(subject_of_finding.clone(), message));
    };
    let list = match row.text(&names.profile_list_id).map(CallbackListId::new) {
        Some(Ok(list)) => list,
        Some(Err(error)) => {
            find(format!("its callback list cannot be used: {error}; choose the list again"));
            return None;
        }
        None => {
            find("it names no callback list, so it serves none; choose one".to_owned());
            return None;
        }
    };
    let queue = row.lookup(&names.profile_queue);
    if queue.is_none() {
        find(
            "it names no queue, so requests of its list wait; choose the queue that they go into"
                .to_owned(),
        );
    }
    let mut choice = |column: &str, what: &str, count: i64, usual: i64, meaning: &str| {
        let value = row.integer(column).map(|value| value - FIRST_CHOICE);
        value.filter(|value| (0..count).contains(value)).unwrap_or_else(|| {
            find(format!("its {what} is not set or unknown; it counts as {meaning}"));
            usual
        })
    };
    let ownership = match choice(&names.profile_ownership_rule, "ownership rule", 2, 0, "API User")
    {
        1 => OwnershipRule::OwnerOfQueue,
        _ => OwnershipRule::ApiUser,
    };
    let duplicates =
        match choice(&names.profile_duplicate_rule, "duplicate rule", 2, 0, "Bundle calls") {
            1 => DuplicateRule::IgnoreAdditional,
            _ => DuplicateRule::Bundle,
        };
    let both = "Webhook backed with polling";
    let method = match choice(&names.profile_method, "synchronization method", 3, 2, both) {
        0 => Method::Polling,
        1 => Method::Webhook,
        _ => Method::WebhookBackedWithPolling,
    };
    let age = age(row, names);
    if age.is_none() && method.polls() {
        find("its age is not set or cannot be; polling looks back one hour".to_owned());
    }
    let subject = row.text(&names.profile_subject).map(str::trim).filter(|it| !it.is_empty());
    Some(CallbackProfile {
        id,
        name,
        list,
        queue,
        ownership,
        subject: subject.map(str::to_owned),
        duplicates,
        method,
        age: age.unwrap_or(USUAL_AGE),
        created_on: row.instant("createdon"),
    })
}

/// The age of a profile, if it has one that makes sense.
fn age(row: &Row, names: &Names) -> Option<Duration> {
    let unit_secs = match row.integer(&names.profile_age_unit)? - FIRST_CHOICE {
        0 => 24 * 60 * 60,
        1 => 60 * 60,
        2 => 60,
        _ => return None,
    };
    let age = row.integer(&names.profile_age)?.checked_mul(unit_secs)?;
    let age = Duration::try_seconds(age)?;
    (Duration::zero() < age && age <= LONGEST_AGE).then_some(age)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const ID: &str = "00000a01-0000-4000-8000-000000000000";
    const QUEUE: &str = "00000b01-0000-4000-8000-000000000000";

    fn row(changes: Value) -> Row {
        let mut row = json!({
            "ev_callbackprofileid": ID, "ev_name": "Sales", "ev_callbacklistid": "LIST-1",
            "_ev_queueid_value": QUEUE, "ev_ownershiprule": 451_000_001,
            "ev_phonecallsubject": " Call back ", "ev_duplicatehandlingrule": 451_000_001,
            "ev_syncmethod": 451_000_000, "ev_agetimeunit": 451_000_002, "ev_callbackage": 30,
            "createdon": "2026-01-02T03:04:05Z"
        });
        let Value::Object(changes) = changes else { panic!("changes are an object") };
        row.as_object_mut().unwrap().extend(changes);
        Row::from(row)
    }

    fn profile(changes: Value) -> (Option<CallbackProfile>, Vec<String>) {
        let mut findings = Vec::new();
        let profile = read(&row(changes), &Names::default(), &mut findings);
        (profile, findings.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_whole_profile_is_read_as_it_stands() {
        let (profile, findings) = profile(json!({}));
        let profile = profile.unwrap();
        assert!(findings.is_empty(), "{findings:?}");
        assert_eq!(profile.list.as_str(), "LIST-1");
        assert_eq!(profile.queue.unwrap().to_string(), QUEUE);
        assert_eq!(profile.ownership, OwnershipRule::OwnerOfQueue);
        assert_eq!(profile.duplicates, DuplicateRule::IgnoreAdditional);
        assert_eq!((profile.method, profile.age), (Method::Polling, Duration::minutes(30)));
        assert_eq!(profile.subject.as_deref(), Some("Call back"));
    }

    #[test]
    fn the_age_is_a_number_of_its_unit() {
        #[track_caller]
        fn check(unit: Value, age: Value, expected: Duration, findings: usize) {
            let (profile, found) = profile(json!({"ev_agetimeunit": unit, "ev_callbackage": age}));
            assert_eq!(profile.unwrap().age, expected);
            assert_eq!(found.len(), findings, "{found:?}");
        }
        check(json!(451_000_000), json!(2), Duration::days(2), 0);
        check(json!(451_000_001), json!(3), Duration::hours(3), 0);
        check(json!(451_000_002), json!(15), Duration::minutes(15), 0);
        for (unit, age) in [
            (json!(null), json!(15)),
            (json!(451_000_003), json!(15)),
            (json!(451_000_002), json!(null)),
            (json!(451_000_002), json!(0)),
            (json!(451_000_002), json!(-5)),
            (json!(451_000_000), json!(i64::from(i32::MAX))),
        ] {
            check(unit, age, Duration::hours(1), 1);
        }
    }

    #[test]
    fn a_webhook_profile_needs_no_age() {
        let changes = json!({"ev_syncmethod": 451_000_001, "ev_callbackage": null});
        let (profile, findings) = profile(changes);
        assert_eq!((profile.unwrap().method, findings.len()), (Method::Webhook, 0));
    }

    #[test]
    fn what_is_not_set_loses_no_request() {
        let (profile, findings) = profile(json!({
            "ev_ownershiprule": null, "ev_duplicatehandlingrule": 7, "ev_syncmethod": null,
            "ev_phonecallsubject": "  "
        }));
        let profile = profile.unwrap();
        assert_eq!(profile.ownership, OwnershipRule::ApiUser);
        assert_eq!(profile.duplicates, DuplicateRule::Bundle);
        assert_eq!(profile.method, Method::WebhookBackedWithPolling);
        assert_eq!(profile.subject, None);
        assert_eq!(findings.len(), 3, "{findings:?}");
    }

    #[test]
    fn a_profile_without_list_serves_none_and_one_without_queue_waits() {
        for list in [json!(null), json!("  "), json!("x".repeat(101))] {
            let (profile, findings) = profile(json!({"ev_callbacklistid": list}));
            assert_eq!((profile, findings.len()), (None, 1));
        }
        let (profile, findings) = profile(json!({"_ev_queueid_value": null}));
        assert_eq!((profile.unwrap().queue, findings.len()), (None, 1));
    }
}
