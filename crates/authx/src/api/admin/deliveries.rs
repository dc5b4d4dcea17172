//! What was sent: to phones, and by mail.

use super::{
    AdminApi,
    caller::Caller,
    file,
    listing::{Asked, Counted, Listed, Moment, Order},
    logins::MOMENT,
    routes::{Route, route},
};
use crate::{
    admin::{
        letters::{self, Delivery},
        record::{
            export::{What, export},
            pushes::{self, Push, PushFilter},
        },
    },
    api::error::ApiError,
    store::deliveries::{DeliveryState, Filter},
};
use authx_core::{
    ApplicationId, DeliveryId, UserId,
    role::Permission::{DeliveriesRead, LogsExport},
};
use axum::{
    Json,
    extract::{RawQuery, State},
    response::Response,
};
use utoipa_axum::routes;

pub(super) fn routes() -> Vec<Option<Route>> {
    vec![
        route(&[DeliveriesRead], routes!(phones)),
        route(&[DeliveriesRead], routes!(mail)),
        route(&[DeliveriesRead, LogsExport], routes!(export_phones)),
        route(&[DeliveriesRead, LogsExport], routes!(export_mail)),
    ]
}

/// What was asked of phones in the last ninety days, the newest or the oldest first, and whether it
/// came there.
#[utoipa::path(
    get, path = "/admin/v1/deliveries/phones", tag = "deliveries",
    params(
        ("q" = Option<String>, Query, description = "A support code, or a user by name, alias or id"),
        ("arrived" = Option<bool>, Query, description = "Only those that a phone had, or never had"),
        ("user" = Option<UserId>, Query, description = "To this user"),
        ("application" = Option<ApplicationId>, Query, description = "For this application"),
        ("from" = Option<String>, Query, description = "Then or later, as `2026-11-26T14:00:00Z`"),
        ("until" = Option<String>, Query, description = "Before then"),
        ("sort" = Option<String>, Query, description = "`-created`, the newest first, or `created`, the oldest first"),
        ("limit" = Option<u32>, Query, description = "Entries at most, 1 to 200; 50 without"),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the part before"),
    ),
    responses((status = 200, body = Listed<Push>)),
)]
async fn phones(
    State(api): State<AdminApi>,
    by: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Listed<Push>>, ApiError> {
    let asked = Asked::parse(query.as_deref(), &[PHONES, &["sort"]].concat())?;
    let filter = pushed(&api, &by, &asked).await?;
    let from = asked.behind::<Place>()?.map(|Place(place)| place);
    let newer = asked.ascends("created", Order::Down)?;
    let rows = pushes::some(api.app(), by.tenant(), &filter, from, newer, asked.rows()).await?;
    let items = rows.into_iter().map(Push::from).collect();
    Ok(Json(asked.part(items, |push: &Push| push.place.clone())))
}

/// Where a list of them goes on.
struct Place(pushes::Place);

impl std::str::FromStr for Place {
    type Err = ();

    fn from_str(key: &str) -> Result<Self, ()> {
        pushes::place(key).map(Self).ok_or(())
    }
}

/// What was sent by mail, the newest or the oldest first: to whom and what became of it, never what was written.
#[utoipa::path(
    get, path = "/admin/v1/deliveries/mail", tag = "deliveries",
    params(
        ("q" = Option<String>, Query, description = "A support code, or a user by name, alias or id"),
        ("state" = Option<String>, Query, description = "`waiting`, `sent`, `failed`, `given_up` or `not_sent`"),
        ("kind" = Option<String>, Query, description = "What is written, such as `invitation`"),
        ("user" = Option<UserId>, Query, description = "To this user"),
        ("support_code" = Option<String>, Query, description = "The one that stands in the mail"),
        ("from" = Option<String>, Query, description = "Queued then or later, as `2026-11-26T14:00:00Z`"),
        ("until" = Option<String>, Query, description = "Queued before then"),
        ("sort" = Option<String>, Query, description = "`-created`, the newest first, or `created`, the oldest first"),
        ("limit" = Option<u32>, Query, description = "Entries at most, 1 to 200; 50 without"),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the part before"),
    ),
    responses((status = 200, body = Counted<Delivery>)),
)]
async fn mail(
    State(api): State<AdminApi>,
    by: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Counted<Delivery>>, ApiError> {
    let asked = Asked::parse(query.as_deref(), &[MAIL, &["sort"]].concat())?;
    let filter = mailed(&api, &by, &asked).await?;
    let from = asked.behind::<DeliveryId>()?;
    let newer = asked.ascends("created", Order::Down)?;
    let (items, (total, more)) =
        letters::some(api.app(), by.tenant(), &filter, from, newer, asked.rows()).await?;
    let part = asked.part(items, |delivery| delivery.id.to_string());
    Ok(Json(Counted::at_least(part, total, more)))
}

/// What was sent to phones as a file, the newest first; that it was taken is recorded.
#[utoipa::path(
    get, path = "/admin/v1/deliveries/phones/export", tag = "deliveries",
    params(
        ("format" = Option<String>, Query, description = "`csv` for spreadsheets, `json` for one object a line; `csv` without"),
        ("q" = Option<String>, Query, description = "As in the list"),
        ("arrived" = Option<bool>, Query, description = "As in the list"),
        ("user" = Option<UserId>, Query, description = "As in the list"),
        ("application" = Option<ApplicationId>, Query, description = "As in the list"),
        ("from" = Option<String>, Query, description = "As in the list"),
        ("until" = Option<String>, Query, description = "As in the list"),
    ),
    responses((status = 200, body = String, content_type = "text/csv")),
)]
async fn export_phones(
    State(api): State<AdminApi>,
    by: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let asked = Asked::words(query.as_deref(), &[PHONES, &["format"]].concat())?;
    let what = What::Phones(pushed(&api, &by, &asked).await?);
    taken(&api, &by, &asked, what).await
}

