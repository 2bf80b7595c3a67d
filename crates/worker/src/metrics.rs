//! What is counted and measured, as Prometheus reads it.
//!
//! Everything goes through the `metrics` facade, so that libraries count without knowing who reads.
//! Labels hold names of tenants, jobs, outcomes, reasons, hosts and statuses: never numbers, names of
//! people, or ids of calls.

use std::sync::OnceLock;
use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use sync_store::JobName;
use voice_model::{ErrorClass, TenantName};

use crate::status::{COMMIT, Status, VERSION};

/// Passes that ended.
const PASSES: &str = "voice_passes_total";
/// How long they took.
const PASS_DURATION: &str = "voice_pass_duration_seconds";
/// When the last one without error ended, in seconds since 1970.
const LAST_GOOD_PASS: &str = "voice_last_good_pass_timestamp_seconds";
/// Decisions that were taken.
const DECISIONS: &str = "voice_decisions_total";
/// Age of the oldest item that waits.
const OLDEST_UNPROCESSED: &str = "voice_oldest_unprocessed_age_seconds";
/// What runs.
const BUILD: &str = "voice_build_info";

/// Upper ends of the buckets of all histograms, in seconds: from a request to a long pass.
const BUCKETS: [f64; 14] =
    [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0];

/// How often what was measured is added up; between that it takes memory.
const UPKEEP: Duration = Duration::from_secs(5);

/// The metrics of this process. Clones are one.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Metrics {
    /// Counts from now on; a second call gives what the first one gave. Whoever installs must also
    /// [keep up](Self::keep_up).
    ///
    /// What was counted before is lost, so this comes first in a process.
    pub fn install() -> Self {
        static INSTALLED: OnceLock<PrometheusHandle> = OnceLock::new();
        let handle = INSTALLED.get_or_init(|| {
            let recorder = builder().build_recorder();
            let handle = recorder.handle();
            if metrics::set_global_recorder(recorder).is_err() {
                tracing::error!("metrics go elsewhere: something else collects them");
            }
            describe();
            handle
        });
        Self(handle.clone())
    }

    /// Adds up what was measured, for ever.
    pub async fn keep_up(&self) {
        loop {
            tokio::time::sleep(UPKEEP).await;
            self.0.run_upkeep();
        }
    }

    /// All metrics as Prometheus text, with the ages of this moment.
    pub fn render(&self, status: &Status) -> String {
        for job in status.report().jobs {
            let age = job.oldest_unprocessed_age_secs.unwrap_or_default();
            let labels = [("tenant", job.tenant.to_string()), ("job", job.job)];
            #[expect(clippy::cast_precision_loss, reason = "an age is far from 2^53 seconds")]
            metrics::gauge!(OLDEST_UNPROCESSED, &labels).set(age as f64);
            if let Some(ended) = job.last_good_pass_ended_at {
                #[expect(clippy::cast_precision_loss, reason = "so is a moment")]
                metrics::gauge!(LAST_GOOD_PASS, &labels).set(ended.timestamp() as f64);
            }
        }
        self.0.render()
    }
}

fn builder() -> PrometheusBuilder {
    // Refused for an empty list only.
    PrometheusBuilder::new().set_buckets(&BUCKETS).unwrap_or_default()
}

fn describe() {
    metrics::describe_counter!(
        PASSES,
        "Passes that ended, by result: ok, or the class of the error"
    );
    metrics::describe_histogram!(PASS_DURATION, "How long passes took");
    metrics::describe_gauge!(LAST_GOOD_PASS, "When the last pass without error ended");
    metrics::describe_counter!(DECISIONS, "Decisions taken, by outcome and reason");
    metrics::describe_gauge!(
        OLDEST_UNPROCESSED,
        "Age of the oldest item that is known and not processed; 0 = none"
    );
    metrics::describe_gauge!(BUILD, "1, with version and commit of the program");
    metrics::describe_counter!("http_requests_total", "Attempts of outgoing requests, by answer");
    metrics::describe_histogram!("http_request_duration_seconds", "How long those attempts took");
    metrics::gauge!(BUILD, "version" => VERSION, "commit" => COMMIT).set(1.0);
}

pub(crate) fn pass_ended(
    tenant: &TenantName,
    job: &JobName,
    error: Option<ErrorClass>,
    took: Duration,
) {
    let labels = [("tenant", tenant.to_string()), ("job", job.to_string())];
    metrics::histogram!(PASS_DURATION, &labels).record(took.as_secs_f64());
    let [tenant, job] = labels;
    let result = ("result", error.map_or("ok", ErrorClass::name).to_owned());
    metrics::counter!(PASSES, &[tenant, job, result]).increment(1);
}

pub(crate) fn decided(tenant: &TenantName, job: &JobName, outcome: &str, reason: &str, count: u64) {
    metrics::counter!(
        DECISIONS,
        "tenant" => tenant.to_string(),
        "job" => job.to_string(),
        "outcome" => outcome.to_owned(),
        "reason" => reason.to_owned(),
    )
    .increment(count);
}
