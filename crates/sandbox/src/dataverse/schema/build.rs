//! Turns descriptions of tables into a [`Schema`]: adds what every table has, resolves names.

use std::collections::HashMap;

use super::{
    AlternateKey, Behaviour, Choice, Column, ColumnId, ColumnKind, Computed, Link, LinkId, Lookup,
    LookupTarget, Navigation, Ownership, Schema, StateOption, StatusOption, Table, TableId, Writes,
};
use crate::dataverse::value::Value;

/// A table as it is described, before names are resolved.
#[derive(Debug, Clone)]
pub(in crate::dataverse) struct TableSpec {
    logical_name: String,
    schema_name: String,
    set_name: String,
    display: String,
    type_code: i32,
    ownership: Ownership,
    behaviour: Behaviour,
    writes: Writes,
    custom: bool,
    inherited_key: bool,
    key: String,
    primary_name: Option<String>,
    columns: Vec<ColumnSpec>,
    keys: Vec<(String, Vec<String>)>,
}

/// A state as it is described: number, label, and its status reasons, the default first.
pub(in crate::dataverse) type StateSpec<'a> = (i32, &'a str, &'a [(i32, &'a str)]);

/// States of most tables.
pub(in crate::dataverse) const ACTIVE_INACTIVE: &[StateSpec<'_>] =
    &[(0, "Active", &[(1, "Active")]), (1, "Inactive", &[(2, "Inactive")])];

/// A column as it is described.
#[derive(Debug, Clone)]
pub(in crate::dataverse) struct ColumnSpec {
    logical_name: String,
    kind: KindSpec,
    on_create: bool,
    on_update: bool,
    default: Option<Value>,
    computed: Option<ComputedSpec>,
    custom: bool,
    required: bool,
}

#[derive(Debug, Clone)]
enum KindSpec {
    Plain(ColumnKind),
    Lookup { attribute_type: &'static str, indexed: bool, targets: Vec<TargetSpec> },
}

#[derive(Debug, Clone)]
struct TargetSpec {
    table: String,
    navigation: Vec<String>,
    reverse: String,
}

#[derive(Debug, Clone)]
enum ComputedSpec {
    FullName(&'static str, &'static str),
    MinutesBetween(&'static str, &'static str),
    OwnKey,
}

impl ColumnSpec {
    fn plain(logical_name: &str, kind: ColumnKind) -> Self {
        Self {
            logical_name: logical_name.to_owned(),
            kind: KindSpec::Plain(kind),
            on_create: true,
            on_update: true,
            default: None,
            computed: None,
            custom: logical_name.starts_with("ev_"),
            required: false,
        }
    }

    /// Single line of text.
    pub(in crate::dataverse) fn text(name: &str, max: u32) -> Self {
        Self::plain(name, ColumnKind::Text { max, format: "Text" })
    }

    /// Phone number.
    pub(in crate::dataverse) fn phone(name: &str, max: u32) -> Self {
        Self::plain(name, ColumnKind::Text { max, format: "Phone" })
    }

    /// E-mail address.
    pub(in crate::dataverse) fn email(name: &str, max: u32) -> Self {
        Self::plain(name, ColumnKind::Text { max, format: "Email" })
    }

    /// Text over several lines.
    pub(in crate::dataverse) fn memo(name: &str, max: u32) -> Self {
        Self::plain(name, ColumnKind::Memo { max })
    }

    /// Whole number.
    pub(in crate::dataverse) fn int(name: &str, min: i32, max: i32) -> Self {
        Self::plain(name, ColumnKind::Int { min, max })
    }

    /// Decimal number.
    pub(in crate::dataverse) fn decimal(name: &str) -> Self {
        Self::plain(name, ColumnKind::Decimal)
    }

    /// Two options with their default.
    pub(in crate::dataverse) fn flag(
        name: &str,
        default: bool,
        yes: &'static str,
        no: &'static str,
    ) -> Self {
        Self::plain(name, ColumnKind::Bool { yes, no }).default(Value::Bool(default))
    }

    /// Instant.
    pub(in crate::dataverse) fn instant(name: &str) -> Self {
        Self::plain(name, ColumnKind::Instant { date_only: false })
    }

    /// Instant that metadata presents as a day.
    pub(in crate::dataverse) fn day(name: &str) -> Self {
        Self::plain(name, ColumnKind::Instant { date_only: true })
    }

    /// Unique identifier.
    pub(in crate::dataverse) fn guid(name: &str) -> Self {
        Self::plain(name, ColumnKind::Guid)
    }

    /// Logical name of a table.
    pub(in crate::dataverse) fn table_name(name: &str) -> Self {
        Self::plain(name, ColumnKind::TableName).read_only()
    }

    /// Choice with labelled numbers.
    pub(in crate::dataverse) fn choice(name: &str, options: &[(i32, &str)]) -> Self {
        let options = options
            .iter()
            .map(|(value, label)| Choice { value: *value, label: (*label).to_owned() })
            .collect();
        Self::plain(name, ColumnKind::Choice(options))
    }

    /// Lookup; each target is a table, the navigation properties that lead to it (the first is the
    /// one that annotations name) and the collection on the other side.
    pub(in crate::dataverse) fn lookup(name: &str, targets: &[(&str, &[&str], &str)]) -> Self {
        let mut column = Self::plain(name, ColumnKind::Guid);
        column.kind = KindSpec::Lookup {
            attribute_type: "Lookup",
            indexed: true,
            targets: targets
                .iter()
                .map(|(table, navigation, reverse)| TargetSpec {
                    table: (*table).to_owned(),
                    navigation: navigation.iter().map(|name| (*name).to_owned()).collect(),
                    reverse: (*reverse).to_owned(),
                })
                .collect(),
        };
        column
    }

    /// Rows are searched, not looked up, by this lookup: for columns that few ask by.
    pub(in crate::dataverse) fn unindexed(mut self) -> Self {
        if let KindSpec::Lookup { indexed, .. } = &mut self.kind {
            *indexed = false;
        }
        self
    }

    /// Another attribute type than `Lookup`.
    pub(in crate::dataverse) fn of_type(mut self, name: &'static str) -> Self {
        if let KindSpec::Lookup { attribute_type, .. } = &mut self.kind {
            *attribute_type = name;
        }
        self
    }

    /// Value of new rows that do not bring one.
    pub(in crate::dataverse) fn default(mut self, value: Value) -> Self {
        self.default = Some(value);
        self
    }

    /// Written by the platform alone.
    pub(in crate::dataverse) fn read_only(mut self) -> Self {
        self.on_create = false;
        self.on_update = false;
        self
    }

    /// Taken at create only.
    pub(in crate::dataverse) fn create_only(mut self) -> Self {
        self.on_update = false;
        self
    }

    /// Taken at update only.
    pub(in crate::dataverse) fn update_only(mut self) -> Self {
        self.on_create = false;
        self
    }

    /// Forms insist on a value; the API does not (reference, section 2.1).
    pub(in crate::dataverse) fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// First and last name together.
    pub(in crate::dataverse) fn full_name(name: &str, max: u32) -> Self {
        let mut column = Self::text(name, max).read_only();
        column.computed = Some(ComputedSpec::FullName("firstname", "lastname"));
        column
    }

    /// Minutes between two instants.
    pub(in crate::dataverse) fn minutes_between(
        name: &str,
        start: &'static str,
        end: &'static str,
    ) -> Self {
        let mut column = Self::int(name, i32::MIN, i32::MAX).read_only();
        column.computed = Some(ComputedSpec::MinutesBetween(start, end));
        column
    }

    /// A second name of the row's key.
    pub(in crate::dataverse) fn own_key(name: &str) -> Self {
        let mut column = Self::guid(name).read_only();
        column.computed = Some(ComputedSpec::OwnKey);
        column
    }
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

    /// A column.
    pub(in crate::dataverse) fn with(mut self, column: ColumnSpec) -> Self {
        self.columns.push(column);
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
        self.keys
            .push((name.to_owned(), columns.iter().map(|column| (*column).to_owned()).collect()));
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

/// Collects descriptions.
#[derive(Debug, Default)]
pub(in crate::dataverse) struct SchemaBuilder {
    tables: Vec<TableSpec>,
    links: Vec<(String, String, String, String)>,
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
        self.links.push((name.into(), intersect.into(), first.into(), second.into()));
    }

    /// Resolves all names. Targets of lookups that are no tables of the schema are left out.
    pub(in crate::dataverse) fn finish(self) -> Schema {
        let ids: HashMap<String, TableId> = self
            .tables
            .iter()
            .enumerate()
            .filter_map(|(at, spec)| {
                Some((spec.logical_name.clone(), TableId(u16::try_from(at).ok()?)))
            })
            .collect();
        let mut tables: Vec<Table> =
            self.tables.into_iter().map(|spec| resolve_table(spec, &ids)).collect();
        let links: Vec<Link> = self
            .links
            .into_iter()
            .filter_map(|(name, intersect, first, second)| {
                Some(Link { name, intersect, first: *ids.get(&first)?, second: *ids.get(&second)? })
            })
            .collect();
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
        }
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

fn resolve_table(spec: TableSpec, ids: &HashMap<String, TableId>) -> Table {
    let positions: HashMap<String, ColumnId> = spec
        .columns
        .iter()
        .enumerate()
        .filter_map(|(at, column)| {
            Some((column.logical_name.clone(), ColumnId(u16::try_from(at).ok()?)))
        })
        .collect();
    let key = positions.get(&spec.key).copied().unwrap_or(ColumnId(0));
    let keys = spec
        .keys
        .iter()
        .map(|(name, columns)| AlternateKey {
            name: name.clone(),
            columns: columns.iter().filter_map(|column| positions.get(column).copied()).collect(),
        })
        .collect();
    let logical_name = spec.logical_name;
    let columns: Vec<Column> = spec
        .columns
        .into_iter()
        .map(|column| resolve_column(&logical_name, column, ids, &positions))
        .collect();
    Table {
        id: ids.get(&logical_name).copied().unwrap_or(TableId(0)),
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
        display: spec.display,
        type_code: spec.type_code,
        ownership: spec.ownership,
        behaviour: spec.behaviour,
        writes: spec.writes,
        custom: spec.custom,
        inherited_key: spec.inherited_key,
        key,
        columns,
        keys,
    }
}

fn resolve_column(
    table: &str,
    spec: ColumnSpec,
    ids: &HashMap<String, TableId>,
    positions: &HashMap<String, ColumnId>,
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
    let kind = match spec.kind {
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
        schema_name: if spec.custom {
            spec.logical_name.clone()
        } else {
            capitalise(&spec.logical_name)
        },
        display: capitalise(spec.logical_name.trim_start_matches("ev_")),
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
    for (link, at) in links.iter().zip(0..) {
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
