//! Tokens. A token makes none and brings none back: that is done in the portal.

use super::{
    AdminApi,
    caller::Caller,
    listing::{Asked, Listed},
    request::At,
    routes::{Route, route},
};
use crate::{
    admin::tokens::{self, Token},
    api::error::ApiError,
};
use authx_core::{
    TokenId, UserId,
    role::{
        Permission::{self, TokensWrite},
        Role,
    },
    wire::login::Rfc3339,
};
use axum::{
    Json,
    extract::{RawQuery, State},
    http::StatusCode,
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

pub(super) fn routes() -> Vec<Option<Route>> {
    vec![
        route(&[], routes!(own)),
        route(&[], routes!(give_up)),
        route(&[TokensWrite], routes!(list)),
        route(&[TokensWrite], routes!(revoke)),
    ]
}

/// The token that is shown, and what it is worth now.
#[derive(Serialize, ToSchema)]
struct OwnToken {
    token_id: TokenId,
    name: String,
    /// Whose it is.
    user_id: UserId,
    /// What its owner signs in with.
    user: String,
    /// What its owner is now.
    role: Role,
    /// What it may do: its scopes, as far as the role lets it.
    may: Vec<Permission>,
    /// Until when it counts.
    expires: Rfc3339,
}

/// What the token that is shown may do.
#[utoipa::path(
    get, path = "/admin/v1/token", tag = "tokens",
    responses((status = 200, body = OwnToken)),
)]
async fn own(by: Caller) -> Json<OwnToken> {
    let bearer = &by.0;
    let may = bearer.scopes.iter().copied().filter(|scope| bearer.role.may(*scope));
    Json(OwnToken {
        token_id: bearer.id,
        name: bearer.name.clone(),
        user_id: bearer.account,
        user: bearer.account_name.clone(),
        role: bearer.role,
        may: may.collect(),
        expires: Rfc3339(bearer.expires),
    })
}

/// Revokes the token that is shown, as when a script is done or may have lost it.
#[utoipa::path(
    delete, path = "/admin/v1/token", tag = "tokens",
    responses((status = 204, description = "It counts no longer")),
)]
async fn give_up(State(api): State<AdminApi>, by: Caller) -> Result<StatusCode, ApiError> {
    tokens::revoke(api.app(), &by.actor(), by.tenant(), by.0.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The company's tokens, the newest first, and those that ended in the last 30 days.
#[utoipa::path(
    get, path = "/admin/v1/tokens", tag = "tokens",
    params(
        ("limit" = Option<u32>, Query, description = "Entries at most, 1 to 200; 50 without"),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the part before"),
    ),
    responses((status = 200, body = Listed<Token>)),
)]
async fn list(
    State(api): State<AdminApi>,
    by: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Listed<Token>>, ApiError> {
    let asked = Asked::parse(query.as_deref(), &[])?;
    let all = tokens::list(api.app(), by.tenant()).await?;
    Ok(Json(asked.cut(all, |token| token.id.to_string())?))
}

/// Revokes a token: whoever holds it is refused from now on.
#[utoipa::path(
    delete, path = "/admin/v1/tokens/{token}", tag = "tokens",
    params(("token" = TokenId, Path)),
    responses((status = 204, description = "It counts no longer")),
)]
async fn revoke(
    State(api): State<AdminApi>,
    by: Caller,
    At(token): At<TokenId>,
) -> Result<StatusCode, ApiError> {
    tokens::revoke(api.app(), &by.actor(), by.tenant(), token).await?;
    Ok(StatusCode::NO_CONTENT)
}
