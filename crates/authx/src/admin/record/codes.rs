//! What people type into the search field of a log, and where else it leads.

use super::super::AdminError;
use crate::{admin::accounts, app::App, store::codes as stored};
use authx_core::{TenantId, UserId, wire::text::SupportCode};

pub use stored::Log;

/// What was typed into a search field.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Sought {
    /// A support code, or what is nothing else: then no log has it.
    Code(String),
    /// A user, by name, alias or id.
    User(UserId),
}

/// The logs in which a support code stands, so that one search leads to it whichever it is in.
/// Nowhere, where the text is no support code.
///
/// # Errors
///
/// [`AdminError::Store`].
pub async fn logs_of(app: &App, tenant: TenantId, text: &str) -> Result<Vec<Log>, AdminError> {
    match SupportCode::try_from(text.to_owned()) {
        Ok(code) => Ok(stored::logs_of(&app.store, tenant, code.as_str()).await?),
        Err(_) => Ok(vec![]),
    }
}

/// Reads what was typed into the search field of a log. `None`: nothing was.
///
/// # Errors
///
/// [`AdminError`] that keeps everything from being found.
pub async fn sought(app: &App, tenant: TenantId, text: &str) -> Result<Option<Sought>, AdminError> {
    // PostgreSQL takes no text with a NUL, and nothing is called so.
    let text = text.trim().replace('\0', "\u{fffd}");
    if text.is_empty() {
        return Ok(None);
    }
    // A name may look like a code.
    if !logs_of(app, tenant, &text).await?.is_empty()
        && let Ok(code) = SupportCode::try_from(text.clone())
    {
        return Ok(Some(Sought::Code(code.into())));
    }
    // By id also somebody who was deleted: the record remains.
    if let Ok(id) = text.parse() {
        return Ok(Some(Sought::User(id)));
    }
    match accounts::find(app, tenant, &text).await {
        Ok(account) => Ok(Some(Sought::User(account.id))),
        Err(accounts::AccountError::Admin(error)) => Err(error),
        Err(_) => Ok(Some(Sought::Code(text))),
    }
}
