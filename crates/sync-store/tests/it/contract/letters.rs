//! Dead letters of the inbox: a person has them worked on again, or drops them.

use sync_store::{EventState, Store};

use crate::contract::contract;
use crate::fixtures::*;

contract! {
    a_dead_letter_is_not_claimed,
    dead_letters_are_replayed,
    one_dead_letter_is_replayed,
    an_event_is_dropped,
    a_dropped_event_does_not_come_back,
}

/// Two dead letters, an event that waits and one that is claimed.
async fn prepare(store: &dyn Store) {
    let tenant = tenant();
    let events = ["dead", "dead too", "claimed", "waits"].map(event);
    store.take_in(at(0), &events).await.unwrap();
    store.claim_events(&tenant, "one", at(0), at(60), 3).await.unwrap();
    let dead = ["dead", "dead too"].map(|name| sync_store::PutOff {
        attempts: 8,
        problem: Some("Rejected".to_owned()),
        ..put_off(name, None)
    });
    store.put_off(&tenant, "one", &dead).await.unwrap();
}

async fn a_dead_letter_is_not_claimed(store: &dyn Store) {
    prepare(store).await;
    let claimed = store.claim_events(&tenant(), "two", days(999), days(1_000), 9).await.unwrap();
    assert_eq!(order(&claimed), ["claimed", "waits"]);
    let dead = &store.inbox(&tenant(), 1).await.unwrap()[0];
    assert_eq!((&dead.state, dead.attempts), (&EventState::DeadLetter, 8));
}

async fn dead_letters_are_replayed(store: &dyn Store) {
    let tenant = tenant();
    prepare(store).await;
    assert_eq!(store.replay_dead_letters(&tenant, None, at(30)).await.unwrap(), 2);
    assert_eq!(store.replay_dead_letters(&tenant, None, at(31)).await.unwrap(), 0);
    let found = store.inbox(&tenant, 9).await.unwrap();
    assert_eq!(order(&found), ["dead", "dead too", "claimed", "waits"]);
    for event in &found[..2] {
        assert_eq!(event.state, EventState::Waiting { due_at: at(30) });
        assert_eq!((event.attempts, event.problem.as_deref()), (0, Some("Rejected")));
    }
    assert!(matches!(found[2].state, EventState::Claimed { .. }));
    assert_eq!(found[3].state, EventState::Waiting { due_at: at(0) });
    assert_eq!(store.inbox_depth(&tenant).await.unwrap().dead_letters, 0);
}

async fn one_dead_letter_is_replayed(store: &dyn Store) {
    let tenant = tenant();
    prepare(store).await;
    for (name, count) in [("dead too", 1), ("dead too", 0), ("waits", 0), ("unknown", 0)] {
        let replayed = store.replay_dead_letters(&tenant, Some(&key(name)), at(30)).await;
        assert_eq!(replayed.unwrap(), count, "{name}");
    }
    let claimed = store.claim_events(&tenant, "two", at(30), at(60), 9).await.unwrap();
    assert_eq!(order(&claimed), ["dead too", "waits"]);
    assert_eq!(claimed[0].attempts, 1);
}

async fn an_event_is_dropped(store: &dyn Store) {
    let tenant = tenant();
    prepare(store).await;
    for name in ["dead", "claimed", "waits"] {
        assert!(store.drop_event(&tenant, &key(name), at(1)).await.unwrap(), "{name}");
        assert!(!store.drop_event(&tenant, &key(name), at(1)).await.unwrap(), "{name}");
    }
    assert!(!store.drop_event(&tenant, &key("unknown"), at(1)).await.unwrap());
    assert_eq!(order(&store.inbox(&tenant, 9).await.unwrap()), ["dead too"]);
    assert!(store.claim_holders(&tenant).await.unwrap().is_empty());
}

async fn a_dropped_event_does_not_come_back(store: &dyn Store) {
    prepare(store).await;
    store.drop_event(&tenant(), &key("dead"), at(1)).await.unwrap();
    assert_eq!(store.take_in(at(2), &[event("dead")]).await.unwrap(), 0);
    let replayed = store.replay_dead_letters(&tenant(), Some(&key("dead")), at(2)).await.unwrap();
    assert_eq!(replayed, 0);
    assert_eq!(store.known_events(&tenant(), &[key("dead")]).await.unwrap().len(), 1);
}
