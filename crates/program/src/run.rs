//! From the command line to running jobs.

use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use futures::future::join_all;
use settings::{ProcessConfig, StoreUrl};
use sync_store::Store;
use voice_model::{Clock, SystemClock, TenantName, error_chain};
use worker::{
    Exit, Held, Holder, JobStatus, Leases, ListenError, Metrics, Nightly, PAUSE, PassEnd,
    PassError, Private, Refresh, RefreshFlag, Retention, Shutdown, Status, WakeUp, listen,
    log_to_stderr, run_every,
};

use crate::public::Public;
use crate::tenant::Tenant;
use crate::{Job, Ran, Rhythm, TenantParts, WorkerArgs, once};

/// How often a nightly job looks whether its moment has come or the clock has jumped, and how long
/// it pauses after a pass that was stopped.
const NIGHTLY_LOOK: Duration = Duration::from_secs(10 * 60);
/// How often it is looked whether something in the inbox is due: a read without an answer, mostly.
const INBOX_LOOK: Duration = Duration::from_secs(1);

/// Runs a worker with these jobs; with `--once` there must be one.
pub async fn main(args: WorkerArgs, jobs: &[Job]) -> ExitCode {
    run(args, jobs, Webhooks::No).await
}

/// The same, and takes webhooks on the public address, if a tenant has a token for them.
pub async fn main_with_webhooks(args: WorkerArgs, jobs: &[Job]) -> ExitCode {
    run(args, jobs, Webhooks::Yes).await
}

/// Whether a program takes webhooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Webhooks {
    Yes,
    No,
}

async fn run(args: WorkerArgs, jobs: &[Job], webhooks: Webhooks) -> ExitCode {
    log_to_stderr(&args.log);
    let config = match ProcessConfig::load(args.config.as_deref()) {
        Ok(config) => config,
        Err(error) => {
            eprintln!("{error}");
            return Exit::BadConfiguration.into();
        }
    };
    let shutdown = Shutdown::on_signals();
    let store = match connect::open_store(&config.store).await {
        Ok(store) => store,
        Err(error) => {
            eprintln!("{}", error_chain(&error));
            return Exit::of(error.class()).into();
        }
    };
    let plant = Plant { config, store, clock: Arc::new(SystemClock) };
    let exit = match (args.once, jobs) {
        (true, [job]) => {
            let tenants = plant.tenants(job);
            once::run(job, tenants, plant.store, plant.clock, args.json, &shutdown).await
        }
        (true, []) => {
            eprintln!(
                "--once: this program only receives and has no pass to make; leave --once out"
            );
            Exit::BadConfiguration
        }
        (true, _) => {
            eprintln!("--once needs a program of one job, such as call-sync");
            Exit::BadConfiguration
        }
        (false, jobs) => plant.run_always(&args, jobs, webhooks, &shutdown).await,
    };
    exit.into()
}

/// Help and version go to standard output and are no failure; anything else is bad usage.
pub fn usage(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    if error.use_stderr() { Exit::BadConfiguration.into() } else { Exit::Done.into() }
}

/// What the process is made of.
struct Plant {
    config: ProcessConfig,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

impl Plant {
    fn tenants(&self, job: &Job) -> Vec<Tenant> {
        let parts = |config: &settings::TenantConfig| TenantParts {
            config: Arc::new(config.clone()),
            inbox: self.config.inbox,
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
        };
        self.config.tenants.iter().map(|config| Tenant::new(job.clone(), parts(config))).collect()
    }

