//! One-time codes from a shared secret: HOTP (RFC 4226) and TOTP (RFC 6238).

mod uri;

pub use uri::{InvalidUri, Label};

use crate::Secret;
use aws_lc_rs::{constant_time, hmac};
use serde::{Deserialize, Serialize};

/// The hash under a code (RFC 6238 §1.2).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub enum Algorithm {
    /// HMAC-SHA-1: what every authenticator app knows.
    #[default]
    #[serde(rename = "SHA1")]
    Sha1,
    /// HMAC-SHA-256.
    #[serde(rename = "SHA256")]
    Sha256,
    /// HMAC-SHA-512.
    #[serde(rename = "SHA512")]
    Sha512,
}

/// How many digits a code has.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Digits {
    /// Six: what every authenticator app shows.
    #[default]
    Six,
    /// Eight.
    Eight,
}

/// A shared secret with what was learned while it was used.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Totp {
    secret: Secret,
    algorithm: Algorithm,
    digits: Digits,
    /// Seconds a code lives, 15 to 120 (RFC 6238 calls it the time step, X).
    period_secs: u64,
    /// The newest step that was ever accepted: nothing up to it counts again.
    spent_through: Option<u64>,
    /// How many steps the phone's clock is ahead of ours, learned, within five minutes either way.
    drift: i64,
    /// Which way the last accepted code leaned from `drift`: -1, 0 or 1.
    lean: i64,
}

/// What became of a code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Checked {
    /// Right, and now spent.
    Accepted,
    /// Right once, but it or a later one was used already.
    Spent,
    /// Not the code of any step in the window.
    Wrong,
}

impl Totp {
    /// A secret that was never used. RFC 4226 §4 R6 wants at least 16 bytes and recommends 20.
    pub fn new(secret: Secret, algorithm: Algorithm, digits: Digits, period_secs: u64) -> Self {
        Self { secret, algorithm, digits, period_secs, spent_through: None, drift: 0, lean: 0 }
    }

    /// Accepts the code of the present step and of one on either side (RFC 6238 §5.2), shifted by
    /// the learned drift, each step at most once ever, never one before a spent one.
    ///
    /// Two accepted codes in a row that lean the same way move the window by one step (RFC 6238
    /// §6), up to five minutes.
    pub fn check(&mut self, now_secs: u64, code: &str) -> Checked {
        let now = now_secs / self.period_secs.max(1);
        let centre = now.saturating_add_signed(self.drift);
        // Looks at every step, so that the time taken does not tell which one matched.
        let hit = (-1..=1)
            .map(|lean| (lean, centre.saturating_add_signed(lean)))
            .fold(None, |hit, at| if same(&self.code(at.1), code) { Some(at) } else { hit });
        let Some((lean, step)) = hit else { return Checked::Wrong };
        if self.spent_through.is_some_and(|spent| step <= spent) {
            return Checked::Spent;
        }
        self.spent_through = Some(step);
        self.learn(lean);
        Checked::Accepted
    }

    /// Makes every step up to the present one count as spent: after a restore the record may
    /// have forgotten which ones were.
    pub fn spend_through(&mut self, now_secs: u64) {
        let newest = now_secs / self.period_secs.max(1);
        let newest = newest.saturating_add_signed(self.drift).saturating_add(1);
        self.spent_through = self.spent_through.max(Some(newest));
    }

    /// The code of one step: HOTP (RFC 4226 §5.3) with the step as counter.
    pub fn code(&self, step: u64) -> String {
        hotp(&self.secret, self.algorithm, self.digits, step)
    }

    fn learn(&mut self, lean: i64) {
        if lean != 0 && lean == self.lean {
            self.drift = (self.drift + lean).clamp(-self.max_drift(), self.max_drift());
            self.lean = 0;
        } else {
            self.lean = lean;
        }
    }

    fn max_drift(&self) -> i64 {
        i64::try_from(MAX_DRIFT_SECS / self.period_secs.max(1)).unwrap_or(0)
    }
}

impl Algorithm {
    fn hmac(self) -> hmac::Algorithm {
        match self {
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha512 => hmac::HMAC_SHA512,
        }
    }
}

impl TryFrom<u8> for Digits {
    type Error = &'static str;

    fn try_from(digits: u8) -> Result<Self, Self::Error> {
        match digits {
            6 => Ok(Self::Six),
            8 => Ok(Self::Eight),
            _ => Err("a code has 6 or 8 digits"),
        }
    }
}

impl From<Digits> for u8 {
    fn from(digits: Digits) -> Self {
        match digits {
            Digits::Six => 6,
            Digits::Eight => 8,
        }
    }
}

fn hotp(secret: &Secret, algorithm: Algorithm, digits: Digits, counter: u64) -> String {
    let key = hmac::Key::new(algorithm.hmac(), secret.expose());
    let tag = hmac::sign(&key, &counter.to_be_bytes());
    let at = tag.as_ref().last().map_or(0, |byte| usize::from(byte & 0xf));
    let word = tag.as_ref().iter().skip(at).take(4).fold(0, |n, &byte| n << 8 | u32::from(byte));
    let word = word & 0x7fff_ffff;
    match digits {
        Digits::Six => format!("{:06}", word % 1_000_000),
        Digits::Eight => format!("{:08}", word % 100_000_000),
    }
}

