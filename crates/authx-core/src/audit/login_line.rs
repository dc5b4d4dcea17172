//! One line for each login, as its entries tell: what lists show, and figures count.
//!
//! Made from the record alone, so it can be made again at any time. Nothing is decided by it.

use super::EventKind;
use crate::{
    Millis,
    id::{ApplicationId, LoginId, UserId},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How a login stands.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LoginOutcome {
    /// Given up by the caller.
    Cancelled,
    /// Not finished in time.
    Expired,
    /// Let in.
    Granted,
    /// Not let in.
    Refused,
    /// No end was recorded.
    Waiting,
}

/// One login in a line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LoginLine {
    /// Which.
    pub login: LoginId,
    /// At what.
    pub application: Option<ApplicationId>,
    /// Whose, once the name was found.
    pub user: Option<UserId>,
    /// The name as it was sent.
    pub name: String,
    /// When it began.
    pub began: Millis,
    /// When it ended.
    pub ended: Option<Millis>,
    /// How it stands.
    pub outcome: LoginOutcome,
    /// What let it in, or was tried last: a factor's word, `session`, `policy`, `autologin`.
    pub factor: Option<String>,
    /// Why it was refused: a word of the catalogue. `fraud` for every login that was reported, also
    /// for one that was let in.
    pub reason: Option<String>,
    /// What finds it.
    pub support_code: Option<String>,
    /// Whence it came.
    pub address: Option<String>,
    /// When a phone was asked last.
    pub asked: Option<Millis>,
    /// How long the phone's owner took to approve.
    pub approve_ms: Option<u64>,
    /// When it was first said to be somebody else’s.
    pub reported: Option<Millis>,
    /// The ordinal of its first entry.
    pub first_seq: i64,
    /// The ordinal of its last entry so far.
    pub last_seq: i64,
}

/// An entry about a login.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// Its ordinal.
    pub seq: i64,
    /// When.
    pub at: Millis,
    /// What.
    pub kind: EventKind,
    /// Of which login.
    pub login: LoginId,
    /// Whom it is about.
    pub user: Option<UserId>,
    /// Which application it is about.
    pub application: Option<ApplicationId>,
    /// What finds it.
    pub support_code: Option<&'a str>,
    /// More, JSON.
    pub detail: &'a str,
}

/// Under what a login that ended is counted.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TallyKey {
    /// When the hour began in which the login began.
    pub hour: Millis,
    /// At what.
    pub application: Option<ApplicationId>,
    /// How it ended.
    pub outcome: LoginOutcome,
    /// As of [`LoginLine::factor`]; empty for none.
    pub factor: String,
    /// As of [`LoginLine::reason`]; empty for none.
    pub reason: String,
}

/// A time as figures keep it: one of some hundred and fifty classes, each at most a sixteenth wide.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Delay(u16);

impl LoginOutcome {
    /// All of them.
    pub const ALL: &'static [Self] =
        &[Self::Granted, Self::Refused, Self::Expired, Self::Cancelled, Self::Waiting];

    /// As stored, and in addresses of pages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Granted => "granted",
            Self::Refused => "refused",
            Self::Waiting => "waiting",
        }
    }

    /// The outcome of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|outcome| outcome.word() == word).copied()
    }
}

impl LoginLine {
    /// The line after one more entry, in the order of ordinals. `None` stays `None` where the entry
    /// tells nothing of how a login went: what it allowed goes on or ends, while its steps are gone.
    #[must_use]
    pub fn after(line: Option<Self>, step: &Step<'_>) -> Option<Self> {
        let detail: Map<String, Value> = serde_json::from_str(step.detail).unwrap_or_default();
        let mut line = match line {
            Some(line) => line,
            None if is_later(step.kind) => return None,
            None => Self::new(step, &detail),
        };
        // What was counted already: an entry that is read twice changes nothing.
        if step.seq <= line.last_seq && line.first_seq != step.seq {
            return Some(line);
        }
        line.last_seq = line.last_seq.max(step.seq);
        line.user = line.user.or(step.user);
        if line.outcome == LoginOutcome::Waiting {
            line.advance(step, &detail);
        }
        if step.kind == EventKind::FraudReported {
            line.reported = line.reported.or(Some(step.at));
        }
        if line.reported.is_some() {
            line.reason = Some(FRAUD.to_owned());
        }
        Some(line)
    }

