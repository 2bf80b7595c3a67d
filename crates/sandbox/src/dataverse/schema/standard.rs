//! The tables that every environment with Dynamics 365 Sales has (reference, sections 2 and 3).

use super::build::SchemaBuilder;
use super::column_spec::ColumnSpec;
use super::table_spec::{ACTIVE_INACTIVE, TableSpec};
use super::{Behaviour, Ownership};
use crate::dataverse::value::Value;

/// Adds all standard tables, as far as telephony needs them.
pub(super) fn describe(schema: &mut SchemaBuilder) {
    schema.table(phonecall());
    schema.table(activity_party());
    schema.table(contact());
    schema.table(account());
    schema.table(lead());
    schema.table(system_user());
    schema.table(team());
    schema.table(role());
    schema.table(business_unit());
    schema.table(organization());
    schema.table(queue());
    schema.table(queue_item());
    schema.link("systemuserroles_association", "systemuserroles", "systemuser", "role");
    schema.link("teamroles_association", "teamroles", "team", "role");
    schema.link("teammembership_association", "teammembership", "team", "systemuser");
    schema.link("queuemembership_association", "queuemembership", "queue", "systemuser");
}

fn phonecall() -> TableSpec {
    let regarding: &[(&str, &[&str], &str)] = &[
        (
            "contact",
            &["regardingobjectid_contact_phonecall", "regardingobjectid_contact"],
            "Contact_Phonecalls",
        ),
        (
            "account",
            &["regardingobjectid_account_phonecall", "regardingobjectid_account"],
            "Account_Phonecalls",
        ),
        (
            "lead",
            &["regardingobjectid_lead_phonecall", "regardingobjectid_lead"],
            "Lead_Phonecalls",
        ),
    ];
    TableSpec::new("PhoneCall", "phonecalls", "Phone Call", 4210, Ownership::User)
        .tracked()
        .key("activityid")
        .named_by("subject")
        .behaves(Behaviour::Activity)
        .with_all([
            ColumnSpec::text("subject", 200).required(),
            ColumnSpec::memo("description", 2000),
            ColumnSpec::phone("phonenumber", 200),
            ColumnSpec::flag("directioncode", true, "Outgoing", "Incoming"),
            ColumnSpec::instant("scheduledstart"),
            ColumnSpec::instant("scheduledend"),
            ColumnSpec::day("actualstart"),
            ColumnSpec::day("actualend"),
            ColumnSpec::int("actualdurationminutes", 0, i32::MAX),
            ColumnSpec::minutes_between(
                "scheduleddurationminutes",
                "scheduledstart",
                "scheduledend",
            ),
            ColumnSpec::flag("leftvoicemail", false, "Yes", "No"),
            ColumnSpec::flag("isbilled", false, "Yes", "No"),
            ColumnSpec::choice("prioritycode", &[(0, "Low"), (1, "Normal"), (2, "High")])
                .default(Value::Int(1)),
            ColumnSpec::text("category", 250),
            ColumnSpec::text("subcategory", 250),
            ColumnSpec::lookup("regardingobjectid", regarding),
            ColumnSpec::table_name("activitytypecode").default(Value::text("phonecall")),
        ])
        .states(&[
            (0, "Open", &[(1, "Open")]),
            (1, "Completed", &[(2, "Made"), (4, "Received")]),
            (2, "Canceled", &[(3, "Canceled")]),
        ])
}

