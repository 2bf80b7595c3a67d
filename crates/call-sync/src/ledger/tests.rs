use std::sync::Arc;

use enreach_client::Privacy;
use sync_store::{InMemoryStore, Outcome as Kept};
use voice_model::ActivityId;

use super::*;
use crate::legs::Source;
use crate::sample::{as_received, at, row};

const LATER: i64 = 1_000;

fn conversation(change: impl Fn(&mut enreach_client::CallRow)) -> Conversation {
    let mut row = row("call-1", 0);
    change(&mut row);
    fold_one(as_received(row))
}

fn fold_one(row: enreach_client::CallRow) -> Conversation {
    crate::legs::fold([Leg { source: Source::Calls, row }]).remove(0)
}

fn decision(call: &Conversation, outcome: Outcome) -> Decision {
    let evidence = Evidence { number: Some("+358501234567".to_owned()), ..Evidence::default() };
    Decision { call: call.call.clone(), outcome, modified: call.modified, evidence }
}

fn failure() -> Outcome {
    Outcome::Failed(Failure { class: ErrorClass::Rejected, message: "no".to_owned(), tried: true })
}

/// A store in which decisions can be recorded one after the other.
struct Book {
    store: Arc<InMemoryStore>,
    tenant: TenantName,
}

impl Book {
    fn new() -> Self {
        Self { store: Arc::default(), tenant: TenantName::new("contoso") }
    }

    fn ledger(&self) -> Ledger<'_> {
        Ledger { store: self.store.as_ref(), tenant: &self.tenant }
    }

    async fn known(&self) -> Known {
        self.ledger().known(&[CallId::new("call-1").unwrap()]).await.unwrap()
    }

    async fn record(&self, call: &Conversation, outcome: Outcome, now: i64) -> bool {
        let record = self.known().await.record(&decision(call, outcome), call, at(now));
        let records: Vec<_> = record.into_iter().collect();
        self.ledger().record(at(now), &records).await.unwrap();
        !records.is_empty()
    }

    async fn state(&self) -> Kept {
        let call = CallId::new("call-1").unwrap();
        let states = self.store.calls(&self.tenant, std::slice::from_ref(&call)).await.unwrap();
        states[&call].outcome
    }
}

#[tokio::test]
async fn a_call_that_fails_is_tried_eight_times_and_then_given_up() {
    let (book, call) = (Book::new(), conversation(|_| ()));
    let mut now = LATER;
    for attempt in 1..=8 {
        assert!(book.known().await.holds(&call, at(now)).is_none(), "attempt {attempt} is due");
        book.record(&call, failure(), now).await;
        let Kept::Failed { attempts, next_attempt } = book.state().await else { panic!() };
        assert_eq!(attempts, attempt);
        assert_eq!(next_attempt.is_none(), attempt == 8, "attempt {attempt}");
        now = next_attempt.map_or(now, |next| (next - at(0)).num_seconds());
    }
    let held = book.known().await.holds(&call, at(now + 1_000_000)).unwrap();
    assert!(matches!(held, Outcome::Failed(Failure { tried: false, .. })));

    let changed = conversation(|row| row.modified = Some(at(5_000)));
    assert!(book.known().await.holds(&changed, at(now)).is_none(), "a changed call is tried anew");
    book.record(&changed, failure(), now).await;
    assert!(matches!(book.state().await, Kept::Failed { attempts: 1, next_attempt: Some(_) }));
}

#[tokio::test]
async fn between_attempts_a_failed_call_is_left_alone() {
    let (book, call) = (Book::new(), conversation(|_| ()));
    book.record(&call, failure(), LATER).await;
    book.record(&call, failure(), LATER).await;
    assert!(book.known().await.holds(&call, at(LATER + 29)).is_some());
    assert!(book.known().await.holds(&call, at(LATER + 30)).is_none());
}

