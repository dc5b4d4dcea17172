//! `/api/v1/logins/{id}`.

use super::{
    Api,
    error::ApiError,
    signed::{Failure, Signed},
};
use crate::{
    directory::Protected,
    logins::{self, LoginError, Versioned},
    serve::to_the_end,
};
use authx_core::{
    LoginId,
    id::InvalidId,
    wire::{
        login::{AnswerLogin, BeginLogin, LoginView, RenewLogin, RenewalView},
        problem::Problem,
        text::SupportCode,
    },
};
use axum::{
    extract::{FromRequestParts, Path, State},
    http::{StatusCode, request::Parts},
    response::Response,
};
use std::{convert::Infallible, sync::Arc, time::Duration};

/// Begin a login under an id that the caller makes. The same id and body is the same login.
#[utoipa::path(
    put, path = "/api/v1/logins/{id}", tag = "logins", request_body = BeginLogin,
    params(("id" = String, Path, description = "`log_` and a UUIDv7, made by the caller")),
    responses(
        (status = 200, body = LoginView, description = "The login as it stands, also a refused one"),
        (status = 409, body = Problem, description = "The id began with another body"),
        (status = 422, body = Problem, description = "A value cannot be meant"),
        (status = 429, body = Problem, description = "Too many wrong passwords from this network"),
        (status = 503, body = Problem, description = "Try again with the same id"),
    ),
)]
pub(super) async fn begin(
    State(api): State<Api>,
    NamedLogin(id): NamedLogin,
    request: Signed,
) -> Response {
    let (body, calling) = (request.bytes(), request.calling(&api));
    let act = |caller: Arc<Protected>| {
        let (api, id, body, calling) = (api.clone(), id.clone(), body.clone(), calling.clone());
        to_the_end(async move {
            let (id, begin): (_, BeginLogin) = (id?, serde_json::from_slice(&body)?);
            calling.note(&api, begin.server.name.as_ref());
            let outcome = logins::begin(api.app(), &caller, id, &begin, &body).await;
            if let Err(error) = &outcome
                && !matches!(error, LoginError::Stale)
            {
                // Nothing is in the record, so the support code must lead somewhere else.
                let code = begin.support_code.as_ref().map(SupportCode::as_str);
                tracing::warn!(application = %caller.id, login = %id, code, %error, "not begun");
            }
            view(outcome)
        })
    };
    request.answer(&api, act).await
}

/// Answer the open question of a login. The same number and text is the same answer.
#[utoipa::path(
    post, path = "/api/v1/logins/{id}/answers", tag = "logins", request_body = AnswerLogin,
    params(("id" = String, Path, description = "The login's id")),
    responses(
        (status = 200, body = LoginView, description = "The login after the answer"),
        (status = 404, body = Problem, description = "Not there, or another application's"),
        (status = 409, body = Problem, description = "The number is out of sequence, or the \
                                                      challenge is not open"),
        (status = 422, body = Problem, description = "A value cannot be meant"),
        (status = 503, body = Problem, description = "Try again with the same number"),
    ),
)]
pub(super) async fn answer(
    State(api): State<Api>,
    NamedLogin(id): NamedLogin,
    request: Signed,
) -> Response {
    let body = request.bytes();
    let act = |caller: Arc<Protected>| {
        let (api, id, body) = (api.clone(), id.clone(), body.clone());
        to_the_end(async move {
            let (id, answer): (_, AnswerLogin) = (id?, serde_json::from_slice(&body)?);
            let outcome = logins::answer(api.app(), &caller, id, &answer).await;
            if matches!(outcome, Err(LoginError::ChallengeNotOpen)) {
                // Nothing is in the record, so that nobody can fill it up; and it may be somebody
                // who tries.
                tracing::warn!(application = %caller.id, login = %id, "a challenge did not fit");
            }
            view(outcome)
        })
    };
    request.answer(&api, act).await
}

