//! Options of a client, and how its transports are set up.

use std::sync::Arc;
use std::time::Duration;

use voice_model::{Clock, SystemClock};

use crate::attempt::chain_contains;
use crate::client::{HttpClient, Inner, Options, Transports};
use crate::error::{Error, Result};
use crate::permits::Permits;
use crate::randomness::Randomness;
use crate::retry::Limits;

/// How long a connection may take to be made; an attempt that fails here was certainly not sent.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an idle connection is kept. Shorter than the usual minute or more of load balancers,
/// so that it is us who close it and not they while a request is on its way.
const IDLE_TIMEOUT: Duration = Duration::from_secs(45);

/// Longer times are a mistake, and sums with them could overflow.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Whether the client can speak TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tls {
    /// With the machine's root certificates (`SSL_CERT_FILE` and `SSL_CERT_DIR` are honoured).
    #[default]
    System,
    /// No TLS: all targets are plain http on loopback. Needs no certificates on the machine.
    NotNeeded,
}

/// Builds an [`HttpClient`].
#[derive(Debug, Clone)]
#[must_use]
pub struct HttpClientBuilder {
    user_agent: String,
    options: Options,
    concurrency_per_host: usize,
    clock: Arc<dyn Clock>,
    seed: Option<u64>,
    tls: Tls,
}

impl Default for HttpClientBuilder {
    fn default() -> Self {
        Self {
            user_agent: concat!("voice-for-dynamics/", env!("CARGO_PKG_VERSION")).to_owned(),
            options: Options {
                deadline: Duration::from_secs(60),
                attempt_timeout: Duration::from_secs(30),
                backoff_min: Duration::from_millis(500),
                backoff_max: Duration::from_secs(10),
                limits: Limits { max_attempts: 4, retry_after_ceiling: Duration::from_secs(60) },
                max_response_bytes: 64 * 1024 * 1024,
                metadata_service: false,
            },
            concurrency_per_host: 8,
            clock: Arc::new(SystemClock),
            seed: None,
            tls: Tls::System,
        }
    }
}

impl HttpClientBuilder {
    /// The `User-Agent` header.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = user_agent.into();
        self
    }

    /// The time for a whole send: waits at the gate, attempts and the waits between them. Default
    /// 60 s, at most a day.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.options.deadline = deadline;
        self
    }

    /// The time for one attempt, its answer read to the end. Default 30 s, at most a day.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.options.attempt_timeout = timeout;
        self
    }

    /// Attempts in all, the first included. Default 4.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.options.limits.max_attempts = attempts;
        self
    }

    /// The waits between attempts: each is drawn between nothing and a ceiling that doubles from
    /// `min` to `max`. Default 500 ms to 10 s.
    pub fn backoff(mut self, min: Duration, max: Duration) -> Self {
        self.options.backoff_min = min;
        self.options.backoff_max = max;
        self
    }

    /// The longest `Retry-After` that is waited for inside a send. Default 60 s.
    pub fn retry_after_ceiling(mut self, ceiling: Duration) -> Self {
        self.options.limits.retry_after_ceiling = ceiling;
        self
    }

    /// How many requests may be in flight to one host and port, where no other gate is given.
    /// Default 8.
    pub fn concurrency_per_host(mut self, permits: usize) -> Self {
        self.concurrency_per_host = permits;
        self
    }

    /// The cap on the size of an answer, after decompression. Default 64 MiB.
    pub fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.options.max_response_bytes = bytes;
        self
    }

    /// The clock against which dates in `Retry-After` are read. Default: the operating system's.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Fixes jitter and request ids, so that a run can be repeated. Default: none.
    pub fn jitter_seed(mut self, seed: Option<u64>) -> Self {
        self.seed = seed;
        self
    }

    /// Whether plain http may also go to `169.254.169.254`, where Azure machines ask for the tokens
    /// of their managed identity. Default: no.
    pub fn metadata_service(mut self, allowed: bool) -> Self {
        self.options.metadata_service = allowed;
        self
    }

    /// Whether TLS is needed. Default: [`Tls::System`].
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = tls;
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    /// [`Error::Options`] when an option makes no sense; [`Error::NoCaCertificates`] when TLS is
    /// needed and the machine has no root certificates; [`Error::Setup`] for anything else.
    pub fn build(self) -> Result<HttpClient> {
        self.check()?;
        let transports = Transports {
            plain: self.plain_transport()?,
            tls: match self.tls {
                Tls::System => Some(self.tls_transport()?),
                Tls::NotNeeded => None,
            },
        };
        Ok(HttpClient::new(Inner {
            transports,
            options: self.options,
            permits: Permits::new(self.concurrency_per_host),
            randomness: Randomness::new(self.seed),
            clock: self.clock,
        }))
    }

    fn check(&self) -> Result<()> {
        let options = &self.options;
        let times = Duration::from_millis(1)..=LONGEST;
        let problem = if !times.contains(&options.deadline) {
            "deadline must be between 1 ms and 24 h"
        } else if !times.contains(&options.attempt_timeout) {
            "attempt_timeout must be between 1 ms and 24 h"
        } else if options.backoff_min > options.backoff_max || options.backoff_max > LONGEST {
            "backoff must not start above its end, nor end above 24 h"
        } else if options.limits.max_attempts == 0 {
            "max_attempts must be at least 1"
        } else if !(1..=10_000).contains(&self.concurrency_per_host) {
            "concurrency_per_host must be between 1 and 10000"
        } else if options.max_response_bytes == 0 {
            "max_response_bytes must be at least 1"
        } else {
            return Ok(());
        };
        Err(Error::Options { problem })
    }

    /// For loopback: no root certificates, and never through a proxy, which would carry
    /// credentials off the machine in the clear.
    fn plain_transport(&self) -> Result<reqwest::Client> {
        let builder = self.transport().no_proxy().tls_certs_only([]);
        builder.build().map_err(|error| setup_error(error.without_url()))
    }

    fn tls_transport(&self) -> Result<reqwest::Client> {
        let builder = self.transport().https_only(true);
        builder.build().map_err(|error| setup_error(error.without_url()))
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that builds a client")]
    fn transport(&self) -> reqwest::ClientBuilder {
        reqwest::Client::builder()
            .user_agent(&self.user_agent)
            .connect_timeout(CONNECT_TIMEOUT.min(self.options.attempt_timeout / 2))
            .pool_idle_timeout(IDLE_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .gzip(true)
    }
}

/// The verifier of the platform says in words that it found no roots; there is no type for it.
fn setup_error(error: reqwest::Error) -> Error {
    if chain_contains(&error, "No CA certificates") {
        return Error::NoCaCertificates;
    }
    Error::Setup { source: error.into() }
}
