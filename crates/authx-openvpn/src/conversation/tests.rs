//! Recorded conversations, replayed: each file in `conversations/` tells what OpenVPN, AuthX, PAM
//! and the client said (`>`), and what followed (`<`).
//!
//! With `RECORD=1` in the environment the files are written anew, for a look at the difference.

use super::*;
use crate::{environment::Environment, pam::Proof};
use authx_core::{
    Cx, SessionId,
    factor::FactorKind,
    policy::{Document, Effective},
    wire::login::{
        Delivery, FirstFactor as Claimed, LoginState, Offer, Prompt, ReasonView, Rfc3339,
        SessionView,
    },
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use proptest::prelude::*;
use std::{fmt::Write as _, fs, path::Path};

#[test]
fn recorded_conversations_go_as_they_went() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/conversation/conversations");
    let mut different = vec![];
    let mut seen = 0;
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let recorded = fs::read_to_string(&path).unwrap();
        let replayed = replay(&recorded);
        seen += 1;
        if std::env::var_os("RECORD").is_some() {
            fs::write(&path, replayed).unwrap();
        } else if replayed != recorded {
            different.push(format!("{}:\n{replayed}", path.display()));
        }
    }
    assert!(seen > 20, "only {seen} conversations");
    assert!(different.is_empty(), "{}", different.join("\n"));
}

/// Plays the `>` lines of a record and writes the record that follows from them.
fn replay(record: &str) -> String {
    let mut player = Player::new();
    let mut out = String::new();
    for line in record.lines().filter(|line| !line.starts_with("< ")) {
        writeln!(out, "{line}").unwrap();
        if let Some(said) = line.strip_prefix("> ") {
            for effect in player.hear(said) {
                writeln!(out, "< {}", told(&effect)).unwrap();
            }
        }
    }
    out
}

struct Player {
    now: Millis,
    setting: Setting,
    environment: Vec<(String, String)>,
    known: Option<Approved>,
    conversation: Option<Conversation>,
}

impl Player {
    fn new() -> Self {
        let setting = Setting {
            server: "office".to_owned(),
            first_factor: FirstFactor::Authx,
            certificate_field: "CN".to_owned(),
            pending_secs: 110,
            answer_within_secs: 45,
            several: false,
            may_hold: true,
            asks: None,
        };
        Self { now: START, setting, environment: vec![], known: None, conversation: None }
    }

    fn hear(&mut self, said: &str) -> Vec<Effect> {
        let (verb, rest) = said.split_once(' ').unwrap_or((said, ""));
        match verb {
            "set" => self.set(rest),
            "env" => {
                let (name, value) = rest.split_once('=').unwrap();
                self.environment.push((name.to_owned(), value.to_owned()));
            }
            "approved" => self.known = Some(approved(rest)),
            "after" => self.now = self.now.plus_millis(rest.parse().unwrap()),
            "open" => return self.open(),
            _ => {
                let event = event(verb, rest);
                return self.conversation.as_mut().unwrap().handle(self.now, event);
            }
        }
        vec![]
    }

    fn set(&mut self, rest: &str) {
        match rest.split_once(' ').unwrap_or((rest, "")) {
            ("certificate", "") => self.setting.first_factor = FirstFactor::Certificate,
            ("pam", "") => self.setting.first_factor = FirstFactor::Pam,
            ("several", "") => self.setting.several = true,
            ("no_hold", "") => self.setting.may_hold = false,
            ("dynamic_challenge", "") => {
                self.setting.asks = Some(Asks { dynamic_challenge: true, ..asks() });
            }
            ("asks", prompt) => {
                let asks = self.setting.asks.take().unwrap_or_else(asks);
                self.setting.asks = Some(Asks { prompt: prompt.to_owned(), ..asks });
            }
            ("phone", policy) => {
                let policy = Document::from_json(policy).unwrap();
                let asks = Asks::of(&Effective::of(&policy, &Document::default()).policy);
                self.setting.pending_secs = Setting::patience_secs(Some(&asks));
                self.setting.asks = Some(asks);
            }
            other => panic!("{other:?}"),
        }
    }

