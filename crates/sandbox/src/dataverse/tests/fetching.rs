//! FetchXML and SQL (reference, section 4.2; other people's clients).

use percent_encoding::percent_decode_str;
use serde_json::json;

use super::*;
use crate::dataverse::query::options::encode;

const ALL: (&str, &str) = ("Prefer", "odata.include-annotations=\"*\"");
const MORE: &str = "@Microsoft.Dynamics.CRM.morerecords";
const COOKIE: &str = "@Microsoft.Dynamics.CRM.fetchxmlpagingcookie";

fn fetch(environment: &Environment, set: &str, xml: &str) -> Answer {
    environment.send("GET", &format!("{set}?fetchXml={}", encode(xml)), &[ALL], None)
}

fn sql(environment: &Environment, set: &str, statement: &str) -> Answer {
    environment.get(&format!("{set}?sql={}", encode(statement)))
}

/// Three accounts with employees, one without; contacts belong to some.
fn world() -> Environment {
    let environment = Environment::new();
    let account = |number: u128, name: &str, employees: Json, state: i32| {
        json!({ "accountid": Uuid::from_u128(number), "name": name, "statecode": state,
                "numberofemployees": employees, "createdon": "2026-02-28T12:00:00Z" })
    };
    let rows = [
        account(1, "Alpha", json!(10), 0),
        account(2, "Beta", json!(20), 0),
        account(3, "Gamma", json!(5), 1),
        account(4, "Delta", Json::Null, 0),
    ];
    environment.dataverse.load("accounts", &rows).unwrap();
    environment
}

#[test]
fn operators_choose_rows() {
    let environment = world();
    #[track_caller]
    fn check(environment: &Environment, condition: &str, expected: &[&str]) {
        let xml = format!(
            "<fetch><entity name='account'><attribute name='name'/><order attribute='name'/>\
             <filter>{condition}</filter></entity></fetch>"
        );
        let rows = fetch(environment, "accounts", &xml).rows();
        let names: Vec<&str> = rows.iter().map(|row| row["name"].as_str().unwrap()).collect();
        assert_eq!(names, expected, "{condition}");
    }
    let e = &environment;
    let on = |column: &str, rest: &str| format!("<condition attribute='{column}' {rest}/>");
    let many = |column: &str, operator: &str, values: [&str; 2]| {
        format!(
            "<condition attribute='{column}' operator='{operator}'><value>{}</value><value>{}\
             </value></condition>",
            values[0], values[1]
        )
    };
    let count = "numberofemployees";
    check(e, &on("name", "operator='eq' value='ALPHA'"), &["Alpha"]);
    check(e, &on(count, "operator='ne' value='10'"), &["Acme", "Beta", "Delta", "Gamma"]);
    check(e, &on(count, "operator='gt' value='10'"), &["Beta"]);
    check(e, &on(count, "operator='ge' value='10'"), &["Alpha", "Beta"]);
    check(e, &on(count, "operator='lt' value='10'"), &["Gamma"]);
    check(e, &on(count, "operator='le' value='10'"), &["Alpha", "Gamma"]);
    check(e, &on("name", "operator='like' value='%ta'"), &["Beta", "Delta"]);
    check(e, &on("name", "operator='like' value='ta'"), &[]);
    check(e, &on("name", "operator='not-like' value='%a'"), &["Acme"]);
    check(e, &on("name", "operator='begins-with' value='a'"), &["Acme", "Alpha"]);
    check(e, &on("name", "operator='ends-with' value='ma'"), &["Gamma"]);
    check(e, &on("name", "operator='contains' value='lt'"), &["Delta"]);
    check(e, &on(count, "operator='null'"), &["Acme", "Delta"]);
    check(e, &on(count, "operator='not-null'"), &["Alpha", "Beta", "Gamma"]);
    check(e, &many("name", "in", ["alpha", "gamma"]), &["Alpha", "Gamma"]);
    check(e, &many("name", "not-in", ["alpha", "gamma"]), &["Acme", "Beta", "Delta"]);
    check(e, &many(count, "between", ["5", "10"]), &["Alpha", "Gamma"]);
    check(e, &on("createdon", "operator='last-x-hours' value='2'"), &["Acme"]);
    check(
        e,
        &on("createdon", "operator='last-x-days' value='2'"),
        &["Acme", "Alpha", "Beta", "Delta", "Gamma"],
    );
    check(
        e,
        &on("createdon", "operator='older-than-x-hours' value='2'"),
        &["Alpha", "Beta", "Delta", "Gamma"],
    );
    check(e, &on("createdon", "operator='on-or-after' value='2026-03-01'"), &["Acme"]);
    check(
        e,
        &on("createdon", "operator='on-or-before' value='2026-02-28'"),
        &["Alpha", "Beta", "Delta", "Gamma"],
    );
    check(e, &on("createdon", "operator='today'"), &["Acme"]);
    check(e, &on("ownerid", "operator='eq-userid'"), &["Acme", "Alpha", "Beta", "Delta", "Gamma"]);
    check(e, &on("ownerid", "operator='ne-userid'"), &[]);
    let either = format!(
        "<filter type='or'>{}{}</filter>{}",
        on("name", "operator='eq' value='Alpha'"),
        on("name", "operator='eq' value='Gamma'"),
        on("statecode", "operator='eq' value='0'")
    );
    check(e, &either, &["Alpha"]);
}

