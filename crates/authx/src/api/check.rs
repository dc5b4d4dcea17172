//! `/api/v1/check` and `/api/v1/ping`: does the way work?

use super::{
    Api,
    signed::{Answer, Failure, Signed},
};
use crate::{directory::Protected, logins::LoginError};
use authx_core::{
    ApplicationId,
    wire::{login::Rfc3339, problem::Problem},
};
use axum::{Json, extract::State, response::Response};
use serde::Serialize;
use std::sync::Arc;

/// Who the caller is, and whom it reached.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Check {
    /// The application that signed.
    #[schema(value_type = String)]
    application: ApplicationId,
    /// As the operator calls it.
    name: String,
    /// The server's time (RFC 3339, UTC).
    #[schema(value_type = String, format = DateTime)]
    time: Rfc3339,
    /// The server's version.
    version: &'static str,
    /// The versions of this API that the server speaks.
    api: [&'static str; 1],
    /// The newest seal of the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    seal: Option<String>,
}

/// The time, for callers that are not known yet.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Ping {
    /// The server's time (RFC 3339, UTC).
    #[schema(value_type = String, format = DateTime)]
    time: Rfc3339,
}

impl Answer for Check {
    fn with_seal(self, seal: Option<String>) -> Self {
        Self { seal, ..self }
    }
}

/// Who you are, the server's time and versions.
#[utoipa::path(
    get, path = "/api/v1/check", tag = "check",
    responses(
        (status = 200, body = Check, description = "The signature is right"),
        (status = 401, body = Problem, description = "Signature, key or clock is not"),
    ),
)]
pub(super) async fn check(State(api): State<Api>, request: Signed) -> Response {
    let act = |caller: Arc<Protected>| {
        let api = api.clone();
        async move {
            // Nothing is stored here that would notice a key that was revoked meanwhile.
            if !api.app().directory.is_current(api.app(), &caller).await? {
                return Err(Failure::Login(LoginError::Stale));
            }
            Ok(Check {
                application: caller.id,
                name: caller.name.clone(),
                time: Rfc3339(api.app().clock.clock().now()),
                version: env!("CARGO_PKG_VERSION"),
                api: ["v1"],
                seal: None,
            })
        }
    };
    request.answer(&api, act).await
}

/// The server's time; unsigned.
#[utoipa::path(
    get, path = "/api/v1/ping", tag = "check",
    responses((status = 200, body = Ping, description = "The server is there")),
)]
pub(super) async fn ping(State(api): State<Api>) -> Json<Ping> {
    Json(Ping { time: Rfc3339(api.app().clock.clock().now()) })
}
