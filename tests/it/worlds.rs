//! The hand-written world and its configuration fit each other.

use std::collections::BTreeSet;

use serde_json::Value;
use toml::Table;

use crate::workspace::text;

fn world() -> Value {
    serde_json::from_str(&text("tests/worlds/basic.json")).unwrap()
}

fn rows<'a>(world: &'a Value, system: &str, name: &str) -> &'a Vec<Value> {
    world[system][name].as_array().unwrap()
}

#[test]
fn every_call_of_the_world_is_explained_in_the_configuration() {
    let world = world();
    let explained = text("tests/worlds/basic.toml");
    let calls =
        rows(&world, "enreach", "calls").iter().chain(rows(&world, "enreach", "servicecalls"));
    let ids: BTreeSet<&str> = calls.map(|row| row["CallId"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 15);
    for id in ids {
        let short = id.split('-').next().unwrap();
        assert!(explained.contains(&format!("#   {short}  ")), "basic.toml does not explain {id}");
    }
}

#[test]
fn all_dates_are_relative_so_that_the_world_never_ages() {
    let world = world();
    for list in ["calls", "servicecalls"] {
        for row in rows(&world, "enreach", list) {
            for key in ["TimeStamp", "StartTime", "AnswerTime", "EndTime", "Modified"] {
                let relative = row.get(key).is_none_or(|value| {
                    value.is_null() || value.as_str().unwrap().starts_with("now-PT")
                });
                assert!(relative, "{key} of {row}");
            }
        }
    }
}

#[test]
fn every_agent_of_a_call_exists_in_both_systems() {
    let world = world();
    let users = rows(&world, "enreach", "users");
    assert_eq!(users.len(), rows(&world, "dataverse", "systemusers").len());
    for row in rows(&world, "enreach", "calls") {
        assert!(users.iter().any(|user| user["Id"] == row["UserId"]), "{row}");
    }
}

#[test]
fn the_configuration_is_that_of_the_sandbox() {
    let configuration: Table = text("tests/worlds/basic.toml").parse().unwrap();
    let tenant = &configuration["tenants"]["contoso"];
    assert_eq!(configuration["store"]["url"].as_str(), Some("memory://"));
    assert_eq!(tenant["enreach"]["username"].as_str(), Some("api.user@contoso.example"));
    let credential = &tenant["dataverse"]["credential"];
    let authority = credential["authority_host"].as_str().unwrap();
    assert!(authority.ends_with("/entra"), "{authority}");
    assert_eq!(credential["kind"].as_str(), Some("client_secret"));
}

#[test]
fn callbacks_profiles_lists_and_queues_of_their_world_fit_together() {
    let world: Value = serde_json::from_str(&text("tests/worlds/callbacks.json")).unwrap();
    let keys = |system, table, key: &str| -> BTreeSet<String> {
        let rows = rows(&world, system, table).iter();
        rows.map(|row| row[key].as_str().unwrap().to_owned()).collect()
    };
    let lists = keys("enreach", "callback_lists", "Id");
    let queues = keys("dataverse", "queues", "queueid");
    for item in rows(&world, "enreach", "callback_items") {
        assert!(lists.contains(item["CallbackListId"].as_str().unwrap()), "{item}");
        let created = item["Created"].as_str().unwrap();
        assert!(created.starts_with("now-PT"), "the world must never age: {item}");
    }
    for profile in rows(&world, "dataverse", "ev_callbackprofiles") {
        assert!(lists.contains(profile["ev_callbacklistid"].as_str().unwrap()), "{profile}");
        let queue = profile["ev_queueid@odata.bind"].as_str().unwrap();
        let queue = queue.strip_prefix("/queues(").and_then(|rest| rest.strip_suffix(')'));
        assert!(queue.is_some_and(|queue| queues.contains(queue)), "{profile}");
    }
}
