//! Application Keys: one for each host, so that one can be revoked alone.

use super::{
    AdminApi,
    caller::Caller,
    listing::{Asked, Listed},
    request::{At, Sent},
    routes::{Route, route},
};
use crate::{
    admin::keys::{self, Key, KeyError, Revoked},
    api::error::ApiError,
};
use authx_core::{
    ApplicationId, KeyId,
    name::Name,
    role::Permission::{ApplicationsRead, KeysWrite},
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
        route(&[ApplicationsRead], routes!(list)),
        route(&[KeysWrite], routes!(add)),
        route(&[KeysWrite], routes!(rename)),
        route(&[KeysWrite], routes!(revoke)),
        route(&[KeysWrite], routes!(restore)),
    ]
}

/// The keys of an application, the oldest first, those that were revoked too.
#[utoipa::path(
    get, path = "/admin/v1/applications/{application}/keys", tag = "keys",
    params(
        ("application" = ApplicationId, Path),
        ("limit" = Option<u32>, Query, description = "Entries at most, 1 to 200; 50 without"),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the part before"),
    ),
    responses((status = 200, body = Listed<Key>)),
)]
async fn list(
    State(api): State<AdminApi>,
    by: Caller,
    At(application): At<ApplicationId>,
    RawQuery(query): RawQuery,
) -> Result<Json<Listed<Key>>, ApiError> {
    let asked = Asked::parse(query.as_deref(), &[])?;
    let all = keys::list(api.app(), by.tenant(), application).await?;
    Ok(Json(asked.cut(all, |key| key.id.to_string())?))
}

/// What to call a key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KeyName {
    /// Best the name of the host that gets it.
    name: Name,
}

/// A new key.
#[derive(Serialize, ToSchema)]
struct NewKey {
    key_id: KeyId,
    /// The Application Key, shown this once.
    #[schema(value_type = String)]
    application_key: Zeroizing<String>,
}

/// Adds a key to an application.
#[utoipa::path(
    post, path = "/admin/v1/applications/{application}/keys", tag = "keys",
    params(("application" = ApplicationId, Path)),
    request_body(content = KeyName, example = json!({ "name": "vpn2.example.com" })),
    responses(
        (status = 201, body = NewKey, description = "The key is shown this once"),
        (status = 409, description = "Another key that counts has the name"),
    ),
)]
async fn add(
    State(api): State<AdminApi>,
    by: Caller,
    At(application): At<ApplicationId>,
    Sent(KeyName { name }): Sent<KeyName>,
) -> Result<(StatusCode, Json<NewKey>), ApiError> {
    let made = keys::add(api.app(), &by.actor(), by.tenant(), application, &name).await;
    let made = made.map_err(|error| placed(error, "name"))?;
    Ok((StatusCode::CREATED, Json(NewKey { key_id: made.id, application_key: made.text })))
}

/// Calls a key otherwise.
#[utoipa::path(
    patch, path = "/admin/v1/applications/{application}/keys/{key}", tag = "keys",
    params(("application" = ApplicationId, Path), ("key" = KeyId, Path)),
    request_body(content = KeyName, example = json!({ "name": "vpn3.example.com" })),
    responses(
        (status = 204, description = "It is called so now"),
        (status = 404, description = "Not there, or it counts no longer"),
        (status = 409, description = "Another key that counts has the name"),
    ),
)]
async fn rename(
    State(api): State<AdminApi>,
    by: Caller,
    At((application, key)): At<(ApplicationId, KeyId)>,
    Sent(KeyName { name }): Sent<KeyName>,
) -> Result<StatusCode, ApiError> {
    let done = keys::rename(api.app(), &by.actor(), by.tenant(), application, key, &name).await;
    done.map_err(|error| placed(error, "name"))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Revokes a key: whoever holds it is refused from now on.
#[utoipa::path(
    delete, path = "/admin/v1/applications/{application}/keys/{key}", tag = "keys",
    params(("application" = ApplicationId, Path), ("key" = KeyId, Path)),
    responses(
        (status = 200, body = Revoked, description = "With the keys that are left"),
        (status = 404, description = "Not there, or it counts no longer"),
    ),
)]
async fn revoke(
    State(api): State<AdminApi>,
    by: Caller,
    At((application, key)): At<(ApplicationId, KeyId)>,
) -> Result<Json<Revoked>, ApiError> {
    let (app, actor, key) = (api.app(), by.actor(), key.to_string());
    Ok(Json(keys::revoke(app, &actor, by.tenant(), application, &key).await?))
}

/// Takes a revocation back, within ten minutes.
#[utoipa::path(
    post, path = "/admin/v1/applications/{application}/keys/{key}/restore", tag = "keys",
    params(("application" = ApplicationId, Path), ("key" = KeyId, Path)),
    responses(
        (status = 204, description = "It counts again"),
        (status = 409, description = "Another key has its name by now"),
        (status = 422, description = "It counts, or its ten minutes are over"),
    ),
)]
async fn restore(
    State(api): State<AdminApi>,
    by: Caller,
    At((application, key)): At<(ApplicationId, KeyId)>,
) -> Result<StatusCode, ApiError> {
    let (app, tenant) = (api.app(), by.tenant());
    match keys::restore(app, &by.actor(), tenant, application, key).await {
        Ok(_) => Ok(StatusCode::NO_CONTENT),
        // One that the application never had is not there.
        Err(KeyError::NotRestorable) => {
            let known = keys::list(app, tenant, application).await?;
            let known = known.iter().any(|known| known.id == key);
            let missing = KeyError::Unknown(key.to_string());
            Err(if known { KeyError::NotRestorable } else { missing }.into())
        }
        Err(error) => Err(placed(error, "name")),
    }
}

/// With the field that is to blame.
fn placed(error: KeyError, field: &str) -> ApiError {
    let to_blame = matches!(error, KeyError::NameTaken(_));
    let error = ApiError::from(error);
    if to_blame { error.at(field) } else { error }
}
