use sync_store::{JobName, LeaseAnswer, Store};

use crate::contract::contract;
use crate::fixtures::*;

contract! {
    a_lease_has_one_holder,
    its_holder_gets_it_again,
    a_lease_that_has_ended_can_be_taken,
    a_renewed_lease_lasts_longer,
    only_its_holder_gives_it_back,
    leases_are_by_tenant_and_job,
}

const JOB: JobName = JobName::CALL_SYNC;

async fn ask(store: &dyn Store, holder: &str, now: i64, until: i64) -> LeaseAnswer {
    store.acquire_lease(&tenant(), &JOB, holder, at(now), at(until)).await.unwrap()
}

async fn a_lease_has_one_holder(store: &dyn Store) {
    assert!(ask(store, "a", 0, 60).await.is_granted());
    let refused = LeaseAnswer::Refused { holder: "a".to_owned(), until: at(60) };
    assert_eq!(ask(store, "b", 59, 120).await, refused);
}

async fn its_holder_gets_it_again(store: &dyn Store) {
    ask(store, "a", 0, 60).await;
    assert!(ask(store, "a", 10, 70).await.is_granted());
    assert!(!ask(store, "b", 65, 120).await.is_granted());
}

async fn a_lease_that_has_ended_can_be_taken(store: &dyn Store) {
    ask(store, "a", 0, 60).await;
    assert!(ask(store, "b", 60, 120).await.is_granted());
    assert!(!store.renew_lease(&tenant(), &JOB, "a", at(200)).await.unwrap());
    assert!(!ask(store, "a", 61, 121).await.is_granted());
}

async fn a_renewed_lease_lasts_longer(store: &dyn Store) {
    assert!(!store.renew_lease(&tenant(), &JOB, "a", at(60)).await.unwrap());
    ask(store, "a", 0, 60).await;
    assert!(store.renew_lease(&tenant(), &JOB, "a", at(100)).await.unwrap());
    assert!(!ask(store, "b", 99, 120).await.is_granted());
    assert!(!store.renew_lease(&tenant(), &JOB, "b", at(999)).await.unwrap());
    assert!(ask(store, "b", 100, 120).await.is_granted());
}

async fn only_its_holder_gives_it_back(store: &dyn Store) {
    let tenant = tenant();
    store.release_lease(&tenant, &JOB, "a").await.unwrap();
    ask(store, "a", 0, 60).await;
    store.release_lease(&tenant, &JOB, "b").await.unwrap();
    assert!(!ask(store, "b", 1, 60).await.is_granted());
    store.release_lease(&tenant, &JOB, "a").await.unwrap();
    assert!(ask(store, "b", 2, 60).await.is_granted());
}

async fn leases_are_by_tenant_and_job(store: &dyn Store) {
    ask(store, "a", 0, 60).await;
    let other = voice_model::TenantName::new("fabrikam");
    let answer = store.acquire_lease(&other, &JOB, "b", at(0), at(60)).await.unwrap();
    assert!(answer.is_granted());
    let retro = JobName::RETRO_SYNC;
    let answer = store.acquire_lease(&tenant(), &retro, "b", at(0), at(60)).await.unwrap();
    assert!(answer.is_granted());
}
