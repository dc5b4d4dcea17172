use super::*;
use crate::{
    audit::EventKind,
    policy::{Document, Effective},
};
use proptest::prelude::*;
use serde_json::json;

fn policy(json: &serde_json::Value) -> Policy {
    Effective::of(&Document::from_value(json).unwrap(), &Document::default()).policy
}

fn past(ended: Ended) -> Past {
    Past {
        first_factor: FirstFactorKind::Password,
        ended,
        autologin: false,
        certificate_fits: None,
        wrong: 0,
        after_ms: 20_000,
        asked_ms: None,
        approval: None,
    }
}

fn by(kind: FactorKind) -> Past {
    past(Ended::Allowed(By::Factor(kind)))
}

/// What a draft says, where what is in force is AuthX's own.
fn draft(past: &Past, json: serde_json::Value) -> Option<Verdict> {
    between(past, json!({}), json)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "`json!` makes a value, which a test need not keep"
)]
fn between(past: &Past, now: serde_json::Value, draft: serde_json::Value) -> Option<Verdict> {
    difference(past, &policy(&now), &policy(&draft)).map(|found| found.draft)
}

#[test]
fn a_factor_that_is_no_longer_allowed() {
    let only = json!({"factors": ["push"]});
    assert_eq!(draft(&by(FactorKind::Code), only.clone()), Some(Verdict::OtherFactor));
    assert_eq!(draft(&by(FactorKind::Push), only.clone()), None);
    assert_eq!(draft(&past(Ended::Refused(Reason::WrongCode)), only), None);
    let more = past(Ended::Refused(Reason::NotEnrolled));
    let said = between(&more, json!({"factors": ["code"]}), json!({"factors": ["code", "push"]}));
    assert_eq!(said, Some(Verdict::Unsaid(Gap::GoesOn)));
}

#[test]
fn without_a_second_factor_also_those_are_let_in_who_were_refused_for_it() {
    let off = json!({"second_factor": "off"});
    for ended in [
        Ended::Allowed(By::Factor(FactorKind::Code)),
        Ended::Refused(Reason::PushDenied),
        Ended::Refused(Reason::Fraud),
        Ended::Expired,
    ] {
        assert_eq!(draft(&past(ended), off.clone()), Some(Verdict::LetIn), "{ended:?}");
    }
    for ended in [
        Ended::Refused(Reason::WrongCredentials),
        Ended::Refused(Reason::AccountDisabled),
        Ended::Allowed(By::Session { age_ms: None }),
    ] {
        assert_eq!(draft(&past(ended), off.clone()), None, "{ended:?}");
    }
    let allowed = past(Ended::Allowed(By::Policy));
    assert_eq!(between(&allowed, off, json!({})), Some(Verdict::Asked));
}

#[test]
fn an_approval_without_what_is_demanded() {
    let with = |number, verified| Past {
        approval: Some(Approval { number, verified }),
        asked_ms: Some(1_000),
        ..by(FactorKind::Push)
    };
    let verified = json!({"user_verification": "required"});
    assert_eq!(draft(&with(true, false), verified.clone()), Some(Verdict::NeedsVerification));
    assert_eq!(draft(&with(true, true), verified.clone()), None);
    assert_eq!(draft(&by(FactorKind::Push), verified), Some(Verdict::Unsaid(Gap::GoesOn)));
    let off = json!({"match_number": "off"});
    let needs = between(&with(false, false), off.clone(), json!({"match_number": "required"}));
    assert_eq!(needs, Some(Verdict::NeedsNumber));
    let shown = between(&with(false, false), off, json!({"match_number": "where_shown"}));
    assert_eq!(shown, Some(Verdict::Unsaid(Gap::NumberShown)));
    assert_eq!(draft(&with(true, false), json!({"match_number": "off"})), None);
    let classes = between(
        &with(true, false),
        json!({"phone_classes": ["web", "software"]}),
        json!({"phone_classes": ["web"]}),
    );
    assert_eq!(classes, Some(Verdict::Unsaid(Gap::PhoneKind)));
}

#[test]
fn what_is_remembered_for_less_time() {
    let session = |age_ms| past(Ended::Allowed(By::Session { age_ms }));
    let hour = json!({"lifetimes": {"session_secs": 3_600}});
    assert_eq!(draft(&session(Some(3_599_999)), hour.clone()), None);
    assert_eq!(draft(&session(Some(3_600_000)), hour.clone()), Some(Verdict::Asked));
    assert_eq!(draft(&session(None), hour), Some(Verdict::Unsaid(Gap::Remembered)));
    assert_eq!(
        draft(&session(None), json!({"lifetimes": {"session_secs": 0}})),
        Some(Verdict::Asked)
    );
    let longer = json!({"lifetimes": {"session_secs": 86_400}});
    assert_eq!(draft(&session(None), longer.clone()), None);
    let (now, draft) = (policy(&json!({})), policy(&longer));
    assert_eq!(untold(&now, &draft), ["lifetimes.session_secs"]);
}

