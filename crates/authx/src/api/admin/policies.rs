//! Policies: what is demanded of whom, and where that comes from.

use super::{
    AdminApi,
    caller::Caller,
    listing::{Asked, Listed},
    problem::{invalid, missing},
    request::{At, Sent},
    routes::{Route, route},
};
use crate::{
    admin::{
        accounts,
        policies::{self, InForce, PolicyError, Scope, Target, Version},
    },
    api::error::ApiError,
};
use authx_core::{
    ApplicationId, GroupId,
    policy::{Document, Origin, SETTINGS, Setting, Source},
    role::Permission::{PoliciesRead, PoliciesWrite},
};
use axum::{
    Json,
    extract::{RawQuery, State},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::routes;

pub(super) fn routes() -> Vec<Option<Route>> {
    vec![
        route(&[PoliciesRead], routes!(in_force)),
        route(&[PoliciesRead], routes!(get)),
        route(&[PoliciesWrite], routes!(set)),
        route(&[PoliciesRead], routes!(versions)),
        route(&[PoliciesWrite], routes!(restore)),
    ]
}

/// The document that a path names; another company's is not there.
pub(super) fn target(text: &str) -> Result<Target, ApiError> {
    text.parse().map_err(|_| missing())
}

/// One document.
#[derive(Serialize, ToSchema)]
struct PolicyShown {
    /// `global`, or the id of the application or group.
    target: String,
    /// What its owner is called.
    name: String,
    /// Names the document, so that nobody replaces another one than was read.
    revision: String,
    /// What it sets.
    policy: Document,
    /// What follows from it, the layers below, and AuthX's own values: all of them.
    effective: Document,
}

async fn shown(api: &AdminApi, by: &Caller, target: Target) -> Result<Json<PolicyShown>, ApiError> {
    let shown = policies::show(api.app(), by.tenant(), target).await?;
    Ok(Json(PolicyShown {
        target: target.to_string(),
        name: shown.whose,
        revision: shown.revision,
        policy: shown.document,
        effective: shown.effective.document(),
    }))
}

/// The policy of the company (`global`), of an application or of a group: what it sets, and what
/// follows from it.
#[utoipa::path(
    get, path = "/admin/v1/policies/{target}", tag = "policies",
    params(("target" = String, Path, description = "`global`, or the id of an application or a group")),
    responses(
        (status = 200, body = PolicyShown),
    ),
)]
async fn get(
    State(api): State<AdminApi>,
    by: Caller,
    At(text): At<String>,
) -> Result<Json<PolicyShown>, ApiError> {
    shown(&api, &by, target(&text)?).await
}

/// A new document.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PolicyChange {
    /// The revision of the document from which this one was made.
    revision: String,
    /// All that it sets. What is not in it is decided by the next layer.
    #[schema(value_type = Document)]
    policy: Value,
}

/// Replaces a policy. Ask first what it would have changed: `review`.
#[utoipa::path(
    put, path = "/admin/v1/policies/{target}", tag = "policies",
    params(("target" = String, Path, description = "`global`, or the id of an application or a group")),
    request_body(content = PolicyChange, example = json!({
        "revision": "kq3xJ0aVt2sWzL8m", "policy": { "factors": ["push"], "limits": { "lock_after": 8 } },
    })),
    responses(
        (status = 200, body = PolicyShown, description = "It is in force"),
        (status = 409, description = "Somebody else has set it meanwhile: read it again"),
    ),
)]
async fn set(
    State(api): State<AdminApi>,
    by: Caller,
    At(text): At<String>,
    Sent(PolicyChange { revision, policy }): Sent<PolicyChange>,
) -> Result<Json<PolicyShown>, ApiError> {
    let (target, document) = (target(&text)?, document(&policy)?);
    let (app, actor) = (api.app(), by.actor());
    let set = policies::replace(app, &actor, by.tenant(), target, &revision, document).await;
    set.map_err(placed)?;
    shown(&api, &by, target).await
}

/// A document that a script sent.
pub(super) fn document(policy: &Value) -> Result<Document, ApiError> {
    Document::from_value(policy).map_err(|error| placed(error.into()))
}

/// Where the policy in force for somebody somewhere comes from.
#[derive(Serialize, ToSchema)]
struct PolicyInForce {
    /// What the application is called, where one was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    application: Option<String>,
    /// The groups that were looked at, in the order in which they count.
    groups: Vec<GroupLooked>,
    /// Every value.
    values: Vec<PolicyValue>,
}

/// A group that was looked at.
#[derive(Serialize, ToSchema)]
struct GroupLooked {
    group_id: GroupId,
    name: String,
}

/// A value in force.
#[derive(Serialize, ToSchema)]
pub(super) struct PolicyValue {
    /// Where it stands in documents, such as `limits.lock_after`.
    path: &'static str,
    /// What people call it.
    title: &'static str,
    #[serde(flatten)]
    source: PolicySource,
    /// What the layers below say, which does not count here.
    overrides: Vec<PolicySource>,
}

