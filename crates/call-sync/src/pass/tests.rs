use super::*;
use std::collections::VecDeque;
use std::sync::Mutex as Lock;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use dataverse_client::{
    Advice, BatchItem, ChangePage, ChangeToken, ItemAnswer, NextLink, Page, Query, Row,
    ServiceError, TrackedTable, WhoAmI, Write,
};
use enreach_client::{CallRow, MockEnreachApi, Privacy, Reported, Rows, User};
use serde_json::{Value, json};
use sync_store::InMemoryStore;
use uuid::Uuid;
use voice_model::{ActivityId, AgentId, ErrorClass, ManualClock, OrganizationId};

use crate::Evidence;
use crate::decision::{Failure, Outcome};
use crate::sample::{as_received, at, row};

const ANNA: u128 = 0xA;
const FALLBACK: u128 = 0xF;
const CONTACT: u128 = 0xC;
const CALLS_PER_BATCH: usize = 50;

type Refusal = dyn Fn(&str) -> Option<dataverse_client::Error> + Send;
type Answer = dyn Fn(&[BatchItem]) -> dataverse_client::Result<Vec<ItemAnswer>> + Send;

/// A Dataverse of a few rows, whose batches are answered by a script; after its end all is written.
#[derive(Default)]
struct InMemoryDataverse {
    phone_calls: Lock<Vec<Value>>,
    script: Lock<VecDeque<Box<Answer>>>,
    /// Looks at a query and may refuse it.
    refuse: Lock<Option<Box<Refusal>>>,
    batches: Lock<Vec<Vec<BatchItem>>>,
    /// What has changed in the next table that is asked for its changes.
    changes: Lock<Vec<Value>>,
    requests: AtomicU64,
}

impl InMemoryDataverse {
    fn answering<F>(answers: impl IntoIterator<Item = F>) -> Arc<Self>
    where
        F: Fn(&[BatchItem]) -> dataverse_client::Result<Vec<ItemAnswer>> + Send + 'static,
    {
        let script = answers.into_iter().map(|answer| Box::new(answer) as Box<Answer>).collect();
        Arc::new(Self { script: Lock::new(script), ..Self::default() })
    }

    fn refusing(
        refusal: impl Fn(&str) -> Option<dataverse_client::Error> + Send + 'static,
    ) -> Arc<Self> {
        Arc::new(Self { refuse: Lock::new(Some(Box::new(refusal))), ..Self::default() })
    }

    fn owners_written(&self) -> Vec<String> {
        let batches = self.batches.lock().unwrap();
        batches
            .iter()
            .flatten()
            .filter_map(|item| match item {
                BatchItem::ChangeSet(writes) => Some(&writes[0]),
                _ => None,
            })
            .filter_map(|write| match write {
                Write::Create { columns, .. } => {
                    Some(columns.as_map()["ownerid@odata.bind"].as_str()?.to_owned())
                }
                Write::Update { .. } | Write::Action { .. } => None,
            })
            .collect()
    }
}

fn refused(status: u16, code: u32, message: &str) -> ServiceError {
    ServiceError { status, code: Some(code), message: message.to_owned(), retry_after: None }
}

#[async_trait]
impl DataverseApi for InMemoryDataverse {
    async fn who_am_i(&self) -> dataverse_client::Result<WhoAmI> {
        unimplemented!("call sync does not ask")
    }

