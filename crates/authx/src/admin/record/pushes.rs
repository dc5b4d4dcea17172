//! What was sent to phones, and whether it came there.

use super::super::AdminError;
use crate::{app::App, store::push_list as stored};
use authx_core::{Millis, TenantId};

pub use stored::{Place, PushRow};

/// Requests to phones in the order in which they are read: from a place to older or newer ones.
/// They are kept for ninety days.
///
/// # Errors
///
/// [`AdminError::Store`].
pub async fn some(
    app: &App,
    tenant: TenantId,
    missed: Option<bool>,
    from: Option<Place>,
    newer: bool,
    most: u32,
) -> Result<Vec<PushRow>, AdminError> {
    Ok(stored::pushes(&app.store, tenant, missed, from, newer, most.into()).await?)
}

/// A place in an address of a page.
pub fn place_text(row: &PushRow) -> String {
    format!("{}.{}", row.created.0, row.login)
}

/// The place that an address of a page names.
pub fn place(text: &str) -> Option<Place> {
    let (created, login) = text.split_once('.')?;
    Some((Millis(created.parse().ok()?), login.parse().ok()?))
}
