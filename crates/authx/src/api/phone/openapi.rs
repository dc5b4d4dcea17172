//! The routes, and the OpenAPI 3.1 document that follows from them.

use super::{
    PhoneApi, answers, caller, credential, device, enrol, error::PhoneApiError, requests, version,
};
use axum::{
    Router,
    body::Bytes,
    http::{StatusCode, header},
    middleware::from_fn,
    routing::{any, get},
};
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "AuthX phone",
        description = "The API for authenticators. Every call but those that say so is signed with \
                       a key of the account on this phone: see docs/protocol.md.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    tags(
        (name = "enrolment", description = "How a phone comes to an account"),
        (name = "device", description = "What a phone says of itself"),
        (name = "requests", description = "What a phone is asked, and what it answers"),
        (name = "callers", description = "Who is on the telephone with the help desk"),
    ),
)]
struct Documentation;

/// The routes, ready to serve beside the page's files: everything under `/phone/v1`, and nothing
/// else.
pub fn router(api: PhoneApi) -> Router {
    let (router, _) = described().split_for_parts();
    // Written once: a stranger may ask for it as often as he likes.
    let written = Bytes::from(serde_json::to_vec(&document()).unwrap_or_default());
    let kind = [(header::CONTENT_TYPE, "application/json")];
    let nothing = || async {
        PhoneApiError::new(StatusCode::NOT_FOUND, "not_found", "there is nothing here")
    };
    router
        .route("/phone/v1/{*rest}", any(nothing))
        .method_not_allowed_fallback(|| async {
            let detail = "this resource has no such method";
            PhoneApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
        })
        .layer(from_fn(version::check))
        // To be read before anything is known of each other.
        .route("/phone/v1/server", get(enrol::server))
        .route("/phone/v1/openapi.json", get(async move || (kind, written)))
        .with_state(api)
}

/// The document that describes them.
pub fn document() -> utoipa::openapi::OpenApi {
    let (_, mut document) = described().split_for_parts();
    document.merge(Before::openapi());
    document
}

/// What is asked before anything is known of each other.
#[derive(OpenApi)]
#[openapi(paths(enrol::server))]
struct Before;

fn described() -> OpenApiRouter<PhoneApi> {
    OpenApiRouter::with_openapi(Documentation::openapi())
        .routes(routes!(enrol::look))
        .routes(routes!(enrol::prove))
        .routes(routes!(enrol::activate))
        .routes(routes!(enrol::confirm))
        .routes(routes!(enrol::begin_move, enrol::cancel_move))
        .routes(routes!(device::account))
        .routes(routes!(device::describe, device::leave))
        .routes(routes!(device::subscribe, device::unsubscribe))
        .routes(routes!(credential::register, credential::forget))
        .routes(routes!(requests::read))
        .routes(routes!(requests::live))
        .routes(routes!(requests::history))
        .routes(routes!(requests::receipts))
        .routes(routes!(answers::answer))
        .routes(routes!(answers::code))
        .routes(routes!(answers::end))
        .routes(routes!(caller::digits))
        .routes(routes!(caller::deny))
}
