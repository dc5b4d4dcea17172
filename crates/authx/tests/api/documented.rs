use crate::world::on_each_engine;
use authx::api::document;
use axum::{body::Body, http::Request};
use serde_json::Value;

/// Whoever changes the API sees here what callers will see. To accept a change: `INSTA_UPDATE=always`.
#[test]
fn the_openapi_document_changes_only_on_purpose() {
    insta::assert_snapshot!(serde_json::to_string_pretty(&document()).unwrap());
}

#[tokio::test]
async fn the_document_is_served() {
    on_each_engine(async |world| {
        let request = Request::get("/api/v1/openapi.json").body(Body::empty()).unwrap();
        let reply = world.deliver(request, None).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.json(), serde_json::to_value(document()).unwrap());
        assert!(reply.json()["openapi"].as_str().unwrap().starts_with("3.1"));
    })
    .await;
}

#[tokio::test]
async fn what_is_not_documented_is_not_there() {
    on_each_engine(async |world| {
        for (method, target, status) in [
            ("GET", "/", 404),
            ("GET", "/api/v1/nothing", 404),
            ("GET", "/api/v1/logins", 404),
            ("PATCH", "/api/v1/ping", 405),
        ] {
            let request = Request::builder().method(method).uri(target);
            let reply = world.deliver(request.body(Body::empty()).unwrap(), None).await;
            assert_eq!(reply.status, status, "{method} {target}");
            assert_eq!(reply.headers["content-type"], "application/problem+json");
            let problem: Value = reply.json();
            assert_eq!(problem["status"], status);
        }
    })
    .await;
}
