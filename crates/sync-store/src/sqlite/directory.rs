//! The directory snapshot.

use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};
use uuid::Uuid;
use voice_model::TenantName;

use crate::sqlite::column::{json_list, key as read_key};
use crate::sqlite::fault::Outcome;
use crate::sqlite::tenants;
use crate::{DirectoryChanges, DirectoryLoad, DirectoryPage, DirectoryRow, Opaque};

/// Rows per statement. Statements cost more than rows: each goes to SQLite's thread and back.
const CHUNK_ROWS: usize = 500;

pub(super) async fn load(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
    table: &str,
) -> Outcome<DirectoryLoad> {
    let found: Option<(i64, Option<String>)> = sqlx::query_as(
        "SELECT load, token FROM directory_tables
         WHERE tenant = (SELECT id FROM tenants WHERE name = ?1) AND name = ?2",
    )
    .bind(tenant.as_str())
    .bind(table)
    .fetch_optional(connection)
    .await?;
    Ok(found.map(|(number, token)| DirectoryLoad { number, token }).unwrap_or_default())
}

pub(super) async fn page(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
    table: &str,
    after: Option<Uuid>,
    limit: usize,
) -> Outcome<DirectoryPage> {
    let limit = limit.max(1);
    // Every key sorts behind the empty one.
    let after = after.map(|key| key.into_bytes().to_vec()).unwrap_or_default();
    let rows = sqlx::query(
        "SELECT key, value FROM directory_rows
         WHERE directory_table = (
             SELECT id FROM directory_tables
             WHERE tenant = (SELECT id FROM tenants WHERE name = ?1) AND name = ?2
         ) AND key > ?3
         ORDER BY key LIMIT ?4",
    )
    .bind(tenant.as_str())
    .bind(table)
    .bind(after)
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(connection)
    .await?;
    let rows = rows.iter().map(|row| {
        let value = Opaque::new(row.try_get::<Vec<u8>, _>("value")?);
        Ok(DirectoryRow { key: read_key(row.try_get("key")?)?, value })
    });
    Ok(DirectoryPage::of(rows.collect::<Outcome<_>>()?, limit))
}

/// False, and nothing is written, if the load is another by now.
pub(super) async fn apply(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
    table: &str,
    number: i64,
    changes: &DirectoryChanges,
) -> Outcome<bool> {
    if load(connection, tenant, table).await?.number != number {
        return Ok(false);
    }
    let tenant = tenants::key(connection, tenant).await?;
    let (table,): (i64,) = sqlx::query_as(
        "INSERT INTO directory_tables (tenant, name, load, token) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (tenant, name) DO UPDATE SET token = coalesce(excluded.token, token)
         RETURNING id",
    )
    .bind(tenant)
    .bind(table)
    .bind(number)
    .bind(changes.token.as_deref())
    .fetch_one(&mut *connection)
    .await?;
    for rows in changes.upserts.chunks(CHUNK_ROWS) {
        upsert(connection, table, rows).await?;
    }
    delete(connection, table, &changes.deletions).await?;
    Ok(true)
}

async fn upsert(
    connection: &mut SqliteConnection,
    table: i64,
    rows: &[DirectoryRow],
) -> Outcome<()> {
    let mut insert: QueryBuilder<Sqlite> =
        QueryBuilder::new("INSERT INTO directory_rows (directory_table, key, value) ");
    insert.push_values(rows, |mut columns, row| {
        columns
            .push_bind(table)
            .push_bind(row.key.into_bytes().to_vec())
            .push_bind(row.value.as_bytes().to_vec());
    });
    insert.push(" ON CONFLICT (directory_table, key) DO UPDATE SET value = excluded.value");
    insert.build().execute(connection).await?;
    Ok(())
}

async fn delete(connection: &mut SqliteConnection, table: i64, keys: &[Uuid]) -> Outcome<()> {
    if keys.is_empty() {
        return Ok(());
    }
    let keys: Vec<String> = keys.iter().map(|key| key.simple().to_string()).collect();
    sqlx::query(
        "DELETE FROM directory_rows
         WHERE directory_table = ?1 AND key IN (SELECT unhex(value) FROM json_each(?2))",
    )
    .bind(table)
    .bind(json_list(keys.iter().map(String::as_str)))
    .execute(connection)
    .await?;
    Ok(())
}

/// Begins a new load; its number.
pub(super) async fn clear(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
    table: &str,
) -> Outcome<i64> {
    let tenant = tenants::key(connection, tenant).await?;
    let (table, number): (i64, i64) = sqlx::query_as(
        "INSERT INTO directory_tables (tenant, name, load) VALUES (?1, ?2, 1)
         ON CONFLICT (tenant, name) DO UPDATE SET load = load + 1, token = NULL
         RETURNING id, load",
    )
    .bind(tenant)
    .bind(table)
    .fetch_one(&mut *connection)
    .await?;
    sqlx::query("DELETE FROM directory_rows WHERE directory_table = ?1")
        .bind(table)
        .execute(connection)
        .await?;
    Ok(number)
}
