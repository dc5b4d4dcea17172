//! What a user proves with: phones, recovery codes, and invitations to enrol.

use super::super::{
    AdminApi,
    caller::Caller,
    listing::Listed,
    request::{At, Sent},
    routes::{Route, route},
};
use crate::{
    admin::{
        accounts,
        passkeys::{self, Shown},
        sign_up,
    },
    api::error::ApiError,
    enrol::{
        code,
        phones::{self, ListedPhone, Separate},
        recovery,
    },
};
use authx_core::{
    InvitationId, PasskeyId, PhoneId, UserId,
    name::Name,
    role::Permission::{FactorsWrite, UsersInvite, UsersRead, UsersWrite},
    wire::{login::Rfc3339, phone::InvitationProof},
};
use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;
use zeroize::Zeroizing;

pub(super) fn routes() -> Vec<Option<Route>> {
    vec![
        route(&[UsersRead], routes!(list_phones)),
        route(&[FactorsWrite], routes!(rename_phone)),
        route(&[FactorsWrite], routes!(remove_phone)),
        route(&[UsersRead], routes!(list_passkeys)),
        route(&[FactorsWrite], routes!(remove_passkey)),
        route(&[FactorsWrite], routes!(remove_app)),
        // Whoever sees them signs in with them.
        route(&[UsersWrite], routes!(renew_recovery_codes)),
        route(&[UsersInvite, UsersWrite], routes!(invite_by_link)),
        route(&[UsersInvite], routes!(invite_by_mail)),
        route(&[UsersInvite, UsersWrite], routes!(portal_link)),
        route(&[UsersInvite], routes!(portal_link_by_mail)),
    ]
}

/// The phones of a user, the oldest first, those that do not count yet too.
#[utoipa::path(
    get, path = "/admin/v1/users/{user}/phones", tag = "users",
    params(("user" = UserId, Path)),
    responses(
        (status = 200, body = Listed<ListedPhone>),
    ),
)]
async fn list_phones(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<UserId>,
) -> Result<Json<Listed<ListedPhone>>, ApiError> {
    let (app, tenant) = (api.app(), by.tenant());
    accounts::get(app, tenant, id).await?;
    Ok(Json(Listed { items: phones::list(app, tenant, id).await?, next_cursor: None }))
}

/// What to call a phone.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PhoneName {
    name: Name,
}

/// Calls a phone otherwise.
#[utoipa::path(
    patch, path = "/admin/v1/users/{user}/phones/{phone}", tag = "users",
    params(("user" = UserId, Path), ("phone" = PhoneId, Path)),
    request_body(content = PhoneName, example = json!({ "name": "Anna's Pixel" })),
    responses(
        (status = 204, description = "It is called so now"),
        (status = 404, description = "Not there, or another user's"),
    ),
)]
async fn rename_phone(
    State(api): State<AdminApi>,
    by: Caller,
    At((user, phone)): At<(UserId, PhoneId)>,
    Sent(PhoneName { name }): Sent<PhoneName>,
) -> Result<StatusCode, ApiError> {
    let (app, tenant) = (api.app(), by.tenant());
    phones::of_user(app, tenant, user, phone).await?;
    phones::rename(app, &by.actor(), tenant, phone, name.as_str()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes a phone: its keys are dead from now on. This cannot be undone.
#[utoipa::path(
    delete, path = "/admin/v1/users/{user}/phones/{phone}", tag = "users",
    params(("user" = UserId, Path), ("phone" = PhoneId, Path)),
    responses(
        (status = 204, description = "It is gone"),
        (status = 404, description = "Not there, or another user's"),
    ),
)]
async fn remove_phone(
    State(api): State<AdminApi>,
    by: Caller,
    At((user, phone)): At<(UserId, PhoneId)>,
) -> Result<StatusCode, ApiError> {
    let (app, tenant) = (api.app(), by.tenant());
    phones::of_user(app, tenant, user, phone).await?;
    phones::remove(app, &by.actor(), tenant, phone).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The passkeys of a user, the oldest first. Each opens the portal alone, and no VPN.
#[utoipa::path(
    get, path = "/admin/v1/users/{user}/passkeys", tag = "users",
    params(("user" = UserId, Path)),
    responses(
        (status = 200, body = Listed<Shown>),
    ),
)]
async fn list_passkeys(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<UserId>,
) -> Result<Json<Listed<Shown>>, ApiError> {
    let (app, tenant) = (api.app(), by.tenant());
    accounts::get(app, tenant, id).await?;
    Ok(Json(Listed { items: passkeys::list(app, tenant, id).await?, next_cursor: None }))
}

