//! What happens while a sign-in is open.

use super::{
    Call, Conversation, Effect, Event, Failure, MOST_WAITING, Refusal, Reply, Stage, Summary,
    Verdict,
    credentials::{self, ChallengeState},
    phone::Shown,
    refusal::cr_text,
};
use crate::{pam::Proof, sessions::Approved};
use authx_core::{
    Millis,
    factor::FactorKind,
    reason::Reason,
    wire::{
        login::{AnswerLogin, LoginState, LoginView},
        text::{Method, Typed},
    },
};

impl Conversation {
    /// Takes what happened. After the verdict nothing follows but what cleans up behind it.
    pub fn handle(&mut self, now: Millis, event: Event) -> Vec<Effect> {
        let mut effects = vec![];
        match event {
            Event::Outcome { used } => self.outcome(now, used, &mut effects),
            Event::Told(Ok(view)) if self.is_decided() => {
                // It was begun while nobody waited for it any longer.
                if !is_final(view.state) {
                    effects.push(Effect::Cancel(self.login));
                }
            }
            _ if self.is_decided() => {}
            Event::Gone => {
                self.call = Call::Over;
                self.give_up(Reason::ClientGone, &mut effects);
                effects.retain(|effect| !matches!(effect, Effect::Verdict(_)));
            }
            Event::Proved(proof) => self.proved(proof, &mut effects),
            Event::Stopping => self.give_up(Reason::AgentFault, &mut effects),
            Event::Time => self.time(now, &mut effects),
            Event::Told(Ok(view)) => self.told(now, &view, &mut effects),
            Event::Told(Err(failure)) => self.failed(failure, &mut effects),
            Event::Typed(text) => self.typed(&text, &mut effects),
            Event::Unasked => self.decide_by = self.decide_by.min(self.decide_by_before),
        }
        effects
    }

    fn is_decided(&self) -> bool {
        matches!(self.stage, Stage::Over)
    }

    /// The plugin says whether OpenVPN got what it was told. What came too late is said through the
    /// files.
    fn outcome(&mut self, now: Millis, used: bool, effects: &mut Vec<Effect>) {
        let call = std::mem::replace(&mut self.call, Call::Over);
        let Call::Replied(reply) = call else { return };
        match (used, reply) {
            (false, Reply::Decided(verdict)) => effects.push(Effect::Verdict(verdict)),
            (false, Reply::Defer { pending: Some(_) }) if !self.is_decided() => {
                if self.setting.several {
                    let question = self.first_question();
                    self.ask(now, &question, true, effects);
                } else {
                    self.give_up(Reason::AgentFault, effects);
                }
            }
            (true, _) | (false, Reply::Defer { .. }) => {}
        }
    }

    fn time(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        if let Call::Held { until } = self.call
            && until <= now
        {
            self.defer(None, effects);
        }
        if self.decide_by <= now {
            return self.give_up(Reason::TimedOut, effects);
        }
        self.show_later(now, effects);
    }

    fn give_up(&mut self, reason: Reason, effects: &mut Vec<Effect>) {
        if !matches!(self.stage, Stage::Proving { .. }) {
            effects.push(Effect::Cancel(self.login));
        }
        self.refuse(reason, None, effects);
    }

    fn proved(&mut self, proof: Proof, effects: &mut Vec<Effect>) {
        let Stage::Proving { readings, login } = &mut self.stage else { return };
        let read = readings.pop_front();
        let detail = match proof {
            Proof::Proved => {
                let mut login = login.clone();
                // A session stands for the answer at a renegotiation, where none is looked at.
                if login.session.is_none() {
                    login.answer = read.and_then(|(_, answer)| answer).or(login.answer);
                }
                effects.push(Effect::Begin(self.login, login));
                self.stage = Stage::Sent;
                return;
            }
            Proof::Refused { detail } => detail,
            Proof::Unavailable { detail } => {
                return self.refuse(Reason::AgentFault, Some(&detail), effects);
            }
        };
        match readings.front() {
            Some((password, _)) => {
                let (user, password) = (login.user.clone(), password.clone());
                effects.push(Effect::Prove { user, password });
            }
            None => self.refuse(Reason::WrongCredentials, Some(&detail), effects),
        }
    }

    fn failed(&mut self, failure: Failure, effects: &mut Vec<Effect>) {
        let challenged = self.method == Some(Method::Crv1);
        match failure {
            Failure::NotOpen if challenged => {
                self.refuse(Reason::ChallengeExpired, None, effects);
            }
            Failure::NotOpen => {
                self.refuse(Reason::AgentFault, Some("AuthX does not know the login"), effects);
            }
            Failure::Outage { detail } => {
                self.refuse(Reason::AuthxUnreachable, Some(&detail), effects);
            }
            Failure::SlowDown => self.refuse(Reason::TooManyPasswords, None, effects),
        }
    }

    fn told(&mut self, now: Millis, view: &LoginView, effects: &mut Vec<Effect>) {
        if view.version < self.version {
            return;
        }
        let news = view.version > self.version;
        self.version = view.version;
        match view.state {
            LoginState::Allowed => self.allowed(now, view, effects),
            LoginState::Refused => {
                let reason = view.reason.as_ref();
                match reason.map(Refusal::told) {
                    Some(refusal) => self.refuse_with(refusal, None, effects),
                    None => self.refuse(Reason::AgentFault, Some("no reason given"), effects),
                }
            }
            LoginState::Expired | LoginState::Cancelled => match view.reason.as_ref() {
                Some(reason) => self.refuse_with(Refusal::told(reason), None, effects),
                None => self.refuse(Reason::TimedOut, None, effects),
            },
            LoginState::AwaitingCode
            | LoginState::AwaitingInput
            | LoginState::AwaitingPhone
            | LoginState::Delivering => self.waits(now, view, news, effects),
        }
    }

