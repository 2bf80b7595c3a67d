//! How a sandbox is started.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use voice_model::{Clock, SystemClock};

/// What a sandbox needs to know before it starts. The default listens on a free loopback port,
/// answers at once, enforces no limits and runs on the operating system's clock.
#[derive(Debug, Clone)]
pub struct SandboxOptions {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Mean time that every answer is held back; each request gets between half and one and a half
    /// of it. Requests to `/control` are never held back.
    pub latency: Duration,
    /// Seed of the latency's jitter and of the access tokens.
    pub latency_seed: u64,
    /// Dataverse service protection limits.
    pub limits: Limits,
    /// Leaves out the tables and columns of our own solution.
    pub bare: bool,
    /// Serves https, with a certificate of a throw-away authority written to `ca.pem` in here.
    pub tls_dir: Option<PathBuf>,
    /// Where "now" comes from.
    pub clock: Arc<dyn Clock>,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            latency: Duration::ZERO,
            latency_seed: 0,
            limits: Limits::Off,
            bare: false,
            tls_dir: None,
            clock: Arc::new(SystemClock),
        }
    }
}

/// Whether the service protection limits of Dataverse are enforced (reference, section 7.1).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Limits {
    /// Not at all.
    #[default]
    Off,
    /// As documented: 6000 requests and 1200 s of execution in 300 s, 52 requests at a time.
    Real,
    /// Requests and execution time multiplied by a factor above zero.
    Scaled(f64),
}

/// Text that names no [`Limits`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a limit; expected off, real, or scaled:<factor above 0> such as scaled:0.1")]
pub struct LimitsError(String);

impl FromStr for Limits {
    type Err = LimitsError;

    fn from_str(text: &str) -> Result<Self, LimitsError> {
        let refused = || LimitsError(text.to_owned());
        match text {
            "off" => Ok(Self::Off),
            "real" => Ok(Self::Real),
            _ => {
                let factor = text.strip_prefix("scaled:").ok_or_else(refused)?;
                let factor: f64 = factor.parse().map_err(|_| refused())?;
                if factor.is_finite() && factor > 0.0 {
                    Ok(Self::Scaled(factor))
                } else {
                    Err(refused())
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_from_their_names() {
        assert_eq!("off".parse(), Ok(Limits::Off));
        assert_eq!("real".parse(), Ok(Limits::Real));
        assert_eq!("scaled:0.1".parse(), Ok(Limits::Scaled(0.1)));
    }

    #[test]
    fn other_limits_are_refused_with_what_is_allowed() {
        for text in ["", "Real", "scaled", "scaled:", "scaled:0", "scaled:-1", "scaled:inf", "0.1"]
        {
            let error = text.parse::<Limits>().unwrap_err().to_string();
            assert!(error.contains("scaled:<factor above 0>"), "{error}");
        }
    }
}
