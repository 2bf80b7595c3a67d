//! How many requests a source may send: a bucket of tokens for each, in bounded memory.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use tokio::time::Instant;

/// A rate with bursts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Requests a second in the long run.
    pub per_second: u32,
    /// Requests at once after a pause.
    pub burst: u32,
}

/// Sources that have a bucket of their own; all others share one.
const MOST_SOURCES: usize = 10_000;
/// How often full buckets are thrown away at most when there are too many.
const TIDYING: Duration = Duration::from_secs(1);
/// The bucket of all who have none.
const OTHERS: IpAddr = IpAddr::V6(Ipv6Addr::UNSPECIFIED);

/// The buckets of all sources.
pub(super) struct Buckets {
    rate: Rate,
    buckets: HashMap<IpAddr, Bucket>,
    tidied_at: Option<Instant>,
}

struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Bucket {
    /// With what has flowed in since.
    fn level(&self, rate: Rate, now: Instant) -> f64 {
        let inflow = now.duration_since(self.at).as_secs_f64() * f64::from(rate.per_second);
        (self.tokens + inflow).min(f64::from(rate.burst))
    }
}

impl Buckets {
    pub(super) fn new(rate: Rate) -> Self {
        Self { rate, buckets: HashMap::new(), tidied_at: None }
    }

    /// Takes a token of a source; false if it has none left.
    pub(super) fn take(&mut self, source: IpAddr, now: Instant) -> bool {
        let (rate, source) = (self.rate, self.bucket_of(network(source), now));
        let full = Bucket { tokens: f64::from(rate.burst), at: now };
        let bucket = self.buckets.entry(source).or_insert(full);
        let tokens = bucket.level(rate, now);
        let admitted = tokens >= 1.0;
        *bucket = Bucket { tokens: if admitted { tokens - 1.0 } else { tokens }, at: now };
        admitted
    }

    /// Whose bucket a source uses.
    fn bucket_of(&mut self, source: IpAddr, now: Instant) -> IpAddr {
        if self.buckets.len() >= MOST_SOURCES && !self.buckets.contains_key(&source) {
            self.tidy(now);
            if self.buckets.len() >= MOST_SOURCES {
                return OTHERS;
            }
        }
        source
    }

    /// Throws full buckets away: a new one is full as well.
    fn tidy(&mut self, now: Instant) {
        if self.tidied_at.is_some_and(|at| now.duration_since(at) < TIDYING) {
            return;
        }
        self.tidied_at = Some(now);
        let rate = self.rate;
        self.buckets.retain(|_, bucket| bucket.level(rate, now) < f64::from(rate.burst));
    }
}

/// An IPv6 host has the 2^64 addresses of its network to come from.
fn network(source: IpAddr) -> IpAddr {
    match source.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn buckets() -> (Buckets, Instant) {
        (Buckets::new(Rate { per_second: 10, burst: 3 }), Instant::now())
    }

    fn v4(number: u32) -> IpAddr {
        IpAddr::V4(Ipv4Addr::from_bits(number))
    }

    #[test]
    fn a_burst_is_admitted_and_then_the_rate() {
        let (mut buckets, start) = buckets();
        let admitted = |buckets: &mut Buckets, after: u64, tries: usize| {
            let now = start + Duration::from_millis(after);
            (0..tries).filter(|_| buckets.take(v4(1), now)).count()
        };
        assert_eq!(admitted(&mut buckets, 0, 9), 3);
        assert_eq!(admitted(&mut buckets, 50, 9), 0);
        assert_eq!(admitted(&mut buckets, 100, 9), 1);
        assert_eq!(admitted(&mut buckets, 60_000, 9), 3);
    }

    #[test]
    fn sources_do_not_take_from_each_other() {
        let (mut buckets, now) = buckets();
        while buckets.take(v4(1), now) {}
        assert!(buckets.take(v4(2), now));
    }

    #[test]
    fn a_network_of_ipv6_is_one_source() {
        let (mut buckets, now) = buckets();
        let address = |text: &str| text.parse().unwrap();
        for text in ["2001:db8::1", "2001:db8::2", "2001:db8::ffff:0:0:3"] {
            assert!(buckets.take(address(text), now));
        }
        assert!(!buckets.take(address("2001:db8::4"), now));
        assert!(buckets.take(address("2001:db8:0:1::4"), now));
        assert_eq!(network(address("::ffff:10.0.0.1")), address("10.0.0.1"));
    }

    #[test]
    fn memory_is_bounded_and_strangers_share() {
        let (mut buckets, now) = buckets();
        let admitted = (0..50_000).filter(|number| buckets.take(v4(*number), now)).count();
        assert_eq!(admitted, MOST_SOURCES + 3);
        assert_eq!(buckets.buckets.len(), MOST_SOURCES + 1);
        let later = now + Duration::from_secs(60);
        assert!(buckets.take(v4(60_000), later));
        assert_eq!(buckets.buckets.len(), 1, "full buckets are thrown away");
    }
}