    /// Runs passes for every tenant until shutdown, and serves the private address; the public one,
    /// too, if webhooks are taken.
    async fn run_always(
        &self,
        args: &WorkerArgs,
        jobs: &[Job],
        webhooks: Webhooks,
        shutdown: &Shutdown,
    ) -> Exit {
        if jobs.is_empty() && self.config.store.url == StoreUrl::Memory {
            eprintln!(
                "store.url is memory://, where nobody works off what this program takes in; use a \
                 file, such as sqlite://voice.db"
            );
            return Exit::BadConfiguration;
        }
        let address = args.listen.unwrap_or(self.config.server.listen);
        let listener = match listen(address, "server.listen or --listen").await {
            Ok(listener) => listener,
            Err(error) => {
                eprintln!("{}", error_chain(&error));
                return Exit::Failure;
            }
        };
        let refresh = Refresh::new();
        refresh.on_hangup();
        let private = Private {
            status: Status::new(Arc::clone(&self.clock)),
            metrics: Metrics::install(),
            store: Arc::clone(&self.store),
            refresh: refresh.clone(),
        };
        if let Ok(address) = listener.local_addr() {
            tracing::info!("health, status and metrics at http://{address}");
        }
        let loops = jobs.iter().flat_map(|job| {
            let lines = self.tenants(job).into_iter();
            lines.map(|tenant| Line::new(job, tenant, self, &private.status, &refresh))
        });
        let loops: Vec<_> = loops.collect();
        let public = match webhooks {
            Webhooks::Yes => self.open_public(args, &loops).await,
            Webhooks::No => Ok(None),
        };
        let public = match public {
            Ok(None) if jobs.is_empty() => {
                eprintln!(
                    "no tenant takes webhooks; give one a token: [tenants.<name>.webhook] token = …"
                );
                return Exit::BadConfiguration;
            }
            Ok(public) => public,
            Err(error) => {
                eprintln!("{}", error_chain(&error));
                return Exit::Failure;
            }
        };
        let receiving = async {
            if let Some(public) = public {
                public.serve(shutdown).await;
            }
        };
        let passes = join_all(loops.iter().map(|line| line.run(shutdown)));
        let watch = self.watch_inbox(&loops, shutdown);
        let serving = private.serve(listener, shutdown);
        tokio::join!(passes, watch, receiving, serving, self.purge(shutdown));
        Exit::Done
    }

    /// The public address; what comes by it starts a pass of those who work off the inbox.
    async fn open_public(
        &self,
        args: &WorkerArgs,
        lines: &[Line],
    ) -> Result<Option<Public>, ListenError> {
        let address = args.public_listen.unwrap_or(self.config.server.public_listen);
        let workers = lines.iter().filter(|line| line.job.works_off_inbox);
        let wake_ups: HashMap<_, _> =
            workers.map(|line| (line.tenant.name().clone(), line.wake_up.clone())).collect();
        let wake = move |tenant: &TenantName| {
            if let Some(wake_up) = wake_ups.get(tenant) {
                wake_up.wake();
            }
        };
        let (store, clock) = (Arc::clone(&self.store), Arc::clone(&self.clock));
        Public::open(address, &self.config.tenants, store, clock, wake).await
    }

    /// Starts passes of those who work off the inbox when something in it is due: an event that
    /// another process has taken in, or one that was put off.
    async fn watch_inbox(&self, lines: &[Line], shutdown: &Shutdown) {
        let lines: Vec<_> = lines.iter().filter(|line| line.job.works_off_inbox).collect();
        if lines.is_empty() {
            return;
        }
        run_every(INBOX_LOOK, &WakeUp::new(), shutdown, || async {
            match self.store.tenants_with_work(self.clock.now()).await {
                Ok(due) => {
                    let is_due = |line: &&&Line| due.contains(line.tenant.name());
                    lines.iter().filter(is_due).for_each(|line| line.wake_up.wake());
                }
                // The passes themselves say it, at their own pace.
                Err(error) => tracing::debug!("the inbox: {}", error_chain(&error)),
            }
            None
        })
        .await;
    }

    /// Has the store forget what is too old.
    async fn purge(&self, shutdown: &Shutdown) {
        let retention = Retention::new(self.config.store.retention);
        run_every(Duration::from_secs(60 * 60), &WakeUp::new(), shutdown, || async {
            if let Err(error) = retention.purge(self.store.as_ref(), self.clock.now()).await {
                tracing::warn!("what is too old is not deleted: {}", error_chain(&error));
            }
            None
        })
        .await;
    }
}

/// One job of one tenant, pass after pass.
struct Line {
    job: Job,
    tenant: Tenant,
    clock: Arc<dyn Clock>,
    leases: Leases,
    nightly: Nightly,
    status: JobStatus,
    wake_up: WakeUp,
    refresh: RefreshFlag,
}

impl Line {
    fn new(job: &Job, tenant: Tenant, plant: &Plant, status: &Status, refresh: &Refresh) -> Self {
        let wake_up = WakeUp::new();
        refresh.wakes(&wake_up);
        let (store, clock) = (Arc::clone(&plant.store), Arc::clone(&plant.clock));
        Self {
            leases: Leases::new(Arc::clone(&store), Arc::clone(&clock), Holder::new()),
            nightly: Nightly::new(store, tenant.name().clone(), job.name.clone(), None),
            status: status.job(tenant.name(), &job.name),
            refresh: refresh.flag(),
            job: job.clone(),
            tenant,
            clock,
            wake_up,
        }
    }

