//! Where decisions and cursors are kept.

use std::path::PathBuf;

use crate::process::section::{Reading, Section};

/// `[store]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreConfig {
    /// Which store.
    pub url: StoreUrl,
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

const DEFAULT: &str = "sqlite://voice.db";

impl StoreConfig {
    pub(crate) fn read(reading: &Reading, section: Option<Section<'_>>) -> Option<Self> {
        let Some(mut section) = section else {
            return store_url(DEFAULT, reading).ok().map(|url| Self { url });
        };
        let url = match section.has("url") {
            true => section.read("url", |text| store_url(text, reading)),
            false => {
                section.text("url");
                store_url(DEFAULT, reading).ok()
            }
        };
        section.finish();
        Some(Self { url: url? })
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
