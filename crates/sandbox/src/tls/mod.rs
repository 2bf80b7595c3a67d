//! https for clients that refuse plain http: a throw-away authority and a certificate signed by it,
//! kept in a folder so that clients need to be told of the authority only once.
//!
//! The authority's key is never written: nobody can make further certificates that those clients
//! would trust.

mod certificates;
mod folder;

use std::path::Path;
use std::sync::Arc;

use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use voice_model::{Clock, SystemClock};

use crate::error::{Error, Result};
use folder::Folder;

/// Why the files of a folder cannot be used or made.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// The file that clients are told to trust.
const AUTHORITY_FILE: &str = "ca.pem";

/// How to serve https with the certificate in a folder. Files that are missing or have run out are
/// made anew.
///
/// # Errors
/// [`Error::Tls`] when files cannot be read or written, or when the folder holds an authority that
/// is not the sandbox's.
pub(crate) fn server_config(directory: &Path) -> Result<Arc<ServerConfig>> {
    let failed = |source| Error::Tls { directory: directory.to_owned(), source };
    // Clients check certificates by the real time, whatever the simulated systems' clock shows.
    let now = SystemClock.now();
    let folder = Folder::new(directory);
    let pair = match folder.read(now).map_err(failed)? {
        Some(pair) => pair,
        None => {
            let made = certificates::make(now).map_err(failed)?;
            folder.write(&made).map_err(failed)?;
            made.pair().map_err(failed)?
        }
    };
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .and_then(|builder| {
            builder.with_no_client_auth().with_single_cert(vec![pair.certificate], pair.key)
        })
        .map_err(|error| failed(error.into()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}
