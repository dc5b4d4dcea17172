//! A sign-in from the client's announcement to what its user sees, by the rules of the agent and
//! those of the server.

use crate::client::Client;
use authx_core::{
    ApplicationId, Cx, FactorId, LoginId, Millis, UserId,
    factor::{Answer, Enrolled, Enrolment, code::Code},
    guard::Guard,
    login::{self, Cause, FirstFactor, Login, Start},
    policy::{Document, Effective, Policy},
    prompt,
    wire::{
        check::Asks,
        login::{AnswerLogin, BeginLogin, FirstFactor as Claimed, LoginView},
        text::{MatchNumber, Typed},
    },
};
use authx_openvpn::{
    config::FirstFactor as ProvedBy,
    conversation::{Conversation, Effect, Event, Failure, Reply, Setting, Verdict},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::collections::VecDeque;

/// What the user of a client notices.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Notice {
    /// A question, and how long it may stand.
    Asked { text: String, secs: u64 },
    /// A question that ends the connection, and what comes back with its answer.
    Challenged { text: String, state: String },
    /// The tunnel, and how the answer came.
    LetIn { method: String },
    /// A refusal, and whether the client tries again by itself.
    Refused { text: String, comes_back: bool },
}

/// A VPN host and its AuthX.
pub(crate) struct Host {
    /// OpenVPN's management socket is there.
    management: bool,
    /// AuthX cannot be reached.
    away: bool,
    policy: Policy,
    enrolled: [Enrolled; 1],
    /// The login that stands at AuthX.
    login: Option<Login>,
    /// The number that AuthX was told.
    number: Option<MatchNumber>,
    version: u64,
}

impl Host {
    pub(crate) fn new(policy: &str) -> Self {
        let document = Document::from_json(policy).unwrap();
        let enrolled = Enrolled {
            id: FactorId::from_bytes([2; 16]),
            version: 1,
            enrolment: Enrolment::Code(Code::enrol(&mut cx(&mut fill))),
            guard: Guard::default(),
        };
        Self {
            management: false,
            away: false,
            policy: Effective::of(&document, &Document::default()).policy,
            enrolled: [enrolled],
            login: None,
            number: None,
            version: 0,
        }
    }

    /// The same host, with or without OpenVPN's management socket.
    pub(crate) fn managed(self, management: bool) -> Self {
        Self { management, ..self }
    }

    /// The same host, whose AuthX cannot be reached.
    pub(crate) fn away(self) -> Self {
        Self { away: true, ..self }
    }

    /// The code that is right.
    pub(crate) fn code(&self) -> String {
        let [Enrolled { enrolment: Enrolment::Code(code), .. }] = &self.enrolled else {
            panic!("not a code")
        };
        code.totp().code(NOW.secs() / 30)
    }

    /// Whether AuthX was told a number, which then has to stand in what the user read.
    pub(crate) fn number_is_shown(&self, read: &str) -> bool {
        let digits: String = read.chars().filter(char::is_ascii_digit).collect();
        let number = self.number.as_ref().map_or("", MatchNumber::as_str);
        assert_eq!(digits, number, "{read}");
        !number.is_empty()
    }

    /// Signs in with what stands in the password field, and answers what is asked then.
    pub(crate) fn sign_in(
        &mut self,
        client: &Client,
        password: &str,
        answers: &[&str],
    ) -> Vec<Notice> {
        let mut fill = fill;
        let (setting, environment) = (self.setting(), client.environment(password));
        let (mut open, effects) =
            Conversation::open(&mut cx(&mut fill), setting, &environment, None);
        let (mut effects, mut answers) = (VecDeque::from(effects), answers.iter());
        let mut noticed = vec![];
        while let Some(effect) = effects.pop_front() {
            let event = match effect {
                Effect::Answer(_, answer) => Some(self.answered(&answer)),
                Effect::Begin(id, login) => Some(self.begun(id, &login)),
                Effect::Ask { extra, secs } => {
                    noticed.push(asked(&extra, secs));
                    None
                }
                Effect::Finish(summary) => {
                    if let Some(Notice::LetIn { method }) = noticed.last_mut() {
                        *method = summary.method.map_or_else(String::new, String::from);
                    }
                    None
                }
                Effect::Reply(Reply::Defer { pending }) => {
                    noticed.extend(pending.as_deref().map(pending_question));
                    Some(Event::Outcome { used: true })
                }
                Effect::Reply(Reply::Decided(verdict)) | Effect::Verdict(verdict) => {
                    noticed.push(decided(verdict));
                    None
                }
                Effect::Wait(..) => answers.next().map(|text| Event::Typed(STANDARD.encode(text))),
                Effect::Approve(_)
                | Effect::Cancel(_)
                | Effect::Prove { .. }
                | Effect::Renew(_) => None,
            };
            effects.extend(event.into_iter().flat_map(|event| open.handle(NOW, event)));
        }
        noticed
    }

