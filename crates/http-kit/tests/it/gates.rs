use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use http_kit::Safety::{self, Keyed, Plain, Safe};
use http_kit::{Closed, End, Entrant, Error, Gate, Pass};
use voice_model::ErrorClass;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::plant::Misbehaviour::{Behave, Hang, Reset};
use crate::plant::{RawServer, builder, client, request};

/// What happened at a gate.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Event {
    Entered,
    Turned,
    Answered(u16, Option<Duration>),
    TimedOut,
    NoAnswer,
    GivenUp,
}

/// Writes down what happens, lets in as told, and answers every 429 with a pause.
#[derive(Debug, Clone)]
struct Porter {
    events: Arc<Mutex<Vec<Event>>>,
    /// Closed from the attempt with this number on.
    closed_from: usize,
    pause: Option<Duration>,
}

impl Porter {
    fn new() -> Self {
        Self { events: Arc::default(), closed_from: 99, pause: None }
    }

    fn note(&self, event: Event) {
        self.events.lock().unwrap().push(event);
    }

    fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap().clone()
    }
}

#[async_trait]
impl Gate for Porter {
    async fn enter(&self, entrant: &Entrant<'_>) -> Result<Box<dyn Pass>, Closed> {
        assert!(entrant.host.starts_with("127.0.0.1:"), "{entrant:?}");
        let entered = self.events().iter().filter(|event| **event == Event::Entered).count();
        if entered >= self.closed_from {
            self.note(Event::Turned);
            return Err(Closed { opens_in: Duration::from_secs(90) });
        }
        self.note(Event::Entered);
        Ok(Box::new(Badge { porter: self.clone(), ended: false }))
    }
}

struct Badge {
    porter: Porter,
    ended: bool,
}

impl Pass for Badge {
    fn end(mut self: Box<Self>, end: &End<'_>) -> Option<Duration> {
        self.ended = true;
        let (event, throttled) = match end {
            End::Answer { status, retry_after, headers, body } => {
                assert_eq!(headers["x-seen"], "yes");
                assert_eq!(&body[..], b"why");
                (Event::Answered(status.as_u16(), *retry_after), status.as_u16() == 429)
            }
            End::TimedOut => (Event::TimedOut, false),
            End::NoAnswer => (Event::NoAnswer, false),
        };
        self.porter.note(event);
        self.porter.pause.filter(|_| throttled)
    }
}

impl Drop for Badge {
    fn drop(&mut self) {
        if !self.ended {
            self.porter.note(Event::GivenUp);
        }
    }
}

fn answer(status: u16) -> ResponseTemplate {
    ResponseTemplate::new(status).insert_header("x-seen", "yes").set_body_string("why")
}

/// Answers 429 once, then 200.
async fn once_refused(retry_after: &str) -> MockServer {
    let server = MockServer::start().await;
    let refusal = answer(429).insert_header("retry-after", retry_after);
    Mock::given(any()).respond_with(refusal).up_to_n_times(1).mount(&server).await;
    Mock::given(any()).respond_with(answer(200)).mount(&server).await;
    server
}

#[tokio::test]
async fn every_attempt_enters_and_tells_how_it_ended() {
    let server = once_refused("0").await;
    let porter = Porter::new();
    let response = client().send_through(&porter, request(&server.uri(), Safe)).await.unwrap();
    assert_eq!((response.status.as_u16(), response.attempts()), (200, 2));
    let refused = Event::Answered(429, Some(Duration::ZERO));
    let events = [Event::Entered, refused, Event::Entered, Event::Answered(200, None)];
    assert_eq!(porter.events(), events);
}

#[tokio::test]
async fn an_attempt_without_answer_ends_too() {
    let server = RawServer::start(&[Reset, Hang]).await;
    let porter = Porter::new();
    let client =
        builder().attempt_timeout(Duration::from_millis(100)).max_attempts(2).build().unwrap();
    client.send_through(&porter, request(&server.url, Safe)).await.unwrap_err();
    let events = [Event::Entered, Event::NoAnswer, Event::Entered, Event::TimedOut];
    assert_eq!(porter.events(), events);
}

#[tokio::test]
async fn an_attempt_that_the_deadline_cuts_short_has_not_timed_out() {
    let server = RawServer::start(&[Hang]).await;
    let porter = Porter::new();
    let client = builder().deadline(Duration::from_millis(100)).build().unwrap();
    client.send_through(&porter, request(&server.url, Safe)).await.unwrap_err();
    assert_eq!(porter.events(), [Event::Entered, Event::NoAnswer]);
}

