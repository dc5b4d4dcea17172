//! Questions that are answered by another connection.

use super::*;

const JSON: &str = r#"{"user":"alice","first_factor":{"kind":"password","password":"x"},
    "can":{"reconnect":true}}"#;

#[test]
fn every_question_of_a_dynamic_challenge_is_another_one() {
    let mut world = World::new(r#"{"dynamic_challenge":"on","lifetimes":{"login_secs":30}}"#);
    let (mut login, effects) = world.begin(JSON, FirstFactor::Proved, None);
    assert_eq!(recorded(&effects), [EventKind::LoginBegan]);
    assert_eq!(login.open_challenge(), Some(1));
    assert_eq!(login.expires, NOW.plus_secs(300), "whatever a login lasts otherwise");
    world.step(&mut login, &answered("000000"));
    assert_eq!(login.open_challenge(), Some(2));
    world.step(&mut login, &answered("r"));
    assert_eq!(login.open_challenge(), Some(3), "a word is answered by a question");
    world.step(&mut login, &answered("000001"));
    assert_eq!(login.open_challenge(), Some(4));
    world.step(&mut login, &answered("000002"));
    assert_eq!(reason(&login), "wrong_code", "three answers");
    assert_eq!(login.open_challenge(), None);
}

#[test]
fn a_right_code_closes_the_challenge() {
    let mut world = World::new(r#"{"dynamic_challenge":"on"}"#);
    let (mut login, _) = world.begin(JSON, FirstFactor::Proved, None);
    let code = world.code();
    world.step(&mut login, &answered(&code));
    assert_eq!(login.view(1).state, LoginState::Allowed);
    assert_eq!(login.open_challenge(), None);
}

#[test]
fn a_dynamic_challenge_needs_caller_and_policy() {
    let mut world = World::new("{}");
    assert_eq!(reason(&world.begin(JSON, FirstFactor::Proved, None).0), "cannot_ask");
    let mut world = World::new(r#"{"dynamic_challenge":"on"}"#);
    let json = JSON.replace("reconnect", "text");
    let (login, _) = world.begin(&json, FirstFactor::Proved, None);
    assert_eq!((login.challenges, login.expires), (None, NOW.plus_secs(120)));
}

#[test]
fn a_wrong_code_that_came_with_the_password_is_asked_for_again() {
    let mut world = World::new(r#"{"dynamic_challenge":"on"}"#);
    let json = JSON.replace(r#""can""#, r#""answer":"000000","can""#);
    let (login, _) = world.begin(&json, FirstFactor::Proved, None);
    assert_eq!(login.open_challenge(), Some(1));
    let failed = FirstFactor::Failed(Cause::WrongPassword);
    let (login, _) = world.begin(JSON, failed, None);
    assert_eq!(login.open_challenge(), None, "nothing is asked without the password");
}

proptest! {
    /// However the answers go: a number that was open once never is again.
    #[test]
    fn no_challenge_opens_twice(answers in prop::collection::vec("[0-9]{6}|r|x|code", 0..12)) {
        let mut world = World::new(
            r#"{"dynamic_challenge":"on","limits":{"answers_per_login":10}}"#,
        );
        let (mut login, _) = world.begin(JSON, FirstFactor::Proved, None);
        for answer in answers {
            let before = login.open_challenge();
            world.step(&mut login, &answered(&answer));
            let after = login.open_challenge();
            prop_assert!(after.is_none() || after > before, "{before:?} {after:?}");
        }
    }
}
