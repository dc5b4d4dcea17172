//! Clients that show nothing: the phone shows a code for them.

use crate::{
    phone::Phone,
    site::{Vpn, login_outcome, mute, on_each_engine, said},
};
use futures_util::future::join_all;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_code_for_a_client_that_shows_nothing() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        let (id, refused) = site.begin(&mute(None)).await;
        assert_eq!(login_outcome(&refused), "refused:phone_code_needed");
        assert_eq!(site.rung_phones(), [], "an offer disturbs nobody");
        let request = site.request(&phone).await;
        assert_eq!((&request["id"], &request["kind"]), (&json!(id), &json!("code")));
        let shown = site.show_code(&phone, id).await;
        assert_eq!(shown.status, 200, "{shown:?}");
        let code = shown.json()["code"].as_str().unwrap().to_owned();
        assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
        assert_eq!(site.requests(&phone).await["requests"], json!([]));

        let (next, allowed) = site.begin(&mute(Some(&code))).await;
        assert_eq!(login_outcome(&allowed), "allowed", "{allowed:?}");
        assert_eq!(allowed.json()["factor"], "push");
        let history = site.history(&phone).await;
        assert_eq!(history, [(id.to_string(), "code_used".to_owned())], "{next}");
        // Once.
        let again = site.begin(&mute(Some(&code))).await.1;
        assert_eq!(login_outcome(&again), "refused:wrong_code");
        assert_eq!(site.events("phone_code_shown").await, 1);
        let record = format!("{:?}", site.record(100).await);
        assert!(!record.contains(&code), "{record}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_counts_for_its_user_application_and_network_and_a_minute() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        site.user_with_phone("bob").await;
        let code = async || {
            let (id, _) = site.begin(&mute(None)).await;
            site.show_code(&phone, id).await.json()["code"].as_str().unwrap().to_owned()
        };
        let shown = code().await;
        let mut bob = mute(Some(&shown));
        bob["user"] = "bob".into();
        assert_eq!(login_outcome(&site.begin(&bob).await.1), "refused:wrong_code");
        let mut elsewhere = mute(Some(&shown));
        elsewhere["client"]["address"] = "198.51.100.4".into();
        assert_eq!(login_outcome(&site.begin(&elsewhere).await.1), "refused:wrong_code");
        let branch = Vpn::of(site, "branch").await;
        let path = format!("/logins/{}", site.new_id());
        let other = site.call_as(&branch, "PUT", &path, &mute(Some(&shown))).await;
        assert_eq!(login_outcome(&other), "refused:wrong_code");
        // Another client of the same network is the user all the same.
        let mut neighbour = mute(Some(&shown));
        neighbour["client"]["address"] = "192.0.2.200".into();
        assert_eq!(login_outcome(&site.begin(&neighbour).await.1), "allowed");

        let late = code().await;
        site.clock.advance_secs(60);
        assert_eq!(login_outcome(&site.begin(&mute(Some(&late))).await.1), "refused:wrong_code");
        site.clock.advance_secs(60);
        let (first, second) = (code().await, code().await);
        assert_eq!(login_outcome(&site.begin(&mute(Some(&first))).await.1), "refused:wrong_code");
        site.clock.advance_secs(30);
        assert_eq!(login_outcome(&site.begin(&mute(Some(&second))).await.1), "allowed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_phones_one_shows_it_and_the_other_forgets() {
    on_each_engine(async |site| {
        let (one, two) = (site.phone().await, site.phone().await);
        let (id, _) = site.begin(&mute(None)).await;
        let before = site.requests(&two).await;
        assert_eq!(site.request(&one).await["id"], site.request(&two).await["id"]);
        let waits = site.poll(&two, &before["version"], 20);
        let shown = async {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            site.show_code(&one, id).await
        };
        let began = tokio::time::Instant::now();
        let (told, shown) = tokio::join!(waits, shown);
        assert!(began.elapsed().as_secs() < 10, "the other phone is told");
        assert_eq!(told.json()["requests"], json!([]));
        assert_eq!(said(&site.show_code(&two, id).await), "not_open:elsewhere");
        // The first may look once more: another code, and the one before counts no longer.
        let again = site.show_code(&one, id).await;
        assert_eq!(again.status, 200, "{again:?}");
        let code = |reply: &crate::world::Reply| reply.json()["code"].as_str().unwrap().to_owned();
        assert_eq!(
            login_outcome(&site.begin(&mute(Some(&code(&shown)))).await.1),
            "refused:wrong_code"
        );
        assert_eq!(login_outcome(&site.begin(&mute(Some(&code(&again)))).await.1), "allowed");
        assert_eq!(said(&site.show_code(&one, id).await), "not_open:code_used");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_who_type_it_at_once_are_one() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        let (id, _) = site.begin(&mute(None)).await;
        let shown = site.show_code(&phone, id).await.json();
        let body = mute(shown["code"].as_str());
        let begun = join_all((0..50).map(|_| site.begin(&body))).await;
        let allowed = begun.iter().filter(|(_, reply)| login_outcome(reply) == "allowed").count();
        let outcomes: Vec<_> = begun.iter().map(|(_, reply)| login_outcome(reply)).collect();
        assert_eq!(allowed, 1, "{outcomes:?}");
        assert_eq!(site.events("login_allowed").await, 1);
        assert_eq!(site.count("SELECT COUNT(*) FROM session").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_answer_key_of_a_phone_that_was_asked_shows_it() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        let bob = site.user_with_phone("bob").await;
        let (id, _) = site.begin(&mute(None)).await;
        let path = format!("/requests/{id}/codes");
        let ask = async |phone: &Phone, key, statement: Value| {
            let body = json!({ "statement": statement.to_string() });
            phone.call(site, key, "POST", &path, &body).await
        };
        let good = site.statement(id, "code", None);
        let locked = ask(&phone, &phone.device, good.clone()).await;
        assert_eq!((locked.status, said(&locked).as_str()), (401, "answer_key_needed"));
        assert_eq!(said(&ask(&bob, &bob.answer, good.clone()).await), "not_open");
        for (field, value) in [
            ("answer", json!("approve")),
            ("login", json!(site.new_id())),
            ("application", json!(Vpn::of(site, "branch").await.id)),
            ("address", json!("198.51.100.4")),
        ] {
            let mut changed = good.clone();
            changed[field] = value;
            let refused = ask(&phone, &phone.answer, changed).await;
            assert_eq!(
                (refused.status, said(&refused).as_str()),
                (403, "statement_differs"),
                "{field}"
            );
        }
        // An offered code is no approval.
        let approved = site.say(&phone, id, &site.statement(id, "approve", None)).await;
        assert_eq!((approved.status, said(&approved).as_str()), (409, "not_open"));
        assert_eq!(site.events("phone_code_shown").await, 0);
        site.clock.advance_secs(300);
        assert_eq!(said(&ask(&phone, &phone.answer, good).await), "not_open");
        assert_eq!(site.requests(&phone).await["requests"], json!([]));
    })
    .await;
}

/// Somebody else has the password: to say so needs no request that rings.
#[tokio::test(flavor = "multi_thread")]
async fn an_offered_code_may_be_refused_and_reported() {
    on_each_engine(async |site| {
        let (phone, second) = (site.phone().await, site.phone().await);
        let (id, _) = site.begin(&mute(None)).await;
        let deny = site.statement(id, "deny", None);
        assert_eq!(said(&site.say_with(&phone, &phone.device, id, &deny).await), "denied");
        assert_eq!(said(&site.show_code(&second, id).await), "not_open:elsewhere");
        assert_eq!(site.history(&phone).await, [(id.to_string(), "denied".to_owned())]);
        assert_eq!(said(&site.say(&phone, id, &deny).await), "not_open:denied");

        site.clock.advance_secs(1);
        let (id, _) = site.begin(&mute(None)).await;
        let shown = site.show_code(&second, id).await.json();
        let stranger = site.user_with_phone("bob").await;
        let fraud = site.statement(id, "fraud", None);
        assert_eq!(said(&site.say(&stranger, id, &fraud).await), "not_open");
        let elsewhere = site.say_with(&phone, &phone.device, id, &fraud).await;
        assert_eq!(said(&elsewhere), "not_open:elsewhere");
        let reported = site.say_with(&second, &second.device, id, &fraud).await;
        assert_eq!((reported.status, said(&reported).as_str()), (200, "fraud"), "{reported:?}");
        assert_eq!(site.history(&second).await[0], (id.to_string(), "fraud".to_owned()));
        assert_eq!(site.events("fraud_reported").await, 1);
        // What was shown counts no longer, and nothing rings.
        let typed = site.begin(&mute(shown["code"].as_str())).await.1;
        assert_eq!(login_outcome(&typed), "refused:wrong_code");
        assert_eq!(login_outcome(&site.begin(&crate::site::push()).await.1), "awaiting_input");
        assert_eq!(site.rung_phones(), []);
    })
    .await;
}

/// Who has the password guesses no code that a phone shows: wrong ones count as everywhere.
#[tokio::test(flavor = "multi_thread")]
async fn guessing_it_is_slowed_down() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        let (id, _) = site.begin(&mute(None)).await;
        let shown = site.show_code(&phone, id).await.json();
        let code = shown["code"].as_str().unwrap();
        let guesses = (0..100_u32).map(|guess| format!("{guess:06}")).filter(|guess| guess != code);
        let mut outcomes = vec![];
        for guess in guesses.take(12) {
            outcomes.push(login_outcome(&site.begin(&mute(Some(&guess))).await.1));
        }
        assert_eq!(outcomes[0], "refused:wrong_code");
        assert_eq!(outcomes[11], "refused:slow_down");
        // While guesses wait, the right one is no better: or they would not have to.
        let right = login_outcome(&site.begin(&mute(Some(code))).await.1);
        assert_eq!(right, "refused:slow_down");
    })
    .await;
}
