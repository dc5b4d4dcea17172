//! What an application demands of whom, with the source of every value.

use super::{
    AdminApi,
    caller::Caller,
    listing::Asked,
    request::At,
    routes::{Route, route},
};
use crate::{
    admin::policies::{self, Scope},
    api::error::ApiError,
};
use authx_core::{
    ApplicationId, GroupId, UserId,
    policy::{Origin, Source},
    role::Permission::PoliciesRead,
};
use axum::{
    Json,
    extract::{RawQuery, State},
};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_axum::routes;

pub(super) fn routes() -> Vec<Option<Route>> {
    vec![route(&[PoliciesRead], routes!(effective))]
}

/// What is in force.
#[derive(Serialize, ToSchema)]
struct EffectivePolicy {
    /// Every value by its path in policy documents.
    values: BTreeMap<&'static str, ValueInForce>,
}

/// A value in force.
#[derive(Serialize, ToSchema)]
struct ValueInForce {
    #[serde(flatten)]
    counts: SaidValue,
    /// What it overrides, from above.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    overrides: Vec<SaidValue>,
}

/// A value in a layer.
#[derive(Serialize, ToSchema)]
struct SaidValue {
    /// As documents have it; absent where AuthX has words of its own.
    #[serde(skip_serializing_if = "Value::is_null")]
    value: Value,
    /// Whose: `default`, `tenant`, `application`, or `group`.
    source: &'static str,
    /// What that is called.
    name: String,
}

/// What is in force at an application, for everybody, for a member of one group, or for one user.
#[utoipa::path(
    get, path = "/admin/v1/applications/{application}/effective-policy", tag = "applications",
    params(
        ("application" = ApplicationId, Path),
        ("group" = Option<GroupId>, Query, description = "For a user in this group alone"),
        ("user" = Option<UserId>, Query, description = "For this user, with all groups"),
    ),
    responses((status = 200, body = EffectivePolicy)),
)]
async fn effective(
    State(api): State<AdminApi>,
    by: Caller,
    At(application): At<ApplicationId>,
    RawQuery(query): RawQuery,
) -> Result<Json<EffectivePolicy>, ApiError> {
    let asked = Asked::parse(query.as_deref(), &["group", "user"])?;
    let scope = Scope {
        application: Some(application),
        group: asked.id::<GroupId>("group")?,
        user: asked.id::<UserId>("user")?,
    };
    let found = policies::in_force(api.app(), by.tenant(), scope).await?;
    let said = |source: &Source| SaidValue {
        value: source.value.clone(),
        source: match source.origin {
            Origin::Application => "application",
            Origin::Default => "default",
            Origin::Group(_) => "group",
            Origin::Tenant => "tenant",
        },
        name: found.name(source.origin).to_owned(),
    };
    let value = |(path, sources): (&&'static str, &Vec<Source>)| {
        let (counts, others) = sources.split_first()?;
        let overrides = others.iter().map(said).collect();
        Some((*path, ValueInForce { counts: said(counts), overrides }))
    };
    Ok(Json(EffectivePolicy { values: found.sources.iter().filter_map(value).collect() }))
}
