//! Logins that ask a phone.

use super::*;
use crate::{factor::push::Push, guard::Source, policy::AutomaticPush};

pub(super) fn phone(id: u8) -> PhoneId {
    PhoneId::from_bytes([id; 16])
}

/// The world with Anna's two phones.
pub(super) fn world(policy: &str) -> World {
    let mut world = World::new(policy);
    world.enrolled.push(Enrolled {
        id: FactorId::from_bytes([9; 16]),
        version: 1,
        enrolment: Enrolment::Push(Push::default()),
        guard: Guard::default(),
    });
    world.phones = [(1, "Anna's phone"), (2, "Anna's tablet")]
        .map(|(id, name)| Phone {
            id: phone(id),
            name: name.to_owned(),
            class: crate::policy::PhoneClass::Web,
            subscribed: true,
            unreachable_since: None,
        })
        .into();
    world
}

pub(super) fn on_phone(id: u8, answer: PhoneAnswer) -> Event<'static> {
    Event::Phone {
        phone: phone(id),
        answer,
        first_factor: FirstFactor::Proved,
        certificate: None,
        evidence: Map::from_iter([("approval".to_owned(), "signed".into())]),
    }
}

fn approve(number: &str) -> Event<'static> {
    let number = Some(number.to_owned().try_into().unwrap());
    on_phone(1, PhoneAnswer::Approve { number })
}

const NUMBER: &str = "482913";

/// A phone rings.
pub(super) fn ask(number: u8) -> Effect {
    Effect::AskPhone { phone: phone(number), replaces: None, rings: true }
}

/// A login of a client that shows the number and asked for `typed`.
fn asked(world: &mut World, id: u8, typed: &str) -> (Login, Vec<Effect>) {
    begun(world, id, &format!(r#""answer":"{typed}","match_number":"{NUMBER}","#), id)
}

pub(super) fn begun(world: &mut World, id: u8, more: &str, network: u8) -> (Login, Vec<Effect>) {
    let json = format!(
        r#"{{"user":"alice","first_factor":{{"kind":"password","password":"x"}},{more}
        "can":{{"text":true,"several":true}},"client":{{"address":"192.0.{network}.1"}}}}"#
    );
    let (mut login, effects) = world.begin(&json, FirstFactor::Proved, None);
    login.id = LoginId::from_bytes([id; 16]);
    (login, effects)
}

pub(super) fn state(login: &Login) -> LoginState {
    login.view(1).state
}

#[test]
fn the_number_of_the_prompt_approves_once() {
    let mut world = world("{}");
    let (mut login, effects) = asked(&mut world, 1, "push");
    assert_eq!(recorded(&effects), [EventKind::PhoneAsked]);
    assert!(effects.contains(&ask(1)));
    let view = login.view(1);
    assert_eq!((view.state, view.factor), (LoginState::AwaitingPhone, Some(FactorKind::Push)));
    assert_eq!(view.delivery.unwrap().state, "sent");
    assert_eq!(
        view.prompt.unwrap().text,
        "Sent to Anna's phone. Answer there, or type a code. For the phone the number is 482 913."
    );
    assert!(world.step(&mut login, &on_phone(2, PhoneAnswer::Deny)).is_empty(), "not asked");
    let effects = world.step(&mut login, &approve(NUMBER));
    assert_eq!(recorded(&effects), [EventKind::LoginAllowed]);
    assert!(effects.contains(&Effect::EndRequest { phone: phone(1), outcome: "approved" }));
    assert!(effects.contains(&Effect::UsePhone(phone(1))));
    let kept = |effect: &Effect| matches!(effect, Effect::Record(_, detail) if detail.get("approval") == Some(&"signed".into()));
    assert!(effects.iter().any(kept), "what was signed is kept");
    assert_eq!(login.view(2).factor, Some(FactorKind::Push));
    assert!(world.step(&mut login, &approve(NUMBER)).is_empty());
}