#[tokio::test]
async fn a_send_that_is_given_up_gives_its_pass_back() {
    let server = RawServer::start(&[Hang]).await;
    let porter = Porter::new();
    let client = client();
    let sending = client.send_through(&porter, request(&server.url, Safe));
    let connected = async {
        while server.connections() == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        result = sending => panic!("{result:?}"),
        () = connected => {}
    }
    assert_eq!(porter.events(), [Event::Entered, Event::GivenUp]);
}

#[tokio::test]
async fn a_closed_gate_sends_nothing() {
    let server = RawServer::start(&[Behave]).await;
    let porter = Porter { closed_from: 0, ..Porter::new() };
    for safety in [Safe, Keyed, Plain] {
        let client = client();
        let error = client.send_through(&porter, request(&server.url, safety)).await.unwrap_err();
        assert!(matches!(error, Error::Held { attempts: 0, .. }), "{error:?}");
        let wait = Some(Duration::from_secs(90));
        assert_eq!(error.class(), ErrorClass::Throttled { retry_after: wait });
        assert!(!error.may_have_applied());
        assert!(error.to_string().contains("for another 90.0 s"), "{error}");
        assert_eq!(client.requests_sent(), 0);
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_gate_that_closes_between_attempts_tells_what_the_first_may_have_done() {
    let cases: [(Safety, bool); 2] = [(Safe, false), (Keyed, true)];
    for (safety, may_have_applied) in cases {
        let server = RawServer::start(&[Reset]).await;
        let porter = Porter { closed_from: 1, ..Porter::new() };
        let sending = request(&server.url, safety);
        let error = client().send_through(&porter, sending).await.unwrap_err();
        assert!(matches!(error, Error::Held { attempts: 1, .. }), "{error:?}");
        assert_eq!(error.may_have_applied(), may_have_applied);
        assert_eq!(porter.events(), [Event::Entered, Event::NoAnswer, Event::Turned]);
    }
}

#[tokio::test]
async fn an_attempt_that_a_gate_holds_back_waits_nowhere_else() {
    let server = once_refused("30").await;
    let porter = Porter { pause: Some(Duration::from_secs(30)), ..Porter::new() };
    let started = Instant::now();
    let response = client().send_through(&porter, request(&server.uri(), Plain)).await.unwrap();
    assert_eq!(response.status.as_u16(), 200);
    assert!(started.elapsed() < Duration::from_secs(10), "this porter lets it in at once");
}

#[tokio::test]
async fn an_answer_that_closes_a_gate_for_too_long_is_handed_back() {
    for (asked, pause, ceiling, deadline) in
        [("1", 61, 60, 600), ("61", 61, 60, 600), ("1", 30, 60, 20)]
    {
        let server = once_refused(asked).await;
        let porter = Porter { pause: Some(Duration::from_secs(pause)), ..Porter::new() };
        let client = builder()
            .retry_after_ceiling(Duration::from_secs(ceiling))
            .deadline(Duration::from_secs(deadline))
            .build()
            .unwrap();
        let sending = request(&server.uri(), Safe);
        let response = client.send_through(&porter, sending).await.unwrap();
        assert_eq!((response.status.as_u16(), response.attempts()), (429, 1));
    }
}

#[tokio::test]
async fn a_gate_stands_in_place_of_the_permits() {
    let hanging = RawServer::start(&[Hang, Behave]).await;
    let client = builder().concurrency_per_host(1).build().unwrap();
    let first = client.send(request(&hanging.url, Safe));
    let second = async {
        while hanging.connections() == 0 {
            tokio::task::yield_now().await;
        }
        let porter = Lenient;
        client.send_through(&porter, request(&hanging.url, Safe)).await.unwrap()
    };
    tokio::select! {
        biased;
        result = first => panic!("{result:?}"),
        response = second => assert_eq!(response.status.as_u16(), 200),
    }
}

/// Lets everybody in and takes no notes.
struct Lenient;

#[async_trait]
impl Gate for Lenient {
    async fn enter(&self, _: &Entrant<'_>) -> Result<Box<dyn Pass>, Closed> {
        Ok(Box::new(Lenient))
    }
}

impl Pass for Lenient {
    fn end(self: Box<Self>, _: &End<'_>) -> Option<Duration> {
        None
    }
}
