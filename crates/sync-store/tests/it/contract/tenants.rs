use sync_store::{JobName, Store};
use voice_model::{OrganizationId, TenantName};

use crate::contract::contract;
use crate::fixtures::*;

contract! {
    the_first_organisation_stays,
    tenants_know_nothing_of_each_other,
    a_new_store_is_empty_and_can_be_read,
    names_in_any_script_are_kept,
}

async fn the_first_organisation_stays(store: &dyn Store) {
    let (tenant, other) = (tenant(), OrganizationId::new("another").unwrap());
    let first = OrganizationId::new("c0ffee00-74f9-e911-80e0-00505689257e").unwrap();
    assert_eq!(store.organization(&tenant).await.unwrap(), None);
    assert_eq!(store.keep_organization(&tenant, &first).await.unwrap(), first);
    assert_eq!(store.keep_organization(&tenant, &other).await.unwrap(), first);
    assert_eq!(store.organization(&tenant).await.unwrap(), Some(first));
}

async fn tenants_know_nothing_of_each_other(store: &dyn Store) {
    let (ours, theirs) = (tenant(), TenantName::new("fabrikam"));
    let job = JobName::CALL_SYNC;
    store.record(&ours, at(0), &[logged("a"), deferred("b")]).await.unwrap();
    store.advance_cursor(&ours, &job, at(0)).await.unwrap();
    store.record(&theirs, at(0), &[deferred("a")]).await.unwrap();

    let calls = [call("a"), call("b")];
    assert_eq!(store.tenants().await.unwrap(), [ours.clone(), theirs.clone()]);
    assert_eq!(store.calls(&theirs, &calls).await.unwrap()[&calls[0]].reason, "NoMatch");
    assert_eq!(store.calls(&theirs, &calls).await.unwrap().len(), 1);
    assert!(store.was_ever_logged(&theirs, &calls).await.unwrap().is_empty());
    assert_eq!(store.cursor(&theirs, &job).await.unwrap(), None);
    assert_eq!(store.erase(&theirs, &number()).await.unwrap().calls, 1);
    assert_eq!(store.calls(&ours, &calls).await.unwrap().len(), 2);
    assert_eq!(store.history_by_number(&ours, &number()).await.unwrap().len(), 2);
}

async fn a_new_store_is_empty_and_can_be_read(store: &dyn Store) {
    let tenant = tenant();
    store.check().await.unwrap();
    assert!(store.tenants().await.unwrap().is_empty());
    assert!(store.calls(&tenant, &[call("a")]).await.unwrap().is_empty());
    assert!(store.calls(&tenant, &[]).await.unwrap().is_empty());
    assert!(store.was_ever_logged(&tenant, &[call("a")]).await.unwrap().is_empty());
    assert!(store.history(&tenant, &call("a")).await.unwrap().is_empty());
    assert!(store.dead_letters(&tenant).await.unwrap().is_empty());
    assert_eq!(store.retry_dead_letters(&tenant, at(0)).await.unwrap(), 0);
    assert_eq!(store.record(&tenant, at(0), &[]).await.unwrap(), 0);
    assert!(store.tenants().await.unwrap().is_empty(), "asking makes no tenant known");
}

async fn names_in_any_script_are_kept(store: &dyn Store) {
    let tenant = TenantName::new("Tõnis & Søn ☎ 株式会社 '\";--");
    let call = call("puhelu-äö-☎-\"'");
    let mut decision = deferred("x");
    decision.call = call.clone();
    decision.reason = "Ambiguous — ﷽ \u{0} ☎".to_owned();
    decision.details.as_mut().unwrap().evidence = opaque("{\"name\":\"Zoë \u{1F4DE}\"}");
    store.record(&tenant, at(0), std::slice::from_ref(&decision)).await.unwrap();

    assert_eq!(store.tenants().await.unwrap(), std::slice::from_ref(&tenant));
    let states = store.calls(&tenant, std::slice::from_ref(&call)).await.unwrap();
    assert_eq!(states[&call].reason, decision.reason);
    let history = store.history(&tenant, &call).await.unwrap();
    assert_eq!(history[0].evidence, decision.details.map(|details| details.evidence));
}
