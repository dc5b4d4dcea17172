//! What was sent to phones, and whether it came there.

use super::{
    super::AdminError,
    codes::{Sought, sought},
};
use crate::{app::App, store::push_list as stored};
use authx_core::{LoginId, Millis, PhoneId, TenantId, UserId, wire::login::Rfc3339};
use serde::Serialize;

pub use stored::{Place, PushFilter, PushRow};

/// A request to a phone, as administrators see it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = PhoneDelivery)]
pub struct Push {
    /// By which login.
    pub login_id: LoginId,
    /// To which phone.
    pub phone_id: PhoneId,
    /// What that is called now; gone with the phone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Whose.
    pub user_id: UserId,
    /// What the user is called now; gone with the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// At what, as called now; gone with the application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// `approval` or `code`.
    pub kind: String,
    /// `open`, or how it ended.
    pub state: String,
    /// When it began.
    pub created: Rfc3339,
    /// When the phone had it; absent where it never came there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrived: Option<Rfc3339>,
    /// Which way it came: `push`, `live` or `poll`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrived_by: Option<String>,
    /// What finds its login.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub support_code: Option<String>,
    /// Its place in lists.
    #[serde(skip)]
    pub place: String,
}

impl From<PushRow> for Push {
    fn from(row: PushRow) -> Self {
        Self {
            place: place_text(&row),
            login_id: row.login,
            phone_id: row.phone,
            phone: row.phone_name,
            user_id: row.user,
            user: row.user_name,
            application: row.application_name,
            kind: row.kind,
            state: row.state,
            created: Rfc3339(row.created),
            arrived: row.delivered.map(Rfc3339),
            arrived_by: row.delivered_by,
            support_code: row.support_code,
        }
    }
}

/// Requests to phones in the order in which they are read: from a place to older or newer ones.
/// They are kept for ninety days.
///
/// # Errors
///
/// [`AdminError::Store`].
pub async fn some(
    app: &App,
    tenant: TenantId,
    filter: &PushFilter,
    from: Option<Place>,
    newer: bool,
    most: u32,
) -> Result<Vec<PushRow>, AdminError> {
    Ok(stored::pushes(&app.store, tenant, filter, from, newer, most.into()).await?)
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
    filter: PushFilter,
) -> Result<PushFilter, AdminError> {
    Ok(match sought(app, tenant, text).await? {
        None => filter,
        Some(Sought::Code(code)) => PushFilter { support_code: Some(code), ..filter },
        Some(Sought::User(user)) => PushFilter { user: Some(user), ..filter },
    })
}

/// A place in an address of a page.
pub fn place_text(row: &PushRow) -> String {
    format!("{}.{}.{}", row.created.0, row.login, row.phone)
}

/// The place that an address of a page names.
pub fn place(text: &str) -> Option<Place> {
    let (created, rest) = text.split_once('.')?;
    let (login, phone) = rest.split_once('.')?;
    Some((Millis(created.parse().ok()?), login.parse().ok()?, phone.parse().ok()?))
}
