//! Cutting a multipart body at its delimiter lines (RFC 2046, section 5.1).
//!
//! A delimiter counts only if it stands alone on its line, so that a boundary inside a JSON text
//! never splits a part: JSON escapes line breaks. Lines may end in CRLF or LF.

/// The parts of a multipart body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Multipart<'b> {
    /// The parts, headers included; the line break before a delimiter belongs to the delimiter.
    pub(super) parts: Vec<&'b [u8]>,
    /// Whether the last part ends with a delimiter. If not, it may be cut off.
    pub(super) closed: bool,
}

/// The boundary that a `Content-Type` names, if it is a multipart one.
pub(super) fn boundary(content_type: &str) -> Option<String> {
    let (kind, parameters) = content_type.split_once(';')?;
    let kind = kind.trim();
    if !kind.get(..10).is_some_and(|start| start.eq_ignore_ascii_case("multipart/")) {
        return None;
    }
    let mut rest = parameters;
    loop {
        let (name, after) = rest.split_once('=')?;
        let (value, next) = parameter_value(after.trim_start());
        if name.trim().eq_ignore_ascii_case("boundary") {
            return (!value.is_empty()).then_some(value);
        }
        rest = next;
    }
}

/// A parameter's value, quoted or not, and what follows its semicolon.
fn parameter_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, next) = text.split_once(';').unwrap_or((text, ""));
        return (value.trim().to_owned(), next);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => {
                let after = &quoted[at + 1..];
                return (value, after.split_once(';').map_or("", |(_, next)| next));
            }
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    (value, "")
}

/// Splits a body; what stands before the first and after the closing delimiter is ignored.
pub(super) fn split<'b>(body: &'b [u8], boundary: &str) -> Multipart<'b> {
    let mut parts = Vec::new();
    let mut start = None;
    let mut at = 0;
    while at < body.len() {
        let end =
            body[at..].iter().position(|byte| *byte == b'\n').map_or(body.len(), |n| at + n + 1);
        if let Some(kind) = delimiter(&body[at..end], boundary) {
            if let Some(start) = start {
                parts.push(without_line_break(&body[start..at]));
            }
            if kind == Delimiter::Closing {
                return Multipart { parts, closed: true };
            }
            start = Some(end);
        }
        at = end;
    }
    if let Some(start) = start
        && start < body.len()
    {
        parts.push(&body[start..]);
    }
    Multipart { parts, closed: false }
}

#[derive(PartialEq, Eq)]
enum Delimiter {
    Between,
    Closing,
}

/// What a line is, its line break included. Blanks after the boundary are allowed by the RFC.
fn delimiter(line: &[u8], boundary: &str) -> Option<Delimiter> {
    let rest = line.strip_prefix(b"--")?.strip_prefix(boundary.as_bytes())?;
    match rest.trim_ascii_end() {
        b"" => Some(Delimiter::Between),
        b"--" if rest.starts_with(b"--") => Some(Delimiter::Closing),
        _ => None,
    }
}

fn without_line_break(part: &[u8]) -> &[u8] {
    let part = part.strip_suffix(b"\n").unwrap_or(part);
    part.strip_suffix(b"\r").unwrap_or(part)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_boundary_is_read_in_every_spelling() {
        for (content_type, expected) in [
            ("multipart/mixed; boundary=batchresponse_1", Some("batchresponse_1")),
            ("multipart/mixed;boundary=\"a b\"", Some("a b")),
            ("Multipart/Mixed; charset=utf-8; BOUNDARY=x", Some("x")),
            ("multipart/mixed; a=\"x;boundary=no\"; boundary=yes; b=c", Some("yes")),
            ("multipart/mixed; boundary=\"a\\\"b\"", Some("a\"b")),
            ("multipart/mixed", None),
            ("multipart/mixed; boundary=", None),
            ("multipart/mixed; boundary=\"\"", None),
            ("application/json; boundary=x", None),
            ("mültipart/mixed; boundary=x", None),
            ("", None),
        ] {
            assert_eq!(boundary(content_type).as_deref(), expected, "{content_type}");
        }
    }

    #[test]
    fn only_a_delimiter_alone_on_its_line_splits() {
        let body = b"preamble\r\n--b\r\n{\"a\":\"--b\"}\r\n x --b\r\n--bb\r\n--b \r\n2\n--b--\r\n\
            --b\r\nepilogue";
        let multipart = split(body, "b");
        assert!(multipart.closed);
        assert_eq!(
            multipart.parts,
            [b"{\"a\":\"--b\"}\r\n x --b\r\n--bb".as_slice(), b"2".as_slice()]
        );
    }

    #[test]
    fn a_missing_end_is_noticed() {
        assert_eq!(split(b"--b\r\n1\r\n", "b"), Multipart { parts: vec![b"1\r\n"], closed: false });
        assert_eq!(split(b"--b\r\n1\r\n--b", "b"), Multipart { parts: vec![b"1"], closed: false });
        assert_eq!(split(b"", "b"), Multipart { parts: vec![], closed: false });
        assert_eq!(split(b"--b--", "b"), Multipart { parts: vec![], closed: true });
    }

    proptest! {
        #[test]
        fn parts_without_the_delimiter_come_back_as_they_are(
            parts in proptest::collection::vec("[a-z\\-\r\n]{0,40}", 0..6),
        ) {
            let boundary = "BOUNDARY";
            let mut body = String::new();
            for part in &parts {
                body.push_str(&format!("--{boundary}\r\n{part}\r\n"));
            }
            body.push_str(&format!("--{boundary}--"));
            let multipart = split(body.as_bytes(), boundary);
            prop_assert!(multipart.closed);
            let expected: Vec<&[u8]> = parts.iter().map(String::as_bytes).collect();
            prop_assert_eq!(multipart.parts, expected);
        }

        #[test]
        fn any_bytes_are_split_without_panic(
            body in proptest::collection::vec(any::<u8>(), 0..200), boundary in "[a-b\\-]{1,3}",
        ) {
            let _ = split(&body, &boundary);
        }

        #[test]
        fn any_content_type_is_read_without_panic(content_type in ".{0,60}") {
            let _ = boundary(&format!("multipart/mixed; {content_type}"));
        }
    }
}
