//! Counting wrong answers: when to slow down, when to stop.

use crate::Millis;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, net::IpAddr};

/// Where an attempt came from: the /24 of an IPv4 address, the /64 of an IPv6 one, or "unknown".
/// Neighbouring addresses belong to one attacker as often as to one office.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Source(String);

impl Source {
    /// The network of an address; an IPv4 address inside IPv6 (RFC 4291 §2.5.5.2) is taken out.
    pub fn of(address: Option<IpAddr>) -> Self {
        Self(match address.map(|address| address.to_canonical()) {
            None => UNKNOWN.to_owned(),
            Some(IpAddr::V4(v4)) => {
                let [a, b, c, _] = v4.octets();
                format!("{a}.{b}.{c}.0/24")
            }
            Some(IpAddr::V6(v6)) => {
                let [a, b, c, d, ..] = v6.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        })
    }

    /// Whether it says anything. Who comes from nowhere need not come from the same place.
    pub fn is_known(&self) -> bool {
        self.0 != UNKNOWN
    }

    /// As stored and shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const UNKNOWN: &str = "unknown";

/// Wrong answers for one factor of one user, counted by source.
///
/// A right answer forgives its own source only: somebody who knows the password and guesses codes
/// from elsewhere does not get a fresh count each time the user signs in.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Guard {
    sources: BTreeMap<Source, Tally>,
}

/// Failures of one source, and when the last one was.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// How many, without a success in between.
    pub failures: u32,
    /// When the last one happened.
    pub last: Millis,
}

/// Whether an answer may be looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Gate {
    /// Too many wrong answers: nothing counts until an administrator looks, or enough of them are
    /// 30 days old.
    Locked,
    /// Look at it.
    Open,
    /// Not before so many seconds have passed.
    Wait {
        /// Seconds, rounded up.
        secs: u64,
    },
}

impl Guard {
    /// May an answer from this source be looked at now? `lock_after` is the number of failures in
    /// a row, over all sources, at which the factor stops (NIST SP 800-63B §5.2.2 allows 100).
    pub fn gate(&self, now: Millis, source: &Source, lock_after: u32) -> Gate {
        if self.failures(now) >= lock_after {
            return Gate::Locked;
        }
        let until = self.sources.get(source).map_or(Millis(0), |tally| tally.until_factor(now));
        match until.since(now) {
            0 => Gate::Open,
            millis => Gate::Wait { secs: millis.div_ceil(1_000) },
        }
    }

    /// Until when the factor stops at the latest, where it does: until the last of its failures is
    /// 30 days old.
    pub fn locked_until(&self, now: Millis, lock_after: u32) -> Option<Millis> {
        if self.failures(now) < lock_after {
            return None;
        }
        let last = self.sources.values().map(|tally| tally.last).max()?;
        Some(Millis(last.0.saturating_add(MEMORY_MILLIS)))
    }

    /// Failures in a row over all sources, those of the last 30 days.
    pub fn failures(&self, now: Millis) -> u32 {
        let young = self.sources.values().filter(|tally| now.since(tally.last) < MEMORY_MILLIS);
        young.fold(0, |sum, tally| sum.saturating_add(tally.failures))
    }

    /// Notes a wrong answer.
    pub fn fail(&mut self, now: Millis, source: &Source) {
        self.sources.retain(|_, tally| now.since(tally.last) < MEMORY_MILLIS);
        let tally = self.sources.entry(source.clone()).or_default();
        *tally = tally.one_more(now);
    }

    /// Notes a right answer. Returns whether there was anything to forgive.
    pub fn succeed(&mut self, source: &Source) -> bool {
        self.sources.remove(source).is_some()
    }
}

impl Tally {
    /// One failure more, now.
    #[must_use]
    pub fn one_more(self, now: Millis) -> Self {
        Self { failures: self.failures.saturating_add(1), last: now }
    }

    /// When the next code may be tried: three are free, then 5, 10, 20 s and so on to 15 minutes.
    fn until_factor(&self, now: Millis) -> Millis {
        self.until(now, 3, 5, 900)
    }