    async fn query(&self, query: &Query) -> dataverse_client::Result<Page> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let refusal = self.refuse.lock().unwrap().as_ref().and_then(|r| r(&format!("{query:?}")));
        if let Some(error) = refusal {
            return Err(error);
        }
        let asked = |set: &str| format!("{query:?}").contains(&format!("entity_set: \"{set}\""));
        let rows = if asked("ev_settings") {
            vec![json!({"ev_name": "DefaultCrmAssignee", "ev_value": "fallback"})]
        } else if asked("phonecalls") {
            self.phone_calls.lock().unwrap().clone()
        } else {
            Vec::new()
        };
        Ok(Page { rows: rows.into_iter().map(Row::from).collect(), next: None })
    }

    async fn next_page(&self, _: &NextLink) -> dataverse_client::Result<Page> {
        Ok(Page::default())
    }

    async fn retrieve(
        &self,
        _: &str,
        _: Uuid,
        _: &[&'static str],
    ) -> dataverse_client::Result<Option<Row>> {
        Ok(None)
    }

    async fn write(&self, _: &Write) -> dataverse_client::Result<Option<Uuid>> {
        unimplemented!("call sync writes in batches")
    }

    async fn batch(&self, items: &[BatchItem]) -> dataverse_client::Result<Vec<ItemAnswer>> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.batches.lock().unwrap().push(items.to_vec());
        let answer = self.script.lock().unwrap().pop_front();
        match answer {
            Some(answer) => answer(items),
            None => Ok(vec![ItemAnswer::Written; items.len()]),
        }
    }

    async fn status_options(&self, _: &str) -> dataverse_client::Result<Vec<StatusOption>> {
        Ok(Vec::new())
    }

    async fn changes<'a>(
        &self,
        table: &'a TrackedTable,
        since: Option<&'a ChangeToken>,
    ) -> dataverse_client::Result<ChangePage> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let refusal = self.refuse.lock().unwrap().as_ref().and_then(|r| r(&format!("{table:?}")));
        if let Some(error) = refusal {
            return Err(error);
        }
        let user = |id: u128, agent: &str| {
            json!({"systemuserid": Uuid::from_u128(id), "fullname": agent, "ev_clouduserid": agent,
                   "createdon": at(0)})
        };
        let rows = match (table.entity_set.as_str(), since) {
            (_, Some(_)) => std::mem::take(&mut *self.changes.lock().unwrap()),
            ("contacts", None) => vec![
                json!({"contactid": Uuid::from_u128(CONTACT), "fullname": "Aino", "createdon": at(0),
                       "telephone1": "050-123 4567"}),
            ],
            ("systemusers", None) => vec![user(ANNA, "anna"), user(FALLBACK, "fallback")],
            _ => Vec::new(),
        };
        Ok(ChangePage {
            rows: rows.into_iter().map(Row::from).collect(),
            token: Some(ChangeToken::new("token")),
            ..ChangePage::default()
        })
    }

    async fn next_changes(
        &self,
        _: &TrackedTable,
        _: &NextLink,
    ) -> dataverse_client::Result<ChangePage> {
        unimplemented!("all changes fit into one page")
    }

    fn advice(&self) -> Advice {
        Advice { parallel: 4, operations_per_batch: 2 * CALLS_PER_BATCH }
    }

    fn requests_sent(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }
}

/// An Enreach with these rows in `/calls`, pass after pass.
fn enreach(rows: Vec<CallRow>) -> Arc<MockEnreachApi> {
    let mut api = organization();
    api.expect_calls().returning(move |_, _| Ok(received(rows.clone())));
    Arc::new(api)
}

/// An Enreach with one window of `/calls` after the other, then nothing.
fn enreach_passes(windows: impl Into<VecDeque<Vec<CallRow>>>) -> MockEnreachApi {
    let mut api = organization();
    let mut windows = windows.into();
    api.expect_calls().returning(move |_, _| Ok(received(windows.pop_front().unwrap_or_default())));
    api
}

fn received(rows: Vec<CallRow>) -> Rows<CallRow> {
    Rows { rows: rows.into_iter().map(as_received).collect(), unreadable: Vec::new() }
}

