//! The life of one login, as a state machine without I/O.
//!
//! [`start`] makes a login from what the caller sent and what the store knows; [`step`] moves an
//! open one on. Both change values and return effects for the caller to carry out; a login, the
//! factors it used up and the record of it are stored together or not at all.

mod record;
#[cfg(test)]
mod tests;
mod view;

use crate::{
    ApplicationId, Cx, FactorId, LoginId, Millis, SessionId, UserId,
    audit::EventKind,
    factor::{Answer, Enrolled, FactorKind, Verdict},
    guard::{Gate, Source},
    name::Name,
    policy::{FirstFactorKind, MatchNumber as MatchNumberPolicy, Policy, SecondFactor},
    prompt::{self, Intent, Question},
    reason::Reason,
    session::Session,
    wire::{
        login::{Can, Client, Server},
        text::{Label, MatchNumber, SupportCode},
    },
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One attempt to sign in, as it is stored.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Login {
    /// Made by the caller.
    pub id: LoginId,
    /// At what.
    pub application: ApplicationId,
    /// The name as it was sent.
    pub name: Name,
    /// Whose, once the name was found.
    pub user: Option<UserId>,
    /// Where it stands.
    pub stage: Stage,
    /// How the first factor was or should have been proved.
    pub first_factor: FirstFactorKind,
    /// The VPN client.
    pub client: Client,
    /// The VPN server.
    pub server: Server,
    /// What the way to the user can carry.
    pub can: Can,
    /// The user's language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Label>,
    /// Finds it in the log.
    pub support_code: SupportCode,
    /// Digits to compare on the phone.
    pub match_number: Option<MatchNumber>,
    /// Factors that may be used.
    pub offers: Vec<FactorKind>,
    /// Answers that may still be wrong or right.
    pub answers_left: u8,
    /// Answers that were neither; see [`MOST_IDLE`].
    pub idle: u8,
    /// The number of the last answer, 0 before the first.
    pub seq: u32,
    /// Tells a repeated request from another one: a keyed digest, never the body itself.
    pub request_digest: String,
    /// The same for the last answer.
    pub answer_digest: String,
    /// When it began.
    pub created: Millis,
    /// When it ends by itself.
    pub expires: Millis,
}

/// Where a login stands.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Yes, and it stays so.
    Allowed {
        /// By which factor; `None` by a remembered session or a policy that asks for none.
        factor: Option<FactorKind>,
        /// What it left remembered.
        session: Option<(SessionId, Millis)>,
    },
    /// A question waits for the user.
    AwaitingInput {
        /// Its text.
        prompt: String,
    },
    /// The caller gave up, and it stays so.
    Cancelled,
    /// Nobody answered in time, and it stays so.
    Expired,
    /// No, and it stays so.
    Refused {
        /// Why.
        reason: Reason,
        /// For the user.
        text: String,
    },
}

/// What the caller of [`start`] found out about the first factor.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FirstFactor {
    /// Not proved, for a cause that only the operator may learn.
    Failed(Cause),
    /// Proved.
    Proved,
}

/// Why a first factor was not proved.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cause {
    /// The account was switched off.
    AccountDisabled,
    /// AuthX keeps no password of this user.
    NoPassword,
    /// Nobody of that name.
    UnknownUser,
    /// Wrong password.
    WrongPassword,
}

/// All that is known when a login begins.
#[derive(Clone, Debug)]
pub struct Start<'a> {
    /// The login, made by [`Login::new`].
    pub login: Login,
    /// What became of the first factor.
    pub first_factor: FirstFactor,
    /// What the user has already typed for the second one.
    pub answer: Option<Answer<'a>>,
    /// The session that the caller named, if there is one.
    pub session: Option<Session>,
}

/// Something that happens to an open login.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// The user typed something.
    Answered(Answer<'a>),
    /// The caller gave up.
    Cancelled,
    /// Time has passed.
    Timer,
}

/// What the caller of a step has to carry out, all in one commit with the login itself.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// A password was wrong: the source is slowed down.
    CountPassword,
    /// An entry for the record.
    Record(EventKind, Map<String, Value>),
    /// A sign-in to remember.
    Remember(Session),
    /// This factor changed: a code was spent, or a wrong one counted.
    SaveFactor(FactorId),
}

