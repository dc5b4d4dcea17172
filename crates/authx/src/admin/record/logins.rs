//! Logins, a line each: what was wanted, how it ended, and how it is found again.

use super::{super::AdminError, Page, page::MOST_COUNTED};
use crate::{
    admin::accounts,
    app::App,
    store::login_list::{self as stored, LoginRow},
};
use authx_core::{
    ApplicationId, LoginId, Millis, TenantId, UserId,
    audit::LoginOutcome,
    wire::{login::Rfc3339, text::SupportCode},
};
use serde::Serialize;
use std::net::IpAddr;

pub use stored::{LoginFilter, Place, Towards};

/// A login as administrators see it in a list.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub struct LoginItem {
    /// Which.
    pub login_id: LoginId,
    /// When it began.
    pub began: Rfc3339,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<Rfc3339>,
    /// How it stands.
    pub outcome: LoginOutcome,
    /// Why it was refused: a word of the catalogue. `fraud` for every login that was reported, also
    /// for one that was let in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What let it in, or was tried last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub factor: Option<String>,
    /// The name as it was sent.
    pub name: String,
    /// Whose, as called now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Whose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// At what, as called now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// At what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_id: Option<ApplicationId>,
    /// Whence it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What finds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub support_code: Option<String>,
    /// From its beginning to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
    /// From the request on the phone to its approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approve_ms: Option<u64>,
    /// When its user said that it was somebody else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reported: Option<Rfc3339>,
    /// Its place in lists.
    #[serde(skip)]
    pub place: String,
}

/// A text that names no place in a list.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a place in this list: begin at its first page")]
pub struct NoPlace;

/// One page of the logins that fit, newest first, and how many fit.
///
/// # Errors
///
/// [`AdminError::Store`].
pub async fn list(
    app: &App,
    tenant: TenantId,
    filter: &LoginFilter,
    mut towards: Towards,
    most: u32,
) -> Result<Page<LoginItem>, AdminError> {
    let one_more = i64::from(most).saturating_add(1);
    let size = usize::try_from(most).unwrap_or(usize::MAX);
    let read = |towards| stored::logins(&app.store, tenant, filter, towards, one_more);
    let mut rows = read(towards).await?;
    if matches!(towards, Towards::Newer(_)) && rows.len() <= size {
        // The newest page is a full one.
        towards = Towards::Older(None);
        rows = read(towards).await?;
    }
    let limit = i64::try_from(MOST_COUNTED + 1).unwrap_or(i64::MAX);
    let counted = stored::count(&app.store, tenant, filter, limit).await?;
    let (moved, newer) = match towards {
        Towards::Newer(_) => (true, true),
        Towards::Older(place) => (place.is_some(), false),
    };
    let place =
        |row: &LoginRow| place_text(Place { began: row.line.began, seq: row.line.first_seq });
    Ok(Page::new(rows, size, counted, (moved, newer), place).map(item))
}

/// At most `most` of the logins that fit, in the order in which they are read: from a place to
/// older or to newer ones; with how many fit, and whether there are more than were counted.
///
/// # Errors
///
/// [`AdminError::Store`].
pub async fn some(
    app: &App,
    tenant: TenantId,
    filter: &LoginFilter,
    towards: Towards,
    most: u32,
) -> Result<(Vec<LoginItem>, (u64, bool)), AdminError> {
    let mut rows = stored::logins(&app.store, tenant, filter, towards, most.into()).await?;
    if matches!(towards, Towards::Newer(_)) {
        rows.reverse();
    }
    let limit = i64::try_from(MOST_COUNTED + 1).unwrap_or(i64::MAX);
    let counted = stored::count(&app.store, tenant, filter, limit).await?;
    let items = rows.into_iter().map(item).collect();
    Ok((items, (counted.min(MOST_COUNTED), counted > MOST_COUNTED)))
}

/// The newest login under a support code. `None`: this tenant has none.
///
/// # Errors
///
/// [`AdminError::Store`].
pub async fn by_code(
    app: &App,
    tenant: TenantId,
    code: &SupportCode,
) -> Result<Option<LoginItem>, AdminError> {
    let filter =
        LoginFilter { support_code: Some(code.as_str().to_owned()), ..LoginFilter::default() };
    let found = stored::logins(&app.store, tenant, &filter, Towards::Older(None), 1).await?;
    Ok(found.into_iter().next().map(item))
}

/// Narrows a filter by what somebody typed into the search field: a support code, an address, or a
/// user by name, alias or id; also the name of somebody who is not known.
///
/// # Errors
///
/// [`AdminError`] that keeps everything from being found.
pub async fn search(
    app: &App,
    tenant: TenantId,
    text: &str,
    filter: LoginFilter,
) -> Result<LoginFilter, AdminError> {
    // PostgreSQL takes no text with a NUL, and nothing is called so.
    let text = text.trim().replace('\0', "\u{fffd}");
    let text = text.as_str();
    if text.is_empty() {
        return Ok(filter);
    }
    if let Ok(code) = SupportCode::try_from(text.to_owned())
        && by_code(app, tenant, &code).await?.is_some()
    {
        return Ok(LoginFilter { support_code: Some(code.into()), ..filter });
    }
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(LoginFilter { address: Some(address.to_string()), ..filter });
    }
    // By id also somebody who was deleted: the record remains.
    if let Ok(id) = text.parse() {
        return Ok(LoginFilter { user: Some(id), ..filter });
    }
    match accounts::find(app, tenant, text).await {
        Ok(account) => Ok(LoginFilter { user: Some(account.id), ..filter }),
        Err(accounts::AccountError::Admin(error)) => Err(error),
        Err(_) => Ok(LoginFilter { unknown_name: Some(text.to_owned()), ..filter }),
    }
}

/// A place in an address of a page.
pub fn place_text(place: Place) -> String {
    format!("{}.{}", place.began.0, place.seq)
}

/// The place that an address of a page names.
///
/// # Errors
///
/// [`NoPlace`].
pub fn place(text: &str) -> Result<Place, NoPlace> {
    let (began, seq) = text.split_once('.').ok_or(NoPlace)?;
    let number = |text: &str| text.parse::<i64>().map_err(|_| NoPlace);
    let began = u64::try_from(number(began)?).map_err(|_| NoPlace)?;
    Ok(Place { began: Millis(began), seq: number(seq)? })
}

/// A line, for people.
pub(super) fn item(row: LoginRow) -> LoginItem {
    let LoginRow { line, application_name, user_name } = row;
    LoginItem {
        place: place_text(Place { began: line.began, seq: line.first_seq }),
        login_id: line.login,
        began: Rfc3339(line.began),
        ended: line.ended.map(Rfc3339),
        outcome: line.outcome,
        reason: line.reason,
        factor: line.factor,
        name: line.name,
        user: user_name,
        user_id: line.user,
        application: application_name,
        application_id: line.application,
        address: line.address,
        support_code: line.support_code,
        took_ms: line.ended.map(|ended| ended.since(line.began)),
        approve_ms: line.approve_ms,
        reported: line.reported.map(Rfc3339),
    }
}
