use std::cell::{Cell, RefCell};

use call_sync::{DeferReason, Evidence, Failure, LoggedBy, Outcome};
use dataverse_client::ServiceError;
use tokio::time::Instant;
use uuid::Uuid;
use voice_model::{ActivityId, CallId};

use super::*;

#[derive(Default)]
struct Notes(RefCell<Vec<Duration>>);

impl Watcher for Notes {
    fn waits(&self, wait: Duration, _: &Error) {
        self.0.borrow_mut().push(wait);
    }

    fn stops(&self) {}
}

fn service(status: u16, retry_after: Option<u64>) -> Error {
    let source = ServiceError {
        status,
        code: None,
        message: "no".to_owned(),
        retry_after: retry_after.map(Duration::from_secs),
    };
    dataverse_client::Error::Service { operation: "run a batch".to_owned(), source }.into()
}

fn stopped(error: Error) -> PassReport {
    PassReport { error: Some(error), dataverse_requests: 1, ..PassReport::default() }
}

fn decision(call: &str, outcome: Outcome) -> Decision {
    let call = CallId::new(call).unwrap();
    Decision { call, outcome, modified: None, evidence: Evidence::default() }
}

/// Runs a piece whose tries end as told, the last one well.
async fn run(stops: Vec<Error>) -> (PassReport, Ended, Vec<Duration>) {
    let (stops, sent, notes) = (RefCell::new(stops.into_iter()), Cell::new(0), Notes::default());
    let attempt = async || {
        let report = stops.borrow_mut().next().map_or_else(PassReport::default, stopped);
        sent.set(sent.get() + report.dataverse_requests);
        report
    };
    let (report, ended) = persist(attempt, &Shutdown::new(), &notes).await;
    assert_eq!(report.dataverse_requests, sent.get(), "the requests of all tries count");
    (report, ended, notes.0.into_inner())
}

fn seconds(seconds: &[u64]) -> Vec<Duration> {
    seconds.iter().copied().map(Duration::from_secs).collect()
}

#[tokio::test(start_paused = true)]
async fn a_piece_that_is_asked_to_wait_waits_as_long_and_is_never_given_up() {
    let asked = [Some(30), Some(0), None, Some(3600)];
    let stops = asked.into_iter().cycle().take(40).map(|asked| service(429, asked)).collect();
    let begun = Instant::now();
    let (report, ended, waits) = run(stops).await;
    assert_eq!((ended, report.error.is_none()), (Ended::Done, true));
    assert_eq!(waits[..4], seconds(&[30, 1, 60, 600]));
    assert!(begun.elapsed() >= waits.iter().sum::<Duration>(), "every wait is kept");
}

#[tokio::test(start_paused = true)]
async fn passing_trouble_is_waited_out_five_times() {
    let trouble = |times| (0..times).map(|_| service(503, None)).collect();
    let (_, ended, waits) = run(trouble(4)).await;
    assert_eq!((ended, waits), (Ended::Done, seconds(&[5, 15, 60, 300])));
    let (report, ended, _) = run(trouble(5)).await;
    assert_eq!((ended, report.error.unwrap().class()), (Ended::Stopped, ErrorClass::Transient));
}

#[tokio::test(start_paused = true)]
async fn a_cause_that_does_not_pass_stops_at_once() {
    let (report, ended, waits) = run(vec![service(403, None)]).await;
    assert_eq!((ended, waits.len(), report.error.is_some()), (Ended::Stopped, 0, true));
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_when_the_process_is_to_stop() {
    let shutdown = Shutdown::new();
    let attempt = async || stopped(service(429, Some(600)));
    let begun = Instant::now();
    let notes = Notes::default();
    let stop = async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        shutdown.request();
    };
    let ((_, ended), ()) = tokio::join!(persist(attempt, &shutdown, &notes), stop);
    assert_eq!((ended, begun.elapsed()), (Ended::Interrupted, Duration::from_secs(3)));
}

#[test]
fn what_an_earlier_try_has_written_counts_as_written_and_the_rest_as_last_decided() {
    let activity = ActivityId(Uuid::nil());
    let failed = || {
        let class = ErrorClass::Throttled { retry_after: None };
        Outcome::Failed(Failure { class, message: String::new(), tried: false })
    };
    let found = || Outcome::AlreadyLogged { activity, by: LoggedBy::Us };
    let logged = || Outcome::Logged { activity };
    let report = |decisions| PassReport { decisions, rows: 3, ..PassReport::default() };
    let first =
        report(vec![decision("a", logged()), decision("b", failed()), decision("c", failed())]);
    let second = report(vec![
        decision("a", found()),
        decision("b", logged()),
        decision("c", Outcome::Deferred(DeferReason::NoMatch)),
    ]);
    let whole = after(first, second);
    let outcomes: Vec<_> = whole.decisions.into_iter().map(|decision| decision.outcome).collect();
    assert_eq!(outcomes, [logged(), logged(), Outcome::Deferred(DeferReason::NoMatch)]);

    let first = report(vec![decision("a", logged())]);
    let stopped_early = after(first, stopped(service(429, None)));
    assert_eq!(stopped_early.decisions, [decision("a", logged())]);
    assert_eq!(stopped_early.rows, 3);
}
