//! The tables as data: columns, keys and relationships that the engine works from.
//!
//! Nothing in the engine knows a table by name except through the behaviours declared here.
//! Ids of tables and columns are positions that stay valid while the schema grows.

mod build;
mod column;
mod column_spec;
mod solutions;
mod standard;
mod table_spec;
mod voice;

use std::collections::HashMap;

use serde_json::{Map, Value as Json};
use uuid::{Uuid, uuid};

pub(super) use build::{LinkSpec, OptionSetSpec, SchemaBuilder};
pub(super) use column::{
    AtDeletion, Choice, Column, ColumnKind, Computed, Lookup, LookupTarget, StateOption,
    StatusOption,
};
pub(super) use column_spec::{ColumnSpec, KindSpec, TargetSpec};
pub(super) use table_spec::{ACTIVE_INACTIVE, KeySpec, TableSpec};

/// Position of a table in the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct TableId(pub(super) u16);

/// Position of a column in its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ColumnId(pub(super) u16);

/// Position of a many-to-many relationship in the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct LinkId(pub(super) u16);

/// Who owns the rows of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ownership {
    /// A user or a team: the table has `ownerid` and its companions.
    User,
    /// The organisation.
    Organization,
    /// A business unit.
    BusinessUnit,
    /// Nobody: rows that live and die with others.
    None,
}

/// What the engine does beyond storing rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Behaviour {
    /// Nothing.
    #[default]
    Plain,
    /// Activities: parties, completion, closed rows.
    Activity,
    /// Parties of activities: written with their activity only.
    ActivityParty,
    /// Queue items: one for each queued row.
    QueueItem,
    /// Users and teams: they own rows.
    Principal,
}

/// Which writes a table offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Writes {
    /// POST and upsert.
    pub(super) create: bool,
    /// PATCH and PUT.
    pub(super) update: bool,
    /// DELETE.
    pub(super) delete: bool,
}

/// An alternate key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AlternateKey {
    /// Schema name.
    pub(super) name: String,
    /// Label.
    pub(super) display: String,
    /// Its columns, in order.
    pub(super) columns: Vec<ColumnId>,
}

/// Where a navigation property leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Navigation {
    /// To the row that a lookup of this table points to. `None` = an owner: user or team.
    One { column: ColumnId, target: Option<TableId> },
    /// To the rows of `table` whose lookup `column` points here.
    Many { table: TableId, column: ColumnId },
    /// To the rows of `table` linked through a many-to-many relationship; `forward` when this
    /// table is the relationship's first.
    Linked { link: LinkId, table: TableId, forward: bool },
}

/// A table.
#[derive(Debug, Clone)]
pub(super) struct Table {
    /// Position.
    pub(super) id: TableId,
    /// `phonecall`.
    pub(super) logical_name: String,
    /// `PhoneCall`.
    pub(super) schema_name: String,
    /// `phonecalls`; empty for a table that cannot be addressed.
    pub(super) set_name: String,
    /// Label for one row.
    pub(super) display: String,
    /// Label for several rows.
    pub(super) display_collection: String,
    /// Text that explains the table.
    pub(super) description: String,
    /// Further members of the definition, as they were given.
    pub(super) facets: Map<String, Json>,
    /// Numeric type code.
    pub(super) type_code: i32,
    /// Owners.
    pub(super) ownership: Ownership,
    /// Engine behaviour.
    pub(super) behaviour: Behaviour,
    /// Writes on offer.
    pub(super) writes: Writes,
    /// Made by a solution.
    pub(super) custom: bool,
    /// Changes can be asked for (reference, section 5).
    pub(super) change_tracking: bool,
    /// Primary key.
    pub(super) key: ColumnId,
    /// The key that URLs may not use by name: the table inherits another (reference, section 3.2).
    pub(super) inherited_key: bool,
    /// Column that names a row.
    pub(super) primary_name: Option<ColumnId>,
    /// Columns by position.
    pub(super) columns: Vec<Column>,
    /// Alternate keys.
    pub(super) keys: Vec<AlternateKey>,
    /// Alternate keys whose index could not be built: they neither find nor protect rows.
    pub(super) failed_keys: Vec<AlternateKey>,
    by_logical_name: HashMap<String, ColumnId>,
    by_wire_name: HashMap<String, ColumnId>,
    navigation: HashMap<String, Navigation>,
}

impl Table {
    /// The column at a position of this table.
    pub(super) fn column(&self, id: ColumnId) -> &Column {
        &self.columns[usize::from(id.0)]
    }

    /// A column by logical name.
    pub(super) fn find(&self, logical_name: &str) -> Option<ColumnId> {
        self.by_logical_name.get(logical_name).copied()
    }

    /// A column by its property name: `subject`, `_ownerid_value`.
    pub(super) fn find_property(&self, wire_name: &str) -> Option<ColumnId> {
        self.by_wire_name.get(wire_name).copied()
    }

    /// Whether the table was deleted; nothing leads to it any more.
    pub(super) fn is_removed(&self) -> bool {
        self.logical_name.is_empty()
    }

    /// All navigation properties, in order of their names.
    pub(super) fn navigations(&self) -> Vec<(&str, Navigation)> {
        let mut all: Vec<_> =
            self.navigation.iter().map(|(name, to)| (name.as_str(), *to)).collect();
        all.sort_by_key(|(name, _)| *name);
        all
    }

