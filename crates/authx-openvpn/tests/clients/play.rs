//! A sign-in from the client's announcement to what its user sees, by the rules of the agent and
//! those of the server.

use crate::client::Client;
use authx_core::{
    ApplicationId, Cx, FactorId, LoginId, Millis, PhoneId, UserId,
    factor::{Answer, Enrolled, Enrolment, code::Code, push::Push},
    guard::Guard,
    login::{self, Cause, FirstFactor, Login, Means, Phone, PhoneAnswer, Stage, Start},
    policy::{Document, Effective, PhoneClass, Policy},
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
    enrolled: Vec<Enrolled>,
    /// Of the user, who looks at them and approves.
    phones: Vec<Phone>,
    /// The login that stands at AuthX.
    login: Option<Login>,
    /// The number that AuthX was told.
    number: Option<MatchNumber>,
    /// The one that the user has read with an earlier connection.
    read: Option<MatchNumber>,
    version: u64,
}

impl Host {
    pub(crate) fn new(policy: &str) -> Self {
        let document = Document::from_json(policy).unwrap();
        let code = Enrolment::Code(Code::enrol(&mut cx(&mut fill)));
        Self {
            management: false,
            away: false,
            policy: Effective::of(&document, &Document::default()).policy,
            enrolled: vec![enrolled(2, code)],
            phones: vec![],
            login: None,
            number: None,
            read: None,
            version: 0,
        }
    }

    /// The same host, with or without OpenVPN's management socket.
    pub(crate) fn managed(self, management: bool) -> Self {
        Self { management, ..self }
    }

    /// The same host, whose user has a phone.
    pub(crate) fn with_phone(mut self) -> Self {
        self.enrolled.push(enrolled(3, Enrolment::Push(Push::default())));
        let phone = Phone {
            id: PhoneId::from_bytes([4; 16]),
            name: "Anna's phone".to_owned(),
            class: PhoneClass::Web,
            subscribed: true,
            unreachable_since: None,
        };
        self.phones.push(phone);
        self
    }

    /// The code that the phone shows, after a client that shows nothing was refused.
    pub(crate) fn code_on_the_phone(&mut self) -> String {
        let login = self.login.as_ref().unwrap();
        let push = self.enrolled.iter_mut().find_map(|one| match &mut one.enrolment {
            Enrolment::Push(push) => Some(push),
            Enrolment::Bypass(_) | Enrolment::Code(_) | Enrolment::Recovery(_) => None,
        });
        let (application, source) = (login.application, login.source());
        let mut fill = fill;
        push.unwrap().show_code(&mut cx(&mut fill), login.id, application, &source).0
    }

    /// The same host, whose AuthX cannot be reached.
    pub(crate) fn away(self) -> Self {
        Self { away: true, ..self }
    }

    /// The code that is right.
    pub(crate) fn code(&self) -> String {
        let [Enrolled { enrolment: Enrolment::Code(code), .. }, ..] = &*self.enrolled else {
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

    /// The user keeps in mind what the question said that ended the connection.
    pub(crate) fn number_was_read(&mut self, text: &str) {
        self.read = number_in(text);
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
                    // Without a question OpenVPN is only told to wait.
                    noticed.extend((!extra.is_empty()).then(|| asked(&extra, secs)));
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
                Effect::Wait(..) => match answers.next() {
                    Some(text) => Some(Event::Typed(STANDARD.encode(text))),
                    None => self.approved(&noticed),
                },
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
            spared: None,
            certificate: None,
            answer: text.map(|text| Answer { text, digest: None }),
            session: None,
            waived: None,
            passkey: false,
        };
        let mut means = Means {
            enrolled: &mut self.enrolled,
            phones: &self.phones,
            enrol: None,
            passkeys: false,
        };
        let (login, _) = login::start(&mut cx, start, &self.policy, &mut means);
        self.login = Some(login);
        self.told()
    }

    fn answered(&mut self, answer: &AnswerLogin) -> Event {
        self.step(&login::Event::Answered {
            answer: Answer { text: answer.text.expose(), digest: None },
            first_factor: FirstFactor::Proved,
            certificate: None,
        })
    }

    /// The user approves on the phone, with the number that the client shows, if it shows one.
    fn approved(&mut self, noticed: &[Notice]) -> Option<Event> {
        let Stage::AwaitingPhone(ringing) = &self.login.as_ref()?.stage else { return None };
        let read = noticed.iter().rev().find_map(|notice| match notice {
            Notice::Asked { text, .. } => number_in(text),
            Notice::Challenged { .. } | Notice::LetIn { .. } | Notice::Refused { .. } => None,
        });
        let (phone, number) = (ringing.phone, read.or(self.read.take()));
        Some(self.step(&login::Event::Phone {
            phone,
            answer: PhoneAnswer::Approve { number },
            first_factor: FirstFactor::Proved,
            certificate: None,
            evidence: serde_json::Map::new(),
        }))
    }

    fn step(&mut self, event: &login::Event<'_>) -> Event {
        let mut fill = fill;
        let login = self.login.as_mut().unwrap();
        let mut means = Means {
            enrolled: &mut self.enrolled,
            phones: &self.phones,
            enrol: None,
            passkeys: false,
        };
        login::step(&mut cx(&mut fill), login, &self.policy, &mut means, event);
        self.told()
    }

    fn told(&mut self) -> Event {
        self.version += 1;
        let login = self.login.as_ref().unwrap();
        let challenge = login.open_challenge().map(|_| "s3cret".into());
        Event::Told(Ok(Box::new(LoginView { challenge, ..login.view(self.version) })))
    }
}

fn enrolled(id: u8, enrolment: Enrolment) -> Enrolled {
    let id = FactorId::from_bytes([id; 16]);
    Enrolled { id, version: 1, enrolment, guard: Guard::default() }
}

fn number_in(text: &str) -> Option<MatchNumber> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    MatchNumber::try_from(digits).ok()
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
