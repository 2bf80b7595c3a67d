//! Calls to queues, and traffic of personal work numbers.

use chrono::{DateTime, Duration, Utc};
use serde_json::Value;

use super::super::organisation::{Agent, Queue};
use super::Scene;
use super::leg::{Call, Leg, appear};

impl Scene<'_> {
    /// Answered in a queue, with or without the agent's own row.
    pub(super) fn queued(&mut self, with_agents_row: bool) {
        let (talk, wait) = (self.talk(), self.dice.between(0, 60));
        let start = self.start(talk + wait);
        let (call, queue, start) = self.queue_call(start);
        let leg = self.answered(start, wait, talk);
        let service = self.service_row(&leg, &call, &queue, Some(&queue));
        let mut rows = Vec::new();
        if with_agents_row {
            let silent = self.agent();
            let unanswered = self.leg(&silent, start, None, wait);
            if self.dice.chance(25) {
                rows.push(unanswered.user_row(self.dice, &call, Some(&queue)));
            }
            let agents = Leg { start: start + Duration::seconds(wait / 2), ..leg.clone() };
            rows.push(agents.user_row(self.dice, &call, Some(&queue)));
        }
        self.keep(&leg, vec![service], rows);
    }

    pub(super) fn unanswered_in_queue(&mut self) {
        let wait = self.dice.between(1, 90);
        let start = self.start(wait);
        let (call, queue, start) = self.queue_call(start);
        let leg = unanswered(start, wait);
        let service = self.service_row(&leg, &call, &queue, None);
        let mut rows = Vec::new();
        if self.dice.chance(30) {
            let silent = self.agent();
            let silent = self.leg(&silent, start, None, wait);
            rows.push(silent.user_row(self.dice, &call, Some(&queue)));
        }
        self.keep(&leg, vec![service], rows);
    }

    /// Arrived in one queue, answered in another, or in none.
    pub(super) fn overflowed(&mut self) {
        let (talk, wait) = (self.talk(), self.dice.between(10, 60));
        let start = self.start(talk + wait);
        let (call, first, start) = self.queue_call(start);
        let other = self.dice.pick(&self.organisation.queues).clone();
        let leg = if self.dice.chance(75) {
            self.answered(start, wait, talk)
        } else {
            unanswered(start, wait)
        };
        let answering = leg.answer.is_some().then_some(&other);
        let service = self.service_row(&leg, &call, &first, answering);
        self.keep(&leg, vec![service], Vec::new());
    }

    /// Answered in a queue and handed on to a colleague.
    pub(super) fn transferred_from_queue(&mut self) {
        let (first_talk, second_talk) = (self.talk(), self.talk());
        let start = self.start(first_talk + second_talk + 30);
        let (call, queue, start) = self.queue_call(start);
        let first = self.answered(start, 10, first_talk);
        let whole = Leg {
            end: first.end.map(|end| end + Duration::seconds(second_talk + 5)),
            ..first.clone()
        };
        let service = self.service_row(&whole, &call, &queue, Some(&queue));
        let colleague = self.agent();
        let second = self.leg(&colleague, first.end.unwrap(), Some(5), 5 + second_talk);
        let as_queue_call = self.dice.chance(50).then_some(&queue);
        let rows = vec![
            first.user_row(self.dice, &call, Some(&queue)),
            second.user_row(self.dice, &call, as_queue_call),
        ];
        self.keep(&whole, vec![service], rows);
    }

    /// To a person's work number: a service row without queue name, with or without a direct row.
    pub(super) fn personal(&mut self, with_direct_row: bool) {
        let talk = self.talk();
        let start = self.start(talk + 10);
        let customer = self.customer();
        let (a, start) = self.meet(customer, start);
        let agent = self.agent();
        let call = Call { id: self.dice.guid(), a, b: self.side_of(&agent), outgoing: false };
        let answered = self.dice.chance(80);
        let leg = self.leg(&agent, start, answered.then_some(8), 8 + talk);
        let queue = self.dice.guid();
        let mut service = leg.service_row(self.dice, &call, (&queue, Value::Null), None);
        match self.dice.weighted(&[60, 20, 20]) {
            0 => {}
            1 => service["QueueName"] = "".into(),
            _ => drop(service.as_object_mut().unwrap().remove("QueueName")),
        }
        let mut rows = Vec::new();
        if with_direct_row {
            rows.push(leg.user_row(self.dice, &call, None));
        }
        self.keep(&leg, vec![service], rows);
    }

    /// Still running: the service row has no end yet.
    pub(super) fn running(&mut self) {
        let start = self.now - Duration::seconds(self.dice.between(5, 100));
        let (call, queue, _) = self.queue_call(start);
        let mut leg = self.answered(start, 3, 1);
        leg.end = None;
        let service = self.service_row(&leg, &call, &queue, Some(&queue));
        let mut rows = Vec::new();
        if self.dice.chance(40) {
            let ended = Leg { end: leg.answer, ..leg.clone() };
            rows.push(ended.user_row(self.dice, &call, Some(&queue)));
        }
        self.keep(&leg, vec![service], rows);
    }

    /// Only the users' rows of a queue call.
    pub(super) fn agents_rows_alone(&mut self) {
        let (talk, wait) = (self.talk(), self.dice.between(0, 60));
        let start = self.start(talk + wait);
        let (call, queue, start) = self.queue_call(start);
        let leg = if self.dice.chance(70) {
            self.answered(start, wait, talk)
        } else {
            unanswered(start, wait)
        };
        let mut rows = vec![leg.user_row(self.dice, &call, Some(&queue))];
        if self.dice.chance(20) {
            let silent = self.agent();
            let silent = self.leg(&silent, start, None, wait);
            rows.push(silent.user_row(self.dice, &call, Some(&queue)));
        }
        if self.dice.chance(20) {
            for row in &mut rows {
                (row["QueueName"], row["CallType"]) = (Value::Null, 2.into());
            }
        }
        self.keep(&leg, Vec::new(), rows);
    }

    fn queue_call(&mut self, start: DateTime<Utc>) -> (Call, Queue, DateTime<Utc>) {
        let customer = self.customer();
        let (a, start) = self.meet(customer, start);
        let queue = self.dice.pick(&self.organisation.queues).clone();
        let b = match queue.number.clone() {
            Some(number) => self.wire(&number),
            None => String::new(),
        };
        (Call { id: self.dice.guid(), a, b: b.into(), outgoing: false }, queue, start)
    }

    fn answered(&mut self, start: DateTime<Utc>, wait: i64, talk: i64) -> Leg {
        let agent: Agent = self.agent();
        self.leg(&agent, start, Some(wait), wait + talk)
    }

    fn service_row(
        &mut self,
        leg: &Leg,
        call: &Call,
        first: &Queue,
        answering: Option<&Queue>,
    ) -> Value {
        leg.service_row(self.dice, call, (&first.id, first.name.clone().into()), answering)
    }

    /// Keeps the rows; those of one call to a queue appear together.
    fn keep(&mut self, leg: &Leg, mut service: Vec<Value>, mut user: Vec<Value>) {
        let last = leg.end.unwrap_or(self.now - Duration::seconds(2));
        appear(self.dice, &mut service, last, self.now, false);
        appear(self.dice, &mut user, last, self.now, false);
        self.calls.service.extend(service);
        self.calls.user.extend(user);
    }
}

fn unanswered(start: DateTime<Utc>, wait: i64) -> Leg {
    let end = Some(start + Duration::seconds(wait));
    Leg { start, answer: None, end, user: Value::Null, privacy: None }
}
