//! A password and an answer in one field.

use super::{PASSWORD, World, name, on_each_engine, outcome, typed};
use authx::admin::{accounts, passwords};
use authx_core::{guard::Source, wire::login::LoginView};
use serde_json::{Value, json};

fn appended(user: &str, text: &str) -> Value {
    json!({
        "user": user, "first_factor": {"kind": "password", "password": text, "appended": true},
        "client": {"address": "192.0.2.7"}, "can": {"text": true},
    })
}

async fn begin(world: &World, text: &str) -> LoginView {
    world.begin(&appended("alice", text)).await.unwrap()
}

/// Wrong passwords counted from the address of the tests.
async fn counted(world: &World) -> u32 {
    let source = Source::of("192.0.2.7".parse().ok());
    let (store, caller) = (&world.app.store, world.caller().await);
    let tally = authx::store::logins::tally(store, world.tenant, caller.id, &source).await;
    tally.unwrap().failures
}

#[tokio::test]
async fn any_password_may_be_followed_by_a_code() {
    on_each_engine(async |world| {
        let World { app, by, tenant, alice, .. } = world;
        for password in [
            PASSWORD,
            "nine, purple, owls",
            "purple owls,",
            ",purple owls",
            "purple owls 42,r",
            "purple owls 730519",
            "purple owls,730519",
            "SCRV1:cHVycGxl:b3dscw==",
            "CRV1::log_x::owls",
        ] {
            passwords::set(app, by, *tenant, *alice, typed(password)).await.unwrap();
            for ending in [String::new(), "x,".to_owned()] {
                let text = format!("{password}{ending}");
                let expected =
                    if ending.is_empty() { "awaiting_input" } else { "refused:wrong_credentials" };
                assert_eq!(outcome(&begin(world, &text).await), expected, "{text}");
            }
            world.clock.advance_secs(1_000);
            let with_comma = begin(world, &format!("{password},{}", world.code())).await;
            assert_eq!(outcome(&with_comma), "allowed", "{password}");
            world.clock.advance_secs(60);
            if !password.contains(',') {
                let without = begin(world, &format!("{password}{}", world.code())).await;
                assert_eq!(outcome(&without), "allowed", "{password}");
            }
            world.clock.advance_secs(60);
        }
    })
    .await;
}

#[tokio::test]
async fn an_answer_beside_it_wins() {
    on_each_engine(async |world| {
        let mut both = appended("alice", &format!("{PASSWORD},000000"));
        both["answer"] = world.code().into();
        let refused = world.begin(&both).await.unwrap();
        assert_eq!(outcome(&refused), "refused:wrong_credentials", "the whole text was tried");
        both["first_factor"]["password"] = PASSWORD.into();
        assert_eq!(outcome(&world.begin(&both).await.unwrap()), "allowed");
        let mut plain = appended("alice", &format!("{PASSWORD},{}", world.code()));
        plain["first_factor"]["appended"] = false.into();
        assert_eq!(outcome(&world.begin(&plain).await.unwrap()), "refused:wrong_credentials");
    })
    .await;
}

#[tokio::test]
async fn one_failed_try_is_counted_for_two_readings() {
    on_each_engine(async |world| {
        let World { app, by, tenant, alice, .. } = world;
        let code = world.code();
        let mut failures = 0;
        for user in ["alice", "nobody"] {
            for text in [format!("wrong,{code}"), format!("wrong{code}"), "wrong".to_owned()] {
                let login = world.begin(&appended(user, &text)).await.unwrap();
                assert_eq!(outcome(&login), "refused:wrong_credentials", "{user} {text}");
                failures += 1;
                assert_eq!(counted(world).await, failures, "{user} {text}");
            }
        }
        assert_eq!(outcome(&begin(world, "").await), "refused:wrong_credentials");
        accounts::disable(app, by, *tenant, *alice).await.unwrap();
        let right = begin(world, &format!("{PASSWORD},{code}")).await;
        assert_eq!(outcome(&right), "refused:wrong_credentials");
        accounts::enable(app, by, *tenant, *alice).await.unwrap();
        let right = begin(world, &format!("{PASSWORD},{code}")).await;
        assert_eq!(outcome(&right), "allowed", "no wrong reading counted for the code");
        assert_eq!(counted(world).await, failures + 2, "and a right second one for nothing");
    })
    .await;
}

#[tokio::test]
async fn a_wrong_code_behind_the_password_is_one_try_of_the_code() {
    on_each_engine(async |world| {
        for _ in 0..3 {
            let wrong = begin(world, &format!("{PASSWORD},000000")).await;
            assert_eq!(outcome(&wrong), "refused:wrong_code");
        }
        assert_eq!(counted(world).await, 0);
        let right = begin(world, &format!("{PASSWORD},{}", world.code())).await;
        assert_eq!(outcome(&right), "refused:slow_down");
    })
    .await;
}

#[tokio::test]
async fn the_words_of_a_prompt_may_be_appended_too() {
    on_each_engine(async |world| {
        let login = begin(world, &format!("{PASSWORD},code")).await;
        assert_eq!(outcome(&login), "awaiting_input");
        assert_eq!(login.prompt.unwrap().text, "Code from your authenticator app:");
        let bob = accounts::NewAccount { name: &name("bob"), aliases: &[], password: None };
        accounts::create(&world.app, &world.by, world.tenant, bob).await.unwrap();
        let login = world.begin(&appended("bob", ",123456")).await.unwrap();
        assert_eq!(outcome(&login), "refused:wrong_credentials", "no password is not an empty one");
    })
    .await;
}