/// Removes a passkey: it opens nothing from now on, and the user is signed out of the portal
/// everywhere. This cannot be undone; the user is told by mail.
#[utoipa::path(
    delete, path = "/admin/v1/users/{user}/passkeys/{passkey}", tag = "users",
    params(("user" = UserId, Path), ("passkey" = PasskeyId, Path)),
    responses(
        (status = 204, description = "It is gone"),
        (status = 404, description = "Not there, or another user's"),
        (status = 422, description = "The user is removed"),
    ),
)]
async fn remove_passkey(
    State(api): State<AdminApi>,
    by: Caller,
    At((user, passkey)): At<(UserId, PasskeyId)>,
) -> Result<StatusCode, ApiError> {
    passkeys::remove(api.app(), &by.actor(), by.tenant(), user, passkey).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes a user's authenticator app: its codes count no longer. This cannot be undone; the user
/// is told by mail.
#[utoipa::path(
    delete, path = "/admin/v1/users/{user}/authenticator-app", tag = "users",
    params(("user" = UserId, Path)),
    responses(
        (status = 204, description = "It is gone"),
        (status = 404, description = "The user is not there, or has none"),
        (status = 422, description = "The user is removed"),
    ),
)]
async fn remove_app(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<UserId>,
) -> Result<StatusCode, ApiError> {
    code::remove(api.app(), &by.actor(), by.tenant(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// New recovery codes.
#[derive(Serialize, ToSchema)]
struct MadeCodes {
    /// Each is good for one sign-in; shown this once.
    #[schema(value_type = Vec<String>)]
    codes: Zeroizing<Vec<String>>,
    /// Whether earlier ones ceased to count.
    replaces: bool,
}

/// Gives a user ten new recovery codes; earlier ones count no longer, and the user is told by mail.
#[utoipa::path(
    post, path = "/admin/v1/users/{user}/recovery-codes", tag = "users",
    params(("user" = UserId, Path)),
    responses(
        (status = 201, body = MadeCodes, description = "The codes are shown this once"),
        (status = 422, description = "The user is removed"),
        (status = 429, description = "New codes were made less than a minute ago"),
    ),
)]
async fn renew_recovery_codes(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<UserId>,
) -> Result<(StatusCode, Json<MadeCodes>), ApiError> {
    let made = recovery::renew(api.app(), &by.actor(), by.tenant(), id).await?;
    let codes = MadeCodes { codes: made.codes, replaces: made.replaces };
    Ok((StatusCode::CREATED, Json(codes)))
}

/// An invitation.
#[derive(Serialize, ToSchema)]
struct MadeInvitation {
    invitation_id: InvitationId,
    /// What opens the page on the phone that is to be enrolled; shown this once, and only where it
    /// did not go by mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    link: Option<Zeroizing<String>>,
    /// Enough of the address that it went to that its owner knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_to: Option<String>,
    /// What the user has to prove.
    proof: InvitationProof,
    /// Eight digits that have to reach the user another way than the link.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    code: Option<Zeroizing<String>>,
    /// Until when it is good.
    expires: Rfc3339,
    /// Whether earlier ones ceased to count.
    replaces: bool,
}

/// Invites a user to enrol a phone, by a link that this answer shows.
#[utoipa::path(
    post, path = "/admin/v1/users/{user}/invitations/link", tag = "users",
    params(("user" = UserId, Path)),
    responses(
        (status = 201, body = MadeInvitation, description = "The link is shown this once"),
        (status = 422, description = "The user is disabled or removed"),
    ),
)]
async fn invite_by_link(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<UserId>,
) -> Result<(StatusCode, Json<MadeInvitation>), ApiError> {
    let (app, actor) = (api.app(), by.actor());
    let invited = phones::invite(app, &actor, by.tenant(), id, Separate::IfNeeded).await?;
    let made = MadeInvitation {
        invitation_id: invited.id,
        link: Some(invited.link(app)),
        sent_to: None,
        proof: invited.proof,
        code: invited.code,
        expires: Rfc3339(invited.expires),
        replaces: invited.replaces,
    };
    Ok((StatusCode::CREATED, Json(made)))
}

