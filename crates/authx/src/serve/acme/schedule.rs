//! When a certificate is ordered: in time, and never so often that the authority closes its door.

use authx_core::Millis;
use serde::{Deserialize, Serialize};

/// How long a certificate is good.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Validity {
    /// From.
    pub from: Millis,
    /// Until.
    pub until: Millis,
}

/// What came of the orders so far; kept on disk, so that a server which is restarted again and
/// again does not order again and again.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
pub struct Progress {
    /// The authority that the certificate in use is from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    /// The last order, if it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// When the last order began.
    #[serde(default)]
    attempted: Millis,
    /// No order before, by our own rules.
    #[serde(default)]
    not_before: Millis,
    /// No order before, by the authority's word.
    #[serde(default)]
    told_not_before: Millis,
}

/// An order that failed.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct Failure {
    /// How many in a row.
    pub count: u32,
    /// When the first of them did.
    pub since: Millis,
    /// When the last of them did.
    pub at: Millis,
    /// In one word: the authority's (RFC 8555 §6.7), `unreachable`, or `here`.
    pub code: String,
    /// For the operator.
    pub text: String,
}

impl Validity {
    /// When a third of it is left (what Let's Encrypt asks for).
    pub(super) fn renewal(self) -> Millis {
        let third = self.until.since(self.from) / 3;
        Millis(self.until.0.saturating_sub(third))
    }
}

impl Progress {
    /// When the next order is due. `held` is how long the certificate in use is good, none where
    /// there is none for these names from this authority.
    pub(super) fn due(&self, held: Option<Validity>) -> Millis {
        let wanted = held.map_or(Millis(0), Validity::renewal);
        wanted.max(self.not_before).max(self.told_not_before)
    }

    /// An order begins.
    pub(super) fn begun(&mut self, now: Millis) {
        self.attempted = now;
        // Whatever becomes of it, also if the machine stops within.
        self.not_before = now.plus_secs(pause_secs(self.failures() + 1));
    }

    /// It was fulfilled.
    pub(super) fn fulfilled(&mut self, now: Millis, directory: &str) {
        self.failure = None;
        self.directory = Some(directory.to_owned());
        // A certificate that seems to be over already, as when a clock is wrong, is no reason to
        // order one after the other.
        self.not_before = now.plus_secs(AFTER_SUCCESS_SECS);
        self.told_not_before = Millis(0);
    }

    /// It failed. `told` is when the authority wants to be asked again; `chance` spreads those who
    /// failed together.
    pub(super) fn failed(
        &mut self,
        now: Millis,
        told: Option<Millis>,
        chance: u8,
        (code, text): (String, String),
    ) {
        let count = self.failures().saturating_add(1);
        let since = self.failure.as_ref().map_or(now, |failure| failure.since);
        self.failure = Some(Failure { count, since, at: now, code, text });
        let pause = pause_secs(count);
        self.not_before = now.plus_secs(pause + pause * u64::from(chance) / (10 * 255));
        self.told_not_before = told.unwrap_or_default();
    }

    /// Somebody who mended something asks for another try. The authority's word still holds.
    pub(super) fn asked_again(&mut self) {
        self.not_before = self.not_before.min(self.attempted.plus_secs(BETWEEN_TRIES_SECS));
    }

    fn failures(&self) -> u32 {
        self.failure.as_ref().map_or(0, |failure| failure.count)
    }
}

/// After so many failures in a row. Let's Encrypt forgives five failed looks at a name in an hour
/// and one more every twelve minutes.
fn pause_secs(failures: u32) -> u64 {
    let minutes = match failures {
        0 | 1 => 2,
        2 => 5,
        3 => 15,
        4 => 30,
        5 => 60,
        6 => 120,
        _ => 360,
    };
    minutes * 60
}

const AFTER_SUCCESS_SECS: u64 = 3_600;
const BETWEEN_TRIES_SECS: u64 = 10;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DAY: u64 = 86_400;
    const NOW: Millis = Millis(1_800_000_000_000);

    fn valid(days: u64) -> Validity {
        Validity { from: NOW, until: NOW.plus_secs(days * DAY) }
    }

    fn fail(progress: &mut Progress, now: Millis, told: Option<Millis>) {
        progress.begun(now);
        progress.failed(now, told, 255, ("x".into(), "y".into()));
    }

    #[test]
    fn a_third_before_the_end() {
        let progress = Progress::default();
        assert_eq!(progress.due(None), Millis(0), "at once");
        assert_eq!(progress.due(Some(valid(90))), NOW.plus_secs(60 * DAY));
        assert_eq!(progress.due(Some(valid(6))), NOW.plus_secs(4 * DAY));
    }

    #[test]
    fn failures_are_waited_out_and_an_operator_may_cut_that_short() {
        let mut progress = Progress::default();
        fail(&mut progress, NOW, None);
        assert_eq!(progress.due(None), NOW.plus_secs(132));
        progress.asked_again();
        assert_eq!(progress.due(None), NOW.plus_secs(10));
        let day_later = NOW.plus_secs(DAY);
        fail(&mut progress, NOW.plus_secs(60), Some(day_later));
        progress.asked_again();
        assert_eq!(progress.due(None), day_later, "what the authority says");
        let failure = progress.failure.clone().unwrap();
        assert_eq!((failure.count, failure.since), (2, NOW));
        progress.fulfilled(day_later, "https://a");
        assert_eq!(progress.failure, None);
        let over = Validity { from: Millis(0), until: Millis(1) };
        assert_eq!(progress.due(Some(over)), day_later.plus_secs(3_600));
    }

    proptest! {
        /// Whatever is wrong for however long: at most five in any hour, eleven in any day.
        #[test]
        fn no_authority_is_annoyed(chances in prop::collection::vec(any::<u8>(), 40)) {
            let mut progress = Progress::default();
            let mut now = NOW;
            let mut tries = vec![];
            for chance in chances {
                progress.begun(now);
                tries.push(now);
                progress.failed(now, None, chance, ("x".into(), "y".into()));
                now = progress.due(None);
            }
            for (at, first) in tries.iter().enumerate() {
                let within = |secs| {
                    tries.iter().skip(at).filter(|time| time.since(*first) < secs * 1_000).count()
                };
                prop_assert!(within(3_600) <= 5);
                prop_assert!(within(DAY) <= 11);
            }
        }
    }
}
