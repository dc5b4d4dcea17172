use crate::{
    phone::Phone,
    world::{World, on_each_engine},
};
use axum::{body::Body, http::Request};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn the_server_is_known_before_anything_else() {
    on_each_engine(async |world| {
        let request = Request::get("/phone/v1/server").body(Body::empty()).unwrap();
        let server = world.send(request).await.json();
        assert_eq!(server["now"], "2026-01-01T00:00:00Z");
        assert_eq!(server["name"], "phone.mfa.example.com");
        assert_eq!(server["oldest_client"], "0.1.0");
        assert_eq!(server["vapid_public_key"].as_str().unwrap().len(), 87, "a point");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_authenticator_is_told_to_update() {
    on_each_engine(async |world| {
        let from = async |client: Option<&str>| {
            let mut request = Request::post("/phone/v1/invitations");
            if let Some(client) = client {
                request = request.header("authx-client", client);
            }
            world.send(request.body(Body::from("{}")).unwrap()).await
        };
        let old = from(Some("authx-web-phone/0.0.9")).await;
        assert_eq!((old.status, old.outcome().as_str()), (426, "client_too_old"));
        for strange in [None, Some("authx-web-phone"), Some("x/y")] {
            assert_eq!(from(strange).await.outcome(), "client_unknown", "{strange:?}");
        }
        assert_eq!(from(Some("authx-web-phone/0.1.0")).await.outcome(), "invalid_request");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_opens_nothing_looks_alike() {
    on_each_engine(async |world| {
        let spent = world.invite().await;
        let activation = world.proved(&spent).await;
        let mut phone = Phone::new(world);
        phone.activate(world, &activation).await;
        phone.call(world, &phone.answer, "DELETE", "/device", &json!({})).await;
        let replaced = { (world.invite().await, world.invite().await).0 };
        let unknown = "axi_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let unknown = completed(unknown);
        let bodies = [
            world.look(&spent.token.text()).await.body,
            world.look(&replaced.short.shown()).await.body,
            world.look(&unknown).await.body,
            world.look("ABCD-EFGH").await.body,
        ];
        assert!(bodies.iter().all(|body| *body == bodies[0]));
        assert_eq!(world.look("axi_mistyped").await.status, 422);
        assert_eq!(world.look("hello").await.status, 422);
    })
    .await;
}

fn completed(text: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    let sum = authx_core::wire::phone::Base64Url::new(&digest.as_ref()[..4]).text();
    format!("{text}{sum}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_guesses_codes_is_slowed_down_and_no_other() {
    on_each_engine(async |world| {
        let guess = async |world: &World, n: usize| {
            let letters: Vec<char> = "23456789ABCDEFGHJKMNPQRSTVWXYZ".chars().collect();
            let code: String = (0..8).map(|at| letters[(n * 7 + at) % 30]).collect();
            world.look(&code).await
        };
        let mut last = guess(world, 0).await;
        for n in 1..40 {
            last = guess(world, n).await;
        }
        assert_eq!((last.status, last.outcome().as_str()), (429, "slow_down"));
        assert!(last.retry_after.is_some());
        let invited = world.invite().await;
        let body = json!({ "invitation": invited.token.text().as_str() });
        assert_eq!(world.post("/invitations", &body).await.status, 429);
        assert_eq!(world.post_from("203.0.113.9", "/invitations", &body).await.status, 200);
        world.clock.advance_secs(60);
        assert_eq!(world.post("/invitations", &body).await.status, 200);
    })
    .await;
}
