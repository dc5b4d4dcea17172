use crate::site::{NUMBER, login_outcome, on_each_engine, push, push_of, said, with};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_tries_again_takes_its_request_over_without_a_second_ring() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        let first = site.asked(&push()).await;
        let rung = site.rung();
        assert_eq!((rung.len(), rung[0].phone, rung[0].login), (1, Some(phone.id), first));
        site.clock.advance_secs(10);
        let mut again = push();
        again["match_number"] = "111222".into();
        let second = site.asked(&again).await;
        assert_eq!(site.rung(), [], "it has rung already");
        assert_eq!(site.outcome(first).await, "refused:superseded");
        let request = site.request(&phone).await;
        assert_eq!((&request["id"], &request["replaces"]), (&json!(second), &json!(first)));

        // The number of the first is not the second's.
        assert_eq!(said(&site.approve(&phone, first, NUMBER).await), "not_open:replaced");
        assert_eq!(said(&site.approve(&phone, second, NUMBER).await), "wrong_number");
        assert_eq!(said(&site.approve(&phone, second, "111222").await), "approved");
        let history = site.history(&phone).await;
        let outcome =
            |id| history.iter().find(|entry| entry.0 == format!("{id}")).unwrap().1.clone();
        assert_eq!((outcome(first), outcome(second)), ("replaced".into(), "approved".into()));
        assert_eq!(site.events("login_allowed").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forty_tries_of_one_client_at_once_ring_once() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        let bodies: Vec<_> = (0..40).map(|_| push()).collect();
        let begun = futures_util::future::join_all(bodies.iter().map(|body| site.begin(body)));
        let outcomes: Vec<_> = begun.await.iter().map(|(_, reply)| login_outcome(reply)).collect();
        assert!(outcomes.iter().any(|it| it == "awaiting_phone"), "{outcomes:?}");
        assert_eq!(site.rung_phones(), [phone.id]);
        site.request(&phone).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_network_or_device_is_another_client() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        site.asked(&push()).await;
        let mut elsewhere = push();
        elsewhere["client"]["address"] = "198.51.100.4".into();
        site.asked(&elsewhere).await;
        site.asked(&push_of(2)).await;
        assert_eq!(site.rung_phones().len(), 3);
        assert_eq!(site.requests(&phone).await["requests"].as_array().unwrap().len(), 3);
    })
    .await;
}

/// The phone that is chosen now has not rung before, whatever the other one did.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_try_at_another_phone_rings_that_one() {
    on_each_engine(async |site| {
        let first = site.phone().await;
        let second = site.phone().await;
        let one = site.asked(&push()).await;
        assert_eq!(site.rung_phones(), [first.id]);
        let two = site.asked(&with("push2")).await;
        assert_eq!(site.rung_phones(), [second.id]);
        assert_eq!(site.outcome(one).await, "refused:superseded");
        assert_eq!(site.requests(&first).await["requests"], json!([]));
        assert_eq!(said(&site.approve(&second, two, NUMBER).await), "approved");
    })
    .await;
}

/// Who has the password makes no phone ring more often by going back and forth.
#[tokio::test(flavor = "multi_thread")]
async fn going_back_and_forth_between_phones_is_limited_too() {
    on_each_engine(async |site| {
        site.phone().await;
        site.phone().await;
        let id = site.asked(&push()).await;
        let mut answered = 0;
        for seq in 1..=20 {
            let word = if seq % 2 == 1 { "push2" } else { "push" };
            let reply = site.typed(id, seq, word).await;
            if login_outcome(&reply) != "awaiting_phone" {
                break;
            }
            answered = seq;
        }
        assert!(answered >= 2, "both can be tried");
        let rung = site.rung_phones().len();
        assert!(rung <= 3, "{rung} rings that nobody answered");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_by_itself_rings_once() {
    on_each_engine(async |site| {
        site.policy(json!({ "automatic_push": "on" })).await;
        let phone = site.phone().await;
        // Nothing is known to reach it: it has no subscription.
        let mut body = push();
        body.as_object_mut().unwrap().remove("answer");
        let (_, begun) = site.begin(&body).await;
        assert_eq!(login_outcome(&begun), "awaiting_input");
        assert_eq!(site.rung_phones(), []);
        crate::ringing::subscribe(site, &phone, "abc").await;
        let id = site.asked(&body).await;
        assert_eq!(site.rung_phones(), [phone.id]);
        assert_eq!(site.login(id).await["delivery"]["state"], "sent");
        site.asked(&body).await;
        assert_eq!(site.rung_phones(), []);
        // A wrong password asks nobody.
        let mut wrong = body.clone();
        wrong["first_factor"]["password"] = "wrong".into();
        wrong["client"]["device"] = "other".into();
        assert_eq!(login_outcome(&site.begin(&wrong).await.1), "refused:wrong_credentials");
        assert_eq!(site.rung(), []);
    })
    .await;
}
