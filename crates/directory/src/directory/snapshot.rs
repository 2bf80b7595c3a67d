//! The rows of the directory as the store keeps them.

use call_matching::{Customer, CustomerRef};
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use serde::{Deserialize, Serialize};
use sync_store::{DirectoryRow, Opaque, directory_rows};
use uuid::Uuid;
use voice_model::{AgentId, SystemUserId};

use super::progress::Progress;
use super::source::DirectoryTable;
use super::{Directory, Entry, Grounding};
use crate::{DynamicsQueue, DynamicsUser, QueueOwner, Result};

/// A row as it is kept. Short names: there may be a million of them.
#[derive(Serialize, Deserialize)]
struct Kept {
    #[serde(rename = "n")]
    name: String,
    #[serde(rename = "c", skip_serializing_if = "Option::is_none")]
    created_on: Option<DateTime<Utc>>,
    #[serde(rename = "p", skip_serializing_if = "Option::is_none")]
    parent_account: Option<Uuid>,
    #[serde(rename = "a", skip_serializing_if = "Option::is_none")]
    agent: Option<AgentId>,
    #[serde(rename = "t")]
    numbers: Vec<String>,
    #[serde(rename = "o", skip_serializing_if = "Option::is_none")]
    owner: Option<QueueOwner>,
    /// A queue that is not in use.
    #[serde(rename = "x", skip_serializing_if = "std::ops::Not::not", default)]
    is_inactive: bool,
}

/// Reads a table from the store. The token is read before the rows, so that it is never newer than
/// they are.
pub(super) async fn load(
    directory: &mut Directory,
    index: usize,
    grounding: &Grounding<'_>,
) -> Result<()> {
    let table = directory.tables[index].source.table;
    let Grounding { store, tenant, .. } = *grounding;
    let load = store.directory_load(tenant, table.name()).await?;
    let source = &directory.tables[index].source;
    let Some(progress) = load.token.and_then(|token| Progress::of_text(&token, source)) else {
        return Ok(());
    };
    let mut rows = std::pin::pin!(directory_rows(store, tenant, table.name()));
    while let Some(row) = rows.try_next().await? {
        match entry(table, &row) {
            Some(entry) => directory.hold(entry),
            // A row that cannot be read makes the snapshot worthless: it is loaded anew.
            None => {
                directory.forget(index);
                return Ok(());
            }
        }
    }
    directory.tables[index].progress = Some(progress);
    directory.tables[index].load = load.number;
    directory.tables[index].saved_at = Some(grounding.now);
    Ok(())
}

/// A row for the store.
pub(super) fn row(key: Uuid, entry: &Entry) -> DirectoryRow {
    let kept = match entry {
        Entry::Customer(customer) => Kept {
            name: customer.name.clone(),
            created_on: customer.created_on,
            parent_account: customer.parent_account,
            agent: None,
            numbers: customer.numbers.clone(),
            owner: None,
            is_inactive: false,
        },
        Entry::User(user) => Kept {
            name: user.name.clone(),
            created_on: user.created_on,
            parent_account: None,
            agent: user.agent.clone(),
            numbers: user.phones.clone(),
            owner: None,
            is_inactive: false,
        },
        Entry::Queue(queue) => Kept {
            name: queue.name.clone(),
            created_on: None,
            parent_account: None,
            agent: None,
            numbers: Vec::new(),
            owner: queue.owner,
            is_inactive: !queue.is_active,
        },
    };
    // Texts, keys and instants always have a JSON form.
    DirectoryRow { key, value: Opaque::new(serde_json::to_vec(&kept).unwrap_or_default()) }
}

/// A row from the store.
pub(super) fn entry(table: DirectoryTable, row: &DirectoryRow) -> Option<Entry> {
    let kept: Kept = serde_json::from_slice(row.value.as_bytes()).ok()?;
    Some(match table {
        DirectoryTable::Customers(table) => Entry::Customer(Customer {
            reference: CustomerRef { table, id: row.key },
            name: kept.name,
            created_on: kept.created_on,
            parent_account: kept.parent_account,
            numbers: kept.numbers,
        }),
        DirectoryTable::Users => Entry::User(DynamicsUser {
            id: SystemUserId(row.key),
            name: kept.name,
            agent: kept.agent,
            phones: kept.numbers,
            created_on: kept.created_on,
        }),
        DirectoryTable::Queues => Entry::Queue(DynamicsQueue {
            id: row.key,
            name: kept.name,
            owner: kept.owner,
            is_active: !kept.is_inactive,
        }),
    })
}