    /// Under what it is counted; `None` while it has no end.
    pub fn tally(&self) -> Option<TallyKey> {
        (self.outcome != LoginOutcome::Waiting).then(|| TallyKey {
            hour: Millis(self.began.0 - self.began.0 % HOUR_MILLIS),
            application: self.application,
            outcome: self.outcome,
            factor: self.factor.clone().unwrap_or_default(),
            reason: self.reason.clone().unwrap_or_default(),
        })
    }

    fn new(step: &Step<'_>, detail: &Map<String, Value>) -> Self {
        let after = detail.get("after_ms").and_then(Value::as_u64).unwrap_or(0);
        let text = |key: &str| detail.get(key).and_then(Value::as_str).map(str::to_owned);
        Self {
            login: step.login,
            application: step.application,
            user: step.user,
            name: text("user").unwrap_or_default(),
            began: Millis(step.at.0.saturating_sub(after)),
            ended: None,
            outcome: LoginOutcome::Waiting,
            factor: None,
            reason: None,
            support_code: step.support_code.map(str::to_owned),
            address: text("address"),
            asked: None,
            approve_ms: None,
            reported: None,
            first_seq: step.seq,
            last_seq: step.seq,
        }
    }

    fn advance(&mut self, step: &Step<'_>, detail: &Map<String, Value>) {
        let text = |key: &str| detail.get(key).and_then(Value::as_str).map(str::to_owned);
        #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else moves a login")]
        let outcome = match step.kind {
            EventKind::LoginAllowed => LoginOutcome::Granted,
            EventKind::LoginCancelled => LoginOutcome::Cancelled,
            EventKind::LoginExpired => LoginOutcome::Expired,
            EventKind::LoginRefused => LoginOutcome::Refused,
            EventKind::PhoneAsked => {
                self.asked = Some(step.at);
                self.factor = Some(PUSH.to_owned());
                return;
            }
            EventKind::LoginAnswered => {
                self.factor = text("factor").or(self.factor.take());
                return;
            }
            _ => return,
        };
        self.outcome = outcome;
        self.ended = Some(step.at);
        match outcome {
            LoginOutcome::Granted => {
                self.factor = text("by");
                let approved =
                    self.factor.as_deref() == Some(PUSH) && !detail.contains_key("shown_for");
                self.approve_ms = self.asked.filter(|_| approved).map(|asked| step.at.since(asked));
            }
            LoginOutcome::Refused => self.reason = text("reason"),
            LoginOutcome::Cancelled | LoginOutcome::Expired | LoginOutcome::Waiting => {}
        }
    }
}

/// Comes after a login's end, also long after.
fn is_later(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::FraudReported
            | EventKind::PhoneCodeShown
            | EventKind::SessionEnded
            | EventKind::SessionRenewed
    )
}

impl Delay {
    /// The class of a time.
    pub fn of(millis: u64) -> Self {
        let units = (millis / UNIT_MILLIS).min(u64::from(u32::MAX));
        if units < 32 {
            return Self(u16::try_from(units).unwrap_or(0));
        }
        // From here on each doubling has sixteen classes.
        let doublings = u64::from(units.ilog2()) - 4;
        let class = 16 + (doublings - 1) * 16 + (units >> (doublings));
        Self(u16::try_from(class).unwrap_or(u16::MAX))
    }

    /// As stored.
    pub fn class(self) -> u16 {
        self.0
    }

    /// From what was stored.
    pub fn from_class(class: u16) -> Self {
        Self(class)
    }

    /// The time in the middle of the class.
    pub fn millis(self) -> u64 {
        let class = u64::from(self.0);
        let (from, width) = if class < 32 {
            (class, 1)
        } else {
            let doublings = (class - 16) / 16;
            let width = 1_u64.checked_shl(u32::try_from(doublings).unwrap_or(63)).unwrap_or(1);
            ((16 + (class - 16) % 16).saturating_mul(width), width)
        };
        from.saturating_mul(UNIT_MILLIS).saturating_add(width.saturating_mul(UNIT_MILLIS) / 2)
    }
}