    async fn run(&self, shutdown: &Shutdown) {
        let pause = match self.job.rhythm {
            Rhythm::EveryMinute => PAUSE,
            Rhythm::Nightly => NIGHTLY_LOOK,
        };
        run_every(pause, &self.wake_up, shutdown, || async {
            let turn = match self.job.rhythm {
                Rhythm::EveryMinute => self.turn().await.map(|_| None),
                Rhythm::Nightly => self.night().await,
            };
            let wanted = turn.unwrap_or_else(|error| {
                self.no_store(&error);
                None
            });
            let pause = wanted.map_or(pause, |wanted: Duration| wanted.min(pause));
            let pause = TimeDelta::from_std(pause).unwrap_or_default();
            self.status.next_pass_due(self.clock.now() + pause);
            wanted
        })
        .await;
    }

    /// No pass without the store.
    fn no_store(&self, error: &sync_store::Error) {
        let (class, message) = (error.class(), error_chain(error));
        tracing::error!(tenant = %self.tenant.name(), job = %self.job.name, "no pass: {message}");
        let error = Some(PassError { class, message });
        self.status.pass_started().ended(PassEnd { error, ..PassEnd::default() });
    }

    /// The night's pass if it is due; how long to pause then.
    async fn night(&self) -> sync_store::Result<Option<Duration>> {
        let due = self.nightly.due(self.clock.now()).await?;
        if due.is_some() {
            let work = async {
                // Another process may have done it while this one waited for the lease.
                let Some(night) = self.nightly.due(self.clock.now()).await? else { return Ok(()) };
                if self.pass().await.stopped.is_none() {
                    self.nightly.finish(night, self.clock.now()).await?;
                }
                Ok(())
            };
            match self.leases.hold(self.tenant.name(), &self.job.name, work).await? {
                Held::Done(done) => done?,
                Held::Refused(refusal) => self.status.done_elsewhere(&refusal),
            }
        }
        let now = self.clock.now();
        let next = self.nightly.next(now).await?;
        Ok((next - now).to_std().ok().filter(|pause| !pause.is_zero()))
    }

    /// A pass, if nobody else makes it.
    async fn turn(&self) -> sync_store::Result<()> {
        match self.leases.hold(self.tenant.name(), &self.job.name, self.pass()).await? {
            Held::Done(_) => (),
            Held::Refused(refusal) => self.status.done_elsewhere(&refusal),
        }
        Ok(())
    }

    async fn pass(&self) -> Ran {
        let under_way = self.status.pass_started();
        let refresh = self.refresh.take();
        let ran = self.tenant.pass(false, refresh).await;
        if refresh && ran.stopped.is_some() {
            self.refresh.put_back();
        }
        self.log(&ran);
        for ((outcome, reason), count) in &ran.decided {
            self.status.decided(outcome, reason, *count);
        }
        under_way.ended(PassEnd {
            counts: ran.counts.clone(),
            oldest_unprocessed_at: ran.unprocessed_since,
            error: ran
                .stopped
                .clone()
                .map(|stopped| PassError { class: stopped.class, message: stopped.message }),
        });
        ran
    }

    /// One line for each pass.
    fn log(&self, ran: &Ran) {
        let (tenant, job, line) = (self.tenant.name(), &self.job.name, &ran.line);
        match &ran.stopped {
            None => tracing::info!(%tenant, %job, "{line}"),
            Some(stopped) => {
                let class = stopped.class.name();
                tracing::error!(%tenant, %job, class, "{}; {line}", stopped.message);
            }
        }
    }
}
