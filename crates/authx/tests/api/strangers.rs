//! Who has no business with a login, a user or a password learns nothing.

use crate::world::{PASSWORD, Reply, World, body, name, on_each_engine, path};
use authx::admin::accounts::{self, NewAccount};
use serde_json::{Value, json};

#[tokio::test]
async fn logins_of_others_and_logins_that_do_not_exist_are_the_same_bytes() {
    on_each_engine(async |world| {
        let id = world.new_id();
        assert_eq!(world.put(id, &body(None)).await.outcome(), "awaiting_input");
        let answer = json!({ "seq": 1, "text": world.code() }).to_string();
        let callers = [world.application("door").await, world.stranger().await];
        for caller in &callers {
            for (method, ending, body) in [
                ("GET", "", ""),
                ("GET", "?after=1&wait=5", ""),
                ("POST", "/answers", answer.as_str()),
                ("POST", "/renewals", "{}"),
                ("DELETE", "", ""),
            ] {
                let ask = async |id| {
                    let target = format!("{}{ending}", path(id));
                    world.send(&world.call(caller, method, target, body)).await
                };
                let (others, none) = (ask(id).await, ask(world.new_id()).await);
                assert_eq!((others.status, others.signed), (404, true), "{method} {ending}");
                assert_eq!(others.body, none.body);
            }
        }
        assert_eq!(world.answer(id, 1, &world.code()).await.outcome(), "allowed", "untouched");
    })
    .await;
}

#[tokio::test]
async fn another_tenant_can_use_the_same_login_id() {
    on_each_engine(async |world| {
        let id = world.new_id();
        let stranger = world.stranger().await;
        world.put(id, &body(None)).await;
        let call = world.call(&stranger, "PUT", path(id), body(None).to_string());
        assert_eq!(world.send(&call).await.outcome(), "refused:wrong_credentials");
        assert_eq!(world.get(id).await.outcome(), "awaiting_input");
    })
    .await;
}

#[tokio::test]
async fn unknown_user_wrong_password_and_disabled_user_are_the_same_bytes() {
    on_each_engine(async |world| {
        user(world, "bob", Some(PASSWORD)).await;
        user(world, "carol", None).await;
        let bob = accounts::find(&world.app, world.tenant, "bob").await.unwrap().id;
        accounts::disable(&world.app, &world.by, world.tenant, bob).await.unwrap();
        let mut answers = vec![];
        for (user, password) in [
            ("nobody", PASSWORD),
            ("alice", "wrong"),
            ("bob", PASSWORD),
            ("bob", "wrong"),
            ("carol", PASSWORD),
        ] {
            let mut body = body(Some(&world.code()));
            body["user"] = user.into();
            body["first_factor"]["password"] = password.into();
            answers.push(anonymous(&world.begin(&body).await, user));
        }
        assert_eq!(answers[0]["reason"]["code"], "wrong_credentials");
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
        let right = world.begin(&body(Some(&world.code()))).await;
        assert_eq!(right.outcome(), "allowed", "no code was looked at meanwhile");
    })
    .await;
}

/// One field that may hold a password and a code has two readings, for whomever it is.
#[tokio::test]
async fn a_code_behind_the_password_gives_nobody_away_either() {
    on_each_engine(async |world| {
        user(world, "bob", Some(PASSWORD)).await;
        user(world, "carol", None).await;
        let bob = accounts::find(&world.app, world.tenant, "bob").await.unwrap().id;
        accounts::disable(&world.app, &world.by, world.tenant, bob).await.unwrap();
        let mut answers = vec![];
        for (user, password) in
            [("nobody", PASSWORD), ("alice", "wrong"), ("bob", PASSWORD), ("carol", PASSWORD)]
        {
            for ending in [format!(",{}", world.code()), world.code(), ",code".to_owned()] {
                let mut body = body(None);
                body["user"] = user.into();
                let password = format!("{password}{ending}");
                body["first_factor"] =
                    json!({ "kind": "password", "password": password, "appended": true });
                world.clock.advance_secs(30);
                answers.push(anonymous(&world.begin(&body).await, user));
            }
        }
        assert_eq!(answers[0]["reason"]["code"], "wrong_credentials");
        for answer in &mut answers {
            answer.as_object_mut().unwrap().remove("expires_at");
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    })
    .await;
}

#[tokio::test]
async fn what_the_caller_proved_itself_counts_only_where_the_application_allows_it() {
    on_each_engine(async |world| {
        let mut proved = body(Some(&world.code()));
        proved["first_factor"] = json!({ "kind": "proved", "by": "pam" });
        world.policy(json!({ "first_factors": ["password"] })).await;
        let refused = world.begin(&proved).await;
        assert_eq!(refused.outcome(), "refused:not_permitted");
        world.policy(json!({ "first_factors": ["pam"] })).await;
        assert_eq!(world.begin(&proved).await.outcome(), "allowed");
        let password = world.begin(&body(None)).await;
        assert_eq!(password.outcome(), "refused:not_permitted");
    })
    .await;
}

async fn user(world: &World, text: &str, password: Option<&str>) {
    let password = password.map(|text| zeroize::Zeroizing::new(text.to_owned()));
    let new = NewAccount { name: &name(text), aliases: &[], password };
    accounts::create(&world.app, &world.by, world.tenant, new).await.unwrap();
}

/// The answer without what differs for every login.
fn anonymous(reply: &Reply, user: &str) -> Value {
    let mut json = reply.without_seal();
    assert_eq!(json["user"], user);
    let code = json["support_code"].as_str().unwrap().to_owned();
    let text = json["reason"]["text"].as_str().unwrap().replace(&code, "CODE");
    json["reason"]["text"] = text.into();
    for own in ["id", "user", "support_code", "match_number"] {
        json.as_object_mut().unwrap().remove(own);
    }
    json
}