    fn open(&mut self) -> Vec<Effect> {
        let pairs = self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let environment: Environment = pairs.collect();
        let mut random = |out: &mut [u8]| out.fill(7);
        let mut cx = Cx { now: self.now, random: &mut random };
        let (setting, known) = (self.setting.clone(), self.known.clone());
        let (conversation, effects) = Conversation::open(&mut cx, setting, &environment, known);
        self.conversation = Some(conversation);
        effects
    }
}

fn event(verb: &str, rest: &str) -> Event {
    match (verb, rest) {
        ("gone", "") => Event::Gone,
        ("used", "") => Event::Outcome { used: true },
        ("late", "") => Event::Outcome { used: false },
        ("stopping", "") => Event::Stopping,
        ("time", "") => Event::Time,
        ("proved", "") => Event::Proved(Proof::Proved),
        ("wrong", "") => Event::Proved(Proof::Refused { detail: "PAM says no".to_owned() }),
        ("broken", "") => {
            Event::Proved(Proof::Unavailable { detail: "the helper ended".to_owned() })
        }
        ("unasked", "") => Event::Unasked,
        ("typed", text) => Event::Typed(STANDARD.encode(text)),
        ("raw", text) => Event::Typed(text.to_owned()),
        ("not_open", "") => Event::Told(Err(Failure::NotOpen)),
        ("slow_down", "") => Event::Told(Err(Failure::SlowDown)),
        ("outage", "") => {
            Event::Told(Err(Failure::Outage { detail: "no route to host".to_owned() }))
        }
        ("told", view_text) => Event::Told(Ok(Box::new(view(view_text)))),
        other => panic!("{other:?}"),
    }
}

/// `VERSION STATE [TEXT]`; a text that begins with `*SECRET ` belongs to a challenge, and what
/// stands before `|` says how the request travels. With `#DIGITS` as its end AuthX names a number.
fn view(text: &str) -> LoginView {
    let mut parts = text.splitn(3, ' ');
    let version = parts.next().unwrap().parse().unwrap();
    let state: LoginState = serde_json::from_value(parts.next().unwrap().into()).expect("a state");
    let text = parts.next().unwrap_or_default();
    let secret = text.strip_prefix('*').and_then(|text| text.split_once(' '));
    let (challenge, text) = secret.map_or((None, text), |(s, t)| (Some(s.into()), t));
    let (told, text) = text.split_once('|').map_or((None, text), |(t, rest)| (Some(t), rest));
    let (text, digits) = text.rsplit_once('#').map_or((text, None), |(t, d)| (t, Some(d)));
    let at = Rfc3339(START);
    let delivery = |text: &str| Delivery { state: "sent".to_owned(), at, text: text.to_owned() };
    let nobodys = text.starts_with("Enrol");
    let offers = [FactorKind::Code, FactorKind::Push].map(Offer::from).to_vec();
    let offers = if nobodys { vec![] } else { offers };
    let open = !is_final(state);
    let code = || text.split_whitespace().next().unwrap_or_default().to_owned();
    LoginView {
        id: LoginId::from_bytes([7; 16]),
        version,
        state,
        user: Name::new("alice").unwrap(),
        prompt: open.then(|| Prompt { text: text.to_owned(), echo: true, offers }),
        match_number: digits.map(|digits| digits.to_owned().try_into().unwrap()),
        factor: (state == LoginState::Allowed).then_some(FactorKind::Code),
        delivery: told.map(delivery),
        reason: (state == LoginState::Refused)
            .then(|| ReasonView { code: code(), text: format!("{text} [K7QF2M]") }),
        support_code: SupportCode::try_from("K7QF2M".to_owned()).unwrap(),
        session: (state == LoginState::Allowed).then(|| SessionView {
            id: SessionId::from_bytes([9; 16]),
            until: Rfc3339(START.plus_secs(43_200)),
        }),
        challenge,
        expires_at: Rfc3339(START.plus_secs(120)),
        seal: None,
    }
}

