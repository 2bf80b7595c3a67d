//! Turns descriptions of tables into a [`Schema`]: adds what every table has, resolves names.

use std::collections::HashMap;

use super::column_spec::{ColumnSpec, ComputedSpec, KindSpec, TargetSpec};
use super::table_spec::{KeySpec, TableSpec};
use super::{
    AlternateKey, Behaviour, Choice, Column, ColumnId, ColumnKind, Computed, Link, LinkId, Lookup,
    LookupTarget, Navigation, Ownership, Schema, Table, TableId,
};

/// Collects descriptions.
#[derive(Debug, Clone, Default)]
pub(in crate::dataverse) struct SchemaBuilder {
    /// Tables, each with all its columns.
    pub(in crate::dataverse) tables: Vec<TableSpec>,
    /// Many-to-many relationships.
    pub(in crate::dataverse) links: Vec<LinkSpec>,
    /// Global choices.
    pub(in crate::dataverse) option_sets: Vec<OptionSetSpec>,
}

/// A many-to-many relationship as it is described.
#[derive(Debug, Clone)]
pub(in crate::dataverse) struct LinkSpec {
    pub(in crate::dataverse) name: String,
    pub(in crate::dataverse) intersect: String,
    pub(in crate::dataverse) first: String,
    pub(in crate::dataverse) second: String,
    pub(in crate::dataverse) custom: bool,
    /// Deleted: only the position is kept.
    pub(in crate::dataverse) removed: bool,
}

/// A global choice.
#[derive(Debug, Clone)]
pub(in crate::dataverse) struct OptionSetSpec {
    pub(in crate::dataverse) name: String,
    pub(in crate::dataverse) display: String,
    pub(in crate::dataverse) description: String,
    pub(in crate::dataverse) options: Vec<Choice>,
}

impl SchemaBuilder {
    /// Adds a table with the columns that every table of its kind has.
    pub(in crate::dataverse) fn table(&mut self, mut spec: TableSpec) {
        let key = ColumnSpec::plain(&spec.key, ColumnKind::Key).create_only();
        spec.columns.insert(0, key);
        spec.columns.extend(audit_columns(&spec));
        if spec.ownership == Ownership::User {
            spec.columns.extend(owner_columns(&spec));
        }
        self.tables.push(spec);
    }

    /// Adds columns to a table described earlier; an unknown table is left alone.
    pub(in crate::dataverse) fn extend(
        &mut self,
        table: &str,
        columns: impl IntoIterator<Item = ColumnSpec>,
    ) {
        if let Some(spec) = self.tables.iter_mut().find(|spec| spec.logical_name == table) {
            spec.columns.extend(columns);
        }
    }

    /// Adds a many-to-many relationship.
    pub(in crate::dataverse) fn link(
        &mut self,
        name: &str,
        intersect: &str,
        first: &str,
        second: &str,
    ) {
        self.links.push(LinkSpec {
            name: name.into(),
            intersect: intersect.into(),
            first: first.into(),
            second: second.into(),
            custom: false,
            removed: false,
        });
    }

    /// The live table with a logical name.
    pub(in crate::dataverse) fn find(&mut self, logical_name: &str) -> Option<&mut TableSpec> {
        self.tables.iter_mut().find(|spec| !spec.removed && spec.logical_name == logical_name)
    }

    /// Resolves all names. Targets of lookups that are no tables of the schema are left out.
    pub(in crate::dataverse) fn finish(self) -> Schema {
        let ids: HashMap<String, TableId> = self
            .tables
            .iter()
            .enumerate()
            .filter(|(_, spec)| !spec.removed)
            .filter_map(|(at, spec)| {
                Some((spec.logical_name.clone(), TableId(u16::try_from(at).ok()?)))
            })
            .collect();
        let mut tables: Vec<Table> = self
            .tables
            .iter()
            .zip(0..)
            .map(|(spec, at)| resolve_table(TableId(at), spec.clone(), &ids, &self.option_sets))
            .collect();
        let links: Vec<Link> = self.links.iter().map(|link| resolve_link(link, &ids)).collect();
        let references = connect(&mut tables, &links);
        Schema {
            by_set_name: tables
                .iter()
                .filter(|table| !table.set_name.is_empty())
                .map(|table| (table.set_name.clone(), table.id))
                .collect(),
            by_logical_name: ids,
            tables,
            links,
            references,
            definitions: self,
        }
    }
}

