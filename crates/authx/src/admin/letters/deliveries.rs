//! What was sent to whom, as administrators see it.

use super::place;
use crate::{
    admin::{AdminError, Tenant},
    app::App,
    mail::Address,
    store::deliveries::{self as stored, DeliveryRow, DeliveryState, Filter},
};
use authx_core::{DeliveryId, Millis, TenantId, UserId, seal::DataKey, wire::login::Rfc3339};
use serde::Serialize;

/// A delivery as administrators see it: never what is written.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Delivery {
    /// Which.
    #[serde(rename = "delivery_id")]
    pub id: DeliveryId,
    /// The word for what is written; [`title`](super::title) is what people call it.
    pub kind: String,
    /// To whom, if it is somebody with an account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// What that user is called now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Enough of the address that its owner knows it; none where none was on record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// `waiting`, `sent`, `failed`, `given_up` or `not_sent`.
    pub state: &'static str,
    /// How often it was tried.
    pub tries: u64,
    /// When it is tried next, while it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_try: Option<Rfc3339>,
    /// When it was queued.
    pub created: Rfc3339,
    /// When it ceased to wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<Rfc3339>,
    /// Stands in the mail, and finds it in the record.
    pub support_code: String,
    /// What went wrong last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Some deliveries of a tenant, newest first.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Page {
    /// At most as many as were asked for.
    pub deliveries: Vec<Delivery>,
    /// Where the next page begins; none after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<DeliveryId>,
    /// How many there are on all pages.
    pub total: u64,
}

/// The deliveries of a tenant that a filter means, newest first: `most` of them, from `before` on.
///
/// # Errors
///
/// [`AdminError`].
pub async fn deliveries(
    app: &App,
    tenant: TenantId,
    filter: &Filter,
    before: Option<DeliveryId>,
    most: u32,
) -> Result<Page, AdminError> {
    let key = Tenant::load(app, tenant).await?.data_key;
    let wanted = most.saturating_add(1);
    let rows = stored::deliveries(&app.store, tenant, filter, before, wanted).await?;
    let total = stored::count(&app.store, tenant, filter).await?;
    let shown = usize::try_from(most).unwrap_or(usize::MAX);
    let more = rows.len() > shown;
    let deliveries: Vec<_> = rows.into_iter().take(shown).map(|row| delivery(row, &key)).collect();
    let next = deliveries.last().filter(|_| more).map(|last| last.id);
    Ok(Page { deliveries, next, total })
}

fn delivery(row: DeliveryRow, key: &DataKey) -> Delivery {
    let waits = row.state == DeliveryState::Waiting;
    let to = recipient(&row, key).map(|address| address.masked());
    let at = |millis: Millis| Rfc3339(millis);
    Delivery {
        id: row.id,
        kind: row.kind,
        user_id: row.account,
        user: row.account_name,
        to,
        state: row.state.word(),
        tries: row.tries,
        next_try: waits.then(|| at(row.next_try)),
        created: at(row.created),
        ended: row.ended.map(at),
        support_code: row.support_code,
        error: row.error,
    }
}

/// The address, opened. `None` where none was on record, or what is stored was damaged.
pub(crate) fn recipient(row: &DeliveryRow, key: &DataKey) -> Option<Address> {
    let opened = key.open(&place(row.tenant, "recipient", &row.id), row.recipient.as_deref()?);
    std::str::from_utf8(opened.ok()?.expose()).ok()?.parse().ok()
}