fn approved(text: &str) -> Approved {
    let mut words = text.split(' ');
    let user = words.next().unwrap().to_owned();
    let mut approved = Approved {
        session_id: "S1".to_owned(),
        user,
        login: LoginId::from_bytes([3; 16]),
        session: Some(SessionId::from_bytes([9; 16])),
        since: Millis(START.0 - 1_000),
        until: START.plus_secs(3_600),
        ended: false,
    };
    for word in words {
        match word {
            "ended" => approved.ended = true,
            "over" => approved.until = Millis(START.0 - 1),
            "forgotten" => approved.session = None,
            other => panic!("{other}"),
        }
    }
    approved
}

fn told(effect: &Effect) -> String {
    match effect {
        Effect::Answer(_, answer) => {
            let challenge = answer.challenge.as_ref();
            let certificate = |name: &Name| format!(" certificate={}", name.as_str());
            let by = challenge.map(|one| {
                let certificate = one.certificate.as_ref().map(certificate).unwrap_or_default();
                format!(
                    " challenge={} user={}{certificate}",
                    one.secret.expose(),
                    one.user.as_str()
                )
            });
            format!("answer {} {:?}{}", answer.seq, answer.text.expose(), by.unwrap_or_default())
        }
        Effect::Approve(approved) => format!("approve {}", approved.session_id),
        Effect::Ask { extra, secs } => format!("ask {secs} {extra:?}"),
        Effect::Begin(_, login) => begun(login),
        Effect::Cancel(_) => "cancel".to_owned(),
        Effect::Finish(Summary { outcome, method, factor, detail, began: _ }) => {
            let more = factor.iter().chain(detail).map(|text| format!(" {text:?}"));
            format!(
                "finish {outcome} {}{}",
                method.as_ref().map_or("none", Method::word),
                more.collect::<String>()
            )
        }
        Effect::Prove { user, password } => {
            format!("prove {} {:?}", user.as_str(), password.expose())
        }
        Effect::Renew(approved) => format!("renew {}", approved.session_id),
        Effect::Reply(Reply::Decided(verdict)) => format!("reply {verdict:?}"),
        Effect::Reply(Reply::Defer { pending }) => format!("reply defer {pending:?}"),
        Effect::Verdict(verdict) => format!("verdict {verdict:?}"),
        Effect::Wait(_, after) => format!("wait {after}"),
    }
}

fn begun(login: &BeginLogin) -> String {
    let mut out = format!("begin {}", login.user.as_str());
    match &login.first_factor {
        Claimed::Password { password, appended } => {
            write!(out, " password={:?} appended={appended}", password.expose()).unwrap();
        }
        Claimed::Proved { by } => write!(out, " proved={by:?}").unwrap(),
    }
    let flags = [
        (login.can.text, "text"),
        (login.can.several, "several"),
        (login.can.reconnect, "reconnect"),
        (login.session.is_some(), "session"),
    ];
    for (_, flag) in flags.iter().filter(|(set, _)| *set) {
        write!(out, " {flag}").unwrap();
    }
    if let Some(answer) = &login.answer {
        write!(out, " answer={:?}", answer.expose()).unwrap();
    }
    if let Some(number) = &login.match_number {
        write!(out, " number={}", number.as_str()).unwrap();
    }
    if let Some(certificate) = &login.certificate {
        write!(out, " certificate={}", certificate.as_str()).unwrap();
    }
    out
}

fn asks() -> Asks {
    Asks {
        prompt: "Enter your code:".to_owned(),
        offers: vec![],
        first_factors: vec![],
        match_number: false,
        match_policy: None,
        automatic_push: false,
        dynamic_challenge: false,
        autologin: None,
        login_secs: 120,
        push_secs: 0,
    }
}

