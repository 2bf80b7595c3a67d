//! The `Prefer` header: what the client wishes, and what of it was honoured.

use http::{HeaderMap, HeaderValue, header};

/// Wishes of one request (reference, section 1.3).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Preferences {
    /// `return=representation`
    pub(super) representation: bool,
    /// Patterns of `odata.include-annotations`.
    pub(super) annotations: Annotations,
    /// `odata.maxpagesize`
    pub(super) page_size: Option<usize>,
    /// `odata.track-changes`
    pub(super) track_changes: bool,
    /// `odata.continue-on-error`
    pub(super) continue_on_error: bool,
}

/// Which annotations are wanted; none unless asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Annotations {
    text: String,
}

/// Label of a value.
pub(super) const FORMATTED_VALUE: &str = "OData.Community.Display.V1.FormattedValue";
/// Table that a lookup points into.
pub(super) const LOOKUP_TABLE: &str = "Microsoft.Dynamics.CRM.lookuplogicalname";
/// Navigation property of a lookup.
pub(super) const NAVIGATION: &str = "Microsoft.Dynamics.CRM.associatednavigationproperty";

impl Preferences {
    /// Reads all `Prefer` headers; wishes that are unknown or malformed are ignored.
    pub(super) fn read(headers: &HeaderMap) -> Self {
        let mut wishes = Self::default();
        for value in headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok()) {
            for wish in split_wishes(value) {
                let (name, argument) = wish.split_once('=').unwrap_or((wish, ""));
                let argument = argument.trim().trim_matches('"');
                match name.trim().to_ascii_lowercase().as_str() {
                    "return" if argument == "representation" => wishes.representation = true,
                    "odata.include-annotations" => {
                        argument.clone_into(&mut wishes.annotations.text)
                    }
                    "odata.maxpagesize" => {
                        wishes.page_size = argument.parse().ok().filter(|size| *size > 0);
                    }
                    "odata.track-changes" => wishes.track_changes = true,
                    "odata.continue-on-error" => {
                        wishes.continue_on_error = argument != "false";
                    }
                    _ => {}
                }
            }
        }
        wishes
    }

    /// Writes `Preference-Applied` for what an answer with rows honours.
    pub(super) fn echo(&self, headers: &mut HeaderMap, of_write: bool) {
        let mut applied = Vec::new();
        if of_write && self.representation {
            applied.push("return=representation".to_owned());
        }
        if !self.annotations.text.is_empty() {
            applied.push(format!("odata.include-annotations=\"{}\"", self.annotations.text));
        }
        if self.track_changes && !of_write {
            applied.push("odata.track-changes".to_owned());
        }
        if let Some(size) = self.page_size.filter(|_| !of_write) {
            applied.push(format!("odata.maxpagesize={size}"));
        }
        if let Ok(value) = HeaderValue::from_str(&applied.join(","))
            && !applied.is_empty()
        {
            headers.insert(header::HeaderName::from_static("preference-applied"), value);
        }
    }
}

impl Annotations {
    /// Whether an annotation is wanted: some pattern includes it and none, with a minus before it,
    /// leaves it out.
    pub(super) fn want(&self, term: &str) -> bool {
        let mut wanted = false;
        for pattern in self.text.split(',').map(str::trim) {
            match pattern.strip_prefix('-') {
                Some(unwanted) if fits(unwanted, term) => return false,
                Some(_) => {}
                None => wanted |= fits(pattern, term),
            }
        }
        wanted
    }
}

fn fits(pattern: &str, term: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => term.starts_with(prefix),
        None => pattern == term,
    }
}

/// Splits at commas outside quotes.
fn split_wishes(header: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    header
        .split(move |letter| {
            if letter == '"' {
                quoted = !quoted;
            }
            letter == ',' && !quoted
        })
        .map(str::trim)
        .filter(|wish| !wish.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Preferences {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("prefer", HeaderValue::from_str(value).unwrap());
        }
        Preferences::read(&headers)
    }

    #[test]
    fn wishes_may_share_a_header_or_not() {
        let joined = read(&[
            "return=representation, odata.include-annotations=\"a.b,c.*\",odata.maxpagesize=3",
        ]);
        let apart = read(&[
            "odata.maxpagesize=3",
            "return=representation",
            "odata.include-annotations=\"a.b,c.*\"",
        ]);
        assert_eq!(joined, apart);
        assert_eq!(joined.page_size, Some(3));
        assert!(joined.representation);
    }

    #[test]
    fn annotations_come_only_when_a_pattern_fits() {
        #[track_caller]
        fn check(patterns: &str, term: &str, wanted: bool) {
            let preferences = read(&[&format!("odata.include-annotations=\"{patterns}\"")]);
            assert_eq!(preferences.annotations.want(term), wanted, "{patterns} {term}");
        }
        check("*", FORMATTED_VALUE, true);
        check("OData.Community.*", FORMATTED_VALUE, true);
        check("Microsoft.Dynamics.CRM.*", FORMATTED_VALUE, false);
        check("Microsoft.Dynamics.CRM.lookuplogicalname", LOOKUP_TABLE, true);
        check("*,-Microsoft.*", LOOKUP_TABLE, false);
        assert!(!read(&[]).annotations.want(FORMATTED_VALUE));
    }
}
