use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn every_call_of_the_story_ends_as_the_story_says() {
    for seed in [365, 1, 2] {
        let stage = Stage::set(seed, None).await.unwrap();
        let report = stage.call_sync.pass(Freshness::Fresh).await;
        assert!(report.error.is_none(), "{:?}", report.error);
        assert_eq!(stage.deviations(&report), Vec::<String>::new(), "seed {seed}");
        assert!(report.decisions.len() >= 100);

        let again = stage.call_sync.pass(Freshness::Cached).await;
        let created =
            again.decisions.iter().filter(|d| matches!(d.outcome, Outcome::Logged { .. }));
        assert_eq!(created.count(), 0, "a second pass creates nothing");
        stage.sandbox.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn new_calls_are_news_and_old_ones_are_not() {
    let stage = Stage::set(SEED, None).await.unwrap();
    let mut known = HashMap::new();
    let first = stage.call_sync.pass(Freshness::Fresh).await;
    let news = |known: &mut _, report: &PassReport| {
        report.decisions.iter().filter(|decision| is_news(known, decision)).count()
    };
    assert_eq!(news(&mut known, &first), first.decisions.len());
    let calm = stage.call_sync.pass(Freshness::Cached).await;
    assert_eq!(news(&mut known, &calm), 0);
    stage.sandbox.load_world(&stage.story.fresh_calls(0, stage.clock.now())).unwrap();
    let busy = stage.call_sync.pass(Freshness::Cached).await;
    assert!(news(&mut known, &busy) >= 1);
}
