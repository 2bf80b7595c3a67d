//! Where the API of a user is (reference, section 1.1): asked once, when first needed.
//!
//! Invariants: one question at a time; a failure is not kept; an address is used only if credentials
//! may be sent to it; an address that stopped working is asked for again, at most once an hour, and
//! kept if that fails.

use std::time::Duration;

use http::Method;
use http_kit::{HttpClient, Request, Safety, check_url};
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use crate::error::{DiscoveryProblem, Error, Result};
use crate::paths::below;
use crate::wire::discovery::api_endpoint;
use crate::{answer, paths};

const OPERATION: &str = "discover the API address";

/// Where requests go.
#[derive(Debug)]
pub(crate) enum Endpoint {
    /// Configured.
    Fixed(Url),
    /// Asked for.
    Discovered(Discovery),
}

#[derive(Debug)]
pub(crate) struct Discovery {
    url: Url,
    username: String,
    /// The least time between two questions while the first answer is still held.
    ask_again_after: Duration,
    known: Mutex<Option<Known>>,
}

#[derive(Debug)]
struct Known {
    endpoint: Url,
    asked: Instant,
    /// Whether a request suggests that it is no longer right.
    doubted: bool,
}

impl Endpoint {
    /// The API's address.
    pub(crate) async fn get(&self, http: &HttpClient) -> Result<Url> {
        match self {
            Self::Fixed(url) => Ok(url.clone()),
            Self::Discovered(discovery) => discovery.get(http).await,
        }
    }

    /// Notes that a request could not reach the address, or that nothing is there.
    pub(crate) async fn doubt(&self) {
        if let Self::Discovered(discovery) = self
            && let Some(known) = discovery.known.lock().await.as_mut()
        {
            known.doubted = true;
        }
    }
}

impl Discovery {
    pub(crate) fn new(url: Url, username: String, ask_again_after: Duration) -> Self {
        Self { url, username, ask_again_after, known: Mutex::new(None) }
    }

    async fn get(&self, http: &HttpClient) -> Result<Url> {
        // Held while asking, so that many first requests ask once.
        let mut known = self.known.lock().await;
        match known.as_mut() {
            None => {
                let endpoint = self.ask(http).await?;
                let (asked, doubted) = (Instant::now(), false);
                *known = Some(Known { endpoint: endpoint.clone(), asked, doubted });
                Ok(endpoint)
            }
            Some(known) => {
                if known.doubted && known.asked.elapsed() >= self.ask_again_after {
                    self.ask_again(http, known).await;
                }
                Ok(known.endpoint.clone())
            }
        }
    }

    async fn ask_again(&self, http: &HttpClient, known: &mut Known) {
        known.asked = Instant::now();
        known.doubted = false;
        match self.ask(http).await {
            Ok(endpoint) => known.endpoint = endpoint,
            Err(error) => tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the Enreach API does not answer and discovery fails; keeping the known address"
            ),
        }
    }

    async fn ask(&self, http: &HttpClient) -> Result<Url> {
        let mut url = below(&self.url, paths::DISCOVERY);
        url.query_pairs_mut().append_pair(paths::DISCOVERY_USER, &self.username);
        let request = Request::new(Method::GET, url, Safety::Safe)
            .operation(OPERATION)
            .header("accept", "application/json");
        let answer = http
            .send(request)
            .await
            .map_err(|source| Error::Transport { operation: OPERATION, source })?;
        let endpoint = if answer.status.as_u16() == 200 {
            read(&answer)
        } else {
            let (status, retry_after) = (answer.status.as_u16(), answer.retry_after());
            Err(DiscoveryProblem::Status { status, retry_after })
        };
        endpoint.map_err(|problem| Error::Discovery {
            username: self.username.clone(),
            host: self.url.host_str().unwrap_or_default().to_owned(),
            problem,
        })
    }
}

fn read(answer: &http_kit::Response) -> Result<Url, DiscoveryProblem> {
    let value = answer::body(OPERATION, answer).map_err(|error| DiscoveryProblem::Unusable {
        reason: error.to_string(),
        passing: error.class().is_passing(),
    })?;
    let text = api_endpoint(&value)?;
    let unusable = |reason: String| DiscoveryProblem::Endpoint { reason };
    let url = text.parse().map_err(|error| unusable(format!("{text:?} is not a URL: {error}")))?;
    check_base(&url).map_err(|reason| unusable(format!("{text:?}: {reason}")))?;
    Ok(url)
}

/// Checks that paths can be put below a URL and that credentials may be sent there.
pub(crate) fn check_base(url: &Url) -> Result<(), String> {
    check_url(url).map_err(|rule| rule.to_string())?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err("the address must have neither a query nor a fragment".to_owned());
    }
    Ok(())
}
