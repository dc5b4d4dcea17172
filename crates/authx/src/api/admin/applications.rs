//! Applications: what is protected, and for whom.

use super::{
    AdminApi,
    caller::Caller,
    listing::{Asked, Listed},
    problem::invalid,
    request::{At, Sent},
    routes::{Route, route},
};
use crate::{
    admin::{
        applications::{
            self, Application, ApplicationError, ApplicationKind, Order, SettingsChange,
            State as Doing, Wanted,
        },
        contacts::{self, Contact},
    },
    api::error::ApiError,
};
use authx_core::{
    ApplicationId, GroupId, KeyId,
    application::DomainSuffix,
    name::Name,
    role::Permission::{ApplicationsRead, ApplicationsWrite, KeysWrite, PoliciesWrite},
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
        route(&[ApplicationsWrite, KeysWrite], routes!(protect)),
        route(&[ApplicationsRead], routes!(get)),
        route(&[ApplicationsWrite], routes!(change)),
        route(&[ApplicationsWrite, KeysWrite], routes!(delete)),
        route(&[PoliciesWrite], routes!(set_audience)),
        route(&[ApplicationsRead], routes!(contacts)),
    ]
}

/// What is protected.
#[utoipa::path(
    get, path = "/admin/v1/applications", tag = "applications",
    params(
        ("q" = Option<String>, Query, description = "A part of the name, or the id"),
        ("state" = Option<Doing>, Query, description = "How it is doing"),
        ("sort" = Option<String>, Query, description = "`name`, `-name`, `last_contact`, `-last_contact`"),
        ("limit" = Option<u32>, Query, description = "Entries at most, 1 to 200; 50 without"),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the part before"),
    ),
    responses((status = 200, body = Listed<Application>)),
)]
async fn list(
    State(api): State<AdminApi>,
    by: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Listed<Application>>, ApiError> {
    let asked = Asked::parse(query.as_deref(), &["q", "state", "sort"])?;
    let (order, descending) = asked.one_of("sort", SORTS)?.unwrap_or_default();
    let wanted = Wanted {
        search: asked.word("q").unwrap_or_default(),
        state: asked.one_of("state", STATES)?,
        order,
        descending,
    };
    let all = applications::found(api.app(), by.tenant(), &wanted).await?;
    Ok(Json(asked.cut(all, |application| application.id.to_string())?))
}

/// A new application.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ProtectApplication {
    /// What to call it.
    name: Name,
    /// What it is.
    #[serde(rename = "type")]
    kind: ApplicationKind,
    /// What to call its first key, best as its host.
    key_name: Name,
}

/// A new application, with what its host has to know.
#[derive(Serialize, ToSchema)]
struct NewApplication {
    application_id: ApplicationId,
    /// Which key it is.
    key_id: KeyId,
    /// The Application Key, shown this once.
    #[schema(value_type = String)]
    application_key: Zeroizing<String>,
    application_url: String,
}

/// Protects something, with a first key.
#[utoipa::path(
    post, path = "/admin/v1/applications", tag = "applications",
    request_body(content = ProtectApplication, example = json!({
        "name": "Berlin VPN", "type": "openvpn", "key_name": "vpn1.example.com",
    })),
    responses(
        (status = 201, body = NewApplication, description = "The key is shown this once"),
        (status = 409, description = "Another application has the name"),
    ),
)]
async fn protect(
    State(api): State<AdminApi>,
    by: Caller,
    Sent(wish): Sent<ProtectApplication>,
) -> Result<(StatusCode, Json<NewApplication>), ApiError> {
    let ProtectApplication { name, kind, key_name } = wish;
    let (app, actor) = (api.app(), by.actor());
    let made = applications::create(app, &actor, by.tenant(), &name, kind, &key_name).await;
    let made = made.map_err(|error| placed(error, "name"))?;
    let protected = NewApplication {
        application_id: made.id,
        key_id: made.key.id,
        application_key: made.key.text,
        application_url: app.public_url.to_string(),
    };
    Ok((StatusCode::CREATED, Json(protected)))
}

/// One application.
#[utoipa::path(
    get, path = "/admin/v1/applications/{application}", tag = "applications",
    params(("application" = ApplicationId, Path)),
    responses((status = 200, body = Application)),
)]
async fn get(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<ApplicationId>,
) -> Result<Json<Application>, ApiError> {
    Ok(Json(applications::get(api.app(), by.tenant(), id).await?))
}

