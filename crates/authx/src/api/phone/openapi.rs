//! The routes, and the OpenAPI 3.1 document that follows from them.

use super::{PhoneApi, answers, error::PhoneError, requests};
use axum::{
    Router,
    body::Bytes,
    http::{StatusCode, header},
    routing::get,
};
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "AuthX for phones",
        description = "The API for authenticators. Every call but the first ones of an enrolment \
                       is signed by a key of the phone: see docs/protocol.md.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    tags(
        (name = "enrolment", description = "How a phone comes to its keys"),
        (name = "phone", description = "One account on one phone"),
        (name = "requests", description = "What a phone is asked"),
    ),
)]
struct Documentation;

/// The routes, ready to serve.
pub fn router(api: PhoneApi) -> Router {
    let (router, document) = described().split_for_parts();
    // Written once: a stranger may ask for it as often as he likes.
    let document = Bytes::from(serde_json::to_vec(&document).unwrap_or_default());
    let kind = [(header::CONTENT_TYPE, "application/json")];
    router
        .route("/phone/v1/openapi.json", get(async move || (kind, document)))
        .route("/phone/v1/{*rest}", axum::routing::any(nothing))
        .method_not_allowed_fallback(|| async {
            let detail = "this resource has no such method";
            PhoneError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
        })
        .with_state(api)
}

async fn nothing() -> PhoneError {
    PhoneError::new(StatusCode::NOT_FOUND, "not_found", "there is nothing here")
}

/// The document that describes them.
pub fn document() -> utoipa::openapi::OpenApi {
    described().split_for_parts().1
}

fn described() -> OpenApiRouter<PhoneApi> {
    OpenApiRouter::with_openapi(Documentation::openapi())
        .routes(routes!(requests::read))
        .routes(routes!(requests::live))
        .routes(routes!(requests::history))
        .routes(routes!(requests::receipts))
        .routes(routes!(answers::answer))
        .routes(routes!(answers::code))
        .routes(routes!(answers::end))
}