#[test]
fn wrong_queries_are_refused() {
    let environment = world();
    #[track_caller]
    fn check(environment: &Environment, xml: &str, code: &str) {
        fetch(environment, "accounts", xml).refused(400, code);
    }
    let e = &environment;
    check(e, "<fetch>", "0x80040201");
    check(e, "<fetch/>", "0x80041130");
    check(e, "<fetch nope='1'><entity name='account'/></fetch>", "0x80041130");
    check(e, "<fetch top='1' page='2'><entity name='account'/></fetch>", "0x80041130");
    check(e, "<fetch><entity name='nope'/></fetch>", "0x80041102");
    check(e, "<fetch><entity name='contact'/></fetch>", "0x80041102");
    check(
        e,
        "<fetch><entity name='account'><attribute name='nope'/></entity></fetch>",
        "0x80041103",
    );
    let wrap = |condition: &str| {
        format!("<fetch><entity name='account'><filter>{condition}</filter></entity></fetch>")
    };
    check(e, &wrap("<condition attribute='name' operator='nope' value='1'/>"), "0x80041130");
    check(e, &wrap("<condition attribute='statecode' operator='eq' value='x'/>"), "0x80041130");
    check(e, &wrap("<condition entityname='b' attribute='name' operator='null'/>"), "0x80041130");
}

#[test]
fn joined_tables_show_their_columns_under_their_alias() {
    let environment = world();
    let query = |kind: &str, inside: &str, filter: &str| {
        let xml = format!(
            "<fetch><entity name='contact'><attribute name='fullname'/>\
             <attribute name='parentcustomerid'/>{filter}\
             <link-entity name='account' from='accountid' to='parentcustomerid' alias='a' \
             link-type='{kind}'><attribute name='name'/>{inside}</link-entity></entity></fetch>"
        );
        fetch(&environment, "contacts", &xml).rows()
    };
    let rows = query("inner", "", "");
    assert_eq!(rows.len(), 1);
    let row = &rows[0];
    assert_eq!((&row["fullname"], &row["a.name"]), (&json!("Ann Ångström"), &json!("Acme")));
    assert_eq!(row["_parentcustomerid_value"], ACME);
    let label = "_parentcustomerid_value@OData.Community.Display.V1.FormattedValue";
    assert_eq!(row[label], "Acme");
    assert_eq!(row["contactid"], ANN, "the key comes along");
    let rows = query("outer", "", "");
    assert_eq!(rows.len(), 2);
    assert!(rows[1].get("a.name").is_none());
    let nobody = "<filter><condition attribute='name' operator='eq' value='x'/></filter>";
    assert_eq!(query("inner", nobody, "").len(), 0);
    assert_eq!(query("outer", nobody, "").len(), 2, "a link's filter chooses partners only");
    let without =
        "<filter><condition entityname='a' attribute='accountid' operator='null'/></filter>";
    let rows = query("outer", "", without);
    assert_eq!((rows.len(), &rows[0]["contactid"]), (1, &json!(BOB)));
    let back = "<fetch><entity name='account'><attribute name='name'/><link-entity name='contact' \
                from='parentcustomerid' to='accountid' alias='c'><attribute name='fullname' \
                alias='person'/></link-entity></entity></fetch>";
    let rows = fetch(&environment, "accounts", back).rows();
    assert_eq!((rows.len(), &rows[0]["person"]), (1, &json!("Ann Ångström")));
}

