//! The numbers of a world, and how people type them.

use super::dice::Dice;
use crate::oracle::countries::{COUNTRIES, Country, country};

/// A valid number.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Number {
    pub(super) country: &'static Country,
    pub(super) national: String,
}

impl PartialEq for Country {
    fn eq(&self, other: &Self) -> bool {
        self.region == other.region
    }
}

impl Number {
    fn new(country: &'static Country, national: String) -> Self {
        assert!(country.has(&national), "{} {national}", country.region);
        Self { country, national }
    }

    pub(super) fn e164(&self) -> String {
        format!("+{}{}", self.country.code, self.national)
    }

    fn stemmed(country: &'static Country, stem: &str, end: &str) -> Self {
        Self::new(country, format!("{stem}{end}"))
    }
}

/// All numbers of a world.
#[derive(Debug)]
pub(super) struct Numbers {
    pub(super) region: &'static str,
    /// For the tenant's own users and queues.
    pub(super) own: Vec<Number>,
    /// For customers and callers; several have the same last digits, and some contain others.
    pub(super) foreign: Vec<Number>,
}

impl Numbers {
    pub(super) fn roll(dice: &mut Dice) -> Self {
        let region = COUNTRIES[dice.weighted(&[6, 2, 2, 1, 1, 1])].region;
        let home = country(region);
        let own = (0..16)
            .map(|_| Number::stemmed(home, home.stems[dice.below(home.stems.len())], &end(dice)))
            .collect::<Vec<_>>();
        let mut foreign = Vec::new();
        for _ in 0..4 {
            let end = end(dice);
            for _ in 0..dice.between(2, 4) {
                let country = if dice.chance(60) { home } else { dice.pick(&COUNTRIES) };
                foreign.push(Number::stemmed(country, dice.pick::<&str>(country.stems), &end));
            }
            if dice.chance(40) {
                foreign.extend(cut_and_extended(&end));
            }
        }
        // A stranger's number that ends as one of the tenant's own.
        let own_end = own[0].national.chars().rev().take(7).collect::<Vec<_>>();
        let own_end: String = own_end.into_iter().rev().collect();
        let other = dice.pick(&COUNTRIES);
        foreign.push(Number::stemmed(other, other.stems[0], &own_end));
        foreign.retain(|number| !own.contains(number));
        Self { region, own, foreign }
    }
}

/// Seven digits that fit behind every stem.
fn end(dice: &mut Dice) -> String {
    std::iter::once(dice.between(2, 8))
        .chain((0..6).map(|_| dice.between(0, 9)).collect::<Vec<_>>())
        .map(|digit| digit.to_string())
        .collect()
}

/// Numbers of plans without a fixed length, each contained in the next.
fn cut_and_extended(end: &str) -> Vec<Number> {
    let (finland, germany) = (country("FI"), country("DE"));
    vec![
        Number::stemmed(finland, "9", &end[..6]),
        Number::stemmed(finland, "9", end),
        Number::stemmed(germany, "30", end),
        Number::stemmed(germany, "30", &format!("{end}0")),
    ]
}

/// A number as Enreach gives it: the plus may be missing, and rarely it is dialled nationally.
pub(super) fn on_the_wire(dice: &mut Dice, number: &Number, region: &str) -> String {
    let e164 = number.e164();
    match dice.weighted(&[70, 22, 8]) {
        0 => e164,
        1 => e164[1..].to_owned(),
        // Without trunk prefix it could be taken for a number of another country with its code.
        _ if number.country.region == region && number.country.trunk == "0" => {
            format!("{}{}", number.country.trunk, number.national)
        }
        _ => e164,
    }
}

/// A number as somebody types it into the CRM.
pub(super) fn typed(dice: &mut Dice, number: &Number, all: &[Number]) -> String {
    let Country { code, trunk, .. } = number.country;
    let national = &number.national;
    match dice.weighted(&[12, 10, 8, 8, 8, 8, 16, 6, 4, 4, 3, 3, 3, 4, 3]) {
        0 => number.e164(),
        1 => format!("+{code} {}", spaced(dice, national)),
        2 => format!("00{code}{national}"),
        3 => format!("00{code} {}", spaced(dice, national)),
        4 if *trunk == "0" => format!("+{code} (0){}", spaced(dice, national)),
        5 => format!("{code}{national}"),
        6 => format!("{trunk}{}", spaced(dice, national)),
        7 => format!("({trunk}{}) {}", &national[..2], &national[2..]),
        8 => national.clone(),
        9 => two(dice, number, all),
        // The end alone, shorter than any number.
        10 => national[national.len() - 5..].to_owned(),
        // Typed with a plus, but of no country, or too short.
        11 => format!("+999 {national}"),
        12 => format!("+{code} {}", &national[..3]),
        13 => format!("{trunk}{national} {}", dice.pick(&["ext. 12", "x34", "(home)"])),
        14 => format!("tel:{}", number.e164()),
        _ => number.e164(),
    }
}

/// Two numbers in one column.
fn two(dice: &mut Dice, number: &Number, all: &[Number]) -> String {
    let other = dice.pick(all).clone();
    let both = [number, &other].map(|number| {
        if dice.chance(70) {
            format!("{}{}", number.country.trunk, number.national)
        } else {
            number.e164()
        }
    });
    let between = *dice.pick(&[" / ", "/", ", ", "; ", " or ", " "]);
    let [first, second] = if dice.chance(50) { [0, 1] } else { [1, 0] };
    format!("{}{between}{}", both[first], both[second])
}

fn spaced(dice: &mut Dice, national: &str) -> String {
    let mark = *dice.pick(&[" ", "-", "", " "]);
    let (first, rest) = national.split_at(if dice.chance(50) { 2 } else { 3 });
    let (middle, last) = rest.split_at(rest.len() / 2);
    format!("{first}{mark}{middle}{}{last}", dice.pick(&[" ", "", "-"]))
}
