//! Takes apart the text of a phone column: runs of digits and what stands between them.
//!
//! People put more than a number into such a column: blanks and brackets, an extension, a second
//! number, a name, a remark. This file knows how they write; it knows no numbering plan.

/// Digits that make a run long enough to be a number of its own beside another one.
const NUMBER_DIGITS: usize = 6;
/// Digits before an extension mark for it to be one: `x` in `05 x 12` is none.
const DIGITS_BEFORE_EXTENSION: usize = 5;
/// Most digits of an extension.
const EXTENSION_DIGITS: usize = 7;

/// Words that people write before an extension, in the languages of the customers that we know.
const EXTENSION_WORDS: [&str; 18] = [
    "x",
    "xt",
    "ext",
    "extn",
    "extension",
    "alanumero",
    "alanro",
    "ala",
    "anknytning",
    "ankn",
    "anknyt",
    "lokal",
    "dw",
    "durchwahl",
    "poste",
    "toestel",
    "tst",
    "sisenumber",
];

/// What stands between two runs of digits, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    /// Blanks, dashes, dots, brackets: the run goes on.
    Nothing,
    /// A slash: part of a number in some countries, between two numbers in others.
    Slash,
    /// A comma.
    Comma,
    /// A word, a semicolon, a line break, a second plus sign.
    Break,
    /// Something that announces an extension.
    Extension,
}

/// A run of digits that may be a number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Run {
    /// Its digits, as ASCII.
    pub(crate) digits: String,
    /// A plus sign stands before it.
    pub(crate) plus: bool,
    /// Where in `digits` a zero in brackets of its own stands: `+44 (0)20 …`.
    pub(crate) bracketed_zero: Option<usize>,
}

/// What a text holds, seen without a numbering plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shape {
    /// No digit at all.
    Empty,
    /// One number; the run may lack digits of the text, such as an extension.
    One(Run),
    /// Several numbers; if `joined` is valid in some plan, it is one after all.
    Several {
        /// Each on its own.
        runs: Vec<Run>,
        /// All in one, where nothing but slashes stands between them.
        joined: Option<Run>,
    },
    /// Digits that make no number together.
    Scattered,
}

/// All digits of a text in their order, as ASCII.
pub(crate) fn all_digits(text: &str) -> String {
    text.chars().filter_map(digit).collect()
}

/// Looks at a text.
pub(crate) fn shape(text: &str) -> Shape {
    let runs = without_extensions(split(text));
    if runs.is_empty() {
        return Shape::Empty;
    }
    let mut groups: Vec<Vec<(Gap, Run)>> = Vec::new();
    for (gap, run) in runs {
        match groups.last_mut() {
            Some(group) if gap < Gap::Break => group.push((gap, run)),
            _ => groups.push(vec![(gap, run)]),
        }
    }
    let alone = groups.len() == 1;
    let mut shapes: Vec<Shape> = groups.into_iter().map(shape_of_group).collect();
    if alone {
        return shapes.pop().unwrap_or(Shape::Empty);
    }
    let numbers: Vec<Run> = shapes
        .into_iter()
        .flat_map(|shape| match shape {
            Shape::One(run) if run.digits.len() >= NUMBER_DIGITS => vec![run],
            Shape::Several { runs, .. } => runs,
            _ => Vec::new(),
        })
        .collect();
    match numbers.len() {
        0 => Shape::Scattered,
        1 => numbers.into_iter().next().map_or(Shape::Empty, Shape::One),
        _ => Shape::Several { runs: numbers, joined: None },
    }
}

/// The shape of runs with slashes and commas between them.
fn shape_of_group(group: Vec<(Gap, Run)>) -> Shape {
    let comma = group.iter().skip(1).any(|(gap, _)| *gap == Gap::Comma);
    let joined = join(group.iter().map(|(_, run)| run));
    let mut long: Vec<Run> = group
        .into_iter()
        .map(|(_, run)| run)
        .filter(|run| run.digits.len() >= NUMBER_DIGITS)
        .collect();
    if long.len() > 1 {
        return Shape::Several { runs: long, joined: (!comma).then_some(joined) };
    }
    // `050 1234567, 12` is a number and a tail; `030/123456` and `01/23/45/67/89` are one number.
    match long.pop() {
        Some(number) if comma => Shape::One(number),
        _ => Shape::One(joined),
    }
}

fn join<'a>(runs: impl Iterator<Item = &'a Run>) -> Run {
    let mut joined = Run::default();
    for (index, run) in runs.enumerate() {
        joined.plus |= index == 0 && run.plus;
        if joined.bracketed_zero.is_none() {
            joined.bracketed_zero = run.bracketed_zero.map(|at| at + joined.digits.len());
        }
        joined.digits.push_str(&run.digits);
    }
    joined
}

/// Leaves out the runs that are extensions of the run before.
fn without_extensions(runs: Vec<(Gap, Run)>) -> Vec<(Gap, Run)> {
    let mut kept: Vec<(Gap, Run)> = Vec::new();
    for (gap, run) in runs {
        let before = kept.last().map_or(0, |(_, run)| run.digits.len());
        let is_extension = gap == Gap::Extension
            && before >= DIGITS_BEFORE_EXTENSION
            && run.digits.len() <= EXTENSION_DIGITS;
        if !is_extension {
            kept.push((gap, run));
        }
    }
    kept
}

/// Splits a text into its runs of digits, each with what stands before it.
fn split(text: &str) -> Vec<(Gap, Run)> {
    let mut splitter = Splitter::default();
    for character in text.chars() {
        splitter.take(character);
    }
    splitter.runs
}