    fn setting(&self) -> Setting {
        let asks = Asks::of(&self.policy);
        Setting {
            server: "office".to_owned(),
            first_factor: ProvedBy::Authx,
            certificate_field: "CN".to_owned(),
            pending_secs: Setting::patience_secs(Some(&asks)),
            answer_within_secs: 45,
            several: self.management,
            may_hold: false,
            asks: Some(asks),
        }
    }

    fn begun(&mut self, id: LoginId, request: &BeginLogin) -> Event {
        if self.away {
            let detail = "no route to host".to_owned();
            return Event::Told(Err(Failure::Outage { detail }));
        }
        self.number.clone_from(&request.match_number);
        let mut fill = fill;
        let mut cx = cx(&mut fill);
        let application = ApplicationId::from_bytes([6; 16]);
        let login = Login::new(&mut cx, id, application, request, String::new(), &self.policy);
        let Claimed::Password { password, appended } = &request.first_factor else {
            panic!("{request:?}")
        };
        let read = if *appended { prompt::readings(password.expose()) } else { vec![] };
        let found = read.iter().find(|reading| reading.password == PASSWORD);
        let proved = found.is_some() || password.expose() == PASSWORD;
        let text = request.answer.as_ref().map(Typed::expose);
        let text = text.or(found.and_then(|reading| reading.answer));
        let start = Start {
            login: login.of(Some(UserId::from_bytes([1; 16]))),
            first_factor: first_factor(proved),
            certificate: None,
            answer: text.map(|text| Answer { text, digest: None }),
            session: None,
        };
        let (login, _) = login::start(&mut cx, start, &self.policy, &mut self.enrolled);
        self.login = Some(login);
        self.told()
    }

    fn answered(&mut self, answer: &AnswerLogin) -> Event {
        let mut fill = fill;
        let event = login::Event::Answered {
            answer: Answer { text: answer.text.expose(), digest: None },
            first_factor: FirstFactor::Proved,
            certificate: None,
        };
        let login = self.login.as_mut().unwrap();
        login::step(&mut cx(&mut fill), login, &self.policy, &mut self.enrolled, &event);
        self.told()
    }

    fn told(&mut self) -> Event {
        self.version += 1;
        let login = self.login.as_ref().unwrap();
        let challenge = login.open_challenge().map(|_| "s3cret".into());
        Event::Told(Ok(Box::new(LoginView { challenge, ..login.view(self.version) })))
    }
}

fn first_factor(proved: bool) -> FirstFactor {
    if proved { FirstFactor::Proved } else { FirstFactor::Failed(Cause::WrongPassword) }
}

/// `SECS`, the method, and what the client is sent (`auth_pending_file`).
fn pending_question(pending: &str) -> Notice {
    let lines: Vec<_> = pending.lines().collect();
    let [secs, "crtext", extra] = *lines else { panic!("{pending}") };
    asked(extra, secs.parse().unwrap())
}

fn asked(extra: &str, secs: u64) -> Notice {
    let text = extra.strip_prefix("CR_TEXT:R,E:").unwrap().to_owned();
    Notice::Asked { text, secs }
}

fn decided(verdict: Verdict) -> Notice {
    let Verdict::Refuse { text } = verdict else { return Notice::LetIn { method: String::new() } };
    if let Some(challenge) = text.strip_prefix("CRV1:R,E:") {
        let parts: Vec<_> = challenge.splitn(3, ':').collect();
        let [state, "YWxpY2U=", text] = *parts else { panic!("{challenge}") };
        return Notice::Challenged { text: text.to_owned(), state: state.to_owned() };
    }
    let passing = text.strip_prefix("TEMP[backoff 10]:");
    let comes_back = passing.is_some();
    let (text, _) = passing.unwrap_or(&text).split_once(" [").unwrap();
    Notice::Refused { text: text.to_owned(), comes_back }
}

fn cx(random: &mut dyn FnMut(&mut [u8])) -> Cx<'_> {
    Cx { now: NOW, random }
}

fn fill(out: &mut [u8]) {
    out.fill(7);
}

pub(crate) const PASSWORD: &str = "correct horse";
const NOW: Millis = Millis(1_790_000_000_000);
