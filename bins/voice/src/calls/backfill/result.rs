//! What a backfill did for a tenant, for people and for programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use call_sync::{Decision, ErrorSummary, Evidence, PassReport, TenantSummary};
use chrono::{DateTime, Utc};
use program::Stopped;
use serde::Serialize;
use serde_json::{Value, json};
use voice_model::TenantName;
use worker::Exit;

use super::{Errand, when};
use crate::table;

/// What a backfill did for a tenant.
pub(super) struct TenantResult {
    pub(super) tenant: TenantName,
    /// All calls that start before were decided.
    pub(super) done_until: DateTime<Utc>,
    /// Whether a signal ended it.
    pub(super) interrupted: bool,
    /// Everything so far as one pass. What decisions rest on is dropped unless it is to be shown.
    whole: PassReport,
    dry_run: bool,
    stopped: Option<Stopped>,
}

impl TenantResult {
    /// Nothing is done yet.
    pub(super) fn new(tenant: TenantName, from: DateTime<Utc>, dry_run: bool) -> Self {
        let whole = PassReport::default();
        Self { tenant, done_until: from, interrupted: false, whole, dry_run, stopped: None }
    }

    /// Notes that it could not even begin.
    pub(super) fn not_begun(&mut self, stopped: Stopped) {
        self.stopped = Some(stopped);
    }

    /// Adds a piece.
    pub(super) fn absorb(&mut self, piece: PassReport) {
        if let Some(error) = &piece.error {
            self.stopped = Some(Stopped { class: error.class(), message: error.chain() });
        }
        let whole = &mut self.whole;
        whole.rows += piece.rows;
        whole.unreadable.extend(piece.unreadable);
        whole.decisions.extend(piece.decisions);
        if !self.dry_run {
            // A year of calls need not stay in memory to be counted.
            whole.decisions.iter_mut().for_each(|decision| decision.evidence = Evidence::default());
        }
        for finding in piece.findings {
            if !whole.findings.contains(&finding) {
                whole.findings.push(finding);
            }
        }
        whole.enreach_requests += piece.enreach_requests;
        whole.dataverse_requests += piece.dataverse_requests;
        whole.elapsed += piece.elapsed;
    }

    /// How it lets the process end.
    pub(super) fn exit(&self) -> Exit {
        let stopped = self.stopped.as_ref().map_or(Exit::Done, Stopped::exit);
        Exit::worst([stopped, if self.interrupted { Exit::TryAgain } else { Exit::Done }])
    }

    fn is_complete(&self) -> bool {
        self.stopped.is_none() && !self.interrupted
    }

    /// For people: with the decisions if it was a dry run.
    pub(super) fn text(&self, errand: &Errand<'_>) -> String {
        let mut text = String::new();
        let (from, to) = (errand.window.start(), errand.window.end());
        let (from, to, tenant) = (when::text(from), when::text(to), &self.tenant);
        if self.dry_run {
            let _ = writeln!(text, "{}", table::of_past_decisions(&self.whole.decisions));
            let _ = writeln!(text, "{tenant}, {from} to {to}. Nothing was written.");
        } else {
            let _ = writeln!(text, "{tenant}, {from} to {to}:");
        }
        for ((words, reason), count) in self.counts() {
            let _ = writeln!(text, "  {count:>6}  {words} ({reason})");
        }
        let PassReport { enreach_requests, dataverse_requests, elapsed, .. } = &self.whole;
        let _ = writeln!(
            text,
            "{} calls; {enreach_requests} requests to Enreach, {dataverse_requests} to Dynamics 365, \
             {:.1} s.",
            self.whole.decisions.len() + self.whole.unreadable.len(),
            elapsed.as_secs_f64(),
        );
        for finding in &self.whole.findings {
            let _ = writeln!(text, "To put right: {finding}");
        }
        if let Some(stopped) = &self.stopped {
            let _ = writeln!(text, "Stopped ({}): {}", stopped.class, stopped.message);
        }
        if !self.is_complete() {
            let done = match self.done_until > errand.window.start() {
                true => format!("Done up to {}", when::text(self.done_until)),
                false => "No day is done".to_owned(),
            };
            let _ = writeln!(text, "{done}. To go on: {}", errand.go_on(self));
        }
        text
    }

    /// Calls by what became, or would become, of them, and by reason.
    fn counts(&self) -> BTreeMap<(&'static str, &'static str), usize> {
        let mut counts = BTreeMap::new();
        for decision in &self.whole.decisions {
            let words = words(decision, self.dry_run);
            *counts.entry((words, decision.outcome.reason())).or_default() += 1;
        }
        if !self.whole.unreadable.is_empty() {
            counts.insert(("could not be read", "Enreach's row"), self.whole.unreadable.len());
        }
        counts
    }
}

/// What became of a call, or would become of it if it were not only tried.
fn words(decision: &Decision, dry_run: bool) -> &'static str {
    match (decision.outcome.name(), decision.outcome.reason(), dry_run) {
        ("Logged", _, false) => "logged",
        ("Logged", _, true) => "would be logged",
        ("AlreadyLogged", "adopted", false) => "taken over",
        ("AlreadyLogged", "adopted", true) => "would be taken over",
        ("AlreadyLogged", _, _) => "are logged already",
        ("Skipped", _, false) => "skipped",
        ("Skipped", _, true) => "would be skipped",
        ("Deferred", _, false) => "deferred",
        ("Deferred", _, true) => "would be deferred",
        (_, _, false) => "failed",
        (_, _, true) => "would fail",
    }
}

/// The object of a tenant: that of a pass, with how far it came.
#[derive(Serialize)]
struct TenantJson {
    #[serde(flatten)]
    summary: TenantSummary,
    done_until: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decisions: Option<Vec<Value>>,
}

/// For programs: one object.
pub(super) fn json(results: &[TenantResult], errand: &Errand<'_>) -> Value {
    let tenants: Vec<_> = results.iter().map(tenant_json).collect();
    json!({
        "from": errand.window.start(), "to": errand.window.end(),
        "dry_run": errand.args.dry_run, "tenants": tenants,
    })
}

fn tenant_json(result: &TenantResult) -> TenantJson {
    let error = result.stopped.as_ref();
    let error = error.map(|stopped| ErrorSummary {
        class: stopped.class.name(),
        message: voice_model::mask_numbers(&stopped.message),
    });
    let decisions =
        result.dry_run.then(|| result.whole.decisions.iter().map(of_decision).collect());
    TenantJson {
        summary: TenantSummary { error, ..result.whole.summary(&result.tenant) },
        done_until: result.done_until,
        decisions,
    }
}

fn of_decision(decision: &Decision) -> Value {
    json!({
        "call": decision.call, "outcome": decision.outcome.name(),
        "reason": decision.outcome.reason(), "activity": decision.outcome.activity(),
        "evidence": decision.evidence,
    })
}
