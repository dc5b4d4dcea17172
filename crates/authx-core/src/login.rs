//! The life of one login, as a state machine without I/O.
//!
//! [`start`] makes a login from what the caller sent and what the store knows; [`step`] moves an
//! open one on. Both change values and return effects for the caller to carry out; a login, the
//! factors it used up and the record of it are stored together or not at all.

mod autologin;
mod bypass;
mod first_factor;
mod moving;
mod passkey;
mod phone;
mod reach;
mod record;
mod renewal;
mod standing;
#[cfg(test)]
mod tests;
mod view;

pub use bypass::Waived;
pub use first_factor::{Cause, FirstFactor, Spared};
pub use phone::{PhoneAnswer, Ringing};
pub use reach::{Phone, Reach};
pub use renewal::{Renewal, renew};

use crate::{
    ApplicationId, Cx, FactorId, GroupId, LoginId, Millis, PhoneId, SessionId, UserId,
    audit::EventKind,
    factor::{Answer, Enrolled, FactorKind},
    name::Name,
    policy::{FirstFactorKind, Policy, SecondFactor},
    prompt::Question,
    reason::Reason,
    session::Session,
    wire::{
        login::{Can, Client, Server},
        text::{Label, MatchNumber, Method, SupportCode},
    },
};
use moving::Moving;
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
    /// The groups that user was in under the generation under which this was stored: they decide
    /// with which policy it goes on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupId>,
    /// Where it stands.
    pub stage: Stage,
    /// How the first factor was or should have been proved.
    pub first_factor: FirstFactorKind,
    /// The name in the client's certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Name>,
    /// The VPN client.
    pub client: Client,
    /// The VPN server.
    pub server: Server,
    /// What the way to the user can carry.
    pub can: Can,
    /// Whether the client signs in by itself, so that nobody can be asked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub autologin: bool,
    /// How answers come from the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
    /// Of a login whose questions are answered by other connections: how many were asked. Each
    /// has a secret of its own, so an answer to an earlier one does not fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenges: Option<u32>,
    /// The user's language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Label>,
    /// Finds it in the log.
    pub support_code: SupportCode,
    /// Digits to compare on the phone.
    pub match_number: Option<MatchNumber>,
    /// Whether the user sees those digits, or will with the next question.
    #[serde(default)]
    pub number_shown: bool,
    /// Factors that may be used.
    pub offers: Vec<FactorKind>,
    /// Answers that may still be wrong or right.
    pub answers_left: u8,
    /// Answers that were neither; at most five.
    pub idle: u8,
    /// The number of the last answer, 0 before the first.
    pub seq: u32,
    /// Which password proved the first factor: a keyed digest of what is stored of it. `None` when
    /// none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_digest: Option<String>,
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
    /// A phone was asked; an answer that is typed counts too.
    AwaitingPhone(Ringing),
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

/// All that is known when a login begins.
#[derive(Clone, Debug)]
pub struct Start<'a> {
    /// The login, made by [`Login::new`].
    pub login: Login,
    /// What became of the first factor.
    pub first_factor: FirstFactor,
    /// What lets the user in by it alone.
    pub spared: Option<Spared>,
    /// The user of the certificate's name, if there is one.
    pub certificate: Option<UserId>,
    /// What the user has already typed for the second one.
    pub answer: Option<Answer<'a>>,
    /// The session that the caller named, if there is one.
    pub session: Option<Session>,
    /// An administrator lets the user in without a second factor for a while.
    pub waived: Option<Waived>,
    /// The user's passkey has answered already: nothing else is asked.
    pub passkey: bool,
}

/// Something that happens to an open login.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// The user typed something.
    Answered {
        /// What.
        answer: Answer<'a>,
        /// Whether what proved the first factor when the login began does so still: an account may
        /// have been disabled since, or its password replaced.
        first_factor: FirstFactor,
        /// The user of the certificate's name, if there is one now.
        certificate: Option<UserId>,
    },
    /// The caller gave up.
    Cancelled,
    /// A passkey of the user's answered rightly.
    Passkey {
        /// As of [`Event::Answered`].
        first_factor: FirstFactor,
        /// As of [`Event::Answered`].
        certificate: Option<UserId>,
    },
    /// A passkey was given that is not the user's, or did not answer rightly.
    PasskeyDeclined,
    /// A phone answered its request.
    Phone {
        /// Which.
        phone: PhoneId,
        /// What.
        answer: PhoneAnswer,
        /// As of [`Event::Answered`].
        first_factor: FirstFactor,
        /// As of [`Event::Answered`].
        certificate: Option<UserId>,
        /// For the record: what the phone signed.
        evidence: Map<String, Value>,
    },
    /// What was sent reached the phone, or did not.
    Reached {
        /// Which.
        phone: PhoneId,
        /// How far it came.
        reach: Reach,
        /// By which way, or why not.
        by: String,
    },
    /// The same client began another login, which took over the request.
    Superseded,
    /// Time has passed.
    Timer,
}

/// What a user has: changed by a step as its effects say.
#[derive(Debug)]
pub struct Means<'a> {
    /// The factors that count.
    pub enrolled: &'a mut [Enrolled],
    /// The phones that can be asked, in the order in which the user counts them.
    pub phones: &'a [Phone],
    /// How a user without a factor may enrol a phone now, where an administrator allows it.
    pub enrol: Option<Enrol>,
    /// Whether there are passkeys, where one can be asked for.
    pub passkeys: bool,
}

