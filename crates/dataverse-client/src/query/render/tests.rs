use percent_encoding::percent_decode_str;
use proptest::prelude::*;
use url::Url;

use super::*;
use crate::environment::Environment;
use crate::{Filter, FilterValue};

fn ask(query: &Query) -> (String, Option<String>) {
    match render(query).unwrap() {
        Rendered::Ask { path, prefer } => (path, prefer),
        Rendered::Empty => panic!("nothing to ask"),
    }
}

#[test]
fn a_query_becomes_path_and_preferences() {
    let query = Query::new("phonecalls")
        .select(["activityid", "subject"])
        .filter(Filter::eq("phonenumber", "+358"))
        .filter(Filter::eq("statecode", 1))
        .order_by("createdon", Order::Descending)
        .order_by("activityid", Order::Ascending)
        .expand("phonecall_activity_parties", ["participationtypemask", "_partyid_value"])
        .expand("ownerid", Vec::<String>::new())
        .page_size(100)
        .annotations();
    let (path, prefer) = ask(&query);
    assert_eq!(
        path,
        "phonecalls?$select=activityid,subject\
         &$filter=%28phonenumber%20eq%20%27%2B358%27%29%20and%20%28statecode%20eq%201%29\
         &$orderby=createdon%20desc,activityid%20asc\
         &$expand=phonecall_activity_parties($select=participationtypemask,_partyid_value),ownerid"
    );
    assert_eq!(prefer.as_deref(), Some("odata.include-annotations=\"*\",odata.maxpagesize=100"));
}

#[test]
fn a_page_size_is_not_sent_with_top() {
    assert_eq!(
        ask(&Query::new("contacts").top(5).page_size(2)),
        ("contacts?$top=5".to_owned(), None)
    );
    assert_eq!(ask(&Query::new("contacts")), ("contacts".to_owned(), None));
}

#[test]
fn what_cannot_match_is_not_asked() {
    assert!(Query::new("contacts").filter(Filter::any([])).never_matches());
    assert!(Query::new("contacts").top(0).never_matches());
    assert!(!Query::new("contacts").filter(Filter::all([])).never_matches());
    assert_eq!(ask(&Query::new("contacts").filter(Filter::all([]))).0, "contacts");
}

#[test]
fn a_bad_name_is_refused_even_when_nothing_would_be_asked() {
    for query in [
        Query::new("contacts?$top=1"),
        Query::new("a/b"),
        Query::new("contacts").select(["a,b"]),
        Query::new("contacts").order_by("a desc", Order::Ascending),
        Query::new("contacts").expand("a($select=b)", ["c"]),
        Query::new("contacts").expand("a", ["c)"]),
        Query::new("contacts").filter(Filter::any([])).select(["a b"]),
    ] {
        assert!(render(&query).is_err(), "{query:?}");
        assert!(!query.never_matches());
    }
}

/// What a server reads out of the URL: the value of `$filter`, percent-decoded.
fn filter_option(path: &str) -> String {
    let environment =
        Environment::new(&Url::parse("https://contoso.crm4.dynamics.com").unwrap()).unwrap();
    let url = environment.url(path).unwrap();
    let options: Vec<&str> = url.query().unwrap().split('&').collect();
    assert_eq!(options.len(), 1, "{url}");
    assert!(url.fragment().is_none());
    let value = options[0].strip_prefix("$filter=").unwrap();
    assert!(!value.contains('+'), "a server would read a blank: {value}");
    percent_decode_str(value).decode_utf8().unwrap().into_owned()
}

/// A tiny reader of one OData string literal at the start of a text; also what follows it.
fn read_literal(text: &str) -> (String, &str) {
    let mut rest = text.strip_prefix('\'').unwrap();
    let mut value = String::new();
    loop {
        let (before, after) = rest.split_once('\'').unwrap();
        value.push_str(before);
        match after.strip_prefix('\'') {
            Some(more) => {
                value.push('\'');
                rest = more;
            }
            None => return (value, after),
        }
    }
}

