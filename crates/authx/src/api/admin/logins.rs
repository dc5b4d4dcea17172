//! Who signed in, who could not, and why.

use super::{
    AdminApi,
    caller::Caller,
    file,
    listing::{Asked, Counted, Moment, Order},
    problem::missing,
    request::At,
    routes::{Route, route},
};
use crate::{
    admin::record::{
        export::{What, export},
        logins::{self, LoginFilter, LoginItem, NoPlace, Towards},
        trace::{self, Trace},
    },
    api::error::ApiError,
};
use authx_core::{
    ApplicationId, LoginId, UserId,
    audit::LoginOutcome,
    factor::FactorKind,
    reason::Reason,
    role::Permission::{LogsExport, LogsRead},
};
use axum::{
    Json,
    extract::{RawQuery, State},
    response::Response,
};
use utoipa_axum::routes;

pub(super) fn routes() -> Vec<Option<Route>> {
    vec![
        route(&[LogsRead], routes!(list)),
        route(&[LogsRead], routes!(get)),
        route(&[LogsExport], routes!(export_logins)),
    ]
}

/// Logins, the newest or the oldest first: all of them, or those that fit.
#[utoipa::path(
    get, path = "/admin/v1/logins", tag = "logins",
    params(
        ("q" = Option<String>, Query, description = "A support code, an address, or a user by name, alias or id"),
        ("outcome" = Option<LoginOutcome>, Query, description = "How it stands"),
        ("factor" = Option<String>, Query, description = "What let it in, or was tried last, such as `push`"),
        ("reason" = Option<String>, Query, description = "Why it was refused: a word of the catalogue of reasons; `fraud` for all that were reported as “not me”, also those let in"),
        ("application" = Option<ApplicationId>, Query, description = "At this application"),
        ("user" = Option<UserId>, Query, description = "Of this user"),
        ("from" = Option<String>, Query, description = "Begun then or later, as `2026-11-26T14:00:00Z`"),
        ("until" = Option<String>, Query, description = "Begun before then"),
        ("sort" = Option<String>, Query, description = "`-began`, the newest first, or `began`, the oldest first"),
        ("limit" = Option<u32>, Query, description = "Entries at most, 1 to 200; 50 without"),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the part before"),
    ),
    responses((status = 200, body = Counted<LoginItem>)),
)]
async fn list(
    State(api): State<AdminApi>,
    by: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Counted<LoginItem>>, ApiError> {
    let asked = Asked::parse(query.as_deref(), &[FILTERS, &["sort"]].concat())?;
    let filter = filter(&api, &by, &asked).await?;
    let place = asked.behind::<Place>()?.map(|Place(place)| place);
    let towards = Towards::from(place, asked.ascends("began", Order::Down)?);
    let (items, (total, more)) =
        logins::some(api.app(), by.tenant(), &filter, towards, asked.rows()).await?;
    let part = asked.part(items, |login| login.place.clone());
    Ok(Json(Counted::at_least(part, total, more)))
}

/// One login with its steps: since when, what, how long each took, and what the user read.
#[utoipa::path(
    get, path = "/admin/v1/logins/{login}", tag = "logins",
    params(("login" = LoginId, Path)),
    responses(
        (status = 200, body = Trace),
    ),
)]
async fn get(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<LoginId>,
) -> Result<Json<Trace>, ApiError> {
    let found = trace::trace(api.app(), by.tenant(), id).await?;
    found.map(Json).ok_or_else(missing)
}

/// Logins as a file, the newest first; that it was taken is recorded.
#[utoipa::path(
    get, path = "/admin/v1/logins/export", tag = "logins", operation_id = "export",
    params(
        ("format" = Option<String>, Query, description = "`csv` for spreadsheets, `json` for one object a line; `csv` without"),
        ("q" = Option<String>, Query, description = "As in the list"),
        ("outcome" = Option<LoginOutcome>, Query, description = "As in the list"),
        ("factor" = Option<String>, Query, description = "As in the list"),
        ("reason" = Option<String>, Query, description = "As in the list"),
        ("application" = Option<ApplicationId>, Query, description = "As in the list"),
        ("user" = Option<UserId>, Query, description = "As in the list"),
        ("from" = Option<String>, Query, description = "As in the list"),
        ("until" = Option<String>, Query, description = "As in the list"),
    ),
    responses((status = 200, body = String, content_type = "text/csv")),
)]
async fn export_logins(
    State(api): State<AdminApi>,
    by: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let asked = Asked::words(query.as_deref(), &[FILTERS, &["format"]].concat())?;
    let (what, format) = (What::Logins(filter(&api, &by, &asked).await?), file::format(&asked)?);
    let word = what.word();
    let export = export(api.app(), &by.actor(), by.tenant(), what, format).await?;
    Ok(file::record(api.shared_app(), export, word, format))
}

/// Where the list goes on.
struct Place(logins::Place);

impl std::str::FromStr for Place {
    type Err = NoPlace;

    fn from_str(key: &str) -> Result<Self, NoPlace> {
        logins::place(key).map(Self)
    }
}

async fn filter(api: &AdminApi, by: &Caller, asked: &Asked) -> Result<LoginFilter, ApiError> {
    let outcomes: Vec<(&str, LoginOutcome)> =
        LoginOutcome::ALL.iter().map(|outcome| (outcome.word(), *outcome)).collect();
    let reasons: Vec<(&str, &str)> =
        Reason::ALL.iter().map(|reason| (reason.entry().code, reason.entry().code)).collect();
    let factors = FactorKind::ALL.iter().map(|factor| factor.word()).chain(INSTEAD);
    let factors: Vec<(&str, &str)> = factors.map(|word| (word, word)).collect();
    let filter = LoginFilter {
        outcome: asked.one_of("outcome", &outcomes)?,
        factor: asked.one_of("factor", &factors)?.map(str::to_owned),
        reason: asked.one_of("reason", &reasons)?.map(str::to_owned),
        application: asked.parsed("application", "the id of an application")?,
        user: asked.parsed("user", "the id of a user")?,
        from: asked.parsed::<Moment>("from", MOMENT)?.map(|at| at.0),
        until: asked.parsed::<Moment>("until", MOMENT)?.map(|at| at.0),
        ..LoginFilter::default()
    };
    let words = asked.word("q").unwrap_or_default();
    Ok(logins::search(api.app(), by.tenant(), words, filter).await?)
}

/// What stands for a factor.
const INSTEAD: [&str; 3] = ["session", "policy", "autologin"];
const FILTERS: &[&str] =
    &["q", "outcome", "factor", "reason", "application", "user", "from", "until"];
/// What a moment looks like.
pub(super) const MOMENT: &str = "a moment, such as 2026-11-26T14:00:00Z";
