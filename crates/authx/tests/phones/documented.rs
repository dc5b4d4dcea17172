use crate::world::on_each_engine;
use authx::api::phone::document;
use axum::{body::Body, http::Request};

/// Whoever changes the API sees here what authenticators will see. To accept a change:
/// `INSTA_UPDATE=always`.
#[test]
fn the_openapi_document_changes_only_on_purpose() {
    insta::assert_snapshot!(serde_json::to_string_pretty(&document()).unwrap());
}

#[tokio::test]
async fn the_document_is_served_and_nothing_that_is_not_in_it() {
    on_each_engine(async |world| {
        let request = Request::get("/phone/v1/openapi.json").body(Body::empty()).unwrap();
        let reply = world.send(request).await;
        assert_eq!(reply.json(), serde_json::to_value(document()).unwrap());
        for (method, target, status) in
            [("GET", "/phone/v1/nothing", 404), ("PATCH", "/phone/v1/device", 405)]
        {
            let request =
                Request::builder().method(method).uri(target).header("authx-client", "x/1.0.0");
            let reply = world.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(reply.status, status, "{method} {target}");
            assert_eq!(reply.json()["status"], status);
        }
    })
    .await;
}
