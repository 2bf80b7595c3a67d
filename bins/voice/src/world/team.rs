//! The company itself: agents and queues in Enreach, the same people as users in Dynamics.
//!
//! Two agents are there to be awkward: one is disabled in Dynamics, so that the fallback user must
//! own the calls; one has no Enreach id in Dynamics and is found by the mobile number alone.

use serde_json::{Value, json};

use super::ids::Ids;

/// The organisation that the sandbox's fixed API user belongs to (design §9).
pub(super) const ORGANIZATION: &str = "c0ffee00-74f9-e911-80e0-00505689257e";

/// Login of the API user.
const API_USER: &str = "api.user@contoso.example";

/// Index of the agent who is disabled in Dynamics.
pub(super) const DISABLED_AGENT: usize = 6;

/// Index of the agent whose Dynamics user has no Enreach id.
pub(super) const UNLINKED_AGENT: usize = 7;

const AGENTS: [(&str, &str); 8] = [
    ("Aino", "Lehtimäki"),
    ("Oskar", "Bergvall"),
    ("Sanna", "Kivioja"),
    ("Mikkel", "Østerby"),
    ("Liis", "Tammsalu"),
    ("Ville", "Rantakangas"),
    ("Greta", "Lindkvist"),
    ("Joonas", "Hautaharju"),
];

const QUEUES: [&str; 4] = ["Customer Service", "Sales", "Technical Support", "Invoicing"];

/// An agent.
#[derive(Debug, Clone)]
pub(super) struct Agent {
    /// Enreach user id.
    pub(super) id: String,
    /// Login, an e-mail address.
    pub(super) user_name: String,
    /// Desk number, as E.164.
    pub(super) work_number: String,
    /// Mobile number, as E.164.
    pub(super) mobile_number: String,
    /// Key of the Dynamics user.
    pub(super) system_user: String,
    first_name: &'static str,
    last_name: &'static str,
}

/// A queue.
#[derive(Debug, Clone)]
pub(super) struct ServiceQueue {
    /// Enreach queue id.
    pub(super) id: String,
    /// Name.
    pub(super) name: &'static str,
    /// Number, as E.164.
    pub(super) number: String,
}

/// Everybody who answers, and where calls wait.
#[derive(Debug, Clone)]
pub(super) struct Team {
    /// The agents.
    pub(super) agents: Vec<Agent>,
    /// The queues.
    pub(super) queues: Vec<ServiceQueue>,
    /// Enreach id of the user whose Dynamics user owns what nobody else can own.
    pub(super) fallback: String,
    fallback_system_user: String,
}

impl Team {
    /// The team of a seed.
    pub(super) fn new(ids: &Ids) -> Self {
        let agents = AGENTS.iter().enumerate().map(|(index, &(first_name, last_name))| {
            let user_name = login(first_name, last_name);
            Agent {
                id: ids.id("agent", &user_name),
                system_user: ids.id("systemuser", &user_name),
                user_name,
                work_number: format!("+35894245011{index}"),
                mobile_number: format!("+35845555010{index}"),
                first_name,
                last_name,
            }
        });
        let queues = QUEUES.iter().enumerate().map(|(index, &name)| ServiceQueue {
            id: ids.id("queue", name),
            name,
            number: format!("+35894245020{index}"),
        });
        Self {
            agents: agents.collect(),
            queues: queues.collect(),
            fallback: ids.id("agent", API_USER),
            fallback_system_user: ids.id("systemuser", API_USER),
        }
    }

    /// Rows of Enreach `/users`.
    pub(super) fn enreach_users(&self) -> Vec<Value> {
        let api_user = json!({
            "Id": self.fallback, "UserName": API_USER, "Email": API_USER,
            "FirstName": "API", "LastName": "User", "OrganizationID": ORGANIZATION,
            "WorkNumber": null, "MobileNumber": null, "Deleted": false,
        });
        let agents = self.agents.iter().map(|agent| {
            json!({
                "Id": agent.id, "UserName": agent.user_name, "Email": agent.user_name,
                "FirstName": agent.first_name, "LastName": agent.last_name,
                "OrganizationID": ORGANIZATION,
                "WorkNumber": agent.work_number, "MobileNumber": agent.mobile_number,
                "Deleted": false,
            })
        });
        std::iter::once(api_user).chain(agents).collect()
    }

    /// Rows of Enreach `/queues`. One number lacks its plus sign, as the vendor warns.
    pub(super) fn enreach_queues(&self) -> Vec<Value> {
        self.queues
            .iter()
            .enumerate()
            .map(|(index, queue)| {
                let number = if index == 2 { &queue.number[1..] } else { &queue.number };
                json!({
                    "Id": queue.id, "Name": queue.name, "TypeId": 4, "Numbers": [number],
                    "Status": {
                        "OpenStatus": 5, "MaxWaitTime": 40, "QueueLength": 1, "OngoingCalls": 2,
                        "AgentsOnWrapUp": 0, "FreeAgents": 1, "ServingAgents": 4,
                    },
                })
            })
            .collect()
    }

    /// Rows of Dynamics `systemusers`, the fallback owner first.
    pub(super) fn system_users(&self) -> Vec<Value> {
        let fallback = json!({
            "systemuserid": self.fallback_system_user,
            "firstname": "Voice", "lastname": "fallback", "fullname": "Voice fallback",
            "domainname": "voice.fallback@contoso.example",
            "internalemailaddress": "voice.fallback@contoso.example",
            "isdisabled": false, "accessmode": 0,
            "ev_clouduserid": self.fallback, "ev_clouduseremail": API_USER,
            "roles": ["Voice User"],
        });
        let agents = self.agents.iter().enumerate().map(|(index, agent)| system_user(index, agent));
        std::iter::once(fallback).chain(agents).collect()
    }
}

fn system_user(index: usize, agent: &Agent) -> Value {
    let digits = &agent.mobile_number[4..];
    let mut row = json!({
        "systemuserid": agent.system_user,
        "firstname": agent.first_name, "lastname": agent.last_name,
        "fullname": format!("{} {}", agent.first_name, agent.last_name),
        "domainname": agent.user_name, "internalemailaddress": agent.user_name,
        "mobilephone": format!("0{}-{} {}", &digits[..2], &digits[2..5], &digits[5..]),
        "isdisabled": index == DISABLED_AGENT, "accessmode": 0,
        "roles": ["Voice User"],
    });
    if index != UNLINKED_AGENT {
        // Somebody pasted some ids in capitals: GUIDs are compared without case.
        let id = if index == 3 { agent.id.to_uppercase() } else { agent.id.clone() };
        row["ev_clouduserid"] = Value::String(id);
    }
    row
}

fn login(first_name: &str, last_name: &str) -> String {
    let plain: String = format!("{first_name}.{last_name}")
        .to_lowercase()
        .chars()
        .map(|character| match character {
            'ä' | 'å' => 'a',
            'ö' | 'ø' => 'o',
            other => other,
        })
        .collect();
    format!("{plain}@contoso.example")
}