#[test]
fn first_factors_certificates_and_clients_that_sign_in_by_themselves() {
    let pam = json!({"first_factors": ["pam"]});
    assert_eq!(draft(&by(FactorKind::Code), pam.clone()), Some(Verdict::RefusedFirstFactor));
    assert_eq!(draft(&past(Ended::Refused(Reason::WrongCredentials)), pam), None);

    let (free, match_) =
        (json!({"certificate_name": "free"}), json!({"certificate_name": "must_match"}));
    let alias = Past { certificate_fits: Some(false), ..by(FactorKind::Code) };
    let said = between(&alias, free.clone(), match_.clone());
    assert_eq!(said, Some(Verdict::Unsaid(Gap::Certificate)));
    let own = Past { certificate_fits: Some(true), ..by(FactorKind::Code) };
    assert_eq!(between(&own, free.clone(), match_), None);
    let refused = past(Ended::Refused(Reason::CertificateMismatch));
    assert_eq!(draft(&refused, free), Some(Verdict::Unsaid(Gap::GoesOn)));

    let alone = |ended| Past { autologin: true, ..past(ended) };
    let allow = json!({"autologin": "allow"});
    let refused = alone(Ended::Refused(Reason::AutologinNotAllowed));
    assert_eq!(draft(&refused, allow.clone()), Some(Verdict::LetIn));
    let allowed = alone(Ended::Allowed(By::Autologin));
    assert_eq!(between(&allowed, allow.clone(), json!({})), Some(Verdict::RefusedAutologin));
    let push = json!({"autologin": "push", "match_number": "off"});
    assert_eq!(between(&allowed, allow, push), Some(Verdict::Asked));
}

#[test]
fn tries_and_times() {
    let third = Past { wrong: 2, ..by(FactorKind::Code) };
    let one = json!({"limits": {"answers_per_login": 2}});
    assert_eq!(draft(&third, one), Some(Verdict::RefusedTries));
    let more = json!({"limits": {"answers_per_login": 9}});
    let refused = past(Ended::Refused(Reason::WrongCode));
    assert_eq!(draft(&refused, more), Some(Verdict::Unsaid(Gap::Tries)));

    let slow = Past { after_ms: 40_000, ..by(FactorKind::Code) };
    let short = json!({"lifetimes": {"login_secs": 30}});
    assert_eq!(draft(&slow, short.clone()), Some(Verdict::TooLate));
    let challenge = Past { after_ms: 200_000, ..by(FactorKind::Code) };
    assert_eq!(draft(&challenge, short.clone()), None, "it had another time");
    let rung = Past { after_ms: 60_000, asked_ms: Some(40_000), ..by(FactorKind::Push) };
    assert_eq!(draft(&rung, short), None);
    let brief = json!({"lifetimes": {"push_secs": 30}});
    let later = Past { after_ms: 90_000, ..rung };
    assert_eq!(draft(&later, brief), Some(Verdict::TooLate));
    let long = json!({"lifetimes": {"login_secs": 300}});
    assert_eq!(draft(&past(Ended::Expired), long), Some(Verdict::Unsaid(Gap::GoesOn)));
}

#[test]
fn a_trail_is_read_in_any_order() {
    let statement = json!({
        "answer": "approve", "login": crate::LoginId::from_bytes([1; 16]),
        "application": crate::ApplicationId::from_bytes([2; 16]), "match_number": "482913",
    });
    let body = json!({"statement": statement.to_string()}).to_string();
    let allowed = json!({
        "user": "Alice", "first_factor": "pam", "after_ms": 9_000, "by": "push",
        "certificate": "alice", "approval": {"body": body}, "credential": {"x": 1},
    });
    let mut entries = vec![
        (EventKind::LoginAnswered, json!({"answer": "wrong", "after_ms": 3_000})),
        (EventKind::LoginAnswered, json!({"answer": "word", "after_ms": 4_000})),
        (EventKind::PhoneAsked, json!({"after_ms": 4_000})),
        (EventKind::PhoneReached, json!({"after_ms": 5_000})),
        (EventKind::LoginAllowed, allowed),
    ];
    let read = |entries: &[(EventKind, serde_json::Value)]| {
        let mut trail = Trail::default();
        for (kind, detail) in entries {
            trail.read(*kind, &detail.to_string());
        }
        trail.past()
    };
    let forwards = read(&entries);
    entries.reverse();
    assert_eq!(read(&entries), forwards);
    let expected = Past {
        first_factor: FirstFactorKind::Pam,
        ended: Ended::Allowed(By::Factor(FactorKind::Push)),
        autologin: false,
        certificate_fits: Some(true),
        wrong: 1,
        after_ms: 9_000,
        asked_ms: Some(4_000),
        approval: Some(Approval { number: true, verified: true }),
    };
    assert_eq!(forwards, Some(expected));
    assert_eq!(read(&entries[1..]), None, "it has not ended");
    let mut trail = Trail::default();
    trail.read(EventKind::LoginAllowed, "no JSON");
    assert_eq!(trail.past(), None);
}

