//! The configuration as a tree that remembers where each value came from.
//!
//! Keys are compared without case, because environment variables are written in capitals. The tree
//! holds secrets in plain text until they are taken: it has no `Debug` and is dropped after reading.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// What stands before the name of every variable that sets a key.
pub(crate) const PREFIX: &str = "VOICE__";

/// Where a value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// In the configuration file.
    File,
    /// In an environment variable.
    Variable(String),
}

/// A value and how its key is spelled.
pub(crate) struct Node {
    pub(crate) key: String,
    pub(crate) source: Source,
    pub(crate) value: Value,
}

/// A table or a plain value.
pub(crate) enum Value {
    Table(Table),
    Plain(Plain),
}

/// A plain value.
pub(crate) enum Plain {
    Text(String),
    Integer(i64),
    Boolean(bool),
    /// A kind of value that no key takes; which.
    Unusable(&'static str),
}

/// Keys in lower case, with what they hold.
#[derive(Default)]
pub(crate) struct Table(BTreeMap<String, Node>);

/// A key of the file that is given twice, in two spellings; its path.
pub(crate) struct GivenTwice(pub(crate) String);

impl Table {
    /// The tree of a file.
    pub(crate) fn of_file(table: toml::Table, twice: &mut Vec<GivenTwice>) -> Self {
        Self::of_toml(table, "", twice)
    }

    fn of_toml(table: toml::Table, path: &str, twice: &mut Vec<GivenTwice>) -> Self {
        let mut tree = Self::default();
        for (key, value) in table {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            let value = match value {
                toml::Value::Table(table) => Value::Table(Self::of_toml(table, &path, twice)),
                toml::Value::String(text) => Value::Plain(Plain::Text(text)),
                toml::Value::Integer(number) => Value::Plain(Plain::Integer(number)),
                toml::Value::Boolean(yes) => Value::Plain(Plain::Boolean(yes)),
                toml::Value::Float(_) => Value::Plain(Plain::Unusable("a number with a fraction")),
                toml::Value::Datetime(_) => Value::Plain(Plain::Unusable("a date")),
                toml::Value::Array(_) => Value::Plain(Plain::Unusable("a list")),
            };
            match tree.0.entry(key.to_lowercase()) {
                Entry::Occupied(_) => twice.push(GivenTwice(path)),
                Entry::Vacant(entry) => {
                    entry.insert(Node { key, source: Source::File, value });
                }
            }
        }
        tree
    }

    /// Lays a variable over the tree: `segments` are the parts of its name behind the prefix.
    ///
    /// # Errors
    /// Why it cannot be laid: it would put a value where a table is, or the other way round.
    pub(crate) fn lay_over(
        &mut self,
        segments: &[String],
        variable: &str,
        text: String,
    ) -> Result<(), String> {
        let source = Source::Variable(variable.to_owned());
        let [first, rest @ ..] = segments else { return Ok(()) };
        let key = self.spelled_in_file(first);
        if rest.is_empty() {
            if let Some(Node { value: Value::Table(_), key, .. }) = self.0.get(&key) {
                return Err(format!("{key} is a table and takes no value; name a key in it"));
            }
            let spelling = self.0.get(&key).map_or_else(|| key.clone(), |node| node.key.clone());
            let value = Value::Plain(Plain::Text(text));
            self.0.insert(key, Node { key: spelling, source, value });
            return Ok(());
        }
        let node = self.0.entry(key.clone()).or_insert_with(|| Node {
            key,
            source,
            value: Value::Table(Self::default()),
        });
        match &mut node.value {
            Value::Table(table) => table.lay_over(rest, variable, text),
            Value::Plain(_) => Err(format!("{} is no table and has no keys in it", node.key)),
        }
    }

    /// The key that a part of a variable's name means. A dash cannot stand in such a name: the
    /// underscore means it where the file has one.
    fn spelled_in_file(&self, segment: &str) -> String {
        let key = segment.to_lowercase();
        if self.0.contains_key(&key) {
            return key;
        }
        let same = |known: &&String| known.replace('-', "_") == key;
        self.0.keys().find(same).cloned().unwrap_or(key)
    }

    /// Takes a key out.
    pub(crate) fn take(&mut self, key: &str) -> Option<Node> {
        self.0.remove(&key.to_lowercase())
    }

    /// What is given under a key, without taking it out.
    pub(crate) fn value(&self, key: &str) -> Option<&Value> {
        self.0.get(&key.to_lowercase()).map(|node| &node.value)
    }

    /// Whether a key is given.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.0.contains_key(&key.to_lowercase())
    }

    /// What is left, in the order of keys.
    pub(crate) fn into_nodes(self) -> impl Iterator<Item = Node> {
        self.0.into_values()
    }
}
