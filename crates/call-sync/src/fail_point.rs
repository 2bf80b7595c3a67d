//! Places where tests let the process die, as a power cut would. Without the feature `fail-points`
//! there are none.

/// A place in a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailPoint {
    /// A batch is about to be sent.
    BeforeBatch,
    /// A batch was carried out, and its answer is not yet looked at.
    AfterBatch,
    /// Decisions are about to be recorded.
    BeforeRecord,
    /// Everything is recorded, and the cursor is about to be moved.
    BeforeCursor,
}

/// Dies here if the environment variable `VOICE_FAIL_POINT` asks for it: `<place>` or
/// `<place>:<n>`, which dies at the n-th time.
#[cfg(feature = "fail-points")]
pub(crate) fn reach(place: FailPoint) {
    use std::sync::atomic::{AtomicU32, Ordering};
    static REACHED: AtomicU32 = AtomicU32::new(0);

    let name = match place {
        FailPoint::BeforeBatch => "before-batch",
        FailPoint::AfterBatch => "after-batch",
        FailPoint::BeforeRecord => "before-record",
        FailPoint::BeforeCursor => "before-cursor",
    };
    #[expect(clippy::disallowed_methods, reason = "no part of the configuration: for tests only")]
    let wanted = std::env::var("VOICE_FAIL_POINT").unwrap_or_default();
    let (wanted, times) = wanted.split_once(':').unwrap_or((&wanted, "1"));
    if wanted == name && REACHED.fetch_add(1, Ordering::SeqCst) + 1 == times.parse().unwrap_or(1) {
        let pid = std::process::id().to_string();
        let killed = std::process::Command::new("kill").args(["-KILL", &pid]).status();
        // Unreachable where `kill` works.
        eprintln!("the process should be dead: {killed:?}");
        std::process::abort();
    }
}

/// Nothing.
#[cfg(not(feature = "fail-points"))]
pub(crate) fn reach(_place: FailPoint) {}
