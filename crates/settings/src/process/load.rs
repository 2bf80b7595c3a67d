//! Finds and reads the sources, and puts the configuration together.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::process::inbox::InboxConfig;
use crate::process::section::{Reading, Section};
use crate::process::server::ServerConfig;
use crate::process::store::StoreConfig;
use crate::process::tenant::{TenantConfig, check_name};
use crate::process::tree::{GivenTwice, PREFIX, Table};

/// The file that is read when none is named and it exists.
const DEFAULT_FILE: &str = "voice.toml";
/// The variable that names the file.
const FILE_VARIABLE: &str = "VOICE_CONFIG";
/// Variables of others that fill in what the configuration leaves out.
const AMBIENT_PREFIX: &str = "AZURE_";

/// The configuration of a process: where it keeps things, where it listens, whom it serves.
#[derive(Debug, Clone)]
pub struct ProcessConfig {
    /// Where decisions and cursors are kept.
    pub store: StoreConfig,
    /// Addresses to listen on.
    pub server: ServerConfig,
    /// How events of callback requests are worked off.
    pub inbox: InboxConfig,
    /// The tenants, by name; at least one.
    pub tenants: Vec<TenantConfig>,
}

/// Variables of the environment that are not ours.
pub(crate) struct Ambient(BTreeMap<String, String>);

impl Ambient {
    /// The value of a variable; an empty one counts as not set.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }
}

impl ProcessConfig {
    /// Reads the file and the environment.
    ///
    /// Without a path the file is the one that `VOICE_CONFIG` names, else `voice.toml` in the
    /// current folder if it exists, else there is none and the environment has to say everything.
    ///
    /// # Errors
    /// [`Error::ReadFile`] when the file cannot be read, [`Error::Configuration`] with every problem
    /// when it is wrong.
    pub fn load(path: Option<&Path>) -> Result<Self> {
        let variables = environment();
        let named = variables.iter().find(|(name, text)| name == FILE_VARIABLE && !text.is_empty());
        let path = match (path, named) {
            (Some(path), _) => Some(path.to_owned()),
            (None, Some((_, path))) => Some(PathBuf::from(path)),
            (None, None) => Some(PathBuf::from(DEFAULT_FILE)).filter(|path| path.exists()),
        };
        let text = match &path {
            Some(path) => std::fs::read_to_string(path)
                .map_err(|source| Error::ReadFile { path: path.clone(), source })?,
            None => String::new(),
        };
        Self::from_sources(&text, path.as_deref(), variables)
    }

    /// Puts the configuration together from the text of a file, the file's path (for messages, and
    /// as the place that relative paths start from), and the environment.
    ///
    /// # Errors
    /// [`Error::Configuration`] with every problem.
    pub fn from_sources(
        text: &str,
        path: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self> {
        let folder = path.and_then(Path::parent).map(Path::to_owned).unwrap_or_default();
        let file = path.map(|path| path.display().to_string());
        let reading = Reading::new(file.clone(), folder);
        // Without the file's content, every key would be reported as missing.
        let Some(mut tree) = read_file(text, file.as_deref().unwrap_or("voice.toml"), &reading)
        else {
            return reading.finish(None);
        };
        let mut ambient = BTreeMap::new();
        let mut variables: Vec<(String, String)> = environment.into_iter().collect();
        // Two runs must find the same problems in the same words.
        variables.sort();
        for (name, text) in variables {
            if name.starts_with(AMBIENT_PREFIX) {
                ambient.insert(name, text);
            } else if is_ours(&name) {
                lay_over(&mut tree, &name, text, &reading);
            }
        }
        let config = Self::read(Section::new(&reading, String::new(), tree), &Ambient(ambient));
        reading.finish(config)
    }

    fn read(mut root: Section<'_>, ambient: &Ambient) -> Option<Self> {
        let reading = root.reading;
        let store = root.section("store");
        let store = StoreConfig::read(reading, store);
        let server = ServerConfig::read(root.section("server"));
        let inbox = InboxConfig::read(root.section("inbox"));
        let mut tenants = Vec::new();
        let sections = match root.has("tenants") {
            true => root.section("tenants").map(Section::into_sections).unwrap_or_default(),
            false => {
                root.text("tenants");
                reading.note_no_tenant();
                Vec::new()
            }
        };
        for (name, section) in sections {
            if let Err(why) = check_name(&name.text) {
                reading.note(&name.path, reading.name(&name.source), why);
            }
            tenants.extend(TenantConfig::read(&name.text, section, ambient));
        }
        root.finish();
        Some(Self { store: store?, server, inbox, tenants })
    }
}

fn read_file(text: &str, file: &str, reading: &Reading) -> Option<Table> {
    let table = match text.parse::<toml::Table>() {
        Ok(table) => table,
        Err(error) => {
            // The library's own text shows the line, which may hold a secret.
            let place = error.span().map(|span| place(text, span.start)).unwrap_or_default();
            reading.note("", format!("{file}{place}"), format!("not TOML: {}", error.message()));
            return None;
        }
    };
    let mut twice = Vec::new();
    let tree = Table::of_file(table, &mut twice);
    for GivenTwice(key) in twice {
        reading.note(&key, file.to_owned(), "given twice, in spellings that differ in case");
    }
    Some(tree)
}

/// Line and column, as editors count them.
fn place(text: &str, offset: usize) -> String {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!(", line {line}, column {column}")
}

fn is_ours(name: &str) -> bool {
    name.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
}

fn lay_over(tree: &mut Table, name: &str, text: String, reading: &Reading) {
    let segments: Vec<String> = name[PREFIX.len()..].split("__").map(str::to_owned).collect();
    let key = segments.join(".").to_lowercase();
    let source = || format!("environment variable {name}");
    if segments.iter().any(String::is_empty) {
        let message = "not the name of a key; expected VOICE__SECTION__KEY";
        reading.note("", source(), message);
    } else if let Err(why) = tree.lay_over(&segments, name, text) {
        reading.note(&key, source(), why);
    }
}

/// The environment; a variable that is not text is none of ours.
fn environment() -> Vec<(String, String)> {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the environment"
    )]
    let variables = std::env::vars_os();
    variables
        .filter_map(|(name, text)| Some((name.into_string().ok()?, text.into_string().ok()?)))
        .collect()
}