/// Invites a user to enrol a phone, at the mail address on record and nowhere else.
#[utoipa::path(
    post, path = "/admin/v1/users/{user}/invitations/mail", tag = "users",
    params(("user" = UserId, Path)),
    responses(
        (status = 201, body = MadeInvitation, description = "It is on its way"),
        (status = 422, description = "The user is disabled or removed, no address is on record, or mail is not set up"),
    ),
)]
async fn invite_by_mail(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<UserId>,
) -> Result<(StatusCode, Json<MadeInvitation>), ApiError> {
    let (app, actor) = (api.app(), by.actor());
    let mailed = phones::invite_by_mail(app, &actor, by.tenant(), id, Separate::IfNeeded).await?;
    let made = MadeInvitation {
        invitation_id: mailed.id,
        link: None,
        sent_to: Some(mailed.posted.to),
        proof: mailed.proof,
        code: mailed.code,
        expires: Rfc3339(mailed.expires),
        replaces: mailed.replaces,
    };
    Ok((StatusCode::CREATED, Json(made)))
}

/// A link into the portal, with which a user chooses a password.
#[derive(Serialize, ToSchema)]
struct PortalLink {
    /// Where it is done; absent where it went by mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    link: Option<Zeroizing<String>>,
    /// Where it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_to: Option<String>,
    /// Until when it counts, once.
    expires: Rfc3339,
}

/// Lets a user into the portal, by a link that this answer shows. Earlier ones count no longer.
#[utoipa::path(
    post, path = "/admin/v1/users/{user}/portal-links/link", tag = "users",
    params(("user" = UserId, Path)),
    responses(
        (status = 201, body = PortalLink, description = "The link is shown this once"),
        (status = 422, description = "The user is disabled or removed"),
    ),
)]
async fn portal_link(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<UserId>,
) -> Result<(StatusCode, Json<PortalLink>), ApiError> {
    let app = api.app();
    let made = sign_up::invite_account(app, &by.actor(), by.tenant(), id).await?;
    let link = Some(made.address(app));
    let shown = PortalLink { link, sent_to: None, expires: Rfc3339(made.expires) };
    Ok((StatusCode::CREATED, Json(shown)))
}

/// Lets a user into the portal, at the mail address on record and nowhere else.
#[utoipa::path(
    post, path = "/admin/v1/users/{user}/portal-links/mail", tag = "users",
    params(("user" = UserId, Path)),
    responses(
        (status = 201, body = PortalLink, description = "It is on its way"),
        (status = 422, description = "The user is disabled or removed, no address is on record, or mail is not set up"),
    ),
)]
async fn portal_link_by_mail(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<UserId>,
) -> Result<(StatusCode, Json<PortalLink>), ApiError> {
    let mailed = sign_up::invite_account_by_mail(api.app(), &by.actor(), by.tenant(), id).await?;
    let sent_to = Some(mailed.posted.to);
    let shown = PortalLink { link: None, sent_to, expires: Rfc3339(mailed.expires) };
    Ok((StatusCode::CREATED, Json(shown)))
}
