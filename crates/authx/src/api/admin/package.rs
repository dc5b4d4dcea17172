//! What is installed on a host, to be downloaded.

use super::{
    AdminApi,
    caller::Caller,
    request::{At, Sent},
    routes::{Route, route},
};
use crate::{
    admin::{
        applications,
        packages::{self, HandedOut},
    },
    api::error::ApiError,
    packages::file_name,
};
use authx_core::{
    ApplicationId,
    name::Name,
    role::Permission::{ApplicationsRead, KeysWrite},
};
use axum::{
    body::Body,
    extract::State,
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

pub(super) fn routes() -> Vec<Option<Route>> {
    vec![
        route(&[ApplicationsRead], routes!(without_key)),
        route(&[KeysWrite], routes!(with_new_key)),
    ]
}

/// The package for an application's hosts as a ZIP, without a key.
#[utoipa::path(
    get, path = "/admin/v1/applications/{application}/package", tag = "packages",
    params(("application" = ApplicationId, Path)),
    responses(
        (status = 200, content_type = "application/zip", body = Vec<u8>),
        (status = 422, description = "There is none for its type, or this server has none"),
    ),
)]
async fn without_key(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<ApplicationId>,
) -> Result<Response, ApiError> {
    handed_out(&api, &by, id, None).await
}

/// A package that holds a new key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PackageWithKey {
    /// What to call the key, best as the host that gets it.
    key_name: Name,
}

/// The package for an application's hosts as a ZIP with a new key in it, which is nowhere else. The
/// header `authx-key-id` says which key it is.
#[utoipa::path(
    post, path = "/admin/v1/applications/{application}/package", tag = "packages",
    params(("application" = ApplicationId, Path)),
    request_body(content = PackageWithKey, example = json!({ "key_name": "vpn2.example.com" })),
    responses(
        (status = 200, content_type = "application/zip", body = Vec<u8>),
        (status = 409, description = "Another key that counts has the name"),
    ),
)]
async fn with_new_key(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<ApplicationId>,
    Sent(PackageWithKey { key_name }): Sent<PackageWithKey>,
) -> Result<Response, ApiError> {
    handed_out(&api, &by, id, Some(&key_name)).await
}

async fn handed_out(
    api: &AdminApi,
    by: &Caller,
    id: ApplicationId,
    key: Option<&Name>,
) -> Result<Response, ApiError> {
    let (app, actor, tenant) = (api.app(), by.actor(), by.tenant());
    let application = applications::get(app, tenant, id).await?;
    let made = packages::hand_out(app, &actor, tenant, id, None, key).await?;
    Ok(download(made, &application.name))
}

/// The bytes are overwritten when they were sent.
fn download(made: HandedOut, application: &str) -> Response {
    let mut response = Body::from(Bytes::from_owner(made.package.bytes)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    let named = format!("attachment; filename=\"{}.zip\"", file_name(application));
    let key = made.key.map(|key| key.to_string());
    for (name, value) in [(header::CONTENT_DISPOSITION, Some(named)), (KEY_ID, key)] {
        if let Some(Ok(value)) = value.map(HeaderValue::try_from) {
            headers.insert(name, value);
        }
    }
    response
}

const KEY_ID: HeaderName = HeaderName::from_static("authx-key-id");
