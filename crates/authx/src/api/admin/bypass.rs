//! Helping a user past the second factor, never alone: with another administrator's leave, or with
//! a caller who was checked both ways.

use super::{
    AdminApi,
    caller::Caller,
    listing::Listed,
    request::{At, Sent},
    routes::{Route, route},
};
use crate::{
    admin::{
        accounts,
        bypass::{self, Asked, BypassError, Check, Given, Kind, Leave, Wish},
    },
    api::error::ApiError,
};
use authx_core::{ApprovalId, UserId, role::Permission::BypassWrite, wire::login::Rfc3339};
use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;
use zeroize::Zeroizing;

pub(super) fn routes() -> Vec<Option<Route>> {
    vec![
        route(&[BypassWrite], routes!(get)),
        route(&[BypassWrite], routes!(give)),
        route(&[BypassWrite], routes!(end)),
        route(&[BypassWrite], routes!(check_caller)),
        route(&[BypassWrite], routes!(answer)),
        route(&[BypassWrite], routes!(ask)),
        route(&[BypassWrite], routes!(list)),
        route(&[BypassWrite], routes!(decline)),
        route(&[BypassWrite], routes!(carry_out)),
    ]
}

/// A check of a caller: what the caller will read is not in it.
#[derive(Serialize, ToSchema)]
struct CallerCheck {
    /// What to read to the caller.
    agent_reads: String,
    /// Whether the caller read the right digits.
    matched: bool,
    /// Whether it failed: do not help this caller.
    failed: bool,
    /// Whether it failed because the user says that they are not on the telephone with the help
    /// desk.
    denied: bool,
    /// When it is over.
    expires: Rfc3339,
}

impl From<Check> for CallerCheck {
    fn from(check: Check) -> Self {
        let Check { agent_reads, matched, failed, denied, expires } = check;
        Self { agent_reads, matched, failed, denied, expires: Rfc3339(expires) }
    }
}

/// How far helping a user past the second factor is.
#[derive(Serialize, ToSchema)]
struct BypassState {
    /// Until when the user is let in without a second factor.
    #[serde(skip_serializing_if = "Option::is_none")]
    bypass_until: Option<Rfc3339>,
    /// The check of the caller by the token's owner, while it lasts.
    #[serde(skip_serializing_if = "Option::is_none")]
    caller_check: Option<CallerCheck>,
    /// What is asked for this user and waits, or was agreed to and not used.
    wishes: Vec<Asked>,
}

/// How far helping a user is: what is in force, the check of the caller, and what was asked.
#[utoipa::path(
    get, path = "/admin/v1/users/{user}/bypass", tag = "bypass",
    params(("user" = UserId, Path)),
    responses(
        (status = 200, body = BypassState),
    ),
)]
async fn get(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<UserId>,
) -> Result<Json<BypassState>, ApiError> {
    let (app, tenant) = (api.app(), by.tenant());
    let user = accounts::get(app, tenant, id).await?;
    let check = bypass::now_of(app, &by.actor(), tenant, id).await?;
    let wishes = bypass::open(app, tenant).await?.into_iter();
    Ok(Json(BypassState {
        bypass_until: user.bypass_until,
        caller_check: check.map(CallerCheck::from),
        wishes: wishes.filter(|wish| wish.user_id == id).collect(),
    }))
}

/// What is wanted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BypassRequest {
    /// `code`: good for one sign-in. `bypass`: no second factor until a moment.
    kind: Kind,
    /// Why, 3 to 200 characters: others read it later.
    reason: String,
    /// For how long, 5 minutes to 7 days.
    secs: u64,
}

impl BypassRequest {
    fn of(self, user: UserId) -> Wish {
        let Self { kind, reason, secs } = self;
        Wish { user, kind, reason, secs }
    }
}

/// What was given.
#[derive(Serialize, ToSchema)]
struct BypassGiven {
    /// The code, shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    code: Option<Zeroizing<String>>,
    /// Until when it counts.
    until: Rfc3339,
}

impl From<Given> for BypassGiven {
    fn from(Given { code, until }: Given) -> Self {
        Self { code, until: Rfc3339(until) }
    }
}

/// Helps a caller who was checked: a code for one sign-in, or no second factor until a moment. Each
/// check is good for one; an earlier code counts no longer, and the user is told by mail.
#[utoipa::path(
    post, path = "/admin/v1/users/{user}/bypass", tag = "bypass",
    params(("user" = UserId, Path)),
    request_body(content = BypassRequest, example = json!({
        "kind": "code", "reason": "phone fell into the lake", "secs": 3600,
    })),
    responses(
        (status = 201, body = BypassGiven, description = "A code is shown this once"),
        (status = 403, description = "The caller was not checked (`needs_leave`), it is an owner, or the token's scopes, its owner's role or rank do not allow it"),
    ),
)]
async fn give(
    State(api): State<AdminApi>,
    by: Caller,
    At(user): At<UserId>,
    Sent(wish): Sent<BypassRequest>,
) -> Result<(StatusCode, Json<BypassGiven>), ApiError> {
    let (app, actor, wish) = (api.app(), by.actor(), wish.of(user));
    let given = bypass::give(app, &actor, by.tenant(), &wish, Some(Leave::Checked)).await;
    Ok((StatusCode::CREATED, Json(given.map_err(placed)?.into())))
}

