//! Places where tests let the process die, as a power cut would. Without the feature `fail-points`
//! there are none.

/// Dies here if the environment variable `VOICE_FAIL_POINT` asks for it: `<place>` or
/// `<place>:<n>`, which dies at the n-th time. Without the feature `fail-points` it does nothing.
#[cfg(feature = "fail-points")]
pub fn reach(place: &str) {
    use std::sync::atomic::{AtomicU32, Ordering};
    static REACHED: AtomicU32 = AtomicU32::new(0);

    #[expect(clippy::disallowed_methods, reason = "no part of the configuration: for tests only")]
    let wanted = std::env::var("VOICE_FAIL_POINT").unwrap_or_default();
    let (wanted, times) = wanted.split_once(':').unwrap_or((&wanted, "1"));
    if wanted == place && REACHED.fetch_add(1, Ordering::SeqCst) + 1 == times.parse().unwrap_or(1) {
        let pid = std::process::id().to_string();
        let killed = std::process::Command::new("kill").args(["-KILL", &pid]).status();
        // Unreachable where `kill` works.
        eprintln!("the process should be dead: {killed:?}");
        std::process::abort();
    }
}

/// Nothing, because the feature `fail-points` is off.
#[cfg(not(feature = "fail-points"))]
pub fn reach(_place: &str) {}
