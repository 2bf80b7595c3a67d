//! Tables as they are described in this folder, names not yet resolved.

use super::column_spec::ColumnSpec;
use super::{Behaviour, ColumnKind, Ownership, StateOption, StatusOption, Writes};

/// A state as it is described: number, label, and its status reasons, the default first.
pub(super) type StateSpec<'a> = (i32, &'a str, &'a [(i32, &'a str)]);

/// States of most tables.
pub(super) const ACTIVE_INACTIVE: &[StateSpec<'_>] =
    &[(0, "Active", &[(1, "Active")]), (1, "Inactive", &[(2, "Inactive")])];

/// A table as it is described, before names are resolved.
#[derive(Debug, Clone)]
pub(super) struct TableSpec {
    pub(super) logical_name: String,
    pub(super) schema_name: String,
    pub(super) set_name: String,
    pub(super) display: String,
    pub(super) type_code: i32,
    pub(super) ownership: Ownership,
    pub(super) behaviour: Behaviour,
    pub(super) writes: Writes,
    pub(super) custom: bool,
    pub(super) inherited_key: bool,
    pub(super) key: String,
    pub(super) primary_name: Option<String>,
    pub(super) columns: Vec<ColumnSpec>,
    pub(super) keys: Vec<(String, Vec<String>)>,
}

impl TableSpec {
    /// A table with the names, the type code and the owners given; all writes are on offer.
    pub(super) fn new(
        schema_name: &str,
        set_name: &str,
        display: &str,
        type_code: i32,
        ownership: Ownership,
    ) -> Self {
        let logical_name = schema_name.to_ascii_lowercase();
        Self {
            key: format!("{logical_name}id"),
            custom: logical_name.starts_with("ev_"),
            logical_name,
            schema_name: schema_name.to_owned(),
            set_name: set_name.to_owned(),
            display: display.to_owned(),
            type_code,
            ownership,
            behaviour: Behaviour::Plain,
            writes: Writes { create: true, update: true, delete: true },
            inherited_key: false,
            primary_name: None,
            columns: Vec::new(),
            keys: Vec::new(),
        }
    }

    /// Another key than `<logical name>id`.
    pub(super) fn key(mut self, name: &str) -> Self {
        name.clone_into(&mut self.key);
        self
    }

    /// The key is inherited under another name, so URLs may not name it.
    pub(super) fn inherited_key(mut self) -> Self {
        self.inherited_key = true;
        self
    }

    /// Column that names a row.
    pub(super) fn named_by(mut self, name: &str) -> Self {
        self.primary_name = Some(name.to_owned());
        self
    }

    /// Engine behaviour.
    pub(super) fn behaves(mut self, behaviour: Behaviour) -> Self {
        self.behaviour = behaviour;
        self
    }

    /// Writes on offer.
    pub(super) fn writes(mut self, create: bool, update: bool, delete: bool) -> Self {
        self.writes = Writes { create, update, delete };
        self
    }

    /// Several columns.
    pub(super) fn with_all(mut self, columns: impl IntoIterator<Item = ColumnSpec>) -> Self {
        self.columns.extend(columns);
        self
    }

    /// An alternate key.
    pub(super) fn unique(mut self, name: &str, columns: &[&str]) -> Self {
        self.keys
            .push((name.to_owned(), columns.iter().map(|column| (*column).to_owned()).collect()));
        self
    }

    /// States, each with its label and its status reasons, the default first.
    pub(super) fn states(mut self, states: &[StateSpec<'_>]) -> Self {
        let state = states
            .iter()
            .map(|(value, label, statuses)| StateOption {
                value: *value,
                label: (*label).to_owned(),
                default_status: statuses.first().map_or(*value, |(status, _)| *status),
            })
            .collect();
        let status = states
            .iter()
            .flat_map(|(state, _, statuses)| {
                statuses.iter().map(|(value, label)| StatusOption {
                    value: *value,
                    label: (*label).to_owned(),
                    state: *state,
                })
            })
            .collect();
        let state = ColumnSpec::plain("statecode", ColumnKind::State(state)).update_only();
        let status = ColumnSpec::plain("statuscode", ColumnKind::Status(status));
        self.columns.extend([state.required(), status]);
        self
    }
}
