use super::*;
use std::collections::VecDeque;
use std::sync::Mutex as Lock;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use dataverse_client::{
    BatchItem, ItemAnswer, NextLink, Page, Query, Row, ServiceError, WhoAmI, Write,
};
use enreach_client::{CallRow, MockEnreachApi, Privacy, Reported, Rows, User};
use serde_json::{Value, json};
use uuid::Uuid;
use voice_model::{ActivityId, AgentId, ErrorClass, ManualClock, OrganizationId};

use crate::decision::Failure;
use crate::sample::{at, row};

const ANNA: u128 = 0xA;
const FALLBACK: u128 = 0xF;
const CONTACT: u128 = 0xC;

type Answer = dyn Fn(&[BatchItem]) -> dataverse_client::Result<Vec<ItemAnswer>> + Send;

/// A Dataverse of a few rows, whose batches are answered by a script; after its end all is written.
#[derive(Default)]
struct InMemoryDataverse {
    phone_calls: Lock<Vec<Value>>,
    script: Lock<VecDeque<Box<Answer>>>,
    batches: Lock<Vec<Vec<BatchItem>>>,
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
                Write::Update { .. } => None,
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
        let asked = |set: &str| format!("{query:?}").contains(&format!("entity_set: \"{set}\""));
        let user = |id: u128, agent: &str| {
            json!({"systemuserid": Uuid::from_u128(id), "fullname": agent, "ev_clouduserid": agent,
                   "createdon": at(0)})
        };
        let rows = if asked("contacts") {
            vec![
                json!({"contactid": Uuid::from_u128(CONTACT), "fullname": "Aino", "createdon": at(0),
                        "telephone1": "050-123 4567"}),
            ]
        } else if asked("systemusers") {
            vec![user(ANNA, "anna"), user(FALLBACK, "fallback")]
        } else if asked("ev_settings") {
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

    fn requests_sent(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }
}

/// An Enreach with these rows in `/calls`, pass after pass.
fn enreach(rows: Vec<CallRow>) -> Arc<MockEnreachApi> {
    enreach_of("contoso", rows)
}

fn enreach_of(organization: &'static str, rows: Vec<CallRow>) -> Arc<MockEnreachApi> {
    let mut api = MockEnreachApi::new();
    api.expect_requests_sent().return_const(0u64);
    api.expect_me().returning(move || {
        Ok(User {
            id: AgentId::new("api user").unwrap(),
            user_name: None,
            email: None,
            first_name: None,
            last_name: None,
            organization: OrganizationId::new(organization).ok(),
            work_number: None,
            mobile_number: None,
            deleted: false,
        })
    });
    api.expect_users().returning(|| Ok(Rows::default()));
    api.expect_queues().returning(|| Ok(Rows::default()));
    api.expect_calls()
        .returning(move |_, _| Ok(Rows { rows: rows.clone(), unreadable: Vec::new() }));
    api.expect_service_calls().returning(|_, _| Ok(Rows::default()));
    Arc::new(api)
}

/// A row of Anna's, answered and ended.
fn call(name: &str, start: i64) -> CallRow {
    let mut row = row(name, start);
    row.a_number = Some("+358501234567".to_owned());
    row.agent = AgentId::new("anna").ok();
    row
}

fn sync(enreach: Arc<MockEnreachApi>, dataverse: &Arc<InMemoryDataverse>) -> CallSync {
    let overrides = [("DefaultRegion".to_owned(), "FI".to_owned())];
    CallSync::new(CallSyncParts {
        enreach,
        dataverse: Arc::clone(dataverse) as Arc<dyn DataverseApi>,
        clock: Arc::new(ManualClock::new(at(600))),
        names: Names::default(),
        overrides: overrides.into(),
    })
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

    let mut api = MockEnreachApi::new();
    let template = enreach(Vec::new());
    api.expect_requests_sent().return_const(0u64);
    let me = template.me().await.unwrap();
    api.expect_me().returning(move || Ok(me.clone()));
    api.expect_users().returning(|| Ok(Rows::default()));
    api.expect_queues().returning(|| Ok(Rows::default()));
    api.expect_service_calls().returning(|_, _| Ok(Rows::default()));
    let mut windows = VecDeque::from([vec![first, running], vec![transferred]]);
    api.expect_calls().returning(move |_, _| {
        Ok(Rows { rows: windows.pop_front().unwrap_or_default(), unreadable: Vec::new() })
    });

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
async fn no_pass_runs_for_another_organisation() {
    let mut memory = Memory::default();
    let one = OrganizationId::new("one").unwrap();
    memory.hold_to(&one).unwrap();
    memory.hold_to(&one).unwrap();
    let error = memory.hold_to(&OrganizationId::new("two").unwrap()).unwrap_err();
    assert!(error.to_string().contains("would log every call again"), "{error}");
}
