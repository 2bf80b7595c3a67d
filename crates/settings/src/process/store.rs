//! Where decisions and cursors are kept.

use std::path::PathBuf;

use chrono::Duration;

use crate::process::duration::within_days;
use crate::process::section::{Reading, Section};

/// `[store]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreConfig {
    /// Which store.
    pub url: StoreUrl,
    /// How long decisions are kept after their call was last seen: 45 days unless told otherwise,
    /// at least 3 and at most 400.
    pub retention: Duration,
}

/// Which store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// `memory://`: forgotten when the process ends.
    Memory,
    /// `sqlite://<path>`: a file, its path already resolved against the folder of the configuration
    /// file.
    Sqlite(PathBuf),
}

const DEFAULT_URL: &str = "sqlite://voice.db";
const DEFAULT_RETENTION: Duration = Duration::days(45);
const DEFAULT_RETENTION_TEXT: &str = "45d";

impl StoreConfig {
    pub(crate) fn read(reading: &Reading, section: Option<Section<'_>>) -> Option<Self> {
        let Some(mut section) = section else {
            let url = store_url(DEFAULT_URL, reading).ok()?;
            return Some(Self { url, retention: DEFAULT_RETENTION });
        };
        let url = match section.has("url") {
            true => section.read("url", |text| store_url(text, reading)),
            false => {
                section.text("url");
                store_url(DEFAULT_URL, reading).ok()
            }
        };
        let retention = section
            .read("retention", |text| within_days(text, 3..=400, DEFAULT_RETENTION_TEXT))
            .unwrap_or(DEFAULT_RETENTION);
        section.finish();
        Some(Self { url: url?, retention })
    }
}

fn store_url(text: &str, reading: &Reading) -> Result<StoreUrl, String> {
    const EXPECTED: &str = "expected sqlite://<path of a file> or memory://";
    let Some((scheme, path)) = text.split_once("://") else {
        return Err(format!("not the URL of a store; {EXPECTED}"));
    };
    match (scheme, path) {
        ("memory", "") => Ok(StoreUrl::Memory),
        ("memory", _) => Err(format!("memory:// takes no path; {EXPECTED}")),
        ("sqlite", "") => Err(format!("the path of the file is missing; {EXPECTED}")),
        ("sqlite", path) if path.contains('?') => {
            Err(format!("options behind ? are not supported; {EXPECTED}"))
        }
        ("sqlite", path) => Ok(StoreUrl::Sqlite(reading.resolve(path))),
        // Not repeated whole: the URL of a database server holds a password.
        (scheme, _) => Err(format!("there is no store of kind {scheme:?}; {EXPECTED}")),
    }
}
