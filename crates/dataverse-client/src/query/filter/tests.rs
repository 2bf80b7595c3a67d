use chrono::{TimeZone, Utc};
use uuid::Uuid;

use super::*;

fn text(filter: &Filter) -> String {
    match render(filter).unwrap() {
        Condition::Text(text) => text,
        other => panic!("{other:?} is no text"),
    }
}

#[test]
fn every_kind_of_condition_has_its_form() {
    let instant = Utc.with_ymd_and_hms(2026, 1, 9, 9, 59, 30).unwrap();
    let id = Uuid::from_u128(0xAB);
    for (filter, expected) in [
        (Filter::eq("name", "x"), "name eq 'x'"),
        (Filter::eq("name", "O'Brien"), "name eq 'O''Brien'"),
        (Filter::eq("name", "50%_[x]"), "name eq '50%_[x]'"),
        (Filter::eq("statecode", 0), "statecode eq 0"),
        (Filter::eq("directioncode", false), "directioncode eq false"),
        (Filter::is_null("ev_callid"), "ev_callid eq null"),
        (Filter::compare("a", Comparison::Ne, -1), "a ne -1"),
        (Filter::compare("a", Comparison::Gt, 1), "a gt 1"),
        (Filter::compare("a", Comparison::Lt, 1), "a lt 1"),
        (Filter::compare("a", Comparison::Le, 1), "a le 1"),
        (
            Filter::compare("actualstart", Comparison::Ge, instant),
            "actualstart ge 2026-01-09T09:59:30Z",
        ),
        (
            Filter::eq("_ownerid_value", id),
            "_ownerid_value eq 00000000-0000-0000-0000-0000000000ab",
        ),
        (Filter::Contains("a".into(), "5'0".into()), "contains(a,'5''0')"),
        (Filter::Contains("a".into(), "5%_[0]".into()), "contains(a,'5[%][_][[]0]')"),
        (Filter::StartsWith("a".into(), "%".into()), "startswith(a,'[%]')"),
        (Filter::Not(Box::new(Filter::eq("a", 1))), "not (a eq 1)"),
        (Filter::all([Filter::eq("a", 1), Filter::eq("b", 2)]), "(a eq 1) and (b eq 2)"),
        (Filter::any([Filter::eq("a", 1), Filter::eq("b", 2)]), "(a eq 1) or (b eq 2)"),
        (Filter::all([Filter::eq("a", 1)]), "a eq 1"),
        (Filter::eq("parentcustomerid_account/name", "x"), "parentcustomerid_account/name eq 'x'"),
        (
            Filter::Some(
                "phonecall_activity_parties".into(),
                Box::new(Filter::all([
                    Filter::eq("participationtypemask", 1),
                    Filter::is_in("_partyid_value", [id]),
                ])),
            ),
            "phonecall_activity_parties/any(r1:(r1/participationtypemask eq 1) and \
             (r1/_partyid_value eq 00000000-0000-0000-0000-0000000000ab))",
        ),
        (Filter::Some("roles".into(), Box::new(Filter::all([]))), "roles/any()"),
    ] {
        assert_eq!(text(&filter), expected);
    }
}

#[test]
fn a_list_holds_plain_values_and_leaves_the_others_to_eq() {
    for (filter, expected) in [
        (
            Filter::is_in("telephone1", ["+3581", "a b"]),
            "Microsoft.Dynamics.CRM.In(PropertyName='telephone1',PropertyValues=[\"+3581\",\"a b\"])",
        ),
        (
            Filter::is_in("statuscode", [1, 2]),
            "Microsoft.Dynamics.CRM.In(PropertyName='statuscode',PropertyValues=[\"1\",\"2\"])",
        ),
        (
            Filter::is_in("a", ["x", "say \"hi\"", "O'Brien", "a\\b"]),
            "(Microsoft.Dynamics.CRM.In(PropertyName='a',PropertyValues=[\"x\"])) or \
             (a eq 'say \"hi\"') or (a eq 'O''Brien') or (a eq 'a\\b')",
        ),
        (
            Filter::In("a".into(), vec![FilterValue::Null, FilterValue::Boolean(true)]),
            "(a eq null) or (a eq true)",
        ),
        (
            Filter::Some("n".into(), Box::new(Filter::is_in("a", ["x", "y"]))),
            "n/any(r1:(r1/a eq 'x') or (r1/a eq 'y'))",
        ),
    ] {
        assert_eq!(text(&filter), expected);
    }
}

#[test]
fn what_is_never_or_always_true_is_not_asked() {
    let never = || Filter::any([]);
    let always = || Filter::all([]);
    let open = || Filter::eq("a", 1);
    for (filter, expected) in [
        (never(), Condition::Never),
        (always(), Condition::Always),
        (Filter::is_in("a", Vec::<String>::new()), Condition::Never),
        (Filter::all([open(), never()]), Condition::Never),
        (Filter::any([open(), always()]), Condition::Always),
        (Filter::all([open(), always()]), Condition::Text("a eq 1".into())),
        (Filter::any([open(), never()]), Condition::Text("a eq 1".into())),
        (Filter::Not(Box::new(never())), Condition::Always),
        (Filter::Not(Box::new(always())), Condition::Never),
        (Filter::Some("n".into(), Box::new(never())), Condition::Never),
    ] {
        assert_eq!(render(&filter).unwrap(), expected, "{filter:?}");
    }
}

#[test]
fn a_name_that_is_none_is_refused_wherever_it_stands() {
    for name in ["", "a b", "a'", "a eq 1 or b", "a/", "/a", "a//b", "a)", "ä", "a\r\nb", "a&b"] {
        for filter in [
            Filter::eq(name, 1),
            Filter::is_in(name, [1]),
            Filter::Contains(name.into(), "x".into()),
            Filter::StartsWith(name.into(), "x".into()),
            Filter::Some(name.into(), Box::new(Filter::eq("a", 1))),
            Filter::Some("n".into(), Box::new(Filter::eq(name, 1))),
            Filter::Not(Box::new(Filter::any([Filter::eq(name, 1)]))),
        ] {
            let error = render(&filter).unwrap_err();
            assert!(matches!(error, crate::Error::Configuration { .. }), "{name:?}");
        }
    }
}
