//! What happened to one user, and what the user did, page by page.

use super::{super::AdminError, Entry, entry, page::MOST_COUNTED};
use crate::{app::App, store::record as stored};
use authx_core::{TenantId, UserId, wire::text::SupportCode};

pub use stored::UserFilter;

/// At most `most` entries about a user in the order in which they are read: from an ordinal, or an
/// end, to older or, with `newer`, to newer ones; with how many fit, and whether there are more than
/// were counted.
///
/// # Errors
///
/// [`AdminError::Store`]; [`AdminError::Damaged`] for a detail that is no JSON.
pub async fn some(
    app: &App,
    tenant: TenantId,
    user: UserId,
    filter: &UserFilter,
    (from, newer): (Option<i64>, bool),
    most: u32,
) -> Result<(Vec<Entry>, (u64, bool)), AdminError> {
    let (store, of) = (&app.store, (tenant, user));
    let from = from.unwrap_or(if newer { 0 } else { i64::MAX });
    let rows = stored::of_user(store, of, filter, from, newer, most.into()).await?;
    let limit = i64::try_from(MOST_COUNTED + 1).unwrap_or(i64::MAX);
    let counted = stored::count_of_user(store, of, filter, limit).await?;
    let found = rows.into_iter().map(entry).collect::<Result<Vec<_>, _>>()?;
    Ok((found, (counted.min(MOST_COUNTED), counted > MOST_COUNTED)))
}

/// A support code as it is stored; what is none is left as it was typed, and finds nothing.
pub fn code(text: &str) -> Option<String> {
    let text = text.trim();
    let code = SupportCode::try_from(text.to_owned()).map(String::from);
    (!text.is_empty()).then(|| code.unwrap_or_else(|_| text.to_owned()))
}
