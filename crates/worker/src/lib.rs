#![doc = include_str!("../README.md")]

mod exit;
mod run_loop;
mod shutdown;
mod telemetry;

pub use exit::Exit;
pub use run_loop::run_every;
pub use shutdown::Shutdown;
pub use telemetry::log_to_stderr;