const FRAUD: &str = "fraud";
const PUSH: &str = "push";
const HOUR_MILLIS: u64 = 3_600_000;
const UNIT_MILLIS: u64 = 50;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn step(seq: i64, at: u64, kind: EventKind, detail: &str) -> Step<'_> {
        Step {
            seq,
            at: Millis(at),
            kind,
            login: LoginId::from_bytes([1; 16]),
            user: None,
            application: Some(ApplicationId::from_bytes([2; 16])),
            support_code: Some("K7QF2M"),
            detail,
        }
    }

    fn told(steps: &[Step<'_>]) -> Option<LoginLine> {
        steps.iter().fold(None, LoginLine::after)
    }

    #[test]
    fn a_login_is_told_by_its_entries() {
        let began = r#"{"user":"alice","address":"192.0.2.7","after_ms":0}"#;
        let line = told(&[
            step(5, 1_000, EventKind::LoginBegan, began),
            step(6, 3_000, EventKind::PhoneAsked, r#"{"after_ms":2000}"#),
            step(9, 9_800, EventKind::LoginAllowed, r#"{"by":"push","after_ms":8800}"#),
            step(12, 90_000, EventKind::SessionRenewed, "{}"),
        ]);
        let line = line.unwrap();
        assert_eq!((line.outcome, line.approve_ms), (LoginOutcome::Granted, Some(6_800)));
        assert_eq!((line.began, line.ended), (Millis(1_000), Some(Millis(9_800))));
        assert_eq!((line.first_seq, line.last_seq), (5, 12));
        assert_eq!((line.name.as_str(), line.address.as_deref()), ("alice", Some("192.0.2.7")));
        let again =
            LoginLine::after(Some(line.clone()), &step(9, 9_800, EventKind::LoginAllowed, ""));
        assert_eq!(again, Some(line), "read twice");
    }

    #[test]
    fn a_refused_login_that_is_reported_later_counts_as_not_me() {
        let mut line = told(&[step(1, 5, EventKind::LoginRefused, r#"{"reason":"wrong_code"}"#)]);
        assert_eq!(line.as_ref().unwrap().tally().unwrap().reason, "wrong_code");
        line = LoginLine::after(line, &step(2, 6, EventKind::FraudReported, "{}"));
        assert_eq!(line.unwrap().tally().unwrap().reason, "fraud");
        assert_eq!(told(&[step(3, 6, EventKind::SessionEnded, "{}")]), None, "its steps are gone");
    }

    #[test]
    fn a_login_that_was_let_in_and_is_reported_stays_let_in_and_says_so() {
        let allowed = step(1, 5, EventKind::LoginAllowed, r#"{"by":"push"}"#);
        let line = told(&[
            allowed,
            step(2, 60, EventKind::FraudReported, r#"{"portal":true}"#),
            step(3, 70, EventKind::FraudReported, r#"{"portal":true}"#),
            step(4, 80, EventKind::SessionEnded, "{}"),
        ]);
        let line = line.unwrap();
        assert_eq!((line.outcome, line.reported), (LoginOutcome::Granted, Some(Millis(60))));
        let key = line.tally().unwrap();
        assert_eq!((key.factor.as_str(), key.reason.as_str()), ("push", "fraud"));
        let early = told(&[
            step(1, 5, EventKind::PhoneAsked, "{}"),
            step(2, 6, EventKind::FraudReported, "{}"),
            step(3, 7, EventKind::LoginRefused, r#"{"reason":"timed_out"}"#),
        ]);
        assert_eq!(early.unwrap().reason.as_deref(), Some("fraud"), "reported before its end");
    }

    #[test]
    fn what_has_no_end_is_not_counted_and_its_beginning_is_known_by_any_step() {
        let line = told(&[step(4, 9_000, EventKind::LoginAnswered, r#"{"after_ms":4000}"#)]);
        let line = line.unwrap();
        assert_eq!((line.tally(), line.began), (None, Millis(5_000)));
    }

    proptest! {
        #[test]
        fn a_class_holds_its_times_within_a_sixteenth(millis in 0_u64..600_000) {
            let middle = Delay::of(millis).millis();
            prop_assert!(middle.abs_diff(millis) <= millis / 16 + UNIT_MILLIS);
            prop_assert!(Delay::of(millis) <= Delay::of(millis + UNIT_MILLIS));
            let again = Delay::from_class(Delay::of(millis).class());
            prop_assert_eq!(Delay::of(middle), again);
        }
    }
}
