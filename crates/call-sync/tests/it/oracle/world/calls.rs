//! The rows of `/calls` and `/servicecall`, in every shape that the platform is known to give.

mod direct;
mod leg;
mod service;

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use super::dice::Dice;
use super::numbers::{Number, Numbers, on_the_wire};
use super::organisation::{Agent, Organisation};
use super::settings::Hints;

/// The rows of both collections.
#[derive(Debug, Default)]
pub(super) struct Calls {
    pub(super) user: Vec<Value>,
    pub(super) service: Vec<Value>,
}

/// Where calls are made, and what they are made from.
#[derive(Debug)]
pub(super) struct Scene<'a> {
    pub(super) dice: &'a mut Dice,
    pub(super) numbers: &'a Numbers,
    pub(super) organisation: &'a Organisation,
    pub(super) hints: &'a Hints,
    pub(super) now: DateTime<Utc>,
    pub(super) calls: Calls,
    /// Number and start of the last call, to be met by the next.
    last: Option<(String, DateTime<Utc>)>,
}

impl<'a> Scene<'a> {
    pub(super) fn new(
        dice: &'a mut Dice,
        numbers: &'a Numbers,
        organisation: &'a Organisation,
        hints: &'a Hints,
        now: DateTime<Utc>,
    ) -> Self {
        let calls = Calls::default();
        Self { dice, numbers, organisation, hints, now, calls, last: None }
    }

    /// Plays between 20 and 60 calls.
    pub(super) fn play(mut self) -> Calls {
        for _ in 0..self.dice.between(20, 60) {
            match self.dice.weighted(&[30, 10, 8, 4, 15, 5, 12, 5, 5, 5, 4, 3, 3]) {
                0 => self.single(),
                1 => self.transferred(),
                2 => self.ring_group(),
                3 => self.internal(),
                4 => self.queued(true),
                5 => self.queued(false),
                6 => self.unanswered_in_queue(),
                7 => self.overflowed(),
                8 => self.transferred_from_queue(),
                9 => self.personal(true),
                10 => self.personal(false),
                11 => self.running(),
                _ => self.agents_rows_alone(),
            }
        }
        if self.dice.chance(15) {
            self.unreadable();
        }
        for rows in [&mut self.calls.user, &mut self.calls.service] {
            if let Some(row) = rows.last_mut().filter(|_| self.dice.chance(15)) {
                // Not there yet.
                row["Modified"] = leg::iso(self.now + Duration::seconds(30)).into();
            }
        }
        self.calls
    }

    /// When a call begins that lasts so long: within the window as a rule, else before it.
    fn start(&mut self, lasting: i64) -> DateTime<Utc> {
        let window = self.hints.window_secs;
        let latest = lasting + 12;
        let back = match self.dice.weighted(&[85, 8, 7]) {
            0 => self.dice.between(latest.min(window), latest.max(window - 1)),
            1 => self.dice.between(window, window + window / 5 + 60),
            _ => latest,
        };
        self.now - Duration::seconds(back.max(latest))
    }

    /// The customer's number: of somebody who may be in the CRM, or none.
    fn customer(&mut self) -> Value {
        if self.dice.chance(6) {
            let nobody =
                [json!(""), Value::Null, json!("anonymous"), json!("Withheld"), json!(" ")];
            return self.dice.pick(&nobody).clone();
        }
        if self.dice.chance(4) {
            return (*self.dice.pick(&["1234", "+12", "00", "112"])).into();
        }
        let number = if self.dice.chance(4) {
            self.organisation.own_number(self.dice)
        } else {
            self.dice.pick(&self.numbers.foreign).clone()
        };
        self.wire(&number).into()
    }

    fn wire(&mut self, number: &Number) -> String {
        on_the_wire(self.dice, number, self.numbers.region)
    }

    /// An agent's own side of a call.
    fn side_of(&mut self, agent: &Agent) -> Value {
        let number = if self.dice.chance(70) { &agent.work } else { &agent.mobile };
        match number.clone() {
            Some(number) => self.wire(&number).into(),
            None => "1234".into(),
        }
    }

    fn agent(&mut self) -> Agent {
        self.dice.pick(&self.organisation.agents).clone()
    }

    /// Seconds of talk, around every edge.
    fn talk(&mut self) -> i64 {
        let limit = self.hints.call_duration_limit;
        let edges = [limit - 1, limit, limit + 1, 29, 30, 31, 89, 90, 91, 1];
        if self.dice.chance(50) {
            (*self.dice.pick(&edges)).max(0)
        } else {
            self.dice.between(5, 400)
        }
    }

    /// Sometimes the next call meets the last: same number, about the same start.
    fn meet(&mut self, customer: Value, start: DateTime<Utc>) -> (Value, DateTime<Utc>) {
        if let Some((number, at)) = self.last.clone()
            && self.dice.chance(8)
        {
            let apart = self.dice.between(0, 40);
            let start = (at - Duration::seconds(apart)).min(start);
            return (number.into(), start);
        }
        if let Some(number) = customer.as_str() {
            self.last = Some((number.to_owned(), start));
        }
        (customer, start)
    }

    /// A row that belongs to no call; it must not hide the others.
    fn unreadable(&mut self) {
        let end = self.now - Duration::seconds(60);
        self.calls.user.push(json!({
            "Id": self.dice.guid(), "StartTime": leg::iso(end - Duration::seconds(30)),
            "EndTime": leg::iso(end), "Modified": leg::iso(end), "Direction": 0,
            "CallTypeString": "DirectCall", "Privacy": "Work",
        }));
    }
}
