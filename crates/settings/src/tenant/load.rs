//! Reads the rows of settings from Dynamics.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use dataverse_client::{DataverseApi, Filter, Query, Row, all_rows};
use voice_model::ErrorClass;

use crate::error::{Error, Result};
use crate::names::Names;
use crate::tenant::{Finding, LoadedSettings, SettingRow, resolve};

/// "Resource not found for the segment": the table is not there (reference dataverse-api.md,
/// section 8.3).
const NO_SUCH_TABLE: u32 = 0x8006_088a;

/// Reads the active rows and resolves them with the overrides.
///
/// A table that does not exist is no error: the defaults are in force, and a finding says so.
///
/// # Errors
/// [`Error::ReadSettings`] when the rows cannot be read for any other reason.
pub async fn load(
    api: &dyn DataverseApi,
    names: &Names,
    overrides: &BTreeMap<String, String>,
) -> Result<LoadedSettings> {
    match read_rows(api, names).await {
        Ok(rows) => Ok(resolve(&oldest_first(rows, names), overrides)),
        Err(error) if is_table_missing(&error) => {
            let mut loaded = resolve(&[], overrides);
            loaded.findings.insert(0, missing_table(names));
            Ok(loaded)
        }
        Err(source) => Err(Error::ReadSettings { table: names.setting_entity_set.clone(), source }),
    }
}

async fn read_rows(api: &dyn DataverseApi, names: &Names) -> dataverse_client::Result<Vec<Row>> {
    let query = Query::new(names.setting_entity_set.as_str())
        .select([&names.setting_id, &names.setting_name, &names.setting_value])
        .select(["createdon"])
        .filter(Filter::eq("statecode", 0));
    all_rows(api, &query).await
}

fn is_table_missing(error: &dataverse_client::Error) -> bool {
    error.class() == ErrorClass::NotFound || error.code() == Some(NO_SUCH_TABLE)
}

fn missing_table(names: &Names) -> Finding {
    Finding::new(
        names.setting_table.clone(),
        "the table of settings does not exist in Dynamics; the defaults are in force. Install the \
         solution (voice install), or set the table's names in [tenants.<name>.dataverse.names]",
    )
}

/// The rows by (createdon, id); a row without an age comes last.
fn oldest_first(mut rows: Vec<Row>, names: &Names) -> Vec<SettingRow> {
    let age = |row: &Row| -> (bool, Option<DateTime<Utc>>, String) {
        let created = row.instant("createdon");
        let id = row.text(&names.setting_id).unwrap_or_default().to_ascii_lowercase();
        (created.is_none(), created, id)
    };
    rows.sort_by_cached_key(age);
    let text = |row: &Row, column: &str| row.text(column).unwrap_or_default().to_owned();
    rows.iter()
        .map(|row| SettingRow {
            name: text(row, &names.setting_name),
            value: text(row, &names.setting_value),
        })
        .collect()
}
