//! What is sent wrongly is told clearly, and changes nothing.

use crate::world::{JSON, MOST_BODY_BYTES, on_each_engine, request};
use axum::{
    body::Body,
    http::{Method, Request, header},
};
use serde_json::json;

#[tokio::test]
async fn what_cannot_be_meant_is_told_with_its_place() {
    on_each_engine(async |world| {
        let token = world.owner().await;
        let path = "/admin/v1/applications";
        for (body, field) in [
            (json!({ "type": "openvpn", "key_name": "a" }), "name"),
            (json!({ "name": "", "type": "openvpn", "key_name": "a" }), "name"),
            (json!({ "name": "a".repeat(200), "type": "openvpn", "key_name": "a" }), "name"),
            (json!({ "name": "a\u{0}", "type": "openvpn", "key_name": "a" }), "name"),
            (json!({ "name": ["a"], "type": "openvpn", "key_name": "a" }), "name"),
            (json!({ "name": "a", "type": "toaster", "key_name": "a" }), "type"),
            (json!({ "name": "a", "type": "openvpn", "key_name": "a", "x": 1 }), "x"),
        ] {
            let problem = world.post(&token, path, &body).await.refused(422, "invalid_request");
            assert_eq!(problem["field"], field, "{problem}");
        }
        let body = json!({ "name": "a", "type": "portal", "key_name": "a" });
        world.post(&token, path, &body).await.refused(422, "type_not_for_hand");
        assert_eq!(world.get(&token, path).await.good()["items"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn bodies_are_json_and_not_too_long() {
    on_each_engine(async |world| {
        let token = world.owner().await;
        let send = async |kind: Option<&str>, body: String| {
            let begun = request(&Method::POST, "/admin/v1/applications", &token);
            let begun = match kind {
                Some(kind) => begun.header(header::CONTENT_TYPE, kind),
                None => begun,
            };
            world.send(begun.body(Body::from(body)).unwrap()).await
        };
        let good = json!({ "name": "a", "type": "openvpn", "key_name": "a" }).to_string();
        for kind in [None, Some("text/plain"), Some("application/x-www-form-urlencoded")] {
            send(kind, good.clone()).await.refused(415, "not_json");
        }
        for body in ["", "{", "name=a", "\u{0}", &format!("{good} {good}")] {
            send(Some(JSON), body.to_owned()).await.refused(400, "not_json");
        }
        let long = format!("{{\"name\":\"{}\"}}", "a".repeat(MOST_BODY_BYTES));
        send(Some(JSON), long).await.refused(413, "too_large");
        send(Some("Application/JSON; charset=utf-8"), good).await.good();
    })
    .await;
}

#[tokio::test]
async fn a_token_comes_in_its_header_and_nowhere_else() {
    on_each_engine(async |world| {
        let token = world.owner().await;
        let path = "/admin/v1/applications";
        world.get(&token, path).await.good();
        let ask = async |request: axum::http::request::Builder| {
            world.send(request.body(Body::empty()).unwrap()).await
        };
        let query = Request::get(format!("{path}?access_token={token}"));
        ask(query).await.refused(401, "token");
        let cookie = Request::get(path).header(header::COOKIE, format!("token={token}"));
        ask(cookie).await.refused(401, "token");
        for value in [token.clone(), format!("Basic {token}"), format!("Bearer  x{token}")] {
            let request = Request::get(path).header(header::AUTHORIZATION, value);
            ask(request).await.refused(401, "token");
        }
        let twice = Request::get(path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        ask(twice).await.refused(401, "token");
        let lower = Request::get(path).header(header::AUTHORIZATION, format!("bearer {token}"));
        ask(lower).await.good();
        let other = request(&Method::PUT, path, &token);
        ask(other).await.refused(405, "method_not_allowed");
    })
    .await;
}

#[tokio::test]
async fn lists_know_their_words() {
    on_each_engine(async |world| {
        let token = world.owner().await;
        for (query, field) in [
            ("limit=0", "limit"),
            ("limit=201", "limit"),
            ("limit=x", "limit"),
            ("cursor=%21", "cursor"),
            ("cursor=YQ", "cursor"),
            ("state=sad", "state"),
            ("sort=colour", "sort"),
            ("colour=red", "colour"),
        ] {
            let reply = world.get(&token, &format!("/admin/v1/applications?{query}")).await;
            assert_eq!(reply.refused(400, "invalid_query")["field"], field, "{query}");
        }
    })
    .await;
}