fn is_final(state: LoginState) -> bool {
    use LoginState::{Allowed, Cancelled, Expired, Refused};
    matches!(state, Allowed | Cancelled | Expired | Refused)
}

const START: Millis = Millis(1_790_000_000_000);

fn said() -> impl Strategy<Value = String> {
    let view = (
        "[1-4]",
        prop_oneof![
            Just("awaiting_input Enter it:"),
            Just("awaiting_input *abc Enter it:"),
            Just("awaiting_phone Sent to it.|Or a code:"),
            Just("awaiting_phone *abc It rings.|Or a code:#482913"),
            Just("allowed"),
            Just("refused wrong_code"),
            Just("expired"),
        ],
    );
    prop_oneof![
        Just("used".to_owned()),
        Just("late".to_owned()),
        Just("gone".to_owned()),
        Just("time".to_owned()),
        Just("after 5".to_owned()),
        Just("after 60000".to_owned()),
        Just("proved".to_owned()),
        Just("wrong".to_owned()),
        Just("outage".to_owned()),
        Just("not_open".to_owned()),
        Just("stopping".to_owned()),
        Just("typed 123456".to_owned()),
        Just("typed push".to_owned()),
        Just("unasked".to_owned()),
        "[ -~]{0,9}".prop_map(|text| format!("raw {text}")),
        view.prop_map(|(version, rest)| format!("told {version} {rest}")),
    ]
}

fn field() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,20}",
        Just("pw,123456".to_owned()),
        Just("pw,push2".to_owned()),
        Just("pw123456".to_owned()),
        Just("SCRV1:cHc=:MTIzNDU2".to_owned()),
        "SCRV1:[A-Za-z0-9+/=:]{0,20}",
        Just("CRV1::log_01k9zc3r5y7w2g8j4s6p0f3a1c.1.abc::123456".to_owned()),
    ]
}

proptest! {
    /// Whatever is said in whatever order: one verdict, an allowed one only by AuthX's word, and
    /// after it nothing but what cleans up.
    #[test]
    fn a_verdict_falls_once(
        settings in prop::sample::subsequence(
            vec!["set phone {}", "set several", "set dynamic_challenge", "set no_hold",
                "env IV_SSO=crtext", "env IV_PROTO=990", "env tls_serial_0=1",
                "env X509_0_CN=alice", "env session_state=Initial"], 0..=9),
        first_factor in prop::sample::select(vec!["set several", "set pam", "set certificate"]),
        password in field(),
        said in prop::collection::vec(said(), 0..12),
    ) {
        let mut player = Player::new();
        for line in settings.iter().chain([&first_factor, &"env username=alice"]) {
            player.hear(line);
        }
        player.hear(&format!("env password={password}"));
        let mut effects = player.hear("open");
        let mut allowed_by_authx = false;
        for line in &said {
            allowed_by_authx |= line.ends_with("allowed");
            effects.extend(player.hear(line));
        }
        let finished = effects.iter().filter(|one| matches!(one, Effect::Finish(_))).count();
        prop_assert!(finished <= 1);
        let allows = |one: &&Effect| matches!(one,
            Effect::Verdict(Verdict::Allow) | Effect::Reply(Reply::Decided(Verdict::Allow)));
        prop_assert!(allowed_by_authx || effects.iter().find(allows).is_none());
        let verdicts: Vec<_> = effects.iter().filter_map(|one| {
            if let Effect::Verdict(verdict) | Effect::Reply(Reply::Decided(verdict)) = one {
                Some(verdict)
            } else {
                None
            }
        }).collect();
        prop_assert!(verdicts.windows(2).all(|pair| pair[0] == pair[1]), "{:?}", verdicts);
        let replies = effects.iter().filter(|one| matches!(one, Effect::Reply(_))).count();
        prop_assert!(replies <= 1, "the plugin is answered once");
    }
}
