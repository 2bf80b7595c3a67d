//! The Dynamics users: with and without an Enreach id, disabled, without roles, doubled, and found
//! by phone alone.

use serde_json::{Value, json};

use super::dice::Dice;
use super::numbers::{Number, Numbers, typed};
use super::organisation::{Agent, Organisation};

pub(super) fn roll(dice: &mut Dice, numbers: &Numbers, organisation: &Organisation) -> Vec<Value> {
    let mut users = Vec::new();
    for agent in &organisation.agents {
        match dice.weighted(&[50, 15, 12, 8, 8, 7]) {
            0 => users.push(with_id(dice, agent)),
            1 => users.extend(by_phone(dice, numbers, agent)),
            2 => {
                users.push(with_id(dice, agent));
                users.push(with_id(dice, agent));
            }
            3 => {
                let mut disabled = with_id(dice, agent);
                disabled["isdisabled"] = true.into();
                users.push(disabled);
                users.extend(by_phone(dice, numbers, agent).filter(|_| dice.chance(50)));
            }
            4 => {
                // Two users share a phone: neither is the agent.
                let first = by_phone(dice, numbers, agent);
                users.extend(first.into_iter().chain(by_phone(dice, numbers, agent)));
            }
            _ => {}
        }
    }
    for user in &mut users {
        // Whether an application user without roles can own rows is not known.
        match dice.weighted(&[82, 10, 8]) {
            0 => {}
            1 => user["roles"] = json!([]),
            _ => user["applicationid"] = dice.guid().into(),
        }
    }
    users
}

fn user(dice: &mut Dice) -> Value {
    let id = dice.guid();
    let created = dice.between(1, 900);
    json!({
        "systemuserid": id, "firstname": "User", "lastname": &id[..8],
        "fullname": format!("User {}", &id[..8]),
        "domainname": format!("{}@contoso.example", &id[..8]),
        "internalemailaddress": format!("{}@contoso.example", &id[..8]),
        "isdisabled": false, "accessmode": 0, "roles": ["Voice User"],
        "createdon": format!("202{}-0{}-1{}T08:{:02}:{:02}Z", created % 5, created % 9 + 1,
                             created % 10, dice.between(0, 59), dice.between(0, 59)),
    })
}

fn with_id(dice: &mut Dice, agent: &Agent) -> Value {
    let mut user = user(dice);
    let upper = dice.chance(30);
    user["ev_clouduserid"] = if upper { agent.id.to_uppercase() } else { agent.id.clone() }.into();
    user
}

/// A user known by a phone of the agent's, if the agent has one.
fn by_phone(dice: &mut Dice, numbers: &Numbers, agent: &Agent) -> Option<Value> {
    let mut user = user(dice);
    let phones: Vec<&Number> = [&agent.mobile, &agent.work].into_iter().flatten().collect();
    if phones.is_empty() {
        return None;
    }
    let column = *dice.pick(&["mobilephone", "address1_telephone1"]);
    let phone = *dice.pick(&phones);
    user[column] = typed(dice, phone, &numbers.own).into();
    if dice.chance(10) {
        user["ev_clouduserid"] = dice.guid().into();
    }
    Some(user)
}
