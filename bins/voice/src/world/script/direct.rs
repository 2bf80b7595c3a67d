//! Scenarios of calls made by or to a person.

use chrono::TimeDelta;
use rand::RngExt as _;
use serde_json::{Value, json};

use super::Stage;
use crate::world::Expected;
use crate::world::rows::{Call, INCOMING, OUTGOING, user_row};
use crate::world::team::DISABLED_AGENT;
use crate::world::widget::{WidgetCall, widget_row};

impl Stage<'_> {
    pub(super) fn direct_call(
        &mut self,
        id: &str,
        direction: u8,
        talk: std::ops::Range<i64>,
    ) -> Expected {
        let number = self.customer().international();
        self.direct_with(id, direction, &number, talk);
        Expected::Logged
    }

    pub(super) fn with_number(&mut self, id: &str, number: &str, expected: Expected) -> Expected {
        let direction = if self.rng.random_bool(0.7) { INCOMING } else { OUTGOING };
        self.direct_with(id, direction, number, 12..50);
        expected
    }

    pub(super) fn fault(&mut self, id: &str) -> Expected {
        self.direct_call(id, INCOMING, 20..40);
        id.clone_into(&mut self.traffic.failing);
        Expected::Failed
    }

    pub(super) fn long_call(&mut self, id: &str) -> Expected {
        let number = self.customer().international();
        self.direct_with(id, OUTGOING, &number, 2400..2401);
        Expected::Logged
    }

    pub(super) fn transfer_incoming(&mut self, id: &str) -> Expected {
        let number = self.customer().international();
        let (first, second) = self.hand_over();
        self.push_direct(id, first.0, INCOMING, &number, first.1);
        self.push_direct(id, second.0, INCOMING, &number, second.1);
        Expected::Logged
    }

    /// The second leg runs between two colleagues: the customer stands in the first one alone.
    pub(super) fn transfer_outgoing(&mut self, id: &str) -> Expected {
        let number = self.customer().international();
        let (first, second) = self.hand_over();
        self.push_direct(id, first.0, OUTGOING, &number, first.1);
        let colleague = self.team.agents[first.0.agent].work_number.clone();
        self.push_direct(id, second.0, INCOMING, &colleague, second.1);
        Expected::Logged
    }

    /// A phone call by the agent's widget, `offset` seconds from the start of the call.
    pub(super) fn widget(
        &mut self,
        id: &str,
        direction: u8,
        widget_direction: u8,
        offset: i64,
        expected: Expected,
    ) -> Expected {
        let number = self.customer();
        let international = number.international();
        let (block, times) = self.direct_with(id, direction, &international, 62..80);
        let agent = &self.team.agents[block.agent];
        let start = times.start + TimeDelta::seconds(offset);
        let row = widget_row(&WidgetCall {
            id: self.ids.id("widget", id),
            number: &number,
            outgoing: widget_direction == OUTGOING,
            start,
            end: block.end.min(start + TimeDelta::seconds(70)),
            owner: &agent.system_user,
            // Dynamics lets a disabled user own nothing new.
            owned: block.agent != DISABLED_AGENT,
        });
        self.traffic.widget_calls.push(row);
        expected
    }

    /// Private, undecided, not said, and a class that we have never heard of.
    pub(super) fn not_work(&mut self, id: &str, round: usize) -> Expected {
        let number = self.anybody();
        let (block, times) = self.answered(15..50);
        let direction = if round.is_multiple_of(2) { INCOMING } else { OUTGOING };
        let row = self.push_direct(id, block, direction, &number, times);
        match round % 4 {
            0 => row["Privacy"] = json!("Private"),
            1 => row["Privacy"] = json!("Undefined"),
            2 => row["Privacy"] = json!("Confidential"),
            _ => {
                if let Some(fields) = row.as_object_mut() {
                    fields.shift_remove("Privacy");
                }
            }
        }
        Expected::Skipped("NotWork")
    }

    pub(super) fn unanswered(&mut self, id: &str, round: usize) -> Expected {
        let number = self.anybody();
        let length = self.seconds(12..28);
        let block = self.schedule.book(self.rng, length);
        let times = self.over(block.start, None, block.end);
        let direction = if round.is_multiple_of(3) { OUTGOING } else { INCOMING };
        self.push_direct(id, block, direction, &number, times);
        Expected::Skipped("Unanswered")
    }

    pub(super) fn withheld(&mut self, id: &str, round: usize) -> Expected {
        let (block, times) = self.answered(15..50);
        let row = self.push_direct(id, block, INCOMING, "", times);
        row["ANum"] = [json!(""), json!("anonymous"), Value::Null][round % 3].clone();
        Expected::Skipped("NoNumber")
    }

    pub(super) fn colleagues(&mut self, id: &str) -> Expected {
        let ring = self.seconds(3..8);
        let length = ring + self.seconds(15..50);
        let (caller, called) = self.schedule.book_pair(self.rng, length, length, length);
        let times = self.over(caller.start, Some(caller.start + ring), caller.end);
        let team = self.team;
        let call = Call {
            id,
            caller: &team.agents[caller.agent].work_number,
            called: &team.agents[called.agent].mobile_number,
        };
        for (block, direction) in [(caller, OUTGOING), (called, INCOMING)] {
            let agent = &team.agents[block.agent];
            let row = user_row(&self.ids, call, agent, None, direction, times);
            self.traffic.calls.push(row);
        }
        Expected::Skipped("Internal")
    }
}
