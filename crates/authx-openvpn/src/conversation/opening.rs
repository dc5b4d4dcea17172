//! How a sign-in begins: what was typed, what the client can show, and so what is asked.

use super::{
    Call, Conversation, Effect, HOLD_MILLIS, LONGEST_NAME, MARGIN_SECS, Refusal, Reply, Setting,
    Stage, Verdict,
    credentials::{ChallengeState, Field},
    phone::{Shown, chooses_phone},
    refusal::cr_text,
    token::Standing,
};
use crate::{
    client_abilities::Abilities, config::FirstFactor, environment::Environment, sessions::Approved,
};
use authx_core::{
    Cx, LoginId, Millis, SessionId,
    name::Name,
    prompt,
    reason::Reason,
    wire::{
        check::Asks,
        login::{
            AnswerLogin, BeginLogin, Can, ChallengeAnswer, Client, FirstFactor as Claimed,
            ProvedBy, Server,
        },
        text::{Label, MatchNumber, Method, SupportCode, Typed},
    },
};
use std::collections::VecDeque;

/// What the two fields hold, sorted.
struct Given {
    first_factor: Claimed,
    /// For PAM: what may be the password, most likely first, each with the answer behind it.
    readings: VecDeque<(Typed, Option<Typed>)>,
    answer: Option<Typed>,
    /// An answer is there, so that nothing has to be asked at first.
    explicit: bool,
    /// It is the word for the phone.
    by_phone: bool,
    method: Option<Method>,
}

impl Conversation {
    /// Begins with what OpenVPN told. `known` is what this host approved under the session id that
    /// OpenVPN's token names.
    pub fn open(
        cx: &mut Cx<'_>,
        setting: Setting,
        environment: &Environment,
        known: Option<Approved>,
    ) -> (Self, Vec<Effect>) {
        let certificate = environment.certificate(&setting.certificate_field);
        let typed = environment.filled("username");
        let by_certificate = setting.first_factor == FirstFactor::Certificate;
        let named = typed.or(certificate.filter(|_| by_certificate)).unwrap_or_default();
        let answer_by = cx.now.plus_secs(setting.answer_within_secs);
        let mut begun = Self {
            abilities: Abilities::of(environment),
            user: Name::new(named).ok(),
            certificate: certificate.and_then(|name| Name::new(name).ok()),
            peer: environment.peer(),
            session_id: environment.session().map_or("", |(id, _)| id).to_owned(),
            login: LoginId::new(cx),
            support_code: SupportCode::draw(cx),
            began: cx.now,
            method: None,
            call: Call::Held { until: cx.now },
            stage: Stage::Sent,
            asked: false,
            unanswered: false,
            shown: None,
            later: None,
            number: None,
            time_given: false,
            typed: VecDeque::new(),
            seq: 0,
            version: 0,
            decide_by: answer_by,
            decide_by_before: answer_by,
            setting,
        };
        let numbered = |asks: &Asks| asks.match_number && asks.phone();
        if begun.setting.asks.as_ref().is_some_and(numbered) {
            begun.number = Some(MatchNumber::draw(cx));
        }
        let mut effects = vec![];
        begun.begin(cx, environment, known, named.len(), &mut effects);
        (begun, effects)
    }

    fn begin(
        &mut self,
        cx: &Cx<'_>,
        environment: &Environment,
        known: Option<Approved>,
        name_bytes: usize,
        effects: &mut Vec<Effect>,
    ) {
        let Some(user) = self.user.clone() else {
            return self.refuse(Reason::WrongCredentials, Some("no usable user name"), effects);
        };
        if name_bytes > LONGEST_NAME {
            return self.refuse(Reason::NameTooLong, None, effects);
        }
        let session = match Standing::of(environment.session(), known, &user, cx.now) {
            Standing::Approved(approved) => return self.go_on(approved, effects),
            Standing::FirstFactorOnly(approved) => Some(approved),
            Standing::Login => None,
            Standing::Refused(reason) => {
                self.method = Some(token());
                return self.refuse(reason, None, effects);
            }
        };
        let by_certificate = self.setting.first_factor == FirstFactor::Certificate;
        if by_certificate && self.certificate.is_none() {
            return self.refuse(Reason::WrongCredentials, Some("no certificate"), effects);
        }
        let field = environment.value("password").unwrap_or_default();
        if field.starts_with(TOKEN) {
            // One that OpenVPN does not know as a token must not end in a password check's log.
            return self.refuse(Reason::SessionUnknown, None, effects);
        }
        match (session, Field::read(field)) {
            // OpenVPN has verified the certificate again, and that is the whole first factor.
            (Some(approved), _) if by_certificate => self.go_on(approved, effects),
            (Some(approved), field_read) => {
                let given = self.given(&field_read, field);
                self.first_factor_only(user, given, approved.session, effects);
            }
            (None, Field::Challenge { state, answer }) => {
                self.answer_challenge(cx, user, &state, &answer, effects);
            }
            (None, field_read) => {
                let given = self.given(&field_read, field);
                self.first_login(cx, user, given, effects);
            }
        }
    }

