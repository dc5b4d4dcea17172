//! How a company is called and set up, and how long its record is kept.

use super::{
    AdminApi,
    caller::Caller,
    request::Sent,
    routes::{Route, route},
};
use crate::{
    admin::{
        company::{self, Company, CompanyError, Wish},
        retention::{self, Standing},
    },
    api::error::ApiError,
};
use authx_core::{
    audit::Retention,
    role::Permission::{SettingsRead, SettingsWrite},
    wire::login::Rfc3339,
};
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

pub(super) fn routes() -> Vec<Option<Route>> {
    vec![
        route(&[SettingsRead], routes!(get)),
        route(&[SettingsWrite], routes!(set)),
        route(&[SettingsRead], routes!(kept)),
        route(&[SettingsWrite], routes!(keep)),
    ]
}

/// How the company is called and set up.
#[utoipa::path(
    get, path = "/admin/v1/company", tag = "company",
    responses((status = 200, body = Company)),
)]
async fn get(State(api): State<AdminApi>, by: Caller) -> Result<Json<Company>, ApiError> {
    Ok(Json(company::get(api.app(), by.tenant()).await?))
}

/// All that is set of a company.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SetCompany {
    /// Its name; users read it on their phones.
    name: String,
    /// The zone in which its people read times, as in the IANA database.
    time_zone: String,
    /// Its colour, 1 to 8.
    hue: u8,
}

/// Sets how the company is called and set up.
#[utoipa::path(
    put, path = "/admin/v1/company", tag = "company",
    request_body(content = SetCompany, example = json!({
        "name": "Example", "time_zone": "Europe/Berlin", "hue": 3,
    })),
    responses(
        (status = 200, body = Company, description = "As it is now"),
        (status = 409, description = "The name is not free here"),
        (status = 429, description = "Many names were tried that are not free"),
    ),
)]
async fn set(
    State(api): State<AdminApi>,
    by: Caller,
    Sent(wish): Sent<SetCompany>,
) -> Result<Json<Company>, ApiError> {
    let SetCompany { name, time_zone, hue } = wish;
    let wish = Wish { name: &name, time_zone: &time_zone, hue };
    let done = company::set(api.app(), &by.actor(), by.tenant(), wish).await;
    done.map_err(|error| {
        let field = match error {
            CompanyError::Admin(_) => None,
            CompanyError::Hue(_) => Some("hue"),
            CompanyError::Name(_)
            | CompanyError::NameTaken(_)
            | CompanyError::NamesTried { .. } => Some("name"),
            CompanyError::TimeZone(_) => Some("time_zone"),
        };
        let error = ApiError::from(error);
        field.map_or(error.clone(), |field| error.at(field))
    })?;
    Ok(Json(company::get(api.app(), by.tenant()).await?))
}

/// How long the record is kept.
#[derive(Serialize, ToSchema)]
struct KeptRecord {
    /// Days for logins; absent: for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    logins_days: Option<u32>,
    /// Days for what was changed; absent: for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    actions_days: Option<u32>,
    /// Nothing goes, whatever its age.
    hold: bool,
    /// How many entries went so far.
    removed: u64,
    /// When entries went last.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_removed: Option<Rfc3339>,
}

impl From<Standing> for KeptRecord {
    fn from(standing: Standing) -> Self {
        let Standing { retention, removed, last_removed } = standing;
        Self {
            logins_days: retention.logins_days,
            actions_days: retention.actions_days,
            hold: retention.hold,
            removed,
            last_removed: last_removed.map(Rfc3339),
        }
    }
}

/// How long the record is kept.
#[utoipa::path(
    get, path = "/admin/v1/retention", tag = "company",
    responses((status = 200, body = KeptRecord)),
)]
async fn kept(State(api): State<AdminApi>, by: Caller) -> Result<Json<KeptRecord>, ApiError> {
    Ok(Json(retention::standing(api.app(), by.tenant()).await?.into()))
}

/// How long the record is to be kept, all of it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KeepRecord {
    /// Days for logins, 30 or more; absent: for ever.
    logins_days: Option<u32>,
    /// Days for what was changed, 30 or more; absent: for ever.
    actions_days: Option<u32>,
    /// Nothing goes, whatever its age.
    #[serde(default)]
    hold: bool,
}

/// Keeps the record for another time from now on.
#[utoipa::path(
    put, path = "/admin/v1/retention", tag = "company",
    request_body(content = KeepRecord, example = json!({ "logins_days": 365 })),
    responses((status = 200, body = KeptRecord, description = "As it is now")),
)]
async fn keep(
    State(api): State<AdminApi>,
    by: Caller,
    Sent(wish): Sent<KeepRecord>,
) -> Result<Json<KeptRecord>, ApiError> {
    let KeepRecord { logins_days, actions_days, hold } = wish;
    let new = Retention { logins_days, actions_days, hold };
    let (app, tenant) = (api.app(), by.tenant());
    if retention::standing(app, tenant).await?.retention != new {
        retention::set(app, &by.actor(), tenant, new).await?;
    }
    Ok(Json(retention::standing(app, tenant).await?.into()))
}
