//! Tenants and their organisations.

use sqlx::{Row, SqliteConnection};
use voice_model::{OrganizationId, TenantName};

use crate::sqlite::fault::{Fault, Outcome};

pub(super) async fn all(connection: &mut SqliteConnection) -> Outcome<Vec<TenantName>> {
    let rows = sqlx::query("SELECT name FROM tenants ORDER BY name").fetch_all(connection).await?;
    rows.iter().map(|row| Ok(TenantName::new(row.try_get::<String, _>("name")?))).collect()
}

/// The key of a tenant, which is created if it is new.
pub(super) async fn key(connection: &mut SqliteConnection, tenant: &TenantName) -> Outcome<i64> {
    let known: Option<(i64,)> = sqlx::query_as("SELECT id FROM tenants WHERE name = ?1")
        .bind(tenant.as_str())
        .fetch_optional(&mut *connection)
        .await?;
    if let Some((key,)) = known {
        return Ok(key);
    }
    let (key,) = sqlx::query_as("INSERT INTO tenants (name) VALUES (?1) RETURNING id")
        .bind(tenant.as_str())
        .fetch_one(connection)
        .await?;
    Ok(key)
}

pub(super) async fn organization(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
) -> Outcome<Option<OrganizationId>> {
    let kept: Option<(Option<String>,)> =
        sqlx::query_as("SELECT organization FROM tenants WHERE name = ?1")
            .bind(tenant.as_str())
            .fetch_optional(connection)
            .await?;
    kept.and_then(|(text,)| text).map(|text| read(&text)).transpose()
}

pub(super) async fn keep_organization(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
    organization: &OrganizationId,
) -> Outcome<OrganizationId> {
    let key = key(connection, tenant).await?;
    let (kept,): (String,) = sqlx::query_as(
        "UPDATE tenants SET organization = coalesce(organization, ?2) WHERE id = ?1
         RETURNING organization",
    )
    .bind(key)
    .bind(organization.as_str())
    .fetch_one(connection)
    .await?;
    read(&kept)
}

fn read(text: &str) -> Outcome<OrganizationId> {
    OrganizationId::new(text).map_err(|error| Fault::Unreadable {
        what: "the id of an organisation",
        problem: error.to_string(),
    })
}
