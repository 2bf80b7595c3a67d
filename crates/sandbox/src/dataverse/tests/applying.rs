//! `$apply` (reference, section 4.1).

use serde_json::json;

use super::*;
use crate::dataverse::query::options::encode;

/// Accounts with employees; one has none, one is inactive.
fn world() -> Environment {
    let environment = Environment::bare_of_rows(false);
    let account = |number: u128, city: &str, employees: Json, state: i32| {
        json!({ "accountid": Uuid::from_u128(number), "name": format!("A{number}"),
                "address1_city": city, "numberofemployees": employees, "statecode": state })
    };
    let rows = [
        account(1, "Turku", json!(10), 0),
        account(2, "Turku", json!(21), 0),
        account(3, "Espoo", json!(5), 0),
        account(4, "Espoo", Json::Null, 0),
        account(5, "Oulu", json!(100), 1),
    ];
    environment.dataverse.load("accounts", &rows).unwrap();
    environment
}

fn apply(environment: &Environment, expression: &str) -> Answer {
    environment.get(&format!("accounts?$apply={}", encode(expression)))
}

#[test]
fn rows_are_grouped_and_summed_up() {
    #[track_caller]
    fn check(environment: &Environment, expression: &str, expected: Json) {
        let mut rows = apply(environment, expression).ok(200).rows();
        rows.sort_by_key(ToString::to_string);
        assert_eq!(Json::Array(rows), expected, "{expression}");
    }
    let e = &world();
    check(e, "aggregate($count as n)", json!([{ "n": 5 }]));
    check(
        e,
        "filter(statecode eq 0)/aggregate(numberofemployees with sum as all,\
         numberofemployees with average as mean, numberofemployees with min as least,\
         numberofemployees with max as most)",
        json!([{ "all": 36, "mean": 12, "least": 5, "most": 21 }]),
    );
    check(
        e,
        "groupby((address1_city),aggregate($count as n,numberofemployees with sum as all))",
        json!([
            { "address1_city": "Espoo", "n": 2, "all": 5 },
            { "address1_city": "Oulu", "n": 1, "all": 100 },
            { "address1_city": "Turku", "n": 2, "all": 31 },
        ]),
    );
    check(
        e,
        "filter(contains(address1_city,'u') and name ne 'A/(1)')/groupby((statecode,address1_city))",
        json!([
            { "statecode": 0, "address1_city": "Turku" },
            { "statecode": 1, "address1_city": "Oulu" },
        ]),
    );
    check(e, "aggregate(address1_city with countdistinct as cities)", json!([{ "cities": 3 }]));
    check(e, "groupby((_ownerid_value))", json!([{ "_ownerid_value": APPLICATION }]));
    check(e, "filter(name eq 'none')/groupby((name))", json!([]));
}

#[test]
fn what_is_not_offered_is_refused() {
    let environment = world();
    for (expression, status) in [
        ("groupby((nonsense))", 400),
        ("aggregate(numberofemployees with median as m)", 400),
        ("aggregate(numberofemployees)", 400),
        ("filter(nonsense eq 1)/groupby((name))", 400),
        ("groupby((primarycontactid/fullname))", 501),
        ("groupby((name))/orderby(name)", 501),
    ] {
        assert_eq!(apply(&environment, expression).status, status, "{expression}");
    }
    let beside = "accounts?$apply=groupby((name))&$orderby=name";
    environment.get(beside).refused(400, "0x80060888");
}
