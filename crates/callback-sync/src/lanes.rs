//! One lane for each number: two requests of one caller are never decided side by side.
//!
//! A wave takes requests from many lanes at once, so that Dynamics is asked and written to for many
//! numbers together; a lane's next request waits until the one before it is written, unless what is
//! already open decides both.

use std::collections::{HashMap, VecDeque};

use call_matching::CallerNumber;

use crate::request::Request;

/// The requests of a pass by number, each lane oldest first.
#[derive(Debug, Default)]
pub(crate) struct Lanes(VecDeque<VecDeque<Request>>);

impl Lanes {
    /// Sorts requests into lanes; the lane of the oldest request comes first. A withheld number is
    /// nobody's: each such request has a lane of its own.
    pub(crate) fn of(mut requests: Vec<Request>) -> Self {
        let age = |it: &Request| (it.item.created.is_none(), it.item.created, it.item.id.clone());
        requests.sort_by_cached_key(age);
        let mut lanes: Vec<VecDeque<Request>> = Vec::new();
        let mut of_number: HashMap<CallerNumber, usize> = HashMap::new();
        for request in requests {
            let known = match &request.number {
                CallerNumber::Withheld => None,
                number => Some(*of_number.entry(number.clone()).or_insert(lanes.len())),
            };
            match known.and_then(|lane| lanes.get_mut(lane)) {
                Some(lane) => lane.push_back(request),
                None => lanes.push(VecDeque::from([request])),
            }
        }
        Self(lanes.into())
    }

    /// The next wave: at most `limit` requests, the first of each lane before the second of any. Lanes
    /// come out whole or in part; what is left of them waits.
    pub(crate) fn next_wave(&mut self, limit: usize) -> Vec<VecDeque<Request>> {
        let mut wave: Vec<VecDeque<Request>> = Vec::new();
        let mut taken = 0;
        for depth in 0.. {
            let before = taken;
            for (place, lane) in self.0.iter_mut().enumerate() {
                if taken == limit {
                    break;
                }
                if let Some(request) = lane.pop_front() {
                    taken += 1;
                    match depth {
                        0 => wave.push(VecDeque::from([request])),
                        _ => wave[place].push_back(request),
                    }
                }
            }
            if taken == limit || taken == before {
                break;
            }
        }
        self.0.retain(|lane| !lane.is_empty());
        wave
    }

    /// Takes requests of one lane back; they come before those that are left of it.
    pub(crate) fn put_back(&mut self, requests: VecDeque<Request>) {
        let Some(first) = requests.front() else { return };
        let same = |lane: &VecDeque<Request>| {
            first.number != CallerNumber::Withheld
                && lane.front().is_some_and(|request| request.number == first.number)
        };
        match self.0.iter_mut().find(|lane| same(lane)) {
            Some(lane) => {
                for request in requests.into_iter().rev() {
                    lane.push_front(request);
                }
            }
            None => self.0.push_front(requests),
        }
    }

    /// All requests that are left.
    pub(crate) fn rest(self) -> Vec<Request> {
        self.0.into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::request;

    fn ids(wave: &[VecDeque<Request>]) -> Vec<Vec<String>> {
        let ids = |lane: &VecDeque<Request>| -> Vec<String> {
            lane.iter().map(|it| it.item.id.to_string()).collect()
        };
        wave.iter().map(ids).collect()
    }

    #[test]
    fn the_first_of_each_number_goes_before_the_second_of_any() {
        let requests = vec![
            request("b1", Some("+358400000002"), 20),
            request("a2", Some("+358400000001"), 30),
            request("a1", Some("+358400000001"), 10),
            request("c1", Some("+358400000003"), 40),
        ];
        let mut lanes = Lanes::of(requests);
        assert_eq!(ids(&lanes.next_wave(3)), [["a1"], ["b1"], ["c1"]]);
        assert_eq!(ids(&lanes.next_wave(3)), [["a2"]]);
        assert!(lanes.next_wave(3).is_empty());
    }

    #[test]
    fn a_wave_that_has_room_takes_more_of_each_lane() {
        let requests = (0..4).map(|n| request(&format!("a{n}"), Some("+358400000001"), n));
        let mut lanes = Lanes::of(requests.chain([request("b", Some("040"), 9)]).collect());
        let wave = lanes.next_wave(4);
        assert_eq!(ids(&wave), [vec!["a0", "a1", "a2"], vec!["b"]]);
        let back: VecDeque<_> = wave.into_iter().next().unwrap().into_iter().skip(1).collect();
        lanes.put_back(back);
        assert_eq!(ids(&lanes.next_wave(9)), [["a1", "a2", "a3"]]);
    }

    #[test]
    fn withheld_numbers_are_nobodys() {
        let requests = (0..3).map(|n| request(&format!("w{n}"), None, n)).collect();
        let mut lanes = Lanes::of(requests);
        assert_eq!(ids(&lanes.next_wave(9)), [["w0"], ["w1"], ["w2"]]);
    }
}