#[derive(Default)]
struct Splitter {
    runs: Vec<(Gap, Run)>,
    gap: Option<Gap>,
    plus: bool,
    commas: usize,
    word: String,
    /// Where we are in a zero in brackets.
    bracket: Bracket,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Bracket {
    #[default]
    Outside,
    Open,
    Zero,
}

impl Splitter {
    fn take(&mut self, character: char) {
        if let Some(digit) = digit(character) {
            self.digit(digit);
            return;
        }
        if character.is_alphabetic() {
            self.word.extend(character.to_lowercase());
            self.bracket = Bracket::Outside;
            return;
        }
        self.end_word();
        match character {
            '+' | '\u{ff0b}' => self.plus_sign(),
            '(' | '[' | '\u{ff08}' => self.bracket = Bracket::Open,
            ')' | ']' | '\u{ff09}' => self.close_bracket(),
            '/' | '\\' | '|' | '\u{ff0f}' => self.widen(Gap::Slash),
            ',' | '\u{ff0c}' => {
                // Two commas are two pauses of a dialler: what follows is dialled after the answer.
                self.commas += 1;
                self.widen(if self.commas > 1 { Gap::Extension } else { Gap::Comma });
            }
            ';' | '\n' | '\r' | '&' => self.widen(Gap::Break),
            '#' => self.widen(Gap::Extension),
            _ => {}
        }
    }

    fn digit(&mut self, digit: char) {
        self.end_word();
        let gap = self.gap.take().unwrap_or(Gap::Nothing);
        let first = self.runs.is_empty();
        if first || gap != Gap::Nothing {
            let run = Run { plus: self.plus, ..Run::default() };
            self.runs.push((gap, run));
        }
        self.plus = false;
        self.commas = 0;
        self.bracket = match self.bracket {
            Bracket::Open if digit == '0' => Bracket::Zero,
            _ => Bracket::Outside,
        };
        if let Some((_, run)) = self.runs.last_mut() {
            run.digits.push(digit);
        }
    }

    fn plus_sign(&mut self) {
        self.plus = true;
        if !self.runs.is_empty() {
            self.widen(Gap::Break);
        }
    }

    fn close_bracket(&mut self) {
        if self.bracket == Bracket::Zero
            && let Some((_, run)) = self.runs.last_mut()
        {
            run.bracketed_zero = run.bracketed_zero.or(Some(run.digits.len() - 1));
        }
        self.bracket = Bracket::Outside;
    }

    fn end_word(&mut self) {
        if self.word.is_empty() {
            return;
        }
        let is_mark = EXTENSION_WORDS.contains(&self.word.as_str());
        self.word.clear();
        self.widen(if is_mark { Gap::Extension } else { Gap::Break });
    }

    fn widen(&mut self, gap: Gap) {
        self.gap = Some(self.gap.map_or(gap, |before| before.max(gap)));
    }
}

/// The ASCII form of a decimal digit of the scripts that keyboards of customers produce.
fn digit(character: char) -> Option<char> {
    const ZEROS: [u32; 5] = [0x30, 0x660, 0x6f0, 0x966, 0xff10];
    let code = u32::from(character);
    let value =
        ZEROS.iter().find_map(|zero| code.checked_sub(*zero).filter(|value| *value < 10))?;
    char::from_digit(value, 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, numbers: &[&str]) {
        let found = match shape(text) {
            Shape::Empty | Shape::Scattered => Vec::new(),
            Shape::One(run) => vec![run],
            Shape::Several { runs, .. } => runs,
        };
        let found: Vec<&str> = found.iter().map(|run| run.digits.as_str()).collect();
        assert_eq!(found, numbers, "{text:?}");
    }

    #[test]
    fn decoration_does_not_split_a_number() {
        for text in [
            "0501234567",
            "050-123 4567",
            "(050) 123.45.67",
            "050\u{a0}123\u{2011}4567",
            "050\t1234567",
            "\u{202a}050 1234567\u{202c}",
            "０５０１２３４５６７",
            "٠٥٠١٢٣٤٥٦٧",
            "050/1234567",
            "tel:050-1234567",
            "Matti: 050 1234567 (koti)",
            "050 1234567 klo 8-16",
        ] {
            check(text, &["0501234567"]);
        }
    }

    #[test]
    fn an_extension_is_left_out() {
        for text in [
            "0501234567x12",
            "050 1234567 ext. 12",
            "050 1234567;ext=12",
            "050 1234567 #12",
            "050 1234567,,12#",
            "050 1234567, 12",
            "050 1234567 alanumero 12",
            "050 1234567 EXT 123456",
        ] {
            check(text, &["0501234567"]);
        }
    }

    #[test]
    fn several_numbers_are_told_apart() {
        for text in [
            "0501234567 / 09123456",
            "0501234567;09123456",
            "0501234567 or 09123456",
            "0501234567, 09123456",
            "0501234567\n09123456",
            "050 1234567 (koti) 09 123456 (työ)",
            "0501234567 & 09123456",
        ] {
            check(text, &["0501234567", "09123456"]);
        }
        check("+358501234567 +35891234567", &["358501234567", "35891234567"]);
    }

    #[test]
    fn digits_without_a_number_are_scattered() {
        assert_eq!(shape("room 12, floor 3 b 4"), Shape::Scattered);
        assert_eq!(shape("n/a"), Shape::Empty);
    }

    #[test]
    fn a_zero_in_brackets_is_noticed_once() {
        let Shape::One(run) = shape("+44 (0)20 7183 8750 (0)") else { panic!("one number") };
        assert_eq!((run.plus, run.bracketed_zero), (true, Some(2)));
        let Shape::One(run) = shape("+44 (020) 7183 8750") else { panic!("one number") };
        assert_eq!(run.bracketed_zero, None);
    }
}
