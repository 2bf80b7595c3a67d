//! Reading the answers to queries.

use serde_json::Value;

use crate::{NextLink, Page, Row};

/// Why an answer cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreadable {
    /// What is wrong.
    pub(crate) problem: String,
    /// Whether it breaks off in the middle.
    pub(crate) broken_off: bool,
}

impl Unreadable {
    pub(crate) fn new(problem: impl Into<String>) -> Self {
        Self { problem: problem.into(), broken_off: false }
    }

    pub(crate) fn broken_off(problem: impl Into<String>) -> Self {
        Self { problem: problem.into(), broken_off: true }
    }
}

/// Reads a JSON body. A byte order mark in front is allowed.
pub(crate) fn json(body: &[u8]) -> Result<Value, Unreadable> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    serde_json::from_slice(body).map_err(|error| {
        if error.is_eof() {
            let problem = if body.is_empty() { "it is empty" } else { "it breaks off" };
            Unreadable::broken_off(problem)
        } else {
            Unreadable::new("it is not JSON")
        }
    })
}

/// Reads a page of rows. `prefer` goes along with the link to the next one.
pub(crate) fn read(body: &[u8], prefer: Option<&str>) -> Result<Page, Unreadable> {
    let mut answer = json(body)?;
    let rows = take_rows(&mut answer)?;
    let next = link(&answer, "@odata.nextLink")?
        .map(|url| NextLink { url, prefer: prefer.map(ToOwned::to_owned) });
    Ok(Page { rows, next })
}

/// Takes the rows out of an answer.
pub(crate) fn take_rows(answer: &mut Value) -> Result<Vec<Row>, Unreadable> {
    let Some(Value::Array(values)) = answer.get_mut("value").map(Value::take) else {
        return Err(Unreadable::new("it has no list of rows"));
    };
    let mut rows = Vec::with_capacity(values.len());
    for value in values {
        match value {
            Value::Object(columns) => rows.push(Row::new(columns)),
            _ => return Err(Unreadable::new("one of its rows is not an object")),
        }
    }
    Ok(rows)
}

/// A link of an answer, if it has it.
pub(crate) fn link(answer: &Value, name: &str) -> Result<Option<String>, Unreadable> {
    match answer.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(url)) => Ok(Some(url.clone())),
        // Silently dropping the rest would look like the end.
        Some(_) => Err(Unreadable::new(format!("its {name} is not a text"))),
    }
}

/// Reads one row.
pub(crate) fn read_row(body: &[u8]) -> Result<Row, Unreadable> {
    match json(body)? {
        Value::Object(columns) => Ok(Row::new(columns)),
        _ => Err(Unreadable::new("it is not a row")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_rows_and_a_link() {
        let page = read(
            br#"{"value":[{"subject":"x"}],"@odata.nextLink":"https://o/api/data/v9.2/x"}"#,
            Some("odata.maxpagesize=1"),
        )
        .unwrap();
        assert_eq!(page.rows[0].text("subject"), Some("x"));
        assert_eq!(page.next.unwrap().prefer.as_deref(), Some("odata.maxpagesize=1"));
        assert_eq!(read(b"\xef\xbb\xbf{\"value\":[]}", None).unwrap(), Page::default());
    }

    #[test]
    fn an_answer_that_is_no_page_says_why() {
        for (body, broken_off) in [
            ("", true),
            (r#"{"value":[{"subject":"x"#, true),
            ("<html></html>", false),
            ("{}", false),
            (r#"{"value":{}}"#, false),
            (r#"{"value":[1]}"#, false),
            (r#"{"value":[],"@odata.nextLink":5}"#, false),
        ] {
            let unreadable = read(body.as_bytes(), None).unwrap_err();
            assert_eq!(unreadable.broken_off, broken_off, "{body}");
        }
    }
}
