//! How much of what nobody signs one network may ask: enough for an office where all enrol on one
//! morning, too little to guess a short code.

use crate::throttle::halve;
use authx_core::{Millis, guard::Source};
use std::{
    cmp::Reverse,
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// What each network has left.
#[derive(Debug, Default)]
pub(super) struct Throttle(Mutex<BTreeMap<Source, Bucket>>);

#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: u64,
    at: Millis,
}

impl Bucket {
    fn now(self, now: Millis) -> u64 {
        let refill = now.since(self.at).saturating_mul(PER_SECOND) / 1_000;
        self.left.saturating_add(refill).min(FULL)
    }
}

impl Throttle {
    /// Takes `cost` from what a network has left.
    ///
    /// # Errors
    ///
    /// After how many seconds it may come again; nothing is taken then.
    pub(super) fn take(&self, now: Millis, source: &Source, cost: u64) -> Result<(), u64> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = buckets.get(source).map_or(FULL, |bucket| bucket.now(now));
        let Some(rest) = left.checked_sub(cost) else {
            return Err(cost.saturating_sub(left).div_ceil(PER_SECOND).max(1));
        };
        buckets.insert(source.clone(), Bucket { left: rest, at: now });
        halve(&mut buckets, MOST, |bucket| Reverse(bucket.now(now)));
        Ok(())
    }

    /// Takes what a miss costs, as far as there is anything left.
    pub(super) fn miss(&self, now: Millis, source: &Source) {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = buckets.get(source).map_or(FULL, |bucket| bucket.now(now));
        buckets.insert(source.clone(), Bucket { left: left.saturating_sub(MISS), at: now });
        halve(&mut buckets, MOST, |bucket| Reverse(bucket.now(now)));
    }
}

/// Looks that a network may make at once, and a second on top.
const FULL: u64 = 900;
const PER_SECOND: u64 = 15;
/// What a token that opens nothing costs: thirty at once, then one in two seconds. Of 30^8 short
/// codes that finds one of a thousand open ones in thirty years.
const MISS: u64 = 30;
/// Networks that are remembered before those are forgotten that have most left.
const MOST: usize = 65_536;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_that_guesses_waits_and_no_other() {
        let throttle = Throttle::default();
        let source = |n: u8| Source::of(Some([192, 0, n, 1].into()));
        let now = Millis(1_000_000);
        let guess = |now| {
            let taken = throttle.take(now, &source(1), 1);
            throttle.miss(now, &source(1));
            taken
        };
        assert_eq!((0..100).filter(|_| guess(now).is_ok()).count(), 30);
        assert!(guess(now).is_err());
        assert_eq!(throttle.take(now, &source(2), 1), Ok(()));
        assert_eq!(throttle.take(now.plus_secs(60), &source(1), 1), Ok(()));
    }

    #[test]
    fn an_office_may_look() {
        let throttle = Throttle::default();
        let source = Source::of(None);
        let now = Millis(1_000_000);
        assert!((0..900).all(|_| throttle.take(now, &source, 1).is_ok()));
        assert_eq!(throttle.take(now, &source, 1), Err(1));
    }

    #[test]
    fn a_crowd_is_forgotten_before_who_guesses() {
        let throttle = Throttle::default();
        let now = Millis(1_000_000);
        let guesser = Source::of(Some([192, 0, 2, 1].into()));
        (0..30).for_each(|_| throttle.miss(now, &guesser));
        for n in 0..100_000_u32 {
            let source = Source::of(Some((0x0a00_0000 + (n << 8)).to_be_bytes().into()));
            throttle.take(now, &source, 1).unwrap();
        }
        assert!(throttle.0.lock().unwrap().len() <= MOST);
        assert!(throttle.take(now, &guesser, 1).is_err());
    }
}
