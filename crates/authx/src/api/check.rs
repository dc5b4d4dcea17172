//! `/api/v1/check` and `/api/v1/ping`: does the way work?

use super::{
    Api,
    signed::{Answer, Failure, Signed},
};
use crate::{directory::Protected, logins::LoginError};
use authx_core::wire::{
    check::{Asks, CheckView},
    login::Rfc3339,
    problem::Problem,
};
use axum::{Json, extract::State, response::Response};
use serde::Serialize;
use std::sync::Arc;

/// The time, for callers that are not known yet.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Ping {
    /// The server's time (RFC 3339, UTC).
    #[schema(value_type = String, format = DateTime)]
    time: Rfc3339,
}

impl Answer for CheckView {
    fn with_seal(self, seal: Option<String>) -> Self {
        Self { seal, ..self }
    }
}

/// Who you are, the server's time and versions, and what your users will be asked.
#[utoipa::path(
    get, path = "/api/v1/check", tag = "check",
    responses(
        (status = 200, body = CheckView, description = "The signature is right"),
        (status = 401, body = Problem, description = "Signature, key or clock is not"),
    ),
)]
pub(super) async fn check(State(api): State<Api>, request: Signed) -> Response {
    let calling = request.calling(&api);
    let act = |caller: Arc<Protected>| {
        let (api, calling) = (api.clone(), calling.clone());
        async move {
            // Nothing is stored here that would notice a key that was revoked meanwhile.
            if !api.app().directory.is_current(api.app(), &caller).await? {
                return Err(Failure::Login(LoginError::Stale));
            }
            calling.note(&api, None);
            Ok(CheckView {
                application: caller.id,
                name: caller.name.clone(),
                time: Rfc3339(api.app().clock.clock().now()),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                api: vec!["v1".to_owned()],
                asks: Asks::of(&caller.asked),
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
