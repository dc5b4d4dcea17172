//! How often a network, or whoever else, may try what the store does not count: names that are
//! nobody's, links for forgotten passwords, new companies and what they are to be called. The same
//! law as for wrong passwords, kept by each node for itself.

use authx_core::{
    Millis,
    guard::{Tally, quiet_since},
};
use std::{
    cmp::Ordering,
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// Failures by whoever failed.
#[derive(Debug)]
pub struct Throttle<K>(Mutex<BTreeMap<K, Tally>>);

impl<K: Clone + Ord> Throttle<K> {
    /// After how many milliseconds somebody may try again.
    pub fn wait_millis(&self, now: Millis, who: &K) -> u64 {
        let tallies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tallies.get(who).map_or(0, |tally| tally.until_password(now).since(now))
    }

    /// Counts a failure, or what may be one.
    pub fn count(&self, now: Millis, who: &K) {
        let mut tallies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = tallies.get(who).copied().filter(|tally| tally.last > quiet_since(now));
        tallies.insert(who.clone(), known.unwrap_or_default().one_more(now));
        halve(&mut tallies, MOST, |tally| {
            let counts = tally.last > quiet_since(now);
            (if counts { tally.failures } else { 0 }, tally.last)
        });
    }

    /// Takes one back that was counted before it was known to be none.
    pub fn take_back(&self, who: &K) {
        let mut tallies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(tally) = tallies.get_mut(who) else { return };
        tally.failures = tally.failures.saturating_sub(1);
        if tally.failures == 0 {
            tallies.remove(who);
        }
    }
}

impl<K> Default for Throttle<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// Of more than `most` entries forgets half, the lightest ones: so a map stays bounded however many
/// come, who weighs most is not forgotten for a crowd that weighs little, and the work is spread
/// over as many entries as it makes room for.
pub(crate) fn halve<K: Ord, V, W: Copy + Ord>(
    map: &mut BTreeMap<K, V>,
    most: usize,
    weight: impl Fn(&V) -> W,
) {
    if map.len() <= most {
        return;
    }
    let mut weights: Vec<W> = map.values().map(&weight).collect();
    let mut spare = map.len().saturating_sub(most / 2);
    let (lighter, last, _) = weights.select_nth_unstable(spare.saturating_sub(1));
    // The last one to go may weigh as much as others: of these only so many.
    spare = spare.saturating_sub(lighter.iter().filter(|weight| **weight < *last).count());
    let last = *last;
    map.retain(|_, value| match weight(value).cmp(&last) {
        Ordering::Less => false,
        Ordering::Equal if spare > 0 => {
            spare -= 1;
            false
        }
        Ordering::Equal | Ordering::Greater => true,
    });
}

/// Entries that are remembered before half of them are forgotten.
const MOST: usize = 65_536;

#[cfg(test)]
mod tests {
    use super::*;
    use authx_core::guard::Source;
    use std::cell::Cell;

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

    #[test]
    fn what_was_right_leaves_the_count_as_it_was() {
        let throttle = Throttle::default();
        let now = Millis(1_000_000_000);
        for _ in 0..100 {
            throttle.count(now, &1);
            throttle.take_back(&1);
        }
        assert!(throttle.0.lock().unwrap().is_empty());
        (0..11).for_each(|_| throttle.count(now, &1));
        throttle.take_back(&1);
        assert_eq!(throttle.wait_millis(now, &1), 1_000);
        throttle.take_back(&2);
    }

    #[test]
    fn a_crowd_is_forgotten_before_who_failed_often() {
        let throttle = Throttle::default();
        let now = Millis(1_000_000_000);
        (0..40).for_each(|_| throttle.count(now, &0_u32));
        for crowd in 1..200_000 {
            throttle.count(now.plus_secs(1), &crowd);
        }
        let known = throttle.0.lock().unwrap().len();
        assert!((MOST / 2..=MOST).contains(&known), "{known}");
        assert_eq!(throttle.wait_millis(now, &0), 30_000);
    }

    #[test]
    fn room_is_made_for_half_of_them_at_once() {
        let (mut map, looked) = (BTreeMap::new(), Cell::new(0_u32));
        for n in 0..1_000_u32 {
            map.insert(n, n % 3);
            halve(&mut map, 100, |weight| {
                looked.set(looked.get() + 1);
                *weight
            });
            assert!(map.len() <= 100);
        }
        // Each entry is weighed about four times, not once for each that comes.
        assert!(looked.get() < 5_000, "{}", looked.get());
        assert!(map.values().filter(|weight| **weight == 2).count() >= 50);
        let mut alike: BTreeMap<u32, u32> = (0..101).map(|n| (n, 0)).collect();
        halve(&mut alike, 100, |weight| *weight);
        assert_eq!(alike.len(), 50);
    }
}