    /// The session that was approved goes on.
    fn go_on(&mut self, approved: Approved, effects: &mut Vec<Effect>) {
        self.method = Some(token());
        self.login = approved.login;
        effects.push(Effect::Renew(approved));
        self.decide(Verdict::Allow, "renewed", None, effects);
    }

    fn first_factor_only(
        &mut self,
        user: Name,
        given: Given,
        session: Option<SessionId>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(session) = session else {
            return self.refuse(Reason::SessionEnded, None, effects);
        };
        let login = self.login_of(user, &given, Can::default());
        let login = BeginLogin { answer: None, session: Some(session), ..login };
        self.defer(None, effects);
        self.send(given.readings, login, effects);
    }

    /// The answer to a question that another connection was refused with, maybe by another server.
    fn answer_challenge(
        &mut self,
        cx: &Cx<'_>,
        user: Name,
        state: &ChallengeState,
        answer: &str,
        effects: &mut Vec<Effect>,
    ) {
        self.method = Some(Method::Crv1);
        let attempt = Some(std::mem::replace(&mut self.login, state.login));
        self.seq = state.seq;
        let Ok(text) = Typed::try_from(answer.to_owned()) else {
            return self.refuse(Reason::UnknownAnswer, None, effects);
        };
        let certificate = self.certificate.clone();
        let secret = state.secret.clone();
        let challenge = Some(ChallengeAnswer { secret, user, certificate, attempt });
        self.hold(cx, effects);
        effects.push(Effect::Answer(self.login, AnswerLogin { seq: state.seq, text, challenge }));
    }

    fn first_login(&mut self, cx: &Cx<'_>, user: Name, given: Given, effects: &mut Vec<Effect>) {
        let further = self.abilities.text && self.setting.several;
        let asks = self.setting.asks.as_ref();
        let reconnect = !self.abilities.text && asks.is_some_and(|asks| asks.dynamic_challenge);
        // Where the policy asks for no second factor there is nothing to ask.
        let question = asks.is_none_or(|asks| !asks.prompt.is_empty());
        // Who typed the word for the phone with the password has still to be shown the number.
        let answered = given.explicit && !(given.by_phone && self.number.is_some());
        let ask_first = self.abilities.text && question && !answered;
        let can = Can {
            text: ask_first || further || reconnect,
            several: further,
            web: false,
            reconnect,
        };
        self.method.clone_from(&given.method);
        if !can.text || given.explicit && reconnect {
            // None that the user could see before the phone asks for it.
            self.number = None;
        }
        if ask_first {
            self.asked = true;
            self.unanswered = !given.explicit;
            if !given.explicit {
                self.method = Some(Method::CrText);
            }
            let secs = self.patience_secs(cx.now);
            self.decide_by = cx.now.plus_secs(secs.saturating_sub(MARGIN_SECS));
            let text = self.first_question();
            let extra = cr_text(&text, true);
            self.shown = Some(Shown { text, at: cx.now });
            self.defer(Some(format!("{secs}\ncrtext\n{extra}\n")), effects);
        } else if given.explicit && self.setting.first_factor == FirstFactor::Certificate {
            // Nothing slow stands between this call and the verdict.
            self.hold(cx, effects);
        } else {
            self.defer(None, effects);
        }
        let login = self.login_of(user, &given, can);
        self.send(given.readings, login, effects);
    }

    /// How long a question asked now may stand. A client that is not told keeps to its hand-window:
    /// OpenVPN 2.5 gave up after 62 s, came back with the same password and asked its user anew.
    pub(super) fn patience_secs(&self, now: Millis) -> u64 {
        let Setting { pending_secs, answer_within_secs, .. } = self.setting;
        if self.abilities.long_wait {
            return pending_secs;
        }
        let leaves = self.began.plus_secs(answer_within_secs.saturating_add(MARGIN_SECS));
        pending_secs.min(leaves.0.saturating_sub(now.0) / 1_000)
    }

