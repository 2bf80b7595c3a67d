//! Claims on events of the inbox: taken for a while, prolonged while work goes on, and given back.

use std::future::Future;

use chrono::Duration;
use futures::future::{self, Either};
use sync_store::{EventKey, EventSource, InboxEvent};
use voice_model::{Clock, error_chain};

use crate::Result;
use crate::ledger::{Ledger, UNTRIED_PAUSE};

/// Events that are claimed and dealt with together.
const EVENTS_AT_ONCE: usize = 200;
/// How long a claim lasts unless it is renewed, and how often it is.
const CLAIM: Duration = Duration::seconds(60);
const HEARTBEAT: std::time::Duration = std::time::Duration::from_secs(20);

/// An event that this pass has claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claimed {
    /// Its key.
    pub(crate) key: EventKey,
    /// How it came.
    pub(crate) source: EventSource,
    /// How often it was tried, this time included.
    pub(crate) attempts: u32,
}

impl Claimed {
    /// The claims on events, to give back what a pass did not come to.
    pub(crate) fn all(events: &[InboxEvent]) -> Vec<Self> {
        let claimed = |event: &InboxEvent| Self {
            key: event.key.clone(),
            source: event.source,
            attempts: event.attempts,
        };
        events.iter().map(claimed).collect()
    }
}

/// Who claims, and when.
#[derive(Clone, Copy)]
pub(crate) struct Claims<'a> {
    pub(crate) ledger: Ledger<'a>,
    pub(crate) clock: &'a dyn Clock,
}

impl Claims<'_> {
    /// Claims events that are due, and says whether there may be more. An inbox without any is not
    /// written to.
    pub(crate) async fn take(self) -> Result<(Vec<InboxEvent>, bool)> {
        let Ledger { store, tenant, holder, now, .. } = self.ledger;
        if store.inbox_depth(tenant).await?.open == 0 {
            return Ok((Vec::new(), false));
        }
        let until = self.clock.now() + CLAIM;
        let events = store.claim_events(tenant, holder, now, until, EVENTS_AT_ONCE).await?;
        let more = events.len() == EVENTS_AT_ONCE;
        let (events, is_alone) = self.single_out(events).await?;
        Ok((events, more || is_alone))
    }

    /// An event that was claimed too often is a dead letter: it may be what ends the process. One
    /// that was claimed often and never came to an end is worked on alone, before that happens, so
    /// that no other event shares its fate.
    async fn single_out(self, mut events: Vec<InboxEvent>) -> Result<(Vec<InboxEvent>, bool)> {
        let ledger = self.ledger;
        let mut put_off = Vec::new();
        events.retain(|event| {
            let too_often = event.attempts > ledger.attempts;
            if too_often {
                put_off.push(ledger.exhausted(event));
            }
            !too_often
        });
        let suspicious =
            |it: &InboxEvent| it.problem.is_none() && it.attempts > (ledger.attempts / 2).max(1);
        let suspect = events.iter().position(suspicious).filter(|_| events.len() > 1);
        if let Some(place) = suspect {
            let alone = vec![events.remove(place)];
            let others = Claimed::all(&std::mem::replace(&mut events, alone));
            put_off.extend(others.iter().map(|it| ledger.untried(it, Duration::zero(), None)));
        }
        ledger.put_off(&put_off).await?;
        Ok((events, suspect.is_some()))
    }

    /// Prolongs claims while work goes on. One that cannot be prolonged may be taken by another, who
    /// does the same work to the same end.
    pub(crate) async fn keep_while<T>(self, work: impl Future<Output = T>) -> T {
        let Ledger { store, tenant, holder, .. } = self.ledger;
        let beat = async {
            loop {
                tokio::time::sleep(HEARTBEAT).await;
                let until = self.clock.now() + CLAIM;
                if let Err(error) = store.renew_claims(tenant, holder, until).await {
                    tracing::warn!(%tenant, "claims are not renewed: {}", error_chain(&error));
                }
            }
        };
        let (work, beat) = (std::pin::pin!(work), std::pin::pin!(beat));
        match future::select(work, beat).await {
            Either::Left((worked, _)) => worked,
            Either::Right((never, _)) => never,
        }
    }

    /// Gives back what was claimed and not come to, as if it had not been claimed. What is settled is
    /// not claimed any more and stays as it is.
    pub(crate) async fn give_back(self, claimed: &[Claimed]) -> Result<()> {
        let ledger = self.ledger;
        let left = claimed.iter().map(|event| ledger.untried(event, UNTRIED_PAUSE, None));
        ledger.put_off(&left.collect::<Vec<_>>()).await
    }
}