    /// A navigation property; capitals count.
    pub(super) fn navigate(&self, name: &str) -> Option<Navigation> {
        self.navigation.get(name).copied()
    }

    /// The table's name as error texts spell it.
    pub(super) fn name_in_errors(&self) -> &str {
        if self.behaviour == Behaviour::Activity { &self.schema_name } else { &self.logical_name }
    }

    /// The state column's options with their position, for tables that have states.
    pub(super) fn states(&self) -> Option<(ColumnId, &[StateOption])> {
        let id = self.find("statecode")?;
        match &self.column(id).kind {
            ColumnKind::State(options) => Some((id, options)),
            _ => None,
        }
    }

    /// The status column's options with their position.
    pub(super) fn statuses(&self) -> Option<(ColumnId, &[StatusOption])> {
        let id = self.find("statuscode")?;
        match &self.column(id).kind {
            ColumnKind::Status(options) => Some((id, options)),
            _ => None,
        }
    }

    /// `MetadataId` of the table.
    pub(super) fn metadata_id(&self) -> Uuid {
        metadata_id(&self.logical_name)
    }
}

/// A many-to-many relationship.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    /// Schema name, which is also the navigation property on both sides.
    pub(super) name: String,
    /// Logical name of the intersect table.
    pub(super) intersect: String,
    /// First table.
    pub(super) first: TableId,
    /// Second table.
    pub(super) second: TableId,
    /// Made by a solution.
    pub(super) custom: bool,
    /// Deleted: only the position is kept.
    pub(super) removed: bool,
}

/// All tables and relationships of one environment.
#[derive(Debug, Clone)]
pub(super) struct Schema {
    tables: Vec<Table>,
    links: Vec<Link>,
    by_logical_name: HashMap<String, TableId>,
    by_set_name: HashMap<String, TableId>,
    /// Columns that point to a table: who must be told when one of its rows goes away.
    references: Vec<Vec<(TableId, ColumnId)>>,
    /// What all of the above is made from.
    definitions: SchemaBuilder,
}

impl Schema {
    /// The schema of an environment; `bare` leaves our solution's tables and columns out.
    pub(super) fn new(bare: bool) -> Self {
        let mut builder = SchemaBuilder::default();
        standard::describe(&mut builder);
        solutions::describe(&mut builder);
        if !bare {
            voice::describe(&mut builder);
        }
        builder.finish()
    }

    /// What the schema is made from, to be changed and finished into another schema. Tables and
    /// relationships keep their positions in it; columns move up when one before them is removed.
    pub(super) fn definitions(&self) -> &SchemaBuilder {
        &self.definitions
    }

    /// The table at a position.
    pub(super) fn table(&self, id: TableId) -> &Table {
        &self.tables[usize::from(id.0)]
    }

    /// All tables, in the order they were made, those that were deleted among them.
    pub(super) fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// All many-to-many relationships.
    pub(super) fn links(&self) -> &[Link] {
        &self.links
    }

    /// A table by logical name.
    pub(super) fn find(&self, logical_name: &str) -> Option<&Table> {
        self.by_logical_name.get(logical_name).map(|id| self.table(*id))
    }

    /// A table by entity set name.
    pub(super) fn find_set(&self, set_name: &str) -> Option<&Table> {
        self.by_set_name.get(set_name).map(|id| self.table(*id))
    }

    /// Lookup columns that can point to rows of a table.
    pub(super) fn references_to(&self, table: TableId) -> &[(TableId, ColumnId)] {
        &self.references[usize::from(table.0)]
    }
}

/// A stable `MetadataId` for a schema object with a unique path, such as `phonecall/subject`.
pub(super) fn metadata_id(path: &str) -> Uuid {
    const NAMESPACE: Uuid = uuid!("a2f0c0de-5c4e-4a0a-9d1e-7f5b3c1d9e01");
    Uuid::new_v5(&NAMESPACE, path.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_custom_lookup_of_an_activity_is_bound_with_the_suffix() {
        let schema = Schema::new(false);
        let phonecall = schema.find("phonecall").unwrap();
        assert!(phonecall.navigate("ev_bundleid_PhoneCall").is_some());
        assert!(phonecall.navigate("ev_bundleid").is_none());
        assert!(phonecall.navigate("ev_bundleid_phonecall").is_none());
        let profile = schema.find("ev_callbackprofile").unwrap();
        assert!(profile.navigate("ev_queueid").is_some());
    }

    #[test]
    fn a_bare_environment_has_nothing_of_ours() {
        let schema = Schema::new(true);
        assert!(schema.find_set("ev_settings").is_none());
        assert!(schema.find("phonecall").unwrap().find("ev_callid").is_none());
        assert!(schema.find("systemuser").unwrap().find("ev_clouduserid").is_none());
    }

    #[test]
    fn every_table_has_a_key_of_its_own_and_every_column_two_names() {
        for table in Schema::new(false).tables() {
            assert_eq!(table.column(table.key).kind, ColumnKind::Key, "{}", table.logical_name);
            for column in &table.columns {
                assert_eq!(
                    table.find(&column.logical_name),
                    table.find_property(&column.wire_name)
                );
            }
        }
    }
}