/// Begins a login.
pub fn start(
    cx: &mut Cx<'_>,
    start: Start<'_>,
    policy: &Policy,
    enrolled: &mut [Enrolled],
) -> (Login, Vec<Effect>) {
    let Start { mut login, first_factor, answer, session } = start;
    let mut effects = vec![];
    let mut moving = Moving { login: &mut login, policy, effects: &mut effects };
    if !policy.first_factors.contains(&moving.login.first_factor) {
        moving.refuse(cx, Reason::FirstFactorNotAllowed, None);
        return (login, effects);
    }
    if let FirstFactor::Failed(cause) = first_factor {
        moving.first_factor_failed(cx, cause);
        return (login, effects);
    }
    if session.is_some_and(|session| moving.remembered(cx, &session)) {
        return (login, effects);
    }
    if policy.second_factor == SecondFactor::Off {
        moving.allow(cx, None);
        return (login, effects);
    }
    moving.offer(enrolled);
    if moving.login.offers.is_empty() {
        moving.refuse(cx, Reason::NotEnrolled, None);
    } else if let Some(answer) = answer {
        moving.answered(cx, enrolled, &answer);
    } else if moving.login.can.text {
        moving.ask(Question::First);
        moving.record(cx, EventKind::LoginBegan, Map::new());
    } else {
        moving.refuse(cx, Reason::CannotAsk, None);
    }
    (login, effects)
}

/// Moves a login on. A final one stays as it is, and nothing follows.
pub fn step(
    cx: &mut Cx<'_>,
    login: &mut Login,
    policy: &Policy,
    enrolled: &mut [Enrolled],
    event: &Event<'_>,
) -> Vec<Effect> {
    let mut effects = vec![];
    if login.is_final() {
        return effects;
    }
    let mut moving = Moving { login, policy, effects: &mut effects };
    if moving.login.expires <= cx.now {
        moving.end(cx, Stage::Expired, EventKind::LoginExpired);
        return effects;
    }
    match event {
        Event::Answered(answer) => {
            moving.offer(enrolled);
            moving.answered(cx, enrolled, answer);
        }
        Event::Cancelled => moving.end(cx, Stage::Cancelled, EventKind::LoginCancelled),
        Event::Timer => {}
    }
    effects
}

impl Login {
    /// Does it stay as it is?
    pub fn is_final(&self) -> bool {
        match self.stage {
            Stage::AwaitingInput { .. } => false,
            Stage::Allowed { .. } | Stage::Cancelled | Stage::Expired | Stage::Refused { .. } => {
                true
            }
        }
    }

    /// Where it comes from.
    pub fn source(&self) -> Source {
        Source::of(self.client.address)
    }
}

/// A login on the move.
struct Moving<'a> {
    login: &'a mut Login,
    policy: &'a Policy,
    effects: &'a mut Vec<Effect>,
}