impl PolicyValue {
    /// `None` where nothing says what it is.
    pub(super) fn of(found: &InForce, setting: &'static Setting) -> Option<Self> {
        let (first, rest) = found.sources.get(setting.path)?.split_first()?;
        Some(Self {
            path: setting.path,
            title: setting.title,
            source: PolicySource::of(found, first),
            overrides: rest.iter().map(|source| PolicySource::of(found, source)).collect(),
        })
    }
}

/// A value of one layer.
#[derive(Serialize, ToSchema)]
struct PolicySource {
    /// As documents have it; `null` where AuthX has words of its own.
    value: Value,
    /// `group`, `application`, `tenant`, or `default` for AuthX's own.
    from: &'static str,
    /// What whoever says so is called.
    from_name: String,
    /// Which group it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    from_group: Option<GroupId>,
}

impl PolicySource {
    fn of(found: &InForce, source: &Source) -> Self {
        let (from, from_group) = match source.origin {
            Origin::Application => ("application", None),
            Origin::Default => ("default", None),
            Origin::Group(id) => ("group", Some(id)),
            Origin::Tenant => ("tenant", None),
        };
        let from_name = found.name(source.origin).to_owned();
        Self { value: source.value.clone(), from, from_name, from_group }
    }
}

/// What is in force at an application, for a group or a user, and where each value comes from.
#[utoipa::path(
    get, path = "/admin/v1/policies/in-force", tag = "policies",
    params(
        ("application" = Option<ApplicationId>, Query, description = "At this application; without, at one that has no policy of its own"),
        ("group" = Option<GroupId>, Query, description = "For a user who is in this group and no other"),
        ("user" = Option<String>, Query, description = "For this user, with all groups: a name, an alias or an id"),
    ),
    responses(
        (status = 200, body = PolicyInForce),
        (status = 404, description = "One of them is not there"),
    ),
)]
async fn in_force(
    State(api): State<AdminApi>,
    by: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<PolicyInForce>, ApiError> {
    let asked = Asked::words(query.as_deref(), &["application", "group", "user"])?;
    let (app, tenant) = (api.app(), by.tenant());
    let user = match asked.word("user") {
        Some(text) => Some(accounts::find(app, tenant, text).await?.id),
        None => None,
    };
    let application = asked.parsed("application", "the id of an application")?;
    let group = asked.parsed("group", "the id of a group")?;
    let found = policies::in_force(app, tenant, Scope { application, group, user }).await?;
    let values = SETTINGS.iter().filter_map(|setting| PolicyValue::of(&found, setting)).collect();
    let group = |(id, name): &(GroupId, String)| GroupLooked { group_id: *id, name: name.clone() };
    let groups = found.groups.iter().map(group).collect();
    Ok(Json(PolicyInForce { values, groups, application: found.application }))
}

/// Earlier versions of a policy, the newest first.
#[utoipa::path(
    get, path = "/admin/v1/policies/{target}/versions", tag = "policies",
    params(
        ("target" = String, Path, description = "`global`, or the id of an application or a group"),
        ("limit" = Option<u32>, Query, description = "Entries at most, 1 to 200; 50 without"),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the part before"),
    ),
    responses(
        (status = 200, body = Listed<Version>),
    ),
)]
async fn versions(
    State(api): State<AdminApi>,
    by: Caller,
    At(text): At<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Listed<Version>>, ApiError> {
    let (target, asked) = (target(&text)?, Asked::parse(query.as_deref(), &[])?);
    let before = asked.behind::<i64>()?;
    let found = policies::versions(api.app(), by.tenant(), target, before, asked.limit).await?;
    Ok(Json(Asked::page(found.page, found.more, |version| version.version.to_string())))
}

/// Against which document.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PolicySeen {
    /// The revision of the document that is in force now.
    revision: String,
}

/// Puts an earlier version into force again.
#[utoipa::path(
    post, path = "/admin/v1/policies/{target}/versions/{version}/restore", tag = "policies",
    params(
        ("target" = String, Path, description = "`global`, or the id of an application or a group"),
        ("version" = i64, Path),
    ),
    request_body(content = PolicySeen, example = json!({ "revision": "kq3xJ0aVt2sWzL8m" })),
    responses(
        (status = 200, body = PolicyShown, description = "It is in force"),
        (status = 409, description = "Somebody else has set it meanwhile: read it again"),
    ),
)]
async fn restore(
    State(api): State<AdminApi>,
    by: Caller,
    At((text, version)): At<(String, i64)>,
    Sent(PolicySeen { revision }): Sent<PolicySeen>,
) -> Result<Json<PolicyShown>, ApiError> {
    let target = target(&text)?;
    let (app, actor) = (api.app(), by.actor());
    let done = policies::restore(app, &actor, by.tenant(), target, &revision, version).await;
    done.map_err(placed)?;
    shown(&api, &by, target).await
}

/// With the field that is to blame.
pub(super) fn placed(error: PolicyError) -> ApiError {
    let field = match &error {
        PolicyError::Changed(_) => Some("revision"),
        PolicyError::Invalid(error) => return invalid("policy", error.to_string()),
        PolicyError::Admin(_)
        | PolicyError::Application(_)
        | PolicyError::Group(_)
        | PolicyError::UnknownVersion(_) => None,
    };
    let error = ApiError::from(error);
    match field {
        Some(field) => error.at(field),
        None => error,
    }
}