/// What a user is told who may enrol a phone at the VPN prompt.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Enrol {
    /// The authenticator's host name.
    pub site: String,
    /// What is to be typed there.
    pub code: String,
}

/// What the caller of a step has to carry out, all in one commit with the login itself.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// A request goes to a phone.
    AskPhone {
        /// Which.
        phone: PhoneId,
        /// The login whose request this one takes over.
        replaces: Option<LoginId>,
        /// Whether the phone rings; it may have done so already.
        rings: bool,
    },
    /// The code that a phone showed for this refused login was typed.
    CodeUsed(LoginId),
    /// A password was wrong: the source is slowed down.
    CountPassword,
    /// The user was told how to enrol: what was told counts from now on.
    Enrol,
    /// The request on a phone is over.
    EndRequest {
        /// Which phone's.
        phone: PhoneId,
        /// How it ended: a stable word.
        outcome: &'static str,
    },
    /// The phones may show a code for this login's client, which shows nothing.
    OfferCode,
    /// An entry for the record.
    Record(EventKind, Map<String, Value>),
    /// A sign-in to remember.
    Remember(Session),
    /// What a phone is shown of its request has changed.
    ShowRequest {
        /// Which phone's.
        phone: PhoneId,
    },
    /// This factor changed: a code was spent, or a wrong one counted.
    SaveFactor(FactorId),
    /// This phone's answer let its user in.
    UsePhone(PhoneId),
    /// This factor's code let its user in.
    UseFactor(FactorId),
}

/// Begins a login.
pub fn start(
    cx: &mut Cx<'_>,
    start: Start<'_>,
    policy: &Policy,
    means: &mut Means<'_>,
) -> (Login, Vec<Effect>) {
    let Start { mut login, first_factor, spared, certificate, answer, session, waived, passkey } =
        start;
    let mut effects = vec![];
    let mut moving = Moving { login: &mut login, policy, effects: &mut effects };
    if !moving.stands(cx, first_factor, certificate) {
        let judged = policy.first_factors.contains(&login.first_factor)
            && matches!(first_factor, FirstFactor::Failed(cause) if cause.is_wrong_guess());
        if judged && login.first_factor == FirstFactorKind::Password {
            effects.push(Effect::CountPassword);
        }
        return (login, effects);
    }
    if let Some(spared) = spared {
        moving.spare(cx, spared);
        return (login, effects);
    }
    if session.is_some_and(|session| moving.remembered(cx, &session)) {
        return (login, effects);
    }
    if waived.is_some_and(|waived| moving.waived(cx, waived)) {
        return (login, effects);
    }
    if moving.login.autologin {
        moving.autologin(cx, means);
        return (login, effects);
    }
    if policy.second_factor == SecondFactor::Off {
        moving.allow(cx, None, Map::new());
        return (login, effects);
    }
    moving.offer(cx.now, means);
    if passkey {
        moving.by_passkey(cx);
    } else if moving.login.offers.is_empty() {
        moving.not_enrolled(cx, means.enrol.as_ref());
    } else if let Some(answer) = answer {
        moving.answered(cx, means, &answer);
    } else if moving.ask_by_itself(cx, means) {
    } else if moving.login.can_ask() {
        moving.ask(Question::First);
        moving.record(cx, EventKind::LoginBegan, Map::new());
    } else {
        moving.cannot_ask(cx, Reason::CannotAsk, Reason::PhoneCodeNeeded);
    }
    (login, effects)
}

/// Moves a login on. A final one stays as it is, and nothing follows.
pub fn step(
    cx: &mut Cx<'_>,
    login: &mut Login,
    policy: &Policy,
    means: &mut Means<'_>,
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
        Event::Answered { answer, first_factor, certificate } => {
            if moving.stands(cx, *first_factor, *certificate) {
                moving.offer(cx.now, means);
                if moving.login.offers.is_empty() && means.enrol.is_some() {
                    moving.not_enrolled(cx, means.enrol.as_ref());
                } else {
                    moving.answered(cx, means, answer);
                }
            }
        }
        Event::Cancelled => moving.end(cx, Stage::Cancelled, EventKind::LoginCancelled),
        Event::Passkey { first_factor, certificate } => {
            if moving.stands(cx, *first_factor, *certificate) {
                moving.offer(cx.now, means);
                moving.by_passkey(cx);
            }
        }
        Event::PasskeyDeclined => moving.passkey_declined(cx),
        Event::Phone { phone, answer, first_factor, certificate, evidence } => {
            // To say no needs nothing that has to stand: "not me" counts also of a login whose
            // password was replaced meanwhile.
            let needs = matches!(answer, PhoneAnswer::Approve { .. });
            if moving.rings_on(*phone) && (!needs || moving.stands(cx, *first_factor, *certificate))
            {
                moving.answered_on_phone(cx, means, *phone, answer, evidence.clone());
            }
        }
        Event::Reached { phone, reach, by } => moving.reached(cx, *phone, *reach, by),
        Event::Superseded => moving.refuse(cx, Reason::Superseded, None),
        Event::Timer => {}
    }
    effects
}
