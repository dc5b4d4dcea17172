//! Dynamic challenges: asked over one connection, answered over another.

use super::{PASSWORD, World, name, on_each_engine, outcome, typed, with_password};
use authx::{
    admin::{accounts, passwords, policies},
    logins::{self, LoginError},
};
use authx_core::{
    LoginId,
    policy::Document,
    wire::login::{AnswerLogin, LoginView},
};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};

async fn switched_on(test: impl AsyncFn(&World)) {
    on_each_engine(async |world| {
        let document = Document::from_json(r#"{"dynamic_challenge":"on"}"#).unwrap();
        let target = policies::Target::Tenant;
        policies::set(&world.app, &world.by, world.tenant, target, document).await.unwrap();
        test(world).await;
    })
    .await;
}

fn first(answer: Option<&str>) -> Value {
    let mut first = with_password(PASSWORD);
    first["can"] = json!({"reconnect": true});
    if let Some(answer) = answer {
        first["answer"] = answer.into();
    }
    first
}

/// What another connection brings.
fn second(login: &LoginView, seq: u32, text: &str) -> Value {
    let secret = login.challenge.as_ref().expect("a challenge is open").expose();
    json!({"seq": seq, "text": text, "challenge": {"secret": secret, "user": "alice"}})
}

async fn send(world: &World, id: LoginId, answer: &Value) -> Result<LoginView, LoginError> {
    let answer: AnswerLogin = serde_json::from_value(answer.clone()).unwrap();
    let caller = world.caller().await;
    Ok(logins::answer(&world.app, &caller, id, &answer).await?.view())
}

fn is_closed(answered: &Result<LoginView, LoginError>) -> bool {
    matches!(answered, Err(LoginError::ChallengeNotOpen))
}

#[tokio::test]
async fn another_connection_answers_with_the_secret() {
    switched_on(async |world| {
        let login = world.begin(&first(None)).await.unwrap();
        assert_eq!(outcome(&login), "awaiting_input");
        let secret = login.challenge.as_ref().unwrap().expose();
        assert_eq!(secret.len(), 22, "128 bits");
        let answer = second(&login, 1, &world.code());
        let allowed = send(world, login.id, &answer).await.unwrap();
        assert_eq!((outcome(&allowed).as_str(), allowed.challenge.as_ref()), ("allowed", None));
        let again = world.begin(&first(None)).await.unwrap();
        assert_ne!(again.challenge, login.challenge);
    })
    .await;
}

#[tokio::test]
async fn a_wrong_code_opens_a_new_challenge_while_tries_are_left() {
    switched_on(async |world| {
        let mut login = world.begin(&first(Some("000000"))).await.unwrap();
        assert_eq!(outcome(&login), "awaiting_input");
        let old = second(&login, 1, "000001");
        login = send(world, login.id, &old).await.unwrap();
        assert_eq!(outcome(&login), "awaiting_input");
        assert!(login.prompt.as_ref().unwrap().text.starts_with("Wrong code, 1 try left."));
        let mut late = old.clone();
        late["seq"] = 2.into();
        assert!(is_closed(&send(world, login.id, &late).await), "the old secret is spent");
        let last = send(world, login.id, &second(&login, 2, "000002")).await.unwrap();
        assert_eq!(outcome(&last), "refused:wrong_code");
        assert_eq!(last.challenge, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_spent_once_also_by_fifty_at_the_same_moment() {
    switched_on(async |world| {
        let code = world.code();
        for same in [true, false] {
            let login = world.begin(&first(None)).await.unwrap();
            let tries = (0..50).map(|n| {
                let text = if same { code.clone() } else { format!("{n:06}") };
                let answer = second(&login, 1, &text);
                async move { send(world, login.id, &answer).await }
            });
            let mut outcomes = BTreeMap::<String, u32>::new();
            for answered in join_all(tries).await {
                let word = match &answered {
                    Ok(login) => outcome(login),
                    Err(LoginError::ChallengeNotOpen) => "closed".to_owned(),
                    Err(LoginError::Busy) => "busy".to_owned(),
                    Err(error) => panic!("{error}"),
                };
                *outcomes.entry(word).or_default() += 1;
            }
            let judged = if same { "allowed" } else { "awaiting_input" };
            assert_eq!(outcomes.get(judged), Some(&1), "{outcomes:?}");
            let other = |word: &str| word != judged && word != "closed" && word != "busy";
            assert!(!outcomes.keys().any(|word| other(word)), "{outcomes:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_same_answer_over_a_further_connection_gets_nobody_in() {
    switched_on(async |world| {
        let login = world.begin(&first(None)).await.unwrap();
        let mut answer = second(&login, 1, &world.code());
        answer["challenge"]["attempt"] = world.login_id().to_string().into();
        let allowed = send(world, login.id, &answer).await.unwrap();
        assert_eq!(outcome(&allowed), "allowed");
        assert_eq!(send(world, login.id, &answer).await.unwrap(), allowed, "the request repeated");
        answer["challenge"]["attempt"] = world.login_id().to_string().into();
        assert!(is_closed(&send(world, login.id, &answer).await), "another connection");
        answer["challenge"].as_object_mut().unwrap().remove("attempt");
        assert!(is_closed(&send(world, login.id, &answer).await));
        answer["seq"] = 2.into();
        assert!(is_closed(&send(world, login.id, &answer).await));
    })
    .await;
}

#[tokio::test]
async fn what_does_not_fit_spends_nothing() {
    switched_on(async |world| {
        let mut begun = first(None);
        begun["certificate"] = "alice".into();
        let login = world.begin(&begun).await.unwrap();
        let other = world.begin(&begun).await.unwrap();
        let mut right = second(&login, 1, &world.code());
        right["challenge"]["certificate"] = "ALICE".into();
        let stored = serde_json::to_value(read(world, login.id).await).unwrap();

        let mut wrong = vec![];
        for secret in ["", "AAAAAAAAAAAAAAAAAAAAAA", other.challenge.as_ref().unwrap().expose()] {
            let mut answer = right.clone();
            answer["challenge"]["secret"] = secret.into();
            wrong.push(answer);
        }
        for (key, value) in [("user", "bob"), ("certificate", "bob"), ("certificate", "alice2")] {
            let mut answer = right.clone();
            answer["challenge"][key] = value.into();
            wrong.push(answer);
        }
        let mut without_certificate = right.clone();
        without_certificate["challenge"].as_object_mut().unwrap().remove("certificate");
        let mut without_challenge = right.clone();
        without_challenge.as_object_mut().unwrap().remove("challenge");
        wrong.extend([without_certificate, without_challenge]);
        for answer in &wrong {
            for _ in 0..3 {
                assert!(is_closed(&send(world, login.id, answer).await), "{answer}");
            }
        }
        assert_eq!(serde_json::to_value(read(world, login.id).await).unwrap(), stored);

        right["challenge"]["user"] = " Alice".into();
        let allowed = send(world, login.id, &right).await.unwrap();
        assert_eq!(outcome(&allowed), "allowed", "the same name, however it was typed");
    })
    .await;
}

#[tokio::test]
async fn a_login_without_a_challenge_takes_none() {
    switched_on(async |world| {
        let login = world.begin(&with_password(PASSWORD)).await.unwrap();
        assert_eq!(login.challenge, None);
        let mut answer = json!({"seq": 1, "text": world.code(),
            "challenge": {"secret": "AAAAAAAAAAAAAAAAAAAAAA", "user": "alice"}});
        assert!(is_closed(&send(world, login.id, &answer).await));
        answer.as_object_mut().unwrap().remove("challenge");
        assert_eq!(outcome(&send(world, login.id, &answer).await.unwrap()), "allowed");
    })
    .await;
}

#[tokio::test]
async fn a_challenge_stands_only_while_what_it_rests_on_does() {
    switched_on(async |world| {
        let World { app, by, tenant, alice, .. } = world;
        let login = world.begin(&first(None)).await.unwrap();
        passwords::set(app, by, *tenant, *alice, typed("seven green herons")).await.unwrap();
        let answered = send(world, login.id, &second(&login, 1, &world.code())).await.unwrap();
        assert_eq!(outcome(&answered), "refused:wrong_credentials", "the password is another");
        passwords::set(app, by, *tenant, *alice, typed(PASSWORD)).await.unwrap();
        let login = world.begin(&first(None)).await.unwrap();
        accounts::disable(app, by, *tenant, *alice).await.unwrap();
        let answered = send(world, login.id, &second(&login, 1, &world.code())).await.unwrap();
        assert_eq!(outcome(&answered), "refused:wrong_credentials", "the user is disabled");
    })
    .await;
}

#[tokio::test]
async fn a_challenge_lasts_five_minutes() {
    switched_on(async |world| {
        let login = world.begin(&first(None)).await.unwrap();
        world.clock.advance_secs(299);
        assert_eq!(read(world, login.id).await.challenge, login.challenge, "whoever asks again");
        world.clock.advance_secs(1);
        let answered = send(world, login.id, &second(&login, 1, &world.code())).await.unwrap();
        assert_eq!((outcome(&answered).as_str(), answered.challenge), ("expired", None));
        assert!(is_closed(&send(world, login.id, &second(&login, 2, &world.code())).await));
    })
    .await;
}

#[tokio::test]
async fn another_node_takes_the_answer_and_another_application_does_not() {
    switched_on(async |world| {
        let World { app, by, tenant, .. } = world;
        let login = world.begin(&first(None)).await.unwrap();
        let answer = second(&login, 1, &world.code());
        let kind = authx::admin::applications::ApplicationKind::Openvpn;
        let (door, host) = (name("door"), name("host"));
        let door = authx::admin::applications::create(app, by, *tenant, &door, kind, &host).await;
        let door = app.directory.reload(app, door.unwrap().id).await.unwrap().unwrap();
        let parsed: AnswerLogin = serde_json::from_value(answer.clone()).unwrap();
        let refused = logins::answer(app, &door, login.id, &parsed).await;
        assert!(matches!(refused, Err(LoginError::Unknown)), "{refused:?}");
        // Nothing of a challenge is kept in memory: a login read anew has the same secret.
        let anew: Arc<_> = world.caller().await;
        let answered = logins::answer(app, &anew, login.id, &parsed).await.unwrap();
        assert_eq!(outcome(&answered.view()), "allowed");
    })
    .await;
}

#[tokio::test]
async fn a_secret_is_in_no_row_of_the_database() {
    switched_on(async |world| {
        let login = world.begin(&first(None)).await.unwrap();
        let secret = login.challenge.as_ref().unwrap().expose();
        let mut rows = world.app.store.snapshot();
        while let Some(row) = rows.next().await.unwrap() {
            assert!(!format!("{row:?}").contains(secret));
        }
    })
    .await;
}

async fn read(world: &World, id: LoginId) -> LoginView {
    let caller = world.caller().await;
    logins::read(&world.app, &caller, id).await.unwrap().view()
}
