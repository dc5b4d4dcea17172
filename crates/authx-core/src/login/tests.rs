mod admitted;
mod autologin;
mod bypass;
mod passkey;
mod phones;
mod reconnect;
mod resting;

use super::*;
use crate::{
    factor::{Enrolment, code::Code, recovery::Recovery},
    guard::Guard,
    policy::{Document, Effective},
    wire::login::{BeginLogin, LoginState},
};
use proptest::prelude::*;

const NOW: Millis = Millis(1_000_000_000);

/// Everything a login needs, with one user who has a code app and two recovery codes.
struct World {
    now: Millis,
    policy: Policy,
    enrolled: Vec<Enrolled>,
    phones: Vec<Phone>,
    enrol: Option<Enrol>,
    passkeys: bool,
    passkey_given: bool,
    waived: Option<Waived>,
}

impl World {
    fn new(policy: &str) -> Self {
        let document = Document::from_json(policy).unwrap();
        let policy = Effective::of(&document, &Document::default()).policy;
        let code = Code::enrol(&mut cx(NOW, &mut fill));
        let recovery = Recovery::new([0; 16], &[[1; 32], [2; 32]]);
        let enrolled = [Enrolment::Code(code), Enrolment::Recovery(recovery)];
        let enrolled = enrolled.into_iter().zip(1..).map(|(enrolment, id)| Enrolled {
            id: FactorId::from_bytes([id; 16]),
            version: 1,
            enrolment,
            guard: Guard::default(),
        });
        Self {
            now: NOW,
            policy,
            enrolled: enrolled.collect(),
            phones: vec![],
            enrol: None,
            passkeys: false,
            passkey_given: false,
            waived: None,
        }
    }

    fn begin(
        &mut self,
        json: &str,
        first_factor: FirstFactor,
        session: Option<Session>,
    ) -> (Login, Vec<Effect>) {
        self.begin_with(json, first_factor, session, None)
    }

    fn begin_with(
        &mut self,
        json: &str,
        first_factor: FirstFactor,
        session: Option<Session>,
        certificate: Option<UserId>,
    ) -> (Login, Vec<Effect>) {
        self.begin_spared(json, first_factor, session, certificate, None)
    }

    fn begin_spared(
        &mut self,
        json: &str,
        first_factor: FirstFactor,
        session: Option<Session>,
        certificate: Option<UserId>,
        spared: Option<Spared>,
    ) -> (Login, Vec<Effect>) {
        let request: BeginLogin = serde_json::from_str(json).unwrap();
        let mut fill = fill;
        let mut cx = cx(self.now, &mut fill);
        let (id, application) = (LoginId::from_bytes([1; 16]), application());
        let login = Login::new(&mut cx, id, application, &request, String::new(), &self.policy);
        let answer = request.answer.as_ref().map(|text| answer(text.expose()));
        let login = login.of(Some(user()));
        let first = Start {
            login,
            first_factor,
            spared,
            certificate,
            answer,
            session,
            waived: self.waived.clone(),
            passkey: self.passkey_given,
        };
        let mut means = Means {
            enrolled: &mut self.enrolled,
            phones: &self.phones,
            enrol: self.enrol.clone(),
            passkeys: self.passkeys,
        };
        start(&mut cx, first, &self.policy, &mut means)
    }

    fn proved(&mut self, answer: &str) -> (Login, Vec<Effect>) {
        let json = format!(
            r#"{{"user":"alice","first_factor":{{"kind":"password","password":"x"}},
            "answer":"{answer}","can":{{"text":true,"several":true}},"client":{{"address":"192.0.2.1"}}}}"#
        );
        self.begin(&json, FirstFactor::Proved, None)
    }

    fn step(&mut self, login: &mut Login, event: &Event<'_>) -> Vec<Effect> {
        let mut fill = fill;
        let mut means = Means {
            enrolled: &mut self.enrolled,
            phones: &self.phones,
            enrol: self.enrol.clone(),
            passkeys: self.passkeys,
        };
        step(&mut cx(self.now, &mut fill), login, &self.policy, &mut means, event)
    }

    fn code(&self) -> String {
        let Enrolment::Code(code) = &self.enrolled[0].enrolment else {
            panic!("the first is a code")
        };
        code.totp().code(self.now.secs() / 30)
    }
}

fn cx(now: Millis, random: &mut dyn FnMut(&mut [u8])) -> Cx<'_> {
    Cx { now, random }
}

