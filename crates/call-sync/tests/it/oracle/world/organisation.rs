//! The Enreach organisation: users and queues.

use serde_json::{Value, json};

use super::dice::Dice;
use super::numbers::{Number, Numbers, on_the_wire};

/// The sandbox's organisation.
const ORGANIZATION: &str = "c0ffee00-74f9-e911-80e0-00505689257e";

/// An Enreach user.
#[derive(Debug, Clone)]
pub(super) struct Agent {
    pub(super) id: String,
    pub(super) login: String,
    pub(super) work: Option<Number>,
    pub(super) mobile: Option<Number>,
    deleted: bool,
}

/// An Enreach queue.
#[derive(Debug, Clone)]
pub(super) struct Queue {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) number: Option<Number>,
}

/// Users and queues.
#[derive(Debug)]
pub(super) struct Organisation {
    pub(super) agents: Vec<Agent>,
    pub(super) queues: Vec<Queue>,
}

impl Organisation {
    pub(super) fn roll(dice: &mut Dice, numbers: &Numbers) -> Self {
        let mut own = numbers.own.iter().cloned();
        let agents = (0..dice.between(4, 6))
            .map(|place| Agent {
                id: dice.guid(),
                login: format!("agent.{place}@contoso.example"),
                work: own.next().filter(|_| dice.chance(90)),
                mobile: own.next().filter(|_| dice.chance(80)),
                deleted: place > 1 && dice.chance(15),
            })
            .collect();
        let queues = (0..3)
            .map(|place| Queue {
                id: dice.guid(),
                name: name_of_queue(dice, place),
                number: own.next().filter(|_| place == 0 || dice.chance(85)),
            })
            .collect();
        Self { agents, queues }
    }

    /// Any number of the tenant's own.
    pub(super) fn own_number(&self, dice: &mut Dice) -> Number {
        let of_agents = self.agents.iter().flat_map(|agent| [&agent.work, &agent.mobile]);
        let of_queues = self.queues.iter().map(|queue| &queue.number);
        let all: Vec<_> = of_agents.chain(of_queues).flatten().collect();
        (*dice.pick(&all)).clone()
    }

    pub(super) fn users(&self, dice: &mut Dice, region: &str) -> Vec<Value> {
        let mut number = |number: &Option<Number>| {
            number.as_ref().map(|number| international(&on_the_wire(dice, number, region), number))
        };
        self.agents
            .iter()
            .map(|agent| {
                json!({
                    "Id": agent.id, "UserName": agent.login, "Email": agent.login,
                    "FirstName": "Agent", "LastName": agent.login[6..7],
                    "OrganizationID": ORGANIZATION, "Deleted": agent.deleted,
                    "WorkNumber": number(&agent.work), "MobileNumber": number(&agent.mobile),
                })
            })
            .collect()
    }

    pub(super) fn queue_rows(&self, dice: &mut Dice) -> Vec<Value> {
        let row = |queue: &Queue| {
            let numbers: Vec<_> = queue.number.iter().map(Number::e164).collect();
            let numbers =
                if numbers.is_empty() && dice.chance(50) { Value::Null } else { numbers.into() };
            json!({"Id": queue.id, "Name": queue.name, "TypeId": 4, "Numbers": numbers,
                   "Status": null})
        };
        self.queues.iter().map(row).collect()
    }
}

/// Numbers of the organisation itself always have their country, or no region could be told.
fn international(text: &str, number: &Number) -> String {
    let e164 = number.e164();
    if text.ends_with(&e164[1..]) { text.to_owned() } else { e164 }
}

fn name_of_queue(dice: &mut Dice, place: i64) -> String {
    match dice.weighted(&[94, 3, 3]) {
        0 => format!("Queue {place}"),
        1 => format!("Queue {place} {}", "åäö ".repeat(60)),
        _ => format!("Queue <{place}> & 'others'"),
    }
}
