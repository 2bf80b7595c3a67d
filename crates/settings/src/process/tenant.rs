//! One tenant: an Enreach organisation and a Dynamics environment.

use std::collections::BTreeMap;

use voice_model::TenantName;

use crate::process::dataverse::DataverseConfig;
use crate::process::endpoints::{FeedConfig, RoutingConfig, WebhookConfig};
use crate::process::enreach::EnreachConfig;
use crate::process::load::Ambient;
use crate::process::section::{Reading, Section};
use crate::tenant::check_overrides;

/// `[tenants.<name>]`.
#[derive(Debug, Clone)]
pub struct TenantConfig {
    /// Its name: part of addresses, logs and metrics.
    pub name: TenantName,
    /// The telephony side.
    pub enreach: EnreachConfig,
    /// The CRM side.
    pub dataverse: DataverseConfig,
    /// Settings that take the place of those in Dynamics; each is known and valid.
    pub overrides: BTreeMap<String, String>,
    /// Webhooks, if they are accepted.
    pub webhook: Option<WebhookConfig>,
    /// Smart routing, if it is offered.
    pub routing: Option<RoutingConfig>,
    /// The callback-list feed, if it is offered.
    pub feed: Option<FeedConfig>,
}

impl TenantConfig {
    pub(crate) fn read(name: &str, mut section: Section<'_>, ambient: &Ambient) -> Option<Self> {
        let enreach = required(&mut section, "enreach").and_then(EnreachConfig::read);
        let dataverse = required(&mut section, "dataverse")
            .and_then(|dataverse| DataverseConfig::read(dataverse, ambient));
        let overrides = section.section("settings").map(overrides).unwrap_or_default();
        // A section with a problem has noted it; then nothing is used, so `None` does no harm here.
        let webhook = section.section("webhook").and_then(WebhookConfig::read);
        let routing = section.section("routing").and_then(RoutingConfig::read);
        let feed = section.section("feed").and_then(FeedConfig::read);
        section.finish();
        Some(Self {
            name: TenantName::new(name),
            enreach: enreach?,
            dataverse: dataverse?,
            overrides,
            webhook,
            routing,
            feed,
        })
    }
}

fn required<'a>(section: &mut Section<'a>, key: &'static str) -> Option<Section<'a>> {
    if section.has(key) { section.section(key) } else { Some(section.empty(key)) }
}

fn overrides(section: Section<'_>) -> BTreeMap<String, String> {
    let reading: &Reading = section.reading;
    let mut overrides = BTreeMap::new();
    let mut places = BTreeMap::new();
    for given in section.into_texts() {
        let name = given.path.rsplit('.').next().unwrap_or_default().to_owned();
        places.insert(name.clone(), (given.path, given.source));
        overrides.insert(name, given.text);
    }
    for (name, why) in check_overrides(&overrides) {
        if let Some((path, source)) = places.get(&name) {
            reading.note(path, reading.name(source), why);
        }
    }
    overrides
}

/// Whether a text can name a tenant: it stands in addresses, and between double underscores in the
/// names of environment variables.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let edges = ['-', '_'];
    let good = (1..=63).contains(&name.len())
        && name.bytes().all(allowed)
        && !name.starts_with(edges)
        && !name.ends_with(edges)
        && !name.contains("__");
    if good {
        return Ok(());
    }
    Err(format!(
        "{name:?} cannot name a tenant; expected letters, digits, single - and _ between them, at \
         most 63"
    ))
}
