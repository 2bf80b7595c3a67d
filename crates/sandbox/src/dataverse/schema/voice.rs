//! Tables and columns of our own solution (design, section 6; reference, section 10).

use super::Ownership;
use super::build::SchemaBuilder;
use super::column_spec::ColumnSpec;
use super::table_spec::{ACTIVE_INACTIVE, TableSpec};

/// Adds the solution to the standard tables.
pub(super) fn describe(schema: &mut SchemaBuilder) {
    schema.table(setting());
    schema.table(callback_profile());
    schema.table(routing_rule());
    schema.extend(
        "systemuser",
        [ColumnSpec::text("ev_clouduserid", 100), ColumnSpec::email("ev_clouduseremail", 100)],
    );
    schema.extend("phonecall", phonecall_columns());
}

/// A choice whose options count from the solution's first value.
fn choice(name: &str, labels: &[&str]) -> ColumnSpec {
    let options: Vec<(i32, &str)> = (451_000_000..).zip(labels.iter().copied()).collect();
    ColumnSpec::choice(name, &options)
}

fn phonecall_columns() -> Vec<ColumnSpec> {
    let whole = |name: &str| ColumnSpec::int(name, i32::MIN, i32::MAX);
    vec![
        ColumnSpec::text("ev_callid", 100),
        ColumnSpec::text("ev_callbackid", 100),
        choice(
            "ev_calltype",
            &["Direct in", "Direct out", "Service answered", "Service unanswered", "Callback"],
        ),
        ColumnSpec::instant("ev_callstart"),
        ColumnSpec::instant("ev_callend"),
        whole("ev_durationseconds"),
        ColumnSpec::text("ev_queuename", 200),
        ColumnSpec::text("ev_queuenumber", 50),
        ColumnSpec::memo("ev_audit", 100_000),
        ColumnSpec::lookup(
            "ev_callbackprofileid",
            &[(
                "ev_callbackprofile",
                &["ev_callbackprofileid_PhoneCall"],
                "ev_phonecall_ev_callbackprofile",
            )],
        ),
        ColumnSpec::lookup(
            "ev_bundleid",
            &[("phonecall", &["ev_bundleid_PhoneCall"], "ev_phonecall_ev_bundle")],
        ),
        whole("ev_matchcount"),
        choice("ev_syncsource", &["Call sync", "Retro sync", "Callback poll", "Webhook", "Widget"]),
    ]
}

fn setting() -> TableSpec {
    TableSpec::new("ev_setting", "ev_settings", "Voice setting", 10_900, Ownership::Organization)
        .tracked()
        .named_by("ev_name")
        .with_all([
            ColumnSpec::text("ev_name", 200).required(),
            ColumnSpec::text("ev_value", 2000),
            choice("ev_group", &["Call sync", "Callback sync", "General"]),
            choice("ev_datatype", &["Text", "Integer", "Boolean"]),
            ColumnSpec::memo("ev_description", 2000),
        ])
        .states(ACTIVE_INACTIVE)
        .unique("ev_settingkey", &["ev_name"])
}

fn callback_profile() -> TableSpec {
    TableSpec::new(
        "ev_callbackprofile",
        "ev_callbackprofiles",
        "Callback profile",
        10_901,
        Ownership::User,
    )
    .tracked()
    .named_by("ev_name")
    .with_all([
        ColumnSpec::text("ev_name", 200).required(),
        ColumnSpec::text("ev_callbacklistid", 100),
        ColumnSpec::text("ev_callbacklistname", 200),
        ColumnSpec::lookup(
            "ev_queueid",
            &[("queue", &["ev_queueid"], "ev_callbackprofile_ev_queue")],
        ),
        choice("ev_ownershiprule", &["API User", "Owner of Queue"]),
        ColumnSpec::text("ev_phonecallsubject", 200),
        choice("ev_duplicatehandlingrule", &["Bundle calls", "Ignore additional calls"]),
        choice("ev_syncmethod", &["Polling", "Webhook", "Webhook backed with polling"]),
        choice("ev_agetimeunit", &["Days", "Hours", "Minutes"]),
        ColumnSpec::int("ev_callbackage", i32::MIN, i32::MAX),
    ])
    .states(ACTIVE_INACTIVE)
}

fn routing_rule() -> TableSpec {
    TableSpec::new(
        "ev_routingrule",
        "ev_routingrules",
        "Routing rule",
        10_902,
        Ownership::Organization,
    )
    .named_by("ev_name")
    .with_all([
        ColumnSpec::text("ev_name", 200).required(),
        ColumnSpec::int("ev_order", i32::MIN, i32::MAX),
        ColumnSpec::text("ev_poolnumber", 100),
        ColumnSpec::text("ev_targetid", 100),
        ColumnSpec::text("ev_table", 100),
        ColumnSpec::text("ev_column", 100),
        ColumnSpec::text("ev_operator", 100),
        ColumnSpec::text("ev_value", 2000),
        ColumnSpec::flag("ev_includeparent", false, "Yes", "No"),
        ColumnSpec::text("ev_targetnumber", 100),
    ])
    .states(ACTIVE_INACTIVE)
}
