use std::collections::VecDeque;
use std::sync::Mutex as SyncMutex;

use async_trait::async_trait;
use chrono::TimeZone;
use futures::future::join_all;
use voice_model::ManualClock;

use super::super::source::Fetched;
use super::*;

/// Answers fetches from a list; each token is named after its place in it.
struct Scripted {
    answers: SyncMutex<VecDeque<Result<i64, CredentialError>>>,
    fetches: SyncMutex<usize>,
}

#[async_trait]
impl TokenSource for Scripted {
    async fn fetch(&self, _: &str) -> Result<Fetched, CredentialError> {
        let number = {
            let mut fetches = self.fetches.lock().unwrap();
            *fetches += 1;
            *fetches
        };
        // Lets the others come to the lock.
        tokio::task::yield_now().await;
        let answer = self.answers.lock().unwrap().pop_front().expect("one fetch too many");
        let lifetime = TimeDelta::seconds(answer?);
        Ok(Fetched { token: SecretString::from(format!("t{number}")), lifetime })
    }
}

struct Rig {
    source: Arc<Scripted>,
    clock: Arc<ManualClock>,
    cache: TokenCache,
}

impl Rig {
    fn new(answers: impl IntoIterator<Item = Result<i64, CredentialError>>) -> Self {
        let source = Arc::new(Scripted {
            answers: SyncMutex::new(answers.into_iter().collect()),
            fetches: SyncMutex::new(0),
        });
        let start = Utc.with_ymd_and_hms(2026, 3, 1, 0, 0, 0).unwrap();
        let clock = Arc::new(ManualClock::new(start));
        let cache = TokenCache::new(source.clone(), clock.clone(), "s".to_owned());
        Self { source, clock, cache }
    }

    async fn token(&self) -> Result<String, CredentialError> {
        Ok(self.cache.token().await?.value.expose_secret().to_owned())
    }

    fn pass(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
    }

    fn fetches(&self) -> usize {
        *self.source.fetches.lock().unwrap()
    }
}

fn passing() -> CredentialError {
    CredentialError::refused("https://e", 503, None, b"")
}

fn lasting() -> CredentialError {
    CredentialError::refused("https://e", 401, None, br#"{"error_codes":[7000215]}"#)
}

#[tokio::test]
async fn a_token_is_renewed_when_five_minutes_remain() {
    let rig = Rig::new([Ok(3600), Ok(3600)]);
    assert_eq!(rig.token().await.unwrap(), "t1");
    rig.pass(3299);
    assert_eq!(rig.token().await.unwrap(), "t1");
    rig.pass(1);
    assert_eq!(rig.token().await.unwrap(), "t2");
}

#[tokio::test]
async fn a_short_lived_token_is_used_for_half_of_its_life() {
    let rig = Rig::new([Ok(60), Ok(60)]);
    rig.token().await.unwrap();
    rig.pass(29);
    assert_eq!(rig.token().await.unwrap(), "t1");
    rig.pass(1);
    assert_eq!(rig.token().await.unwrap(), "t2");
}

#[tokio::test]
async fn a_good_token_outlives_trouble_of_the_endpoint_until_it_expires() {
    let rig = Rig::new([Ok(3600), Err(passing()), Err(passing()), Err(passing()), Ok(3600)]);
    rig.token().await.unwrap();
    rig.pass(3300);
    assert_eq!(rig.token().await.unwrap(), "t1");
    assert_eq!(rig.token().await.unwrap(), "t1");
    assert_eq!(rig.fetches(), 2, "asked again only after a pause");
    rig.pass(30);
    assert_eq!(rig.token().await.unwrap(), "t1");
    assert_eq!(rig.fetches(), 3);
    rig.pass(270);
    assert!(rig.token().await.is_err(), "expired");
    assert_eq!(rig.token().await.unwrap(), "t5");
}

#[tokio::test]
async fn a_refusal_is_not_hidden_by_the_old_token() {
    let rig = Rig::new([Ok(3600), Err(lasting())]);
    rig.token().await.unwrap();
    rig.pass(3300);
    assert_eq!(rig.token().await.unwrap_err().code, Some(7_000_215));
}

#[tokio::test]
async fn a_dropped_token_is_not_used_again_even_in_trouble() {
    let rig = Rig::new([Ok(3600), Err(passing())]);
    let token = rig.cache.token().await.unwrap();
    rig.cache.invalidate(&token).await;
    assert!(rig.token().await.is_err());
}

#[tokio::test]
async fn dropping_an_old_token_leaves_the_new_one() {
    let rig = Rig::new([Ok(3600), Ok(3600)]);
    let old = rig.cache.token().await.unwrap();
    rig.cache.invalidate(&old).await;
    assert_eq!(rig.token().await.unwrap(), "t2");
    rig.cache.invalidate(&old).await;
    assert_eq!(rig.token().await.unwrap(), "t2");
}

#[tokio::test]
async fn many_callers_share_one_fetch_and_its_failure() {
    let rig = Rig::new([Err(passing()), Ok(3600)]);
    let failed = join_all((0..20).map(|_| rig.token())).await;
    assert!(failed.iter().all(Result::is_err));
    assert_eq!(rig.fetches(), 1);
    let good = join_all((0..20).map(|_| rig.token())).await;
    assert!(good.iter().all(|token| token.as_deref().is_ok_and(|token| token == "t2")));
    assert_eq!(rig.fetches(), 2);
}

#[tokio::test]
async fn debug_does_not_show_the_token() {
    let rig = Rig::new([Ok(3600)]);
    rig.token().await.unwrap();
    assert!(!format!("{:?}", rig.cache).contains("t1"));
}
