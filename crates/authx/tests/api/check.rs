use crate::world::{body, on_each_engine};
use authx::admin::{contacts, keys};
use axum::{body::Body, http::Request};
use serde_json::json;

#[tokio::test]
async fn check_says_who_you_are_and_ping_only_the_time() {
    on_each_engine(async |world| {
        let reply = world.send(&world.call(&world.vpn, "GET", "/api/v1/check", "")).await;
        assert_eq!((reply.status, reply.signed), (200, true));
        assert_eq!(reply.json()["application"], world.vpn.id.to_string());
        assert_eq!(reply.json()["name"], "vpn");
        assert_eq!(reply.json()["time"], "2026-01-01T00:01:00Z");
        let asks = &reply.json()["asks"];
        assert_eq!(asks["prompt"], "AuthX code, or push, recovery.");
        let words = [0, 1, 2].map(|at| asks["offers"][at]["word"].clone());
        assert_eq!(words, ["code", "push", "recovery"]);
        assert_eq!(asks["first_factors"], json!(["password"]));
        assert_eq!(
            (&asks["match_number"], &asks["dynamic_challenge"]),
            (&json!(true), &json!(false))
        );
        assert_eq!(
            (&asks["match_policy"], &asks["automatic_push"]),
            (&json!("required"), &json!(false))
        );
        assert_eq!((&asks["login_secs"], &asks["push_secs"]), (&json!(120), &json!(120)));
        assert_eq!(asks["autologin"], "refuse");
        let ping = Request::get("/api/v1/ping").body(Body::empty()).unwrap();
        let reply = world.deliver(ping, None).await;
        assert_eq!((reply.status, reply.signed), (200, false));
        assert_eq!(reply.json(), serde_json::json!({ "time": "2026-01-01T00:01:00Z" }));
    })
    .await;
}

#[tokio::test]
async fn check_says_at_once_what_a_new_policy_asks() {
    on_each_engine(async |world| {
        let asks = async || {
            let check = world.call(&world.vpn, "GET", "/api/v1/check", "");
            world.send(&check).await.json()["asks"].clone()
        };
        world
            .policy(json!({ "dynamic_challenge": "on", "factors": ["code"],
                "messages": { "prompt": "Code?" } }))
            .await;
        let changed = asks().await;
        assert_eq!(
            (&changed["prompt"], &changed["dynamic_challenge"]),
            (&"Code?".into(), &true.into())
        );
        assert_eq!(changed["offers"].as_array().unwrap().len(), 1);
        world.policy(json!({ "second_factor": "off" })).await;
        let nothing = asks().await;
        assert_eq!((&nothing["prompt"], &nothing["offers"]), (&"".into(), &json!([])));
    })
    .await;
}

#[tokio::test]
async fn a_revoked_key_is_refused_at_the_very_next_request() {
    on_each_engine(async |world| {
        let (app, by, vpn) = (&world.app, &world.by, &world.vpn);
        let check = || world.call(vpn, "GET", "/api/v1/check", "");
        let nonsense = || world.call(vpn, "PUT", crate::world::path(world.new_id()), "nonsense");
        let begin = || {
            let body = body(None).to_string();
            world.call(vpn, "PUT", crate::world::path(world.new_id()), body)
        };
        assert_eq!(world.send(&check()).await.status, 200);
        assert_eq!(world.send(&begin()).await.status, 200);
        keys::revoke(app, by, world.tenant, vpn.id, &vpn.key_id.to_string()).await.unwrap();
        for call in [nonsense(), check(), begin()] {
            let reply = world.send(&call).await;
            assert_eq!((reply.status, reply.outcome().as_str()), (401, "signature"));
            assert!(!reply.signed, "nobody is known to sign for");
        }

        // Another host's key goes on.
        let other = keys::add(app, by, world.tenant, vpn.id, &crate::world::name("b")).await;
        let other = other.unwrap();
        let key = authx_core::wire::signature::AppKey::parse(&other.text).unwrap();
        let host = crate::world::Caller { id: vpn.id, key_id: other.id, key };
        assert_eq!(world.send(&world.call(&host, "GET", "/api/v1/check", "")).await.status, 200);
        assert_eq!(world.send(&check()).await.status, 401);
    })
    .await;
}

#[tokio::test]
async fn whoever_signs_is_noted_with_its_server_clock_and_program() {
    on_each_engine(async |world| {
        let seen = async || {
            authx::contacts::write(&world.app).await.unwrap();
            contacts::list(&world.app, world.tenant, world.vpn.id).await.unwrap()
        };
        let before = world.count("SELECT generation FROM tenant").await;
        let mut check = world.call(&world.vpn, "GET", "/api/v1/check", "");
        check.created_secs -= 301;
        assert_eq!(world.send(&check).await.status, 401);
        assert!(seen().await.is_empty(), "too old to count");
        check.created_secs += 296;
        assert_eq!(world.send(&check).await.status, 200);
        let noted = seen().await;
        let [contact] = &noted[..] else { panic!("{noted:?}") };
        assert_eq!((contact.key_id, contact.ahead_secs), (world.vpn.key_id, -5));
        assert_eq!((&contact.server, contact.client.is_empty()), (&None, false));
        let mut body = body(None);
        body["server"] = json!({"name": "vpn1.example.com"});
        world.begin(&body).await;
        let noted = seen().await;
        let [contact] = &noted[..] else { panic!("{noted:?}") };
        assert_eq!(contact.server.as_deref(), Some("vpn1.example.com"));
        assert_eq!(world.count("SELECT generation FROM tenant").await, before);
    })
    .await;
}