/// Asks a user for a second factor again, and takes a code back.
#[utoipa::path(
    delete, path = "/admin/v1/users/{user}/bypass", tag = "bypass",
    params(("user" = UserId, Path)),
    responses(
        (status = 204, description = "The second factor is asked for"),
        (status = 422, description = "The user is removed"),
    ),
)]
async fn end(
    State(api): State<AdminApi>,
    by: Caller,
    At(user): At<UserId>,
) -> Result<StatusCode, ApiError> {
    bypass::end(api.app(), &by.actor(), by.tenant(), user).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Begins a check of a caller, who sees on their own page and phone what to read; an earlier one
/// counts no longer.
#[utoipa::path(
    post, path = "/admin/v1/users/{user}/caller-check", tag = "bypass",
    params(("user" = UserId, Path)),
    responses(
        (status = 201, body = CallerCheck, description = "Read the digits to the caller"),
        (status = 422, description = "The user is removed"),
    ),
)]
async fn check_caller(
    State(api): State<AdminApi>,
    by: Caller,
    At(user): At<UserId>,
) -> Result<(StatusCode, Json<CallerCheck>), ApiError> {
    let check = bypass::begin(api.app(), &by.actor(), by.tenant(), user).await?;
    Ok((StatusCode::CREATED, Json(check.into())))
}

/// What the caller read.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CallerAnswer {
    /// Three digits.
    digits: String,
}

/// Compares what the caller read. After the third wrong answer nothing counts any more.
#[utoipa::path(
    post, path = "/admin/v1/users/{user}/caller-check/answer", tag = "bypass",
    params(("user" = UserId, Path)),
    request_body(content = CallerAnswer, example = json!({ "digits": "407" })),
    responses(
        (status = 204, description = "The caller is this user"),
    ),
)]
async fn answer(
    State(api): State<AdminApi>,
    by: Caller,
    At(user): At<UserId>,
    Sent(CallerAnswer { digits }): Sent<CallerAnswer>,
) -> Result<StatusCode, ApiError> {
    let (app, tenant) = (api.app(), by.tenant());
    accounts::get(app, tenant, user).await?;
    bypass::answer(app, &by.actor(), tenant, user, &digits).await.map_err(placed)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Asks another administrator for leave to help a user. It waits for an hour.
#[utoipa::path(
    post, path = "/admin/v1/users/{user}/bypass/wishes", tag = "bypass",
    params(("user" = UserId, Path)),
    request_body(content = BypassRequest, example = json!({
        "kind": "bypass", "reason": "new phone comes on Monday", "secs": 259_200,
    })),
    responses(
        (status = 201, body = Asked),
    ),
)]
async fn ask(
    State(api): State<AdminApi>,
    by: Caller,
    At(user): At<UserId>,
    Sent(wish): Sent<BypassRequest>,
) -> Result<(StatusCode, Json<Asked>), ApiError> {
    let (app, actor, tenant) = (api.app(), by.actor(), by.tenant());
    let id = bypass::ask(app, &actor, tenant, &wish.of(user)).await.map_err(placed)?;
    Ok((StatusCode::CREATED, Json(bypass::wish(app, tenant, id).await?)))
}

/// The wishes that wait for somebody, or were agreed to and not used, the newest first.
#[utoipa::path(
    get, path = "/admin/v1/bypass/wishes", tag = "bypass",
    responses((status = 200, body = Listed<Asked>)),
)]
async fn list(State(api): State<AdminApi>, by: Caller) -> Result<Json<Listed<Asked>>, ApiError> {
    let items = bypass::open(api.app(), by.tenant()).await?;
    Ok(Json(Listed { items, next_cursor: None }))
}

/// Declines a wish: one's own, or another's with the scope `bypass.approve`.
#[utoipa::path(
    post, path = "/admin/v1/bypass/wishes/{wish}/decline", tag = "bypass",
    params(("wish" = ApprovalId, Path)),
    responses(
        (status = 204, description = "Nothing comes of it"),
        (status = 422, description = "It was decided, or waited too long"),
    ),
)]
async fn decline(
    State(api): State<AdminApi>,
    by: Caller,
    At(wish): At<ApprovalId>,
) -> Result<StatusCode, ApiError> {
    bypass::decide(api.app(), &by.actor(), by.tenant(), wish, false).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Does what was agreed to, once. Only whoever asked does.
#[utoipa::path(
    post, path = "/admin/v1/bypass/wishes/{wish}/use", tag = "bypass",
    params(("wish" = ApprovalId, Path)),
    responses(
        (status = 201, body = BypassGiven, description = "A code is shown this once"),
        (status = 422, description = "Nobody agreed yet, it was used, it waited too long, or another administrator asked"),
    ),
)]
async fn carry_out(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<ApprovalId>,
) -> Result<(StatusCode, Json<BypassGiven>), ApiError> {
    let (app, actor, tenant) = (api.app(), by.actor(), by.tenant());
    let Asked { user_id: user, kind, reason, secs, .. } = bypass::wish(app, tenant, id).await?;
    let wish = Wish { user, kind, reason, secs };
    let given = bypass::give(app, &actor, tenant, &wish, Some(Leave::Agreed(id))).await?;
    Ok((StatusCode::CREATED, Json(given.into())))
}

/// With the field that is to blame.
fn placed(error: BypassError) -> ApiError {
    let field = match &error {
        BypassError::Digits { .. } => Some("digits"),
        BypassError::Reason => Some("reason"),
        BypassError::Time => Some("secs"),
        BypassError::Account(_)
        | BypassError::Admin(_)
        | BypassError::Denied
        | BypassError::Guessed
        | BypassError::NeedsLeave
        | BypassError::NotForScripts
        | BypassError::NotYours
        | BypassError::Over
        | BypassError::Owner
        | BypassError::OwnWish
        | BypassError::Unknown => None,
    };
    let error = ApiError::from(error);
    match field {
        Some(field) => error.at(field),
        None => error,
    }
}
