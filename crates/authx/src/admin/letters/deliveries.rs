//! What was sent to whom, as administrators see it.

use super::place;
use crate::{
    admin::{
        AdminError, Tenant,
        record::{
            MOST_COUNTED,
            codes::{Sought, sought},
        },
    },
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
    /// Enough of the address that its owner knows it; none where it was not sent, as `error` says.
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
    /// How many there are on all pages; of very many, as many as were counted.
    pub total: u64,
    /// Whether there are more than that.
    pub more: bool,
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
    let wanted = most.saturating_add(1);
    let (mut deliveries, (total, uncounted)) =
        some(app, tenant, filter, before, false, wanted).await?;
    let shown = usize::try_from(most).unwrap_or(usize::MAX);
    let more = deliveries.len() > shown;
    deliveries.truncate(shown);
    let next = deliveries.last().filter(|_| more).map(|last| last.id);
    Ok(Page { deliveries, next, total, more: uncounted })
}

/// At most `most` of the deliveries that a filter means, in the order in which they are read: from
/// one of them, or an end, to older or, with `newer`, to newer ones; with how many there are, and
/// whether there are more than were counted.
///
/// # Errors
///
/// [`AdminError`].
pub async fn some(
    app: &App,
    tenant: TenantId,
    filter: &Filter,
    from: Option<DeliveryId>,
    newer: bool,
    most: u32,
) -> Result<(Vec<Delivery>, (u64, bool)), AdminError> {
    let key = Tenant::load(app, tenant).await?.data_key;
    let rows = stored::deliveries(&app.store, tenant, filter, from, newer, most).await?;
    let limit = i64::try_from(MOST_COUNTED + 1).unwrap_or(i64::MAX);
    let counted = stored::count(&app.store, tenant, filter, limit).await?;
    let deliveries = rows.into_iter().map(|row| delivery(row, &key)).collect();
    Ok((deliveries, (counted.min(MOST_COUNTED), counted > MOST_COUNTED)))
}

/// Narrows a filter by what somebody typed into the search field: a support code, or a user by
/// name, alias or id.
///
/// # Errors
///
/// [`AdminError`] that keeps everything from being found.
pub async fn search(
    app: &App,
    tenant: TenantId,
    text: &str,
    filter: Filter,
) -> Result<Filter, AdminError> {
    Ok(match sought(app, tenant, text).await? {
        None => filter,
        Some(Sought::Code(code)) => Filter { support_code: Some(code), ..filter },
        Some(Sought::User(user)) => Filter { account: Some(user), ..filter },
    })
}

/// A row, for people.
pub(in crate::admin) fn delivery(row: DeliveryRow, key: &DataKey) -> Delivery {
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