    /// Sorts what was typed.
    fn given(&self, field: &Field, raw: &str) -> Given {
        let typed = |text: &str| Typed::try_from(text.to_owned()).ok();
        let answer_of = |text: &str| typed(text).filter(|typed| !typed.expose().trim().is_empty());
        let (password, answer, method) = match field {
            Field::Static { password, answer } => {
                (password.as_str(), answer_of(answer), Some(Method::Scrv1))
            }
            // What looks like a challenge was handled before, where it could be one.
            Field::Challenge { .. } | Field::Plain => (raw, None, None),
        };
        let appended = answer.is_none();
        let by_phone = |answer: Option<&Typed>| {
            answer.is_some_and(|text| chooses_phone(text.expose(), self.setting.asks.as_ref()))
        };
        match self.setting.first_factor {
            FirstFactor::Certificate => {
                let answer = answer.or_else(|| answer_of(password));
                let explicit = answer.is_some();
                let method = if explicit && appended { Some(Method::Append) } else { method };
                let first_factor = Claimed::Proved { by: ProvedBy::Certificate };
                let by_phone = by_phone(answer.as_ref());
                let readings = VecDeque::new();
                Given { first_factor, readings, answer, explicit, by_phone, method }
            }
            FirstFactor::Authx | FirstFactor::Pam => {
                let (readings, behind) = self.readings(password, answer.as_ref());
                let explicit = answer.is_some() || behind;
                let read = readings.front().and_then(|(_, answer)| answer.as_ref());
                let by_phone = explicit && by_phone(answer.as_ref().or(read));
                let method = if behind { Some(Method::Append) } else { method };
                let first_factor = match typed(password) {
                    Some(password) if self.setting.first_factor == FirstFactor::Authx => {
                        Claimed::Password { password, appended }
                    }
                    _ => Claimed::Proved { by: ProvedBy::Pam },
                };
                Given { first_factor, readings, answer, explicit, by_phone, method }
            }
        }
    }

    /// What may be the password, and whether an answer surely stands behind it. Digits without a
    /// comma before them can belong to the password; where the client can be asked, it is.
    fn readings(
        &self,
        password: &str,
        answer: Option<&Typed>,
    ) -> (VecDeque<(Typed, Option<Typed>)>, bool) {
        let typed = |text: &str| Typed::try_from(text.to_owned()).ok();
        if answer.is_some() {
            return (
                typed(password).map(|one| (one, answer.cloned())).into_iter().collect(),
                false,
            );
        }
        let found = prompt::readings(password);
        let first = found.first();
        let behind = first.is_some_and(|reading| match reading.answer {
            Some(answer) => {
                let comma = reading.password.len() + answer.len() < password.len();
                comma || !self.abilities.text
            }
            None => false,
        });
        let pair = |reading: &prompt::Reading<'_>| {
            Some((typed(reading.password)?, reading.answer.and_then(typed)))
        };
        let mut readings: VecDeque<_> = found.iter().filter_map(pair).collect();
        if !behind {
            readings.rotate_left(readings.len().saturating_sub(1));
        }
        (readings, behind)
    }

    fn login_of(&self, user: Name, given: &Given, can: Can) -> BeginLogin {
        let label = |text: &str| (!text.is_empty()).then(|| Label::from(text.to_owned()));
        BeginLogin {
            user,
            first_factor: given.first_factor.clone(),
            answer: given.answer.clone(),
            autologin: false,
            match_number: self.number.clone(),
            client: Client {
                address: self.peer.map(|peer| peer.ip()),
                port: self.peer.map(|peer| peer.port()),
                program: label(&self.abilities.program),
                platform: label(&self.abilities.platform),
                device: None,
            },
            server: Server { name: label(&self.setting.server) },
            can,
            session: None,
            support_code: Some(self.support_code.clone()),
            language: None,
            certificate: self.certificate.clone(),
            method: self.method.clone(),
        }
    }

    /// To PAM first, where the host's own passwords count; else straight to AuthX.
    fn send(
        &mut self,
        readings: VecDeque<(Typed, Option<Typed>)>,
        login: BeginLogin,
        effects: &mut Vec<Effect>,
    ) {
        let login = Box::new(login);
        let first_factor = self.setting.first_factor;
        let Some((password, _)) = readings.front() else {
            if first_factor == FirstFactor::Certificate {
                effects.push(Effect::Begin(self.login, login));
                return;
            }
            return self.refuse(
                Reason::WrongCredentials,
                Some("the password is too long"),
                effects,
            );
        };
        if first_factor == FirstFactor::Pam {
            effects.push(Effect::Prove { user: login.user.clone(), password: password.clone() });
            self.stage = Stage::Proving { readings, login };
        } else {
            effects.push(Effect::Begin(self.login, login));
        }
    }

    fn hold(&mut self, cx: &Cx<'_>, effects: &mut Vec<Effect>) {
        if self.setting.may_hold {
            self.call = Call::Held { until: cx.now.plus_millis(HOLD_MILLIS) };
        } else {
            self.defer(None, effects);
        }
    }

    pub(super) fn defer(&mut self, pending: Option<String>, effects: &mut Vec<Effect>) {
        let reply = Reply::Defer { pending };
        self.call = Call::Replied(reply.clone());
        effects.push(Effect::Reply(reply));
    }

    pub(super) fn refuse(
        &mut self,
        reason: Reason,
        detail: Option<&str>,
        effects: &mut Vec<Effect>,
    ) {
        let refusal = Refusal::of(reason, &self.support_code, &self.abilities);
        self.refuse_with(refusal, detail, effects);
    }
}

/// For logs: a token is no answer, and AuthX is not told of it as one.
fn token() -> Method {
    Method::Other(Label::from("token".to_owned()))
}

/// How OpenVPN's tokens begin (`SESSION_ID_PREFIX`).
const TOKEN: &str = "SESS_ID_AT_";
