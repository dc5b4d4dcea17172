//! The moves of a login: each changes the stage and says what follows.

use super::{Cause, Effect, Enrol, FirstFactor, Login, Means, Spared, Stage, record};
use crate::{
    Cx, FactorId, Millis, SessionId, UserId,
    audit::EventKind,
    factor::{Answer, Enrolled, FactorKind, Verdict},
    guard::Gate,
    policy::{CertificateName, FirstFactorKind, Policy},
    prompt::{self, Intent, Question},
    reason::Reason,
    session::Session,
};
use serde_json::{Map, Value};

/// A login on the move.
pub(super) struct Moving<'a> {
    pub(super) login: &'a mut Login,
    pub(super) policy: &'a Policy,
    pub(super) effects: &'a mut Vec<Effect>,
}

impl Moving<'_> {
    /// Whether the first factor is proved, in a way that the policy allows, and by the one whom the
    /// certificate names; and whether a client may sign in by itself that does. Otherwise the login
    /// is refused by this.
    pub(super) fn stands(
        &mut self,
        cx: &Cx<'_>,
        first_factor: FirstFactor,
        certificate: Option<UserId>,
    ) -> bool {
        if first_factor == FirstFactor::Failed(Cause::SwitchedOff) {
            self.refuse(cx, Reason::SwitchedOff, None);
            return false;
        }
        if !self.policy.first_factors.contains(&self.login.first_factor) {
            self.refuse(cx, Reason::FirstFactorNotAllowed, None);
            return false;
        }
        if let FirstFactor::Failed(cause) = first_factor {
            self.first_factor_failed(cx, cause);
            return false;
        }
        // Only behind the first factor: it would tell a stranger whose certificate it is.
        if !self.certificate_fits(certificate) {
            self.refuse(cx, Reason::CertificateMismatch, None);
            return false;
        }
        self.may_autologin(cx)
    }

    /// A certificate that is the first factor always has to be the user's: nothing else says who
    /// it is.
    fn certificate_fits(&self, owner: Option<UserId>) -> bool {
        let demanded = self.login.first_factor == FirstFactorKind::Certificate
            || self.login.certificate.is_some()
                && self.policy.certificate_name == CertificateName::MustMatch;
        !demanded || owner.is_some() && owner == self.login.user
    }

    fn first_factor_failed(&mut self, cx: &Cx<'_>, cause: Cause) {
        if self.login.first_factor == FirstFactorKind::Password && cause.is_wrong_guess() {
            self.refuse(cx, Reason::WrongCredentials, Some(cause));
            return;
        }
        let reason = match cause {
            Cause::AccountDisabled => Reason::AccountDisabled,
            Cause::NotInGroup => Reason::NotInGroup,
            Cause::SwitchedOff => Reason::SwitchedOff,
            Cause::UnknownUser => Reason::UnknownUser,
            Cause::NoPassword | Cause::WrongPassword => Reason::WrongCredentials,
        };
        self.refuse(cx, reason, None);
    }

    /// Lets somebody in by the first factor alone. Nothing is remembered of that.
    pub(super) fn spare(&mut self, cx: &Cx<'_>, spared: Spared) {
        self.login.stage = Stage::Allowed { factor: None, session: None };
        self.record(cx, EventKind::LoginAllowed, record::text("by", spared.word()));
    }

    pub(super) fn remembered(&mut self, cx: &Cx<'_>, session: &Session) -> bool {
        let Some(user) = self.login.user else { return false };
        // What is remembered counts only where remembering is still allowed.
        if self.policy.session_secs == 0 {
            return false;
        }
        if !session.allows(cx.now, user, self.login.application) {
            return false;
        }
        let left = Some((session.id, session.until));
        self.login.stage = Stage::Allowed { factor: None, session: left };
        let mut detail = record::text("by", "session");
        detail.insert("remembered_ms".to_owned(), cx.now.since(session.id.made()).into());
        self.record(cx, EventKind::LoginAllowed, detail);
        true
    }

    pub(super) fn offer(&mut self, now: Millis, means: &Means<'_>) {
        let has = |kind: &&FactorKind| {
            let counts =
                |one: &Enrolled| one.enrolment.kind() == **kind && one.enrolment.counts(now);
            let enrolled = means.enrolled.iter().any(counts);
            enrolled && (**kind != FactorKind::Push || !means.phones.is_empty())
        };
        let may = self.policy.factors.iter().filter(|kind| **kind != FactorKind::Bypass);
        self.login.offers = may.chain(&[FactorKind::Bypass]).filter(has).copied().collect();
        if means.passkeys {
            self.login.offers.push(FactorKind::Passkey);
        }
    }

    pub(super) fn answered(&mut self, cx: &mut Cx<'_>, means: &mut Means<'_>, answer: &Answer<'_>) {
        match prompt::intent(answer.text, &self.login.offers) {
            Intent::Answer(FactorKind::Code) if self.shown_code(cx, means, answer) => {}
            Intent::Answer(kind) => self.judge(cx, means.enrolled, kind, answer),
            Intent::Choose { kind: FactorKind::Push, which } => self.choose_phone(cx, means, which),
            Intent::Choose { kind, .. } => self.ask_again(cx, Question::For(kind)),
            Intent::Unknown => self.ask_again(cx, Question::AfterUnknown),
        }
    }

    /// All enrolments of the kind are looked at: a user with two phones has two of codes. They
    /// count wrong answers together.
    /// Refuses a user without a factor, or says how to enrol one where that is allowed.
    pub(super) fn not_enrolled(&mut self, cx: &Cx<'_>, enrol: Option<&Enrol>) {
        let Some(enrol) = enrol else {
            return self.refuse(cx, Reason::NotEnrolled, None);
        };
        self.effects.push(Effect::Enrol);
        self.login.idle = self.login.idle.saturating_add(1);
        if self.login.can_ask_again() && self.login.idle <= MOST_IDLE {
            self.login.expires = self.login.expires.max(cx.now.plus_secs(ENROL_SECS));
            self.login.stage = Stage::AwaitingInput { prompt: prompt::enrol(enrol) };
            return self.record(cx, EventKind::LoginBegan, record::text("answer", "enrol"));
        }
        self.refuse(cx, Reason::NotEnrolled, None);
        let told = prompt::enrol_first(enrol, &self.login.support_code);
        if let Stage::Refused { text, .. } = &mut self.login.stage {
            *text = told;
        }
    }

    fn judge(
        &mut self,
        cx: &mut Cx<'_>,
        enrolled: &mut [Enrolled],
        kind: FactorKind,
        answer: &Answer<'_>,
    ) {
        let source = self.login.source();
        let wanted = self.counted(kind);
        let ours = |factor: &&mut Enrolled| factor.enrolment.kind() == wanted;
        match self.gate(cx, enrolled, kind) {
            Some(Gate::Open) => {}
            None => return self.refuse(cx, Reason::NotEnrolled, None),
            Some(Gate::Locked) => return self.refuse(cx, Reason::FactorLocked, None),
            Some(Gate::Wait { .. }) => return self.refuse(cx, Reason::SlowDown, None),
        }
        let mut verdict = Verdict::Wrong;
        for factor in enrolled.iter_mut().filter(ours) {
            match factor.enrolment.answer(cx, answer) {
                Verdict::Accept => {
                    let id = factor.id;
                    self.forgive(enrolled, kind, Some(id));
                    self.effects.push(Effect::UseFactor(id));
                    self.note_answered(enrolled);
                    return self.allow(cx, Some(kind), Map::new());
                }
                Verdict::Spent => verdict = Verdict::Spent,
                Verdict::Wrong => {}
            }
        }
        for factor in enrolled.iter_mut().filter(ours) {
            factor.guard.fail(cx.now, &source);
            self.effects.push(Effect::SaveFactor(factor.id));
        }
        self.wrong(cx, kind, verdict);
    }

    /// Whose guard counts the answers of this kind: codes that only phones show are push.
    fn counted(&self, kind: FactorKind) -> FactorKind {
        if self.login.offers.contains(&kind) { kind } else { FactorKind::Push }
    }

    /// Whether an answer of this kind may be looked at; `None` where there is nothing to look at.
    pub(super) fn gate(
        &self,
        cx: &Cx<'_>,
        enrolled: &[Enrolled],
        kind: FactorKind,
    ) -> Option<Gate> {
        let (source, counted) = (self.login.source(), self.counted(kind));
        let mut gate = None;
        for factor in enrolled.iter().filter(|factor| factor.enrolment.kind() == counted) {
            match factor.guard.gate(cx.now, &source, self.policy.lock_after) {
                Gate::Open => gate = gate.or(Some(Gate::Open)),
                closed @ (Gate::Locked | Gate::Wait { .. }) => gate = Some(closed),
            }
        }
        gate
    }

    /// A right answer forgives the wrong ones of its source at all factors that counted them, and
    /// saves the one that accepted it.
    pub(super) fn forgive(
        &mut self,
        enrolled: &mut [Enrolled],
        kind: FactorKind,
        accepted: Option<FactorId>,
    ) {
        let (source, counted) = (self.login.source(), self.counted(kind));
        for factor in enrolled.iter_mut().filter(|factor| factor.enrolment.kind() == counted) {
            if factor.guard.succeed(&source) || Some(factor.id) == accepted {
                self.effects.push(Effect::SaveFactor(factor.id));
            }
        }
    }

    fn wrong(&mut self, cx: &mut Cx<'_>, kind: FactorKind, verdict: Verdict) {
        let left = self.login.answers_left.saturating_sub(1);
        self.login.answers_left = left;
        let spent = verdict == Verdict::Spent;
        if left == 0 || !self.login.can_ask_again() {
            let reason = if spent { Reason::CodeAlreadyUsed } else { Reason::WrongCode };
            self.refuse(cx, reason, None);
            return;
        }
        self.ask(if spent { Question::AfterSpent { left } } else { Question::AfterWrong { left } });
        let mut detail = record::text("answer", if spent { "spent" } else { "wrong" });
        detail.extend(record::text("factor", kind.word()));
        self.record(cx, EventKind::LoginAnswered, detail);
    }

    /// A word, or something unknown, costs no try; but not for ever, and only where a further
    /// question can be shown.
    pub(super) fn ask_again(&mut self, cx: &Cx<'_>, question: Question) {
        self.login.idle = self.login.idle.saturating_add(1);
        let can_ask = self.login.can_ask_again() || self.is_first_question();
        if !can_ask || self.login.idle > MOST_IDLE {
            self.refuse(cx, Reason::UnknownAnswer, None);
            return;
        }
        self.ask(question);
        self.record(cx, EventKind::LoginAnswered, record::text("answer", "word"));
    }

    /// A word typed with the password leaves the one question of a prompt that can ask only once.
    fn is_first_question(&self) -> bool {
        self.login.can.text && self.login.seq == 0
    }

    pub(super) fn ask(&mut self, question: Question) {
        let mut prompt =
            prompt::question(question, &self.login.offers, self.policy.prompt.as_deref());
        self.login.challenges = self.login.challenges.map(|asked| asked.saturating_add(1));
        if let Stage::AwaitingPhone(ringing) = &mut self.login.stage {
            // The phone goes on ringing, whatever was typed beside it.
            prompt.clear();
            prompt.push_str(&ringing.question_after(question));
            ringing.prompt = prompt;
            return;
        }
        self.login.stage = Stage::AwaitingInput { prompt };
    }

    pub(super) fn allow(
        &mut self,
        cx: &mut Cx<'_>,
        factor: Option<FactorKind>,
        more: Map<String, Value>,
    ) {
        // What stands for a second factor later must have seen one: the policy may ask for it then.
        let session = factor.and_then(|_| self.remember(cx));
        self.become_final(
            Stage::Allowed { factor, session },
            if factor == Some(FactorKind::Push) { "approved" } else { "elsewhere" },
        );
        let mut detail = more;
        let unasked = if self.login.autologin { "autologin" } else { "policy" };
        detail.extend(record::text("by", factor.map_or(unasked, FactorKind::word)));
        self.record(cx, EventKind::LoginAllowed, detail);
    }

    fn remember(&mut self, cx: &mut Cx<'_>) -> Option<(SessionId, Millis)> {
        let user = self.login.user.filter(|_| self.policy.session_secs > 0)?;
        let (id, until) = (SessionId::new(cx), cx.now.plus_secs(self.policy.session_secs));
        let application = self.login.application;
        self.effects.push(Effect::Remember(Session { id, application, user, until, ended: None }));
        Some((id, until))
    }

    pub(super) fn refuse(&mut self, cx: &Cx<'_>, reason: Reason, cause: Option<Cause>) {
        let text = prompt::refusal(reason, self.policy.help.as_deref(), &self.login.support_code);
        self.become_final(Stage::Refused { reason, text }, outcome(reason));
        let mut detail = record::text("reason", reason.entry().code);
        if let Some(cause) = cause {
            detail.extend(record::text("cause", cause.word()));
        }
        self.record(cx, EventKind::LoginRefused, detail);
    }

    pub(super) fn end(&mut self, cx: &Cx<'_>, stage: Stage, kind: EventKind) {
        let outcome = if stage == Stage::Expired { "expired" } else { "cancelled" };
        self.become_final(stage, outcome);
        self.record(cx, kind, Map::new());
    }

    /// A request that a phone still has goes with it.
    fn become_final(&mut self, stage: Stage, outcome: &'static str) {
        self.end_request(outcome);
        self.login.stage = stage;
    }

    pub(super) fn record(&mut self, cx: &Cx<'_>, kind: EventKind, detail: Map<String, Value>) {
        let detail = record::detail(self.login, cx.now, detail);
        self.effects.push(Effect::Record(kind, detail));
    }
}

