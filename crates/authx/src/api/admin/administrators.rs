//! Who looks after a company, and as what.

use super::{
    AdminApi,
    caller::Caller,
    listing::{Asked, Listed},
    request::{At, Sent},
    routes::{Route, route},
};
use crate::{
    admin::administrators::{self, InviteError, Invited, NewAdministrator},
    api::error::ApiError,
    store::portal::AdministratorRow,
};
use authx_core::{
    UserId,
    name::Name,
    role::{
        Permission::{RolesRead, RolesWrite},
        Role,
    },
    wire::login::Rfc3339,
};
use axum::{
    Json,
    extract::{RawQuery, State},
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;
use zeroize::Zeroizing;

pub(super) fn routes() -> Vec<Option<Route>> {
    vec![
        route(&[RolesRead], routes!(list)),
        route(&[RolesWrite], routes!(invite)),
        route(&[RolesWrite], routes!(set_role)),
        route(&[RolesWrite], routes!(take_role)),
        route(&[RolesWrite], routes!(link)),
    ]
}

/// Somebody with a role.
#[derive(Serialize, ToSchema)]
struct Administrator {
    user_id: UserId,
    /// What they sign in with.
    name: String,
    /// As people call them.
    #[serde(skip_serializing_if = "Option::is_none")]
    display: Option<String>,
    /// How they are written to.
    #[serde(skip_serializing_if = "Option::is_none")]
    mail: Option<String>,
    role: Role,
    state: AdministratorState,
    /// When they last used the portal.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen: Option<Rfc3339>,
}

/// Whether they can sign in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum AdministratorState {
    /// They can.
    Active,
    /// They have not come in yet.
    Pending,
    /// They may not.
    Disabled,
}

impl From<AdministratorRow> for Administrator {
    fn from(row: AdministratorRow) -> Self {
        let state = match (row.active, row.ready) {
            (false, _) => AdministratorState::Disabled,
            (true, false) => AdministratorState::Pending,
            (true, true) => AdministratorState::Active,
        };
        Self {
            user_id: row.id,
            name: row.name,
            display: row.display,
            mail: row.mail,
            role: row.role,
            state,
            last_seen: row.seen.map(Rfc3339),
        }
    }
}

/// Everybody with a role, the highest first.
#[utoipa::path(
    get, path = "/admin/v1/administrators", tag = "administrators",
    params(
        ("limit" = Option<u32>, Query, description = "Entries at most, 1 to 200; 50 without"),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the part before"),
    ),
    responses((status = 200, body = Listed<Administrator>)),
)]
async fn list(
    State(api): State<AdminApi>,
    by: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Listed<Administrator>>, ApiError> {
    let asked = Asked::parse(query.as_deref(), &[])?;
    let all = administrators::list(api.app(), by.tenant()).await?;
    let all: Vec<Administrator> = all.into_iter().map(Administrator::from).collect();
    Ok(Json(asked.cut(all, |one| one.user_id.to_string())?))
}

/// Somebody who is to look after the company.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct InviteAdministrator {
    /// Their work address; they sign in with it.
    mail: String,
    /// As people call them.
    display: Option<Name>,
    role: Role,
}

/// Somebody who was invited.
#[derive(Serialize, ToSchema)]
struct InvitedAdministrator {
    user_id: UserId,
    /// What they sign in with.
    name: String,
    /// Where they set a password and a second factor; shown this once, counts once.
    #[schema(value_type = String)]
    link: Zeroizing<String>,
    /// Until when it counts.
    expires: Rfc3339,
}

/// Makes an account with a role, and the link by which its owner comes in. A token makes no owners.
#[utoipa::path(
    post, path = "/admin/v1/administrators", tag = "administrators",
    request_body(content = InviteAdministrator, example = json!({
        "mail": "anna@example.com", "display": "Anna Berg", "role": "auditor",
    })),
    responses(
        (status = 201, body = InvitedAdministrator, description = "The link is shown this once"),
        (status = 409, description = "The address is somebody's name already"),
    ),
)]
async fn invite(
    State(api): State<AdminApi>,
    by: Caller,
    Sent(wish): Sent<InviteAdministrator>,
) -> Result<(StatusCode, Json<InvitedAdministrator>), ApiError> {
    let InviteAdministrator { mail, display, role } = wish;
    let new = NewAdministrator { mail: &mail, display, role };
    let made = administrators::invite(api.app(), &by.actor(), by.tenant(), new).await;
    let made = made.map_err(|error| {
        let field = if matches!(error, InviteError::Role(_)) { "role" } else { "mail" };
        ApiError::from(error).at(field)
    })?;
    Ok((StatusCode::CREATED, Json(shown(&api, made))))
}

/// A role.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SetRole {
    role: Role,
    /// For who rises: they keep phones, passkeys, authenticator apps, API tokens and the password.
    /// Without, all of those second factors and tokens are removed, and they come in by a new link:
    /// whoever looked after the account before may have enrolled one of their own.
    #[serde(default)]
    keep_factors: bool,
}

/// Makes a user an administrator, or gives an administrator another role. For who rises, links,
/// invitations, recovery codes and bypasses of before count no longer.
#[utoipa::path(
    put, path = "/admin/v1/administrators/{user}", tag = "administrators",
    params(("user" = UserId, Path)),
    request_body(content = SetRole, example = json!({ "role": "help_desk" })),
    responses((status = 204, description = "It is so now")),
)]
async fn set_role(
    State(api): State<AdminApi>,
    by: Caller,
    At(user): At<UserId>,
    Sent(SetRole { role, keep_factors }): Sent<SetRole>,
) -> Result<StatusCode, ApiError> {
    let factors =
        if keep_factors { administrators::Factors::Kept } else { administrators::Factors::Removed };
    administrators::set_role(api.app(), &by.actor(), by.tenant(), user, Some(role), factors)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes somebody's role; they stay a user.
#[utoipa::path(
    delete, path = "/admin/v1/administrators/{user}", tag = "administrators",
    params(("user" = UserId, Path)),
    responses(
        (status = 204, description = "They have none now"),
        (status = 422, description = "They are the last owner"),
    ),
)]
async fn take_role(
    State(api): State<AdminApi>,
    by: Caller,
    At(user): At<UserId>,
) -> Result<StatusCode, ApiError> {
    administrators::set_role(
        api.app(),
        &by.actor(),
        by.tenant(),
        user,
        None,
        administrators::Factors::Kept,
    )
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes another link for somebody who has not come in, or forgot the password. Earlier ones count
/// no longer.
#[utoipa::path(
    post, path = "/admin/v1/administrators/{user}/link", tag = "administrators",
    params(("user" = UserId, Path)),
    responses((status = 201, body = InvitedAdministrator, description = "It is shown this once")),
)]
async fn link(
    State(api): State<AdminApi>,
    by: Caller,
    At(user): At<UserId>,
) -> Result<(StatusCode, Json<InvitedAdministrator>), ApiError> {
    let made = administrators::link(api.app(), &by.actor(), by.tenant(), user).await?;
    Ok((StatusCode::CREATED, Json(shown(&api, made))))
}

fn shown(api: &AdminApi, made: Invited) -> InvitedAdministrator {
    let link = format!("{}/set-up#{}", api.app().public_url, *made.link.token);
    InvitedAdministrator {
        user_id: made.id,
        name: made.name,
        link: Zeroizing::new(link),
        expires: Rfc3339(made.link.expires),
    }
}