/// What is to be otherwise; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeApplication {
    /// What to call it.
    name: Option<Name>,
    /// Names with this domain and without it are one person's; empty where names are as typed.
    domain_suffix: Option<String>,
    /// Whether nobody signs in.
    switched_off: Option<bool>,
}

/// Calls an application otherwise, switches it off or on, says which domain its names have.
#[utoipa::path(
    patch, path = "/admin/v1/applications/{application}", tag = "applications",
    params(("application" = ApplicationId, Path)),
    request_body(content = ChangeApplication, example = json!({
        "domain_suffix": "corp.example", "switched_off": false,
    })),
    responses(
        (status = 200, body = Application, description = "As it is now"),
        (status = 409, description = "Another application has the name"),
    ),
)]
async fn change(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<ApplicationId>,
    Sent(wish): Sent<ChangeApplication>,
) -> Result<Json<Application>, ApiError> {
    let suffix = |text: String| match text.as_str() {
        "" => Ok(None),
        text => DomainSuffix::new(text).map(Some),
    };
    let suffix = wish.domain_suffix.map(suffix).transpose();
    let wanted = SettingsChange {
        name: wish.name,
        domain_suffix: suffix.map_err(|error| invalid("domain_suffix", error.to_string()))?,
        switched_off: wish.switched_off,
        ..SettingsChange::default()
    };
    let (app, actor) = (api.app(), by.actor());
    let done = applications::set(app, &actor, by.tenant(), id, &wanted).await;
    done.map_err(|error| placed(error, "name"))?;
    Ok(Json(applications::get(app, by.tenant(), id).await?))
}

/// Deletes an application: nobody signs in through it any more, and its keys are gone.
#[utoipa::path(
    delete, path = "/admin/v1/applications/{application}", tag = "applications",
    params(("application" = ApplicationId, Path)),
    responses((status = 204, description = "It is gone")),
)]
async fn delete(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<ApplicationId>,
) -> Result<StatusCode, ApiError> {
    applications::delete(api.app(), &by.actor(), by.tenant(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whom an application is for, all of it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SetAudience {
    /// The only groups whose members may sign in; absent where everybody may. An empty list lets
    /// nobody in.
    groups: Option<Vec<GroupId>>,
    /// The only groups whose members are asked for a second factor, while it is tried; absent or
    /// empty where everybody is.
    #[serde(default)]
    pilot: Vec<GroupId>,
}

/// Says who may sign in, and who is asked for a second factor while it is tried.
#[utoipa::path(
    put, path = "/admin/v1/applications/{application}/audience", tag = "applications",
    params(("application" = ApplicationId, Path)),
    request_body(content = SetAudience, example = json!({ "pilot": [] })),
    responses((status = 200, body = Application, description = "As it is now")),
)]
async fn set_audience(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<ApplicationId>,
    Sent(wish): Sent<SetAudience>,
) -> Result<Json<Application>, ApiError> {
    let wanted = SettingsChange {
        groups: Some(wish.groups),
        pilot: Some(wish.pilot),
        ..SettingsChange::default()
    };
    let (app, actor) = (api.app(), by.actor());
    let done = applications::set(app, &actor, by.tenant(), id, &wanted).await;
    done.map_err(|error| placed(error, "groups"))?;
    Ok(Json(applications::get(app, by.tenant(), id).await?))
}

/// The hosts that call for an application, the newest first.
#[utoipa::path(
    get, path = "/admin/v1/applications/{application}/contacts", tag = "applications",
    params(("application" = ApplicationId, Path)),
    responses((status = 200, body = Listed<Contact>)),
)]
async fn contacts(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<ApplicationId>,
) -> Result<Json<Listed<Contact>>, ApiError> {
    let items = contacts::list(api.app(), by.tenant(), id).await?;
    Ok(Json(Listed { items, next_cursor: None }))
}

/// With the field that is to blame.
fn placed(error: ApplicationError, field: &str) -> ApiError {
    let to_blame =
        matches!(error, ApplicationError::NameTaken(_) | ApplicationError::UnknownGroup(_));
    let error = ApiError::from(error);
    if to_blame { error.at(field) } else { error }
}

const STATES: &[(&str, Doing)] = &[
    ("in_use", Doing::InUse),
    ("no_key", Doing::NoKey),
    ("silent", Doing::Silent),
    ("switched_off", Doing::SwitchedOff),
    ("waiting", Doing::Waiting),
];
const SORTS: &[(&str, (Order, bool))] = &[
    ("name", (Order::Name, false)),
    ("-name", (Order::Name, true)),
    ("last_contact", (Order::LastContact, false)),
    ("-last_contact", (Order::LastContact, true)),
];
