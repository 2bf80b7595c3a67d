//! Answers about the environment itself: who we are, status reasons, keys of written rows.

use http_kit::Response;
use serde::Deserialize;
use uuid::Uuid;

use crate::page::{self, Unreadable};
use crate::query::name;
use crate::{Result, StatusOption, WhoAmI};

/// The header with the advised degree of parallelism (reference, section 7.1).
pub(crate) const PARALLELISM_HINT: &str = "x-ms-dop-hint";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WhoAmIBody {
    user_id: Uuid,
    organization_id: Uuid,
}

/// Reads the answer to `WhoAmI` (reference, section 1.4).
pub(crate) fn who_am_i(response: &Response) -> Result<WhoAmI, Unreadable> {
    let body: WhoAmIBody = serde_json::from_value(page::json(&response.body)?)
        .map_err(|_| Unreadable::new("it lacks UserId or OrganizationId"))?;
    let parallelism_hint = response
        .headers
        .get(PARALLELISM_HINT)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.trim().parse().ok())
        .filter(|hint| *hint > 0);
    Ok(WhoAmI { user_id: body.user_id, organization_id: body.organization_id, parallelism_hint })
}

/// The key at the end of `OData-EntityId` (reference, section 1.5).
pub(crate) fn entity_id(response: &Response) -> Option<Uuid> {
    let url = response.headers.get("odata-entityid")?.to_str().ok()?;
    let (_, key) = url.strip_suffix(')')?.rsplit_once('(')?;
    Uuid::try_parse(key).ok()
}

/// Where the status reasons of a table are read (reference, section 2.2).
pub(crate) fn status_path(table: &str) -> Result<String> {
    Ok(format!(
        "EntityDefinitions(LogicalName='{}')/Attributes/\
         Microsoft.Dynamics.CRM.StatusAttributeMetadata?$select=LogicalName&$expand=OptionSet",
        name::entity(table)?
    ))
}

#[derive(Deserialize)]
struct StatusColumns {
    value: Vec<StatusColumn>,
}

#[derive(Deserialize)]
struct StatusColumn {
    #[serde(rename = "OptionSet")]
    option_set: OptionSet,
}

#[derive(Deserialize)]
struct OptionSet {
    #[serde(rename = "Options")]
    options: Vec<StatusOptionBody>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StatusOptionBody {
    value: i64,
    state: i64,
}

/// Reads the status reasons; none for a table without states.
pub(crate) fn status_options(body: &[u8]) -> Result<Vec<StatusOption>, Unreadable> {
    let columns: StatusColumns = serde_json::from_value(page::json(body)?)
        .map_err(|_| Unreadable::new("it has no options with value and state"))?;
    let options = columns.value.into_iter().flat_map(|column| column.option_set.options);
    Ok(options.map(|option| StatusOption { status: option.value, state: option.state }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_reasons_come_with_their_states() {
        let body = br#"{"value":[{"LogicalName":"statuscode","OptionSet":{"Name":"x","Options":[
            {"Value":1,"State":0,"Label":{"LocalizedLabels":[]}},{"Value":2,"State":1}]}}]}"#;
        assert_eq!(
            status_options(body).unwrap(),
            [StatusOption { status: 1, state: 0 }, StatusOption { status: 2, state: 1 }]
        );
        assert_eq!(status_options(br#"{"value":[]}"#).unwrap(), []);
        assert!(status_options(br#"{"value":[{"OptionSet":{"Options":[{"Value":1}]}}]}"#).is_err());
        assert!(status_options(br#"{"value":[{"OptionSet"#).unwrap_err().broken_off);
    }

    #[test]
    fn a_table_that_is_no_name_is_refused() {
        assert!(status_path("phonecall").is_ok());
        assert!(status_path("phonecall')/x").is_err());
    }
}
