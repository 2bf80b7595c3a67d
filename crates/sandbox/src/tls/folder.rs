//! The folder that keeps the certificates between runs.

use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::certificates::{Pair, Pems};
use super::{AUTHORITY_FILE, Cause};

const CERTIFICATE_FILE: &str = "server.pem";
const KEY_FILE: &str = "server-key.pem";

/// A folder of its own for the sandbox.
pub(super) struct Folder<'a>(&'a Path);

impl<'a> Folder<'a> {
    pub(super) fn new(directory: &'a Path) -> Self {
        Self(directory)
    }

    /// The server's certificate and key, if all files are there and serve.
    pub(super) fn read(&self, now: DateTime<Utc>) -> Result<Option<Pair>, Cause> {
        let authority = self.text(AUTHORITY_FILE)?;
        let certificate = self.text(CERTIFICATE_FILE)?;
        let key = self.text(KEY_FILE)?;
        match (authority, certificate, key) {
            (Some(authority), Some(certificate), Some(key)) => {
                let pems = Pems { authority, certificate, key };
                if pems.serve_at(now) { pems.pair().map(Some) } else { Ok(None) }
            }
            // The authority is written last, so alone it is somebody else's.
            (Some(_), None, None) => Err(format!(
                "{AUTHORITY_FILE} is there without {CERTIFICATE_FILE} and {KEY_FILE}, so the \
                 sandbox did not make it; choose another folder"
            )
            .into()),
            _ => Ok(None),
        }
    }

    /// Keeps what was made; the key for its owner's eyes only.
    pub(super) fn write(&self, pems: &Pems) -> Result<(), Cause> {
        fs::create_dir_all(self.0)?;
        self.put(KEY_FILE, &pems.key, 0o600)?;
        self.put(CERTIFICATE_FILE, &pems.certificate, 0o644)?;
        self.put(AUTHORITY_FILE, &pems.authority, 0o644)
    }

    /// Whole or not at all: a reader never sees half a file.
    fn put(&self, name: &str, text: &str, mode: u32) -> Result<(), Cause> {
        let (path, unfinished) = (self.path(name), self.path(&format!("{name}.new")));
        let told = |error: std::io::Error| Cause::from(format!("{}: {error}", path.display()));
        // One left behind by a crash may have other rights.
        match fs::remove_file(&unfinished) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(told(error)),
            _ => {}
        }
        let mut options = fs::OpenOptions::new();
        let file = options.write(true).create_new(true).mode(mode).open(&unfinished);
        file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(told)?;
        fs::rename(&unfinished, &path).map_err(told)
    }

    fn text(&self, name: &str) -> Result<Option<String>, Cause> {
        let path = self.path(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("{}: {error}", path.display()).into()),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}
