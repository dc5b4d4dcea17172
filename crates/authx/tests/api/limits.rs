use crate::world::{World, body, on_each_engine};
use authx::admin::accounts;
use serde_json::{Value, json};

fn wrong_password(address: &str) -> Value {
    let mut wrong = from(address, None);
    wrong["first_factor"]["password"] = "wrong".into();
    wrong
}

fn from(address: &str, answer: Option<&str>) -> Value {
    let mut body = body(answer);
    body["client"]["address"] = address.into();
    body
}

#[tokio::test]
async fn many_wrong_passwords_slow_their_network_down_and_lock_nobody_out() {
    on_each_engine(async |world| {
        let mut told = vec![];
        for n in 0..200 {
            // Neighbours count together.
            let reply = world.begin(&wrong_password(&format!("198.51.100.{n}"))).await;
            if reply.status == 429 {
                assert_eq!((reply.outcome().as_str(), reply.signed), ("slow_down", true));
                let secs = reply.headers["retry-after"].to_str().unwrap().parse().unwrap();
                told.push(secs);
                world.clock.advance_secs(secs);
            } else {
                assert_eq!(reply.outcome(), "refused:wrong_credentials");
                // Short waits are spent inside the call: with this clock they would come anew.
                world.clock.advance_secs(if n < 10 { 0 } else { 2 });
            }
        }
        assert!(told.len() > 50 && told.is_sorted() && told[0] < 10, "grows: {told:?}");
        assert!(told.iter().all(|secs| *secs <= 30), "and ends: {told:?}");

        let wrong = world.begin(&wrong_password("198.51.100.1")).await;
        assert_eq!(wrong.outcome(), "refused:wrong_credentials");
        let right = from("198.51.100.1", Some(&world.code()));
        assert_eq!(world.begin(&right).await.status, 429, "the same network waits");
        let elsewhere = from("203.0.113.9", Some(&world.code()));
        assert_eq!(world.begin(&elsewhere).await.outcome(), "allowed", "another one does not");
        world.clock.advance_secs(30);
        let right = from("198.51.100.1", Some(&world.code()));
        assert_eq!(world.begin(&right).await.outcome(), "allowed", "the right one gets in");
    })
    .await;
}

#[tokio::test]
async fn fifty_wrong_codes_in_a_row_lock_the_factor_until_somebody_looks() {
    on_each_engine(async |world| {
        world.policy(json!({ "limits": { "answers_per_login": 1 } })).await;
        for n in 0..50 {
            let address = format!("198.51.{n}.7");
            let wrong = from(&address, Some(&world.wrong_code()));
            assert_eq!(world.begin(&wrong).await.outcome(), "refused:wrong_code", "{n}");
        }
        world.clock.advance_secs(3_600);
        let right = |world: &World| from("192.0.2.7", Some(&world.code()));
        assert_eq!(world.begin(&right(world)).await.outcome(), "refused:factor_locked");
        accounts::enable(&world.app, &world.by, world.tenant, world.alice).await.unwrap();
        assert_eq!(world.begin(&right(world)).await.outcome(), "allowed");
    })
    .await;
}

#[tokio::test]
async fn wrong_codes_behind_a_wrong_password_count_for_nothing() {
    on_each_engine(async |world| {
        for n in 0..60 {
            let mut wrong = wrong_password(&format!("198.51.{n}.7"));
            wrong["answer"] = world.wrong_code().into();
            assert_eq!(world.begin(&wrong).await.outcome(), "refused:wrong_credentials");
        }
        let right = world.begin(&body(Some(&world.code()))).await;
        assert_eq!(right.outcome(), "allowed");
    })
    .await;
}

#[tokio::test]
async fn wrong_codes_from_one_network_slow_that_network_down_only() {
    on_each_engine(async |world| {
        for _ in 0..3 {
            let wrong = from("198.51.100.1", Some(&world.wrong_code()));
            assert_eq!(world.begin(&wrong).await.outcome(), "awaiting_input");
        }
        let right = from("198.51.100.200", Some(&world.code()));
        assert_eq!(world.begin(&right).await.outcome(), "refused:slow_down");
        let home = world.begin(&body(Some(&world.code()))).await;
        assert_eq!(home.outcome(), "allowed");
    })
    .await;
}

#[tokio::test]
async fn a_changed_policy_counts_at_the_very_next_request() {
    on_each_engine(async |world| {
        assert_eq!(world.begin(&body(None)).await.outcome(), "awaiting_input");
        world.policy(json!({ "second_factor": "off" })).await;
        assert_eq!(world.begin(&body(None)).await.outcome(), "allowed");
        world.policy(json!({ "factors": ["recovery"] })).await;
        let code = Some(world.code());
        assert_eq!(world.begin(&body(code.as_deref())).await.outcome(), "refused:not_enrolled");
        world.policy(json!({ "messages": { "prompt": "Your code, please:" } })).await;
        let asked = world.begin(&body(None)).await;
        assert_eq!(asked.json()["prompt"]["text"], "Your code, please:");
    })
    .await;
}

#[tokio::test]
async fn a_policy_that_changes_under_an_open_login_counts_for_it() {
    on_each_engine(async |world| {
        let id = world.new_id();
        world.put(id, &body(None)).await;
        world.policy(json!({ "factors": ["recovery"] })).await;
        let code = world.code();
        let answered = world.answer(id, 1, &code).await;
        assert_ne!(answered.outcome(), "allowed");
        world.policy(json!({})).await;
        assert_eq!(world.begin(&body(Some(&code))).await.outcome(), "allowed");
    })
    .await;
}
