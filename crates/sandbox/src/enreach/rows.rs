//! The rows of an organisation: checked and completed when a world is loaded, then kept by id.

mod call_row;
mod item_row;
mod world_row;

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

pub(super) use call_row::CallRow;
pub(super) use item_row::ItemRow;
pub use world_row::EnreachLoadError;

use super::collection::Collection;
use crate::identity::{ENREACH_ORGANIZATION_ID, ENREACH_USER_ID, ENREACH_USER_NAME};
use world_row::WorldRow;

/// A row without further meaning here.
type Fields = Map<String, Value>;

/// All rows by id, in order of id.
#[derive(Debug, Default)]
pub(super) struct Rows {
    users: BTreeMap<Uuid, Fields>,
    queues: BTreeMap<Uuid, Fields>,
    calls: BTreeMap<Uuid, CallRow>,
    service_calls: BTreeMap<Uuid, CallRow>,
    lists: BTreeMap<Uuid, Fields>,
    items: BTreeMap<Uuid, ItemRow>,
}

/// Checked rows of a world, not loaded yet.
#[derive(Debug, Default)]
pub(crate) struct Prepared(Rows);

impl Prepared {
    pub(super) fn read(
        world: BTreeMap<Collection, Vec<Value>>,
        now: DateTime<Utc>,
    ) -> Result<Self, EnreachLoadError> {
        let mut rows = Rows::default();
        for (collection, values) in world {
            for (index, value) in values.into_iter().enumerate() {
                rows.put(collection, WorldRow::read(collection, index, value)?, now)?;
            }
        }
        Ok(Self(rows))
    }
}

impl Rows {
    /// The fixed API user alone.
    pub(super) fn fixed() -> Self {
        let user = json!({
            "Id": ENREACH_USER_ID,
            "UserName": ENREACH_USER_NAME,
            "Email": ENREACH_USER_NAME,
            "FirstName": "API",
            "LastName": "User",
            "OrganizationID": ENREACH_ORGANIZATION_ID,
            "WorkNumber": null,
            "MobileNumber": null,
            "Deleted": false,
        });
        let mut rows = Self::default();
        if let Value::Object(user) = user {
            rows.users.insert(ENREACH_USER_ID, user);
        }
        rows
    }

    fn put(
        &mut self,
        collection: Collection,
        mut row: WorldRow,
        now: DateTime<Utc>,
    ) -> Result<(), EnreachLoadError> {
        let id = row.id();
        match collection {
            Collection::Users => {
                row.default("OrganizationID", || ENREACH_ORGANIZATION_ID.to_string().into());
                self.users.insert(id, row.into_fields());
            }
            Collection::Queues => {
                self.queues.insert(id, row.into_fields());
            }
            Collection::Calls => {
                self.calls.insert(id, CallRow::read(row, now));
            }
            Collection::ServiceCalls => {
                self.service_calls.insert(id, CallRow::read(row, now));
            }
            Collection::CallbackLists => {
                row.default("OrganizationID", || ENREACH_ORGANIZATION_ID.to_string().into());
                self.lists.insert(id, row.into_fields());
            }
            Collection::CallbackItems => {
                self.items.insert(id, ItemRow::read(row, now)?);
            }
        }
        Ok(())
    }

    /// Adds checked rows; one with a known id replaces it. A world's row for the API user's login
    /// takes the place of the fixed one.
    /// Gives the callback items that were not there before.
    pub(super) fn merge(&mut self, Prepared(new): Prepared) -> Vec<Uuid> {
        let new_items = new.items.keys().filter(|id| !self.items.contains_key(id));
        let new_items = new_items.copied().collect();
        if new.users.values().any(is_api_user) {
            self.users.retain(|_, user| !is_api_user(user));
        }
        self.users.extend(new.users);
        self.queues.extend(new.queues);
        self.calls.extend(new.calls);
        self.service_calls.extend(new.service_calls);
        self.lists.extend(new.lists);
        self.items.extend(new.items);
        new_items
    }

    /// The user whose credentials the sandbox accepts.
    pub(super) fn api_user(&self) -> Option<&Fields> {
        self.users.values().find(|user| is_api_user(user))
    }

    /// Whether a user signs in with that name, in any case.
    pub(super) fn has_login(&self, name: &str) -> bool {
        self.users.values().any(|user| is_login(user, name))
    }