/// A relationship whose tables are unknown counts as removed.
fn resolve_link(spec: &LinkSpec, ids: &HashMap<String, TableId>) -> Link {
    let ends = (ids.get(&spec.first), ids.get(&spec.second));
    let (first, second, known) = match ends {
        (Some(first), Some(second)) => (*first, *second, true),
        _ => (TableId(0), TableId(0), false),
    };
    Link {
        name: spec.name.clone(),
        intersect: spec.intersect.clone(),
        first,
        second,
        custom: spec.custom,
        removed: spec.removed || !known,
    }
}

/// Columns that the platform keeps on every row.
fn audit_columns(spec: &TableSpec) -> Vec<ColumnSpec> {
    let user = |name: &str| {
        let reverse = format!("lk_{}_{name}", spec.logical_name);
        let activity = format!("{name}_{}", spec.logical_name);
        let names: &[&str] = &[name, &activity];
        let used = if spec.behaviour == Behaviour::Activity { names } else { &names[..1] };
        ColumnSpec::lookup(name, &[("systemuser", used, &reverse)]).unindexed().read_only()
    };
    let version = ColumnSpec::plain("versionnumber", ColumnKind::Long).read_only();
    if spec.behaviour == Behaviour::ActivityParty {
        return vec![version];
    }
    vec![
        ColumnSpec::instant("createdon").read_only(),
        ColumnSpec::instant("modifiedon").read_only(),
        user("createdby"),
        user("modifiedby"),
        user("createdonbehalfby"),
        user("modifiedonbehalfby"),
        ColumnSpec::instant("overriddencreatedon").create_only(),
        ColumnSpec::int("importsequencenumber", i32::MIN, i32::MAX).create_only(),
        version,
    ]
}

/// Owner and what follows from it.
fn owner_columns(spec: &TableSpec) -> Vec<ColumnSpec> {
    let logical_name = &spec.logical_name;
    let reverse = |owner: &str| format!("{owner}_{logical_name}");
    let alias = format!("ownerid_{logical_name}");
    let names: &[&str] = &["ownerid", &alias];
    let names = if spec.behaviour == Behaviour::Activity { names } else { &names[..1] };
    vec![
        ColumnSpec::lookup(
            "ownerid",
            &[
                ("systemuser", names, &format!("owner_{logical_name}s")),
                ("team", names, &format!("owner_team_{logical_name}s")),
            ],
        )
        .of_type("Owner")
        .unindexed()
        .required(),
        ColumnSpec::lookup("owninguser", &[("systemuser", &["owninguser"], &reverse("user"))])
            .unindexed()
            .read_only(),
        ColumnSpec::lookup("owningteam", &[("team", &["owningteam"], &reverse("team"))])
            .unindexed()
            .read_only(),
        ColumnSpec::lookup(
            "owningbusinessunit",
            &[("businessunit", &["owningbusinessunit"], &reverse("business_unit"))],
        )
        .unindexed()
        .read_only(),
    ]
}

fn resolve_table(
    id: TableId,
    spec: TableSpec,
    ids: &HashMap<String, TableId>,
    option_sets: &[OptionSetSpec],
) -> Table {
    let positions: HashMap<String, ColumnId> = spec
        .columns
        .iter()
        .enumerate()
        .filter_map(|(at, column)| {
            Some((column.logical_name.clone(), ColumnId(u16::try_from(at).ok()?)))
        })
        .collect();
    let key = positions.get(&spec.key).copied().unwrap_or(ColumnId(0));
    let keys = |active: bool| {
        let of_state = spec.keys.iter().filter(|key| key.active == active);
        of_state.map(|key| resolve_key(key, &positions)).collect::<Vec<_>>()
    };
    let (keys, failed_keys) = (keys(true), keys(false));
    let logical_name = spec.logical_name;
    let columns: Vec<Column> = spec
        .columns
        .into_iter()
        .map(|column| resolve_column(&logical_name, column, ids, &positions, option_sets))
        .collect();
    Table {
        id,
        by_wire_name: columns
            .iter()
            .zip(0..)
            .map(|(column, at)| (column.wire_name.clone(), ColumnId(at)))
            .collect(),
        primary_name: spec.primary_name.and_then(|name| positions.get(&name).copied()),
        by_logical_name: positions,
        navigation: HashMap::new(),
        logical_name,
        schema_name: spec.schema_name,
        set_name: spec.set_name,
        display_collection: spec.display_collection.unwrap_or_else(|| spec.display.clone()),
        display: spec.display,
        description: spec.description,
        facets: spec.facets,
        type_code: spec.type_code,
        ownership: spec.ownership,
        behaviour: spec.behaviour,
        writes: spec.writes,
        custom: spec.custom,
        change_tracking: spec.change_tracking,
        inherited_key: spec.inherited_key,
        key,
        columns,
        keys,
        failed_keys,
    }
}

