//! What another policy would have made of a login of the past, as far as the record tells.
//!
//! The record says how a login ended, not under which policy. So two policies are compared, the one
//! in force and a draft, each judged by the same facts: what differs between the judgements follows
//! from the draft. Where the facts do not suffice the answer is that it cannot be said.

mod past;
#[cfg(test)]
mod tests;

pub use past::{Approval, By, Ended, Past, Trail};

use super::{
    Autologin, CertificateName, MatchNumber, Policy, SecondFactor, Setting, UserVerification,
};
use crate::{factor::FactorKind, policy::FirstFactorKind, reason::Reason};

/// How a login would have ended under a policy.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Verdict {
    /// As it did: let in or not. One that was refused may be refused for another reason.
    Same,
    /// Let in without a second factor.
    LetIn,
    /// Asked for a second factor, where it was let in without.
    Asked,
    /// Not by the factor that it was let in by.
    OtherFactor,
    /// Not without the number from the VPN prompt.
    NeedsNumber,
    /// Not without the phone's own check of its user.
    NeedsVerification,
    /// Refused: the client signs in by itself.
    RefusedAutologin,
    /// Refused: this kind of first factor does not count.
    RefusedFirstFactor,
    /// Refused: too many wrong answers.
    RefusedTries,
    /// Over before it was answered.
    TooLate,
    /// The record does not tell.
    Unsaid(Gap),
}

/// What the record does not tell.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Gap {
    /// Whose name a certificate has, where it is not the one that was typed.
    Certificate,
    /// How a login would have gone on that would not have ended where it did.
    GoesOn,
    /// Whether the number could be shown at this prompt.
    NumberShown,
    /// Of which kind the phone was.
    PhoneKind,
    /// Since when a sign-in was remembered.
    Remembered,
    /// How one more try would have come out.
    Tries,
}

impl Verdict {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::LetIn => "let_in",
            Self::Asked => "asked",
            Self::OtherFactor => "other_factor",
            Self::NeedsNumber => "needs_number",
            Self::NeedsVerification => "needs_verification",
            Self::RefusedAutologin => "refused_autologin",
            Self::RefusedFirstFactor => "refused_first_factor",
            Self::RefusedTries => "refused_tries",
            Self::TooLate => "too_late",
            Self::Unsaid(gap) => gap.word(),
        }
    }
}

impl Gap {
    /// The word for it, which begins as all of them do.
    pub fn word(self) -> &'static str {
        match self {
            Self::Certificate => "unsaid_certificate",
            Self::GoesOn => "unsaid_goes_on",
            Self::NumberShown => "unsaid_number_shown",
            Self::PhoneKind => "unsaid_phone_kind",
            Self::Remembered => "unsaid_remembered",
            Self::Tries => "unsaid_tries",
        }
    }
}

/// What differs for one login.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Difference {
    /// How it would end under the policy in force.
    pub now: Verdict,
    /// How under the draft.
    pub draft: Verdict,
}

/// What differs between the policy in force and a draft for a login of the past; `None` where
/// nothing does.
pub fn difference(past: &Past, now: &Policy, draft: &Policy) -> Option<Difference> {
    let judge = |policy| Judge { past, policy, now }.verdict();
    let found = Difference { now: judge(now), draft: judge(draft) };
    (found.now != found.draft).then_some(found)
}

/// Values in which a draft differs and of which no login of the past tells anything, or not all:
/// their paths.
pub fn untold(now: &Policy, draft: &Policy) -> Vec<&'static str> {
    let told = [
        ("app_lock", now.app_lock != draft.app_lock),
        ("automatic_push", now.automatic_push != draft.automatic_push),
        ("dynamic_challenge", now.dynamic_challenge != draft.dynamic_challenge),
        ("lifetimes.fraud_lock_secs", now.fraud_lock_secs != draft.fraud_lock_secs),
        ("lifetimes.session_secs", now.session_secs < draft.session_secs),
        ("limits.lock_after", now.lock_after != draft.lock_after),
        ("limits.phones_per_user", now.phones_per_user != draft.phones_per_user),
        ("messages.help", now.help != draft.help),
        ("messages.prompt", now.prompt != draft.prompt),
    ];
    let differs = told.into_iter().filter(|(_, differs)| *differs);
    differs.filter_map(|(path, _)| Setting::at(path).map(|setting| setting.path)).collect()
}

