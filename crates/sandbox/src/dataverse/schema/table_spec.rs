//! Tables as they are described in this folder, names not yet resolved.

use serde_json::{Map, Value as Json};

use super::column_spec::ColumnSpec;
use super::{Behaviour, ColumnKind, Ownership, StateOption, StatusOption, Writes};

/// A state as it is described: number, label, and its status reasons, the default first.
pub(in crate::dataverse) type StateSpec<'a> = (i32, &'a str, &'a [(i32, &'a str)]);

/// States of most tables.
pub(in crate::dataverse) const ACTIVE_INACTIVE: &[StateSpec<'_>] =
    &[(0, "Active", &[(1, "Active")]), (1, "Inactive", &[(2, "Inactive")])];

/// A table as it is described, before names are resolved.
#[derive(Debug, Clone)]
pub(in crate::dataverse) struct TableSpec {
    pub(in crate::dataverse) logical_name: String,
    pub(in crate::dataverse) schema_name: String,
    pub(in crate::dataverse) set_name: String,
    pub(in crate::dataverse) display: String,
    pub(in crate::dataverse) type_code: i32,
    pub(in crate::dataverse) ownership: Ownership,
    pub(in crate::dataverse) behaviour: Behaviour,
    pub(in crate::dataverse) writes: Writes,
    pub(in crate::dataverse) custom: bool,
    pub(in crate::dataverse) change_tracking: bool,
    pub(in crate::dataverse) inherited_key: bool,
    pub(in crate::dataverse) key: String,
    pub(in crate::dataverse) primary_name: Option<String>,
    pub(in crate::dataverse) columns: Vec<ColumnSpec>,
    pub(in crate::dataverse) keys: Vec<KeySpec>,
    /// Label for several rows, where it is not the label for one.
    pub(in crate::dataverse) display_collection: Option<String>,
    pub(in crate::dataverse) description: String,
    /// Members of the definition that the engine keeps without reading more into them.
    pub(in crate::dataverse) facets: Map<String, Json>,
    /// Deleted: only the position is kept, so that those of other tables stay valid.
    pub(in crate::dataverse) removed: bool,
}

/// An alternate key as it is described.
#[derive(Debug, Clone)]
pub(in crate::dataverse) struct KeySpec {
    pub(in crate::dataverse) name: String,
    pub(in crate::dataverse) display: String,
    pub(in crate::dataverse) columns: Vec<String>,
    /// Its index was built; it was not if rows shared a value.
    pub(in crate::dataverse) active: bool,
}

impl TableSpec {
    /// A table with the names, the type code and the owners given; all writes are on offer.
    pub(in crate::dataverse) fn new(
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
            change_tracking: false,
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
            display_collection: None,
            description: String::new(),
            facets: Map::new(),
            removed: false,
        }
    }

    /// Another key than `<logical name>id`.
    pub(in crate::dataverse) fn key(mut self, name: &str) -> Self {
        name.clone_into(&mut self.key);
        self
    }

    /// The key is inherited under another name, so URLs may not name it.
    pub(in crate::dataverse) fn inherited_key(mut self) -> Self {
        self.inherited_key = true;
        self
    }

    /// Column that names a row.
    pub(in crate::dataverse) fn named_by(mut self, name: &str) -> Self {
        self.primary_name = Some(name.to_owned());
        self
    }

    /// Changes can be asked for (reference, section 5).
    pub(in crate::dataverse) fn tracked(mut self) -> Self {
        self.change_tracking = true;
        self
    }

    /// Engine behaviour.
    pub(in crate::dataverse) fn behaves(mut self, behaviour: Behaviour) -> Self {
        self.behaviour = behaviour;
        self
    }

    /// Writes on offer.
    pub(in crate::dataverse) fn writes(mut self, create: bool, update: bool, delete: bool) -> Self {
        self.writes = Writes { create, update, delete };
        self
    }

    /// Several columns.
    pub(in crate::dataverse) fn with_all(
        mut self,
        columns: impl IntoIterator<Item = ColumnSpec>,
    ) -> Self {
        self.columns.extend(columns);
        self
    }

    /// An alternate key.
    pub(in crate::dataverse) fn unique(mut self, name: &str, columns: &[&str]) -> Self {
        self.keys.push(KeySpec {
            name: name.to_owned(),
            display: name.to_owned(),
            columns: columns.iter().map(|column| (*column).to_owned()).collect(),
            active: true,
        });
        self
    }

    /// States, each with its label and its status reasons, the default first.
    pub(in crate::dataverse) fn states(mut self, states: &[StateSpec<'_>]) -> Self {
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
