//! In which state a user is, other names, many at once, and what happened to one.

use super::{
    super::{
        AdminApi,
        caller::Caller,
        listing::{Asked, Counted, Listed, Moment, Order},
        logins::MOMENT,
        problem::invalid,
        request::{At, Sent},
        routes::{Route, route},
    },
    now,
};
use crate::{
    admin::{
        accounts::{self, Account, Deed},
        aliases::{self, AliasError},
        record::{
            Entry,
            of_user::{self, UserFilter},
        },
    },
    api::error::ApiError,
};
use authx_core::{
    UserId,
    name::Name,
    role::Permission::{FactorsWrite, LogsRead, UsersWrite},
};
use axum::{
    Json,
    extract::{RawQuery, State},
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

pub(super) fn routes() -> Vec<Option<Route>> {
    vec![
        route(&[UsersWrite], routes!(disable)),
        route(&[UsersWrite], routes!(enable)),
        route(&[FactorsWrite], routes!(unlock)),
        route(&[UsersWrite], routes!(restore)),
        route(&[UsersWrite], routes!(bulk)),
        route(&[UsersWrite], routes!(add_alias)),
        route(&[UsersWrite], routes!(remove_alias)),
        route(&[LogsRead], routes!(log)),
    ]
}

/// Keeps a user from signing in, and ends what is remembered of their sign-ins.
#[utoipa::path(
    post, path = "/admin/v1/users/{user}/disable", tag = "users",
    params(("user" = UserId, Path)),
    responses(
        (status = 200, body = Account, description = "As it is now"),
        (status = 422, description = "They are removed"),
    ),
)]
async fn disable(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<UserId>,
) -> Result<Json<Account>, ApiError> {
    accounts::disable(api.app(), &by.actor(), by.tenant(), id).await?;
    now(&api, &by, id).await
}

/// Lets a user sign in again, and forgets wrong answers.
#[utoipa::path(
    post, path = "/admin/v1/users/{user}/enable", tag = "users",
    params(("user" = UserId, Path)),
    responses(
        (status = 200, body = Account, description = "As it is now"),
        (status = 422, description = "They are removed"),
    ),
)]
async fn enable(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<UserId>,
) -> Result<Json<Account>, ApiError> {
    accounts::enable(api.app(), &by.actor(), by.tenant(), id).await?;
    now(&api, &by, id).await
}

/// Forgets a user's wrong answers and “not me”: locked factors work again, and phones are asked.
#[utoipa::path(
    post, path = "/admin/v1/users/{user}/unlock", tag = "users",
    params(("user" = UserId, Path)),
    responses(
        (status = 200, body = Account, description = "As it is now"),
        (status = 422, description = "They are disabled or removed"),
    ),
)]
async fn unlock(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<UserId>,
) -> Result<Json<Account>, ApiError> {
    accounts::unlock(api.app(), &by.actor(), by.tenant(), id).await?;
    now(&api, &by, id).await
}

/// Brings a removed user back, in the state that they had, with phones and factors.
#[utoipa::path(
    post, path = "/admin/v1/users/{user}/restore", tag = "users",
    params(("user" = UserId, Path)),
    responses(
        (status = 200, body = Account, description = "As it is now"),
        (status = 404, description = "Not there, or deleted by now"),
        (status = 422, description = "They are not removed"),
    ),
)]
async fn restore(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<UserId>,
) -> Result<Json<Account>, ApiError> {
    accounts::restore(api.app(), &by.actor(), by.tenant(), id).await?;
    now(&api, &by, id).await
}

/// One deed for many users.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Bulk {
    /// What is done to each.
    deed: BulkDeed,
    /// To whom, at most 200.
    user_ids: Vec<UserId>,
}

/// What is done to each.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum BulkDeed {
    Disable,
    Enable,
    Remove,
    Restore,
}

/// What became of one of them.
#[derive(Serialize, ToSchema)]
struct BulkOutcome {
    user_id: UserId,
    /// What they sign in with; absent for an id that is nobody's.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Whether it was done.
    done: bool,
    /// Why it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
}

