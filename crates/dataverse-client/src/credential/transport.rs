//! The transport that `azure_core` gets: `http-kit`, with the authority put in its place, and a
//! record of what happened, because `azure_identity` keeps too little of it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::error::ErrorKind;
use azure_core::http::headers::Headers;
use azure_core::http::{AsyncRawResponse, Body, Request};
use bytes::Bytes;
use http_kit::{HttpClient, Safety};
use url::Url;

use super::authority::Authority;
use crate::environment::origin;

/// What the last request of a token fetch came to.
#[derive(Debug, Clone)]
pub(super) enum Exchange {
    /// No answer.
    Failed {
        /// Where it went: scheme, host and port.
        endpoint: String,
        /// Why.
        error: Arc<http_kit::Error>,
    },
    /// An answer.
    Answered {
        /// Where it went.
        endpoint: String,
        /// Its status.
        status: u16,
        /// The wait that it asks for.
        retry_after: Option<Duration>,
        /// Its body, kept for errors only: a good one holds the token.
        body: Bytes,
    },
}

/// One per token fetch.
pub(super) struct Transport {
    http: HttpClient,
    authority: Option<Authority>,
    last: Mutex<Option<Exchange>>,
}

impl Transport {
    pub(super) fn new(http: HttpClient, authority: Option<Authority>) -> Self {
        Self { http, authority, last: Mutex::new(None) }
    }

    /// What the last request came to; none if there was no request.
    pub(super) fn last(&self) -> Option<Exchange> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn record(&self, exchange: Exchange) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(exchange);
    }

    /// A token request changes nothing at the other side, so it may be repeated.
    fn request(&self, url: Url, request: &Request) -> azure_core::Result<http_kit::Request> {
        let method = http::Method::from_bytes(request.method().as_str().as_bytes())
            .map_err(|error| azure_core::Error::new(ErrorKind::DataConversion, error))?;
        let mut outgoing =
            http_kit::Request::new(method, url, Safety::Safe).operation("get an access token");
        for (name, value) in request.headers().iter() {
            outgoing = outgoing.header(name.as_str(), value.as_str());
        }
        match request.body() {
            Body::Bytes(body) => Ok(outgoing.body(body.clone())),
            Body::SeekableStream(_) => Err(azure_core::Error::with_message(
                ErrorKind::Other,
                "a token request with a streamed body",
            )),
        }
    }
}

impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transport").field("authority", &self.authority).finish_non_exhaustive()
    }
}

#[async_trait]
impl azure_core::http::HttpClient for Transport {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let url = match &self.authority {
            Some(authority) => authority.resolve(request.url()),
            None => request.url().clone(),
        };
        let endpoint = origin(&url);
        match self.http.send(self.request(url, request)?).await {
            Ok(response) => {
                let body =
                    if response.status.is_success() { Bytes::new() } else { response.body.clone() };
                self.record(Exchange::Answered {
                    endpoint,
                    status: response.status.as_u16(),
                    retry_after: response.retry_after(),
                    body,
                });
                let mut headers = Headers::new();
                for (name, value) in &response.headers {
                    if let Ok(value) = value.to_str() {
                        headers.insert(name.as_str().to_owned(), value.to_owned());
                    }
                }
                let status = response.status.as_u16().into();
                Ok(AsyncRawResponse::from_bytes(status, headers, response.body))
            }
            Err(error) => {
                self.record(Exchange::Failed { endpoint, error: Arc::new(error) });
                // Not of the kinds that azure's own policies repeat.
                Err(azure_core::Error::with_message(ErrorKind::Other, "no answer"))
            }
        }
    }
}