#[test]
fn pages_follow_their_cookies_to_the_last_that_has_none() {
    let environment = world();
    for order in ["", "<order attribute='name' descending='true'/>"] {
        let query = |page: usize, cookie: &str| {
            let xml = format!(
                "<fetch count='2' page='{page}' paging-cookie='{}'><entity name='account'>\
                 <attribute name='name'/>{order}</entity></fetch>",
                cookie.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
            );
            fetch(&environment, "accounts", &xml).ok(200).json()
        };
        let (mut page, mut cookie, mut names) = (1, String::new(), Vec::new());
        loop {
            let answer = query(page, &cookie);
            let rows = answer["value"].as_array().unwrap();
            names.extend(rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()));
            assert_eq!(answer[MORE], answer.get(COOKIE).is_some());
            let Some(outer) = answer.get(COOKIE) else { break };
            let outer = outer.as_str().unwrap();
            let parts: Vec<&str> = outer.split('"').collect();
            assert_eq!((parts[1], parts[5]), ((page + 1).to_string().as_str(), "False"));
            let once = percent_decode_str(parts[3]).decode_utf8().unwrap().into_owned();
            cookie = percent_decode_str(&once).decode_utf8().unwrap().into_owned();
            assert!(cookie.starts_with(&format!("<cookie page=\"{page}\">")), "{cookie}");
            assert!(cookie.ends_with("</cookie>"), "{cookie}");
            page += 1;
        }
        assert_eq!((page, names.len()), (3, 5));
        names.dedup();
        assert_eq!(names.len(), 5);
    }
    let top = "<fetch top='2'><entity name='account'/></fetch>";
    let answer = fetch(&environment, "accounts", top).ok(200).json();
    assert_eq!(answer["value"].as_array().unwrap().len(), 2);
    assert!(answer.get(MORE).is_none() && answer.get(COOKIE).is_none());
    let plain = format!("accounts?fetchXml={}", encode("<fetch><entity name='account'/></fetch>"));
    let answer = environment.get(&plain).ok(200).json();
    assert_eq!(answer.as_object().unwrap().len(), 2, "annotations only on demand: {answer}");
}

#[test]
fn rows_are_summed_up_by_groups() {
    let environment = world();
    let column = |kind: &str| {
        format!("<attribute name='numberofemployees' alias='{kind}' aggregate='{kind}'/>")
    };
    let xml = format!(
        "<fetch aggregate='true'><entity name='account'>{}{}{}{}{}<attribute name='accountid' \
         alias='count' aggregate='count'/></entity></fetch>",
        column("sum"),
        column("min"),
        column("max"),
        column("avg"),
        column("countcolumn")
    );
    let rows = fetch(&environment, "accounts", &xml).rows();
    let row = &rows[0];
    let numbers: Vec<i64> = ["count", "countcolumn", "sum", "min", "max", "avg"]
        .map(|name| row[name].as_i64().unwrap())
        .to_vec();
    assert_eq!((rows.len(), numbers), (1, vec![5, 3, 35, 5, 20, 11]));
    let xml = "<fetch aggregate='true'><entity name='account'><attribute name='statecode' \
               alias='state' groupby='true'/><attribute name='accountid' alias='n' \
               aggregate='count'/><order alias='n' descending='true'/></entity></fetch>";
    let rows = fetch(&environment, "accounts", xml).rows();
    let pairs: Vec<(i64, i64)> = rows
        .iter()
        .map(|row| (row["state"].as_i64().unwrap(), row["n"].as_i64().unwrap()))
        .collect();
    assert_eq!(pairs, [(0, 4), (1, 1)]);
    assert_eq!(rows[0]["state@OData.Community.Display.V1.FormattedValue"], "Active");
    let none = "<fetch aggregate='true'><entity name='lead'><attribute name='leadid' alias='n' \
                aggregate='count'/></entity></fetch>";
    assert_eq!(
        fetch(&environment, "leads", none).rows(),
        [json!({ "n": 0,
        "n@OData.Community.Display.V1.FormattedValue": "0" })]
    );
}

