use chrono::{DateTime, NaiveDate};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn parse(text: &str) -> Outcome<Expression> {
    parse_filter(text, &HashMap::new())
}

#[track_caller]
fn same(left: &str, right: &str) {
    assert_eq!(parse(left).unwrap(), parse(right).unwrap());
}

#[test]
fn and_binds_more_tightly_than_or_and_not_most() {
    same("a eq 1 or b eq 2 and c eq 3", "a eq 1 or (b eq 2 and c eq 3)");
    same("not a eq 1 and b eq 2", "(not (a eq 1)) and (b eq 2)");
    same("not(contains(a,'x'))", "not contains(a, 'x')");
}

#[test]
fn a_bad_filter_names_the_position() {
    for (text, position) in
        [("subject e 'x'", 8), ("subject eq", 10), ("a eq 1)", 6), ("contains(a 'x')", 11)]
    {
        let failure = parse(text).unwrap_err();
        let wanted = format!("at position {position} in");
        assert!(failure.message.contains(&wanted), "{text}: {}", failure.message);
        assert_eq!(failure.code, "0x0");
    }
    assert!(parse("a eq 'x").unwrap_err().message.contains("unterminated"));
    assert!(parse("").is_err());
    assert!(parse("a in ('x','y')").is_err());
}

#[test]
fn quotes_are_doubled_and_aliases_replaced() {
    let aliases = HashMap::from([("p1".to_owned(), "'it''s'".to_owned())]);
    assert_eq!(
        parse_filter("a eq @p1", &aliases).unwrap(),
        parse_filter("a eq 'it''s'", &aliases).unwrap()
    );
    assert!(parse_filter("a eq @p2", &aliases).is_err());
}

#[test]
fn nesting_has_an_end() {
    let deep = format!("{}a eq 1{}", "(".repeat(5000), ")".repeat(5000));
    assert!(parse(&deep).is_err());
    assert!(parse(&"not ".repeat(5000)).is_err());
    let long = vec!["a eq 1"; 2000].join(" or ");
    assert!(parse(&long).is_ok());
}

fn literals() -> impl Strategy<Value = Literal> {
    prop_oneof![
        Just(Literal::Null),
        any::<bool>().prop_map(Literal::Bool),
        any::<i64>().prop_map(Literal::Int),
        (-1.0e12..1.0e12_f64).prop_map(Literal::Number),
        ".*".prop_map(Literal::Text),
        any::<u128>().prop_map(|bits| Literal::Guid(Uuid::from_u128(bits))),
        (-6_800_000_000_i64..200_000_000_000)
            .prop_map(|seconds| Literal::Instant(DateTime::from_timestamp(seconds, 0).unwrap())),
        (-80_000_i32..100_000).prop_map(|day| Literal::Date(
            NaiveDate::from_ymd_opt(1970, 1, 1).unwrap() + chrono::Duration::days(day.into())
        )),
    ]
}

proptest! {
    #[test]
    fn a_rendered_literal_reads_back_the_same(literal in literals()) {
        let text = format!("x eq {}", literal.render());
        let expected = Expression::Compare(
            Operand::Path(PropertyPath(vec!["x".into()])),
            Operator::Equal,
            Operand::Literal(literal),
        );
        prop_assert_eq!(parse(&text).unwrap(), expected);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in ".*") {
        let _ = parse(&text);
    }

    #[test]
    fn no_row_of_tokens_makes_the_parser_panic(
        tokens in prop::collection::vec(
            prop::sample::select(vec![
                "(", ")", "not", "and", "or", "eq", "a", "'x'", "1", ",", "contains(", "any(",
                "p:", "a/any(p:p/b", "Microsoft.Dynamics.CRM.In(PropertyName=", "[\"", "]", "@p",
                "null", "'", "ä", "-", "/", "=",
            ]),
            0..30,
        )
    ) {
        let _ = parse(&tokens.join(" "));
        let _ = parse(&tokens.concat());
    }
}
