//! A large tenant's customers and what they are looked up by: the same for every run.
//!
//! Shared by the benches and the example `index_size`.

use call_matching::{
    CallerNumber, Customer, CustomerRef, CustomerTable, MatchRules, NumberIndex, NumberReader,
    Region,
};
use chrono::DateTime;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use uuid::Uuid;

const FIRST_NAMES: [&str; 8] =
    ["Matti", "Maija", "Eeva-Liisa", "Lars", "Katharina", "Jürgen", "William", "Åsa"];
const LAST_NAMES: [&str; 8] =
    ["Virtanen", "Korhonen", "Lindström", "Müller", "Smith", "Papadopoulos", "Mäkelä", "Johansson"];

/// How numbers are typed, `#` for any digit, with how many of a hundred are typed so.
const SPELLINGS: [(u32, &str); 20] = [
    (14, "+358 50 ### ####"),
    (12, "050-#######"),
    (6, "0035850#######"),
    (8, "040 ### ####"),
    (5, "045#######"),
    (6, "+35844#######"),
    (4, "(09) ### ####"),
    (3, "+358 (0)40 ### ####"),
    (2, "35850#######"),
    (2, "044 ####### (koti)"),
    (6, "+49 171 #######"),
    (4, "+49 (0)30 ########"),
    (2, "0049 89 ########"),
    (6, "+46 70 ### ## ##"),
    (4, "0046 8 ### ### ##"),
    (5, "+44 20 7### ####"),
    (3, "+44 (0)7400 ######"),
    (4, "+1 202 7## ####"),
    (3, "+1-415-5##-####"),
    (1, "(212) 5##-####"),
];

/// Numbers as they are typed in Finland, without any prefix: the most that one number can cost.
const NATIONAL: [(u32, &str); 3] =
    [(60, "050 ### ####"), (30, "040-#######"), (10, "(09) ### ####")];

/// How a tenant's customers are made up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Book {
    /// Phone columns that hold a number, all customers together.
    pub(crate) numbers: usize,
    /// Fewest and most numbers of a customer.
    pub(crate) numbers_each: (usize, usize),
    spellings: &'static [(u32, &'static str)],
}

impl Book {
    /// One number each, typed in the ways of five countries.
    pub(crate) const fn one_each(numbers: usize) -> Self {
        Self { numbers, numbers_each: (1, 1), spellings: &SPELLINGS }
    }

    /// Two or three numbers each.
    #[allow(dead_code, reason = "for the example alone")]
    pub(crate) const fn several_each(numbers: usize) -> Self {
        Self { numbers, numbers_each: (2, 3), spellings: &SPELLINGS }
    }

    /// One number each, all typed without prefix.
    #[allow(dead_code, reason = "for the example alone")]
    pub(crate) const fn national(numbers: usize) -> Self {
        Self { numbers, numbers_each: (1, 1), spellings: &NATIONAL }
    }

    /// The customers: contacts, half of them of an account.
    pub(crate) fn customers(self) -> impl Iterator<Item = Customer> {
        let mut random = StdRng::seed_from_u64(7);
        let mut left = self.numbers;
        std::iter::from_fn(move || {
            let count = random.random_range(self.numbers_each.0..=self.numbers_each.1).min(left);
            left -= count;
            (count > 0).then(|| contact(&mut random, count, self.spellings))
        })
    }

    /// An index that holds them.
    #[allow(dead_code, reason = "for the benches alone")]
    pub(crate) fn index(self) -> NumberIndex {
        let mut index = NumberIndex::new(reader());
        self.customers().for_each(|customer| index.put(customer));
        index
    }
}

/// A reader of a Finnish tenant.
pub(crate) fn reader() -> NumberReader {
    NumberReader::new(Some(Region::parse("FI").unwrap()))
}

