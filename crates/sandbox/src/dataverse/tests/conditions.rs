//! `$filter` (reference, section 4.1).

use serde_json::json;

use super::*;

/// Four settings with known values, and the contacts of [`Environment::new`].
fn environment() -> Environment {
    let environment = Environment::new();
    let rows = json!([
        { "ev_settingid": "00000000-0000-0000-0000-000000000001", "ev_name": "alpha", "ev_value": "10%", "ev_group": 451_000_000 },
        { "ev_settingid": "00000000-0000-0000-0000-000000000002", "ev_name": "Beta", "ev_value": "a_b", "ev_group": 451_000_001 },
        { "ev_settingid": "00000000-0000-0000-0000-000000000003", "ev_name": "gämma", "ev_value": "it's [x]" },
        { "ev_settingid": "00000000-0000-0000-0000-000000000004", "ev_name": "delta", "createdon": "2020-02-02T02:02:02Z" },
    ]);
    environment.dataverse.load("ev_settings", rows.as_array().unwrap()).unwrap();
    environment
}

#[test]
fn filters_find_what_they_say() {
    let environment = environment();
    let check = |filter: &str, expected: &[&str]| {
        let url = format!("ev_settings?$select=ev_name&$filter={filter}");
        let mut names = environment.column(&url, "ev_name");
        let mut expected: Vec<&str> = expected.to_vec();
        names.sort();
        expected.sort_unstable();
        assert_eq!(names, expected, "{filter}");
    };
    let (alpha, beta, gamma, delta) = ("alpha", "Beta", "gämma", "delta");
    check("ev_name eq 'ALPHA'", &[alpha]);
    check("ev_name eq 'GAMMA'", &[gamma]);
    check("ev_value eq 'it''s [x]'", &[gamma]);
    check("ev_group eq 451000000", &[alpha]);
    check("ev_group ne 451000000", &[beta, gamma, delta]);
    check("ev_group eq null", &[gamma, delta]);
    check("ev_group ne null", &[alpha, beta]);
    check("ev_group gt 451000000", &[beta]);
    check("451000001 le ev_group", &[beta]);
    check("not (ev_group eq 451000000)", &[beta, gamma, delta]);
    check("ev_name eq 'alpha' or ev_name eq 'beta' and ev_group eq 451000000", &[alpha]);
    check("(ev_name eq 'alpha' or ev_name eq 'beta') and ev_group eq 451000001", &[beta]);
    check("contains(ev_name,'ET')", &[beta]);
    check("startswith(ev_name,'G') or endswith(ev_name,'lta')", &[gamma, delta]);
    check("not contains(ev_value,'a')", &[alpha, gamma, delta]);
    check("startswith(ev_name,'a%25a')", &[alpha]);
    check("contains(ev_value,'[%25]')", &[alpha]);
    check("contains(ev_value,'_')", &[alpha, beta, gamma]);
    check("contains(ev_value,'[_]')", &[beta]);
    check("contains(ev_value,'[[]x]')", &[gamma]);
    check("startswith(ev_value,'[0-9]')", &[alpha]);
    check("createdon lt 2021-01-01", &[delta]);
    check(
        "createdon ge 2020-02-02T02:02:02Z and createdon le 2020-02-02T04:02:02%2B02:00",
        &[delta],
    );
    check("ev_settingid eq 00000000-0000-0000-0000-000000000002", &[beta]);
    check("_createdby_value eq 55555555-5555-5555-5555-555555555555", &[alpha, beta, gamma, delta]);
    check(
        "createdby/applicationid eq 22222222-2222-2222-2222-222222222222 and ev_name lt 'b'",
        &[alpha],
    );
    check("ev_name eq @p1&@p1='beta'", &[beta]);
    check(
        "Microsoft.Dynamics.CRM.In(PropertyName='ev_name',PropertyValues=[\"alpha\",\"BETA\"])",
        &[alpha, beta],
    );
    check(
        "Microsoft.Dynamics.CRM.NotIn(PropertyName=@a,PropertyValues=@b)&@a='ev_name'&@b=['alpha','beta']",
        &[gamma, delta],
    );
    check(
        "Microsoft.Dynamics.CRM.Between(PropertyName='ev_group',PropertyValues=[\"451000001\",\"451000009\"])",
        &[beta],
    );
    check(
        "Microsoft.Dynamics.CRM.OlderThanXYears(PropertyName='createdon',PropertyValue=5)",
        &[delta],
    );
    check(
        "Microsoft.Dynamics.CRM.LastXHours(PropertyName='createdon',PropertyValue=2)",
        &[alpha, beta, gamma],
    );
    check(
        "Microsoft.Dynamics.CRM.OnOrAfter(PropertyName='createdon',PropertyValue='2026-03-01')",
        &[alpha, beta, gamma],
    );
    check("Microsoft.Dynamics.CRM.On(PropertyName='createdon',PropertyValue=2020-02-02)", &[delta]);
    check("Microsoft.Dynamics.CRM.Today(PropertyName='createdon')", &[alpha, beta, gamma]);
    check(
        "Microsoft.Dynamics.CRM.EqualUserId(PropertyName='createdby') and ev_name eq 'delta'",
        &[delta],
    );
}

