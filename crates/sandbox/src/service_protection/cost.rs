//! What operations cost in execution time: a table, so that the same requests always cost the same.
//! The service publishes no such figures; these are the project's own.

use std::time::Duration;

use super::operation::Operation;
use crate::dataverse::exchange::Effort;

const CREATE: Duration = Duration::from_millis(60);
const UPDATE: Duration = Duration::from_millis(40);
const DELETE: Duration = Duration::from_millis(40);
const READ_ONE: Duration = Duration::from_millis(10);
const QUERY: Duration = Duration::from_millis(25);
const CHANGE_PAGE: Duration = Duration::from_millis(25);
const ACTION: Duration = Duration::from_millis(50);
const METADATA_WRITE: Duration = Duration::from_secs(3);

/// For each row that a query returns.
const ROW: Duration = Duration::from_micros(20);
/// For each row on a page of changes.
const CHANGED_ROW: Duration = Duration::from_micros(10);
/// For each row of a table in which text is looked for without knowing its beginning.
const SEARCHED_ROW: Duration = Duration::from_micros(2);

/// The execution time of a request that did `operation` and, if it was a batch, `inner` inside it.
/// Refused operations cost as much as others.
pub(crate) fn execution_time(
    operation: Operation,
    inner: &[Operation],
    effort: Effort,
) -> Duration {
    let fixed = inner.iter().copied().map(once).sum::<Duration>() + once(operation);
    let row = if operation == Operation::ChangePage { CHANGED_ROW } else { ROW };
    fixed + times(row, effort.rows_returned) + times(SEARCHED_ROW, effort.rows_searched)
}

fn once(operation: Operation) -> Duration {
    match operation {
        Operation::Batch => Duration::ZERO,
        Operation::Create => CREATE,
        Operation::Update => UPDATE,
        Operation::Delete => DELETE,
        Operation::ReadOne => READ_ONE,
        Operation::Query => QUERY,
        Operation::ChangePage => CHANGE_PAGE,
        Operation::Action => ACTION,
        Operation::MetadataWrite => METADATA_WRITE,
        Operation::CreateMany(count) => times(CREATE, count),
        Operation::UpdateMany(count) => times(UPDATE, count),
    }
}

fn times(cost: Duration, count: usize) -> Duration {
    cost.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(operation: Operation, (rows_returned, rows_searched): (usize, usize), micros: u64) {
        let effort = Effort { rows_returned, rows_searched };
        let expected = Duration::from_micros(micros);
        assert_eq!(execution_time(operation, &[], effort), expected, "{operation:?}");
    }

    #[test]
    fn every_operation_has_its_price() {
        check(Operation::Create, (0, 0), 60_000);
        check(Operation::Update, (0, 0), 40_000);
        check(Operation::Delete, (0, 0), 40_000);
        check(Operation::ReadOne, (0, 0), 10_000);
        check(Operation::Query, (5_000, 0), 125_000);
        check(Operation::Query, (1, 1_000_000), 2_025_020);
        check(Operation::ChangePage, (5_000, 0), 75_000);
        check(Operation::Action, (0, 0), 50_000);
        check(Operation::MetadataWrite, (0, 0), 3_000_000);
        check(Operation::CreateMany(100), (0, 0), 6_000_000);
        check(Operation::UpdateMany(100), (0, 0), 4_000_000);
    }

    #[test]
    fn a_batch_costs_what_its_operations_cost() {
        let inner = [Operation::Create, Operation::Create, Operation::Query];
        let effort = Effort { rows_returned: 50, rows_searched: 0 };
        let cost = execution_time(Operation::Batch, &inner, effort);
        assert_eq!(cost, Duration::from_millis(60 + 60 + 25 + 1));
    }
}
