//! Text as the database's collation sees it: blind to case and accents, and its `LIKE` patterns.

use std::cmp::Ordering;

/// The form in which two texts that compare equal are the same.
pub(super) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars().flat_map(char::to_lowercase).map(strip_accent).collect()
}

/// Order of two texts.
pub(super) fn compare(left: &str, right: &str) -> Ordering {
    if left.is_ascii() && right.is_ascii() {
        let lower = |byte: u8| byte.to_ascii_lowercase();
        return left.bytes().map(lower).cmp(right.bytes().map(lower));
    }
    fold(left).cmp(&fold(right))
}

fn strip_accent(letter: char) -> char {
    match letter {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => 'c',
        'ď' => 'd',
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => 'e',
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => 'g',
        'ĥ' => 'h',
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' => 'i',
        'ĵ' => 'j',
        'ķ' => 'k',
        'ĺ' | 'ļ' | 'ľ' => 'l',
        'ñ' | 'ń' | 'ņ' | 'ň' => 'n',
        'ò'..='ö' | 'ō' | 'ŏ' | 'ő' => 'o',
        'ŕ' | 'ŗ' | 'ř' => 'r',
        'ś' | 'ŝ' | 'ş' | 'š' => 's',
        'ţ' | 'ť' => 't',
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => 'u',
        'ŵ' => 'w',
        'ý' | 'ÿ' | 'ŷ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        other => other,
    }
}

/// Where a pattern may stand in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    /// `contains`.
    Anywhere,
    /// `startswith`.
    Start,
    /// `endswith`.
    End,
    /// The pattern is all of the text: SQL's `LIKE`.
    Whole,
}

/// A `LIKE` pattern: `%`, `_` and `[…]` are live in values that clients send (reference,
/// section 4.1); `[%]` stands for the sign itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Many,
    One,
    Literal(char),
    Class { negated: bool, ranges: Vec<(char, char)> },
}

impl Pattern {
    /// The pattern for `value` in one of the three text functions.
    pub(super) fn new(value: &str, anchor: Anchor) -> Self {
        let mut pieces = Vec::new();
        if matches!(anchor, Anchor::Anywhere | Anchor::End) {
            pieces.push(Piece::Many);
        }
        let letters: Vec<char> = fold(value).chars().collect();
        let mut at = 0;
        while let Some(&letter) = letters.get(at) {
            at += 1;
            pieces.push(match letter {
                '%' => Piece::Many,
                '_' => Piece::One,
                '[' => match class(&letters[at..]) {
                    Some((piece, length)) => {
                        at += length;
                        piece
                    }
                    None => Piece::Literal('['),
                },
                other => Piece::Literal(other),
            });
        }
        if matches!(anchor, Anchor::Anywhere | Anchor::Start) {
            pieces.push(Piece::Many);
        }
        pieces.dedup_by(|next, previous| *next == Piece::Many && *previous == Piece::Many);
        Self(pieces)
    }

    /// Whether it says nothing about how the text begins.
    pub(super) fn has_open_start(&self) -> bool {
        self.0.first() == Some(&Piece::Many)
    }

    /// Whether the whole text fits the pattern.
    pub(super) fn matches(&self, text: &str) -> bool {
        let letters: Vec<char> = fold(text).chars().collect();
        let (mut piece, mut letter) = (0, 0);
        let mut retry: Option<(usize, usize)> = None;
        while letter < letters.len() {
            match self.0.get(piece) {
                Some(Piece::Many) => {
                    retry = Some((piece + 1, letter));
                    piece += 1;
                }
                Some(single) if single.fits(letters[letter]) => {
                    piece += 1;
                    letter += 1;
                }
                _ => match retry {
                    Some((after, from)) => {
                        retry = Some((after, from + 1));
                        piece = after;
                        letter = from + 1;
                    }
                    None => return false,
                },
            }
        }
        self.0[piece..].iter().all(|rest| *rest == Piece::Many)
    }
}

impl Piece {
    fn fits(&self, letter: char) -> bool {
        match self {
            Self::Many => false,
            Self::One => true,
            Self::Literal(own) => *own == letter,
            Self::Class { negated, ranges } => {
                ranges.iter().any(|(from, to)| (*from..=*to).contains(&letter)) != *negated
            }
        }
    }
}

/// Reads a class after its opening bracket; gives it with the number of letters it took.
fn class(letters: &[char]) -> Option<(Piece, usize)> {
    let end = letters.iter().skip(1).position(|letter| *letter == ']').map(|at| at + 1)?;
    let negated = letters[0] == '^' && end > 1;
    let inner = &letters[usize::from(negated)..end];
    let mut ranges = Vec::new();
    let mut at = 0;
    while at < inner.len() {
        if inner.get(at + 1) == Some(&'-') && at + 2 < inner.len() {
            ranges.push((inner[at], inner[at + 2]));
            at += 3;
        } else {
            ranges.push((inner[at], inner[at]));
            at += 1;
        }
    }
    Some((Piece::Class { negated, ranges }, end + 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, value: &str, anchor: Anchor, expected: bool) {
        assert_eq!(
            Pattern::new(value, anchor).matches(text),
            expected,
            "{text:?} {value:?} {anchor:?}"
        );
    }

    #[test]
    fn wildcards_in_a_value_are_live() {
        check("100% sure", "0%s", Anchor::Anywhere, true);
        check("050-123", "0_0", Anchor::Anywhere, true);
        check("050-123", "0[4-6]0", Anchor::Anywhere, true);
        check("050-123", "0[^4-6]0", Anchor::Anywhere, false);
        check("abc", "a%", Anchor::End, true);
    }

    #[test]
    fn a_bracketed_wildcard_stands_for_itself() {
        check("100% sure", "0[%]", Anchor::Anywhere, true);
        check("1000 sure", "0[%]", Anchor::Anywhere, false);
        check("a_b", "a[_]b", Anchor::Start, true);
        check("axb", "a[_]b", Anchor::Start, false);
        check("a[b", "a[[]b", Anchor::Start, true);
    }

    #[test]
    fn case_and_accents_do_not_matter() {
        check("Pekka MÄKELÄ", "makela", Anchor::End, true);
        check("Pekka MÄKELÄ", "PEK", Anchor::Start, true);
        check("Pekka", "kka", Anchor::Start, false);
    }

    #[test]
    fn an_open_bracket_without_end_is_a_letter() {
        check("a[b", "[b", Anchor::Anywhere, true);
        check("a[", "[", Anchor::End, true);
    }

    proptest! {
        #[test]
        fn plain_digits_are_found_wherever_they_stand(before in "[a-z ]{0,5}", digits in "[0-9]{1,9}", after in "[a-z ]{0,5}") {
            let text = format!("{before}{digits}{after}");
            prop_assert!(Pattern::new(&digits, Anchor::Anywhere).matches(&text));
        }

        #[test]
        fn any_pattern_and_text_end_in_an_answer(value in ".{0,20}", text in ".{0,40}") {
            let _ = Pattern::new(&value, Anchor::Anywhere).matches(&text);
        }
    }
}
