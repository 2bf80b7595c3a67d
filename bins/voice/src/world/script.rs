//! The calls of the demo: what happens, how often, and what must become of it.
//!
//! Each scenario leads to one decision of design §3; [`PLAN`] says how often it happens. The order is
//! random, except that calls that still run come last in time and the long call comes first.

mod direct;
mod service;

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use rand::RngExt as _;
use rand::seq::SliceRandom as _;
use serde_json::Value;

use super::customers::Customers;
use super::ids::Ids;
use super::numbers::Number;
use super::rows::{Call, INCOMING, OUTGOING, Times, reported, user_row};
use super::schedule::{Block, Schedule};
use super::team::Team;
use super::{DemoRng, Expected};

/// Something that happens on the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scenario {
    DirectIncoming,
    DirectOutgoing,
    ServiceAnswered,
    TransferIncoming,
    TransferOutgoing,
    TransferService,
    WorkNumberWithDirectRow,
    TwoNumbersInOneColumn,
    WidgetTooEarly,
    WidgetOtherDirection,
    Widget,
    Fault,
    ServiceUnanswered,
    WorkNumberAlone,
    NotWork,
    Unanswered,
    TooShort,
    Withheld,
    Colleagues,
    StillRunning,
    Unknown,
    ClosedCustomer,
    Switchboard,
    Doubled,
    LongCall,
}

use Scenario as S;

/// How often each scenario happens: 114 conversations.
pub(super) const PLAN: [(Scenario, usize); 25] = [
    (S::StillRunning, 2),
    (S::DirectIncoming, 18),
    (S::DirectOutgoing, 14),
    (S::ServiceAnswered, 16),
    (S::TransferIncoming, 2),
    (S::TransferOutgoing, 1),
    (S::TransferService, 2),
    (S::WorkNumberWithDirectRow, 2),
    (S::TwoNumbersInOneColumn, 1),
    (S::WidgetTooEarly, 1),
    (S::WidgetOtherDirection, 1),
    (S::Widget, 5),
    (S::Fault, 1),
    (S::ServiceUnanswered, 8),
    (S::WorkNumberAlone, 3),
    (S::NotWork, 5),
    (S::Unanswered, 7),
    (S::TooShort, 4),
    (S::Withheld, 3),
    (S::Colleagues, 3),
    (S::Unknown, 7),
    (S::ClosedCustomer, 2),
    (S::Switchboard, 4),
    (S::Doubled, 1),
    (S::LongCall, 1),
];

/// What the scenarios leave behind in both systems.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    /// Rows of `/calls`.
    pub(super) calls: Vec<Value>,
    /// Rows of `/servicecall`.
    pub(super) service_calls: Vec<Value>,
    /// Rows of `phonecalls` that agents' widgets have made.
    pub(super) widget_calls: Vec<Value>,
    /// What must become of each call.
    pub(super) expected: BTreeMap<String, Expected>,
    /// The call to plant a fault for; empty if there was none.
    pub(super) failing: String,
}

/// Plays the scenarios.
pub(super) struct Stage<'a> {
    ids: Ids,
    rng: &'a mut DemoRng,
    team: &'a Team,
    customers: &'a Customers,
    schedule: Schedule,
    now: DateTime<Utc>,
    /// Distinguishes the ids of this stage's calls from those of other stages.
    act: String,
    next_customer: usize,
    traffic: Traffic,
}

impl<'a> Stage<'a> {
    /// A stage on which all calls end before `latest`.
    pub(super) fn new(
        ids: Ids,
        rng: &'a mut DemoRng,
        team: &'a Team,
        customers: &'a Customers,
        now: DateTime<Utc>,
        latest: DateTime<Utc>,
        act: String,
    ) -> Self {
        let schedule = Schedule::new(team.agents.len(), latest);
        let traffic = Traffic::default();
        Self { ids, rng, team, customers, schedule, now, act, next_customer: 0, traffic }
    }

    /// The single customers are used in turn; this says with whom to begin.
    pub(super) fn starting_with_customer(mut self, index: usize) -> Self {
        self.next_customer = index;
        self
    }

    /// Plays the whole plan.
    pub(super) fn play_all(mut self) -> Traffic {
        let mut running = Vec::new();
        let mut middle = Vec::new();
        let mut long = Vec::new();
        for (scenario, times) in PLAN {
            let part = match scenario {
                S::StillRunning => &mut running,
                S::LongCall => &mut long,
                _ => &mut middle,
            };
            part.extend((0..times).map(|round| (scenario, round)));
        }
        middle.shuffle(self.rng);
        for (scenario, round) in running.into_iter().chain(middle).chain(long) {
            self.play(scenario, round);
        }
        self.traffic
    }

    /// Plays one scenario and stops.
    pub(super) fn play_one(mut self, scenario: Scenario, round: usize) -> Traffic {
        self.play(scenario, round);
        self.traffic
    }

