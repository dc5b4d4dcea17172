use super::*;
use crate::factor::bypass::Bypass;

fn waived(until: u64) -> Waived {
    let why = record::text("bypass_reason", "phone lost");
    Waived { until: Millis(until), why }
}

#[test]
fn who_needs_no_second_factor_is_let_in_and_nothing_is_remembered() {
    let mut world = World::new("{}");
    world.waived = Some(waived(NOW.0 + 1));
    let (login, effects) = world.proved("");
    assert_eq!(login.stage, Stage::Allowed { factor: None, session: None });
    let [Effect::Record(EventKind::LoginAllowed, detail)] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    assert_eq!((&detail["by"], &detail["bypass_reason"]), (&"bypass".into(), &"phone lost".into()));

    world.waived = Some(waived(NOW.0));
    assert!(!world.proved("x").0.is_final(), "it is over");
    world.waived = Some(waived(NOW.0 + 1));
    let failed = FirstFactor::Failed(Cause::WrongPassword);
    let json = r#"{"user":"alice","first_factor":{"kind":"password","password":"x"}}"#;
    let (login, _) = world.begin(json, failed, None);
    assert!(matches!(login.stage, Stage::Refused { .. }), "never without the first");
}

#[test]
fn a_bypass_code_counts_once_whatever_the_policy_chooses_from() {
    let mut world = World::new(r#"{"factors":["push"]}"#);
    assert_eq!(world.proved("1000-0000-000").0.offers, []);
    let code = Bypass::new([0; 16], [1; 32], Millis(NOW.0 + 1_000));
    world.enrolled.push(Enrolled {
        id: FactorId::from_bytes([9; 16]),
        version: 1,
        enrolment: Enrolment::Bypass(code),
        guard: Guard::default(),
    });
    let (login, effects) = world.proved("1000-0000-000");
    let factor = Some(FactorKind::Bypass);
    assert!(matches!(login.stage, Stage::Allowed { factor: by, .. } if by == factor), "{login:?}");
    assert!(effects.contains(&Effect::SaveFactor(FactorId::from_bytes([9; 16]))));
    assert_eq!(world.proved("1000-0000-000").0.offers, [], "used");
}