    /// AuthX waits: for the user, who is asked where that can be done, or for the phone.
    fn waits(&mut self, now: Millis, view: &LoginView, news: bool, effects: &mut Vec<Effect>) {
        let sent = matches!(self.stage, Stage::Sent);
        if sent && !news {
            // What was asked before the answer went off; what AuthX makes of that is still to come.
            return;
        }
        self.stage = Stage::Open;
        let on_phone = view.state == LoginState::AwaitingPhone;
        if let (Some(secret), Some(prompt), Some(user)) =
            (&view.challenge, &view.prompt, &self.user)
            && !on_phone
        {
            let seq = self.seq.saturating_add(1);
            let state = ChallengeState { login: self.login, seq, secret: secret.clone() };
            let text = self.question(view, prompt);
            let refusal = Refusal::challenge(&state, user, &text, prompt.echo);
            return self.refuse_with(refusal, None, effects);
        }
        if let Some(text) = self.typed.pop_front() {
            return self.answer(text, effects);
        }
        if self.setting.several && self.abilities.text {
            self.show(now, view, sent, effects);
        } else if on_phone {
            self.give_time(now, effects);
        }
        effects.push(Effect::Wait(self.login, self.version));
    }

    pub(super) fn ask(&mut self, now: Millis, text: &str, echo: bool, effects: &mut Vec<Effect>) {
        self.asked = true;
        self.later = None;
        self.shown = Some(Shown { text: text.to_owned(), at: now });
        self.extend(now, cr_text(text, echo), effects);
    }

    fn typed(&mut self, text: &str, effects: &mut Vec<Effect>) {
        // What no question stands for, or what is not in the form of an answer, is nobody's answer.
        let Some(text) = credentials::response(text).filter(|_| self.asked) else { return };
        self.method = Some(Method::CrText);
        match self.stage {
            Stage::Open => self.answer(text.to_string(), effects),
            Stage::Proving { .. } | Stage::Sent if self.typed.len() < MOST_WAITING => {
                self.typed.push_back(text.to_string());
            }
            Stage::Proving { .. } | Stage::Sent | Stage::Over => {}
        }
    }

    fn answer(&mut self, text: String, effects: &mut Vec<Effect>) {
        let Ok(text) = Typed::try_from(text) else {
            return self.refuse(Reason::UnknownAnswer, None, effects);
        };
        self.seq = self.seq.saturating_add(1);
        self.stage = Stage::Sent;
        self.unanswered = false;
        self.later = None;
        let answer = AnswerLogin { seq: self.seq, text, challenge: None };
        effects.push(Effect::Answer(self.login, answer));
    }

    fn allowed(&mut self, now: Millis, view: &LoginView, effects: &mut Vec<Effect>) {
        if let Some(user) = self.user.clone().filter(|_| !self.session_id.is_empty()) {
            let until = view.session.as_ref().map(|session| session.until.0);
            effects.push(Effect::Approve(Approved {
                session_id: self.session_id.clone(),
                user: user.as_str().to_owned(),
                login: view.id,
                session: view.session.as_ref().map(|session| session.id),
                since: now,
                until: until.unwrap_or(now.plus_secs(LONGEST_SESSION_SECS)),
                ended: false,
            }));
        }
        self.decide(Verdict::Allow, "allowed", view.factor.map(FactorKind::word), effects);
    }

    pub(super) fn decide(
        &mut self,
        verdict: Verdict,
        outcome: &str,
        factor: Option<&str>,
        effects: &mut Vec<Effect>,
    ) {
        self.finish(verdict, outcome, factor, None, effects);
    }

    pub(super) fn refuse_with(
        &mut self,
        refusal: Refusal,
        detail: Option<&str>,
        effects: &mut Vec<Effect>,
    ) {
        let Refusal { word, text } = refusal;
        self.finish(Verdict::Refuse { text }, &word, None, detail, effects);
    }

    /// The only place where a verdict is given.
    fn finish(
        &mut self,
        verdict: Verdict,
        outcome: &str,
        factor: Option<&str>,
        detail: Option<&str>,
        effects: &mut Vec<Effect>,
    ) {
        effects.push(match &self.call {
            Call::Held { .. } => {
                let reply = Reply::Decided(verdict);
                self.call = Call::Replied(reply.clone());
                Effect::Reply(reply)
            }
            Call::Replied(_) | Call::Over => Effect::Verdict(verdict),
        });
        self.stage = Stage::Over;
        self.later = None;
        self.typed.clear();
        effects.push(Effect::Finish(Summary {
            outcome: outcome.to_owned(),
            method: self.method.clone(),
            factor: factor.map(str::to_owned),
            detail: detail.map(str::to_owned),
            began: self.began,
        }));
    }
}

fn is_final(state: LoginState) -> bool {
    match state {
        LoginState::Allowed | LoginState::Cancelled | LoginState::Expired | LoginState::Refused => {
            true
        }
        LoginState::AwaitingCode
        | LoginState::AwaitingInput
        | LoginState::AwaitingPhone
        | LoginState::Delivering => false,
    }
}

/// What OpenVPN's token allows at most counts before this does.
const LONGEST_SESSION_SECS: u64 = 604_800;
