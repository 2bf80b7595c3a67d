//! Planning and writing of the calls that are to be logged.

use std::collections::HashMap;

use chrono::Duration;
use dataverse_client::{DataverseApi, Row, StatusOption, all_rows};
use futures::stream::{self, StreamExt};
use settings::{Names, TenantSettings};
use voice_model::CallId;

use crate::activity::RowStyle;
use crate::adoption::{self, Existing};
use crate::decision::{Failure, Outcome};
use crate::directory::Directory;
use crate::pass::OpenCall;
use crate::phone_system::PhoneSystem;
use crate::plan::{Grounds, PlannedCall};
use crate::write::{CALLS_PER_BATCH, PARALLEL_BATCHES, Verdict, is_about_content, write_all};
use crate::{CallSyncParts, Error, PassReport, Result};

/// Planning and writing of the open calls, with a second try for those whose owner or customer
/// Dynamics did not accept.
pub(crate) struct Round<'a> {
    pub(crate) parts: &'a CallSyncParts,
    pub(crate) settings: &'a TenantSettings,
    pub(crate) phone_system: &'a PhoneSystem,
    pub(crate) status_options: &'a [StatusOption],
}

impl Round<'_> {
    pub(crate) async fn run(
        &self,
        open: Vec<OpenCall>,
        directory: &mut Directory,
        report: &mut PassReport,
    ) -> Result<()> {
        let planned = self.plan(open, directory, report);
        let again = self.write(planned, report).await?;
        let second_try = self.change_plans(again, directory, report);
        for (plan, verdict) in self.write(second_try, report).await? {
            if let (Verdict::CustomerGone(_), Some(customer)) = (&verdict, &plan.customer) {
                directory.customers.remove(customer.customer);
            }
            report.decisions.push(plan.decision(verdict.settle()));
        }
        Ok(())
    }

    fn plan(
        &self,
        open: Vec<OpenCall>,
        directory: &Directory,
        report: &mut PassReport,
    ) -> Vec<PlannedCall> {
        let grounds = Grounds {
            settings: self.settings,
            phone_system: self.phone_system,
            directory,
            status_options: self.status_options,
        };
        let mut planned = Vec::new();
        for (conversation, number) in open {
            match grounds.plan(conversation, number) {
                Ok(plan) => planned.push(*plan),
                Err(decision) => report.decisions.push(*decision),
            }
        }
        planned
    }

    /// Writes; what is decided goes into the report, the rest comes back.
    async fn write(
        &self,
        planned: Vec<PlannedCall>,
        report: &mut PassReport,
    ) -> Result<Vec<(PlannedCall, Verdict)>> {
        let found = self.look_for_existing(planned).await?;
        let mut plans = Vec::new();
        for (plan, existing) in found {
            match existing {
                Ok(existing) => plans.push((plan, existing)),
                Err(failure) => report.decisions.push(plan.decision(Outcome::Failed(failure))),
            }
        }
        let style = RowStyle { names: &self.parts.names, settings: self.settings };
        let (verdicts, stopped) = write_all(self.parts.dataverse.as_ref(), style, plans).await;
        let mut undecided = Vec::new();
        for (plan, verdict) in verdicts {
            for finding in &plan.findings {
                if !report.findings.contains(finding) {
                    report.findings.push(finding.clone());
                }
            }
            match verdict {
                Verdict::Decided(outcome) => report.decisions.push(plan.decision(outcome)),
                other => undecided.push((plan, other)),
            }
        }
        let Some(error) = stopped else { return Ok(undecided) };
        for (plan, verdict) in undecided {
            report.decisions.push(plan.decision(verdict.settle()));
        }
        Err(error)
    }

    /// Rows that are there already: one query for every batch of calls. Where a query is refused for
    /// its content, the calls are halved until the offending one stands alone.
    async fn look_for_existing(&self, planned: Vec<PlannedCall>) -> Result<Vec<Looked>> {
        let margin = i64::try_from(self.settings.call_start_margin_secs).unwrap_or(0);
        let margin = Duration::seconds(margin);
        let dataverse = self.parts.dataverse.as_ref();
        let names = &self.parts.names;
        let asking: Vec<_> = planned
            .chunks(CALLS_PER_BATCH)
            .map(|calls| rows_for(dataverse, calls, names, margin))
            .collect();
        let asked: Vec<_> = stream::iter(asking).buffer_unordered(PARALLEL_BATCHES).collect().await;
        let (mut rows, mut failed) = (Vec::new(), HashMap::new());
        for result in asked {
            let (found, refused) = result?;
            rows.extend(found);
            failed.extend(refused);
        }
        let reader = &self.phone_system.reader;
        let mut existing = adoption::assign(&planned, rows, names, reader, margin);
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
        report: &mut PassReport,
    ) -> Vec<PlannedCall> {
        let fallback =
            directory.users.owner(None, self.settings.default_crm_assignee.as_ref(), |agent| {
                self.phone_system.numbers_of(agent)
            });
        let (mut plans, mut open) = (Vec::new(), Vec::new());
        for (mut plan, verdict) in undecided {
            match (verdict, &fallback) {
                (Verdict::OwnerRefused(_), Some(owner)) if owner.id != plan.owner.id => {
                    plan.owner = owner.clone();
                    plans.push(plan);
                }
                (Verdict::CustomerGone(_), _) => {
                    if let Some(customer) = &plan.customer {
                        directory.customers.remove(customer.customer);
                    }
                    open.push((plan.call, plan.number));
                }
                (Verdict::RowChanged(_), _) => plans.push(plan),
                (verdict, _) => report.decisions.push(plan.decision(verdict.settle())),
            }
        }
        plans.extend(self.plan(open, directory, report));
        plans
    }
}

/// A call with the row that is there for it, or why that could not be found out.
type Looked = (PlannedCall, Result<Option<Existing>, Failure>);

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
            Err(error) if is_about_content(error.class()) => match calls {
                [call] => {
                    let (class, error) = (error.class(), Error::from(error));
                    let failure = Failure { class, message: error.chain() };
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