/// Does one thing to each of many users, in order; what could not be done is said of each.
#[utoipa::path(
    post, path = "/admin/v1/users/bulk", tag = "users",
    request_body(content = Bulk, example = json!({ "deed": "disable", "user_ids": [] })),
    responses((status = 200, body = Listed<BulkOutcome>)),
)]
async fn bulk(
    State(api): State<AdminApi>,
    by: Caller,
    Sent(Bulk { deed, user_ids }): Sent<Bulk>,
) -> Result<Json<Listed<BulkOutcome>>, ApiError> {
    if user_ids.len() > accounts::MOST_AT_ONCE {
        let most = accounts::MOST_AT_ONCE;
        return Err(invalid("user_ids", format!("at most {most} at once; do it in parts")));
    }
    let deed = match deed {
        BulkDeed::Disable => Deed::Disable,
        BulkDeed::Enable => Deed::Enable,
        BulkDeed::Remove => Deed::Remove,
        BulkDeed::Restore => Deed::Restore,
    };
    let done = accounts::bulk(api.app(), &by.actor(), by.tenant(), deed, &user_ids).await?;
    let outcome = |one: accounts::Done| BulkOutcome {
        user_id: one.id,
        name: one.name,
        done: one.refused.is_none(),
        refused: one.refused,
    };
    Ok(Json(Listed { items: done.into_iter().map(outcome).collect(), next_cursor: None }))
}

/// Another name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewAlias {
    alias: Name,
}

/// Gives a user another name.
#[utoipa::path(
    post, path = "/admin/v1/users/{user}/aliases", tag = "users",
    params(("user" = UserId, Path)),
    request_body(content = NewAlias, example = json!({ "alias": "CORP\\anna.b" })),
    responses(
        (status = 201, body = Account, description = "As it is now"),
        (status = 409, description = "Somebody goes by it already"),
    ),
)]
async fn add_alias(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<UserId>,
    Sent(NewAlias { alias }): Sent<NewAlias>,
) -> Result<(StatusCode, Json<Account>), ApiError> {
    let added = aliases::add(api.app(), &by.actor(), by.tenant(), id, &alias).await;
    added.map_err(|error| {
        let blames = !matches!(error, AliasError::Admin(_));
        let error = ApiError::from(error);
        if blames && error.status == StatusCode::CONFLICT { error.at("alias") } else { error }
    })?;
    Ok((StatusCode::CREATED, now(&api, &by, id).await?))
}

/// Takes a name from a user.
#[utoipa::path(
    delete, path = "/admin/v1/users/{user}/aliases/{alias}", tag = "users",
    params(
        ("user" = UserId, Path),
        ("alias" = String, Path, description = "Percent-encoded where it is no plain word"),
    ),
    responses(
        (status = 204, description = "They go by it no more"),
        (status = 404, description = "Not there, or no alias of theirs"),
        (status = 422, description = "It is the user's own name, which stays"),
    ),
)]
async fn remove_alias(
    State(api): State<AdminApi>,
    by: Caller,
    At((id, alias)): At<(UserId, Name)>,
) -> Result<StatusCode, ApiError> {
    aliases::remove(api.app(), &by.actor(), by.tenant(), id, &alias).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What the record says of a user, the newest or the oldest first.
#[utoipa::path(
    get, path = "/admin/v1/users/{user}/log", tag = "users",
    params(
        ("user" = UserId, Path),
        ("support_code" = Option<String>, Query, description = "Under this one"),
        ("from" = Option<String>, Query, description = "Then or later, as `2026-11-26T14:00:00Z`"),
        ("until" = Option<String>, Query, description = "Before then"),
        ("what" = Option<String>, Query, description = "`logins` for the steps of logins alone, `changes` for everything else"),
        ("sort" = Option<String>, Query, description = "`-at`, the newest first, or `at`, the oldest first"),
        ("limit" = Option<u32>, Query, description = "Entries at most, 1 to 200; 50 without"),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the part before"),
    ),
    responses(
        (status = 200, body = Counted<Entry>),
    ),
)]
async fn log(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<UserId>,
    RawQuery(query): RawQuery,
) -> Result<Json<Counted<Entry>>, ApiError> {
    let asked = Asked::parse(query.as_deref(), &["support_code", "what", "from", "until", "sort"])?;
    let (app, tenant) = (api.app(), by.tenant());
    accounts::get(app, tenant, id).await?;
    let filter = UserFilter {
        support_code: asked.word("support_code").and_then(of_user::code),
        steps: asked.one_of("what", &[("logins", true), ("changes", false)])?,
        from: asked.parsed::<Moment>("from", MOMENT)?.map(|at| at.0),
        until: asked.parsed::<Moment>("until", MOMENT)?.map(|at| at.0),
    };
    let from = (asked.behind::<i64>()?, asked.ascends("at", Order::Down)?);
    let (items, (total, more)) =
        of_user::some(app, tenant, id, &filter, from, asked.rows()).await?;
    let part = asked.part(items, |entry| entry.seq.to_string());
    Ok(Json(Counted::at_least(part, total, more)))
}
