//! What somebody would be asked somewhere, by the rules that decide a login.

use super::{
    AdminApi,
    caller::Caller,
    listing::{Asked, Moment},
    logins::MOMENT,
    policies::PolicyValue,
    problem::{invalid, missing},
    routes::{Route, route},
};
use crate::{
    admin::what_if::{self, Answer, WhatIfError, Wish},
    api::error::ApiError,
};
use authx_core::{
    ApplicationId,
    policy::Setting,
    role::Permission::PoliciesRead,
    wire::login::{LoginState, Offer, Rfc3339},
};
use axum::{
    Json,
    extract::{RawQuery, State},
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

pub(super) fn routes() -> Vec<Option<Route>> {
    vec![route(&[PoliciesRead], routes!(ask))]
}

/// How a login would go on whose first factor is right.
#[derive(Serialize, ToSchema)]
struct ForeseenLogin {
    /// Where it would stand.
    state: LoginState,
    /// Why it would be refused: a word of the catalogue.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// What would let the user in without a question, such as `policy` or `bypass`.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    /// Whether a phone would ring at once.
    rings: bool,
    /// Whether the user was let in from that network before; absent where no phone knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    known_network: Option<bool>,
    /// What the user could answer.
    offers: Vec<Offer>,
    /// For which moment.
    at: Rfc3339,
    /// The values of policies that decided; none where something else did.
    decided_by: Vec<PolicyValue>,
}

/// What would become of a login whose first factor is right: nothing is stored, and nobody is asked.
#[utoipa::path(
    get, path = "/admin/v1/policies/what-if", tag = "policies",
    params(
        ("application" = ApplicationId, Query, description = "Where"),
        ("user" = String, Query, description = "Who: a name or an alias"),
        ("address" = Option<String>, Query, description = "From which address, IPv4 or IPv6"),
        ("at" = Option<String>, Query, description = "When (RFC 3339); now, if not given"),
        ("autologin" = Option<bool>, Query, description = "`true`: the client signs in by itself"),
    ),
    responses(
        (status = 200, body = ForeseenLogin),
        (status = 404, description = "The application is not there"),
        (status = 422, description = "Nobody is called so"),
    ),
)]
async fn ask(
    State(api): State<AdminApi>,
    by: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<ForeseenLogin>, ApiError> {
    let known = ["application", "user", "address", "at", "autologin"];
    let asked = Asked::words(query.as_deref(), &known)?;
    let needed = |name: &'static str| invalid(name, format!("{name} is missing"));
    let wish = Wish {
        application: asked
            .parsed("application", "the id of an application")?
            .ok_or_else(|| needed("application"))?,
        user: asked.word("user").ok_or_else(|| needed("user"))?.to_owned(),
        address: asked.parsed("address", "an address, such as 192.0.2.7 or 2001:db8::7")?,
        at: asked.parsed("at", MOMENT)?.map(|Moment(at)| at),
        autologin: asked.parsed("autologin", "true or false")?.unwrap_or_default(),
    };
    let answer = what_if::ask(api.app(), by.tenant(), &wish).await.map_err(refused)?;
    let Answer { foreseen, at, in_force, decided_by } = answer;
    let value = |path: &&str| PolicyValue::of(&in_force, Setting::at(path)?);
    Ok(Json(ForeseenLogin {
        state: foreseen.view.state,
        reason: foreseen.refused.map(|reason| reason.entry().code),
        by: foreseen.by,
        rings: foreseen.rings,
        known_network: foreseen.known_network,
        offers: foreseen.view.prompt.map(|prompt| prompt.offers).unwrap_or_default(),
        at: Rfc3339(at),
        decided_by: decided_by.iter().filter_map(value).collect(),
    }))
}

fn refused(error: WhatIfError) -> ApiError {
    match error {
        WhatIfError::Admin(error) => error.into(),
        WhatIfError::Application(_) => missing(),
        WhatIfError::Login(error) => error.into(),
        WhatIfError::Policy(error) => error.into(),
        error @ (WhatIfError::Name(_) | WhatIfError::Nobody(_)) => {
            invalid("user", error.to_string())
        }
    }
}