fn contact(random: &mut StdRng, numbers: usize, spellings: &[(u32, &str)]) -> Customer {
    let name = |names: &[&'static str], random: &mut StdRng| *names.choose(random).unwrap();
    Customer {
        reference: CustomerRef {
            table: CustomerTable::Contact,
            id: Uuid::from_u128(random.random()),
        },
        name: format!("{} {}", name(&FIRST_NAMES, random), name(&LAST_NAMES, random)),
        created_on: DateTime::from_timestamp(random.random_range(1_300_000_000..1_790_000_000), 0),
        parent_account: random.random_bool(0.5).then(|| Uuid::from_u128(random.random())),
        numbers: (0..numbers).map(|_| typed(random, spellings)).collect(),
    }
}

/// A number, typed in one of the ways.
pub(crate) fn typed(random: &mut StdRng, spellings: &[(u32, &str)]) -> String {
    let (_, spelling) = spellings.choose_weighted(random, |(weight, _)| *weight).unwrap();
    let digit = |sign| if sign == '#' { random.random_range('0'..='9') } else { sign };
    spelling.chars().map(digit).collect()
}

/// Any number of the world, typed in one of the ways: held by nobody, as good as surely.
pub(crate) fn another(random: &mut StdRng) -> String {
    typed(random, &SPELLINGS)
}

/// What is looked up, by what a caller is.
pub(crate) struct Lookups {
    /// Callers that are customers.
    pub(crate) present: Vec<CallerNumber>,
    /// Callers that nobody knows.
    pub(crate) absent: Vec<CallerNumber>,
    /// Callers without exact match whose last digits stand in some customer's number, by how many
    /// digits: 6 to 9.
    pub(crate) contained: Vec<(usize, Vec<CallerNumber>)>,
    /// Callers without exact match whose last digits stand in nobody's number, likewise.
    pub(crate) missing: Vec<(usize, Vec<CallerNumber>)>,
}

/// Exact matches alone.
pub(crate) fn exact_rules() -> MatchRules {
    MatchRules { minimum_match_digits: usize::MAX, ..MatchRules::default() }
}

/// Contained matches where no exact one is; the country code is cut.
pub(crate) fn contained_rules() -> MatchRules {
    MatchRules { numbers_to_cut: 4, ..MatchRules::default() }
}

impl Lookups {
    /// Some of each kind for a book's index.
    pub(crate) fn of(book: Book, index: &NumberIndex, count: usize) -> Self {
        let mut random = StdRng::seed_from_u64(11);
        let reader = reader();
        let texts: Vec<String> =
            book.customers().flat_map(|customer| customer.numbers).step_by(7).collect();
        let drawn = |random: &mut StdRng| texts.choose(random).unwrap().clone();
        let present = std::iter::repeat_with(|| drawn(&mut random)).take(count);
        let present = present.map(|text| reader.from_enreach(Some(&text))).collect();
        let absent = std::iter::repeat_with(|| reader.from_enreach(Some(&another(&mut random))));
        let absent = absent.filter(|number| index.find(number, &exact_rules()).is_empty());
        let absent = absent.take(count).collect();
        let mut ends = |from_text: bool| {
            let of_length = |digits| {
                let caller = std::iter::repeat_with(|| {
                    let text = if from_text { drawn(&mut random) } else { another(&mut random) };
                    caller_ending_like(&reader, &text, digits)
                });
                let wanted = |caller: &CallerNumber| {
                    let found = index.find(caller, &contained_rules());
                    // A needle that a thousand customers contain is measured by their number.
                    found.is_empty() != from_text && found.len() < 100
                };
                (digits, caller.filter(wanted).take(count).collect())
            };
            (6..=9).map(of_length).collect()
        };
        let contained = ends(true);
        Self { present, absent, contained, missing: ends(false) }
    }
}

/// A caller from nowhere with the last digits of a text: the cut of four leaves just those.
fn caller_ending_like(reader: &NumberReader, text: &str, digits: usize) -> CallerNumber {
    let all: String = text.chars().filter(char::is_ascii_digit).collect();
    reader.from_enreach(Some(&format!("+999{}", &all[all.len() - digits..])))
}