fn activity_party() -> TableSpec {
    let parties: &[(&str, &[&str], &str)] = &[
        ("contact", &["partyid_contact"], "contact_activity_parties"),
        ("account", &["partyid_account"], "account_activity_parties"),
        ("lead", &["partyid_lead"], "lead_activity_parties"),
        ("systemuser", &["partyid_systemuser"], "system_user_activity_parties"),
        ("queue", &["partyid_queue"], "queue_activity_parties"),
        ("team", &["partyid_team"], "team_activity_parties"),
    ];
    TableSpec::new("ActivityParty", "activityparties", "Activity Party", 135, Ownership::None)
        .behaves(Behaviour::ActivityParty)
        .writes(false, false, false)
        .with_all([
            ColumnSpec::lookup(
                "activityid",
                &[("phonecall", &["activityid_phonecall"], "phonecall_activity_parties")],
            )
            .read_only(),
            ColumnSpec::lookup("partyid", parties).of_type("Lookup"),
            ColumnSpec::choice("participationtypemask", PARTICIPATION),
            ColumnSpec::text("addressused", 320),
            ColumnSpec::text("unresolvedpartyname", 200),
            ColumnSpec::flag("ispartydeleted", false, "Yes", "No").read_only(),
            ColumnSpec::table_name("partyobjecttypecode"),
        ])
}

/// Parts that a party can play (reference, section 2.4).
const PARTICIPATION: &[(i32, &str)] = &[
    (1, "Sender"),
    (2, "To Recipient"),
    (3, "CC Recipient"),
    (4, "BCC Recipient"),
    (5, "Required attendee"),
    (6, "Optional attendee"),
    (7, "Organizer"),
    (8, "Regarding"),
    (9, "Owner"),
    (10, "Resource"),
    (11, "Customer"),
    (12, "Chat Participant"),
    (13, "Related"),
];

fn contact() -> TableSpec {
    let customer: &[(&str, &[&str], &str)] = &[
        ("account", &["parentcustomerid_account"], "contact_customer_accounts"),
        ("contact", &["parentcustomerid_contact"], "contact_customer_contacts"),
    ];
    TableSpec::new("Contact", "contacts", "Contact", 2, Ownership::User)
        .tracked()
        .named_by("fullname")
        .with_all([
            ColumnSpec::full_name("fullname", 160),
            ColumnSpec::text("firstname", 50),
            ColumnSpec::text("middlename", 50),
            ColumnSpec::text("lastname", 50).required(),
            ColumnSpec::text("jobtitle", 100),
            ColumnSpec::text("department", 100),
            ColumnSpec::memo("description", 2000),
            ColumnSpec::lookup("parentcustomerid", customer).of_type("Customer"),
            ColumnSpec::text("externaluseridentifier", 50),
            ColumnSpec::text("employeeid", 50),
        ])
        .with_all(phones(&[
            "telephone1",
            "telephone2",
            "telephone3",
            "mobilephone",
            "company",
            "callback",
            "business2",
            "home2",
            "assistantphone",
            "managerphone",
            "pager",
            "fax",
        ]))
        .with_all(addresses(3))
        .with_all(e_mails())
        .with_all(refusals())
        .states(ACTIVE_INACTIVE)
}

fn account() -> TableSpec {
    TableSpec::new("Account", "accounts", "Account", 1, Ownership::User)
        .tracked()
        .named_by("name")
        .with_all([
            ColumnSpec::text("name", 160).required(),
            ColumnSpec::text("accountnumber", 20),
            ColumnSpec::memo("description", 2000),
            ColumnSpec::text("websiteurl", 200),
            ColumnSpec::int("numberofemployees", 0, 1_000_000_000),
            ColumnSpec::decimal("revenue"),
            ColumnSpec::lookup(
                "primarycontactid",
                &[("contact", &["primarycontactid"], "account_primary_contact")],
            ),
            ColumnSpec::lookup(
                "parentaccountid",
                &[("account", &["parentaccountid"], "account_parent_account")],
            ),
        ])
        .with_all(phones(&["telephone1", "telephone2", "telephone3", "fax"]))
        .with_all(addresses(2))
        .with_all(e_mails())
        .with_all(refusals())
        .states(ACTIVE_INACTIVE)
}

