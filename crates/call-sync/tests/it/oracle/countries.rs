//! The numbering plans that the worlds use: a few ranges of six countries, each certain to be
//! valid at every length given. Everything else counts as invalid, and no world relies on it
//! except where it is certain to be.

/// A country with some of its ranges.
#[derive(Debug)]
pub(crate) struct Country {
    /// ISO code.
    pub(crate) region: &'static str,
    /// Calling code.
    pub(crate) code: &'static str,
    /// What stands before a national number when it is dialled within the country.
    pub(crate) trunk: &'static str,
    /// Beginnings of national numbers, with the shortest and longest length of the whole.
    ranges: &'static [(&'static str, usize, usize)],
    /// Beginnings that seven more digits (the first of them 2 to 8) make a valid number of.
    pub(crate) stems: &'static [&'static str],
}

/// All countries.
pub(crate) const COUNTRIES: [Country; 6] = [
    Country {
        region: "FI",
        code: "358",
        trunk: "0",
        ranges: &[("40", 6, 10), ("44", 6, 10), ("50", 6, 10), ("9", 5, 9)],
        stems: &["40", "44", "50", "9"],
    },
    Country {
        region: "SE",
        code: "46",
        trunk: "0",
        ranges: &[("70", 9, 9), ("73", 9, 9), ("8", 7, 9)],
        stems: &["70", "73", "8"],
    },
    Country {
        region: "DE",
        code: "49",
        trunk: "0",
        ranges: &[("30", 5, 13), ("1512", 11, 11)],
        stems: &["30", "1512"],
    },
    Country {
        region: "GB",
        code: "44",
        trunk: "0",
        ranges: &[("207", 10, 10), ("712", 10, 10)],
        stems: &["207", "712"],
    },
    Country {
        region: "US",
        code: "1",
        trunk: "1",
        ranges: &[("202", 10, 10), ("212", 10, 10)],
        stems: &["202", "212"],
    },
    Country {
        region: "EE",
        code: "372",
        trunk: "",
        ranges: &[("5", 8, 8), ("6", 7, 7)],
        stems: &["5"],
    },
];

impl Country {
    /// Whether the digits are a valid national number, without trunk prefix.
    pub(crate) fn has(&self, national: &str) -> bool {
        self.ranges.iter().any(|(beginning, shortest, longest)| {
            national.starts_with(beginning) && (*shortest..=*longest).contains(&national.len())
        })
    }
}

/// The country with an ISO code.
pub(crate) fn country(region: &str) -> &'static Country {
    COUNTRIES.iter().find(|country| country.region == region).unwrap()
}

/// The country and national part of a number's digits behind the `+`, if it is valid.
pub(crate) fn split(digits: &str) -> Option<(&'static Country, &str)> {
    COUNTRIES.iter().find_map(|country| {
        let national = digits.strip_prefix(country.code)?;
        country.has(national).then_some((country, national))
    })
}