#[test]
fn two_wrong_numbers_end_it_and_five_such_logins_end_push() {
    let mut world = world("{}");
    for id in 1..=5 {
        world.now = world.now.plus_secs(700);
        let (mut login, _) = asked(&mut world, id, "push");
        let effects = world.step(&mut login, &approve("000000"));
        assert_eq!(recorded(&effects), [EventKind::LoginAnswered]);
        assert_eq!(state(&login), LoginState::AwaitingPhone);
        let effects = world.step(&mut login, &approve("000001"));
        assert!(effects.contains(&Effect::EndRequest { phone: phone(1), outcome: "wrong_number" }));
        assert_eq!(reason(&login), "wrong_number");
    }
    world.now = world.now.plus_secs(90_000);
    let (login, _) = asked(&mut world, 6, "push");
    let prompt = login.view(1).prompt.unwrap().text;
    assert_eq!(prompt, "Your phone cannot be asked for now. Enter a code:");
}

#[test]
fn a_number_is_needed_and_an_empty_approval_is_a_wrong_one() {
    let mut world = world("{}");
    let (mut login, _) = asked(&mut world, 1, "push");
    world.step(&mut login, &on_phone(1, PhoneAnswer::Approve { number: None }));
    assert_eq!(state(&login), LoginState::AwaitingPhone);
    world.step(&mut login, &on_phone(1, PhoneAnswer::Approve { number: None }));
    assert_eq!(reason(&login), "wrong_number");
}

#[test]
fn changed_my_mind_and_not_me_are_different() {
    let mut world = world("{}");
    let (mut login, _) = asked(&mut world, 1, "push");
    world.step(&mut login, &on_phone(1, PhoneAnswer::Deny));
    assert_eq!(reason(&login), "push_denied");
    let (mut login, _) = asked(&mut world, 2, "push");
    let (mut other, _) = asked(&mut world, 3, "push");
    let effects = world.step(&mut login, &on_phone(1, PhoneAnswer::Fraud));
    assert_eq!(recorded(&effects), [EventKind::LoginRefused, EventKind::FraudReported]);
    assert_eq!(reason(&login), "fraud");
    world.step(&mut other, &approve(NUMBER));
    assert_eq!(reason(&other), "push_locked", "also what rang before");
    let code = world.code();
    let (login, _) = asked(&mut world, 4, &code);
    assert_eq!(state(&login), LoginState::Allowed, "codes still count");
}

#[test]
fn a_code_counts_while_the_phone_rings() {
    let mut world = world("{}");
    let (mut login, _) = asked(&mut world, 1, "push");
    world.step(&mut login, &answered("000000"));
    assert_eq!(state(&login), LoginState::AwaitingPhone);
    let prompt = login.view(1).prompt.unwrap().text;
    assert!(prompt.starts_with("Wrong code. Sent to Anna's phone."), "{prompt}");
    let code = world.code();
    let effects = world.step(&mut login, &answered(&code));
    assert!(effects.contains(&Effect::EndRequest { phone: phone(1), outcome: "elsewhere" }));
    assert_eq!(login.view(1).factor, Some(FactorKind::Code));
    for id in 2..5 {
        let (login, _) = asked(&mut world, id, "push");
        assert_eq!(state(&login), LoginState::AwaitingPhone, "the first one was answered");
    }
}

#[test]
fn the_second_phone_takes_over() {
    let mut world = world("{}");
    let (mut login, _) = asked(&mut world, 1, "push");
    let effects = world.step(&mut login, &answered("push2"));
    assert!(effects.contains(&Effect::EndRequest { phone: phone(1), outcome: "elsewhere" }));
    assert!(effects.contains(&ask(2)));
    assert!(world.step(&mut login, &approve(NUMBER)).is_empty(), "the first has no say any more");
    world.step(&mut login, &answered("push3"));
    let prompt = login.view(1).prompt.unwrap().text;
    assert!(prompt.starts_with("There is no such phone. Sent to Anna's tablet."), "{prompt}");
}

