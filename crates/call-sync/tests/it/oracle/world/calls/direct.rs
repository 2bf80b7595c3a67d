//! Calls to and from people.

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use super::super::organisation::Agent;
use super::Scene;
use super::leg::{Call, Leg, appear};

impl Scene<'_> {
    /// One person, one row.
    pub(super) fn single(&mut self) {
        let talk = self.talk();
        let ring = self.dice.between(0, 25);
        let start = self.start(talk + ring);
        let agent = self.agent();
        let (call, start) = self.direct_call(&agent, start);
        let answered = self.dice.chance(85);
        let leg = self.leg(&agent, start, answered.then_some(ring), ring + talk);
        self.direct_rows(&call, vec![leg]);
    }

    /// From one to the next, sometimes with a consultation in between, or while still talking.
    pub(super) fn transferred(&mut self) {
        let talks: Vec<i64> = (0..self.dice.between(2, 3)).map(|_| self.talk()).collect();
        let start = self.start(talks.iter().sum::<i64>() + 40 * 3);
        let agent = self.agent();
        let (call, start) = self.direct_call(&agent, start);
        let mut legs = vec![self.leg(&agent, start, Some(4), 4 + talks[0])];
        for talk in &talks[1..] {
            let before = legs.last().unwrap().end.unwrap();
            let apart = self.dice.between(-20, 10);
            let start = (before + Duration::seconds(apart)).max(start);
            let next = self.agent();
            let answered = self.dice.chance(80);
            let ring = self.dice.between(0, 20);
            legs.push(self.leg(&next, start, answered.then_some(ring), ring + talk));
        }
        self.direct_rows(&call, legs);
    }

    /// Everyone rings at once, one answers or none.
    pub(super) fn ring_group(&mut self) {
        let talk = self.talk();
        let ring = self.dice.between(3, 30);
        let start = self.start(talk + ring);
        let agent = self.agent();
        let (call, start) = self.direct_call(&agent, start);
        let mut legs = Vec::new();
        for _ in 0..self.dice.between(1, 3) {
            let silent = self.agent();
            let later = Duration::seconds(*self.dice.pick(&[0, 0, 1]));
            legs.push(self.leg(&silent, start + later, None, ring));
        }
        if self.dice.chance(75) {
            legs.push(self.leg(&agent, start, Some(ring), ring + talk));
        }
        self.direct_rows(&call, legs);
    }

    /// Both sides are the tenant's own.
    pub(super) fn internal(&mut self) {
        let talk = self.talk();
        let start = self.start(talk + 5);
        let (caller, called) = (self.agent(), self.agent());
        let call = Call {
            id: self.dice.guid(),
            a: self.side_of(&caller),
            b: self.side_of(&called),
            outgoing: self.dice.chance(50),
        };
        let mut legs = vec![self.leg(&caller, start, Some(5), 5 + talk)];
        if self.dice.chance(40) {
            legs.push(self.leg(&called, start, Some(5), 5 + talk));
        }
        self.direct_rows(&call, legs);
    }

    /// A call with a customer, and when it begins.
    fn direct_call(&mut self, agent: &Agent, start: DateTime<Utc>) -> (Call, DateTime<Utc>) {
        let customer = self.customer();
        let (customer, start) = self.meet(customer, start);
        let own = self.side_of(agent);
        let outgoing = self.dice.chance(45);
        let (a, b) = if outgoing { (own, customer) } else { (customer, own) };
        (Call { id: self.dice.guid(), a, b, outgoing }, start)
    }

    /// A user's part in a call, in seconds after its start.
    pub(super) fn leg(
        &mut self,
        agent: &Agent,
        start: DateTime<Utc>,
        answer: Option<i64>,
        end: i64,
    ) -> Leg {
        let user = match self.dice.weighted(&[90, 5, 5]) {
            0 => json!(agent.id),
            1 => json!(self.dice.guid()),
            _ => Value::Null,
        };
        let privacy = match self.dice.weighted(&[80, 5, 5, 3, 3, 4, 2]) {
            0 => Some(json!("Work")),
            1 => Some(json!("Private")),
            2 => Some(json!("Undefined")),
            3 => Some(json!("Secret")),
            4 => Some(Value::Null),
            5 => Some(json!("work")),
            _ => None,
        };
        Leg {
            start,
            answer: answer.map(|answer| start + Duration::seconds(answer)),
            end: Some(start + Duration::seconds(end)),
            user,
            privacy,
        }
    }

    fn direct_rows(&mut self, call: &Call, legs: Vec<Leg>) {
        let mut rows: Vec<_> = legs.iter().map(|leg| leg.user_row(self.dice, call, None)).collect();
        let last = legs.iter().filter_map(|leg| leg.end).max().unwrap();
        appear(self.dice, &mut rows, last, self.now, true);
        self.calls.user.extend(rows);
    }
}
