//! What a login rests on besides a password: a certificate's name, and later that nothing ended.

use super::*;

const WITH_PASSWORD: &str = r#"{"user":"alice","certificate":"alice@corp","method":"scrv1",
    "first_factor":{"kind":"password","password":"x"},"can":{"text":true,"several":true}}"#;

fn mallory() -> UserId {
    UserId::from_bytes([9; 16])
}

#[test]
fn a_certificate_has_to_be_the_users() {
    for (policy, owner, fits) in [
        ("{}", Some(user()), true),
        ("{}", Some(mallory()), false),
        ("{}", None, false),
        (r#"{"certificate_name":"free"}"#, Some(mallory()), true),
        (r#"{"certificate_name":"free"}"#, None, true),
    ] {
        let mut world = World::new(policy);
        let (login, effects) = world.begin_with(WITH_PASSWORD, FirstFactor::Proved, None, owner);
        assert_eq!(!login.is_final(), fits, "{policy} {owner:?}");
        if !fits {
            assert_eq!(reason(&login), "certificate_mismatch");
            assert_eq!(login.view(1).reason.unwrap().code, "not_permitted");
            assert!(!effects.contains(&Effect::CountPassword), "the password was right");
        }
    }
}

#[test]
fn a_stranger_does_not_learn_whose_certificate_it_is() {
    let mut world = World::new("{}");
    let failed = FirstFactor::Failed(Cause::WrongPassword);
    for owner in [Some(user()), Some(mallory()), None] {
        let (login, effects) = world.begin_with(WITH_PASSWORD, failed, None, owner);
        assert_eq!(reason(&login), "wrong_credentials");
        assert!(effects.contains(&Effect::CountPassword));
    }
}

#[test]
fn a_certificate_as_first_factor_is_the_users_whatever_the_policy_says() {
    let policy = r#"{"first_factors":["certificate"],"certificate_name":"free"}"#;
    let bare = r#"{"user":"alice","first_factor":{"kind":"proved","by":"certificate"},
        "can":{"text":true}}"#;
    let named = bare.replace(r#""can""#, r#""certificate":"alice","can""#);
    for (json, owner, fits) in [
        (bare, None, false),
        (&named, Some(user()), true),
        (&named, Some(mallory()), false),
        (&named, None, false),
    ] {
        let (login, _) = World::new(policy).begin_with(json, FirstFactor::Proved, None, owner);
        assert_eq!(!login.is_final(), fits, "{json} {owner:?}");
    }
}

#[test]
fn a_certificate_that_lost_its_name_ends_an_open_login() {
    let mut world = World::new("{}");
    let owner = Some(user());
    let (mut login, _) = world.begin_with(WITH_PASSWORD, FirstFactor::Proved, None, owner);
    let code = world.code();
    let (answer, first_factor) = (answer(&code), FirstFactor::Proved);
    world.step(&mut login, &Event::Answered { answer, first_factor, certificate: None });
    assert_eq!(reason(&login), "certificate_mismatch");
}

#[test]
fn the_record_names_method_and_certificate() {
    let mut world = World::new("{}");
    let owner = Some(user());
    let (_, effects) = world.begin_with(WITH_PASSWORD, FirstFactor::Proved, None, owner);
    let [Effect::Record(_, detail)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(
        (&detail["method"], &detail["certificate"]),
        (&"scrv1".into(), &"alice@corp".into())
    );
}

#[test]
fn what_was_allowed_goes_on_while_all_of_it_stands() {
    let mut world = World::new("{}");
    let (login, _) = world.proved(&world.code());
    let renewed = |login: &Login, first_factor, stands| {
        let (renewal, effect) = renew(&cx(NOW, &mut fill), login, first_factor, stands, None);
        let Effect::Record(kind, detail) = effect else { panic!("{effect:?}") };
        let cause = detail.get("cause").and_then(Value::as_str).map(str::to_owned);
        assert_eq!(renewal == Renewal::Good, kind == EventKind::SessionRenewed);
        cause
    };
    let proved = FirstFactor::Proved;
    assert_eq!(renewed(&login, proved, true), None);
    assert_eq!(renewed(&login, proved, false).unwrap(), "sessions_ended");
    for (cause, word) in [
        (Cause::AccountDisabled, "account_disabled"),
        (Cause::UnknownUser, "unknown_user"),
        (Cause::WrongPassword, "password_replaced"),
    ] {
        assert_eq!(renewed(&login, FirstFactor::Failed(cause), true).unwrap(), word);
    }
    let (open, _) = world.proved("");
    assert_eq!(renewed(&open, proved, true).unwrap(), "not_allowed");
}