#[test]
fn another_phone_is_no_further_try() {
    let mut world = world("{}");
    let (mut login, _) = asked(&mut world, 1, "push");
    world.step(&mut login, &approve("000000"));
    world.step(&mut login, &answered("push2"));
    let number = Some("000001".to_owned().try_into().unwrap());
    world.step(&mut login, &on_phone(2, PhoneAnswer::Approve { number }));
    assert_eq!(reason(&login), "wrong_number");
}

#[test]
fn a_client_that_tries_again_takes_over_its_request() {
    let mut world = world("{}");
    let (mut first, _) = begun(&mut world, 1, r#""answer":"push","match_number":"111111","#, 1);
    let json = r#""answer":"push","match_number":"222222","#;
    let (mut second, effects) = begun(&mut world, 1, json, 1);
    let quietly = Effect::AskPhone { phone: phone(1), replaces: None, rings: false };
    assert!(effects.contains(&quietly), "it has rung");
    second.id = LoginId::from_bytes([2; 16]);
    world.step(&mut first, &Event::Superseded);
    assert_eq!(reason(&first), "superseded");
    world.step(&mut second, &approve("111111"));
    assert_eq!(state(&second), LoginState::AwaitingPhone, "a number is bound to its login");
    world.step(&mut second, &approve("222222"));
    assert_eq!(state(&second), LoginState::Allowed);
}

#[test]
fn what_the_prompt_says_is_true() {
    let mut world = world("{}");
    let (mut login, _) = asked(&mut world, 1, "push");
    let reached = |reach| Event::Reached { phone: phone(1), reach, by: "push".to_owned() };
    let effects = world.step(&mut login, &reached(Reach::Delivered));
    assert_eq!(recorded(&effects), [EventKind::PhoneReached]);
    let text = |login: &Login| login.view(1).delivery.unwrap().text;
    assert_eq!(text(&login), "Anna's phone has the request. Answer there, or type a code.");
    assert!(world.step(&mut login, &reached(Reach::Failed)).is_empty(), "it has arrived");
    world.phones[0].unreachable_since = Some(Millis(world.now.0 - 2 * 86_400_000));
    let (login, _) = asked(&mut world, 2, "push");
    let view = login.view(1);
    assert_eq!(view.delivery.as_ref().unwrap().state, "unreachable");
    assert_eq!(
        view.delivery.unwrap().text,
        "Anna's phone has not been reachable since Saturday: type a code."
    );
}

#[test]
fn a_phone_is_asked_by_itself_only_where_that_is_wanted_and_noticed() {
    let mut world = world(r#"{"automatic_push":"on"}"#);
    let number = format!(r#""match_number":"{NUMBER}","#);
    let (login, _) = begun(&mut world, 1, &number, 1);
    assert_eq!(state(&login), LoginState::AwaitingPhone);
    world.phones[0].subscribed = false;
    let (_, effects) = begun(&mut world, 2, &number, 2);
    assert!(effects.contains(&ask(2)));
    world.phones[1].unreachable_since = Some(NOW);
    let (login, _) = begun(&mut world, 3, &number, 3);
    assert_eq!(state(&login), LoginState::AwaitingInput);
    world.policy.automatic_push = AutomaticPush::Off;
    world.phones[0].subscribed = true;
    let (login, _) = begun(&mut world, 4, &number, 4);
    assert_eq!(state(&login), LoginState::AwaitingInput);
}

#[test]
fn a_client_that_shows_nothing_gets_a_code_from_the_phone() {
    let mut world = world("{}");
    let json = |answer: &str| {
        format!(
            r#"{{"user":"alice","first_factor":{{"kind":"password","password":"x"}},{answer}
            "client":{{"address":"192.0.2.1"}}}}"#
        )
    };
    let begin =
        |world: &mut World, answer: &str| world.begin(&json(answer), FirstFactor::Proved, None);
    let (login, effects) = begin(&mut world, "");
    assert_eq!(reason(&login), "phone_code_needed");
    assert!(effects.contains(&Effect::OfferCode));
    let (login, effects) = begin(&mut world, r#""answer":"push","#);
    assert_eq!(reason(&login), "number_not_shown");
    assert!(effects.contains(&Effect::OfferCode));

    let Enrolment::Push(push) = &mut world.enrolled[2].enrolment else { panic!("push") };
    let mut fill = |out: &mut [u8]| out.fill(1);
    let source = Source::of(Some([192, 0, 2, 9].into()));
    let (code, _) = push.show_code(&mut cx(NOW, &mut fill), login.id, application(), &source);
    let (login, _) = begin(&mut world, &format!(r#""answer":"{code}","#));
    assert_eq!(login.view(1).factor, Some(FactorKind::Push));
    let (login, _) = begin(&mut world, &format!(r#""answer":"{code}","#));
    assert_eq!(reason(&login), "wrong_code", "spent");

    world.policy.match_number = crate::policy::MatchNumber::WhereShown;
    let (mut login, _) = begin(&mut world, r#""answer":"push","#);
    world.step(&mut login, &on_phone(1, PhoneAnswer::Approve { number: None }));
    assert_eq!(state(&login), LoginState::Allowed, "where the policy lets it be");
}

#[test]
fn a_request_stays_open_for_its_own_time() {
    let mut world = world("{}");
    let (mut login, _) = begun(&mut world, 1, r#""match_number":"482913","#, 1);
    world.now = world.now.plus_secs(110);
    world.step(&mut login, &answered("push"));
    world.now = world.now.plus_secs(119);
    let mut late = login.clone();
    world.step(&mut login, &approve(NUMBER));
    assert_eq!(state(&login), LoginState::Allowed);
    world.now = world.now.plus_secs(1);
    let effects = world.step(&mut late, &approve(NUMBER));
    assert!(effects.contains(&Effect::EndRequest { phone: phone(1), outcome: "expired" }));
    assert_eq!(state(&late), LoginState::Expired);
}

#[test]
fn an_approval_counts_only_while_the_first_factor_stands() {
    let mut world = world("{}");
    let (mut login, _) = asked(&mut world, 1, "push");
    let Event::Phone { phone, answer, certificate, evidence, .. } = approve(NUMBER) else {
        panic!("a phone's")
    };
    let first_factor = FirstFactor::Failed(Cause::AccountDisabled);
    let event = Event::Phone { phone, answer, first_factor, certificate, evidence };
    let effects = world.step(&mut login, &event);
    assert_eq!(reason(&login), "wrong_credentials");
    assert!(effects.contains(&Effect::EndRequest { phone, outcome: "cancelled" }));
}

#[test]
fn who_may_enrol_at_the_prompt_signs_in_with_the_new_phone() {
    let mut world = world("{}");
    let enrolled = std::mem::take(&mut world.enrolled);
    let several = r#""can":{"text":true,"several":true},"#;
    let begin = |world: &mut World, can: &str| {
        let json = format!(
            r#"{{"user":"alice",{can}"first_factor":{{"kind":"password","password":"x"}}}}"#
        );
        world.begin(&json, FirstFactor::Proved, None)
    };
    let (login, _) = begin(&mut world, several);
    assert_eq!(reason(&login), "not_enrolled", "by default");
    world.enrol = Some(Enrol { site: "phone.mfa.example".into(), code: "ABCD-EFGH".into() });
    let (mut login, effects) = begin(&mut world, several);
    assert!(effects.contains(&Effect::Enrol));
    assert_eq!(
        login.view(1).prompt.unwrap().text,
        "Enrol a phone: open phone.mfa.example on it and type ABCD-EFGH. Then type the code it \
         shows:"
    );
    world.enrolled = enrolled;
    world.enrol = None;
    let code = world.code();
    world.step(&mut login, &answered(&code));
    assert_eq!(state(&login), LoginState::Allowed);

    world.enrolled.clear();
    world.enrol = Some(Enrol { site: "x".repeat(80), code: "ABCD-EFGH".into() });
    let (login, effects) = begin(&mut world, "");
    assert!(effects.contains(&Effect::Enrol));
    let text = login.view(1).reason.unwrap().text;
    assert!(text.chars().count() <= 120 && text.contains("ABCD-EFGH"), "{text}");
}

#[derive(Clone, Debug)]
enum Happening {
    Typed(String),
    Phone(u8, PhoneAnswer),
    Reached(u8, Reach),
    Cancelled,
    Superseded,
}

fn happenings() -> impl Strategy<Value = Vec<(u64, Happening)>> {
    let number = prop_oneof![Just(Some(NUMBER)), Just(Some("000000")), Just(None)];
    let approve = number.prop_map(|number| PhoneAnswer::Approve {
        number: number.map(|digits: &str| digits.to_owned().try_into().unwrap()),
    });
    let says =
        prop_oneof![4 => approve, 1 => Just(PhoneAnswer::Deny), 1 => Just(PhoneAnswer::Fraud)];
    let one = prop_oneof![
        "push[123]?|[0-9]{6}|x".prop_map(Happening::Typed),
        (1u8..4, says).prop_map(|(id, says)| Happening::Phone(id, says)),
        (1u8..3, prop_oneof![Just(Reach::Delivered), Just(Reach::Failed)])
            .prop_map(|(id, reach)| Happening::Reached(id, reach)),
        Just(Happening::Cancelled),
        Just(Happening::Superseded),
    ];
    prop::collection::vec((0u64..50, one), 0..24)
}

proptest! {
    /// Whatever happens, in whatever order: only the phone that was asked lets anyone in, only with
    /// the number, only in time; a verdict is final; a request is ended with its login.
    #[test]
    fn only_the_phone_that_was_asked_approves(events in happenings()) {
        let mut world = world("{}");
        let (mut login, _) = asked(&mut world, 1, "push");
        for (secs, happening) in events {
            world.now = world.now.plus_secs(secs);
            let before = login.clone();
            let effects = match &happening {
                Happening::Typed(text) => world.step(&mut login, &answered(text)),
                Happening::Phone(id, says) => world.step(&mut login, &on_phone(*id, says.clone())),
                Happening::Reached(id, reach) => {
                    let by = "push".to_owned();
                    world.step(&mut login, &Event::Reached { phone: phone(*id), reach: *reach, by })
                }
                Happening::Cancelled => world.step(&mut login, &Event::Cancelled),
                Happening::Superseded => world.step(&mut login, &Event::Superseded),
            };
            prop_assert!(!before.is_final() || before == login && effects.is_empty());
            let reports = usize::from(recorded(&effects).contains(&EventKind::FraudReported));
            prop_assert_eq!(recorded(&effects).len() - reports, usize::from(before != login));
            let ringing = if let Stage::AwaitingPhone(ringing) = &before.stage {
                Some(ringing.phone)
            } else {
                None
            };
            if let Stage::Allowed { factor: Some(FactorKind::Push), .. } = login.stage
                && !before.is_final()
            {
                let Happening::Phone(id, PhoneAnswer::Approve { number: Some(number) }) = happening
                    else { panic!("allowed by {happening:?}") };
                prop_assert_eq!(ringing, Some(phone(id)));
                prop_assert_eq!(number.as_str(), NUMBER);
                prop_assert!(world.now < before.expires);
            }
            let ended = effects.iter().any(|effect| matches!(effect, Effect::EndRequest { .. }));
            prop_assert_eq!(ended, ringing.is_some() && (login.is_final() || ringing.is_some_and(
                |old| !matches!(&login.stage, Stage::AwaitingPhone(now) if now.phone == old))));
            let stored = serde_json::to_string(&login).unwrap();
            prop_assert_eq!(serde_json::from_str::<Login>(&stored).unwrap(), login.clone());
        }
    }
}
