//! Stores the rows of a world, in two passes: first the rows, then what needs other rows.

use std::sync::Arc;

use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::World;
use super::error::LoadError;
use super::row::{WorldRow, primary_key, settle_state};
use crate::dataverse::row::{Row, RowRef};
use crate::dataverse::schema::{
    Behaviour, ColumnId, Computed, Ownership, Table, TableId, metadata_id,
};
use crate::dataverse::store::key_parts;
use crate::dataverse::target::find_path;
use crate::dataverse::value::Value;
use crate::dataverse::write::completion::compute;
use crate::dataverse::write::ownership::{follow, user_roles};
use crate::dataverse::write::parties;
use crate::dataverse::write::rows::{audit, set_defaults};
use crate::dataverse::write::work::Work;

/// Loads worlds in the name of the application user.
pub(in crate::dataverse) struct Loader<'a> {
    /// The environment.
    pub(in crate::dataverse) work: Work<'a>,
    /// Business unit of rows that name none.
    pub(in crate::dataverse) business_unit: Uuid,
    /// Organisation of users.
    pub(in crate::dataverse) organization: Uuid,
    /// Rows stored whose rest must wait for the others.
    pub(in crate::dataverse) waiting: Vec<Waiting>,
}

/// A stored row whose rest must wait.
pub(in crate::dataverse) struct Waiting {
    set: Arc<str>,
    index: usize,
    at: RowRef,
    row: WorldRow,
}

