//! The loop of a worker: a pass, a pause, the next pass.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;

use crate::{Shutdown, WakeUp};

/// The usual pause between the end of a pass and the next one.
pub const PAUSE: Duration = Duration::from_secs(60);

/// Runs passes until shutdown is requested, the first at once.
///
/// The pause is counted from the end of a pass, so that passes never overlap. It ends early by a
/// [`WakeUp`], by shutdown, or when the pass asked for it: what a pass gives back is the longest
/// pause that it wants, `None` for the usual one.
///
/// A pass in flight finishes unless the second stage of shutdown cuts it off. A panic ends its pass
/// only. All passes run in the caller's task: spawn the loop of each tenant for itself.
pub async fn run_every<F: Future<Output = Option<Duration>>>(
    pause: Duration,
    wake_up: &WakeUp,
    shutdown: &Shutdown,
    mut pass: impl FnMut() -> F,
) {
    let mut woken = wake_up.listen();
    while !shutdown.is_requested() {
        let Some(wanted) = shutdown.or_at_once(isolated(&mut pass)).await else {
            return;
        };
        tokio::select! {
            biased;
            () = shutdown.requested() => return,
            () = woken.heard() => (),
            () = tokio::time::sleep(wanted.map_or(pause, |wanted| wanted.min(pause))) => (),
        }
    }
}

/// What a pass gives back; nothing if it panics.
async fn isolated<F: Future<Output = Option<Duration>>>(
    pass: &mut impl FnMut() -> F,
) -> Option<Duration> {
    // Nothing that a pass leaves half done is looked at here, and the next pass starts anew.
    let ran = AssertUnwindSafe(async { pass().await }).catch_unwind().await;
    ran.unwrap_or_else(|panic| {
        tracing::error!("a pass broke off ({}); the next one goes on", message(&*panic));
        None
    })
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("panicked")
}
