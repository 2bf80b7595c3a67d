//! What goes wrong around call sync, each kind in a file: after each, every call that is to be logged
//! has one phone call row, nothing that a person did is undone, and the decisions say so.

mod adoption;
mod clocks;
mod deleted;
mod directory;
mod failing;
mod idle;
mod late;
mod refusals;
mod store;
mod throttling;
mod tokens;
mod twins;
mod windows;

use call_sync::PassReport;
use sync_store::{JobName, Store};
use test_support::{Call, Customer, TestPlant, World};
use voice_model::ErrorClass;

/// A plant with so many calls of as many customers, three seconds apart, the last one just over.
async fn busy_plant(calls: u32) -> (TestPlant, Vec<Call>) {
    let plant = TestPlant::start().await;
    let calls = add_calls(&plant, 1..=calls);
    (plant, calls)
}

/// Adds calls of customers of their own.
fn add_calls(plant: &TestPlant, numbers: std::ops::RangeInclusive<u32>) -> Vec<Call> {
    let customers: Vec<_> = numbers.clone().map(Customer::contact).collect();
    let last = *numbers.end();
    let started = |number| plant.ago_secs(90 + 3 * i64::from(last - number));
    let calls: Vec<_> = numbers
        .zip(&customers)
        .map(|(number, customer)| Call::incoming(number, started(number), customer))
        .collect();
    plant.load(World::new().customers(&customers).calls(&calls));
    calls
}

/// No attempt of these calls was counted and the cursor is before them, so that the next pass has them
/// all again.
async fn assert_nothing_kept(plant: &TestPlant, calls: &[Call]) {
    let ids: Vec<_> = calls.iter().map(Call::id).collect();
    let known = plant.store().await.calls(&plant.tenant(), &ids).await.unwrap();
    assert!(known.is_empty(), "{known:?}");
    assert_not_moved(plant, calls).await;
}

/// The cursor of live passes is before these calls.
async fn assert_not_moved(plant: &TestPlant, calls: &[Call]) {
    let cursor = plant.store().await.cursor(&plant.tenant(), &JobName::CALL_SYNC).await.unwrap();
    assert!(cursor.is_none_or(|at| calls.iter().all(|call| at < call.start())), "{cursor:?}");
}

/// How many calls of a pass had an outcome such as `Logged`.
fn count(report: &PassReport, outcome: &str) -> usize {
    report.decisions.iter().filter(|decision| decision.outcome.name() == outcome).count()
}

/// The class of what stopped a pass.
#[track_caller]
fn class_of_stop(report: &PassReport) -> ErrorClass {
    let stopped = report.error.as_ref().map(call_sync::Error::class);
    stopped.unwrap_or_else(|| panic!("nothing stopped the pass"))
}

/// That nothing stopped a pass.
#[track_caller]
fn assert_good(report: &PassReport) {
    let error = report.error.as_ref().map(call_sync::Error::chain);
    assert_eq!(error, None);
}
