use crate::{
    phone::Phone,
    site::{NUMBER, Site, login_outcome, on_each_engine, push, push_of, said, with},
    world::{Reply, World},
};
use authx::admin::accounts;
use serde_json::{Value, json};

/// Says it with the key that a locked phone has.
async fn locked(site: &Site, phone: &Phone, id: authx_core::LoginId, answer: &str) -> Reply {
    site.say_with(phone, &phone.device, id, &site.statement(id, answer, None)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_may_be_wrong_once() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        let id = site.asked(&push()).await;
        let wrong = site.approve(&phone, id, "482914").await;
        assert_eq!(
            (said(&wrong).as_str(), &wrong.json()["tries_left"]),
            ("wrong_number", &json!(1))
        );
        assert_eq!(site.request(&phone).await["tries_left"], 1);
        assert_eq!(said(&site.approve(&phone, id, NUMBER).await), "approved");

        let id = site.asked(&push()).await;
        site.approve(&phone, id, "000000").await;
        // None at all is a wrong one.
        let none = site.say(&phone, id, &site.statement(id, "approve", None)).await;
        assert_eq!((said(&none).as_str(), &none.json()["tries_left"]), ("wrong_number", &json!(0)));
        assert_eq!(site.outcome(id).await, "refused:wrong_number");
        let late = site.approve(&phone, id, NUMBER).await;
        assert_eq!((late.status, said(&late).as_str()), (409, "not_open:wrong_number"));
        assert_eq!(site.requests(&phone).await["requests"], json!([]));
        assert_eq!(site.history(&phone).await[0], (id.to_string(), "wrong_number".to_owned()));
        assert_eq!(site.events("login_allowed").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_my_mind_is_no_alarm() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        let id = site.asked(&push()).await;
        assert_eq!(said(&locked(site, &phone, id, "deny").await), "denied");
        assert_eq!(site.outcome(id).await, "refused:push_denied");
        assert_eq!(site.history(&phone).await, [(id.to_string(), "denied".to_owned())]);
        assert_eq!(site.events("fraud_reported").await, 0);
        let next = site.asked(&push()).await;
        assert_eq!(said(&site.approve(&phone, next, NUMBER).await), "approved");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn not_me_locks_push_until_an_administrator_looks_and_codes_still_work() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        let other = site.asked(&push_of(1)).await;
        let id = site.asked(&push_of(2)).await;
        assert_eq!(said(&locked(site, &phone, id, "fraud").await), "fraud");
        assert_eq!(site.outcome(id).await, "refused:fraud");
        assert_eq!(site.history(&phone).await[0], (id.to_string(), "fraud".to_owned()));
        let record = site.record(100).await;
        let event = record.iter().find(|entry| entry.event == "fraud_reported").unwrap();
        assert_eq!(event.user_id, Some(site.alice));
        assert_eq!(event.login_id, Some(id));
        assert_eq!(event.detail["phone"], phone.id.to_string());

        // What was open already cannot be approved any more.
        let late = site.approve(&phone, other, NUMBER).await;
        assert_eq!((late.status, said(&late).as_str()), (409, "not_open:cancelled"));
        assert_eq!(site.outcome(other).await, "refused:push_locked");
        site.rung();
        site.clock.advance_secs(60);
        let (held, reply) = site.begin(&push_of(3)).await;
        assert_eq!(login_outcome(&reply), "awaiting_input", "a code may still be typed");
        assert_eq!(site.rung(), []);
        let typed = site.typed(held, 1, &phone.code(site)).await;
        assert_eq!(login_outcome(&typed), "allowed");

        let World { app, by, tenant, alice, .. } = &**site;
        accounts::enable(app, by, *tenant, *alice).await.unwrap();
        let id = site.asked(&push_of(4)).await;
        assert_eq!(said(&site.approve(&phone, id, NUMBER).await), "approved");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn not_me_is_over_after_the_time_that_the_policy_says() {
    on_each_engine(async |site| {
        site.policy(json!({ "lifetimes": { "fraud_lock_secs": 600 } })).await;
        let phone = site.phone().await;
        let id = site.asked(&push()).await;
        locked(site, &phone, id, "fraud").await;
        site.clock.advance_secs(599);
        assert_eq!(login_outcome(&site.begin(&push()).await.1), "awaiting_input");
        site.clock.advance_secs(1);
        site.asked(&push()).await;
    })
    .await;
}

/// Who replaces a password because it is known, and then sees what it was used for.
#[tokio::test(flavor = "multi_thread")]
async fn not_me_counts_whatever_became_of_the_password() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        let id = site.asked(&push()).await;
        let new = zeroize::Zeroizing::new("ten green herons".to_owned());
        let World { app, by, tenant, alice, .. } = &**site;
        authx::admin::passwords::set(app, by, *tenant, *alice, new).await.unwrap();
        assert_eq!(said(&locked(site, &phone, id, "fraud").await), "fraud");
        assert_eq!(site.outcome(id).await, "refused:fraud");
        assert_eq!(site.events("fraud_reported").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_ends_by_itself() {
    on_each_engine(async |site| {
        site.policy(json!({ "lifetimes": { "push_secs": 30, "login_secs": 30 } })).await;
        let phone = site.phone().await;
        let id = site.asked(&push()).await;
        site.clock.advance_secs(30);
        assert_eq!(site.requests(&phone).await["requests"], json!([]));
        let late = site.approve(&phone, id, NUMBER).await;
        assert_eq!((late.status, said(&late).as_str()), (409, "not_open:expired"));
        assert_eq!(site.outcome(id).await, "expired");
        assert_eq!(site.history(&phone).await, [(id.to_string(), "expired".to_owned())]);
        let fraud = locked(site, &phone, id, "fraud").await;
        assert_eq!(said(&fraud), "not_open:expired");
        assert_eq!(site.events("login_allowed").await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_decided_elsewhere_disappears_from_the_phone() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        site.clock.advance_secs(60);
        let id = site.asked(&push()).await;
        let before = site.requests(&phone).await["version"].as_u64();
        assert_eq!(login_outcome(&site.typed(id, 1, &phone.code(site)).await), "allowed");
        let view = site.requests(&phone).await;
        assert_eq!(view["requests"], json!([]));
        assert!(view["version"].as_u64() > before);
        for answer in ["deny", "fraud"] {
            assert_eq!(said(&locked(site, &phone, id, answer).await), "not_open:elsewhere");
        }
        assert_eq!(said(&site.approve(&phone, id, NUMBER).await), "not_open:elsewhere");
        assert_eq!(site.events("login_allowed").await, 1);

        let id = site.asked(&push()).await;
        site.cancel(id).await;
        assert_eq!(said(&site.approve(&phone, id, NUMBER).await), "not_open:cancelled");
        assert_eq!(site.outcome(id).await, "cancelled");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_phone_is_chosen_by_its_number() {
    on_each_engine(async |site| {
        let first = site.phone().await;
        let second = site.phone().await;
        let id = site.asked(&with("push2")).await;
        assert_eq!(site.rung_phones(), [second.id]);
        assert_eq!(site.requests(&first).await["requests"], json!([]));
        // Changed my mind: the other one.
        assert_eq!(login_outcome(&site.typed(id, 1, "push").await), "awaiting_phone");
        assert_eq!(site.rung_phones(), [first.id]);
        assert_eq!(site.requests(&second).await["requests"], json!([]));
        assert_eq!(said(&site.approve(&second, id, NUMBER).await), "not_open:elsewhere");
        assert_eq!(said(&site.approve(&first, id, NUMBER).await), "approved");
        let (_, none) = site.begin(&with("push3")).await;
        assert_eq!(login_outcome(&none), "awaiting_input");
        let text = none.json()["prompt"]["text"].as_str().unwrap().to_owned();
        assert!(text.contains("You have 2 phones: type push to push2"), "{text}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_the_callers_or_the_servers_and_policy_decides_without() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        // Drawn by the server, and told with the next question.
        let mut body = push();
        body.as_object_mut().unwrap().remove("match_number");
        let (id, begun) = site.begin(&body).await;
        let drawn = begun.json()["match_number"].as_str().unwrap().to_owned();
        let shown = format!("{} {}", &drawn[..3], &drawn[3..]);
        assert!(begun.json()["prompt"]["text"].as_str().unwrap().contains(&shown), "{begun:?}");
        assert_eq!(said(&site.approve(&phone, id, &drawn).await), "approved");

        // Nobody can be shown one: no phone rings for a plain approval.
        site.rung();
        body["can"] = json!({ "text": true });
        body["client"]["device"] = "mute".into();
        assert_eq!(login_outcome(&site.begin(&body).await.1), "refused:number_not_shown");
        assert_eq!(site.rung_phones(), []);
        site.policy(json!({ "match_number": "where_shown" })).await;
        body["client"]["device"] = "still mute".into();
        let id = site.asked(&body).await;
        assert_eq!(site.rung_phones(), [phone.id]);
        let request = &site.requests(&phone).await["requests"][0];
        assert_eq!(request["match_number"], "off", "{request}");
        let plain = site.say(&phone, id, &site.statement(id, "approve", None)).await;
        assert_eq!(said(&plain), "approved");
        // Where one is shown it is still needed.
        let id = site.asked(&push_of(9)).await;
        let plain = site.say(&phone, id, &site.statement(id, "approve", None)).await;
        assert_eq!(said(&plain), "wrong_number");
        site.policy(json!({ "match_number": "off" })).await;
        site.clock.advance_secs(601);
        let id = site.asked(&push_of(10)).await;
        assert_eq!(site.login(id).await["match_number"], Value::Null);
        let plain = site.say(&phone, id, &site.statement(id, "approve", None)).await;
        assert_eq!(said(&plain), "approved");
    })
    .await;
}
