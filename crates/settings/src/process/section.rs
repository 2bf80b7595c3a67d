//! Reads a table of the configuration key by key and notes every problem with its key and source.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use crate::error::{Problem, Problems, Result};
use crate::nearest::suggestion;
use crate::process::tree::{Node, PREFIX, Plain, Source, Table, Value};

/// What all sections share: the name of the file, the folder that paths are relative to, and the
/// problems found so far.
pub(crate) struct Reading {
    file: Option<String>,
    folder: PathBuf,
    problems: RefCell<Vec<Problem>>,
}

impl Reading {
    /// `file` as messages name it; without one, everything comes from the environment.
    pub(crate) fn new(file: Option<String>, folder: PathBuf) -> Self {
        Self { file, folder, problems: RefCell::default() }
    }

    /// Notes a problem.
    pub(crate) fn note(&self, key: &str, source: String, message: impl Into<String>) {
        let problem = Problem { key: key.to_owned(), source, message: message.into() };
        self.problems.borrow_mut().push(problem);
    }

    /// Notes that something required is missing. `elsewhere` names other places that it may stand
    /// in, beside the key itself and the key's environment variable.
    pub(crate) fn note_missing(&self, key: &str, expected: &str, elsewhere: &[&str]) {
        let path = key.to_uppercase().replace('-', "_").replace('.', "__");
        let variable = format!("{PREFIX}{path}");
        let source = match &self.file {
            Some(file) => file.clone(),
            None => format!("environment variable {variable}"),
        };
        let mut places: Vec<&str> = elsewhere.to_vec();
        if self.file.is_some() {
            places.push(&variable);
        }
        let also = match places.as_slice() {
            [] => String::new(),
            places => format!(" (may also stand in {})", places.join(" or ")),
        };
        self.note(key, source, format!("missing; expected {expected}{also}"));
    }

    /// Notes that there is no tenant: the one thing required that is not one key.
    pub(crate) fn note_no_tenant(&self) {
        let source = self.file.clone().unwrap_or_else(|| "the environment".to_owned());
        let message = match self.file {
            Some(_) => "missing; expected at least one table [tenants.<name>]",
            None => {
                "missing; expected a file, by --config or VOICE_CONFIG or as voice.toml in \
                     the current folder, or variables VOICE__TENANTS__<NAME>__…"
            }
        };
        self.note("tenants", source, message);
    }

    /// The source as messages name it.
    pub(crate) fn name(&self, source: &Source) -> String {
        match source {
            Source::File => self.file.clone().unwrap_or_default(),
            Source::Variable(name) => format!("environment variable {name}"),
        }
    }

    /// A path as the configuration means it: relative to the folder of the file.
    pub(crate) fn resolve(&self, path: &str) -> PathBuf {
        let path = Path::new(path);
        // Joining an empty folder would change how the path is shown.
        if self.folder.as_os_str().is_empty() { path.to_owned() } else { self.folder.join(path) }
    }

    /// The value, if nothing was wrong.
    pub(crate) fn finish<T>(self, value: Option<T>) -> Result<T> {
        Problems::none_in(self.problems.into_inner())?;
        // A section that gives no value has noted why, so this line is for completeness only.
        let why = Problem {
            key: String::new(),
            source: "configuration".to_owned(),
            message: "incomplete".to_owned(),
        };
        value.ok_or_else(|| crate::Error::Configuration(Problems::of(why)))
    }
}

/// A text with the place where it stands.
pub(crate) struct Given {
    pub(crate) path: String,
    pub(crate) source: Source,
    pub(crate) text: String,
}

/// A table being read. [`Section::finish`] reports the keys that nobody asked for.
pub(crate) struct Section<'a> {
    pub(crate) reading: &'a Reading,
    path: String,
    table: Table,
    known: Vec<&'static str>,
}

impl<'a> Section<'a> {
    /// The table at a path; the root has an empty one.
    pub(crate) fn new(reading: &'a Reading, path: String, table: Table) -> Self {
        Self { reading, path, table, known: Vec::new() }
    }

    /// The path of a key in this table.
    pub(crate) fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn take(&mut self, key: &'static str) -> Option<Node> {
        self.known.push(key);
        self.table.take(key)
    }

