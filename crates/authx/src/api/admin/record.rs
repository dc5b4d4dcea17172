//! What administrators and users changed.

use super::{
    AdminApi,
    caller::Caller,
    file,
    listing::{Asked, Counted, Listed, Moment, Order},
    logins::MOMENT,
    routes::{Route, route},
};
use crate::{
    admin::record::{
        actions::{self, Action, ActionFilter, Towards},
        export::{What, export},
    },
    api::error::ApiError,
};
use authx_core::{
    ApplicationId, UserId,
    role::Permission::{LogsExport, RecordRead},
};
use axum::{
    Json,
    extract::{RawQuery, State},
    response::Response,
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

pub(super) fn routes() -> Vec<Option<Route>> {
    vec![
        route(&[RecordRead], routes!(list)),
        route(&[RecordRead], routes!(kinds)),
        route(&[LogsExport], routes!(export_record)),
    ]
}

/// What was done, the newest or the oldest first, with what was before and what is after.
#[utoipa::path(
    get, path = "/admin/v1/record", tag = "record",
    params(
        ("q" = Option<String>, Query, description = "A support code, or a user by name, alias or id"),
        ("kind" = Option<String>, Query, description = "One kind of entry, such as `policy_set`"),
        ("user" = Option<UserId>, Query, description = "About this user"),
        ("by" = Option<UserId>, Query, description = "Done by this user"),
        ("application" = Option<ApplicationId>, Query, description = "About this application"),
        ("from" = Option<String>, Query, description = "Then or later, as `2026-11-26T14:00:00Z`"),
        ("until" = Option<String>, Query, description = "Before then"),
        ("sort" = Option<String>, Query, description = "`-at`, the newest first, or `at`, the oldest first"),
        ("limit" = Option<u32>, Query, description = "Entries at most, 1 to 200; 50 without"),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the part before"),
    ),
    responses((status = 200, body = Counted<Action>)),
)]
async fn list(
    State(api): State<AdminApi>,
    by: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Counted<Action>>, ApiError> {
    let asked = Asked::parse(query.as_deref(), &[FILTERS, &["sort"]].concat())?;
    let filter = filter(&api, &by, &asked).await?;
    let towards = Towards::from(asked.behind()?, asked.ascends("at", Order::Down)?);
    let (items, (total, more)) =
        actions::some(api.app(), by.tenant(), &filter, towards, asked.rows()).await?;
    let part = asked.part(items, |action| action.entry.seq.to_string());
    Ok(Json(Counted::at_least(part, total, more)))
}

/// A kind of entry.
#[derive(Serialize, ToSchema)]
struct RecordKind {
    /// As the list takes it.
    kind: String,
    /// As people read it.
    title: String,
}

/// The kinds of entries that this company's record has.
#[utoipa::path(
    get, path = "/admin/v1/record/kinds", tag = "record",
    responses((status = 200, body = Listed<RecordKind>)),
)]
async fn kinds(
    State(api): State<AdminApi>,
    by: Caller,
) -> Result<Json<Listed<RecordKind>>, ApiError> {
    let kinds = actions::kinds(api.app(), by.tenant()).await?;
    let items = kinds.into_iter().map(|(kind, title)| RecordKind { kind, title }).collect();
    Ok(Json(Listed { items, next_cursor: None }))
}

/// What was done as a file, the newest first; or, with `what=everything`, the whole record as it is
/// kept, the oldest first. That it was taken is recorded.
#[utoipa::path(
    get, path = "/admin/v1/record/export", tag = "record", operation_id = "export",
    params(
        ("what" = Option<String>, Query, description = "`actions`, or `everything`, which takes no filter"),
        ("format" = Option<String>, Query, description = "`csv` for spreadsheets, `json` for one object a line; `csv` without"),
        ("q" = Option<String>, Query, description = "As in the list"),
        ("kind" = Option<String>, Query, description = "As in the list"),
        ("user" = Option<UserId>, Query, description = "As in the list"),
        ("by" = Option<UserId>, Query, description = "As in the list"),
        ("application" = Option<ApplicationId>, Query, description = "As in the list"),
        ("from" = Option<String>, Query, description = "As in the list"),
        ("until" = Option<String>, Query, description = "As in the list"),
    ),
    responses((status = 200, body = String, content_type = "text/csv")),
)]
async fn export_record(
    State(api): State<AdminApi>,
    by: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let asked = Asked::words(query.as_deref(), &[FILTERS, &["format", "what"]].concat())?;
    let all = asked.one_of("what", &[("actions", false), ("everything", true)])?;
    let what = if all == Some(true) {
        // What narrows nothing is not to look as if it did.
        Asked::words(query.as_deref(), &["format", "what"])?;
        What::Entries
    } else {
        What::Actions(filter(&api, &by, &asked).await?)
    };
    let (word, format) = (what.word(), file::format(&asked)?);
    let export = export(api.app(), &by.actor(), by.tenant(), what, format).await?;
    Ok(file::record(api.shared_app(), export, word, format))
}

async fn filter(api: &AdminApi, by: &Caller, asked: &Asked) -> Result<ActionFilter, ApiError> {
    let filter = ActionFilter {
        support_code: None,
        kind: asked.word("kind").map(str::to_owned),
        user: asked.parsed("user", "the id of a user")?,
        by: asked.parsed("by", "the id of a user")?,
        application: asked.parsed("application", "the id of an application")?,
        from: asked.parsed::<Moment>("from", MOMENT)?.map(|at| at.0),
        until: asked.parsed::<Moment>("until", MOMENT)?.map(|at| at.0),
    };
    let text = asked.word("q").unwrap_or_default();
    Ok(actions::search(api.app(), by.tenant(), text, filter).await?)
}

const FILTERS: &[&str] = &["q", "kind", "user", "by", "application", "from", "until"];
