use serde_json::{Value, json};

use crate::plant::{Plant, Ran, basic_call};

/// A plant whose calls are decided and whose systems are gone.
async fn afterwards() -> Plant {
    let plant = Plant::basic().await;
    plant.decide().await;
    plant
}

/// Explains, and makes sure that nothing but the store was asked.
async fn explain(plant: &Plant, arguments: &[&str]) -> Ran {
    let before = plant.sandbox.requests(0).len();
    let ran = plant.calls(&[&["explain"], arguments].concat()).await;
    assert_eq!(plant.sandbox.requests(0).len(), before, "no network");
    ran
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_explained_by_its_rule_and_what_it_rests_on() {
    let plant = afterwards().await;
    let check = async |call: &str, parts: &[&str]| {
        let ran = explain(&plant, &[&basic_call(call)]).await;
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        for part in parts {
            ran.shows(part);
        }
        ran
    };
    let activity = plant.phone_calls().await[0]["activityid"].as_str().unwrap().to_owned();
    check(
        "c001",
        &[
            "0000c001-0000-4000-8000-000000000000 of contoso",
            "incoming direct call from +358405550101",
            "Logged (created)",
            "rule        one customer has the number",
            "customer    Aino Aalto",
            "owner       Anna Agent",
            "NumbersToCut = 4",
            "all others at their defaults",
            &activity,
        ],
    )
    .await;
    let ambiguous = check(
        "c00e",
        &[
            "Deferred (Ambiguous)",
            "rule        2 customers have the number, and MultipleMatchesPickFirst is off",
            "looked for  +358955550010, exactly; 955550010, contained",
            "candidate   contact  Aino Aalto  +358 9 5555 0010  exact",
            "candidate   account  Aalto Oy    (09) 5555 0010    exact",
            "would help  take the number off all of them but one",
            "or          switch on SharedNumberToAccount",
            "then        a call of the last 24 hours",
        ],
    )
    .await;
    assert!(!ambiguous.stdout.contains("phone call "), "{}", ambiguous.stdout);
    check(
        "c00d",
        &["Deferred (NoMatch)", "no active customer has the number", "write +358405550999"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_call_that_is_not_work_no_number_is_shown() {
    let plant = afterwards().await;
    let ran = explain(&plant, &[&basic_call("c008")]).await;
    ran.shows("Skipped (NotWork)");
    ran.shows("its user has not marked it as work");
    assert!(!ran.stdout.contains("0101") && !ran.stdout.contains("Aalto"), "{}", ran.stdout);
    let ran = explain(&plant, &[&basic_call("c008"), "--json"]).await;
    assert_eq!(ran.json()["calls"][0]["decisions"][0].get("evidence"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_brings_all_its_calls_however_it_is_written() {
    let plant = afterwards().await;
    for number in ["+358405550101", "+358 (0)40 555 0101", "00358-40-5550101", "358405550101"] {
        let ran = explain(&plant, &[number]).await;
        assert_eq!(ran.code, 0, "{number}: {}", ran.stderr);
        for part in ["0000c001", "Logged (created)", "0000c006", "Skipped (KindSwitchedOff)"] {
            ran.shows(part);
        }
        assert!(!ran.stdout.contains("0000c008"), "a private call is not found by its number");
    }
    let unknown_country = explain(&plant, &["040 555 0101"]).await;
    unknown_country.complains(1, "write it as +358501234567");
    let region = "[tenants.contoso.settings]\nDefaultRegion = \"FI\"";
    plant.configure(&format!("{}{region}", plant.tenant("contoso")));
    explain(&plant, &["040 555 0101"]).await.shows("0000c001");
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_over_time_are_told_in_their_order() {
    let plant = afterwards().await;
    plant.load(&json!({"dataverse": {"contacts": [{
        "contactid": "00000f19-0000-4000-8000-000000000000", "lastname": "Newcomer",
        "fullname": "Newcomer", "mobilephone": "040 555 0999"
    }]}}));
    plant.decide().await;
    let ran = explain(&plant, &[&basic_call("c00d"), "--json"]).await;
    let decisions = ran.json()["calls"][0]["decisions"].clone();
    let outcomes: Vec<_> =
        decisions.as_array().unwrap().iter().map(|past| past["outcome"].clone()).collect();
    assert_eq!(outcomes, ["Deferred", "Logged"]);
    let text = explain(&plant, &[&basic_call("c00d")]).await.stdout;
    assert!(text.find("Deferred (NoMatch)").unwrap() < text.find("Logged (created)").unwrap());
    assert!(!text.contains("would help"), "it is logged now: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_get_one_object() {
    let plant = afterwards().await;
    let ran = explain(&plant, &["+358955550010", "--json"]).await;
    let object = ran.json();
    assert_eq!(object.as_object().unwrap().len(), 1);
    let call = &object["calls"][0];
    assert_eq!((&call["tenant"], &call["call"]), (&json!("contoso"), &json!(basic_call("c00e"))));
    let decision = &call["decisions"][0];
    assert_eq!(decision["reason"], "Ambiguous");
    let names: Vec<&Value> = decision["evidence"]["candidates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|candidate| &candidate["name"])
        .collect();
    assert_eq!(names, ["Aino Aalto", "Aalto Oy"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_unknown_is_said_with_what_may_be_the_reason() {
    let plant = afterwards().await;
    let ran = explain(&plant, &[&basic_call("ffff"), "--json"]).await;
    assert_eq!(ran.json(), json!({"calls": []}));
    let store = plant.store_file().display().to_string();
    for part in
        ["Nothing is known of call", "45 days", "erased", "another store", &store, "contoso"]
    {
        ran.complains(1, part);
    }
    let ran = explain(&plant, &["+358409999999"]).await;
    ran.complains(1, "Nothing is known");
    assert!(!ran.stderr.contains("write it as"), "it is well written: {}", ran.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_tenant_is_searched_unless_one_is_named() {
    let plant = Plant::basic().await;
    let tenants = format!("{}{}", plant.tenant("contoso"), plant.tenant("fabrikam"));
    plant.configure(&tenants);
    plant.decide().await;
    let call = basic_call("c001");
    let of = |ran: &Ran| {
        let calls = ran.json()["calls"].as_array().unwrap().clone();
        calls.iter().map(|call| call["tenant"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(of(&explain(&plant, &[&call, "--json"]).await), ["contoso", "fabrikam"]);
    let one = explain(&plant, &[&call, "--json", "--tenant", "fabrikam"]).await;
    assert_eq!(of(&one), ["fabrikam"]);
    explain(&plant, &[&call, "--tenant", "nobody"]).await.complains(64, "contoso, fabrikam");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_store_nothing_is_made() {
    let plant = Plant::empty().await;
    explain(&plant, &["+358405550101"]).await.complains(1, "there is no store at");
    assert!(!plant.store_file().exists());
}