fn resolve_key(key: &KeySpec, positions: &HashMap<String, ColumnId>) -> AlternateKey {
    AlternateKey {
        name: key.name.clone(),
        display: key.display.clone(),
        columns: key.columns.iter().filter_map(|name| positions.get(name).copied()).collect(),
    }
}

fn resolve_column(
    table: &str,
    spec: ColumnSpec,
    ids: &HashMap<String, TableId>,
    positions: &HashMap<String, ColumnId>,
    option_sets: &[OptionSetSpec],
) -> Column {
    let position = |name: &str| positions.get(name).copied().unwrap_or(ColumnId(0));
    let computed = spec.computed.map(|computed| match computed {
        ComputedSpec::FullName(first, last) => {
            Computed::FullName { first: position(first), last: position(last) }
        }
        ComputedSpec::MinutesBetween(start, end) => {
            Computed::MinutesBetween { start: position(start), end: position(end) }
        }
        ComputedSpec::OwnKey => Computed::OwnKey,
    });
    let global =
        spec.option_set.as_ref().and_then(|name| option_sets.iter().find(|set| set.name == *name));
    let kind = match spec.kind {
        KindSpec::Plain(ColumnKind::Choice(own)) => {
            ColumnKind::Choice(global.map_or(own, |set| set.options.clone()))
        }
        KindSpec::Plain(kind) => kind,
        KindSpec::Lookup { attribute_type, indexed, targets } => ColumnKind::Lookup(Lookup {
            attribute_type,
            indexed,
            targets: targets
                .into_iter()
                .filter_map(|target| {
                    Some(LookupTarget {
                        table: *ids.get(&target.table)?,
                        navigation: target.navigation.join(" "),
                        relationship: relationship_name(table, &spec.logical_name, &target),
                        reverse: target.reverse,
                        cascade: target.cascade,
                    })
                })
                .collect(),
        }),
    };
    let wire_name = match kind {
        ColumnKind::Lookup(_) => format!("_{}_value", spec.logical_name),
        _ => spec.logical_name.clone(),
    };
    Column {
        schema_name: spec.schema_name.unwrap_or_else(|| {
            if spec.custom { spec.logical_name.clone() } else { capitalise(&spec.logical_name) }
        }),
        display: spec
            .display
            .unwrap_or_else(|| capitalise(spec.logical_name.trim_start_matches("ev_"))),
        description: spec.description,
        option_set: spec.option_set,
        facets: spec.facets,
        logical_name: spec.logical_name,
        wire_name,
        kind,
        on_create: spec.on_create,
        on_update: spec.on_update,
        default: spec.default,
        computed,
        custom: spec.custom,
        required: spec.required,
    }
}

fn relationship_name(table: &str, column: &str, target: &TargetSpec) -> String {
    if target.reverse.is_empty() {
        format!("{}_{table}_{column}", target.table)
    } else {
        target.reverse.clone()
    }
}

fn capitalise(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// Fills in the navigation properties of both sides; gives the lookups that lead to each table.
fn connect(tables: &mut [Table], links: &[Link]) -> Vec<Vec<(TableId, ColumnId)>> {
    let mut references = vec![Vec::new(); tables.len()];
    let mut found: Vec<(TableId, String, Navigation)> = Vec::new();
    for table in tables.iter_mut() {
        let own = table.id;
        for (column, at) in table.columns.iter_mut().zip(0..) {
            let at = ColumnId(at);
            let ColumnKind::Lookup(lookup) = &mut column.kind else { continue };
            let owner = lookup.attribute_type == "Owner";
            for target in &mut lookup.targets {
                references[usize::from(target.table.0)].push((own, at));
                let names: Vec<String> = target.navigation.split(' ').map(str::to_owned).collect();
                target.navigation = names.first().cloned().unwrap_or_default();
                let leads_to = (!owner).then_some(target.table);
                found.extend(
                    names
                        .into_iter()
                        .map(|name| (own, name, Navigation::One { column: at, target: leads_to })),
                );
                if !target.reverse.is_empty() {
                    let back = Navigation::Many { table: own, column: at };
                    found.push((target.table, target.reverse.clone(), back));
                }
            }
        }
    }
    for (link, at) in links.iter().zip(0..).filter(|(link, _)| !link.removed) {
        let link_id = LinkId(at);
        let there = Navigation::Linked { link: link_id, table: link.second, forward: true };
        let back = Navigation::Linked { link: link_id, table: link.first, forward: false };
        found.push((link.first, link.name.clone(), there));
        found.push((link.second, link.name.clone(), back));
    }
    for (table, name, navigation) in found {
        tables[usize::from(table.0)].navigation.insert(name, navigation);
    }
    references
}