fn same(a: &str, b: &str) -> bool {
    constant_time::verify_slices_are_equal(a.as_bytes(), b.as_bytes()).is_ok()
}

/// Beyond five minutes a phone's clock is wrong, not drifting.
const MAX_DRIFT_SECS: u64 = 300;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn totp(secret: &[u8], algorithm: Algorithm, digits: Digits) -> Totp {
        Totp::new(Secret::new(secret.to_vec()), algorithm, digits, 30)
    }

    #[test]
    fn hotp_matches_rfc_4226_appendix_d() {
        let totp = totp(b"12345678901234567890", Algorithm::Sha1, Digits::Six);
        let codes = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583",
            "399871", "520489",
        ];
        for (counter, code) in (0..).zip(codes) {
            assert_eq!(totp.code(counter), code);
        }
    }

    #[test]
    fn totp_matches_rfc_6238_appendix_b() {
        let times =
            [59, 1_111_111_109, 1_111_111_111, 1_234_567_890, 2_000_000_000, 20_000_000_000];
        let sets = [
            (
                &b"12345678901234567890"[..],
                Algorithm::Sha1,
                ["94287082", "07081804", "14050471", "89005924", "69279037", "65353130"],
            ),
            (
                b"12345678901234567890123456789012",
                Algorithm::Sha256,
                ["46119246", "68084774", "67062674", "91819424", "90698825", "77737706"],
            ),
            (
                b"1234567890123456789012345678901234567890123456789012345678901234",
                Algorithm::Sha512,
                ["90693936", "25091201", "99943326", "93441116", "38618901", "47863826"],
            ),
        ];
        for (secret, algorithm, codes) in sets {
            for (secs, code) in times.into_iter().zip(codes) {
                let mut totp = totp(secret, algorithm, Digits::Eight);
                assert_eq!(totp.code(secs / 30), code, "{algorithm:?} at {secs}");
                assert_eq!(totp.check(secs, code), Checked::Accepted);
            }
        }
    }

    #[test]
    fn a_code_works_once_and_never_after_a_later_one() {
        let mut totp = totp(&[7; 20], Algorithm::Sha1, Digits::Six);
        let (old, new) = (totp.code(100), totp.code(101));
        assert_eq!(totp.check(3_030, &new), Checked::Accepted);
        assert_eq!(totp.check(3_031, &new), Checked::Spent, "replay");
        assert_eq!(totp.check(3_032, &old), Checked::Spent, "older than the last one spent");
        assert_eq!(totp.check(3_032, "000000"), Checked::Wrong);
    }

    #[test]
    fn the_window_is_one_step_each_way_and_follows_a_drifting_clock() {
        let mut totp = totp(&[9; 20], Algorithm::Sha1, Digits::Six);
        let ahead = |totp: &mut Totp, now: u64, by: u64| {
            let code = totp.code(now / 30 + by);
            totp.check(now, &code)
        };
        assert_eq!(ahead(&mut totp, 30_000, 2), Checked::Wrong, "two steps ahead");
        assert_eq!(ahead(&mut totp, 30_000, 1), Checked::Accepted);
        assert_eq!(ahead(&mut totp, 60_000, 2), Checked::Wrong, "one lean is not a drift");
        assert_eq!(ahead(&mut totp, 60_000, 1), Checked::Accepted);
        assert_eq!(ahead(&mut totp, 90_000, 2), Checked::Accepted, "two in a row are");
        assert_eq!(ahead(&mut totp, 120_000, 0), Checked::Accepted, "a right clock still works");
    }

    #[test]
    fn after_a_restore_nothing_up_to_now_counts() {
        let mut totp = totp(&[3; 20], Algorithm::Sha1, Digits::Six);
        let (present, next) = (totp.code(1_000), totp.code(1_001));
        totp.spend_through(30_000);
        assert_eq!(totp.check(30_000, &present), Checked::Spent);
        assert_eq!(totp.check(30_000, &next), Checked::Spent);
        let later = totp.code(1_002);
        assert_eq!(totp.check(30_030, &later), Checked::Accepted);
    }

    proptest! {
        /// Whatever order of times and steps: no step is accepted twice, and none before one.
        #[test]
        fn accepted_steps_only_rise(tries in prop::collection::vec((0u64..400, -4i64..5), 1..60)) {
            let mut totp = totp(&[5; 20], Algorithm::Sha256, Digits::Eight);
            let mut newest = None;
            for (advance, offset) in tries {
                let now = 1_000_000 + advance * 7;
                let step = (now / 30).saturating_add_signed(offset);
                let code = totp.code(step);
                if totp.check(now, &code) == Checked::Accepted {
                    prop_assert!(newest < Some(step));
                    newest = Some(step);
                }
            }
        }
    }
}