impl Loader<'_> {
    /// Loads rows of any sets; gives how many.
    ///
    /// # Errors
    /// [`LoadError`] for the first row that is wrong. The caller undoes what was stored.
    pub(in crate::dataverse) fn load(&mut self, world: &World) -> Result<usize, LoadError> {
        for (set, rows) in world {
            self.known_set(set)?;
            let name = Arc::from(set.as_str());
            for (index, row) in rows.iter().enumerate() {
                self.add(&name, index, row)?;
            }
        }
        self.finish()?;
        Ok(world.values().map(Vec::len).sum())
    }

    /// Refuses sets that the environment does not have.
    ///
    /// # Errors
    /// [`LoadError`] naming the set.
    pub(in crate::dataverse) fn known_set(&self, set: &str) -> Result<&Table, LoadError> {
        self.work.schema.find_set(set).ok_or_else(|| LoadError {
            set: set.to_owned(),
            row: None,
            key: None,
            column: None,
            problem: "there is no such entity set in this environment".to_owned(),
        })
    }

    /// Stores one row, as far as it does not need others.
    ///
    /// # Errors
    /// [`LoadError`] if the row is wrong.
    pub(in crate::dataverse) fn add(
        &mut self,
        set: &Arc<str>,
        index: usize,
        row: &Json,
    ) -> Result<(), LoadError> {
        self.known_set(set)?;
        let schema = self.work.schema;
        let Some(table) = schema.find_set(set) else { return Ok(()) };
        let key = row.get(&table.column(table.key).logical_name).and_then(Json::as_str);
        let (at, row, whole) = self.store(table, row).map_err(|error| error.at(set, index, key))?;
        if !whole {
            self.waiting.push(Waiting { set: set.clone(), index, at, row });
        }
        Ok(())
    }

    /// Completes the rows that had to wait.
    ///
    /// # Errors
    /// [`LoadError`] for the first that cannot be completed.
    pub(in crate::dataverse) fn finish(&mut self) -> Result<(), LoadError> {
        for entry in std::mem::take(&mut self.waiting) {
            let key = entry.at.id.to_string();
            self.settle(&entry).map_err(|error| error.at(&entry.set, entry.index, Some(&key)))?;
        }
        Ok(())
    }

    /// Stores a row; says whether that was all there is to do.
    fn store(&mut self, table: &Table, row: &Json) -> Result<(RowRef, WorldRow, bool), LoadError> {
        let none = Map::new();
        let members = row.as_object().unwrap_or(&none);
        let at = RowRef::new(table.id, primary_key(table, members)?);
        let mut given = WorldRow::read(self.work.schema, table, members)?;
        let mut row = Row::default();
        set_defaults(table, &mut row);
        audit(&self.work, table, true, &mut row);
        self.set_surroundings(table, &mut row);
        for (column, value) in &given.cells {
            row.set(*column, value.clone());
        }
        settle_state(table, &given, &mut row)?;
        let named = |column: ColumnId| given.gives(column);
        let keeps_name = table.columns.iter().zip(0..).any(|(column, id)| {
            matches!(column.computed, Some(Computed::FullName { .. })) && named(ColumnId(id))
        });
        compute(table, at, &mut row, |_| !keeps_name);
        self.check_keys(table, at, &row)?;
        self.follow_owner(table, &mut row);
        let whole = table.behaviour != Behaviour::Activity
            && given.is_settled()
            && self.owner_is_loaded(table, &row);
        self.work.put(at, row);
        given.cells = Vec::new();
        Ok((at, given, whole))
    }

    /// Owner, business unit and organisation of rows that name none.
    fn set_surroundings(&self, table: &Table, row: &mut Row) {
        let caller = self.work.context.caller;
        if let (Some(users), Some(column)) =
            (self.work.schema.find("systemuser"), table.find("ownerid"))
            && table.ownership == Ownership::User
        {
            row.set(column, Some(Value::Lookup(users.id, caller)));
        }
        if let (Some(units), Some(column)) =
            (self.work.schema.find("businessunit"), table.find("businessunitid"))
            && column != table.key
        {
            row.set(column, Some(Value::Lookup(units.id, self.business_unit)));
        }
        if let Some(column) = table.find("organizationid").filter(|column| *column != table.key) {
            row.set(column, Some(Value::Guid(self.organization)));
        }
    }

    fn check_keys(&self, table: &Table, at: RowRef, row: &Row) -> Result<(), LoadError> {
        for (position, key) in table.keys.iter().enumerate() {
            let Some(parts) = key_parts(row, &key.columns) else { continue };
            let holder = self.work.store.by_key(table.id, position, &parts);
            if holder.is_some_and(|holder| holder != at.id) {
                let column = key.columns.first().map_or("", |id| &table.column(*id).logical_name);
                return Err(LoadError::of_column(
                    column,
                    format!("another row has the same value for the key {}", key.name),
                ));
            }
        }
        Ok(())
    }

    /// What needs other rows: binds by alternate key, owners, parties, links and roles.
    fn settle(&mut self, entry: &Waiting) -> Result<(), LoadError> {
        let table = self.work.schema.table(entry.at.table);
        let Some(mut row) = self.work.store.row(entry.at).cloned() else { return Ok(()) };
        for (name, column, path) in &entry.row.binds {
            let target = self.find(name, path)?;
            row.set(*column, Some(Value::Lookup(target.table, target.id)));
        }
        self.follow_owner(table, &mut row);
        if self.work.store.row(entry.at).is_some_and(|stored| *stored != row) {
            self.work.put(entry.at, row);
        }
        if table.behaviour == Behaviour::Activity {
            self.settle_parties(entry)?;
        }
        for (name, link, forward, path) in &entry.row.links {
            let other = self.find(name, path)?;
            let (first, second) =
                if *forward { (entry.at.id, other.id) } else { (other.id, entry.at.id) };
            self.work.store.set_link(*link, first, second, true);
        }
        if let Some(names) = &entry.row.roles {
            self.set_roles(entry.at.id, names);
        }
        Ok(())
    }

    /// Fills in what follows from the owner, as far as the owner is loaded.
    fn follow_owner(&self, table: &Table, row: &mut Row) {
        let owner = table.find("ownerid").and_then(|column| row.get(column)?.as_lookup());
        if let Some((owners, id)) = owner {
            follow(self.work.view(), table, RowRef::new(owners, id), row);
        }
    }

    fn owner_is_loaded(&self, table: &Table, row: &Row) -> bool {
        let owner = table.find("ownerid").and_then(|column| row.get(column)?.as_lookup());
        owner.is_none_or(|(owners, id)| self.work.store.row(RowRef::new(owners, id)).is_some())
    }

    fn settle_parties(&mut self, entry: &Waiting) -> Result<(), LoadError> {
        let rows = entry.row.parties.as_deref().unwrap_or_default();
        parties::replace(&mut self.work, entry.at, rows)
            .map_err(|failure| LoadError::from_failure("phonecall_activity_parties", &failure))?;
        parties::follow(&mut self.work, entry.at);
        Ok(())
    }

    fn find(&self, name: &str, path: &str) -> Result<RowRef, LoadError> {
        find_path(self.work.view(), path)
            .map_err(|failure| LoadError::from_failure(&format!("{name}@odata.bind"), &failure))
    }

    /// Gives a user exactly these roles; makes those that do not exist.
    fn set_roles(&mut self, user: Uuid, names: &[String]) {
        let (Some(roles), Some(link)) =
            (self.work.schema.find("role"), user_roles(self.work.schema))
        else {
            return;
        };
        for old in self.work.store.linked(link, user, true) {
            self.work.store.set_link(link, user, old, false);
        }
        for name in names {
            let role = self.role(roles.id, name).unwrap_or_else(|| self.make_role(roles, name));
            self.work.store.set_link(link, user, role, true);
        }
    }

    fn role(&self, roles: TableId, name: &str) -> Option<Uuid> {
        let column = self.work.schema.table(roles).find("name")?;
        let named = |row: &Row| row.get(column).and_then(Value::as_text) == Some(name);
        self.work.store.rows(roles).iter().find(|(_, row)| named(row)).map(|(id, _)| *id)
    }

    fn make_role(&mut self, roles: &Table, name: &str) -> Uuid {
        let at = RowRef::new(roles.id, metadata_id(&format!("role/{name}")));
        let mut row = Row::default();
        set_defaults(roles, &mut row);
        audit(&self.work, roles, true, &mut row);
        self.set_surroundings(roles, &mut row);
        if let Some(column) = roles.find("name") {
            row.set(column, Some(Value::text(name)));
        }
        self.work.put(at, row);
        at.id
    }
}
