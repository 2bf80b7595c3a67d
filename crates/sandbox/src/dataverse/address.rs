//! Request paths: segments with their keys and arguments.

use uuid::Uuid;

use super::failure::{Failure, Outcome};
use super::query::literal::Literal;
use super::query::options::{decode, split_outside};
use super::query::parser::parse_literal;
use super::view::SERVICE_PATH;

/// Letters that break an alternate key in a URL, however they are encoded (reference, section 2.6).
const BREAKING: &[char] = &['/', '<', '>', '*', '%', '&', ':', '\\', '?', '+'];

/// `phonecalls(6f1c…)`, `subject`, `$ref`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Segment {
    /// The part before the parenthesis, decoded.
    pub(super) name: String,
    /// What the parentheses hold, if there are any.
    pub(super) key: Option<Key>,
}

/// What parentheses hold.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Key {
    /// Nothing: `WhoAmI()`.
    Empty,
    /// A primary key.
    Id(Uuid),
    /// Names with their values, still as written: `LogicalName='phonecall'`, `EntityNames=@p1`.
    Named(Vec<(String, String)>),
}

/// Splits a path, still percent-encoded, into its segments.
///
/// # Errors
/// 400 if a segment is malformed.
pub(super) fn parse_path(path: &str) -> Outcome<Vec<Segment>> {
    let path = path.trim_end_matches('/');
    split_outside(path, '/').into_iter().map(parse_segment).collect()
}

fn parse_segment(raw: &str) -> Outcome<Segment> {
    // A plus in a path is a plus.
    let text = decode(&raw.replace('+', "%2B"))?;
    let Some((name, rest)) = text.split_once('(') else {
        return Ok(Segment { name: text, key: None });
    };
    let inner = rest.strip_suffix(')').ok_or_else(|| bad_segment(&text))?.trim();
    let key = if inner.is_empty() {
        Key::Empty
    } else if let Ok(id) = Uuid::try_parse(inner) {
        Key::Id(id)
    } else {
        let pairs = split_outside(inner, ',')
            .into_iter()
            .map(|pair| {
                let (name, value) = pair.split_once('=')?;
                Some((name.trim().to_owned(), value.trim().to_owned()))
            })
            .collect::<Option<Vec<_>>>();
        Key::Named(pairs.ok_or_else(|| bad_segment(&text))?)
    };
    Ok(Segment { name: name.to_owned(), key: Some(key) })
}

/// The value of a key part.
///
/// # Errors
/// 400 if it is no literal, or holds letters that break a key.
pub(super) fn key_literal(text: &str) -> Outcome<Literal> {
    let literal = parse_literal(text, &std::collections::HashMap::new())?;
    if let Literal::Text(value) = &literal
        && value.contains(BREAKING)
    {
        return Err(Failure::bad_request(
            "0x80060888",
            format!(
                "A potentially dangerous Request.Path value was detected from the client: the key \
                 value '{value}' holds one of / < > * % & : \\ ? +"
            ),
        ));
    }
    Ok(literal)
}

/// The path below the service, without query string, of a reference in a body or a batch part:
/// absolute (of whichever host), rooted or relative.
pub(super) fn below_service(url: &str) -> &str {
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("", |at| &rest[at..]),
        None => url,
    };
    let Some(at) = path.find("/api/data/v") else { return path.trim_start_matches('/') };
    let version_end = path[at + 1..].match_indices('/').nth(2).map(|(slash, _)| at + 2 + slash);
    version_end.map_or("", |end| &path[end..])
}

/// The full path of a path below the service.
pub(super) fn rooted(path: &str) -> String {
    format!("{SERVICE_PATH}{path}")
}

fn bad_segment(text: &str) -> Failure {
    Failure::unsupported_query(format!("Bad Request - Error in query syntax: '{text}'."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_may_hold_quotes_and_encoded_letters() {
        let path = parse_path("ev_settings(ev_name='it''s%20(a)')/ev_value").unwrap();
        assert_eq!(path.len(), 2);
        let Some(Key::Named(parts)) = &path[0].key else { panic!() };
        assert_eq!(key_literal(&parts[0].1).unwrap(), Literal::Text("it's (a)".into()));
    }

    #[test]
    fn a_raw_number_with_plus_breaks_a_key() {
        assert!(key_literal("'+358'").is_err());
        assert!(key_literal("'358'").is_ok());
    }

    #[test]
    fn references_are_read_in_every_form() {
        for url in [
            "contacts(1)",
            "/contacts(1)",
            "/api/data/v9.2/contacts(1)",
            "https://org.crm4.dynamics.com/api/data/v9.2/contacts(1)",
            "http://127.0.0.1:9100/api/data/v9.1/contacts(1)",
        ] {
            assert_eq!(below_service(url), "contacts(1)", "{url}");
        }
        assert_eq!(below_service("$1"), "$1");
    }
}
