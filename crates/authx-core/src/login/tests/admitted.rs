//! An application that is not for everybody, and one that asks only some for a second factor.

use super::*;

const ASKED: &str = r#"{"user":"alice","first_factor":{"kind":"password","password":"x"},
    "can":{"text":true,"several":true}}"#;
const VOUCHED: &str = r#"{"user":"alice","first_factor":{"kind":"proved","by":"pam"},
    "can":{"text":true}}"#;
const BOTH: &str = r#"{"first_factors":["password","pam"]}"#;

#[test]
fn outside_the_groups_a_right_first_factor_leads_to_a_refusal_that_says_nothing() {
    for json in [ASKED, VOUCHED] {
        let mut world = World::new(BOTH);
        let outside = FirstFactor::Failed(Cause::NotInGroup);
        let (login, effects) = world.begin(json, outside, None);
        assert_eq!(reason(&login), "not_in_group");
        let view = login.view(1).reason.unwrap();
        let unknown = FirstFactor::Failed(Cause::UnknownUser);
        let other = world.begin(VOUCHED, unknown, None).0.view(1).reason.unwrap();
        assert_eq!((&view.code, &view.text), (&other.code, &other.text));
        assert_eq!(recorded(&effects), [EventKind::LoginRefused]);
        assert_eq!(effects.len(), 1, "nobody is asked, nothing is counted: {effects:?}");
    }
}

#[test]
fn what_is_switched_off_judges_nothing() {
    for json in [ASKED, VOUCHED] {
        let mut world = World::new("{}");
        let (login, effects) = world.begin(json, FirstFactor::Failed(Cause::SwitchedOff), None);
        assert_eq!(reason(&login), "switched_off");
        assert_eq!(recorded(&effects), [EventKind::LoginRefused]);
        assert_eq!(effects.len(), 1, "{effects:?}");
    }
}

#[test]
fn an_open_login_ends_where_its_user_may_no_longer_come_in() {
    for (cause, word) in [(Cause::NotInGroup, "not_in_group"), (Cause::SwitchedOff, "switched_off")]
    {
        let mut world = World::new("{}");
        let (mut login, _) = world.begin(ASKED, FirstFactor::Proved, None);
        let code = world.code();
        let first_factor = FirstFactor::Failed(cause);
        let event = Event::Answered { answer: answer(&code), first_factor, certificate: None };
        world.step(&mut login, &event);
        assert_eq!(reason(&login), word, "the right code does not help");
        let (login, _) = world.proved(&world.code());
        let (renewal, _) = renew(&cx(NOW, &mut fill), &login, first_factor, true, None);
        assert!(matches!(renewal, Renewal::Ended { reason: Reason::SessionEnded, .. }));
    }
}

#[test]
fn whom_a_pilot_spares_the_first_factor_is_enough_and_nothing_is_remembered() {
    let mut world = World::new(r#"{"lifetimes":{"session_secs":3600}}"#);
    let spared = Some(Spared::Pilot);
    let (login, effects) = world.begin_spared(ASKED, FirstFactor::Proved, None, None, spared);
    assert_eq!(login.stage, Stage::Allowed { factor: None, session: None });
    let [Effect::Record(EventKind::LoginAllowed, detail)] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(detail["by"], "pilot");
    let wrong = FirstFactor::Failed(Cause::WrongPassword);
    let (login, _) = world.begin_spared(ASKED, wrong, None, None, spared);
    assert_eq!(reason(&login), "wrong_credentials");
}
