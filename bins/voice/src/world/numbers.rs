//! Phone numbers that exist in no one's phone book, and the ways in which people write them.
//!
//! Where a country sets numbers aside for fiction, they come from that range (Sweden: PTS, Great
//! Britain: Ofcom, Germany: Bundesnetzagentur, France: Arcep, United States: NANPA 555-01xx); else
//! from a block that is valid by the country's plan and looks made up (5550…).

/// A country's way with phone numbers.
#[derive(Debug)]
pub(super) struct Country {
    /// ISO 3166 code.
    pub(super) code: &'static str,
    calling_code: &'static str,
    /// Prefix of a national call, where the country has one.
    trunk: Option<&'static str>,
    /// Groups of a person's number without trunk prefix; `#` is a digit to fill in. A fixed line
    /// where the range for made-up mobile numbers is no part of the plan.
    personal: &'static str,
    /// The same for a company's number.
    office: &'static str,
}

/// The countries of the demo's customers.
pub(super) const COUNTRIES: [Country; 11] = [
    country("FI", "358", Some("0"), "40 555 0###", "9 5555 0##"),
    country("SE", "46", Some("0"), "70 174 06##", "8 465 004 ##"),
    country("NO", "47", None, "405 55 0##", "21 55 50 ##"),
    country("DK", "45", None, "40 55 50 ##", "33 55 50 ##"),
    country("EE", "372", None, "5555 50##", "655 50##"),
    country("DE", "49", Some("0"), "171 39200 ##", "30 23125 0##"),
    country("NL", "31", Some("0"), "6 55 55 00 ##", "20 555 50##"),
    country("GB", "44", Some("0"), "161 496 0###", "20 7946 0###"),
    country("FR", "33", Some("0"), "4 65 71 0# ##", "1 99 00 0# ##"),
    country("US", "1", None, "202 555 01##", "212 555 01##"),
    country("AU", "61", Some("0"), "491 570 1##", "3 7010 0###"),
];

const fn country(
    code: &'static str,
    calling_code: &'static str,
    trunk: Option<&'static str>,
    personal: &'static str,
    office: &'static str,
) -> Country {
    Country { code, calling_code, trunk, personal, office }
}

impl Country {
    /// The country with an ISO code; the first one (the company's own) if the demo has none such.
    pub(super) fn of(code: &str) -> &'static Self {
        COUNTRIES.iter().find(|country| country.code == code).unwrap_or(&COUNTRIES[0])
    }

    /// The personal number with a serial: the same serial is the same number.
    pub(super) fn personal(&'static self, serial: usize) -> Number {
        Number { country: self, groups: fill(self.personal, serial) }
    }

    /// The company number with a serial.
    pub(super) fn office(&'static self, serial: usize) -> Number {
        Number { country: self, groups: fill(self.office, serial) }
    }
}

/// Puts the digits of `serial` in place of the `#`s, from the right, and splits at the blanks.
fn fill(template: &str, serial: usize) -> Vec<String> {
    let mut rest = serial;
    let reversed: String = template
        .chars()
        .rev()
        .map(|character| {
            if character != '#' {
                return character;
            }
            let digit = char::from_digit((rest % 10) as u32, 10).unwrap_or('0');
            rest /= 10;
            digit
        })
        .collect();
    let filled: String = reversed.chars().rev().collect();
    filled.split(' ').map(str::to_owned).collect()
}

/// A number of the demo, split as people of its country group it.
#[derive(Debug, Clone)]
pub(super) struct Number {
    country: &'static Country,
    groups: Vec<String>,
}

impl Number {
    /// `+` and digits, as Enreach reports it at its best.
    pub(super) fn international(&self) -> String {
        format!("+{}{}", self.country.calling_code, self.groups.concat())
    }

    /// The number as somebody typed it. A style that the country does not know falls back to the
    /// international form with blanks.
    pub(super) fn written(&self, style: Style) -> String {
        let code = self.country.calling_code;
        let spaced = self.groups.join(" ");
        let (first, rest) = match self.groups.split_first() {
            Some((first, rest)) => (first.as_str(), rest),
            None => ("", &[][..]),
        };
        match (style, self.country.trunk) {
            (Style::Compact, _) => self.international(),
            (Style::Dashes, _) => format!("+{code}-{}", self.groups.join("-")),
            (Style::DoubleZero, _) => format!("00{code}{}", self.groups.concat()),
            (Style::DoubleZeroBlanks, _) => format!("00{code} {spaced}"),
            (Style::Extension, _) => format!("+{code} {spaced} ext. 12"),
            (Style::TrunkInParentheses, Some(trunk)) => format!("+{code} ({trunk}){spaced}"),
            (Style::AreaInParentheses, None) if code == "1" => {
                format!("+{code} ({first}) {}", rest.join("-"))
            }
            (Style::National, Some(trunk)) if code == HOME => {
                format!("{trunk}{first}-{}", rest.join(" "))
            }
            (Style::NationalInParentheses, Some(trunk)) if code == HOME => {
                format!("({trunk}{first}) {}", rest.join(" "))
            }
            _ => format!("+{code} {spaced}"),
        }
    }
}

/// Calling code of the company's own country: only its numbers are typed in national form.
const HOME: &str = "358";

/// A habit of writing phone numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// `+358405550123`
    Compact,
    /// `+358 40 555 0123`
    Blanks,
    /// `+358-40-555-0123`
    Dashes,
    /// `00358405550123`
    DoubleZero,
    /// `00358 40 555 0123`
    DoubleZeroBlanks,
    /// `+358 (0)40 555 0123`
    TrunkInParentheses,
    /// `+1 (202) 555-0123`
    AreaInParentheses,
    /// `040-555 0123`
    National,
    /// `(040) 555 0123`
    NationalInParentheses,
    /// `+358 40 555 0123 ext. 12`
    Extension,
}

/// Every style, in the order in which the demo goes through them.
pub(super) const STYLES: [Style; 10] = [
    Style::National,
    Style::TrunkInParentheses,
    Style::Blanks,
    Style::DoubleZero,
    Style::AreaInParentheses,
    Style::NationalInParentheses,
    Style::Dashes,
    Style::Extension,
    Style::DoubleZeroBlanks,
    Style::Compact,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_is_written_in_many_ways() {
        let number = Country::of("FI").personal(123);
        for (style, expected) in [
            (Style::Compact, "+358405550123"),
            (Style::Blanks, "+358 40 555 0123"),
            (Style::Dashes, "+358-40-555-0123"),
            (Style::DoubleZero, "00358405550123"),
            (Style::DoubleZeroBlanks, "00358 40 555 0123"),
            (Style::TrunkInParentheses, "+358 (0)40 555 0123"),
            (Style::National, "040-555 0123"),
            (Style::NationalInParentheses, "(040) 555 0123"),
            (Style::Extension, "+358 40 555 0123 ext. 12"),
        ] {
            assert_eq!(number.written(style), expected, "{style:?}");
        }
        assert_eq!(
            Country::of("US").personal(23).written(Style::AreaInParentheses),
            "+1 (202) 555-0123"
        );
    }

    #[test]
    fn a_foreign_number_is_never_written_in_national_form() {
        for country in COUNTRIES.iter().filter(|country| country.code != "FI") {
            for style in STYLES {
                let written = country.office(12).written(style);
                assert!(written.starts_with(['+']) || written.starts_with("00"), "{written}");
            }
        }
    }
}