#[tokio::test]
async fn what_was_not_tried_is_no_attempt() {
    let (book, call) = (Book::new(), conversation(|_| ()));
    let stopped = Failure { class: ErrorClass::Transient, message: String::new(), tried: false };
    assert!(!book.record(&call, Outcome::Failed(stopped), LATER).await);
}

#[tokio::test]
async fn a_skip_holds_while_the_call_does_not_change() {
    let (book, call) = (Book::new(), conversation(|_| ()));
    let skipped = Outcome::Skipped(SkipReason::TooShort);
    assert!(book.record(&call, skipped.clone(), LATER).await);
    assert_eq!(book.known().await.holds(&call, at(LATER)), Some(skipped.clone()));
    assert!(!book.record(&call, skipped, LATER).await, "the same again is no news");

    let changed = conversation(|row| row.modified = Some(at(900)));
    assert_eq!(book.known().await.holds(&changed, at(LATER)), None);
    let unknown = conversation(|row| row.modified = None);
    assert_eq!(book.known().await.holds(&unknown, at(LATER)), None, "nobody can tell");
}

#[tokio::test]
async fn a_deferral_never_holds() {
    let (book, call) = (Book::new(), conversation(|_| ()));
    book.record(&call, Outcome::Deferred(DeferReason::NoMatch), LATER).await;
    assert_eq!(book.known().await.holds(&call, at(LATER)), None);
}

#[tokio::test]
async fn of_a_call_that_turns_private_nothing_is_left_but_its_fate() {
    let (book, work) = (Book::new(), conversation(|_| ()));
    let activity = ActivityId(uuid::Uuid::from_u128(7));
    book.record(&work, Outcome::Logged { activity }, LATER).await;
    assert_eq!(book.known().await.of_rows(&work.call), Knowledge::Known);

    let private = conversation(|row| row.privacy = Privacy::Private);
    let found = Outcome::AlreadyLogged { activity, by: LoggedBy::Us };
    assert!(book.record(&private, found.clone(), LATER).await);
    assert_eq!(book.known().await.of_rows(&work.call), Knowledge::Forgotten);
    let organization = OrganizationId::new("contoso").unwrap();
    assert_eq!(book.known().await.logged(&work.call, &organization), Some(activity));
    assert!(!book.record(&private, found, LATER).await, "once is enough");
}

#[tokio::test]
async fn a_tombstone_names_the_row_that_the_call_must_have_had() {
    let (book, call) = (Book::new(), conversation(|_| ()));
    let organization = OrganizationId::new("contoso").unwrap();
    let activity = ActivityId::of_call(&organization, &call.call);
    book.record(&call, Outcome::Logged { activity }, LATER).await;
    book.store.purge(at(LATER) + Duration::days(60), Duration::days(45)).await.unwrap();
    let known = book.known().await;
    assert_eq!(known.of_rows(&call.call), Knowledge::New);
    assert_eq!(known.logged(&call.call, &organization), Some(activity));
    let found = Outcome::AlreadyLogged { activity, by: LoggedBy::Us };
    assert!(!book.record(&call, found, LATER).await, "what is gone does not come back");
}

#[tokio::test]
async fn a_skip_does_not_hold_when_another_row_comes() {
    let (book, call) = (Book::new(), conversation(|_| ()));
    book.record(&call, Outcome::Skipped(SkipReason::PersonalWorkQueue), LATER).await;
    let mut late = row("call-1", 0);
    late.id = Some("late row".to_owned());
    late.modified = Some(at(1));
    let both = call.legs.iter().cloned();
    let late = Leg { source: Source::Calls, row: as_received(late) };
    let both = crate::legs::fold(both.chain([late])).remove(0);
    assert_eq!(book.known().await.holds(&both, at(LATER)), None);
}

#[tokio::test]
async fn rows_come_back_as_they_were_received() {
    let (book, call) = (Book::new(), conversation(|row| row.a_number = Some("0501".to_owned())));
    book.record(&call, Outcome::Deferred(DeferReason::NoMatch), LATER).await;
    let kept = book.known().await.legs(&call.call);
    assert_eq!(crate::legs::fold(kept), [call]);
}