/// What the database takes a pattern for: `[x]` is the character x.
fn read_pattern(pattern: &str) -> String {
    let mut value = String::new();
    let mut rest = pattern;
    while let Some(character) = rest.chars().next() {
        let escaped = ["[%]", "[_]", "[[]"].into_iter().find(|escape| rest.starts_with(escape));
        match escaped {
            Some(escape) => {
                value.push_str(&escape[1..2]);
                rest = &rest[3..];
            }
            None => {
                assert!(!matches!(character, '%' | '_' | '['), "a live wildcard in {pattern}");
                value.push(character);
                rest = &rest[character.len_utf8()..];
            }
        }
    }
    value
}

/// A tiny reader of what a list condition renders to: `In` lists and comparisons, joined by *or*.
fn read_list(text: &str) -> Vec<String> {
    let mut values = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        rest = rest.strip_prefix(" or ").unwrap_or(rest);
        let bracketed = rest.strip_prefix('(');
        let inner = bracketed.unwrap_or(rest);
        let list = "Microsoft.Dynamics.CRM.In(PropertyName='a',PropertyValues=[";
        let after = if let Some(mut items) = inner.strip_prefix(list) {
            while let Some(item) = items.strip_prefix('"') {
                let (value, after) = item.split_once('"').unwrap();
                values.push(value.to_owned());
                items = after.strip_prefix(',').unwrap_or(after);
            }
            items.strip_prefix("])").unwrap()
        } else {
            let (value, after) = read_literal(inner.strip_prefix("a eq ").unwrap());
            values.push(value);
            after
        };
        rest = if bracketed.is_some() { after.strip_prefix(')').unwrap() } else { after };
    }
    values
}

/// Text that likes to break out.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ -~]{0,20}",
        proptest::collection::vec(
            prop_oneof![
                Just("'"),
                Just("''"),
                Just("%27"),
                Just("+"),
                Just("&$top=1"),
                Just("#"),
                Just("\r\n"),
                Just("\""),
                Just("\\"),
                Just("]"),
                Just("["),
                Just("[%]"),
                Just("_"),
                Just(") or (1 eq 1"),
                Just("--batch_1"),
                Just("ä☎"),
                Just("\0"),
                Just(";"),
                Just("/../"),
            ],
            0..6
        )
        .prop_map(|parts| parts.concat()),
    ]
}

proptest! {
    #[test]
    fn no_text_breaks_out_of_a_comparison(value in hostile()) {
        let (path, _) = ask(&Query::new("contacts").filter(Filter::eq("a", value.clone())));
        let option = filter_option(&path);
        let (read, rest) = read_literal(option.strip_prefix("a eq ").unwrap());
        prop_assert_eq!(read, value);
        prop_assert_eq!(rest, "");
    }

    #[test]
    fn no_text_breaks_out_of_a_text_function(value in hostile()) {
        let filter = Filter::Contains("a".to_owned(), value.clone());
        let (path, _) = ask(&Query::new("contacts").filter(filter));
        let option = filter_option(&path);
        let (pattern, rest) = read_literal(option.strip_prefix("contains(a,").unwrap());
        prop_assert_eq!(read_pattern(&pattern), value);
        prop_assert_eq!(rest, ")");
    }

    #[test]
    fn no_text_breaks_out_of_a_list(values in proptest::collection::vec(hostile(), 1..6)) {
        let filter = Filter::is_in("a", values.clone());
        let (path, _) = ask(&Query::new("contacts").filter(filter));
        let mut read = read_list(&filter_option(&path));
        let mut expected = values;
        read.sort();
        expected.sort();
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn a_path_is_one_line_of_ascii(value in hostile()) {
        let filter = Filter::all([
            Filter::eq("a", value.clone()),
            Filter::In("b".to_owned(), vec![FilterValue::Text(value)]),
        ]);
        let (path, _) = ask(&Query::new("contacts").filter(filter));
        prop_assert!(path.bytes().all(|byte| byte.is_ascii_graphic()), "{}", path);
    }

    #[test]
    fn only_names_are_names(name in hostile()) {
        let good = !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        prop_assert_eq!(render(&Query::new(name)).is_ok(), good);
    }
}