/// What the phone is told of a login that was refused while it had the request.
fn outcome(reason: Reason) -> &'static str {
    match reason {
        Reason::Fraud => "fraud",
        Reason::PushDenied => "denied",
        Reason::Superseded => "replaced",
        Reason::WrongNumber => "wrong_number",
        Reason::AccountDisabled
        | Reason::AgentFault
        | Reason::AuthxUnreachable
        | Reason::AutologinNotAllowed
        | Reason::CannotAsk
        | Reason::CertificateMismatch
        | Reason::ChallengeExpired
        | Reason::ClientGone
        | Reason::CodeAlreadyUsed
        | Reason::FactorLocked
        | Reason::FirstFactorNotAllowed
        | Reason::NameTooLong
        | Reason::NotEnrolled
        | Reason::NotInGroup
        | Reason::NumberNotShown
        | Reason::PasskeyDeclined
        | Reason::PhoneCodeNeeded
        | Reason::PushLimited
        | Reason::PushLocked
        | Reason::SessionEnded
        | Reason::SessionUnknown
        | Reason::SlowDown
        | Reason::SwitchedOff
        | Reason::TimedOut
        | Reason::TooManyPasswords
        | Reason::UnknownAnswer
        | Reason::UnknownUser
        | Reason::WrongCode
        | Reason::WrongCredentials => "cancelled",
    }
}

/// How long a login stays open whose user enrols a phone meanwhile.
const ENROL_SECS: u64 = 300;
/// How many answers of one login may be words or nonsense.
const MOST_IDLE: u8 = 5;