#[test]
fn filters_follow_lookups_and_collections() {
    let environment = environment();
    let check = |url: &str, count: usize| {
        assert_eq!(environment.get(url).rows().len(), count, "{url}");
    };
    check("contacts?$filter=parentcustomerid_account/name eq 'acme'", 1);
    check("contacts?$filter=parentcustomerid_contact/fullname eq 'acme'", 0);
    check("contacts?$filter=owningbusinessunit/name eq 'contoso'", 2);
    check("accounts?$filter=contact_customer_accounts/any()", 1);
    check("accounts?$filter=contact_customer_accounts/any(c:contains(c/telephone1,'123'))", 1);
    check(
        "accounts?$filter=contact_customer_accounts/any(c:c/owninguser/applicationid eq null)",
        0,
    );
    check("systemusers?$filter=systemuserroles_association/any(r:r/name eq 'Voice User')", 2);
    check("systemusers?$filter=systemuserroles_association/all(r:r/name eq 'Voice User')", 3);
    check("systemusers?$filter=not systemuserroles_association/any(r:r/name eq 'Voice User')", 2);
    check("systemusers?$filter=isdisabled", 1);
    check(
        "systemusers?$filter=applicationid eq null and isdisabled eq false and accessmode ne 3 and accessmode ne 5",
        2,
    );
}

#[test]
fn bad_filters_are_refused() {
    let environment = environment();
    let check = |filter: &str, part: &str| {
        let answer = environment.get(&format!("phonecalls?$filter={filter}"));
        answer.refused(400, "0x0");
        assert!(answer.message().contains(part), "{filter}: {}", answer.message());
    };
    check(
        "x eq 1",
        "Could not find a property named 'x' on type 'Microsoft.Dynamics.CRM.phonecall'.",
    );
    check("Subject eq 'a'", "'Subject'");
    check(
        "subject eq 1",
        "Found operand types 'Edm.String' and 'Edm.Int32' for operator kind 'Equal'",
    );
    check("directioncode eq 1", "'Edm.Boolean' and 'Edm.Int32'");
    check("_ownerid_value eq '1'", "'Edm.Guid' and 'Edm.String'");
    check("ownerid eq 55555555-5555-5555-5555-555555555555", "'Microsoft.Dynamics.CRM.principal'");
    check("ownerid/fullname eq 'x'", "on type 'Microsoft.Dynamics.CRM.principal'");
    check("subject eq 'a", "unterminated string literal at position 11");
    check("subject eq 'a' and", "Syntax error at position 18");
    check("tolower(subject) eq 'a'", "unknown function with name 'tolower'");
    check("subject", "must evaluate to a single boolean value");
    check("contains(actualdurationminutes,'1')", "No function signature");
    check(
        "phonecall_activity_parties/any(p:participationtypemask eq 1)",
        "'participationtypemask'",
    );
    check("Microsoft.Dynamics.CRM.Nope(PropertyName='subject')", "unknown function");
    check("Microsoft.Dynamics.CRM.In(PropertyName='nope',PropertyValues=[\"a\"])", "'nope'");
    check(
        "Microsoft.Dynamics.CRM.In(PropertyName='statecode',PropertyValues=[\"a\"])",
        "Edm.Int32",
    );
    check("subject in ('a','b')", "Syntax error");
}

#[test]
fn a_bare_plus_in_a_number_finds_nothing() {
    let environment = Environment::new();
    environment.call(json!({ "phonenumber": "+358501234567" }));
    let count = |number: &str| {
        environment.get(&format!("phonecalls?$filter=phonenumber eq '{number}'")).rows().len()
    };
    assert_eq!(count("%2B358501234567"), 1);
    assert_eq!(count("+358501234567"), 0);
    let encoded = "phonecalls?%24filter=phonenumber+eq+%27%2B358501234567%27&%24select=subject";
    assert_eq!(environment.get(encoded).rows().len(), 1);
}
