//! Clients that sign in by themselves.

use super::phones::{ask, on_phone, phone, state, world};
use super::*;
use crate::policy::Autologin;

/// As Access Server says it of an autologin profile.
const BARE: &str = r#"{"user":"alice","autologin":true,
    "first_factor":{"kind":"proved","by":"access_server"},"client":{"address":"192.0.2.1"}}"#;

/// As somebody says it who claims in the same breath that a user is there.
const CROWDED: &str = r#"{"user":"alice","autologin":true,"match_number":"482913",
    "answer":"000000","can":{"text":true,"several":true,"reconnect":true},
    "first_factor":{"kind":"proved","by":"access_server"},"client":{"address":"192.0.2.1"}}"#;

/// A policy that lets Access Server prove the first factor, and what else it says.
fn with(more: &str) -> World {
    world(&format!(r#"{{"first_factors":["access_server"]{more}}}"#))
}

fn begun(world: &mut World) -> (Login, Vec<Effect>) {
    world.begin(BARE, FirstFactor::Proved, None)
}

fn detail(effects: &[Effect]) -> &Map<String, Value> {
    for effect in effects {
        if let Effect::Record(_, detail) = effect {
            return detail;
        }
    }
    panic!("not recorded: {effects:?}")
}

fn left(effects: &[Effect]) -> Session {
    for effect in effects {
        if let Effect::Remember(session) = effect {
            return session.clone();
        }
    }
    panic!("nothing is remembered: {effects:?}")
}

fn remembered() -> Session {
    let (id, until) = (SessionId::from_bytes([8; 16]), NOW.plus_secs(60));
    Session { id, application: application(), user: user(), until, ended: None }
}

fn approved() -> Event<'static> {
    on_phone(1, PhoneAnswer::Approve { number: None })
}

#[test]
fn it_is_refused_unless_the_policy_says_otherwise() {
    for more in ["", r#","second_factor":"off""#, r#","automatic_push":"on","match_number":"off""#]
    {
        let mut world = with(more);
        let (login, effects) = begun(&mut world);
        assert_eq!(reason(&login), "autologin_not_allowed", "{more}");
        assert_eq!(effects.len(), 1, "only recorded: {effects:?}");
        assert_eq!(detail(&effects)["autologin"], true);
        let (login, _) = world.begin(BARE, FirstFactor::Proved, Some(remembered()));
        assert_eq!(reason(&login), "autologin_not_allowed", "remembered or not");
        let asked = BARE.replace(r#""autologin":true,"#, r#""can":{"text":true},"#);
        let (login, _) = world.begin(&asked, FirstFactor::Proved, None);
        assert_ne!(state(&login), LoginState::Refused, "others are as ever");
    }
}

#[test]
fn it_needs_its_first_factor_whatever_the_policy_says() {
    for more in ["", r#","autologin":"push","match_number":"off""#, r#","autologin":"allow""#] {
        let failed = FirstFactor::Failed(Cause::AccountDisabled);
        let (login, _) = with(more).begin(BARE, failed, Some(remembered()));
        assert_eq!(reason(&login), "account_disabled");
        let mut world = with(more);
        world.policy.first_factors = vec![FirstFactorKind::Pam];
        assert_eq!(reason(&begun(&mut world).0), "first_factor_not_allowed");
    }
}

#[test]
fn where_it_is_allowed_the_record_says_so_and_nothing_is_remembered() {
    for json in [BARE, CROWDED] {
        let mut world = with(r#","autologin":"allow""#);
        let (login, effects) = world.begin(json, FirstFactor::Proved, None);
        assert_eq!(login.stage, Stage::Allowed { factor: None, session: None });
        assert_eq!(effects.len(), 1, "{effects:?}");
        assert_eq!(detail(&effects)["by"], "autologin");
        assert_eq!(detail(&effects)["autologin"], true);
        world.enrolled.clear();
        let (login, _) = world.begin(json, FirstFactor::Proved, None);
        assert_eq!(state(&login), LoginState::Allowed, "of whoever has no second factor too");
    }
}

#[test]
fn a_phone_is_asked_and_what_it_leaves_remembered_asks_no_more() {
    for json in [BARE, CROWDED] {
        for number in ["off", "where_shown"] {
            let mut world = with(&format!(r#","autologin":"push","match_number":"{number}""#));
            let (mut login, effects) = world.begin(json, FirstFactor::Proved, None);
            assert!(effects.contains(&ask(1)), "{effects:?}");
            assert_eq!(state(&login), LoginState::AwaitingPhone);
            let effects = world.step(&mut login, &approved());
            assert_eq!(detail(&effects)["by"], "push");
            assert_eq!(detail(&effects)["autologin"], true);
            let session = left(&effects);
            assert_eq!(login.view(2).session.unwrap().id, session.id);

            world.now = session.until;
            let (again, effects) = world.begin(json, FirstFactor::Proved, Some(session.clone()));
            assert_eq!(state(&again), LoginState::Allowed);
            assert_eq!((effects.len(), &detail(&effects)["by"]), (1, &"session".into()));
            world.now = world.now.plus_secs(1);
            let (late, _) = world.begin(json, FirstFactor::Proved, Some(session));
            assert_eq!(state(&late), LoginState::AwaitingPhone);
        }
    }
}

#[test]
fn nobody_can_read_a_number() {
    for json in [BARE, CROWDED] {
        let mut world = with(r#","autologin":"push","automatic_push":"on""#);
        let (login, effects) = world.begin(json, FirstFactor::Proved, None);
        assert_eq!(reason(&login), "number_not_shown");
        assert!(!effects.contains(&ask(1)));
    }
}

#[test]
fn the_phone_that_will_be_noticed_goes_before_the_first() {
    let policy = r#","autologin":"push","match_number":"off""#;
    let mut world = with(policy);
    world.phones[0].subscribed = false;
    assert!(begun(&mut world).1.contains(&ask(2)));
    let mut world = with(policy);
    world.phones[0].subscribed = false;
    world.phones[1].unreachable_since = Some(NOW);
    assert!(begun(&mut world).1.contains(&ask(1)), "it is seen when the app is opened");
    world.phones[0].unreachable_since = Some(NOW);
    assert_eq!(reason(&begun(&mut world).0), "phone_code_needed");
}

#[test]
fn without_a_phone_that_may_be_asked_it_is_refused() {
    let policy = r#","autologin":"push","match_number":"off""#;
    let mut world = with(policy);
    world.phones.clear();
    assert_eq!(reason(&begun(&mut world).0), "cannot_ask");
    world.enrolled.clear();
    assert_eq!(reason(&begun(&mut world).0), "not_enrolled");
    let mut world = with(r#","autologin":"push","match_number":"off","factors":["code"]"#);
    assert_eq!(reason(&begun(&mut world).0), "cannot_ask");

    let mut world = with(policy);
    let (mut login, _) = begun(&mut world);
    world.step(&mut login, &on_phone(1, PhoneAnswer::Fraud));
    assert_eq!(reason(&begun(&mut world).0), "push_locked");
    let mut world = with(policy);
    for network in 1..=3 {
        let json = BARE.replace("192.0.2.1", &format!("192.0.{network}.1"));
        let (login, _) = world.begin(&json, FirstFactor::Proved, None);
        assert_eq!(state(&login), LoginState::AwaitingPhone);
    }
    let json = BARE.replace("192.0.2.1", "192.0.4.1");
    assert_eq!(reason(&world.begin(&json, FirstFactor::Proved, None).0), "push_limited");
}

#[test]
fn a_policy_that_forbids_it_meanwhile_counts() {
    let mut world = with(r#","autologin":"push","match_number":"off""#);
    let (mut login, _) = begun(&mut world);
    world.policy.autologin = Autologin::Refuse;
    let effects = world.step(&mut login, &approved());
    assert_eq!(reason(&login), "autologin_not_allowed");
    let over = Effect::EndRequest { phone: phone(1), outcome: "cancelled" };
    assert!(effects.contains(&over), "{effects:?}");
}