fn fill(out: &mut [u8]) {
    out.fill(7);
}

fn user() -> UserId {
    UserId::from_bytes([5; 16])
}

fn application() -> ApplicationId {
    ApplicationId::from_bytes([6; 16])
}

fn answer(text: &str) -> Answer<'_> {
    // Stands in for the password hash: the tests' recovery codes are their own digests.
    let shaped =
        crate::factor::recovery::shape(text).or_else(|| crate::factor::bypass::shape(text));
    let digest = shaped.map(|code| [code.as_bytes()[0] - b'0'; 32]);
    Answer { text, digest }
}

fn answered(text: &str) -> Event<'_> {
    let (first_factor, certificate) = (FirstFactor::Proved, None);
    Event::Answered { answer: answer(text), first_factor, certificate }
}

fn reason(login: &Login) -> &'static str {
    let Stage::Refused { reason, .. } = &login.stage else { panic!("{:?}", login.stage) };
    reason.entry().code
}

fn recorded(effects: &[Effect]) -> Vec<EventKind> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Record(kind, _) => Some(*kind),
            Effect::AskPhone { .. }
            | Effect::CodeUsed(_)
            | Effect::CountPassword
            | Effect::EndRequest { .. }
            | Effect::Enrol
            | Effect::OfferCode
            | Effect::Remember(_)
            | Effect::SaveFactor(_)
            | Effect::ShowRequest { .. }
            | Effect::UseFactor(_)
            | Effect::UsePhone(_) => None,
        })
        .collect()
}

#[test]
fn password_and_code_in_one_go() {
    let mut world = World::new("{}");
    let (login, effects) = world.proved(&world.code());
    let view = login.view(1);
    assert_eq!((view.state, view.factor), (LoginState::Allowed, Some(FactorKind::Code)));
    assert_eq!(view.session.unwrap().until.0, NOW.plus_secs(43_200));
    assert_eq!(recorded(&effects), [EventKind::LoginAllowed]);
    assert!(effects.contains(&Effect::SaveFactor(world.enrolled[0].id)), "the step is spent");
    assert!(effects.contains(&Effect::UseFactor(world.enrolled[0].id)));

    let (again, _) = world.begin(
        &format!(
            r#"{{"user":"alice","first_factor":{{"kind":"password","password":"x"}},"answer":"{}"}}"#,
            world.code()
        ),
        FirstFactor::Proved,
        None,
    );
    assert_eq!(reason(&again), "code_already_used");
}

#[test]
fn a_wrong_password_looks_at_no_code_and_tells_nothing() {
    let causes =
        [Cause::AccountDisabled, Cause::NoPassword, Cause::UnknownUser, Cause::WrongPassword];
    let mut texts = vec![];
    for cause in causes {
        let mut world = World::new("{}");
        let json = format!(
            r#"{{"user":"alice","first_factor":{{"kind":"password","password":"x"}},
            "answer":"{}","support_code":"K7QF2M"}}"#,
            world.code()
        );
        let (login, effects) = world.begin(&json, FirstFactor::Failed(cause), None);
        assert!(effects.contains(&Effect::CountPassword));
        assert!(!effects.iter().any(|effect| matches!(effect, Effect::SaveFactor(_))));
        texts.push(login.view(1).reason.unwrap());
    }
    assert!(texts.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(
        texts[0].text,
        "User name or password not accepted. Check both and try again. [K7QF2M]"
    );
}

#[test]
fn several_questions_until_the_tries_are_used_up() {
    let mut world = World::new("{}");
    let (mut login, effects) = world.proved("push");
    assert_eq!(recorded(&effects), [EventKind::LoginAnswered]);
    let prompt = |login: &Login| login.view(1).prompt.unwrap().text;
    assert!(prompt(&login).starts_with("Not understood. Enter the code in your"));
    world.step(&mut login, &answered("r"));
    assert_eq!(prompt(&login), "One of your recovery codes:");
    world.step(&mut login, &answered("000000"));
    assert!(prompt(&login).starts_with("Wrong code, 2 tries left."));
    world.step(&mut login, &answered("9000-0000-0000"));
    assert!(prompt(&login).starts_with("Wrong code, 1 try left."));
    let effects = world.step(&mut login, &answered("000001"));
    assert_eq!(reason(&login), "wrong_code");
    assert_eq!(recorded(&effects), [EventKind::LoginRefused]);
}

