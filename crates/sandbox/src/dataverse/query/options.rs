//! The query string: decoded once, every option known by name, unknown ones refused.

use std::collections::HashMap;

use percent_encoding::percent_decode_str;

use crate::dataverse::failure::{Failure, Outcome};

/// Query options of one request.
#[derive(Debug, Clone, Default)]
pub(in crate::dataverse) struct Options {
    values: HashMap<String, String>,
    aliases: HashMap<String, String>,
    /// As sent, in order, for the link to the next page.
    raw: Vec<(String, String)>,
}

/// Options without `$` that the service takes on any resource.
const PLAIN: &[&str] = &[
    "tag",
    "fetchXml",
    "sql",
    "savedQuery",
    "userQuery",
    "SolutionUniqueName",
    "LabelLanguages",
    "partitionId",
    "partitionid",
    "annotations",
    "api-version",
];

impl Options {
    /// Reads a query string. `+` stands for a blank (reference, section 4.1), names and values may
    /// be percent-encoded.
    ///
    /// # Errors
    /// 400 for options that are unknown, not offered (`$skip`, `$search`, `$format`) or repeated.
    pub(in crate::dataverse) fn parse(query: Option<&str>) -> Outcome<Self> {
        let mut options = Self::default();
        for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let (raw_name, raw_value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decode(raw_name)?;
            let value = decode(raw_value)?;
            options.raw.push((name.clone(), raw_value.to_owned()));
            if let Some(alias) = name.strip_prefix('@') {
                options.aliases.insert(alias.to_owned(), value);
            } else if !is_known(&name) {
                return Err(Failure::unsupported_query(format!(
                    "The query parameter {name} is not supported"
                )));
            } else if options.values.insert(name.clone(), value).is_some() {
                return Err(Failure::syntax(format!(
                    "Query option '{name}' was specified more than once, but it must be specified \
                     at most once."
                )));
            }
        }
        Ok(options)
    }

    /// An option's value.
    pub(in crate::dataverse) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// Values of `@name` options.
    pub(in crate::dataverse) fn aliases(&self) -> &HashMap<String, String> {
        &self.aliases
    }

    /// Refuses `$` options other than those that the resource offers.
    ///
    /// # Errors
    /// 400 naming the option.
    pub(in crate::dataverse) fn only(&self, offered: &[&str]) -> Outcome<()> {
        let mut names: Vec<&String> = self.values.keys().collect();
        names.sort();
        match names
            .into_iter()
            .find(|name| name.starts_with('$') && !offered.contains(&name.as_str()))
        {
            Some(name) => Err(Failure::unsupported_query(format!(
                "The query specified in the URI is not valid. Query option '{name}' cannot be \
                 applied to the requested resource."
            ))),
            None => Ok(()),
        }
    }

    /// A whole number.
    ///
    /// # Errors
    /// 400 `0x0` for anything else.
    pub(in crate::dataverse) fn number(&self, name: &str) -> Outcome<Option<usize>> {
        self.get(name)
            .map(|text| {
                text.trim().parse().map_err(|_| {
                    Failure::syntax(format!(
                        "Invalid value '{text}' for {name} query option found. The {name} query \
                         option requires a non-negative integer value."
                    ))
                })
            })
            .transpose()
    }

    /// `$count`.
    ///
    /// # Errors
    /// 400 `0x0` for anything but `true` and `false`.
    pub(in crate::dataverse) fn count(&self) -> Outcome<bool> {
        match self.get("$count") {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(Failure::syntax(format!(
                "Invalid value '{other}' for $count query option found. Valid values are \
                 'true, false'."
            ))),
        }
    }

    /// The query string as sent, with another paging cookie.
    pub(in crate::dataverse) fn with_skip_token(&self, token: &str) -> String {
        self.with_token("$skiptoken", &encode(token))
    }

    /// The query string as sent, with an encoded token in the place of those it had.
    pub(in crate::dataverse) fn with_token(&self, option: &str, encoded: &str) -> String {
        let mut parts: Vec<String> = self
            .raw
            .iter()
            .filter(|(name, _)| name != "$skiptoken" && name != "$deltatoken")
            .map(|(name, value)| format!("{name}={}", value.replace(' ', "%20")))
            .collect();
        parts.push(format!("{option}={encoded}"));
        parts.join("&")
    }
}

fn is_known(name: &str) -> bool {
    const SYSTEM: &[&str] = &[
        "$select",
        "$expand",
        "$filter",
        "$orderby",
        "$top",
        "$count",
        "$apply",
        "$skiptoken",
        "$deltatoken",
        "$id",
    ];
    SYSTEM.contains(&name) || PLAIN.contains(&name)
}

/// Undoes percent-encoding, with `+` as a blank.
///
/// # Errors
/// 400 if what comes out is not UTF-8.
pub(in crate::dataverse) fn decode(text: &str) -> Outcome<String> {
    let blanks = text.replace('+', " ");
    percent_decode_str(&blanks)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| Failure::syntax("The request URI is not valid UTF-8."))
}

/// Percent-encodes for a query value.
pub(in crate::dataverse) fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// Splits at `separator` outside parentheses, brackets and quotes.
pub(in crate::dataverse) fn split_outside(text: &str, separator: char) -> Vec<&str> {
    let (mut depth, mut quoted, mut start) = (0_i32, false, 0);
    let mut parts = Vec::new();
    for (at, letter) in text.char_indices() {
        match letter {
            '\'' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            _ if letter == separator && depth <= 0 => {
                parts.push(&text[start..at]);
                start = at + letter.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_a_query_are_read() {
        let encoded = "%24filter=name+eq+%27a%2Bb%27&%24top=5";
        let plain = "$filter=name%20eq%20'a%2Bb'&$top=5";
        for query in [encoded, plain] {
            let options = Options::parse(Some(query)).unwrap();
            assert_eq!(options.get("$filter"), Some("name eq 'a+b'"), "{query}");
            assert_eq!(options.number("$top").unwrap(), Some(5));
        }
    }

    #[test]
    fn a_bare_plus_is_a_blank() {
        let options = Options::parse(Some("$filter=phonenumber eq '+358'")).unwrap();
        assert_eq!(options.get("$filter"), Some("phonenumber eq ' 358'"));
    }

    #[test]
    fn options_that_are_not_offered_are_refused() {
        for query in ["$skip=5", "$search=x", "$format=json", "$top=1&$top=2", "nonsense=1"] {
            assert!(Options::parse(Some(query)).is_err(), "{query}");
        }
        assert!(Options::parse(Some("tag=x&@p1='a'")).is_ok());
        assert!(Options::parse(Some("$top=-1")).unwrap().number("$top").is_err());
    }

    #[test]
    fn splitting_leaves_nested_and_quoted_separators_alone() {
        assert_eq!(split_outside("a,b(c,d),'e,f'", ','), ["a", "b(c,d)", "'e,f'"]);
    }
}
