//! The routes, and the OpenAPI 3.1 document that follows from them.

use super::{Api, admin, check, error::ApiError, logins};
use axum::{
    Router,
    body::Bytes,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "AuthX",
        description = "`/api/v1` is for protected applications: every call but `ping` is signed, \
                       and so is every answer to it: see docs/protocol.md. `/admin/v1` is for \
                       scripts that administer, with a token: see docs/operator/api.md.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    tags(
        (name = "logins", description = "One attempt to sign in"),
        (name = "check", description = "Does the way work?"),
    ),
)]
struct Documentation;

/// The routes, ready to serve.
pub fn router(api: Api) -> Router {
    let (router, _) = described().split_for_parts();
    let document = document();
    // Written once: a stranger may ask for it as often as he likes.
    let document = Bytes::from(serde_json::to_vec(&document).unwrap_or_default());
    let kind = [(header::CONTENT_TYPE, "application/json")];
    router
        .route("/api/v1/openapi.json", get(async move || (kind, document)))
        .fallback(async || nothing())
        .method_not_allowed_fallback(|| async {
            let detail = "this resource has no such method";
            ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
        })
        .with_state(api)
}

/// The answer where nothing is.
pub fn nothing() -> Response {
    ApiError::new(StatusCode::NOT_FOUND, "not_found", "there is nothing here").into_response()
}

/// The document that describes them.
pub fn document() -> utoipa::openapi::OpenApi {
    let mut document = described().split_for_parts().1;
    admin::describe(&mut document);
    document
}

fn described() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(Documentation::openapi())
        .routes(routes!(logins::begin, logins::read, logins::cancel))
        .routes(routes!(logins::answer))
        .routes(routes!(logins::renew))
        .routes(routes!(check::check))
        .routes(routes!(check::ping))
}
