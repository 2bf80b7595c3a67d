//! Planning and writing of the calls that are to be logged, some at a time.
//!
//! The newest calls come first: where a backlog has piled up, what just happened is not kept waiting
//! by it. Each chunk is recorded before the next one is written.

use std::collections::HashMap;

use chrono::Duration;
use dataverse_client::{DataverseApi, Pace, Row, StatusOption, all_rows};
use directory::{Directory, PhoneSystem};
use futures::stream::{self, StreamExt};
use settings::{Names, TenantSettings};
use voice_model::CallId;

use crate::activity::RowStyle;
use crate::adoption::{self, Existing};
use crate::deciding::OpenCall;
use crate::decision::{Decision, Failure, Outcome};
use crate::plan::{Grounds, PlannedCall};
use crate::settle::Settler;
use crate::write::{self, Verdict, write_all};
use crate::{CallSyncParts, Error, PassReport, Result};

/// Calls that one query looks for. More would not fit into the URL of a query.
const CALLS_PER_QUERY: usize = 50;

/// Planning and writing of the open calls, with a second try for those whose owner or customer
/// Dynamics did not accept.
pub(crate) struct Round<'a> {
    pub(crate) parts: &'a CallSyncParts,
    pub(crate) sync_source: i64,
    pub(crate) settings: &'a TenantSettings,
    pub(crate) phone_system: &'a PhoneSystem,
    pub(crate) status_options: &'a [StatusOption],
    pub(crate) settler: &'a Settler<'a>,
}

impl Round<'_> {
    pub(crate) async fn run(
        &self,
        open: Vec<OpenCall>,
        directory: &mut Directory,
        report: &mut PassReport,
    ) -> Result<()> {
        let (mut planned, deferred) = self.plan(open, directory);
        self.settler.settle(deferred, report).await?;
        planned.sort_by(|a, b| (b.call.start, &b.call.call).cmp(&(a.call.start, &a.call.call)));
        while !planned.is_empty() {
            let pace = write::pace(self.parts.dataverse.as_ref());
            let rest = planned.split_off(pace.sets_at_once().min(planned.len()));
            let chunk = std::mem::replace(&mut planned, rest);
            Box::pin(self.log(chunk, &planned, pace, directory, report)).await?;
        }
        Ok(())
    }

    /// Writes a chunk. What Dynamics did not accept as planned is planned anew and tried once more.
    async fn log(
        &self,
        chunk: Vec<PlannedCall>,
        later: &[PlannedCall],
        pace: Pace,
        directory: &mut Directory,
        report: &mut PassReport,
    ) -> Result<()> {
        let again = self.write(chunk, later, pace, report).await?;
        if again.is_empty() {
            return Ok(());
        }
        let (second_try, decided) = self.change_plans(again, directory);
        self.settler.settle(decided, report).await?;
        let mut decided = Vec::new();
        for (plan, verdict) in self.write(second_try, later, pace, report).await? {
            if let (Verdict::CustomerGone(_), Some(customer)) = (&verdict, &plan.customer) {
                directory.forget_customer(customer.customer);
            }
            decided.push(plan.decision(verdict.settle()));
        }
        self.settler.settle(decided, report).await
    }

    fn plan(
        &self,
        open: Vec<OpenCall>,
        directory: &Directory,
    ) -> (Vec<PlannedCall>, Vec<Decision>) {
        let grounds = Grounds {
            settings: self.settings,
            phone_system: self.phone_system,
            directory,
            status_options: self.status_options,
        };
        let (mut planned, mut decided) = (Vec::new(), Vec::new());
        for (conversation, number) in open {
            match grounds.plan(conversation, number) {
                Ok(plan) => planned.push(*plan),
                Err(decision) => decided.push(*decision),
            }
        }
        (planned, decided)
    }

    /// Writes; what is decided is settled, the rest comes back.
    async fn write(
        &self,
        planned: Vec<PlannedCall>,
        later: &[PlannedCall],
        pace: Pace,
        report: &mut PassReport,
    ) -> Result<Vec<(PlannedCall, Verdict)>> {
        let (mut plans, mut decided) = (Vec::new(), Vec::new());
        for (plan, existing) in self.look_for_existing(planned, later, pace).await? {
            match existing {
                Ok(existing) => plans.push((plan, existing)),
                Err(failure) => decided.push(plan.decision(Outcome::Failed(failure))),
            }
        }
        let style = RowStyle {
            names: &self.parts.names,
            settings: self.settings,
            sync_source: self.sync_source,
        };
        let (verdicts, stopped) =
            write_all(self.parts.dataverse.as_ref(), style, pace, plans).await;
        let mut undecided = Vec::new();
        for (plan, verdict) in verdicts {
            for finding in &plan.findings {
                if !report.findings.contains(finding) {
                    report.findings.push(finding.clone());
                }
            }
            match verdict {
                Verdict::Decided(outcome) => decided.push(plan.decision(outcome)),
                other if stopped.is_some() => decided.push(plan.decision(other.settle())),
                other => undecided.push((plan, other)),
            }
        }
        self.settler.settle(decided, report).await?;
        stopped.map_or(Ok(undecided), Err)
    }

    /// Rows that are there already: one query for every batch of calls. Where a query is refused for
    /// its content, the calls are halved until the offending one stands alone.
    ///
    /// `later` are the calls of the next chunks. A row that is nearer to one of those is left to it.
    async fn look_for_existing(
        &self,
        planned: Vec<PlannedCall>,
        later: &[PlannedCall],
        pace: Pace,
    ) -> Result<Vec<Looked>> {
        let margin = i64::try_from(self.settings.call_start_margin_secs).unwrap_or(0);
        let margin = Duration::seconds(margin);
        let dataverse = self.parts.dataverse.as_ref();
        let names = &self.parts.names;
        let asking: Vec<_> = planned
            .chunks(CALLS_PER_QUERY)
            .map(|calls| rows_for(dataverse, calls, names, margin))
            .collect();
        let asked: Vec<_> = stream::iter(asking).buffer_unordered(pace.parallel).collect().await;
        let (mut rows, mut failed) = (Vec::new(), HashMap::new());
        for result in asked {
            let (found, refused) = result?;
            rows.extend(found);
            failed.extend(refused);
        }
        let reader = &self.phone_system.reader;
        let rivals = rivals(&planned, later, margin);
        let all: Vec<&PlannedCall> = planned.iter().chain(rivals).collect();
        let mut existing = adoption::assign(&all, rows, names, reader, margin);
        Ok(planned
            .into_iter()
            .map(|plan| {
                let looked = match failed.remove(&plan.call.call) {
                    Some(failure) => Err(failure),
                    None => Ok(existing.remove(&plan.call.call)),
                };
                (plan, looked)
            })
            .collect())
    }

    /// A refused owner gives way to the fallback owner; a customer that is gone leaves the
    /// directory, and the call is decided again; a row that has changed is looked at again.
    fn change_plans(
        &self,
        undecided: Vec<(PlannedCall, Verdict)>,
        directory: &mut Directory,
    ) -> (Vec<PlannedCall>, Vec<Decision>) {
        let fallback =
            directory.users().owner(None, self.settings.default_crm_assignee.as_ref(), |agent| {
                self.phone_system.numbers_of(agent)
            });
        let (mut plans, mut open, mut decided) = (Vec::new(), Vec::new(), Vec::new());
        for (mut plan, verdict) in undecided {
            match (verdict, &fallback) {
                (Verdict::OwnerRefused(_), Some(owner)) if owner.id != plan.owner.id => {
                    plan.owner = owner.clone();
                    plans.push(plan);
                }
                (Verdict::CustomerGone(_), _) => {
                    if let Some(customer) = &plan.customer {
                        directory.forget_customer(customer.customer);
                    }
                    open.push((plan.call, plan.number));
                }
                (Verdict::RowChanged(_), _) => plans.push(plan),
                (verdict, _) => decided.push(plan.decision(verdict.settle())),
            }
        }
        let (planned, deferred) = self.plan(open, directory);
        plans.extend(planned);
        decided.extend(deferred);
        (plans, decided)
    }
}