/// An organisation without users, queues and calls.
fn organization() -> MockEnreachApi {
    let mut api = MockEnreachApi::new();
    api.expect_requests_sent().return_const(0u64);
    api.expect_me().returning(|| {
        Ok(User {
            id: AgentId::new("api user").unwrap(),
            user_name: None,
            email: None,
            first_name: None,
            last_name: None,
            organization: OrganizationId::new("contoso").ok(),
            work_number: None,
            mobile_number: None,
            deleted: false,
        })
    });
    api.expect_users().returning(|| Ok(Rows::default()));
    api.expect_queues().returning(|| Ok(Rows::default()));
    api.expect_service_calls().returning(|_, _| Ok(Rows::default()));
    api
}

/// A row of Anna's, answered and ended.
fn call(name: &str, start: i64) -> CallRow {
    let mut row = row(name, start);
    row.a_number = Some("+358501234567".to_owned());
    row.agent = AgentId::new("anna").ok();
    row
}

fn sync(enreach: Arc<MockEnreachApi>, dataverse: &Arc<InMemoryDataverse>) -> CallSync {
    CallSync::new(parts(enreach, dataverse))
}

fn parts(enreach: Arc<MockEnreachApi>, dataverse: &Arc<InMemoryDataverse>) -> CallSyncParts {
    let overrides = [("DefaultRegion".to_owned(), "FI".to_owned())];
    CallSyncParts {
        tenant: TenantName::new("contoso"),
        enreach,
        dataverse: Arc::clone(dataverse) as Arc<dyn DataverseApi>,
        store: Arc::new(InMemoryStore::default()),
        clock: Arc::new(ManualClock::new(at(600))),
        names: Names::default(),
        overrides: overrides.into(),
    }
}

fn outcomes(report: &PassReport) -> Vec<(&str, &'static str, &'static str)> {
    let decisions = report.decisions.iter();
    decisions.map(|d| (d.call.as_str(), d.outcome.name(), d.outcome.reason())).collect()
}