/// Read how a login stands: at once, or as soon as its version is above `after`.
#[utoipa::path(
    get, path = "/api/v1/logins/{id}", tag = "logins",
    params(
        ("id" = String, Path, description = "The login's id"),
        ("after" = Option<u64>, Query, description = "Wait for a version above this one"),
        ("wait" = Option<u64>, Query, description = "Seconds to wait at most, 0 to 45"),
    ),
    responses(
        (status = 200, body = LoginView, description = "The login as it stands"),
        (status = 400, body = Problem, description = "The query is not understood"),
        (status = 404, body = Problem, description = "Not there, or another application's"),
    ),
)]
pub(super) async fn read(
    State(api): State<Api>,
    NamedLogin(id): NamedLogin,
    request: Signed,
) -> Response {
    let wait = Wait::parse(request.query());
    let act = |caller: Arc<Protected>| {
        let (api, id, wait) = (api.clone(), id.clone(), wait.clone());
        async move {
            let Wait { after, wait } = wait?;
            let stopping = api.0.stopping.wait();
            view(logins::wait(api.app(), &caller, id?, after, wait, stopping).await)
        }
    };
    request.answer(&api, act).await
}

/// Cancel a login. A final one stays as it is.
#[utoipa::path(
    delete, path = "/api/v1/logins/{id}", tag = "logins",
    params(("id" = String, Path, description = "The login's id")),
    responses(
        (status = 200, body = LoginView, description = "The login as it ended"),
        (status = 404, body = Problem, description = "Not there, or another application's"),
    ),
)]
pub(super) async fn cancel(
    State(api): State<Api>,
    NamedLogin(id): NamedLogin,
    request: Signed,
) -> Response {
    let act = |caller: Arc<Protected>| {
        let (api, id) = (api.clone(), id.clone());
        to_the_end(async move { view(logins::cancel(api.app(), &caller, id?).await) })
    };
    request.answer(&api, act).await
}

/// Ask whether what a login allowed may go on; asks no user. To be called when a VPN session is
/// renewed.
#[utoipa::path(
    post, path = "/api/v1/logins/{id}/renewals", tag = "logins", request_body = RenewLogin,
    params(("id" = String, Path, description = "The id of a login that was allowed")),
    responses(
        (status = 200, body = RenewalView, description = "Whether it may"),
        (status = 404, body = Problem, description = "Not there, forgotten, or another application's"),
        (status = 503, body = Problem, description = "Try again"),
    ),
)]
pub(super) async fn renew(
    State(api): State<Api>,
    NamedLogin(id): NamedLogin,
    request: Signed,
) -> Response {
    let body = request.bytes();
    let act = |caller: Arc<Protected>| {
        let (api, id, body) = (api.clone(), id.clone(), body.clone());
        to_the_end(async move {
            let (id, RenewLogin {}) = (id?, serde_json::from_slice(&body)?);
            logins::renew(api.app(), &caller, id).await.map_err(Failure::Login)
        })
    };
    request.answer(&api, act).await
}

fn view(found: Result<Versioned, LoginError>) -> Result<LoginView, Failure> {
    found.map(|login| login.view()).map_err(Failure::Login)
}

/// What a long poll asks for.
#[derive(Clone, Debug)]
struct Wait {
    after: i64,
    wait: Duration,
}

impl Wait {
    /// Unknown parameters are ignored, so that an older server can be asked by a newer caller.
    /// Without `after` there is no change to wait for, and no time is spent.
    fn parse(query: &str) -> Result<Self, ApiError> {
        let (mut after, mut secs) = (None, 0);
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*key {
                "after" => after = Some(number("after", &value, u64::from(u32::MAX))?),
                "wait" => secs = number("wait", &value, MOST_WAIT_SECS)?,
                _ => {}
            }
        }
        let wait = Duration::from_secs(if after.is_some() { secs } else { 0 });
        let after = after.and_then(|after| i64::try_from(after).ok()).unwrap_or(0);
        Ok(Self { after, wait })
    }
}

fn number(name: &str, text: &str, most: u64) -> Result<u64, ApiError> {
    text.parse().ok().filter(|number| *number <= most).ok_or_else(|| {
        let detail = format!("`{name}` is a whole number from 0 to {most}");
        ApiError::new(StatusCode::BAD_REQUEST, "invalid_query", detail)
    })
}

/// The login that the path names. A wrong name is told after the signature was looked at, so that
/// the answer can be signed.
pub(super) struct NamedLogin(Result<LoginId, ApiError>);

impl FromRequestParts<Api> for NamedLogin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Infallible> {
        let invalid = |detail| ApiError::new(StatusCode::BAD_REQUEST, "invalid_id", detail);
        let text = Path::<String>::from_request_parts(parts, api).await;
        let id = text
            .map_err(|error| error.body_text())
            .and_then(|Path(text)| text.parse().map_err(|error: InvalidId| error.to_string()));
        Ok(Self(id.map_err(invalid)))
    }
}

const MOST_WAIT_SECS: u64 = 45;
