//! What was sent: to phones, and by mail.

use super::{
    AdminApi,
    caller::Caller,
    listing::{Asked, Counted, Listed},
    routes::{Route, route},
};
use crate::{
    admin::{
        letters::{self, Delivery},
        record::pushes::{self, Push},
    },
    api::error::ApiError,
    store::deliveries::{DeliveryState, Filter},
};
use authx_core::{DeliveryId, UserId, role::Permission::DeliveriesRead};
use axum::{
    Json,
    extract::{RawQuery, State},
};
use utoipa_axum::routes;

pub(super) fn routes() -> Vec<Option<Route>> {
    vec![route(&[DeliveriesRead], routes!(phones)), route(&[DeliveriesRead], routes!(mail))]
}

/// What was asked of phones in the last ninety days, the newest first, and whether it came there.
#[utoipa::path(
    get, path = "/admin/v1/deliveries/phones", tag = "deliveries",
    params(
        ("arrived" = Option<bool>, Query, description = "Only those that a phone had, or never had"),
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
    let asked = Asked::parse(query.as_deref(), &["arrived"])?;
    let arrived = asked.one_of("arrived", &[("true", true), ("false", false)])?;
    let missed = arrived.map(|arrived| !arrived);
    let from = asked.behind::<Place>()?.map(|Place(place)| place);
    let most = u32::try_from(asked.limit.saturating_add(1)).unwrap_or(u32::MAX);
    let rows = pushes::some(api.app(), by.tenant(), missed, from, false, most).await?;
    let mut items: Vec<Push> = rows.into_iter().map(Push::from).collect();
    let more = items.len() > asked.limit;
    items.truncate(asked.limit);
    Ok(Json(Asked::page(items, more, |push| push.place.clone())))
}

/// Where a list of them goes on.
struct Place(pushes::Place);

impl std::str::FromStr for Place {
    type Err = ();

    fn from_str(key: &str) -> Result<Self, ()> {
        pushes::place(key).map(Self).ok_or(())
    }
}

/// What was sent by mail, the newest first: to whom and what became of it, never what was written.
#[utoipa::path(
    get, path = "/admin/v1/deliveries/mail", tag = "deliveries",
    params(
        ("state" = Option<String>, Query, description = "`waiting`, `sent`, `failed`, `given_up` or `not_sent`"),
        ("kind" = Option<String>, Query, description = "What is written, such as `invitation`"),
        ("user" = Option<UserId>, Query, description = "To this user"),
        ("support_code" = Option<String>, Query, description = "The one that stands in the mail"),
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
    let known = ["state", "kind", "user", "support_code"];
    let asked = Asked::parse(query.as_deref(), &known)?;
    let states: Vec<(&str, DeliveryState)> =
        DeliveryState::ALL.iter().map(|state| (state.word(), *state)).collect();
    let filter = Filter {
        state: asked.one_of("state", &states)?,
        kind: asked.word("kind").map(str::to_owned),
        account: asked.parsed("user", "the id of a user")?,
        support_code: asked.word("support_code").map(str::to_owned),
    };
    let before = asked.behind::<DeliveryId>()?;
    let most = u32::try_from(asked.limit).unwrap_or(u32::MAX);
    let found = letters::deliveries(api.app(), by.tenant(), &filter, before, most).await?;
    let more = found.next.is_some();
    let part = Asked::page(found.deliveries, more, |delivery| delivery.id.to_string());
    Ok(Json(Counted::exactly(part, found.total)))
}