impl Moving<'_> {
    fn first_factor_failed(&mut self, cx: &Cx<'_>, cause: Cause) {
        if self.login.first_factor == FirstFactorKind::Password {
            self.effects.push(Effect::CountPassword);
            self.refuse(cx, Reason::WrongCredentials, Some(cause));
            return;
        }
        let reason = match cause {
            Cause::AccountDisabled => Reason::AccountDisabled,
            Cause::UnknownUser => Reason::UnknownUser,
            Cause::NoPassword | Cause::WrongPassword => Reason::WrongCredentials,
        };
        self.refuse(cx, reason, None);
    }

    fn remembered(&mut self, cx: &Cx<'_>, session: &Session) -> bool {
        let Some(user) = self.login.user else { return false };
        if !session.allows(cx.now, user, self.login.application) {
            return false;
        }
        let session = Some((session.id, session.until));
        self.login.stage = Stage::Allowed { factor: None, session };
        let detail = record::text("by", "session");
        self.record(cx, EventKind::LoginAllowed, detail);
        true
    }

    fn offer(&mut self, enrolled: &[Enrolled]) {
        let has = |kind: &&FactorKind| enrolled.iter().any(|one| one.enrolment.kind() == **kind);
        self.login.offers = self.policy.factors.iter().filter(has).copied().collect();
    }

    fn answered(&mut self, cx: &mut Cx<'_>, enrolled: &mut [Enrolled], answer: &Answer<'_>) {
        match prompt::intent(answer.text, &self.login.offers) {
            Intent::Answer(kind) => self.judge(cx, enrolled, kind, answer),
            Intent::Choose(kind) => self.ask_again(cx, Question::For(kind)),
            Intent::Unknown => self.ask_again(cx, Question::AfterUnknown),
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
        let Some(factor) = enrolled.iter_mut().find(|one| one.enrolment.kind() == kind) else {
            self.refuse(cx, Reason::NotEnrolled, None);
            return;
        };
        match factor.guard.gate(cx.now, &source, self.policy.lock_after) {
            Gate::Open => {}
            Gate::Locked => return self.refuse(cx, Reason::FactorLocked, None),
            Gate::Wait { .. } => return self.refuse(cx, Reason::SlowDown, None),
        }
        let verdict = factor.enrolment.answer(cx, answer);
        self.effects.push(Effect::SaveFactor(factor.id));
        if verdict == Verdict::Accept {
            factor.guard.succeed(&source);
            self.allow(cx, Some(kind));
        } else {
            factor.guard.fail(cx.now, &source);
            self.wrong(cx, kind, verdict);
        }
    }

    fn wrong(&mut self, cx: &Cx<'_>, kind: FactorKind, verdict: Verdict) {
        let left = self.login.answers_left.saturating_sub(1);
        self.login.answers_left = left;
        let spent = verdict == Verdict::Spent;
        if left == 0 || !self.login.can.several {
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
    fn ask_again(&mut self, cx: &Cx<'_>, question: Question) {
        self.login.idle = self.login.idle.saturating_add(1);
        let can_ask = self.login.can.text && self.login.can.several || self.is_first_question();
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

    fn ask(&mut self, question: Question) {
        let prompt = prompt::question(question, &self.login.offers, self.policy.prompt.as_deref());
        self.login.stage = Stage::AwaitingInput { prompt };
    }

    fn allow(&mut self, cx: &mut Cx<'_>, factor: Option<FactorKind>) {
        let session = self.remember(cx);
        self.login.stage = Stage::Allowed { factor, session };
        let by = factor.map_or("policy", FactorKind::word);
        self.record(cx, EventKind::LoginAllowed, record::text("by", by));
    }

    fn remember(&mut self, cx: &mut Cx<'_>) -> Option<(SessionId, Millis)> {
        let user = self.login.user.filter(|_| self.policy.session_secs > 0)?;
        let (id, until) = (SessionId::new(cx), cx.now.plus_secs(self.policy.session_secs));
        let application = self.login.application;
        self.effects.push(Effect::Remember(Session { id, application, user, until, ended: None }));
        Some((id, until))
    }

    fn refuse(&mut self, cx: &Cx<'_>, reason: Reason, cause: Option<Cause>) {
        let text = prompt::refusal(reason, self.policy.help.as_deref(), &self.login.support_code);
        self.login.stage = Stage::Refused { reason, text };
        let mut detail = record::text("reason", reason.entry().code);
        if let Some(cause) = cause {
            detail.extend(record::text("cause", cause.word()));
        }
        self.record(cx, EventKind::LoginRefused, detail);
    }

    fn end(&mut self, cx: &Cx<'_>, stage: Stage, kind: EventKind) {
        self.login.stage = stage;
        self.record(cx, kind, Map::new());
    }

    fn record(&mut self, cx: &Cx<'_>, kind: EventKind, detail: Map<String, Value>) {
        let detail = record::detail(self.login, cx.now, detail);
        self.effects.push(Effect::Record(kind, detail));
    }
}

impl Cause {
    /// The word for it in the record.
    pub fn word(self) -> &'static str {
        match self {
            Self::AccountDisabled => "account_disabled",
            Self::NoPassword => "no_password",
            Self::UnknownUser => "unknown_user",
            Self::WrongPassword => "wrong_password",
        }
    }
}

/// How many answers of one login may be words or nonsense.
const MOST_IDLE: u8 = 5;