#[test]
fn a_recovery_code_is_good_once() {
    let mut world = World::new("{}");
    assert!(world.proved("2000-0000-0000").0.is_final());
    let (login, _) = world.proved("2000-0000-0000");
    assert!(!login.is_final(), "wrong, and asked again");
    assert_eq!(world.proved("1000-0000-0000").0.view(1).factor, Some(FactorKind::Recovery));
}

#[test]
fn who_can_ask_only_once_is_refused_at_the_first_wrong_code() {
    let mut world = World::new("{}");
    let json =
        r#"{"user":"a","first_factor":{"kind":"password","password":"x"},"can":{"text":true}}"#;
    let (mut login, effects) = world.begin(json, FirstFactor::Proved, None);
    assert_eq!(recorded(&effects), [EventKind::LoginBegan]);
    world.step(&mut login, &answered("000000"));
    assert_eq!(reason(&login), "wrong_code");
    let mute = r#"{"user":"a","first_factor":{"kind":"password","password":"x"}}"#;
    let (login, _) = world.begin(mute, FirstFactor::Proved, None);
    assert_eq!(reason(&login), "cannot_ask");
}

#[test]
fn policies_decide() {
    let mut world = World::new(r#"{"factors":["recovery"]}"#);
    let (login, _) = world.proved(&world.code());
    assert!(!login.is_final(), "a code is not offered, so it is not understood");
    assert_eq!(login.offers, [FactorKind::Recovery]);

    let mut world = World::new(r#"{"second_factor":"off","lifetimes":{"session_secs":0}}"#);
    let (login, effects) = world.proved("");
    assert_eq!(login.stage, Stage::Allowed { factor: None, session: None });
    assert_eq!(recorded(&effects), [EventKind::LoginAllowed]);

    let mut world = World::new(r#"{"first_factors":["pam"]}"#);
    assert_eq!(reason(&world.proved(&world.code()).0), "first_factor_not_allowed");

    let mut world = World::new(r#"{"match_number":"off"}"#);
    assert_eq!(world.proved("").0.match_number, None);
    world.enrolled.clear();
    assert_eq!(reason(&world.proved("123456").0), "not_enrolled");
}

#[test]
fn a_remembered_session_is_silent_and_only_behind_the_first_factor() {
    let id = SessionId::from_bytes([8; 16]);
    let session = Session {
        id,
        application: application(),
        user: user(),
        until: NOW.plus_secs(1),
        ended: None,
    };
    let json = r#"{"user":"a","first_factor":{"kind":"password","password":"x"}}"#;
    let mut world = World::new("{}");
    let (login, _) = world.begin(json, FirstFactor::Proved, Some(session.clone()));
    assert_eq!(login.stage, Stage::Allowed { factor: None, session: Some((id, session.until)) });
    let failed = FirstFactor::Failed(Cause::WrongPassword);
    assert_eq!(reason(&world.begin(json, failed, Some(session.clone())).0), "wrong_credentials");
    world.now = NOW.plus_secs(2);
    assert_eq!(reason(&world.begin(json, FirstFactor::Proved, Some(session)).0), "cannot_ask");
}

#[test]
fn guessing_slows_down_and_stops() {
    let mut world = World::new(r#"{"limits":{"answers_per_login":1,"lock_after":5}}"#);
    for _ in 0..3 {
        assert_eq!(reason(&world.proved("000000").0), "wrong_code");
    }
    assert_eq!(reason(&world.proved(&world.code()).0), "slow_down", "not even the right one");
    for wait in [5, 10] {
        world.now = world.now.plus_secs(wait);
        assert_eq!(reason(&world.proved("000000").0), "wrong_code");
    }
    world.now = world.now.plus_secs(3_600);
    assert_eq!(reason(&world.proved(&world.code()).0), "factor_locked");
}

#[test]
fn time_and_the_caller_end_a_login() {
    let mut world = World::new("{}");
    let (mut login, _) = world.proved("");
    assert!(world.step(&mut login, &Event::Timer).is_empty(), "not yet");
    let mut cancelled = login.clone();
    assert_eq!(
        recorded(&world.step(&mut cancelled, &Event::Cancelled)),
        [EventKind::LoginCancelled]
    );
    world.now = NOW.plus_secs(120);
    let code = world.code();
    assert_eq!(recorded(&world.step(&mut login, &answered(&code))), [EventKind::LoginExpired]);
    assert_eq!(login.stage, Stage::Expired, "a right code comes too late");
}

#[derive(Clone, Debug)]
enum Happening {
    Right,
    Typed(String),
    Cancelled,
    Timer,
}

fn happenings() -> impl Strategy<Value = Vec<(u64, Happening)>> {
    let one = prop_oneof![
        Just(Happening::Right),
        "[0-9]{6}|code|r|\\PC{0,12}|[12]000-0000-0000".prop_map(Happening::Typed),
        Just(Happening::Cancelled),
        Just(Happening::Timer),
    ];
    prop::collection::vec((0u64..60, one), 0..20)
}

proptest! {
    /// Whatever happens, in whatever order: a verdict is final, nothing is allowed after the end,
    /// every change is recorded once, and the tries never rise.
    #[test]
    fn verdicts_are_final(events in happenings(), several: bool) {
        let mut world = World::new("{}");
        let (mut login, _) = world.proved("");
        login.can.several = several;
        for (secs, happening) in events {
            world.now = world.now.plus_secs(secs);
            let before = login.clone();
            let code = world.code();
            let effects = match &happening {
                Happening::Right => world.step(&mut login, &answered(&code)),
                Happening::Typed(text) => world.step(&mut login, &answered(text)),
                Happening::Cancelled => world.step(&mut login, &Event::Cancelled),
                Happening::Timer => world.step(&mut login, &Event::Timer),
            };
            prop_assert!(!before.is_final() || before == login && effects.is_empty());
            prop_assert_eq!(recorded(&effects).len(), usize::from(before != login));
            let allowed = matches!(login.stage, Stage::Allowed { .. });
            prop_assert!(!allowed || before.is_final() || world.now < login.expires);
            prop_assert!(login.answers_left <= before.answers_left);
            let stored = serde_json::to_string(&login).unwrap();
            prop_assert_eq!(serde_json::from_str::<Login>(&stored).unwrap(), login.clone());
        }
    }
}

#[test]
fn an_open_login_ends_with_what_it_rests_on() {
    let open = |world: &mut World| {
        let json = r#"{"user":"alice","first_factor":{"kind":"password","password":"x"},
            "can":{"text":true,"several":true}}"#;
        world.begin(json, FirstFactor::Proved, None).0
    };
    for cause in [Cause::AccountDisabled, Cause::UnknownUser, Cause::WrongPassword] {
        let mut world = World::new("{}");
        let (mut login, code) = (open(&mut world), world.code());
        let first_factor = FirstFactor::Failed(cause);
        let answer = answer(&code);
        let event = Event::Answered { answer, first_factor, certificate: None };
        let effects = world.step(&mut login, &event);
        assert_eq!(reason(&login), "wrong_credentials");
        assert_eq!(recorded(&effects), [EventKind::LoginRefused], "no code was looked at");
        assert_eq!(effects.len(), 1, "and nobody is slowed down: {effects:?}");
    }
    let mut world = World::new("{}");
    let mut login = open(&mut world);
    world.policy.first_factors = vec![FirstFactorKind::Pam];
    let code = world.code();
    world.step(&mut login, &answered(&code));
    assert_eq!(reason(&login), "first_factor_not_allowed");
}

#[test]
fn nothing_is_remembered_where_the_policy_forbids_it() {
    let mut world = World::new("{}");
    let (login, _) = world.proved(&world.code());
    let id = login.view(1).session.unwrap().id;
    let until = NOW.plus_secs(1_000);
    let session = Session { id, application: application(), user: user(), until, ended: None };
    let json = r#"{"user":"alice","first_factor":{"kind":"password","password":"x"},
        "can":{"text":true}}"#;
    world.policy.session_secs = 0;
    let (login, _) = world.begin(json, FirstFactor::Proved, Some(session.clone()));
    assert_eq!(login.view(1).state, LoginState::AwaitingInput);
    world.policy.session_secs = 1;
    let (login, _) = world.begin(json, FirstFactor::Proved, Some(session));
    assert_eq!(login.view(1).state, LoginState::Allowed);
}

#[test]
fn who_showed_no_second_factor_is_not_remembered_as_if() {
    let mut world = World::new(r#"{"second_factor":"off"}"#);
    let json = r#"{"user":"alice","first_factor":{"kind":"password","password":"x"}}"#;
    let (login, effects) = world.begin(json, FirstFactor::Proved, None);
    assert_eq!(login.view(1).state, LoginState::Allowed);
    assert_eq!(login.view(1).session, None);
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Remember(_))));
}
