//! Drafts of policies: which logins of the last 30 days would have ended otherwise.

use super::{
    AdminApi,
    caller::Caller,
    policies::{document, placed, target},
    request::{At, Sent},
    routes::{Route, route},
};
use crate::{
    admin::drafts::{self, Bounds, Cut, Login, Review},
    api::error::ApiError,
};
use authx_core::{
    LoginId, UserId, policy::Document, role::Permission::PoliciesWrite, wire::login::Rfc3339,
};
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::routes;

pub(super) fn routes() -> Vec<Option<Route>> {
    vec![route(&[PoliciesWrite], routes!(review))]
}

/// A draft.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PolicyDraft {
    /// All that it would set.
    #[schema(value_type = Document)]
    policy: Value,
}

/// What a draft would have changed.
#[derive(Serialize, ToSchema)]
struct DraftReview {
    /// Logins that were judged.
    judged: u64,
    /// Those of them that would have ended otherwise, or of which it cannot be said.
    otherwise: u64,
    /// Logins that ended then or later were looked at.
    since: Rfc3339,
    /// Why not all of the last 30 days were: `count`, as there are too many, or `time`, as it would
    /// have taken too long.
    #[serde(skip_serializing_if = "Option::is_none")]
    cut: Option<&'static str>,
    /// What would have changed, what concerns most logins first.
    changes: Vec<DraftChange>,
    /// Whom it concerns most.
    users: Vec<DraftUser>,
    /// How many users it concerns.
    users_concerned: u64,
    /// Paths of values in which the draft differs and of which logins of the past do not tell.
    untold: Vec<&'static str>,
}

/// Logins that ended alike, and would have ended otherwise alike.
#[derive(Serialize, ToSchema)]
struct DraftChange {
    /// How they ended: `granted`, `refused`, `expired` or `cancelled`.
    outcome: &'static str,
    /// What let them in.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'static str>,
    /// Why they were refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// How they would end under the policy in force: `same`, `let_in`, `asked`, `other_factor`,
    /// `needs_number`, `needs_verification`, `refused_…`, `too_late`, or `unsaid_…`, where the record
    /// does not tell.
    now: &'static str,
    /// How they would under the draft, in the same words.
    draft: &'static str,
    /// How many.
    count: u64,
    /// The newest of them.
    sample: Vec<DraftLogin>,
}

/// A login, to be looked up.
#[derive(Serialize, ToSchema)]
struct DraftLogin {
    login_id: LoginId,
    #[serde(skip_serializing_if = "Option::is_none")]
    support_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<UserId>,
    application: String,
    /// When it ended.
    at: Rfc3339,
}

/// Somebody whom it concerns.
#[derive(Serialize, ToSchema)]
struct DraftUser {
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<UserId>,
    /// How many logins of theirs.
    logins: u64,
}

/// Says which logins of the last 30 days would have ended otherwise under a draft. Nothing is
/// changed. It takes up to five seconds.
#[utoipa::path(
    post, path = "/admin/v1/policies/{target}/review", tag = "policies",
    params(("target" = String, Path, description = "`global`, or the id of an application or a group")),
    request_body(content = PolicyDraft, example = json!({ "policy": { "factors": ["push"] } })),
    responses(
        (status = 200, body = DraftReview),
    ),
)]
async fn review(
    State(api): State<AdminApi>,
    by: Caller,
    At(text): At<String>,
    Sent(PolicyDraft { policy }): Sent<PolicyDraft>,
) -> Result<Json<DraftReview>, ApiError> {
    let (target, draft) = (target(&text)?, document(&policy)?);
    let (app, tenant) = (api.app(), by.tenant());
    let found = drafts::review(app, tenant, target, draft, Bounds::default()).await;
    Ok(Json(found.map_err(placed)?.into()))
}

impl From<Review> for DraftReview {
    fn from(review: Review) -> Self {
        let user = |(login, logins): (Login, u64)| DraftUser {
            user: login.user,
            user_id: login.user_id,
            logins,
        };
        Self {
            judged: review.judged,
            otherwise: review.otherwise,
            since: review.since,
            cut: review.cut.map(|cut| match cut {
                Cut::Count => "count",
                Cut::Time => "time",
            }),
            changes: review.changes.into_iter().map(DraftChange::from).collect(),
            users: review.users.into_iter().map(user).collect(),
            users_concerned: review.users_concerned,
            untold: review.untold,
        }
    }
}

impl From<drafts::Change> for DraftChange {
    fn from(change: drafts::Change) -> Self {
        let (outcome, by, reason) = change.ended.words();
        Self {
            outcome,
            by,
            reason,
            now: change.difference.now.word(),
            draft: change.difference.draft.word(),
            count: change.count,
            sample: change.sample.into_iter().map(DraftLogin::from).collect(),
        }
    }
}

impl From<Login> for DraftLogin {
    fn from(login: Login) -> Self {
        let Login { id, support_code, user, user_id, application, at } = login;
        Self { login_id: id, support_code, user, user_id, application, at }
    }
}