#[tokio::test]
async fn a_call_is_logged_once_and_then_costs_nothing() {
    let dataverse = Arc::new(InMemoryDataverse::default());
    let sync = sync(enreach(vec![call("call-1", 0)]), &dataverse);
    let first = sync.pass(Freshness::Cached).await;
    assert_eq!(outcomes(&first), [("call-1", "Logged", "created")]);
    assert_eq!(first.decisions[0].evidence.customer.as_deref(), Some("Aino"));
    let second = sync.pass(Freshness::Cached).await;
    assert_eq!(outcomes(&second), [("call-1", "AlreadyLogged", "by us")]);
    assert_eq!(second.dataverse_requests, 0, "caches are fresh and nothing is new");
    assert_eq!(dataverse.batches.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_duplicate_means_that_an_earlier_pass_did_it() {
    let dataverse = InMemoryDataverse::answering([|items: &[BatchItem]| {
        Ok(vec![ItemAnswer::Refused(refused(412, 0x8004_0237, "exists")); items.len()])
    }]);
    let report = sync(enreach(vec![call("call-1", 0)]), &dataverse).pass(Freshness::Fresh).await;
    assert_eq!(outcomes(&report), [("call-1", "AlreadyLogged", "by us")]);
}

#[tokio::test]
async fn a_refused_owner_gives_way_to_the_fallback_owner_once() {
    let refuse = |items: &[BatchItem]| {
        Ok(vec![ItemAnswer::Refused(refused(403, 0x8004_2f09, "no roles")); items.len()])
    };
    let user = |id: u128| format!("/systemusers({})", Uuid::from_u128(id));

    let dataverse = InMemoryDataverse::answering([refuse]);
    let report = sync(enreach(vec![call("call-1", 0)]), &dataverse).pass(Freshness::Fresh).await;
    assert_eq!(outcomes(&report), [("call-1", "Logged", "created")]);
    assert_eq!(report.decisions[0].evidence.owner.as_deref(), Some("fallback"));
    assert_eq!(dataverse.owners_written(), [user(ANNA), user(FALLBACK)]);

    let dataverse = InMemoryDataverse::answering([refuse, refuse]);
    let report = sync(enreach(vec![call("call-1", 0)]), &dataverse).pass(Freshness::Fresh).await;
    assert_eq!(outcomes(&report)[0].1, "Failed");
    assert_eq!(dataverse.owners_written().len(), 2, "no third try");
}

#[tokio::test]
async fn a_customer_that_is_gone_is_forgotten_and_the_call_decided_again() {
    let dataverse = InMemoryDataverse::answering([|items: &[BatchItem]| {
        let message = format!("contact With Id = {} Does Not Exist", Uuid::from_u128(CONTACT));
        Ok(vec![ItemAnswer::Refused(refused(404, 0x8004_0217, &message)); items.len()])
    }]);
    let report = sync(enreach(vec![call("call-1", 0)]), &dataverse).pass(Freshness::Fresh).await;
    assert_eq!(outcomes(&report), [("call-1", "Deferred", "NoMatch")]);
}

#[tokio::test]
async fn one_refused_call_does_not_stop_the_others() {
    let dataverse = InMemoryDataverse::answering([|items: &[BatchItem]| {
        let mut answers = vec![ItemAnswer::Written; items.len()];
        answers[1] = ItemAnswer::Refused(refused(400, 0x8004_0265, "a plug-in says no"));
        Ok(answers)
    }]);
    let calls = (1..=3).map(|number| call(&format!("call-{number}"), number)).collect();
    let report = sync(enreach(calls), &dataverse).pass(Freshness::Fresh).await;
    let names: Vec<_> = outcomes(&report).into_iter().map(|(_, name, _)| name).collect();
    assert_eq!(names, ["Logged", "Failed", "Logged"]);
    assert!(report.error.is_none());
    assert_eq!(report.summary(&voice_model::TenantName::new("t")).failed["Rejected"], 1);
}

fn service_error(status: u16, code: u32) -> dataverse_client::Error {
    dataverse_client::Error::Service {
        operation: "run a batch".to_owned(),
        source: refused(status, code, "no"),
    }
}

#[tokio::test]
async fn a_batch_refused_for_its_content_is_halved_until_the_culprit_stands_alone() {
    let dataverse = Arc::new(InMemoryDataverse::default());
    for _ in 0..8 {
        dataverse.script.lock().unwrap().push_back(Box::new(|items| {
            match format!("{items:?}").contains("call-3") {
                true => Err(service_error(400, 0x8004_8d19)),
                false => Ok(vec![ItemAnswer::Written; items.len()]),
            }
        }));
    }
    let calls = (1..=5).map(|number| call(&format!("call-{number}"), number)).collect();
    let report = sync(enreach(calls), &dataverse).pass(Freshness::Fresh).await;
    let names: Vec<_> = outcomes(&report).into_iter().map(|(_, name, _)| name).collect();
    assert_eq!(names, ["Logged", "Logged", "Failed", "Logged", "Logged"]);
    assert!(report.error.is_none());
}

#[tokio::test]
async fn a_throttled_batch_ends_the_pass_and_the_next_one_goes_on() {
    let dataverse =
        InMemoryDataverse::answering([|_: &[BatchItem]| Err(service_error(429, 0x8007_2322))]);
    let calls: Vec<_> = (0..120).map(|number| call(&format!("call-{number}"), number)).collect();
    let sync = sync(enreach(calls), &dataverse);
    let report = sync.pass(Freshness::Cached).await;
    let error = report.error.as_ref().unwrap();
    assert!(matches!(error.class(), ErrorClass::Throttled { .. }));
    assert_eq!(report.decisions.len(), 120, "every call has a decision all the same");
    let failed = |report: &PassReport| {
        report.decisions.iter().filter(|d| matches!(d.outcome, Outcome::Failed(_))).count()
    };
    assert!(failed(&report) >= CALLS_PER_BATCH);
    let next = sync.pass(Freshness::Cached).await;
    assert!(next.error.is_none());
    assert_eq!(failed(&next), 0);
}

#[tokio::test]
async fn an_answer_that_says_nothing_is_a_failure_that_may_be_repeated() {
    let dataverse = InMemoryDataverse::answering([|_: &[BatchItem]| Ok(Vec::new())]);
    let sync = sync(enreach(vec![call("call-1", 0)]), &dataverse);
    let report = sync.pass(Freshness::Cached).await;
    let Outcome::Failed(Failure { class, .. }) = report.decisions[0].outcome else { panic!() };
    assert_eq!(class, ErrorClass::Transient);
    assert_eq!(outcomes(&sync.pass(Freshness::Cached).await)[0].1, "Logged");
}

#[tokio::test]
async fn a_row_of_the_widget_is_adopted_and_keeps_its_id() {
    let dataverse = Arc::new(InMemoryDataverse::default());
    let widget = Uuid::from_u128(77);
    dataverse.phone_calls.lock().unwrap().push(json!({
        "activityid": widget, "@odata.etag": "W/\"1\"", "statecode": 1, "directioncode": false,
        "phonenumber": "0501234567", "actualstart": at(20)
    }));
    let report = sync(enreach(vec![call("call-1", 0)]), &dataverse).pass(Freshness::Fresh).await;
    assert_eq!(outcomes(&report), [("call-1", "AlreadyLogged", "adopted")]);
    assert_eq!(report.decisions[0].outcome.activity(), Some(ActivityId(widget)));
    let batches = dataverse.batches.lock().unwrap();
    let [BatchItem::ChangeSet(writes)] = &batches[0][..] else { panic!("{batches:?}") };
    assert!(matches!(&writes[..], [Write::Update { id, .. }] if *id == widget));
}

#[tokio::test]
async fn a_call_that_is_not_work_keeps_its_time_and_nothing_else() {
    let mut private = call("call-1", 0);
    private.privacy = Privacy::Private;
    let dataverse = Arc::new(InMemoryDataverse::default());
    let report = sync(enreach(vec![private]), &dataverse).pass(Freshness::Fresh).await;
    assert_eq!(outcomes(&report), [("call-1", "Skipped", "NotWork")]);
    let expected = Evidence { start: Some(at(0)), ..Evidence::default() };
    assert_eq!(report.decisions[0].evidence, expected);
}

#[tokio::test]
async fn legs_of_earlier_passes_count_when_only_a_later_one_comes() {
    let first = call("call-1", 0);
    let mut transferred = call("call-1", 210);
    transferred.id = Some("second leg".to_owned());
    transferred.a_number = None;
    let mut running = transferred.clone();
    running.end = Reported::Null;

    let api = enreach_passes([vec![first, running], vec![transferred]]);
    let dataverse = Arc::new(InMemoryDataverse::default());
    let sync = sync(Arc::new(api), &dataverse);
    assert_eq!(outcomes(&sync.pass(Freshness::Cached).await)[0].2, "InProgress");
    let report = sync.pass(Freshness::Cached).await;
    assert_eq!(
        outcomes(&report),
        [("call-1", "Logged", "created")],
        "the number is the first leg's"
    );
    assert_eq!(report.decisions[0].evidence.start, Some(at(0)));
}

#[tokio::test]
async fn a_call_that_still_runs_is_not_logged_because_another_leg_has_ended() {
    let mut running = call("call-1", 0);
    running.id = Some("second leg".to_owned());
    running.end = Reported::Null;
    let api = enreach_passes([vec![running], vec![call("call-1", 0)]]);
    let sync = sync(Arc::new(api), &Arc::new(InMemoryDataverse::default()));
    for _ in 0..2 {
        let report = sync.pass(Freshness::Cached).await;
        assert_eq!(outcomes(&report), [("call-1", "Deferred", "InProgress")]);
    }
}

#[tokio::test]
async fn a_call_marked_as_work_late_is_asked_for_whole() {
    let first = call("call-1", 0);
    let mut marked = call("call-1", 210);
    marked.id = Some("second leg".to_owned());
    marked.a_number = Some("+358942450111".to_owned());
    marked.modified = Some(at(590));
    let mut api = enreach_passes([vec![marked.clone()]]);
    api.expect_calls_with_id()
        .times(1)
        .returning(move |_| Ok(received(vec![first.clone(), marked.clone()])));
    let sync = sync(Arc::new(api), &Arc::new(InMemoryDataverse::default()));
    let report = sync.pass(Freshness::Cached).await;
    assert_eq!(outcomes(&report), [("call-1", "Logged", "created")]);
    assert_eq!(report.decisions[0].evidence.start, Some(at(0)));
}

#[tokio::test]
async fn a_call_that_failed_is_tried_again_although_its_rows_come_no_more() {
    let dataverse = InMemoryDataverse::answering([|_: &[BatchItem]| Ok(Vec::new())]);
    let sync = sync(Arc::new(enreach_passes([vec![call("call-1", 0)]])), &dataverse);
    assert_eq!(outcomes(&sync.pass(Freshness::Cached).await)[0].1, "Failed");
    let again = sync.pass(Freshness::Cached).await;
    assert_eq!(outcomes(&again), [("call-1", "Logged", "created")]);
    assert_eq!(again.rows, 0);
    assert!(sync.pass(Freshness::Cached).await.decisions.is_empty(), "and then no more");
}

#[tokio::test]
async fn a_pass_that_stops_early_does_not_forget_what_is_logged() {
    let mut marked = call("call-2", 0);
    marked.modified = Some(at(590));
    let mut api = enreach_passes([
        vec![call("call-1", 0)],
        vec![call("call-1", 0), marked],
        vec![call("call-1", 0)],
    ]);
    api.expect_calls_with_id().returning(|_| {
        Err(enreach_client::Error::Status {
            operation: "read calls",
            status: 503,
            message: None,
            retry_after: None,
        })
    });
    let dataverse = Arc::new(InMemoryDataverse::default());
    let sync = sync(Arc::new(api), &dataverse);
    assert_eq!(outcomes(&sync.pass(Freshness::Cached).await)[0].1, "Logged");
    assert!(sync.pass(Freshness::Cached).await.error.is_some());
    let third = sync.pass(Freshness::Cached).await;
    let of_first = outcomes(&third).into_iter().find(|(call, ..)| *call == "call-1").unwrap();
    // Its row may be gone by a person's hand: it is not made again.
    assert_eq!(of_first, ("call-1", "AlreadyLogged", "by us"));
}

#[tokio::test]
async fn an_address_that_is_not_there_stops_the_pass_instead_of_blaming_calls() {
    let dataverse = Arc::new(InMemoryDataverse::default());
    for (status, code) in [(404, 0x8006_088a), (400, 0x8004_8d19)] {
        for _ in 0..200 {
            dataverse
                .script
                .lock()
                .unwrap()
                .push_back(Box::new(move |_| Err(service_error(status, code))));
        }
        let calls: Vec<_> = (0..50).map(|number| call(&format!("call-{number}"), number)).collect();
        let report = sync(enreach(calls), &dataverse).pass(Freshness::Cached).await;
        assert!(report.error.is_some(), "HTTP {status} for every batch");
        assert_eq!(report.decisions.len(), 50);
        let sent = std::mem::take(&mut *dataverse.batches.lock().unwrap()).len();
        assert!(sent <= 10, "{sent} batches");
        dataverse.script.lock().unwrap().clear();
    }
}

#[tokio::test]
async fn a_right_that_the_owner_lacks_is_a_refused_owner() {
    let dataverse = InMemoryDataverse::answering([|items: &[BatchItem]| {
        let owner = Uuid::from_u128(ANNA);
        let message = format!("Principal user (Id={owner}, type=8) is missing prvReadActivity");
        Ok(vec![ItemAnswer::Refused(refused(403, 0x8004_0220, &message)); items.len()])
    }]);
    let report = sync(enreach(vec![call("call-1", 0)]), &dataverse).pass(Freshness::Fresh).await;
    assert_eq!(outcomes(&report), [("call-1", "Logged", "created")]);
    assert_eq!(report.decisions[0].evidence.owner.as_deref(), Some("fallback"));
}

#[tokio::test]
async fn whatever_stops_a_pass_every_call_has_a_decision() {
    for refused in ["phonecalls", "contacts", "systemusers"] {
        let dataverse = InMemoryDataverse::refusing(move |query| {
            query.contains(&format!("\"{refused}\"")).then(|| service_error(503, 0x8004_4151))
        });
        let calls = (1..=3).map(|number| call(&format!("call-{number}"), number)).collect();
        let report = sync(enreach(calls), &dataverse).pass(Freshness::Fresh).await;
        assert!(report.error.is_some());
        assert_eq!(report.decisions.len(), 3, "{refused}");
        assert!(report.decisions.iter().all(|d| matches!(d.outcome, Outcome::Failed(_))));
    }
}

#[tokio::test]
async fn a_call_that_cannot_be_asked_about_stops_no_other() {
    let dataverse = InMemoryDataverse::refusing(|query| {
        query.contains("call-2").then(|| service_error(400, 0x8004_8d19))
    });
    let calls = (1..=5).map(|number| call(&format!("call-{number}"), number)).collect();
    let report = sync(enreach(calls), &dataverse).pass(Freshness::Fresh).await;
    let names: Vec<_> = outcomes(&report).into_iter().map(|(_, name, _)| name).collect();
    assert_eq!(names, ["Logged", "Failed", "Logged", "Logged", "Logged"]);
}

#[tokio::test]
async fn columns_that_do_not_exist_give_way_to_the_usual_ones() {
    let dataverse = InMemoryDataverse::refusing(|query| {
        query.contains("new_phone").then(|| service_error(400, 0x8006_0888))
    });
    let mut parts = parts(enreach(vec![call("call-1", 0)]), &dataverse);
    parts.overrides.insert("MatchColumns".to_owned(), "contact: new_phone".to_owned());
    let report = CallSync::new(parts).pass(Freshness::Fresh).await;
    assert_eq!(outcomes(&report), [("call-1", "Logged", "created")]);
    assert!(report.findings.iter().any(|finding| finding.subject == "MatchColumns"));
}

#[tokio::test]
async fn a_logged_call_that_turns_private_stays_with_a_finding() {
    let work = call("call-1", 0);
    let mut private = work.clone();
    private.privacy = Privacy::Private;
    private.modified = Some(at(500));
    let api = enreach_passes([vec![work], vec![private]]);
    let sync = sync(Arc::new(api), &Arc::new(InMemoryDataverse::default()));
    sync.pass(Freshness::Cached).await;
    let report = sync.pass(Freshness::Cached).await;
    assert_eq!(outcomes(&report), [("call-1", "AlreadyLogged", "by us")]);
    assert!(report.findings.iter().any(|finding| finding.message.contains("private now")));
}

#[tokio::test]
async fn no_pass_runs_for_another_organisation() {
    let parts = parts(enreach(vec![call("call-1", 0)]), &Arc::new(InMemoryDataverse::default()));
    let another = OrganizationId::new("another").unwrap();
    parts.store.keep_organization(&parts.tenant, &another).await.unwrap();
    let sync = CallSync::new(parts);
    let report = sync.pass(Freshness::Cached).await;
    let error = report.error.unwrap();
    assert!(error.to_string().contains("would log every call again"), "{error}");
    assert!(report.decisions.is_empty());
}
