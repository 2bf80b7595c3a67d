//! From rows and overrides to the settings in force. Pure.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::nearest::suggestion;
use crate::tenant::catalogue::{SettingSpec, catalogue, spec};
use crate::tenant::reading::quoted;
use crate::tenant::{Finding, TenantSettings};

/// An active row of the table of settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingRow {
    /// Name of the setting.
    pub name: String,
    /// Its value; empty when the column is.
    pub value: String,
}

/// Where a value in force comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum SettingSource {
    /// Nobody set it, or what was set cannot be used.
    Default,
    /// A row in Dynamics.
    Row,
    /// The configuration of the process.
    Override,
}

/// One setting with its value in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SettingInForce {
    /// Its name.
    pub name: &'static str,
    /// Its value as text; empty when it has none.
    pub value: String,
    /// Where the value comes from.
    pub source: SettingSource,
}

/// The settings in force and what an administrator should know about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadedSettings {
    /// The settings.
    pub settings: TenantSettings,
    /// What should be fixed, sorted by setting.
    pub findings: Vec<Finding>,
    /// Every setting of the catalogue with its value, in the catalogue's order.
    pub in_force: Vec<SettingInForce>,
}

/// Puts override over row over default (design §3, Settings).
///
/// `rows` are the active rows, the oldest first: of two rows with one name the first counts. A value
/// that cannot be used leaves the default in force and makes a finding; so does a row that names no
/// setting.
pub fn resolve(rows: &[SettingRow], overrides: &BTreeMap<String, String>) -> LoadedSettings {
    let mut loaded = LoadedSettings {
        settings: TenantSettings::default(),
        findings: Vec::new(),
        in_force: Vec::with_capacity(catalogue().len()),
    };
    loaded.findings.extend(unknown_rows(rows));
    for spec in catalogue() {
        loaded.resolve_one(spec, rows, overrides);
    }
    if loaded.settings.default_crm_assignee.is_none()
        && !loaded.findings.iter().any(|finding| finding.subject == ASSIGNEE)
    {
        loaded.findings.push(Finding::new(ASSIGNEE, ASSIGNEE_NEEDED));
    }
    loaded.findings.sort();
    loaded
}

const ASSIGNEE: &str = "DefaultCrmAssignee";
const ASSIGNEE_NEEDED: &str = "is not set; calls of agents without a Dynamics user are deferred. \
                               Set it to the Enreach user id of a user that has one";

impl LoadedSettings {
    fn resolve_one(
        &mut self,
        spec: &'static SettingSpec,
        rows: &[SettingRow],
        overrides: &BTreeMap<String, String>,
    ) {
        let mut of_setting = rows.iter().filter(|row| same_name(&row.name, spec.name));
        let row = of_setting.next();
        let more = of_setting.count();
        if more > 0 {
            let message =
                format!("has {} active rows; the oldest counts. Deactivate the others", more + 1);
            self.findings.push(Finding::new(spec.name, message));
        }
        let given = overrides.iter().find(|(name, _)| same_name(name, spec.name));
        let sources = given
            .map(|(_, value)| (SettingSource::Override, value.as_str()))
            .into_iter()
            .chain(row.map(|row| (SettingSource::Row, row.value.as_str())));
        for (source, value) in sources {
            match spec.read_into(&mut self.settings, value) {
                Ok(()) => return self.put_in_force(spec, value.trim(), source),
                Err(why) => self.findings.push(refused(spec, &why, source)),
            }
        }
        self.put_in_force(spec, spec.default, SettingSource::Default);
    }

    fn put_in_force(&mut self, spec: &'static SettingSpec, value: &str, source: SettingSource) {
        self.in_force.push(SettingInForce { name: spec.name, value: value.to_owned(), source });
    }
}

fn refused(spec: &SettingSpec, why: &str, source: SettingSource) -> Finding {
    let instead = match (source, spec.default) {
        (SettingSource::Override, _) => "The override is left out".to_owned(),
        (_, "") => "Nothing is in force instead".to_owned(),
        (_, default) => format!("The default is in force instead: {default}"),
    };
    Finding::new(spec.name, format!("{why}. {instead}"))
}

fn unknown_rows(rows: &[SettingRow]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = rows
        .iter()
        .filter(|row| spec(&row.name).is_none())
        .map(|row| match row.name.trim() {
            "" => Finding::new("(no name)", "an active row has no name and is left out"),
            name => {
                let near = suggestion(name, catalogue().iter().map(|spec| spec.name));
                let message = format!("{} is not the name of a setting{near}", quoted(name));
                Finding::new(name.chars().take(100).collect::<String>(), message)
            }
        })
        .collect();
    findings.sort();
    findings.dedup();
    findings
}

/// What is wrong with overrides: the name as given, and the reason. An override that cannot be used
/// is a configuration error, unlike a row.
pub fn check_overrides(overrides: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let mut problems = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for (name, value) in overrides {
        let Some(spec) = spec(name) else {
            let near = suggestion(name, catalogue().iter().map(|spec| spec.name));
            problems.push((name.clone(), format!("unknown setting{near}")));
            continue;
        };
        if seen.contains(&spec.name) {
            problems.push((name.clone(), format!("{} is set twice", spec.name)));
        }
        seen.push(spec.name);
        if let Err(why) = spec.read_into(&mut TenantSettings::default(), value) {
            problems.push((name.clone(), why));
        }
    }
    problems
}

fn same_name(given: &str, name: &str) -> bool {
    given.trim().eq_ignore_ascii_case(name)
}