#[test]
fn distinct_rows_are_shown_once() {
    let environment = world();
    let xml = "<fetch distinct='true'><entity name='account'><attribute name='statecode'/>\
               <order attribute='statecode'/></entity></fetch>";
    let rows = fetch(&environment, "accounts", xml).rows();
    let states: Vec<i64> = rows.iter().map(|row| row["statecode"].as_i64().unwrap()).collect();
    assert_eq!(states, [0, 1]);
}

#[test]
fn statements_choose_rows() {
    let environment = world();
    #[track_caller]
    fn check(environment: &Environment, rest: &str, expected: &[&str]) {
        let statement = format!("SELECT name FROM account {rest}");
        let rows = sql(environment, "accounts", &statement).rows();
        let names: Vec<&str> = rows.iter().map(|row| row["name"].as_str().unwrap()).collect();
        assert_eq!(names, expected, "{rest}");
    }
    let e = &environment;
    check(e, "WHERE name = 'alpha'", &["Alpha"]);
    check(
        e,
        "where statecode = 0 and numberofemployees >= 10 order by name desc",
        &["Beta", "Alpha"],
    );
    check(e, "WHERE (name LIKE '%ta' OR name = 'Acme') ORDER BY name", &["Acme", "Beta", "Delta"]);
    check(e, "a WHERE a.name IN ('Alpha', 'Beta') ORDER BY a.name", &["Alpha", "Beta"]);
    check(e, "WHERE numberofemployees IS NOT NULL ORDER BY name", &["Alpha", "Beta", "Gamma"]);
    check(e, "WHERE numberofemployees BETWEEN 5 AND 10 ORDER BY name", &["Alpha", "Gamma"]);
    check(e, "WHERE NOT (statecode = 0 OR name LIKE 'x%')", &["Gamma"]);
    check(e, "WHERE name = 'it''s'", &[]);
    let top = sql(e, "accounts", "SELECT TOP 2 * FROM account").rows();
    assert_eq!((top.len(), &top[0]["name"]), (2, &json!("Alpha")));
    let count = sql(e, "accounts", "SELECT COUNT(*) AS n, MAX(numberofemployees) m FROM account");
    assert_eq!(count.rows(), [json!({ "n": 5, "m": 20 })]);
    let groups = "SELECT statecode, COUNT(*) AS n FROM account GROUP BY statecode ORDER BY n";
    assert_eq!(
        sql(e, "accounts", groups).rows(),
        [json!({ "statecode": 1, "n": 1 }), json!({ "statecode": 0, "n": 4 })]
    );
    let join = "SELECT c.fullname, a.name AS company FROM contact AS c INNER JOIN account a ON \
                c.parentcustomerid = a.accountid WHERE a.name = 'Acme'";
    assert_eq!(sql(e, "contacts", join).rows()[0]["company"], "Acme");
    for bad in [
        "",
        "SELECT",
        "SELECT name FROM account WHERE",
        "DELETE FROM account",
        "SELECT name FROM account WHERE name = 'x",
        "SELECT name FROM account LIMIT",
    ] {
        assert_eq!(sql(e, "accounts", bad).status, 400, "{bad}");
    }
}

#[test]
fn statements_are_paged_by_link() {
    let environment = world();
    let prefer = [("Prefer", "odata.maxpagesize=2")];
    let mut next = format!("accounts?sql={}", encode("SELECT name FROM account"));
    let mut sizes = Vec::new();
    loop {
        let answer = environment.send("GET", &next, &prefer, None).ok(200).json();
        sizes.push(answer["value"].as_array().unwrap().len());
        let Some(link) = answer["@odata.nextLink"].as_str() else { break };
        next = link.strip_prefix("http://127.0.0.1:9100/api/data/v9.2/").unwrap().to_owned();
    }
    assert_eq!(sizes, [2, 2, 1]);
}
