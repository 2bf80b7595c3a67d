use sync_store::{Outcome, Store};

use crate::contract::contract;
use crate::fixtures::*;

contract! {
    a_failed_call_is_due_when_its_time_has_come,
    a_dead_letter_is_never_due,
    dead_letters_are_tried_again_on_request,
    one_dead_letter_is_tried_again_on_request,
    a_call_that_fails_again_after_a_retry_is_a_dead_letter_again,
}

fn calls(states: &[sync_store::CallState]) -> Vec<&str> {
    states.iter().map(|state| state.call.as_str()).collect()
}

async fn a_failed_call_is_due_when_its_time_has_come(store: &dyn Store) {
    let tenant = tenant();
    let decisions =
        [failed("c", 1, Some(at(30))), failed("b", 2, Some(at(20))), failed("a", 1, Some(at(31)))];
    store.record(&tenant, at(0), &decisions).await.unwrap();
    store.record(&tenant, at(0), &[deferred("d")]).await.unwrap();
    assert!(store.failed_due(&tenant, at(19)).await.unwrap().is_empty());
    assert_eq!(calls(&store.failed_due(&tenant, at(30)).await.unwrap()), ["b", "c"]);
    store.record(&tenant, at(30), &[logged("b")]).await.unwrap();
    assert_eq!(calls(&store.failed_due(&tenant, at(30)).await.unwrap()), ["c"]);
}

async fn a_dead_letter_is_never_due(store: &dyn Store) {
    let tenant = tenant();
    store.record(&tenant, at(0), &[failed("late", 8, None)]).await.unwrap();
    store.record(&tenant, at(-9), &[failed("early", 8, None)]).await.unwrap();
    assert!(store.failed_due(&tenant, days(999)).await.unwrap().is_empty());
    let dead = store.dead_letters(&tenant).await.unwrap();
    assert_eq!(calls(&dead), ["early", "late"]);
    assert_eq!(dead[0].outcome, Outcome::Failed { attempts: 8, next_attempt: None });
}

async fn dead_letters_are_tried_again_on_request(store: &dyn Store) {
    let tenant = tenant();
    let decisions = [failed("a", 8, None), failed("b", 8, None), failed("c", 1, Some(at(99)))];
    store.record(&tenant, at(0), &decisions).await.unwrap();
    assert_eq!(store.retry_dead_letters(&tenant, at(60)).await.unwrap(), 2);
    assert!(store.dead_letters(&tenant).await.unwrap().is_empty());
    let due = store.failed_due(&tenant, at(60)).await.unwrap();
    assert_eq!(calls(&due), ["a", "b"]);
    assert_eq!(due[0].outcome, Outcome::Failed { attempts: 0, next_attempt: Some(at(60)) });
    assert_eq!(store.retry_dead_letters(&tenant, at(61)).await.unwrap(), 0);
}

async fn one_dead_letter_is_tried_again_on_request(store: &dyn Store) {
    let tenant = tenant();
    store.record(&tenant, at(0), &[failed("a", 8, None), failed("b", 8, None)]).await.unwrap();
    assert!(store.retry_dead_letter(&tenant, &call("a"), at(60)).await.unwrap());
    assert!(!store.retry_dead_letter(&tenant, &call("a"), at(60)).await.unwrap());
    assert!(!store.retry_dead_letter(&tenant, &call("nothing"), at(60)).await.unwrap());
    assert_eq!(calls(&store.dead_letters(&tenant).await.unwrap()), ["b"]);
    assert_eq!(calls(&store.failed_due(&tenant, at(60)).await.unwrap()), ["a"]);
}

async fn a_call_that_fails_again_after_a_retry_is_a_dead_letter_again(store: &dyn Store) {
    let tenant = tenant();
    store.record(&tenant, at(0), &[failed("a", 8, None)]).await.unwrap();
    store.retry_dead_letters(&tenant, at(60)).await.unwrap();
    assert_eq!(store.record(&tenant, at(61), &[failed("a", 8, None)]).await.unwrap(), 1);
    assert_eq!(calls(&store.dead_letters(&tenant).await.unwrap()), ["a"]);
}
