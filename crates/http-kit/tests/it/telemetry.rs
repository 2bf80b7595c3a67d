use std::io::Write;
use std::sync::{Arc, Mutex};

use http_kit::Safety::Safe;
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, SharedString, Unit};
use tracing_subscriber::fmt::MakeWriter;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::plant::{builder, request};

#[derive(Debug, Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Captured {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Notes the key of every metric that is touched.
impl metrics::Recorder for Captured {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        writeln!(self.clone(), "{key}").unwrap();
        Counter::noop()
    }
    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }
    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        writeln!(self.clone(), "{key}").unwrap();
        Histogram::noop()
    }
}

/// Two attempts under the request id `id`.
fn exchange(id: &'static str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let server = MockServer::start().await;
        Mock::given(any())
            .respond_with(ResponseTemplate::new(503).set_body_string("answer-body"))
            .mount(&server)
            .await;
        let url = format!("{}/calls?Number=%2B358501234567", server.uri());
        let request = request(&url, Safe)
            .header("authorization", "Basic c2VjcmV0")
            .header("x-ms-client-request-id", id)
            .body("question-body");
        builder().max_attempts(2).build().unwrap().send(request).await.unwrap();
    });
}

#[test]
fn each_attempt_is_one_log_line_without_query_header_or_body() {
    let log = Captured::default();
    // For the whole process: the other tests, in other threads, would otherwise settle that nobody
    // listens to these events.
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_writer(log.clone())
        .with_ansi(false)
        .init();
    exchange("logged");
    let text = log.text();
    let lines: Vec<_> = text.lines().filter(|line| line.contains("=\"logged\"")).collect();
    assert_eq!(lines.len(), 2, "{text}");
    for part in ["method=GET", "path=\"/calls\"", "status=\"503\"", "attempt=1", "read calls"] {
        assert!(lines[0].contains(part), "{part} in {}", lines[0]);
    }
    for hidden in ["%2B358", "Number", "c2VjcmV0", "answer-body", "question-body"] {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
}

#[test]
fn each_attempt_counts_by_host_method_and_status() {
    let seen = Captured::default();
    metrics::with_local_recorder(&seen, || exchange("counted"));
    let text = seen.text();
    assert_eq!(text.matches("http_requests_total").count(), 2, "{text}");
    assert_eq!(text.matches("http_request_duration_seconds").count(), 2, "{text}");
    for part in ["status = 503", "method = GET", "host = 127.0.0.1"] {
        assert!(text.contains(part), "{part} in {text}");
    }
}
