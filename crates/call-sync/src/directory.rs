//! Who could be on the phone: customers and users of Dynamics, kept locally.

use call_matching::{Customer, CustomerRef, CustomerTable, NumberIndex};
use chrono::{DateTime, Utc};
use dataverse_client::{
    Comparison, DataverseApi, Filter, FilterValue, Query, Row, ServiceError, all_rows,
};
use settings::{Finding, MatchColumns, Names, TenantSettings};
use voice_model::{AgentId, SystemUserId, error_chain};

use crate::owner::{DynamicsUser, UserBook};
use crate::phone_system::PhoneSystem;
use crate::write::is_about_content;
use crate::{Error, Result};

/// Customers by number, and users.
#[derive(Debug)]
pub(crate) struct Directory {
    /// Active customers, findable by number.
    pub(crate) customers: NumberIndex,
    /// Enabled users.
    pub(crate) users: UserBook,
    findings: Vec<Finding>,
    read_at: DateTime<Utc>,
    /// When the phone system was read, and the columns.
    made_for: (DateTime<Utc>, MatchColumns),
}

impl Directory {
    /// Reads active contacts, active accounts, open leads and enabled users. Leads exist only where
    /// Dynamics 365 Sales is installed (reference, section 3.1); without it there are none.
    ///
    /// # Errors
    /// [`Error::Dataverse`] when a table cannot be read.
    pub(crate) async fn read(
        api: &dyn DataverseApi,
        names: &Names,
        settings: &TenantSettings,
        phone_system: &PhoneSystem,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let columns = &settings.match_columns;
        let (contacts, accounts, leads, users) = futures::try_join!(
            read_customers(api, CustomerTable::Contact, columns),
            read_customers(api, CustomerTable::Account, columns),
            read_customers(api, CustomerTable::Lead, columns),
            read_users(api, names),
        )?;
        let mut customers = NumberIndex::new(phone_system.reader.clone());
        customers.set_own_numbers(phone_system.own_numbers());
        let users = UserBook::new(users, &phone_system.reader);
        let mut findings = users.findings().to_vec();
        for (rows, finding) in [contacts, accounts, leads] {
            rows.into_iter().for_each(|customer| customers.put(customer));
            findings.extend(finding);
        }
        let made_for = (phone_system.read_at, columns.clone());
        Ok(Self { customers, users, findings, read_at: now, made_for })
    }

    /// Whether it is older than `DirectoryRefreshSeconds`, or was made for other numbers or columns.
    pub(crate) fn is_stale(
        &self,
        now: DateTime<Utc>,
        settings: &TenantSettings,
        phone_system: &PhoneSystem,
    ) -> bool {
        !(self.read_at..self.read_at + settings.directory_refresh).contains(&now)
            || self.made_for.0 != phone_system.read_at
            || self.made_for.1 != settings.match_columns
    }

    /// What an administrator should put right.
    pub(crate) fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

/// How a table of customers is read.
struct CustomerSource {
    entity_set: &'static str,
    key: &'static str,
    name: &'static str,
    parent: Option<&'static str>,
}

fn source(table: CustomerTable) -> CustomerSource {
    match table {
        CustomerTable::Contact => CustomerSource {
            entity_set: "contacts",
            key: "contactid",
            name: "fullname",
            parent: Some("parentcustomerid"),
        },
        CustomerTable::Account => {
            CustomerSource { entity_set: "accounts", key: "accountid", name: "name", parent: None }
        }
        CustomerTable::Lead => {
            CustomerSource { entity_set: "leads", key: "leadid", name: "fullname", parent: None }
        }
    }
}

/// The customers of a table. Columns of the setting that the table does not have give way to the
/// usual ones, with a finding.
async fn read_customers(
    api: &dyn DataverseApi,
    table: CustomerTable,
    columns: &MatchColumns,
) -> Result<(Vec<Customer>, Option<Finding>)> {
    let usual = MatchColumns::default();
    let (wanted, usual) = (columns.of(table.logical_name()), usual.of(table.logical_name()));
    match rows_with_number(api, table, wanted).await {
        Err(error) if is_about_content(error.class()) && wanted != usual => {
            let message = format!(
                "{} cannot be searched by {}; the usual columns are used. Dynamics says: {}",
                table.logical_name(),
                wanted.join(", "),
                error_chain(&error)
            );
            let rows = rows_with_number(api, table, usual).await?;
            Ok((rows, Some(Finding::new("MatchColumns", message))))
        }
        result => Ok((result?, None)),
    }
}

async fn rows_with_number(
    api: &dyn DataverseApi,
    table: CustomerTable,
    columns: &[String],
) -> dataverse_client::Result<Vec<Customer>> {
    if columns.is_empty() {
        return Ok(Vec::new());
    }
    let source = source(table);
    let has_number = columns
        .iter()
        .map(|column| Filter::compare(column.as_str(), Comparison::Ne, FilterValue::Null));
    let query = Query::new(source.entity_set)
        .select([source.key, source.name, "createdon"])
        .select(source.parent.map(|parent| format!("_{parent}_value")))
        .select(columns.iter().map(String::as_str))
        .filter(Filter::eq("statecode", 0))
        .filter(Filter::any(has_number));
    match all_rows(api, &query).await {
        Ok(rows) => Ok(rows.iter().filter_map(|row| customer(row, table, columns)).collect()),
        Err(error) if table == CustomerTable::Lead && is_table_missing(&error) => {
            tracing::debug!("there is no table of leads in this environment");
            Ok(Vec::new())
        }
        Err(error) => Err(error),
    }
}

fn is_table_missing(error: &dataverse_client::Error) -> bool {
    error.service().is_some_and(ServiceError::is_table_missing)
}

fn customer(row: &Row, table: CustomerTable, columns: &[String]) -> Option<Customer> {
    let source = source(table);
    Some(Customer {
        reference: CustomerRef { table, id: row.uuid(source.key)? },
        name: row.text(source.name).unwrap_or("(no name)").to_owned(),
        created_on: row.instant("createdon"),
        parent_account: source.parent.and_then(|parent| row.lookup(parent)),
        numbers: columns.iter().filter_map(|column| row.text(column)).map(str::to_owned).collect(),
    })
}

/// The entity set of a table of customers.
pub(crate) fn entity_set(table: CustomerTable) -> &'static str {
    source(table).entity_set
}

async fn read_users(api: &dyn DataverseApi, names: &Names) -> Result<Vec<DynamicsUser>> {
    let phones = ["mobilephone", "address1_telephone1"];
    let query = Query::new("systemusers")
        .select(["systemuserid", "fullname", "createdon", names.cloud_user_id.as_str()])
        .select(phones)
        .filter(Filter::eq("isdisabled", false));
    let rows = all_rows(api, &query).await.map_err(Error::from)?;
    Ok(rows
        .iter()
        .filter_map(|row| {
            Some(DynamicsUser {
                id: SystemUserId(row.uuid("systemuserid")?),
                name: row.text("fullname").unwrap_or("(no name)").to_owned(),
                agent: row.text(&names.cloud_user_id).and_then(|id| AgentId::new(id).ok()),
                phones: phones
                    .iter()
                    .filter_map(|phone| row.text(phone))
                    .map(str::to_owned)
                    .collect(),
                created_on: row.instant("createdon"),
            })
        })
        .collect())
}