fn lead() -> TableSpec {
    TableSpec::new("Lead", "leads", "Lead", 4, Ownership::User)
        .tracked()
        .named_by("fullname")
        .with_all([
            ColumnSpec::full_name("fullname", 160),
            ColumnSpec::text("firstname", 50),
            ColumnSpec::text("lastname", 50).required(),
            ColumnSpec::text("companyname", 100),
            ColumnSpec::text("subject", 300).required(),
            ColumnSpec::text("jobtitle", 100),
            ColumnSpec::memo("description", 2000),
            ColumnSpec::phone("mobilephone", 20),
            ColumnSpec::lookup(
                "parentcontactid",
                &[("contact", &["parentcontactid"], "lead_parent_contact")],
            ),
            ColumnSpec::lookup(
                "parentaccountid",
                &[("account", &["parentaccountid"], "lead_parent_account")],
            ),
        ])
        .with_all(phones(&["telephone1", "telephone2", "telephone3", "pager", "fax"]))
        .with_all(addresses(2))
        .with_all(e_mails())
        .with_all(refusals())
        .states(&[
            (0, "Open", &[(1, "New"), (2, "Contacted")]),
            (1, "Qualified", &[(3, "Qualified")]),
            (
                2,
                "Disqualified",
                &[(4, "Lost"), (5, "Cannot Contact"), (6, "No Longer Interested"), (7, "Canceled")],
            ),
        ])
}

fn system_user() -> TableSpec {
    TableSpec::new("SystemUser", "systemusers", "User", 8, Ownership::BusinessUnit)
        .tracked()
        .named_by("fullname")
        .behaves(Behaviour::Principal)
        .inherited_key()
        .writes(true, true, false)
        .with_all([
            ColumnSpec::own_key("ownerid"),
            ColumnSpec::full_name("fullname", 200),
            ColumnSpec::text("firstname", 256),
            ColumnSpec::text("lastname", 256),
            ColumnSpec::text("domainname", 1024),
            ColumnSpec::email("internalemailaddress", 100),
            ColumnSpec::guid("azureactivedirectoryobjectid"),
            ColumnSpec::guid("applicationid"),
            ColumnSpec::text("title", 128),
            ColumnSpec::phone("mobilephone", 64),
            ColumnSpec::phone("address1_telephone1", 64),
            ColumnSpec::phone("homephone", 50),
            ColumnSpec::flag("isdisabled", false, "Disabled", "Enabled").read_only(),
            ColumnSpec::flag("islicensed", true, "Yes", "No"),
            ColumnSpec::flag("isintegrationuser", false, "Yes", "No"),
            ColumnSpec::choice(
                "accessmode",
                &[
                    (0, "Read-Write"),
                    (1, "Administrative"),
                    (2, "Read"),
                    (3, "Support User"),
                    (4, "Non-interactive"),
                    (5, "Delegated Admin"),
                ],
            )
            .default(Value::Int(0)),
            ColumnSpec::lookup(
                "businessunitid",
                &[("businessunit", &["businessunitid"], "business_unit_system_users")],
            )
            .unindexed(),
            ColumnSpec::lookup("queueid", &[("queue", &["queueid"], "queue_system_user")]),
            ColumnSpec::guid("organizationid").read_only(),
        ])
}

fn team() -> TableSpec {
    TableSpec::new("Team", "teams", "Team", 9, Ownership::BusinessUnit)
        .named_by("name")
        .behaves(Behaviour::Principal)
        .inherited_key()
        .with_all([
            ColumnSpec::own_key("ownerid"),
            ColumnSpec::text("name", 160).required(),
            ColumnSpec::memo("description", 2000),
            ColumnSpec::choice(
                "teamtype",
                &[(0, "Owner"), (1, "Access"), (2, "Security Group"), (3, "Office Group")],
            )
            .default(Value::Int(0))
            .create_only(),
            ColumnSpec::flag("isdefault", false, "Yes", "No").read_only(),
            ColumnSpec::lookup(
                "businessunitid",
                &[("businessunit", &["businessunitid"], "business_unit_teams")],
            )
            .unindexed(),
        ])
}

fn role() -> TableSpec {
    TableSpec::new("Role", "roles", "Security Role", 1036, Ownership::BusinessUnit)
        .named_by("name")
        .with_all([
            ColumnSpec::text("name", 100).required(),
            ColumnSpec::lookup(
                "businessunitid",
                &[("businessunit", &["businessunitid"], "business_unit_roles")],
            )
            .unindexed(),
        ])
}

