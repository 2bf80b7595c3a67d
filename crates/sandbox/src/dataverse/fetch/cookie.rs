//! Paging cookies of FetchXML: XML inside XML, percent-encoded twice (reference, section 4.2).

use uuid::Uuid;

/// The annotation's value after `page`, whose first and last rows of the asked table are given.
pub(super) fn annotation(page: usize, key: &str, first: Uuid, last: Uuid) -> String {
    let inner = format!(
        "<cookie page=\"{page}\"><{key} last=\"{{{}}}\" first=\"{{{}}}\" /></cookie>",
        last.to_string().to_uppercase(),
        first.to_string().to_uppercase()
    );
    format!(
        "<cookie pagenumber=\"{}\" pagingcookie=\"{}\" istracking=\"False\" />",
        page + 1,
        encode(&encode(&inner))
    )
}

/// The page that a decoded cookie ended, and its last row.
pub(super) fn read(cookie: &str) -> Option<(usize, Uuid)> {
    let attribute = |name: &str| {
        let (_, rest) = cookie.split_once(&format!("{name}=\""))?;
        Some(rest.split_once('"')?.0)
    };
    let last = attribute(" last")?.trim_matches(['{', '}']);
    Some((attribute(" page")?.parse().ok()?, Uuid::try_parse(last).ok()?))
}

fn encode(text: &str) -> String {
    use std::fmt::Write as _;
    let mut encoded = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02x}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use percent_encoding::percent_decode_str;

    use super::*;

    #[test]
    fn the_inner_cookie_is_found_after_decoding_twice() {
        let (first, last) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let outer = annotation(3, "contactid", first, last);
        assert!(
            outer.starts_with("<cookie pagenumber=\"4\" pagingcookie=\"%253ccookie"),
            "{outer}"
        );
        let value = outer.split('"').nth(3).unwrap();
        let once = percent_decode_str(value).decode_utf8().unwrap().into_owned();
        let twice = percent_decode_str(&once).decode_utf8().unwrap().into_owned();
        assert!(twice.starts_with("<cookie page=\"3\">"), "{twice}");
        assert_eq!(read(&twice), Some((3, last)));
        assert_eq!(read("<cookie page=\"x\">"), None);
    }
}