    /// When the next password from this source may be tried: ten are free, then 1, 2, 4 s and so
    /// on to half a minute. A user behind the same network waits, and gets in all the same: a
    /// stranger without the password can slow a user down but never lock one out.
    pub fn until_password(&self, now: Millis) -> Millis {
        // A quarter of an hour without a failure starts anew; a success does not, or an attacker
        // with one account of his own could clear the count for all others.
        if self.last <= quiet_since(now) { Millis(0) } else { self.until(now, 10, 1, 30) }
    }

    fn until(self, now: Millis, free: u32, first_secs: u64, most_secs: u64) -> Millis {
        let Some(over) = self.failures.checked_sub(free) else { return Millis(0) };
        let secs = first_secs.saturating_mul(1u64.checked_shl(over).unwrap_or(u64::MAX));
        // A failure noted by a clock that ran ahead must not keep anyone out until that day comes.
        self.last.min(now).plus_secs(secs.min(most_secs))
    }
}

/// Wrong passwords from a source are forgotten when the last was not after this moment: the next
/// one is the first again.
pub fn quiet_since(now: Millis) -> Millis {
    Millis(now.0.saturating_sub(QUIET_MILLIS))
}

const MEMORY_MILLIS: u64 = 30 * 24 * 3_600 * 1_000;
const QUIET_MILLIS: u64 = 15 * 60 * 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source::of(text.parse().ok())
    }

    #[test]
    fn neighbours_are_one_source() {
        assert_eq!(source("192.0.2.7"), source("192.0.2.250"));
        assert_eq!(source("::ffff:192.0.2.7").as_str(), "192.0.2.0/24");
        assert_eq!(source("2001:db8:1:2:3::4").as_str(), "2001:db8:1:2::/64");
        assert_ne!(source("192.0.2.7"), source("192.0.3.7"));
        assert_eq!(source("nonsense").as_str(), "unknown");
    }

    #[test]
    fn the_delay_grows_and_ends() {
        let (mut guard, here) = (Guard::default(), source("192.0.2.1"));
        let mut now = Millis(1_000_000);
        let mut waits = vec![];
        for _ in 0..14 {
            guard.fail(now, &here);
            if let Gate::Wait { secs } = guard.gate(now, &here, 50) {
                waits.push(secs);
                now = now.plus_secs(secs);
            }
            assert_eq!(guard.gate(now, &here, 50), Gate::Open);
        }
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900, 900]);
    }

    #[test]
    fn a_success_elsewhere_forgives_nothing_here() {
        let (mut guard, attacker, home) =
            (Guard::default(), source("198.51.100.1"), source("192.0.2.1"));
        let mut now = Millis(1_000_000);
        for _ in 0..49 {
            guard.fail(now, &attacker);
            now = now.plus_secs(900);
        }
        guard.fail(now, &home);
        assert_eq!(guard.gate(now, &home, 50), Gate::Locked);
        assert!(guard.succeed(&home));
        assert_eq!(guard.gate(now, &home, 50), Gate::Open);
        guard.fail(now, &attacker);
        assert_eq!(guard.gate(now, &home, 50), Gate::Locked, "fifty in a row, wherever from");
        assert_eq!(guard.gate(now.plus_secs(31 * 24 * 3_600), &home, 50), Gate::Open);
    }

    #[test]
    fn passwords_are_slowed_never_locked() {
        let mut tally = Tally::default();
        let now = Millis(1_000_000_000);
        for _ in 0..1_000 {
            tally = tally.one_more(now);
        }
        assert_eq!(tally.until_password(now), now.plus_secs(30));
        let later = now.plus_secs(15 * 60);
        assert_eq!(tally.until_password(later), Millis(0));
        assert_eq!(quiet_since(later), now);
    }

    #[test]
    fn a_clock_that_ran_ahead_delays_nobody_longer_than_one_that_did_not() {
        let (mut guard, here) = (Guard::default(), source("192.0.2.1"));
        let (now, ahead) = (Millis(1_000_000_000), Millis(9_000_000_000));
        let tally = Tally { failures: 60, last: ahead };
        assert_eq!(tally.until_password(now), now.plus_secs(30));
        for _ in 0..4 {
            guard.fail(ahead, &here);
        }
        assert_eq!(guard.gate(now, &here, 50), Gate::Wait { secs: 10 });
    }
}