    /// The rows of a collection, in order of id.
    pub(super) fn of(&self, collection: Collection) -> Box<dyn Iterator<Item = &Fields> + '_> {
        match collection {
            Collection::Users => Box::new(self.users.values()),
            Collection::Queues => Box::new(self.queues.values()),
            Collection::Calls => Box::new(self.calls.values().map(|call| &call.row)),
            Collection::ServiceCalls => Box::new(self.service_calls.values().map(|call| &call.row)),
            Collection::CallbackLists => Box::new(self.lists.values()),
            Collection::CallbackItems => Box::new(self.items.values().map(ItemRow::fields)),
        }
    }

    /// The row with that id.
    pub(super) fn one(&self, collection: Collection, id: &str) -> Option<&Fields> {
        let id: Uuid = id.parse().ok()?;
        match collection {
            Collection::Users => self.users.get(&id),
            Collection::Queues => self.queues.get(&id),
            Collection::Calls => self.calls.get(&id).map(|call| &call.row),
            Collection::ServiceCalls => self.service_calls.get(&id).map(|call| &call.row),
            Collection::CallbackLists => self.lists.get(&id),
            Collection::CallbackItems => self.items.get(&id).map(ItemRow::fields),
        }
    }

    /// The rows of `/calls` or `/servicecall`, visible or not.
    pub(super) fn calls(&self, collection: Collection) -> impl Iterator<Item = &CallRow> {
        let rows = match collection {
            Collection::ServiceCalls => &self.service_calls,
            _ => &self.calls,
        };
        rows.values()
    }

    /// Whether a row that is there now holds an id in a list of ids.
    pub(super) fn names_visibly(
        &self,
        field: &str,
        id: Uuid,
        now: DateTime<Utc>,
        delay: Duration,
    ) -> bool {
        let id = id.to_string();
        let holds = |row: &Fields| {
            let ids = row.get(field).and_then(Value::as_array);
            ids.into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .any(|it| it.eq_ignore_ascii_case(&id))
        };
        let calls = self.calls.values().chain(self.service_calls.values());
        calls.filter(|call| call.is_visible(now, delay)).any(|call| holds(&call.row))
            || self.items.values().any(|item| item.created <= now && holds(item.fields()))
    }

    /// A callback item.
    pub(super) fn item(&self, id: Uuid) -> Option<&ItemRow> {
        self.items.get(&id)
    }

    /// Adds a callback item, or puts it in the place of the one with its id.
    pub(super) fn put_item(&mut self, item: ItemRow) {
        self.items.insert(item.id, item);
    }

    /// The items of a callback list.
    pub(super) fn items(&self, list: &str) -> impl Iterator<Item = &ItemRow> {
        let list: Option<Uuid> = list.parse().ok();
        self.items.values().filter(move |item| Some(item.list) == list)
    }
}

fn is_api_user(user: &Fields) -> bool {
    is_login(user, ENREACH_USER_NAME)
}

fn is_login(user: &Fields, name: &str) -> bool {
    let login = user.get("UserName").and_then(Value::as_str);
    login.is_some_and(|login| login.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared(collection: Collection, rows: Value) -> Result<Prepared, EnreachLoadError> {
        let world = BTreeMap::from([(collection, rows.as_array().unwrap().clone())]);
        Prepared::read(world, DateTime::UNIX_EPOCH)
    }

    #[test]
    fn the_same_id_replaces_in_any_case() {
        let mut rows = Rows::fixed();
        for (id, name) in [
            ("1a89fc22-517a-e611-80c9-00505689257e", "old"),
            ("1A89FC22-517A-E611-80C9-00505689257E", "new"),
        ] {
            rows.merge(prepared(Collection::Queues, json!([{"Id": id, "Name": name}])).unwrap());
        }
        let names: Vec<_> = rows.of(Collection::Queues).map(|row| &row["Name"]).collect();
        assert_eq!(names, ["new"]);
    }

    #[test]
    fn a_world_may_bring_its_own_row_for_the_api_user() {
        let mut rows = Rows::fixed();
        let id = "fbc423f5-74f9-e911-80e0-00505689257e";
        let user = json!([{"Id": id, "UserName": "API.User@contoso.example"}]);
        rows.merge(prepared(Collection::Users, user).unwrap());
        assert_eq!(rows.of(Collection::Users).count(), 1);
        let me = rows.api_user().unwrap();
        assert_eq!(me["Id"], id);
        assert_eq!(me["OrganizationID"], ENREACH_ORGANIZATION_ID.to_string());
    }

    #[test]
    fn bad_rows_are_refused_with_set_row_and_field() {
        let check = |collection, row: Value, expected: &str| {
            let error = prepared(collection, json!([row])).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        let id = "1a89fc22-517a-e611-80c9-00505689257e";
        check(Collection::Users, json!({"Name": "x"}), "enreach.users[0]: Id is missing");
        check(Collection::Queues, json!({"Id": "7"}), "enreach.queues[0]: Id is \"7\"");
        check(
            Collection::Calls,
            json!({"Id": id, "StartTime": "yesterday"}),
            &format!("enreach.calls[0] (Id {id}): StartTime is \"yesterday\""),
        );
        let item = json!({"Id": id, "Created": 5, "CallbackListId": id});
        check(Collection::CallbackItems, item, "Created is 5");
        check(Collection::CallbackItems, json!({"Id": id}), "CallbackListId is missing");
    }
}
