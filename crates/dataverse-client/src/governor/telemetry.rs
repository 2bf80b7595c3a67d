//! What the governor tells operators.

use std::time::Duration;

use super::reading::Refusal;

/// How many may be in flight, and how many wait.
pub(super) fn load(host: &str, limit: usize, waiting: usize) {
    metrics::gauge!("dataverse_parallelism", "host" => host.to_owned()).set(limit as f64);
    metrics::gauge!("dataverse_requests_waiting", "host" => host.to_owned()).set(waiting as f64);
}

/// A refusal that holds all requests back.
pub(super) fn hold(host: &str, refusal: &Refusal, lasts: Duration) {
    let code = refusal.code.map_or_else(|| "none".to_owned(), |code| format!("{code:#010x}"));
    metrics::counter!(
        "dataverse_holds_total",
        "host" => host.to_owned(),
        "status" => refusal.status.to_string(),
        "code" => code.clone(),
    )
    .increment(1);
    metrics::histogram!("dataverse_hold_seconds", "host" => host.to_owned())
        .record(lasts.as_secs_f64());
    tracing::info!(
        host,
        status = refusal.status,
        code,
        seconds = lasts.as_secs_f64(),
        "Dataverse wants no more requests for now; all of them are held back"
    );
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use metrics::{Counter, Gauge, GaugeFn, Histogram, Key, KeyName, Metadata, SharedString, Unit};

    use super::*;

    /// Notes every metric that is touched, and the values of gauges.
    #[derive(Debug, Clone, Default)]
    struct Notes(Arc<Mutex<Vec<String>>>);

    struct NotedGauge(Notes, Key);

    impl Notes {
        fn add(&self, note: String) {
            self.0.lock().unwrap().push(note);
        }
    }

    impl GaugeFn for NotedGauge {
        fn increment(&self, _: f64) {}
        fn decrement(&self, _: f64) {}
        fn set(&self, value: f64) {
            self.0.add(format!("{} = {value}", self.1));
        }
    }

    impl metrics::Recorder for Notes {
        fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
            self.add(key.to_string());
            Counter::noop()
        }
        fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
            Gauge::from_arc(Arc::new(NotedGauge(self.clone(), key.clone())))
        }
        fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
            self.add(key.to_string());
            Histogram::noop()
        }
    }

    #[test]
    fn load_and_holds_are_told_by_host() {
        let notes = Notes::default();
        let refusal = Refusal {
            status: 429,
            code: Some(0x8007_2322),
            retry_after: None,
            at_least: Duration::ZERO,
        };
        metrics::with_local_recorder(&notes, || {
            load("contoso", 4, 17);
            hold("contoso", &refusal, Duration::from_secs(9));
        });
        let noted = notes.0.lock().unwrap().join("\n");
        for part in [
            "dataverse_parallelism, [host = contoso]) = 4",
            "dataverse_requests_waiting, [host = contoso]) = 17",
            "dataverse_holds_total, [host = contoso, status = 429, code = 0x80072322]",
            "dataverse_hold_seconds, [host = contoso]",
        ] {
            assert!(noted.contains(part), "{part} is not in:\n{noted}");
        }
    }
}
