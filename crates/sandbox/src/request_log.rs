//! What the sandbox was asked, for tests that assert on windows, counts and batch contents.
//!
//! A row is written when a request arrives and completed when it is answered. The newest
//! rows are kept, up to [`CAPACITY`] together with their inner operations; older ones are forgotten.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use serde::Serialize;

/// How many rows and inner operations are kept.
pub(crate) const CAPACITY: usize = 200_000;

/// One received request (design, section 9).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoggedRequest {
    /// Place in the order of arrival, from 1; starts anew after a reset.
    pub number: u64,
    /// When it arrived.
    pub time: DateTime<Utc>,
    /// `enreach`, `dataverse`, `entra`, or `unknown` for a path that nothing serves.
    pub system: &'static str,
    /// HTTP method.
    pub method: String,
    /// Path and query as received.
    pub path: String,
    /// Status of the answer; `None` while it is being worked on and when none was sent.
    pub status: Option<u16>,
    /// Operations inside a `$batch`, in order; empty otherwise.
    pub inner: Vec<InnerOperation>,
}

/// One operation inside a `$batch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InnerOperation {
    /// HTTP method.
    pub method: String,
    /// Path from `/api/data/v9.2/` on, without query.
    pub path: String,
    /// Status of its part of the answer.
    pub status: u16,
}

/// Names a row that is not complete yet. A ticket from before a reset completes nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ticket {
    generation: u64,
    number: u64,
}

#[derive(Debug, Default)]
pub(crate) struct RequestLog(Mutex<Rows>);

#[derive(Debug, Default)]
struct Rows {
    generation: u64,
    last_number: u64,
    rows: VecDeque<LoggedRequest>,
    inner_operations: usize,
}

impl Rows {
    fn make_room(&mut self) {
        while self.rows.len() + self.inner_operations > CAPACITY {
            let Some(oldest) = self.rows.pop_front() else { return };
            self.inner_operations -= oldest.inner.len();
        }
    }
}

impl RequestLog {
    /// Writes the row of a request that has just arrived.
    pub(crate) fn begin(
        &self,
        time: DateTime<Utc>,
        system: &'static str,
        method: &str,
        path: &str,
    ) -> Ticket {
        let mut log = self.lock();
        log.last_number += 1;
        let number = log.last_number;
        log.rows.push_back(LoggedRequest {
            number,
            time,
            system,
            method: method.to_owned(),
            path: path.to_owned(),
            status: None,
            inner: Vec::new(),
        });
        log.make_room();
        Ticket { generation: log.generation, number }
    }

    /// Completes a row; `status` is `None` when no answer is sent.
    pub(crate) fn finish(&self, ticket: Ticket, status: Option<u16>, inner: Vec<InnerOperation>) {
        let mut log = self.lock();
        if log.generation != ticket.generation {
            return;
        }
        let Some(oldest) = log.rows.front().map(|row| row.number) else { return };
        let row = ticket.number.checked_sub(oldest).and_then(|place| usize::try_from(place).ok());
        if let Some(row) = row.and_then(|place| log.rows.get_mut(place)) {
            let count = inner.len();
            row.status = status;
            row.inner = inner;
            log.inner_operations += count;
            log.make_room();
        }
    }

    /// The rows with a number above `since`, oldest first.
    pub(crate) fn since(&self, since: u64) -> Vec<LoggedRequest> {
        let log = self.lock();
        let first = log.rows.partition_point(|row| row.number <= since);
        log.rows.range(first..).cloned().collect()
    }

    /// Forgets everything and counts from 1 again.
    pub(crate) fn clear(&self) {
        let mut log = self.lock();
        let generation = log.generation + 1;
        *log = Rows { generation, ..Rows::default() };
    }

    fn lock(&self) -> MutexGuard<'_, Rows> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log_of(count: usize) -> (RequestLog, Vec<Ticket>) {
        let log = RequestLog::default();
        let tickets = (0..count)
            .map(|_| log.begin(DateTime::UNIX_EPOCH, "enreach", "GET", "/enreach/calls"))
            .collect();
        (log, tickets)
    }

    #[test]
    fn rows_count_from_one_and_since_gives_those_above() {
        let (log, _) = log_of(3);
        let numbers = |since| log.since(since).iter().map(|row| row.number).collect::<Vec<_>>();
        assert_eq!(numbers(0), [1, 2, 3]);
        assert_eq!(numbers(2), [3]);
        assert_eq!(numbers(9), [0; 0]);
    }

    #[test]
    fn requests_may_finish_in_any_order() {
        let (log, tickets) = log_of(2);
        log.finish(tickets[1], Some(404), Vec::new());
        assert_eq!(log.since(0)[0].status, None);
        log.finish(tickets[0], Some(200), Vec::new());
        let statuses: Vec<_> = log.since(0).iter().map(|row| row.status).collect();
        assert_eq!(statuses, [Some(200), Some(404)]);
    }

    #[test]
    fn an_answer_to_a_request_from_before_a_reset_is_not_logged() {
        let (log, tickets) = log_of(1);
        log.clear();
        log.begin(DateTime::UNIX_EPOCH, "entra", "POST", "/entra");
        log.finish(tickets[0], Some(200), Vec::new());
        let rows = log.since(0);
        assert_eq!((rows.len(), rows[0].number, rows[0].status), (1, 1, None));
    }

    #[test]
    fn inner_operations_count_too() {
        let (log, tickets) = log_of(10);
        let operation =
            InnerOperation { method: "GET".to_owned(), path: "/x".to_owned(), status: 200 };
        log.finish(tickets[9], Some(200), vec![operation; CAPACITY - 4]);
        assert_eq!(log.since(0).iter().map(|row| row.number).collect::<Vec<_>>(), [7, 8, 9, 10]);
    }

    #[test]
    fn the_oldest_rows_make_room() {
        let (log, tickets) = log_of(CAPACITY + 5);
        log.finish(tickets[0], Some(200), Vec::new());
        log.finish(tickets[5], Some(201), Vec::new());
        let rows = log.since(0);
        assert_eq!((rows.len(), rows[0].number, rows[0].status), (CAPACITY, 6, Some(201)));
    }
}
