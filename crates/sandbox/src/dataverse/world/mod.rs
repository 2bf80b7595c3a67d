//! Loading of worlds: rows as POST bodies with their key, not held to create rules.
//!
//! Loading is lenient where requests are strict (closed states, read-only columns, owners without
//! roles, lookups to rows that come later or never), and as strict where a world can only be
//! wrong: unknown sets, columns and values. A world is loaded whole or not at all.

mod error;
mod loader;
mod row;

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::identity::Identity;

pub(crate) use error::LoadError;
pub(super) use loader::Loader;

/// Rows by entity set.
pub(super) type World = BTreeMap<String, Vec<Json>>;

/// The rows that every environment has.
pub(super) fn fixed_rows(identity: &Identity) -> World {
    let unit = format!("/businessunits({})", identity.business_unit_id);
    let rows = [
        ("organizations", json!({ "organizationid": identity.organization_id, "name": "contoso" })),
        (
            "businessunits",
            json!({ "businessunitid": identity.business_unit_id, "name": "contoso" }),
        ),
        (
            "roles",
            json!({
                "roleid": identity.role_id,
                "name": identity.role,
                "businessunitid@odata.bind": unit,
            }),
        ),
        (
            "systemusers",
            json!({
                "systemuserid": identity.application_user_id,
                "applicationid": identity.client_id,
                "firstname": "Voice",
                "lastname": "ApiUser",
                "domainname": "voice.apiuser@contoso.example",
                "islicensed": false,
                "accessmode": 4,
                "businessunitid@odata.bind": unit,
                "roles": [identity.role],
            }),
        ),
    ];
    let parts = [("publishers", default_publisher()), ("solutions", default_solution())];
    let all = rows.into_iter().chain(parts);
    all.map(|(set, row)| (set.to_owned(), vec![row])).collect()
}

/// The publisher of what belongs to no other; its id is the same in every environment.
fn default_publisher() -> Json {
    json!({
        "publisherid": DEFAULT_PUBLISHER,
        "uniquename": "DefaultPublishercontoso",
        "friendlyname": "Default Publisher for contoso",
        "customizationprefix": "new",
        "customizationoptionvalueprefix": 10_000,
    })
}

/// The solution that holds everything; its id is the same in every environment.
fn default_solution() -> Json {
    json!({
        "solutionid": "fd140aaf-4df4-11dd-bd17-0019b9312238",
        "uniquename": "Default",
        "friendlyname": "Default Solution",
        "version": "1.0",
        "publisherid@odata.bind": format!("/publishers({DEFAULT_PUBLISHER})"),
    })
}

const DEFAULT_PUBLISHER: &str = "d21aab71-79e7-11dd-8874-00188b01e34f";
