use super::*;
use crate::sample::{at, request};
use call_matching::{Candidate, CustomerRef, CustomerTable, MatchKind};
use serde_json::Map;

fn plan() -> PlannedCallback {
    let mut request = request("item-1", Some("+358501234567"), 0);
    request.item.due = Some(at(3_600));
    request.item.list_name = Some("Sales callbacks".to_owned());
    PlannedCallback {
        activity: ActivityId(Uuid::from_u128(1)),
        request,
        queue: Uuid::from_u128(0xb),
        customer: Some(Candidate {
            customer: CustomerRef { table: CustomerTable::Lead, id: Uuid::from_u128(7) },
            name: "Elina Eskola".to_owned(),
            created_on: None,
            parent_account: None,
            kind: MatchKind::Exact,
            number: "050 123 4567".to_owned(),
        }),
        match_count: 1,
        owner: None,
        recipient: Some(Recipient::Queue(Uuid::from_u128(0xb))),
        bundled_into: None,
        findings: Vec::new(),
    }
}

fn writes(plan: &mut PlannedCallback, settings: &TenantSettings) -> (Map<String, Value>, Write) {
    let names = Names::default();
    let writes = RowStyle { names: &names, settings }.writes(plan);
    let [Write::Create { columns, id, .. }, action] = &writes[..] else { panic!("{writes:?}") };
    assert_eq!(*id, plan.activity.0);
    (columns.as_map().clone(), action.clone())
}

fn row(change: impl Fn(&mut PlannedCallback)) -> Map<String, Value> {
    let mut plan = plan();
    change(&mut plan);
    writes(&mut plan, &TenantSettings::default()).0
}

#[test]
fn a_callback_is_an_open_incoming_call_in_its_queue() {
    let (row, action) = writes(&mut plan(), &TenantSettings::default());
    let expected = json!({
        "subject": "Callback request",
        "phonenumber": "+358501234567",
        "directioncode": false,
        "ev_callbackid": "item-1",
        "ev_calltype": 451_000_004,
        "ev_syncsource": 451_000_002,
        "ev_matchcount": 1,
        "ev_audit": "CallbackId is item-1\nCallback list is Sales callbacks (list)",
        "ev_callbackprofileid_PhoneCall@odata.bind":
            "/ev_callbackprofiles(00000000-0000-0000-0000-00000000000a)",
        "scheduledend": "2026-02-02T03:40:00Z",
        "regardingobjectid_lead_phonecall@odata.bind":
            "/leads(00000000-0000-0000-0000-000000000007)",
        "phonecall_activity_parties": [
            {"participationtypemask": 1,
             "partyid_lead@odata.bind": "/leads(00000000-0000-0000-0000-000000000007)"},
            {"participationtypemask": 2,
             "partyid_queue@odata.bind": "/queues(00000000-0000-0000-0000-00000000000b)"}
        ]
    });
    assert_eq!(Value::Object(row), expected);
    let Write::Action { entity_set, id, action, parameters } = action else { panic!("{action:?}") };
    assert_eq!((entity_set.as_str(), action.as_str()), ("queues", "AddToQueue"));
    assert_eq!(id, Uuid::from_u128(0xb));
    assert_eq!(parameters.as_map()["Target"]["activityid"], Uuid::from_u128(1).to_string());
}

#[test]
fn owner_recipient_and_bundle_are_bound_as_planned() {
    let user = row(|plan| plan.owner = Some(QueueOwner::User(Uuid::from_u128(9))));
    assert_eq!(user["ownerid@odata.bind"], "/systemusers(00000000-0000-0000-0000-000000000009)");
    let team = row(|plan| plan.owner = Some(QueueOwner::Team(Uuid::from_u128(9))));
    assert_eq!(team["ownerid@odata.bind"], "/teams(00000000-0000-0000-0000-000000000009)");
    let bundled = row(|plan| plan.bundled_into = Some(ActivityId(Uuid::from_u128(5))));
    assert_eq!(
        bundled["ev_bundleid_PhoneCall@odata.bind"],
        "/phonecalls(00000000-0000-0000-0000-000000000005)"
    );
    let to_user = row(|plan| plan.recipient = Some(Recipient::User(Uuid::from_u128(9))));
    assert_eq!(
        to_user["phonecall_activity_parties"][1]["partyid_systemuser@odata.bind"],
        "/systemusers(00000000-0000-0000-0000-000000000009)"
    );
    let nobody = row(|plan| {
        plan.customer = None;
        plan.recipient = None;
    });
    assert!(!nobody.contains_key("phonecall_activity_parties"), "{nobody:?}");
}

#[test]
fn the_profiles_subject_comes_before_that_of_the_settings() {
    let subject = |of_profile: Option<&str>| {
        let mut plan = plan();
        let mut profile = (*plan.request.profile).clone();
        profile.subject = of_profile.map(str::to_owned);
        plan.request.profile = profile.into();
        let settings = TenantSettings {
            callback_request_default_subject: "Please call".to_owned(),
            ..TenantSettings::default()
        };
        writes(&mut plan, &settings).0["subject"].clone()
    };
    assert_eq!(subject(Some("Sales callback")), "Sales callback");
    assert_eq!(subject(None), "Please call");
}

#[test]
fn a_text_that_does_not_fit_is_cut_with_a_finding() {
    let mut plan = plan();
    plan.request.item.note = Some("é".repeat(2_001));
    let (row, _) = writes(&mut plan, &TenantSettings::default());
    assert_eq!(row["description"].as_str().unwrap().chars().count(), 2_000);
    let [finding] = &plan.findings[..] else { panic!("{:?}", plan.findings) };
    assert!(finding.to_string().contains("description was cut to its 2000"), "{finding}");
}

#[test]
fn the_audit_holds_the_whole_item_if_the_settings_say_so() {
    let mut plan = plan();
    let raw = json!({"Id": "item-1", "Number": "+358501234567", "Attempts": [], "Note": null});
    plan.request.item.raw = raw.as_object().unwrap().clone();
    let settings = TenantSettings { enable_audit: true, ..TenantSettings::default() };
    let (row, _) = writes(&mut plan, &settings);
    assert_eq!(row["ev_audit"], "Id: item-1\nNumber: +358501234567\nAttempts: []\nNote: ");
}
