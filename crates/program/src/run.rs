//! From the command line to running jobs.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use futures::future::join_all;
use settings::ProcessConfig;
use sync_store::Store;
use voice_model::{Clock, SystemClock, error_chain};
use worker::{
    Exit, Held, Holder, JobStatus, Leases, Metrics, Nightly, PAUSE, PassEnd, PassError, Private,
    Refresh, RefreshFlag, Retention, Shutdown, Status, WakeUp, listen, log_to_stderr, run_every,
};

use crate::tenant::Tenant;
use crate::{Job, Ran, Rhythm, TenantParts, WorkerArgs, once};

/// How often a nightly job looks whether its moment has come or the clock has jumped, and how long
/// it pauses after a pass that was stopped.
const NIGHTLY_LOOK: Duration = Duration::from_secs(10 * 60);

/// Runs a worker with these jobs; with `--once` there must be one.
pub async fn main(args: WorkerArgs, jobs: &[Job]) -> ExitCode {
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
        (true, _) => {
            eprintln!("--once needs a program of one job, such as call-sync");
            Exit::BadConfiguration
        }
        (false, jobs) => plant.run_always(&args, jobs, &shutdown).await,
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
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
        };
        self.config.tenants.iter().map(|config| Tenant::new(job.clone(), parts(config))).collect()
    }

    /// Runs passes for every tenant until shutdown, and serves the private address.
    async fn run_always(&self, args: &WorkerArgs, jobs: &[Job], shutdown: &Shutdown) -> Exit {
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
        let passes = join_all(loops.iter().map(|line| line.run(shutdown)));
        tokio::join!(passes, private.serve(listener, shutdown), self.purge(shutdown));
        Exit::Done
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