    /// The table under a key.
    pub(crate) fn section(&mut self, key: &'static str) -> Option<Section<'a>> {
        let node = self.take(key)?;
        self.as_section(node)
    }

    /// A table without keys in place of one that is not given: it reports what is missing.
    pub(crate) fn empty(&mut self, key: &'static str) -> Section<'a> {
        self.known.push(key);
        Section::new(self.reading, self.path_of(key), Table::default())
    }

    fn as_section(&self, node: Node) -> Option<Section<'a>> {
        let path = self.path_of(&node.key);
        match node.value {
            Value::Table(table) => Some(Section::new(self.reading, path, table)),
            Value::Plain(_) => {
                let source = self.reading.name(&node.source);
                self.reading.note(&path, source, format!("expected a table [{path}]"));
                None
            }
        }
    }

    /// All keys as tables, each key with its source: for the tenants, whose names are keys.
    pub(crate) fn into_sections(mut self) -> Vec<(Given, Section<'a>)> {
        let nodes = std::mem::take(&mut self.table).into_nodes();
        nodes
            .filter_map(|node| {
                let (path, source) = (self.path_of(&node.key), node.source.clone());
                let given = Given { path, source, text: node.key.clone() };
                self.as_section(node).map(|section| (given, section))
            })
            .collect()
    }

    /// The text under a key, if there is one.
    pub(crate) fn text(&mut self, key: &'static str) -> Option<Given> {
        let node = self.take(key)?;
        let path = self.path_of(key);
        let problem = match node.value {
            Value::Plain(Plain::Text(text)) => {
                return Some(Given { path, source: node.source, text });
            }
            Value::Table(_) => "a table",
            Value::Plain(Plain::Integer(_)) => "a number",
            Value::Plain(Plain::Boolean(_)) => "true or false",
            Value::Plain(Plain::Unusable(what)) => what,
        };
        let source = self.reading.name(&node.source);
        self.reading.note(&path, source, format!("is {problem}; expected a text in quotes"));
        None
    }

    /// The text under a key, read by a function; what it says against the text is noted.
    pub(crate) fn read<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let given = self.text(key)?;
        self.accept(&given, read(given.text.trim()))
    }

    /// The whole number under a key, which may stand in quotes: the environment has texts only.
    pub(crate) fn read_number<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        if let Some(Value::Plain(Plain::Integer(number))) = self.table.value(key) {
            let text = number.to_string();
            let source = self.take(key)?.source;
            let given = Given { path: self.path_of(key), source, text };
            return self.accept(&given, read(&given.text));
        }
        self.read(key, read)
    }

    /// As [`Section::read`]; a missing key is a problem.
    pub(crate) fn required<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        self.required_or(key, expected, &[], read)
    }

    /// As [`Section::required`], for what may stand elsewhere as well.
    pub(crate) fn required_or<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        elsewhere: &[&str],
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        if !self.has(key) {
            self.known.push(key);
            self.reading.note_missing(&self.path_of(key), expected, elsewhere);
            return None;
        }
        self.read(key, read)
    }

    /// The value, or `None` with the problem noted.
    pub(crate) fn accept<T>(&self, given: &Given, read: Result<T, String>) -> Option<T> {
        read.map_err(|why| self.note(given, why)).ok()
    }

    /// Notes a problem with a text.
    pub(crate) fn note(&self, given: &Given, message: impl Into<String>) {
        self.reading.note(&given.path, self.reading.name(&given.source), message);
    }

    /// Whether a key is given.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.has(key)
    }

    /// All keys with plain values as texts: for tables whose keys are not fixed here.
    pub(crate) fn into_texts(mut self) -> Vec<Given> {
        let nodes = std::mem::take(&mut self.table).into_nodes();
        nodes
            .filter_map(|node| {
                let path = self.path_of(&node.key);
                let text = match node.value {
                    Value::Plain(Plain::Text(text)) => text,
                    Value::Plain(Plain::Integer(number)) => number.to_string(),
                    Value::Plain(Plain::Boolean(yes)) => yes.to_string(),
                    Value::Plain(Plain::Unusable(what)) => {
                        return self.unusable(&path, &node.source, what);
                    }
                    Value::Table(_) => return self.unusable(&path, &node.source, "a table"),
                };
                Some(Given { path, source: node.source, text })
            })
            .collect()
    }

    fn unusable<T>(&self, path: &str, source: &Source, what: &str) -> Option<T> {
        let message = format!("is {what}; expected a text, a whole number, true or false");
        self.reading.note(path, self.reading.name(source), message);
        None
    }

    /// Notes keys that are known but have no place here; `message` says why.
    pub(crate) fn refuse(&mut self, keys: &[&'static str], message: &str) {
        for key in keys {
            if let Some(node) = self.table.take(key) {
                let source = self.reading.name(&node.source);
                self.reading.note(&self.path_of(key), source, message);
            }
        }
    }

    /// Notes the keys that nobody asked for.
    pub(crate) fn finish(mut self) {
        let left = std::mem::take(&mut self.table).into_nodes();
        for node in left {
            let near = suggestion(&node.key, self.known.iter().copied());
            let path = self.path_of(&node.key);
            self.reading.note(&path, self.reading.name(&node.source), format!("unknown key{near}"));
        }
    }
}