fn pasts() -> impl Strategy<Value = Past> {
    let reasons = proptest::sample::select(Reason::ALL).prop_map(Ended::Refused);
    let factors = proptest::sample::select(FactorKind::CHOICES)
        .prop_map(|kind| Ended::Allowed(By::Factor(kind)));
    let others = proptest::sample::select(vec![
        Ended::Allowed(By::Autologin),
        Ended::Allowed(By::Other),
        Ended::Allowed(By::Policy),
        Ended::Allowed(By::Session { age_ms: None }),
        Ended::Allowed(By::Session { age_ms: Some(9_000_000) }),
        Ended::Cancelled,
        Ended::Expired,
    ]);
    let first = proptest::sample::select(FirstFactorKind::ALL);
    let approval = proptest::option::of((any::<bool>(), any::<bool>()));
    (
        (first, prop_oneof![reasons, factors, others], any::<bool>()),
        (proptest::option::of(any::<bool>()), 0_u32..12, 0_u64..400_000),
        (proptest::option::of(0_u64..100_000), approval),
    )
        .prop_map(
            |((first_factor, ended, autologin), (fits, wrong, after_ms), (asked, approval))| Past {
                first_factor,
                ended,
                autologin,
                certificate_fits: fits,
                wrong,
                after_ms,
                asked_ms: asked,
                approval: approval.map(|(number, verified)| Approval { number, verified }),
            },
        )
}

fn policies() -> impl Strategy<Value = Policy> {
    let word = |words: &'static [&'static str]| proptest::sample::select(words);
    let factors = proptest::sample::subsequence(FactorKind::CHOICES.to_vec(), 1..=3);
    let first = proptest::sample::subsequence(FirstFactorKind::ALL.to_vec(), 1..=4);
    (
        (factors, first, word(&["off", "required"]), word(&["off", "where_shown", "required"])),
        (
            word(&["allow", "push", "refuse"]),
            word(&["free", "must_match"]),
            word(&["off", "required"]),
        ),
        (1_u8..=10, 30_u64..=300, 30_u64..=300, 0_u64..100_000),
    )
        .prop_map(
            |(
                (factors, first, second, number),
                (alone, name, check),
                (tries, login, push, session),
            )| {
                policy(&json!({
                    "factors": factors, "first_factors": first, "second_factor": second,
                    "match_number": number, "autologin": alone, "certificate_name": name,
                    "user_verification": check, "limits": {"answers_per_login": tries},
                    "lifetimes": {"login_secs": login, "push_secs": push, "session_secs": session},
                }))
            },
        )
}

proptest! {
    #[test]
    fn what_is_in_force_changes_nothing(past in pasts(), policy in policies()) {
        prop_assert_eq!(difference(&past, &policy, &policy), None);
    }

    /// Whoever was refused for the first factor, or without any right to be there, is never said to
    /// get in.
    #[test]
    fn no_draft_lets_in_who_proved_nothing(
        past in pasts(),
        now in policies(),
        draft in policies(),
    ) {
        let nothing = [
            Reason::WrongCredentials,
            Reason::AccountDisabled,
            Reason::UnknownUser,
            Reason::NotInGroup,
            Reason::SwitchedOff,
        ];
        for reason in nothing {
            let past = Past { ended: Ended::Refused(reason), ..past };
            prop_assert_eq!(difference(&past, &now, &draft), None);
        }
    }

    /// Asking for a second factor is never said to let somebody in without.
    #[test]
    fn only_what_asks_nothing_lets_in(past in pasts(), now in policies(), mut draft in policies()) {
        draft.second_factor = SecondFactor::Required;
        draft.autologin = Autologin::Refuse;
        let said = difference(&past, &now, &draft).map(|found| found.draft);
        prop_assert!(said != Some(Verdict::LetIn), "{:?}", said);
    }
}

/// No policy chooses passkeys, so no draft says anything else of who came by one.
#[test]
fn a_passkey_stays_one_under_any_draft() {
    let mut trail = Trail::default();
    let detail = r#"{"user":"anna","first_factor":"password","by":"passkey","after_ms":9000}"#;
    trail.read(EventKind::LoginAllowed, detail);
    let past = trail.past().unwrap();
    for json in [
        json!({"factors": ["push"]}),
        json!({"second_factor": "off"}),
        json!({"lifetimes": {"login_secs": 30}, "limits": {"answers_per_login": 1}}),
    ] {
        assert_eq!(draft(&past, json), None);
    }
    let refused = past_refused();
    assert_eq!(draft(&refused, json!({"factors": ["push"]})), None);
    let more = json!({"limits": {"answers_per_login": 5}});
    assert_eq!(draft(&refused, more), Some(Verdict::Unsaid(Gap::Tries)));
}

fn past_refused() -> Past {
    past(Ended::Refused(Reason::PasskeyDeclined))
}
