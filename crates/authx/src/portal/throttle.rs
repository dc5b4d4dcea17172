//! How often one network may try what no company counts: names that are nobody's, links for
//! forgotten passwords, and new companies. The same law as for wrong passwords, kept by each node for itself.

use authx_core::{
    Millis,
    guard::{Source, Tally, quiet_since},
};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// Failures by network.
#[derive(Debug, Default)]
pub(super) struct Throttle(Mutex<BTreeMap<Source, Tally>>);

impl Throttle {
    /// After how many milliseconds a network may try again.
    pub(super) fn wait_millis(&self, now: Millis, source: &Source) -> u64 {
        let tallies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tallies.get(source).map_or(0, |tally| tally.until_password(now).since(now))
    }

    /// Counts a failure, or what may be one.
    pub(super) fn count(&self, now: Millis, source: &Source) {
        let mut tallies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = tallies.get(source).copied().filter(|tally| tally.last > quiet_since(now));
        tallies.insert(source.clone(), known.unwrap_or_default().one_more(now));
        if tallies.len() > MOST {
            tallies.retain(|_, tally| tally.last > quiet_since(now));
        }
    }
}

/// Networks that are remembered before those are forgotten that were quiet.
const MOST: usize = 65_536;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_are_free_and_a_quarter_of_an_hour_forgives() {
        let throttle = Throttle::default();
        let (here, there) =
            (Source::of("192.0.2.1".parse().ok()), Source::of("192.0.3.1".parse().ok()));
        let now = Millis(1_000_000_000);
        for _ in 0..10 {
            assert_eq!(throttle.wait_millis(now, &here), 0);
            throttle.count(now, &here);
        }
        assert_eq!(throttle.wait_millis(now, &here), 1_000);
        assert_eq!(throttle.wait_millis(now, &there), 0);
        (0..40).for_each(|_| throttle.count(now, &here));
        assert_eq!(throttle.wait_millis(now, &here), 30_000);
        let later = now.plus_secs(901);
        assert_eq!(throttle.wait_millis(later, &here), 0);
        throttle.count(later, &here);
        assert_eq!(throttle.wait_millis(later, &here), 0);
    }
}