/// One login under one policy. Where the facts do not tell how a value counted, it is taken to have
/// counted as it does now.
struct Judge<'a> {
    past: &'a Past,
    policy: &'a Policy,
    now: &'a Policy,
}

impl Judge<'_> {
    fn verdict(&self) -> Verdict {
        let Self { past, policy, .. } = self;
        if past.ended == Ended::Allowed(By::Other) || self.before_policy() {
            return Verdict::Same;
        }
        if !policy.first_factors.contains(&past.first_factor) {
            return self.refuses(Reason::FirstFactorNotAllowed, Verdict::RefusedFirstFactor);
        }
        if past.ended == Ended::Refused(Reason::FirstFactorNotAllowed) {
            return Verdict::Unsaid(Gap::GoesOn);
        }
        if let Some(verdict) = self.certificate() {
            return verdict;
        }
        if past.autologin && policy.autologin == Autologin::Refuse {
            return self.refuses(Reason::AutologinNotAllowed, Verdict::RefusedAutologin);
        }
        if let Ended::Allowed(By::Session { age_ms }) = past.ended {
            return self.remembered(age_ms);
        }
        if past.autologin {
            return self.autologin();
        }
        if policy.second_factor == SecondFactor::Required {
            return self.asked();
        }
        if past.ended == Ended::Allowed(By::Policy) { Verdict::Same } else { Verdict::LetIn }
    }

    /// Whether it was refused for something in which no policy has a say.
    fn before_policy(&self) -> bool {
        let Ended::Refused(reason) = self.past.ended else { return false };
        matches!(
            reason,
            Reason::AccountDisabled
                | Reason::NotInGroup
                | Reason::SwitchedOff
                | Reason::TooManyPasswords
                | Reason::UnknownUser
                | Reason::WrongCredentials
        )
    }

    fn refuses(&self, reason: Reason, otherwise: Verdict) -> Verdict {
        if self.past.ended == Ended::Refused(reason) { Verdict::Same } else { otherwise }
    }

    /// What follows from the name in a certificate, where it decides.
    fn certificate(&self) -> Option<Verdict> {
        let demands = |policy: &Policy| {
            self.past.first_factor == FirstFactorKind::Certificate
                || policy.certificate_name == CertificateName::MustMatch
        };
        if self.past.ended == Ended::Refused(Reason::CertificateMismatch) {
            let stays = demands(self.policy);
            return Some(if stays { Verdict::Same } else { Verdict::Unsaid(Gap::GoesOn) });
        }
        let newly = demands(self.policy) && !demands(self.now);
        (newly && self.past.certificate_fits == Some(false))
            .then_some(Verdict::Unsaid(Gap::Certificate))
    }

    fn remembered(&self, age_ms: Option<u64>) -> Verdict {
        let secs = self.policy.session_secs;
        match age_ms {
            _ if secs == 0 => Verdict::Asked,
            Some(age_ms) if age_ms >= secs.saturating_mul(1_000) => Verdict::Asked,
            None if secs < self.now.session_secs => Verdict::Unsaid(Gap::Remembered),
            Some(_) | None => Verdict::Same,
        }
    }

    fn autologin(&self) -> Verdict {
        let allowed = self.past.ended == Ended::Allowed(By::Autologin);
        if self.policy.autologin == Autologin::Allow {
            return if allowed { Verdict::Same } else { Verdict::LetIn };
        }
        if self.past.ended == Ended::Refused(Reason::AutologinNotAllowed) {
            return Verdict::Unsaid(Gap::GoesOn);
        }
        self.asked()
    }

    /// A login of which a second factor was or would have been asked.
    fn asked(&self) -> Verdict {
        match self.past.ended {
            Ended::Allowed(By::Autologin | By::Policy) => Verdict::Asked,
            Ended::Allowed(By::Factor(kind)) => self.by_factor(kind),
            Ended::Expired if self.secs(self.policy) > self.secs(self.now) => {
                Verdict::Unsaid(Gap::GoesOn)
            }
            Ended::Allowed(By::Session { .. } | By::Other) | Ended::Cancelled | Ended::Expired => {
                Verdict::Same
            }
            Ended::Refused(reason) => self.refused(reason),
        }
    }

    fn by_factor(&self, kind: FactorKind) -> Verdict {
        let Self { past, policy, now } = self;
        if !policy.factors.contains(&kind) {
            return Verdict::OtherFactor;
        }
        if past.wrong >= u32::from(policy.answers_per_login) {
            return Verdict::RefusedTries;
        }
        let waited = past.after_ms.saturating_sub(past.asked_ms.unwrap_or(0));
        let late = |secs: u64| waited >= secs.saturating_mul(1_000);
        // One that is late by what is in force too had another time, such as that of a challenge.
        if late(self.secs(policy)) && !late(self.secs(now)) {
            return Verdict::TooLate;
        }
        if kind == FactorKind::Push { self.by_push() } else { Verdict::Same }
    }

    fn by_push(&self) -> Verdict {
        let Self { past, policy, now } = self;
        let fewer = now.phone_classes.iter().any(|class| !policy.phone_classes.contains(class));
        if fewer {
            return Verdict::Unsaid(Gap::PhoneKind);
        }
        let Some(approval) = &past.approval else {
            // A code that the phone showed: it verifies its user for that too.
            let newly = policy.user_verification == UserVerification::Required
                && now.user_verification == UserVerification::Off;
            return if newly { Verdict::Unsaid(Gap::GoesOn) } else { Verdict::Same };
        };
        if policy.user_verification == UserVerification::Required && !approval.verified {
            return Verdict::NeedsVerification;
        }
        match (policy.match_number, now.match_number) {
            _ if approval.number => Verdict::Same,
            (MatchNumber::Required, _) => Verdict::NeedsNumber,
            (MatchNumber::WhereShown, MatchNumber::Off) => Verdict::Unsaid(Gap::NumberShown),
            (MatchNumber::WhereShown | MatchNumber::Off, _) => Verdict::Same,
        }
    }

    /// How long such a login stays open.
    fn secs(&self, policy: &Policy) -> u64 {
        if self.past.asked_ms.is_some() { policy.push_secs } else { policy.login_secs }
    }

    fn refused(&self, reason: Reason) -> Verdict {
        let Self { policy, now, .. } = self;
        if matches!(
            reason,
            Reason::CodeAlreadyUsed
                | Reason::PasskeyDeclined
                | Reason::UnknownAnswer
                | Reason::WrongCode
        ) {
            let more = policy.answers_per_login > now.answers_per_login;
            return if more { Verdict::Unsaid(Gap::Tries) } else { Verdict::Same };
        }
        if reason == Reason::FactorLocked && policy.lock_after > now.lock_after {
            return Verdict::Unsaid(Gap::Tries);
        }
        let rings = |policy: &Policy| policy.factors.contains(&FactorKind::Push);
        let differs = rings(policy) != rings(now);
        let numbers = differs || policy.match_number != now.match_number;
        let goes_on = match reason {
            Reason::NotEnrolled => {
                policy.factors.iter().any(|kind| !now.factors.contains(kind))
                    || policy.phone_classes != now.phone_classes
            }
            Reason::CannotAsk | Reason::NumberNotShown | Reason::PhoneCodeNeeded => {
                numbers
                    || policy.dynamic_challenge != now.dynamic_challenge
                    || policy.automatic_push != now.automatic_push
            }
            Reason::WrongNumber => numbers,
            Reason::Fraud | Reason::PushDenied | Reason::PushLimited | Reason::PushLocked => {
                differs
            }
            Reason::AutologinNotAllowed | Reason::CertificateMismatch => true,
            Reason::AccountDisabled
            | Reason::AgentFault
            | Reason::AuthxUnreachable
            | Reason::ChallengeExpired
            | Reason::ClientGone
            | Reason::CodeAlreadyUsed
            | Reason::FactorLocked
            | Reason::FirstFactorNotAllowed
            | Reason::NameTooLong
            | Reason::NotInGroup
            | Reason::PasskeyDeclined
            | Reason::SessionEnded
            | Reason::SessionUnknown
            | Reason::SlowDown
            | Reason::Superseded
            | Reason::SwitchedOff
            | Reason::TimedOut
            | Reason::TooManyPasswords
            | Reason::UnknownAnswer
            | Reason::UnknownUser
            | Reason::WrongCode
            | Reason::WrongCredentials => false,
        };
        if goes_on { Verdict::Unsaid(Gap::GoesOn) } else { Verdict::Same }
    }
}