/// A call with the row that is there for it, or why that could not be found out.
type Looked = (PlannedCall, Result<Option<Existing>, Failure>);

/// Later calls that may claim a row that one of these calls could take, too.
fn rivals<'a>(
    planned: &[PlannedCall],
    later: &'a [PlannedCall],
    margin: Duration,
) -> impl Iterator<Item = &'a PlannedCall> {
    let oldest = planned.iter().filter_map(|plan| plan.call.start).min();
    let reach = oldest.map(|oldest| oldest - margin * 2);
    later.iter().take_while(move |plan| plan.call.start >= reach)
}

/// The rows that could belong to some calls, and the calls that could not be asked about.
async fn rows_for(
    api: &dyn DataverseApi,
    calls: &[PlannedCall],
    names: &Names,
    margin: Duration,
) -> Result<(Vec<Row>, Vec<(CallId, Failure)>)> {
    let (mut rows, mut failed) = (Vec::new(), Vec::new());
    let mut waiting = vec![calls];
    while let Some(calls) = waiting.pop() {
        match all_rows(api, &adoption::query(calls, names, margin)).await {
            Ok(found) => rows.extend(found),
            Err(error) if error.class().is_about_content() => match calls {
                [call] => {
                    let (class, error) = (error.class(), Error::from(error));
                    let failure = Failure { class, message: error.chain(), tried: true };
                    failed.push((call.call.call.clone(), failure));
                }
                calls => {
                    let (first, second) = calls.split_at(calls.len() / 2);
                    waiting.extend([second, first]);
                }
            },
            Err(error) => return Err(error.into()),
        }
    }
    Ok((rows, failed))
}
