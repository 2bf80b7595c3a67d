use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::{Value, json};
use sync_store::JobName;
use voice_model::{ErrorClass, ManualClock, TenantName};
use worker::{JobStatus, PassEnd, PassError, Refusal, Status};

use crate::fixtures::{moment, tenant};

fn plant() -> (Arc<ManualClock>, Status, JobStatus) {
    let clock = Arc::new(ManualClock::new(moment("01 12:00")));
    let status = Status::new(clock.clone());
    let job = status.job(&tenant(), &JobName::CALL_SYNC);
    (clock, status, job)
}

fn reported(status: &Status) -> Value {
    serde_json::to_value(status.report()).unwrap()
}

fn stopped(class: ErrorClass, message: &str) -> PassEnd {
    let error = PassError { class, message: message.to_owned() };
    PassEnd { error: Some(error), ..PassEnd::default() }
}

#[test]
fn a_job_without_a_pass_is_shown_as_such() {
    let (_, status, _) = plant();
    let report = reported(&status);
    assert_eq!(report["version"], worker::VERSION);
    assert_eq!(report["commit"], worker::COMMIT);
    assert_eq!(report["started_at"], "2026-03-01T12:00:00Z");
    assert_eq!(
        report["jobs"],
        json!([{
            "tenant": "contoso", "job": "call-sync", "running_since": null, "last_pass": null,
            "last_good_pass_ended_at": null, "oldest_unprocessed_age_secs": null, "counts": {},
            "last_error": null, "next_pass_due_at": null, "done_elsewhere_by": null
        }])
    );
}

#[test]
fn a_pass_is_shown_while_it_runs_and_with_its_counts_after_it() {
    let (clock, status, job) = plant();
    let pass = job.pass_started();
    assert_eq!(reported(&status)["jobs"][0]["running_since"], "2026-03-01T12:00:00Z");
    clock.advance(TimeDelta::seconds(3));
    pass.ended(PassEnd {
        counts: BTreeMap::from([("logged".to_owned(), 4), ("fetched".to_owned(), 9)]),
        oldest_unprocessed_at: Some(moment("01 11:50")),
        error: None,
    });
    job.next_pass_due(moment("01 12:01"));
    clock.advance(TimeDelta::seconds(7));
    assert_eq!(
        reported(&status)["jobs"][0],
        json!({
            "tenant": "contoso", "job": "call-sync", "running_since": null,
            "last_pass": {
                "started_at": "2026-03-01T12:00:00Z", "ended_at": "2026-03-01T12:00:03Z", "ok": true
            },
            "last_good_pass_ended_at": "2026-03-01T12:00:03Z",
            "oldest_unprocessed_age_secs": 610,
            "counts": {"fetched": 9, "logged": 4},
            "last_error": null, "next_pass_due_at": "2026-03-01T12:01:00Z",
            "done_elsewhere_by": null
        })
    );
}

#[test]
fn an_error_stays_with_its_time_after_passes_went_well_again() {
    let (clock, status, job) = plant();
    job.pass_started().ended(PassEnd::default());
    clock.advance(TimeDelta::minutes(1));
    job.pass_started().ended(stopped(ErrorClass::Transient, "Enreach: no route to host"));
    let failed = reported(&status)["jobs"][0].clone();
    assert_eq!(failed["last_pass"]["ok"], false);
    assert_eq!(failed["last_good_pass_ended_at"], "2026-03-01T12:00:00Z");
    clock.advance(TimeDelta::minutes(1));
    job.pass_started().ended(PassEnd::default());
    let healed = reported(&status)["jobs"][0].clone();
    assert_eq!(healed["last_pass"]["ok"], true);
    assert_eq!(healed["last_good_pass_ended_at"], "2026-03-01T12:02:00Z");
    let error = json!({
        "class": "Transient", "message": "Enreach: no route to host", "at": "2026-03-01T12:01:00Z"
    });
    assert_eq!((&failed["last_error"], &healed["last_error"]), (&error, &error));
}

#[test]
fn the_oldest_item_ages_until_a_good_pass_says_otherwise() {
    let (clock, status, job) = plant();
    let age = || reported(&status)["jobs"][0]["oldest_unprocessed_age_secs"].clone();
    let waits = |at| PassEnd { oldest_unprocessed_at: Some(moment(at)), ..PassEnd::default() };
    job.pass_started().ended(waits("01 11:59"));
    assert_eq!(age(), 60);
    clock.advance(TimeDelta::minutes(10));
    job.pass_started().ended(stopped(ErrorClass::Auth, "the secret was refused"));
    assert_eq!(age(), 660, "a pass that learnt nothing changes nothing");
    job.unprocessed_since(moment("01 12:09"));
    assert_eq!(age(), 660, "the older of two counts");
    job.pass_started().ended(PassEnd::default());
    assert_eq!(age(), Value::Null);
    job.unprocessed_since(moment("01 12:09"));
    assert_eq!(age(), 60);
    clock.advance(TimeDelta::hours(-1));
    assert_eq!(age(), 0, "after the clock was set back");
}

#[test]
fn a_pass_that_breaks_off_is_an_error_of_ours() {
    let (_, status, job) = plant();
    drop(job.pass_started());
    let report = reported(&status)["jobs"][0].clone();
    assert_eq!(
        (&report["running_since"], &report["last_pass"]["ok"]),
        (&json!(null), &json!(false))
    );
    assert_eq!(report["last_error"]["class"], "Bug");
    assert_eq!(
        report["last_error"]["message"],
        "the pass broke off before its end; the log says why"
    );
}

#[test]
fn a_job_that_another_process_does_says_whose_it_is() {
    let (_, status, job) = plant();
    let refusal = Refusal {
        tenant: tenant(),
        job: JobName::CALL_SYNC,
        holder: "other/7/1/00".to_owned(),
        until: moment("01 12:01"),
    };
    job.done_elsewhere(&refusal);
    assert_eq!(reported(&status)["jobs"][0]["done_elsewhere_by"], "other/7/1/00");
    job.pass_started().ended(PassEnd::default());
    assert_eq!(reported(&status)["jobs"][0]["done_elsewhere_by"], Value::Null);
}

#[test]
fn jobs_are_shown_by_tenant_then_job_and_clones_write_to_one_place() {
    let (_, status, job) = plant();
    status.job(&tenant(), &JobName::RETRO_SYNC);
    let adatum = TenantName::new("adatum");
    status.clone().job(&adatum, &JobName::RETRO_SYNC).pass_started().ended(PassEnd::default());
    job.clone().pass_started().ended(PassEnd::default());
    let report = status.report();
    let shown = report.jobs.iter().map(|job| (job.tenant.as_str(), job.job.as_str()));
    let all = [("adatum", "retro-sync"), ("contoso", "call-sync"), ("contoso", "retro-sync")];
    assert_eq!(shown.collect::<Vec<_>>(), all);
    let ended = report.jobs.iter().map(|job| job.last_pass.is_some());
    assert_eq!(ended.collect::<Vec<_>>(), [true, true, false]);
}
