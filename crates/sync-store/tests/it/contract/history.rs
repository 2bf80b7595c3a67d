use sync_store::{CallDecision, CustomerNumber, Error, Outcome, PastDecision, Store};
use voice_model::ErrorClass;

use crate::contract::contract;
use crate::fixtures::*;

contract! {
    a_line_is_added_when_the_decision_differs,
    legs_and_modified_alone_are_no_new_decision,
    a_number_is_found_by_its_digits,
    a_number_that_a_call_once_had_finds_it,
    lines_come_in_the_order_in_which_they_were_recorded,
    a_number_without_digits_is_refused,
    a_megabyte_of_evidence_is_kept_whole,
}

fn with_evidence(mut decision: CallDecision, evidence: &str) -> CallDecision {
    decision.details.as_mut().unwrap().evidence = opaque(evidence);
    decision
}

fn with_number(mut decision: CallDecision, number: &str) -> CallDecision {
    decision.details.as_mut().unwrap().number = Some(CustomerNumber::new(number));
    decision
}

async fn a_line_is_added_when_the_decision_differs(store: &dyn Store) {
    let tenant = tenant();
    let steps = [
        deferred("a"),
        with_evidence(deferred("a"), "{\"candidates\":[1,2]}"),
        with_evidence(decision("a", Outcome::Deferred, "Ambiguous"), "{\"candidates\":[1,2]}"),
        failed("a", 1, Some(at(9))),
        failed("a", 2, Some(at(99))),
        failed("a", 2, None),
        with_number(failed("a", 2, None), "+4712345678"),
        deferred("a"),
    ];
    for (now, step) in (0..).zip(&steps) {
        for _ in 0..2 {
            store.record(&tenant, at(now), std::slice::from_ref(step)).await.unwrap();
        }
    }
    let expected = (0..).zip(steps).map(|(now, step)| {
        let details = step.details.unwrap();
        PastDecision {
            call: step.call,
            at: at(now),
            outcome: step.outcome,
            reason: step.reason,
            number: details.number,
            evidence: Some(details.evidence),
        }
    });
    let expected: Vec<_> = expected.collect();
    assert_eq!(store.history(&tenant, &call("a")).await.unwrap(), expected);
}

async fn legs_and_modified_alone_are_no_new_decision(store: &dyn Store) {
    let tenant = tenant();
    store.record(&tenant, at(0), &[deferred("a")]).await.unwrap();
    let mut later = CallDecision { modified: Some(at(5)), ..deferred("a") };
    later.details.as_mut().unwrap().legs = opaque("[1,2]");
    assert_eq!(store.record(&tenant, at(9), &[later]).await.unwrap(), 1);
    assert_eq!(store.history(&tenant, &call("a")).await.unwrap().len(), 1);
    let states = store.calls(&tenant, &[call("a")]).await.unwrap();
    assert_eq!(states[&call("a")].legs, Some(opaque("[1,2]")));
}

async fn a_number_is_found_by_its_digits(store: &dyn Store) {
    let tenant = tenant();
    let longer = with_number(deferred("longer"), "+3585012345678");
    let national = with_number(deferred("national"), "0501234567");
    store.record(&tenant, at(0), &[deferred("a"), longer, national]).await.unwrap();
    for spelling in ["+358501234567", "358501234567", "+358 50 123-4567"] {
        let found = store.history_by_number(&tenant, &CustomerNumber::new(spelling)).await.unwrap();
        assert_eq!(names(found.iter().map(|past| &past.call)), ["a"], "{spelling}");
    }
    let found = store.history_by_number(&tenant, &CustomerNumber::new("501234567")).await;
    assert!(found.unwrap().is_empty());
}

async fn a_number_that_a_call_once_had_finds_it(store: &dyn Store) {
    let tenant = tenant();
    store.record(&tenant, at(0), &[with_number(deferred("a"), "050 1234567")]).await.unwrap();
    store.record(&tenant, at(1), &[deferred("a")]).await.unwrap();
    let found = store.history_by_number(&tenant, &CustomerNumber::new("0501234567")).await;
    assert_eq!(found.unwrap().len(), 2, "the whole history of the call");
}

async fn lines_come_in_the_order_in_which_they_were_recorded(store: &dyn Store) {
    let tenant = tenant();
    store.record(&tenant, at(9), &[deferred("b"), deferred("a")]).await.unwrap();
    store.record(&tenant, at(5), &[logged("b")]).await.unwrap();
    store.record(&tenant, at(7), &[logged("a")]).await.unwrap();
    let found = store.history_by_number(&tenant, &number()).await.unwrap();
    let lines: Vec<_> =
        found.iter().map(|past| (past.call.as_str(), past.reason.as_str())).collect();
    assert_eq!(lines, [("b", "NoMatch"), ("a", "NoMatch"), ("b", "created"), ("a", "created")]);
}

async fn a_number_without_digits_is_refused(store: &dyn Store) {
    let nobody = CustomerNumber::new("anonymous");
    let error = store.erase(&tenant(), &nobody).await.unwrap_err();
    assert!(matches!(error, Error::NoDigits));
    assert_eq!(error.class(), ErrorClass::Rejected);
    let error = store.history_by_number(&tenant(), &nobody).await.unwrap_err();
    assert!(matches!(error, Error::NoDigits));
}

async fn a_megabyte_of_evidence_is_kept_whole(store: &dyn Store) {
    let tenant = tenant();
    let large = "å☎".repeat(1 << 18);
    store.record(&tenant, at(0), &[with_evidence(deferred("a"), &large)]).await.unwrap();
    let history = store.history(&tenant, &call("a")).await.unwrap();
    assert!(history[0].evidence == Some(opaque(&large)), "the evidence has changed");
}
