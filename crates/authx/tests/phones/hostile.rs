use crate::{
    phone::Phone,
    world::{AUTHORITY, CLIENT, Reply, on_each_engine},
};
use authx_core::{PhoneId, wire::phone::Jwk};
use axum::body::Body;
use futures_util::future::join_all;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_phones_at_once_an_activation_makes_one() {
    on_each_engine(async |world| {
        let activation = world.activation().await;
        let mut phones: Vec<_> = (0..50).map(|_| Phone::new(world)).collect();
        let activating = phones.iter_mut().map(|phone| phone.activate(world, &activation));
        let outcomes: Vec<_> = join_all(activating).await.iter().map(Reply::outcome).collect();
        let made = outcomes.iter().filter(|outcome| *outcome == "200").count();
        assert_eq!(made, 1, "{outcomes:?}");
        // A network that comes with what is not open is slowed down.
        let others = ["200", "not_open", "slow_down"];
        assert!(outcomes.iter().all(|it| others.contains(&it.as_str())), "{outcomes:?}");
        assert_eq!(world.count("SELECT COUNT(*) FROM phone").await, 1);
        assert_eq!(world.count("SELECT COUNT(*) FROM factor").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_activations_at_once_do_not_pass_the_limit() {
    on_each_engine(async |world| {
        world.policy(json!({ "limits": { "phones_per_user": 1 } })).await;
        // One from an invitation, one from the prompt.
        let first = world.activation().await;
        let (batch, shown) = authx::enrol::phones::shown_at_prompt(
            &world.app,
            world.tenant,
            world.alice,
            world.now(),
            authx::store::Batch::default(),
        );
        world.app.store.commit(batch).await.unwrap();
        let second = shown.code.shown().to_string();
        let (mut one, mut two) = (Phone::new(world), Phone::new(world));
        let (one, two) = tokio::join!(one.activate(world, &first), two.activate(world, &second));
        let mut outcomes = [one.outcome(), two.outcome()];
        outcomes.sort();
        assert_eq!(outcomes, ["200", "too_many_phones"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_activation_is_signed_with_the_key_that_it_brings() {
    on_each_engine(async |world| {
        let activation = world.activation().await;
        let mut phone = Phone::new(world);
        let body = phone.body(&activation);
        for key in [&phone.device, &Phone::new(world).answer] {
            let reply = phone.call(world, key, "POST", "/activations", &body).await;
            assert_eq!((reply.status, reply.outcome().as_str()), (401, "signature"));
        }
        // Another phone's id in the body than in the signature.
        let mut other = body.clone();
        other["phone"] = PhoneId::from_bytes([7; 16]).to_string().into();
        assert_eq!(phone.activate_with(world, &other).await.outcome(), "signature");
        assert_eq!(world.count("SELECT COUNT(*) FROM phone").await, 0);
        assert_eq!(phone.activate(world, &activation).await.outcome(), "200", "nothing was spent");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_keys_are_three_keys() {
    on_each_engine(async |world| {
        let activation = world.activation().await;
        let mut phone = Phone::new(world);
        let (answer, r#box) = (phone.answer.point(), phone.r#box.point());
        let (answer, r#box) = (json!(Jwk::of(answer)), json!(Jwk::of(r#box)));
        let nowhere = json!(Jwk::of(&[4; 65]));
        for (key, other) in [
            ("device", &answer),
            ("box", &answer),
            ("device", &r#box),
            ("box", &nowhere),
            ("device", &nowhere),
        ] {
            let mut body = phone.body(&activation);
            body["keys"][key] = other.clone();
            let reply = phone.activate_with(world, &body).await;
            assert_eq!((reply.status, reply.outcome().as_str()), (422, "invalid_keys"), "{key}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_activation_makes_no_second_phone() {
    on_each_engine(async |world| {
        let activation = world.activation().await;
        let phone = Phone::new(world);
        let body = phone.body(&activation);
        let captured =
            || phone.signed_at(world, &phone.answer, 1_767_225_600, "POST", "/activations", &body);
        assert_eq!(world.send(captured()).await.status, 200);
        assert_eq!(world.send(captured()).await.status, 200, "the same phone, the same answer");
        assert_eq!(world.count("SELECT COUNT(*) FROM phone").await, 1);
        let removed = phone.call(world, &phone.answer, "DELETE", "/device", &Value::Null).await;
        assert_eq!(removed.status, 204);
        assert_eq!(world.send(captured()).await.outcome(), "not_open", "spent");
        world.clock.advance_secs(301);
        assert_eq!(world.send(captured()).await.outcome(), "clock");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_phones_id_nobody_else_gets_its_answer() {
    on_each_engine(async |world| {
        let activation = world.activation().await;
        let mut phone = Phone::new(world);
        phone.activate(world, &activation).await;
        // Somebody who saw token and id, with keys of his own.
        let thief = Phone { id: phone.id, ..Phone::new(world) };
        let reply = thief.post(world, "/activations", &thief.body(&activation)).await;
        assert_eq!(reply.outcome(), "not_open");
        assert_eq!(thief.account(world).await.outcome(), "signature");
        // The same, with an activation of another user.
        let bob = world.user("bob", None).await;
        let invited =
            world.invite_user(world.tenant, bob, authx::enrol::phones::Separate::IfNeeded).await;
        let own = world.proved(&invited).await;
        let reply = thief.post(world, "/activations", &thief.body(&own)).await;
        assert_ne!(reply.status, 200);
        assert_eq!(phone.confirm(world).await.outcome(), "200");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_key_does_only_what_a_locked_phone_may() {
    on_each_engine(async |world| {
        let phone = Phone::enrolled(world).await;
        for (method, path) in [
            ("POST", "/confirmations"),
            ("PUT", "/device"),
            ("DELETE", "/device"),
            ("POST", "/moves"),
            ("DELETE", "/moves"),
            ("PUT", "/credential"),
            ("DELETE", "/credential"),
        ] {
            let reply = phone.call(world, &phone.device, method, path, &json!({})).await;
            assert_eq!(reply.outcome(), "answer_key_needed", "{method} {path}");
        }
        assert_eq!(phone.account(world).await.status, 200);
        let by_answer = phone.call(world, &phone.answer, "GET", "/account", &Value::Null).await;
        assert_eq!(by_answer.status, 200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_signed_is_looked_at() {
    on_each_engine(async |world| {
        let phone = Phone::enrolled(world).await;
        let stranger = Phone { id: phone.id, ..Phone::new(world) };
        assert_eq!(stranger.account(world).await.outcome(), "signature");

        let body = json!({ "name": "Mine" });
        let good = || phone.signed(world, &phone.answer, "PUT", "/device", &body);
        let mut other = good();
        *other.body_mut() = Body::from(r#"{"name":"Yours"}"#);
        assert_eq!(world.send(other).await.outcome(), "signature");
        let mut other = good();
        *other.uri_mut() = "/phone/v1/device?x".parse().unwrap();
        assert_eq!(world.send(other).await.outcome(), "signature");
        let mut other = good();
        other.headers_mut().insert("authx-client", "authx-web-phone/0.1.1".parse().unwrap());
        assert_eq!(world.send(other).await.outcome(), "signature");
        let mut other = good();
        let again = other.headers()["signature"].clone();
        other.headers_mut().append("signature", again);
        assert_eq!(world.send(other).await.outcome(), "signature");
        let mut other = good();
        other.headers_mut().remove("signature-input");
        assert_eq!(world.send(other).await.outcome(), "signature");
        assert_eq!(world.send(good()).await.json()["name"], "Mine");
        assert_eq!((AUTHORITY, CLIENT), ("phone.mfa.example.com", "authx-web-phone/0.1.0"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_clock_is_told_the_time() {
    on_each_engine(async |world| {
        let phone = Phone::enrolled(world).await;
        let now = world.now().secs();
        for secs in [now - 301, now + 301] {
            let request =
                phone.signed_at(world, &phone.device, secs, "GET", "/account", &Value::Null);
            let reply = world.send(request).await;
            assert_eq!((reply.status, reply.outcome().as_str()), (401, "clock"));
            assert_eq!(reply.json()["now"], "2026-01-01T00:00:00Z");
        }
    })
    .await;
}
