#![doc = include_str!("../README.md")]

mod exit;
mod lease;
mod listen;
mod metrics;
mod nightly;
mod private;
mod public;
mod refresh;
mod retention;
mod run_loop;
mod shutdown;
mod status;
mod telemetry;
mod wake_up;

pub use exit::Exit;
pub use lease::{Held, Holder, Lease, Leases, PATIENCE, Refusal};
pub use listen::{ListenError, listen, serve};
pub use metrics::Metrics;
pub use nightly::Nightly;
pub use private::Private;
pub use public::{PublicLimits, Rate, serve_public};
pub use refresh::{Refresh, RefreshFlag};
pub use retention::Retention;
pub use run_loop::{PAUSE, run_every};
pub use shutdown::Shutdown;
pub use status::{
    COMMIT, JobReport, JobStatus, Pass, PassEnd, PassError, PassReport, ProblemReport, Status,
    StatusReport, VERSION,
};
pub use telemetry::log_to_stderr;
pub use wake_up::WakeUp;