    fn play(&mut self, scenario: Scenario, round: usize) {
        let id = self.ids.id("call", format_args!("{}|{scenario:?}|{round}", self.act));
        let id = id.as_str();
        let expected = match scenario {
            S::DirectIncoming => self.direct_call(id, INCOMING, 12..60),
            S::DirectOutgoing => self.direct_call(id, OUTGOING, 12..60),
            S::ServiceAnswered => self.service_answered(id),
            S::TransferIncoming => self.transfer_incoming(id),
            S::TransferOutgoing => self.transfer_outgoing(id),
            S::TransferService => self.transfer_service(id),
            S::WorkNumberWithDirectRow => self.work_number(id, true),
            S::WorkNumberAlone => self.work_number(id, false),
            S::TwoNumbersInOneColumn => {
                let number = self.customers.beside_another.international();
                self.with_number(id, &number, Expected::Logged)
            }
            S::WidgetTooEarly => self.widget(id, OUTGOING, OUTGOING, -190, Expected::Logged),
            S::WidgetOtherDirection => self.widget(id, INCOMING, OUTGOING, 5, Expected::Logged),
            S::Widget => {
                let offset = [4, -12, 31, 0, 55][round % 5];
                let direction = if round.is_multiple_of(2) { INCOMING } else { OUTGOING };
                self.widget(id, direction, direction, offset, Expected::AlreadyLogged)
            }
            S::Fault => self.fault(id),
            S::ServiceUnanswered => self.service_unanswered(id),
            S::NotWork => self.not_work(id, round),
            S::Unanswered => self.unanswered(id, round),
            S::TooShort => {
                self.direct_call(id, INCOMING, 3..9);
                Expected::Skipped("TooShort")
            }
            S::Withheld => self.withheld(id, round),
            S::Colleagues => self.colleagues(id),
            S::StillRunning => self.still_running(id),
            S::Unknown => {
                let unknown = &self.customers.unknown;
                let number = unknown[round % unknown.len()].international();
                self.with_number(id, &number, Expected::Deferred("NoMatch"))
            }
            S::ClosedCustomer => {
                let closed = &self.customers.closed;
                let number = closed[round % closed.len()].international();
                self.with_number(id, &number, Expected::Deferred("NoMatch"))
            }
            S::Switchboard => {
                let number = self.customers.switchboard.international();
                self.with_number(id, &number, Expected::Deferred("Ambiguous"))
            }
            S::Doubled => {
                let number = self.customers.doubled.international();
                self.with_number(id, &number, Expected::Deferred("Ambiguous"))
            }
            S::LongCall => self.long_call(id),
        };
        self.traffic.expected.insert(id.to_owned(), expected);
    }

    fn seconds(&mut self, range: std::ops::Range<i64>) -> TimeDelta {
        TimeDelta::seconds(self.rng.random_range(range))
    }

    /// The next customer; none comes twice in the first act, so that no call can be taken for the
    /// widget's record of another.
    fn customer(&mut self) -> Number {
        let single = &self.customers.single;
        let number = single[self.next_customer % single.len()].clone();
        self.next_customer += 1;
        number
    }

    /// A customer of a call that is never looked up in Dynamics.
    fn anybody(&mut self) -> String {
        let single = &self.customers.single;
        single[self.rng.random_range(0..single.len())].international()
    }

    /// The number as the platform reports it: now and then without its plus sign.
    fn reported_number(&mut self, number: &str) -> String {
        let bare = self.rng.random_bool(0.12);
        if bare { number.trim_start_matches('+').to_owned() } else { number.to_owned() }
    }

    fn over(
        &self,
        start: DateTime<Utc>,
        answer: Option<DateTime<Utc>>,
        end: DateTime<Utc>,
    ) -> Times {
        Times { start, answer, end: Some(end), modified: reported(end).min(self.now) }
    }

    /// Books an agent for ringing and talk.
    fn answered(&mut self, talk: std::ops::Range<i64>) -> (Block, Times) {
        let ring = self.seconds(3..11);
        let length = ring + self.seconds(talk);
        let block = self.schedule.book(self.rng, length);
        (block, self.over(block.start, Some(block.start + ring), block.end))
    }

    fn push_direct(
        &mut self,
        id: &str,
        block: Block,
        direction: u8,
        number: &str,
        times: Times,
    ) -> &mut Value {
        let agent = &self.team.agents[block.agent];
        let (caller, called) = match direction {
            INCOMING => (number, agent.work_number.as_str()),
            _ => (agent.work_number.as_str(), number),
        };
        let call = Call { id, caller, called };
        let row = user_row(&self.ids, call, agent, None, direction, times);
        let index = self.traffic.calls.len();
        self.traffic.calls.push(row);
        &mut self.traffic.calls[index]
    }

    fn direct_with(
        &mut self,
        id: &str,
        direction: u8,
        number: &str,
        talk: std::ops::Range<i64>,
    ) -> (Block, Times) {
        let (block, times) = self.answered(talk);
        let number = self.reported_number(number);
        self.push_direct(id, block, direction, &number, times);
        (block, times)
    }

    /// Two agents after each other: the second one rings while the first one still talks.
    fn hand_over(&mut self) -> ((Block, Times), (Block, Times)) {
        let ring = self.seconds(3..8);
        let first_length = ring + self.seconds(15..40);
        let second_length = ring + self.seconds(20..50);
        let (first, second) = self.schedule.book_pair(self.rng, first_length, second_length, ring);
        let first_times = self.over(first.start, Some(first.start + ring), first.end);
        let second_times = self.over(second.start, Some(second.start + ring), second.end);
        ((first, first_times), (second, second_times))
    }
}