fn business_unit() -> TableSpec {
    TableSpec::new("BusinessUnit", "businessunits", "Business Unit", 10, Ownership::BusinessUnit)
        .named_by("name")
        .with_all([
            ColumnSpec::text("name", 160).required(),
            ColumnSpec::flag("isdisabled", false, "Yes", "No").read_only(),
            ColumnSpec::lookup(
                "parentbusinessunitid",
                &[(
                    "businessunit",
                    &["parentbusinessunitid"],
                    "business_unit_parent_business_unit",
                )],
            ),
        ])
}

fn organization() -> TableSpec {
    TableSpec::new("Organization", "organizations", "Organization", 1019, Ownership::None)
        .named_by("name")
        .writes(false, true, false)
        .with_all([
            ColumnSpec::text("name", 160).read_only(),
            ColumnSpec::int("expirechangetrackingindays", 0, 365).default(Value::Int(7)),
            ColumnSpec::int("languagecode", 0, i32::MAX).read_only().default(Value::Int(1033)),
        ])
}

fn queue() -> TableSpec {
    TableSpec::new("Queue", "queues", "Queue", 2020, Ownership::User)
        .named_by("name")
        .with_all([
            ColumnSpec::text("name", 200).required(),
            ColumnSpec::memo("description", 2000),
            ColumnSpec::email("emailaddress", 100),
            ColumnSpec::choice("queueviewtype", &[(0, "Public"), (1, "Private")])
                .default(Value::Int(0)),
            ColumnSpec::lookup(
                "businessunitid",
                &[("businessunit", &["businessunitid"], "business_unit_queues")],
            )
            .unindexed(),
        ])
        .states(ACTIVE_INACTIVE)
}

fn queue_item() -> TableSpec {
    TableSpec::new("QueueItem", "queueitems", "Queue Item", 2029, Ownership::Organization)
        .named_by("title")
        .behaves(Behaviour::QueueItem)
        .with_all([
            ColumnSpec::text("title", 300),
            ColumnSpec::lookup("queueid", &[("queue", &["queueid"], "queue_entries")]).required(),
            ColumnSpec::lookup(
                "objectid",
                &[("phonecall", &["objectid_phonecall"], "PhoneCall_QueueItem")],
            )
            .create_only(),
            ColumnSpec::lookup(
                "workerid",
                &[
                    ("systemuser", &["workerid_systemuser"], "systemuser_queueitem_workerid"),
                    ("team", &["workerid_team"], "team_queueitem_workerid"),
                ],
            ),
            ColumnSpec::table_name("objecttypecode"),
            ColumnSpec::instant("enteredon").read_only(),
            ColumnSpec::instant("workeridmodifiedon").read_only(),
        ])
        .states(ACTIVE_INACTIVE)
}

fn phones<'a>(names: &'a [&str]) -> impl Iterator<Item = ColumnSpec> + 'a {
    names.iter().map(|name| ColumnSpec::phone(name, 50))
}

fn addresses(count: u8) -> impl Iterator<Item = ColumnSpec> {
    (1..=count).flat_map(|address| {
        let text = |part: &str, max| ColumnSpec::text(&format!("address{address}_{part}"), max);
        let phone = |part: &str| ColumnSpec::phone(&format!("address{address}_{part}"), 50);
        [
            phone("telephone1"),
            phone("telephone2"),
            phone("telephone3"),
            text("line1", 250),
            text("city", 80),
            text("postalcode", 20),
            text("country", 80),
        ]
    })
}

fn e_mails() -> impl Iterator<Item = ColumnSpec> {
    ["emailaddress1", "emailaddress2", "emailaddress3"]
        .into_iter()
        .map(|name| ColumnSpec::email(name, 100))
}

fn refusals() -> impl Iterator<Item = ColumnSpec> {
    ["donotphone", "donotemail", "donotbulkemail"]
        .into_iter()
        .map(|name| ColumnSpec::flag(name, false, "Do Not Allow", "Allow"))
}
