//! Scenarios of calls that come in through a queue or a personal work number.

use rand::RngExt as _;

use super::Stage;
use crate::world::Expected;
use crate::world::rows::{Call, INCOMING, Times, reported, service_row, user_row};

impl Stage<'_> {
    pub(super) fn service_answered(&mut self, id: &str) -> Expected {
        let number = self.customer().international();
        let caller = self.reported_number(&number);
        let (block, times) = self.answered(12..60);
        let arrival = times.start - self.seconds(4..40);
        let team = self.team;
        let queue = &team.queues[self.rng.random_range(0..team.queues.len())];
        let agent = &team.agents[block.agent];
        let call = Call { id, caller: &caller, called: &queue.number };
        let journey = Times { start: arrival, ..times };
        let row = service_row(&self.ids, call, Some(agent), Some(queue), journey);
        self.traffic.service_calls.push(row);
        let row = user_row(&self.ids, call, agent, Some(queue), INCOMING, times);
        self.traffic.calls.push(row);
        Expected::Logged
    }

    pub(super) fn service_unanswered(&mut self, id: &str) -> Expected {
        let number = self.anybody();
        let end = self.now - self.seconds(30..780);
        let start = end - self.seconds(15..100);
        let times = self.over(start, None, end);
        let queue = &self.team.queues[self.rng.random_range(0..self.team.queues.len())];
        let call = Call { id, caller: &number, called: &queue.number };
        let row = service_row(&self.ids, call, None, Some(queue), times);
        self.traffic.service_calls.push(row);
        Expected::Skipped("KindSwitchedOff")
    }

    pub(super) fn transfer_service(&mut self, id: &str) -> Expected {
        let number = self.customer().international();
        let (first, second) = self.hand_over();
        let team = self.team;
        let queue = &team.queues[0];
        let call = Call { id, caller: &number, called: &queue.number };
        let journey = Times { start: first.1.start - self.seconds(4..20), ..second.1 };
        let journey = Times { answer: first.1.answer, ..journey };
        let last = &team.agents[second.0.agent];
        let row = service_row(&self.ids, call, Some(last), Some(queue), journey);
        self.traffic.service_calls.push(row);
        for (block, times) in [first, second] {
            let agent = &team.agents[block.agent];
            let row = user_row(&self.ids, call, agent, Some(queue), INCOMING, times);
            self.traffic.calls.push(row);
        }
        Expected::Logged
    }

    pub(super) fn work_number(&mut self, id: &str, with_direct_row: bool) -> Expected {
        let number = self.customer().international();
        let (block, times) = self.answered(15..50);
        let agent = &self.team.agents[block.agent];
        let call = Call { id, caller: &number, called: &agent.work_number };
        let row = service_row(&self.ids, call, Some(agent), None, times);
        self.traffic.service_calls.push(row);
        if !with_direct_row {
            return Expected::Skipped("PersonalWorkQueue");
        }
        self.push_direct(id, block, INCOMING, &number, times);
        Expected::Logged
    }

    /// Queue calls are reported after each event: this one has been answered and goes on.
    pub(super) fn still_running(&mut self, id: &str) -> Expected {
        let number = self.anybody();
        let (block, times) = self.answered(40..90);
        let queue = &self.team.queues[1];
        let agent = &self.team.agents[block.agent];
        let call = Call { id, caller: &number, called: &queue.number };
        let answer = times.answer.unwrap_or(times.start);
        let times = Times { end: None, modified: reported(answer), ..times };
        let row = service_row(&self.ids, call, Some(agent), Some(queue), times);
        self.traffic.service_calls.push(row);
        Expected::Deferred("InProgress")
    }
}
