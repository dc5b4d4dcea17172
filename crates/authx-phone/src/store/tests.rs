//! The file under hard conditions: many at once, a half-written one.

use super::*;
use crate::phone::{Codes, Keys};
use authx_core::{
    Cx, Millis, TenantId, UserId,
    wire::phone::{AccountState, NamedTenant, NamedUser},
};
use std::fs;

fn account(number: u8, user: &str, tenant: &str) -> KeptAccount {
    let keys = Keys::draw(&mut Cx { now: Millis(0), random: &mut |out| out.fill(number) });
    let secret = r#"{"secret":"AAAA","algorithm":"SHA256","digits":6,"period_secs":30}"#;
    let codes: Codes = serde_json::from_str(secret).unwrap();
    KeptAccount {
        phone: PhoneId::from_bytes([number; 16]),
        server: "https://phone.mfa.example.com".to_owned(),
        authorities: None,
        state: AccountState::Active,
        name: "desk".to_owned(),
        tenant: NamedTenant { id: TenantId::from_bytes([1; 16]), name: tenant.to_owned(), hue: 1 },
        user: NamedUser { id: UserId::from_bytes([number; 16]), name: user.to_owned() },
        words: vec![],
        keys: keys.keep(),
        codes,
    }
}

#[test]
fn many_at_once_lose_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::at(directory.path().join("deep/store"));
    std::thread::scope(|scope| {
        for number in 1..=20 {
            let store = &store;
            scope.spawn(move || store.add(account(number, "anna", "Example")).unwrap());
        }
    });
    assert_eq!(store.accounts().unwrap().len(), 20);
    assert!(matches!(store.add(account(7, "anna", "Example")), Err(StoreError::AlreadyThere)));
    store.forget(PhoneId::from_bytes([7; 16])).unwrap();
    store.update(PhoneId::from_bytes([7; 16]), |_| panic!("it is gone")).unwrap();
    assert_eq!(store.accounts().unwrap().len(), 19);
}

#[test]
fn what_a_killed_process_left_does_no_harm() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::at(directory.path().join("store"));
    store.add(account(1, "anna", "Example")).unwrap();
    fs::write(store.directory().join("phone.new"), "{\"vers").unwrap();
    store.add(account(2, "bert", "Example")).unwrap();
    assert_eq!(store.accounts().unwrap().len(), 2);
}

#[test]
fn an_account_is_meant_by_any_of_its_names() {
    let all = [
        account(1, "anna", "Example"),
        account(2, "bert", "Example"),
        account(3, "anna", "Other & Co"),
    ];
    for (text, meant) in [
        ("bert", 2),
        ("ANNA@example", 1),
        ("other & co", 3),
        (&all[0].phone.to_string().to_uppercase(), 1),
        (&all[1].user.id.to_string(), 2),
    ] {
        assert_eq!(Selection(text).one(&all).unwrap().phone.as_bytes()[0], meant, "{text}");
    }
    assert!(matches!(Selection("anna").one(&all), Err(StoreError::Several(..))));
    assert!(matches!(Selection("carl").one(&all), Err(StoreError::NoSuchAccount(_))));
}
