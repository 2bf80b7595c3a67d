//! Who is on the phone when: nobody talks twice at once.
//!
//! The schedule is filled backwards from the present, so that every call ends inside the window of
//! the first pass.

use chrono::{DateTime, TimeDelta, Utc};
use rand::RngExt as _;

use super::DemoRng;

/// The agents' time.
#[derive(Debug)]
pub(super) struct Schedule {
    /// Before this, the agent is free.
    free_until: Vec<DateTime<Utc>>,
}

/// A stretch of one agent's time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block {
    /// Index of the agent.
    pub(super) agent: usize,
    /// The telephone begins to ring, or the agent to dial.
    pub(super) start: DateTime<Utc>,
    /// The telephone is put down.
    pub(super) end: DateTime<Utc>,
}

impl Schedule {
    /// All agents are free until `latest`.
    pub(super) fn new(agents: usize, latest: DateTime<Utc>) -> Self {
        Self { free_until: vec![latest; agents] }
    }

    /// Books the agent with the most time left.
    pub(super) fn book(&mut self, rng: &mut DemoRng, length: TimeDelta) -> Block {
        let agent = self.freest(None);
        self.book_agent(rng, agent, length)
    }

    /// Books a certain agent.
    pub(super) fn book_agent(
        &mut self,
        rng: &mut DemoRng,
        agent: usize,
        length: TimeDelta,
    ) -> Block {
        let end = self.free_until[agent];
        self.book_until(rng, agent, end, length)
    }

    /// Books two agents, the second one from the moment `overlap` before the first one is done:
    /// a call that is handed over, or one that they have with each other.
    pub(super) fn book_pair(
        &mut self,
        rng: &mut DemoRng,
        first_length: TimeDelta,
        second_length: TimeDelta,
        overlap: TimeDelta,
    ) -> (Block, Block) {
        let first = self.freest(None);
        let second = self.freest(Some(first));
        let later = second_length - overlap;
        let end = self.free_until[second].min(self.free_until[first] + later);
        let second = self.book_until(rng, second, end, second_length);
        let first = self.book_until(rng, first, end - later, first_length);
        (first, second)
    }

    fn freest(&self, other_than: Option<usize>) -> usize {
        let free = self.free_until.iter().enumerate();
        free.filter(|(agent, _)| Some(*agent) != other_than)
            .max_by_key(|(agent, until)| (**until, usize::MAX - agent))
            .map_or(0, |(agent, _)| agent)
    }

    fn book_until(
        &mut self,
        rng: &mut DemoRng,
        agent: usize,
        end: DateTime<Utc>,
        length: TimeDelta,
    ) -> Block {
        let start = end - length;
        self.free_until[agent] = start - TimeDelta::seconds(rng.random_range(2..8));
        Block { agent, start, end }
    }
}
