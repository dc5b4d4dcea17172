//! Passkeys, where one can be asked for.

use super::{
    phones::{ask, begun, phone, state, world},
    *,
};

/// A login at the portal of somebody who has a passkey, and an app, and phones that ring by
/// themselves.
fn at_portal() -> World {
    let mut world = world(r#"{"automatic_push":"on"}"#);
    world.passkeys = true;
    world
}

fn given() -> Event<'static> {
    Event::Passkey { first_factor: FirstFactor::Proved, certificate: None }
}

fn detail(effects: &[Effect], kind: EventKind) -> Map<String, Value> {
    let found = effects.iter().find_map(|effect| {
        let Effect::Record(one, detail) = effect else { return None };
        (*one == kind).then(|| detail.clone())
    });
    found.unwrap_or_else(|| panic!("no {kind} in {effects:?}"))
}

#[test]
fn a_passkey_is_offered_behind_the_password_and_lets_in() {
    let mut world = at_portal();
    world.enrolled.clear();
    world.phones.clear();
    let (mut login, effects) = begun(&mut world, 1, "", 2);
    assert_eq!(recorded(&effects), [EventKind::LoginBegan]);
    assert_eq!(login.offers, [FactorKind::Passkey]);
    let prompt = login.view(1).prompt.unwrap();
    assert_eq!((prompt.text.as_str(), prompt.offers.len()), ("Use your passkey.", 1));
    world.step(&mut login, &answered("passkey"));
    assert_eq!(state(&login), LoginState::AwaitingInput, "nothing that is typed is one");
    let effects = world.step(&mut login, &given());
    assert_eq!(login.view(2).factor, Some(FactorKind::Passkey));
    assert_eq!(detail(&effects, EventKind::LoginAllowed)["by"], "passkey");
    assert!(world.step(&mut login, &given()).is_empty(), "once");
}

#[test]
fn a_passkey_beside_a_ringing_phone_ends_its_request() {
    let mut world = at_portal();
    let (mut login, effects) = begun(&mut world, 1, "", 2);
    assert!(effects.contains(&ask(1)) && login.offers.contains(&FactorKind::Passkey));
    let effects = world.step(&mut login, &given());
    assert!(effects.contains(&Effect::EndRequest { phone: phone(1), outcome: "elsewhere" }));
    assert_eq!(login.view(2).factor, Some(FactorKind::Passkey));
}

#[test]
fn who_comes_with_a_passkey_is_asked_nothing_and_no_phone_rings() {
    let mut world = at_portal();
    world.passkey_given = true;
    let (login, effects) = begun(&mut world, 1, "", 2);
    assert_eq!(login.view(1).factor, Some(FactorKind::Passkey));
    assert_eq!(recorded(&effects), [EventKind::LoginAllowed]);
    // Where none can be asked for, none counts, and nothing else is asked instead.
    world.passkeys = false;
    let (login, effects) = begun(&mut world, 1, "", 2);
    assert_eq!(reason(&login), "passkey_declined");
    assert_eq!(recorded(&effects), [EventKind::LoginRefused]);
    // Nor does one stand in for a first factor.
    world.passkeys = true;
    let failed = FirstFactor::Failed(Cause::AccountDisabled);
    let json = r#"{"user":"a","first_factor":{"kind":"proved","by":"pam"}}"#;
    assert!(!matches!(world.begin(json, failed, None).0.stage, Stage::Allowed { .. }));
}

#[test]
fn a_passkey_counts_only_while_all_else_stands() {
    let mut world = at_portal();
    let (open, _) = begun(&mut world, 1, "", 2);
    let first_factor = FirstFactor::Failed(Cause::WrongPassword);
    let mut login = open.clone();
    world.step(&mut login, &Event::Passkey { first_factor, certificate: None });
    assert_eq!(reason(&login), "wrong_credentials", "the password was replaced");
    let mut login = open.clone();
    world.passkeys = false;
    world.step(&mut login, &given());
    assert_eq!(reason(&login), "passkey_declined", "it was removed");
    world.passkeys = true;
    let mut login = open;
    world.now = login.expires;
    let effects = world.step(&mut login, &given());
    assert_eq!(recorded(&effects), [EventKind::LoginExpired]);
    assert_eq!(login.stage, Stage::Expired);
}

#[test]
fn wrong_passkeys_leave_a_trace_and_end_it() {
    let mut world = at_portal();
    let (mut login, _) = begun(&mut world, 1, "", 2);
    let effects = world.step(&mut login, &Event::PasskeyDeclined);
    let said = detail(&effects, EventKind::LoginAnswered);
    assert_eq!((&said["answer"], &said["factor"]), (&"wrong".into(), &"passkey".into()));
    assert_eq!(state(&login), LoginState::AwaitingPhone, "the phone still rings");
    world.step(&mut login, &Event::PasskeyDeclined);
    let effects = world.step(&mut login, &Event::PasskeyDeclined);
    assert_eq!(reason(&login), "passkey_declined");
    assert!(effects.contains(&Effect::EndRequest { phone: phone(1), outcome: "cancelled" }));
    assert!(world.step(&mut login, &given()).is_empty(), "too late");
}
