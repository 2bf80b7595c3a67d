use chrono::TimeDelta;
use sync_store::{MockStore, Purged};
use worker::Retention;

use crate::fixtures::moment;

const KEEP: TimeDelta = TimeDelta::days(45);

#[tokio::test]
async fn a_store_is_purged_once_a_day_whatever_the_clock_does() {
    let mut store = MockStore::new();
    let purged = store.expect_purge().times(4).withf(|_, keep| *keep == KEEP);
    purged.returning(|_, _| Ok(Purged::default()));
    let retention = Retention::new(KEEP);
    for (now, due) in [
        ("10 12:00", true),
        ("10 12:01", false),
        ("11 11:59", false),
        ("10 11:00", false),
        ("11 12:00", true),
        ("20 12:00", true),
        ("20 11:00", false),
        ("12 12:00", true),
    ] {
        let purged = retention.purge(&store, moment(now)).await.unwrap();
        assert_eq!(purged.is_some(), due, "{now}");
    }
}

#[tokio::test]
async fn a_failed_purge_is_tried_again_within_the_hour() {
    let mut store = MockStore::new();
    let mut answers = [Err(sync_store::Error::NoDigits), Ok(Purged::default())].into_iter();
    store.expect_purge().times(2).returning(move |_, _| answers.next().unwrap());
    let retention = Retention::new(KEEP);
    assert!(retention.purge(&store, moment("10 12:00")).await.is_err());
    for (now, due) in [("10 12:59", false), ("10 13:00", true), ("10 14:00", false)] {
        let purged = retention.purge(&store, moment(now)).await.unwrap();
        assert_eq!(purged.is_some(), due, "{now}");
    }
}
