//! Worlds for the sandbox, built from people, customers, calls and callbacks.

use serde_json::{Map, Value, json};

use crate::ids::id;
use crate::{Agent, Call, CallbackList, CallbackProfile, CallbackRequest, Customer, Queue};

/// Rows of both systems. Loading one adds to what is there; the same key replaces.
#[derive(Debug, Clone, Default)]
pub struct World {
    enreach: Map<String, Value>,
    dataverse: Map<String, Value>,
}

impl World {
    /// Nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The company: its agents and its queue, and the settings that it cannot do without.
    pub fn company() -> Self {
        let mut world = Self::new()
            .setting("DefaultCrmAssignee", &Agent::Deputy.agent_id().to_string())
            .setting("DefaultRegion", "FI");
        world.put_enreach("queues", Call::queue_row());
        for agent in Agent::ALL {
            world.put_enreach("users", agent.enreach_row());
            world = world.row("systemusers", agent.user_row());
        }
        world
    }

    /// A customer.
    #[must_use]
    pub fn customer(self, customer: &Customer) -> Self {
        self.row("contacts", customer.row())
    }

    /// Several customers.
    #[must_use]
    pub fn customers<'a>(self, customers: impl IntoIterator<Item = &'a Customer>) -> Self {
        customers.into_iter().fold(self, Self::customer)
    }

    /// A call.
    #[must_use]
    pub fn call(mut self, call: &Call) -> Self {
        let (calls, service_calls) = call.rows();
        calls.into_iter().for_each(|row| self.put_enreach("calls", row));
        service_calls.into_iter().for_each(|row| self.put_enreach("servicecalls", row));
        self
    }

    /// Several calls.
    #[must_use]
    pub fn calls<'a>(self, calls: impl IntoIterator<Item = &'a Call>) -> Self {
        calls.into_iter().fold(self, Self::call)
    }

    /// A callback list of Enreach.
    #[must_use]
    pub fn callback_list(mut self, list: &CallbackList) -> Self {
        self.put_enreach("callback_lists", list.row());
        self
    }

    /// A callback request; its list has to be there as well.
    #[must_use]
    pub fn callback(mut self, request: &CallbackRequest) -> Self {
        self.put_enreach("callback_items", request.row());
        self
    }

    /// Several callback requests.
    #[must_use]
    pub fn callbacks<'a>(self, requests: impl IntoIterator<Item = &'a CallbackRequest>) -> Self {
        requests.into_iter().fold(self, Self::callback)
    }

    /// A callback profile; its queue has to be there as well.
    #[must_use]
    pub fn profile(self, profile: &CallbackProfile) -> Self {
        self.row("ev_callbackprofiles", profile.row())
    }

    /// A queue of Dynamics, with its team if it belongs to one.
    #[must_use]
    pub fn queue(self, queue: &Queue) -> Self {
        let world = self.row("queues", queue.row());
        match queue.team_row() {
            Some(team) => world.row("teams", team),
            None => world,
        }
    }

    /// A setting in Dynamics.
    #[must_use]
    pub fn setting(self, name: &str, value: &str) -> Self {
        let number = name
            .bytes()
            .fold(7, |hash: u32, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte)));
        let row = json!({"ev_settingid": id(0x5E7, number), "ev_name": name, "ev_value": value});
        self.row("ev_settings", row)
    }

    /// Any row of Dynamics.
    #[must_use]
    pub fn row(mut self, set: &str, row: Value) -> Self {
        put(&mut self.dataverse, set, row);
        self
    }

    fn put_enreach(&mut self, set: &str, row: Value) {
        put(&mut self.enreach, set, row);
    }

    /// As the sandbox takes it.
    pub fn json(&self) -> Value {
        json!({"enreach": self.enreach, "dataverse": self.dataverse})
    }
}

fn put(system: &mut Map<String, Value>, set: &str, row: Value) {
    let rows = system.entry(set).or_insert_with(|| json!([]));
    rows.as_array_mut().unwrap().push(row);
}