/// What was sent by mail as a file, the newest first; that it was taken is recorded.
#[utoipa::path(
    get, path = "/admin/v1/deliveries/mail/export", tag = "deliveries",
    params(
        ("format" = Option<String>, Query, description = "`csv` for spreadsheets, `json` for one object a line; `csv` without"),
        ("q" = Option<String>, Query, description = "As in the list"),
        ("state" = Option<String>, Query, description = "As in the list"),
        ("kind" = Option<String>, Query, description = "As in the list"),
        ("user" = Option<UserId>, Query, description = "As in the list"),
        ("support_code" = Option<String>, Query, description = "As in the list"),
        ("from" = Option<String>, Query, description = "As in the list"),
        ("until" = Option<String>, Query, description = "As in the list"),
    ),
    responses((status = 200, body = String, content_type = "text/csv")),
)]
async fn export_mail(
    State(api): State<AdminApi>,
    by: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let asked = Asked::words(query.as_deref(), &[MAIL, &["format"]].concat())?;
    let what = What::Mail(mailed(&api, &by, &asked).await?);
    taken(&api, &by, &asked, what).await
}

async fn taken(
    api: &AdminApi,
    by: &Caller,
    asked: &Asked,
    what: What,
) -> Result<Response, ApiError> {
    let (word, format) = (what.word(), file::format(asked)?);
    let export = export(api.app(), &by.actor(), by.tenant(), what, format).await?;
    Ok(file::record(api.shared_app(), export, word, format))
}

async fn pushed(api: &AdminApi, by: &Caller, asked: &Asked) -> Result<PushFilter, ApiError> {
    let arrived = asked.one_of("arrived", &[("true", true), ("false", false)])?;
    let filter = PushFilter {
        missed: arrived.map(|arrived| !arrived),
        support_code: None,
        user: asked.parsed("user", "the id of a user")?,
        application: asked.parsed("application", "the id of an application")?,
        from: asked.parsed::<Moment>("from", MOMENT)?.map(|at| at.0),
        until: asked.parsed::<Moment>("until", MOMENT)?.map(|at| at.0),
    };
    let text = asked.word("q").unwrap_or_default();
    Ok(pushes::search(api.app(), by.tenant(), text, filter).await?)
}

async fn mailed(api: &AdminApi, by: &Caller, asked: &Asked) -> Result<Filter, ApiError> {
    let states: Vec<(&str, DeliveryState)> =
        DeliveryState::ALL.iter().map(|state| (state.word(), *state)).collect();
    let filter = Filter {
        state: asked.one_of("state", &states)?,
        kind: asked.word("kind").map(str::to_owned),
        account: asked.parsed("user", "the id of a user")?,
        support_code: asked.word("support_code").map(str::to_owned),
        from: asked.parsed::<Moment>("from", MOMENT)?.map(|at| at.0),
        until: asked.parsed::<Moment>("until", MOMENT)?.map(|at| at.0),
    };
    let text = asked.word("q").unwrap_or_default();
    Ok(letters::search(api.app(), by.tenant(), text, filter).await?)
}

const PHONES: &[&str] = &["q", "arrived", "user", "application", "from", "until"];
const MAIL: &[&str] = &["q", "state", "kind", "user", "support_code", "from", "until"];
