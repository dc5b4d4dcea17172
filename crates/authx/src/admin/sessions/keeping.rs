//! What a session keeps for a while: what is under way, a deed that waits, what a page says once.

use super::{Pending, Sealed, Stash, Toast, Visit, commit, json};
use crate::{
    admin::{AdminError, Tenant},
    app::App,
    store::Batch,
};
use authx_core::{Millis, seal::Place};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

/// Sets what is under way; gives the session as it is then.
///
/// # Errors
///
/// As [`super::prove`].
pub async fn set_pending(
    app: &App,
    visit: &Visit,
    pending: Option<Pending>,
) -> Result<Visit, AdminError> {
    let text = pending.as_ref().map(json).transpose()?;
    commit(app, Batch::default().set_portal_pending(visit.id, visit.version, text)).await?;
    Ok(Visit { pending, version: visit.version.saturating_add(1), ..visit.clone() })
}

/// Keeps a request until its step-up, for a quarter of an hour, with the word by which the browser
/// knows it that sent it.
///
/// # Errors
///
/// As [`super::prove`].
pub async fn stash(
    app: &App,
    visit: &Visit,
    target: String,
    body: String,
    word: String,
) -> Result<(), AdminError> {
    let now = app.now()?;
    let tenant = Tenant::load(app, visit.tenant).await?;
    let request = Stash { target, body, word, until: now.plus_secs(STASH_SECS) };
    let plain = Zeroizing::new(json(&request)?);
    let sealed =
        app.decide(now, |cx| tenant.data_key.seal(cx, &stash_place(visit), plain.as_bytes()));
    commit(app, Batch::default().set_portal_stash(visit.id, visit.version, Some(sealed))).await
}

/// Seals something for a session to keep until a moment.
///
/// # Errors
///
/// As [`super::find`].
pub async fn seal(
    app: &App,
    visit: &Visit,
    plain: &str,
    until: Millis,
) -> Result<Sealed, AdminError> {
    let now = app.now()?;
    let tenant = Tenant::load(app, visit.tenant).await?;
    let sealed =
        app.decide(now, |cx| tenant.data_key.seal(cx, &pending_place(visit), plain.as_bytes()));
    Ok(Sealed { sealed: URL_SAFE_NO_PAD.encode(sealed), until })
}

/// What a session keeps, as long as it may be shown.
///
/// # Errors
///
/// As [`super::find`].
pub async fn open(
    app: &App,
    visit: &Visit,
    kept: &Sealed,
) -> Result<Option<Zeroizing<String>>, AdminError> {
    if app.now()? >= kept.until {
        return Ok(None);
    }
    let damaged = |what: &str| AdminError::Damaged(what.to_owned());
    let sealed = URL_SAFE_NO_PAD.decode(&kept.sealed);
    let sealed = sealed.map_err(|_| damaged("what a session keeps is no base64url"))?;
    let tenant = Tenant::load(app, visit.tenant).await?;
    let opened = tenant.data_key.open(&pending_place(visit), &sealed)?;
    let text = std::str::from_utf8(opened.expose());
    let text = text.map_err(|_| damaged("what a session keeps is no text"))?;
    Ok(Some(Zeroizing::new(text.to_owned())))
}

/// Takes the request that waited, which can be done once. `None` also for one that waited so long
/// that nobody would expect it to be done now.
///
/// # Errors
///
/// As [`super::prove`].
pub async fn take_stash(app: &App, visit: &Visit) -> Result<Option<Stash>, AdminError> {
    let Some(stash) = opened(app, visit).await? else { return Ok(None) };
    forget_stash(app, visit).await?;
    let stash = stash.map_err(|error| AdminError::Damaged(error.to_string()))?;
    Ok((app.now()? < stash.until).then_some(stash))
}

/// Path and query of the request that waits, which goes on waiting.
///
/// # Errors
///
/// As [`super::find`].
pub async fn held(app: &App, visit: &Visit) -> Result<Option<String>, AdminError> {
    let Some(stash) = opened(app, visit).await? else { return Ok(None) };
    let stash = stash.map_err(|error| AdminError::Damaged(error.to_string()))?;
    Ok(Some(stash.target))
}

async fn opened(
    app: &App,
    visit: &Visit,
) -> Result<Option<Result<Stash, serde_json::Error>>, AdminError> {
    let Some(sealed) = &visit.stash else { return Ok(None) };
    let tenant = Tenant::load(app, visit.tenant).await?;
    let opened = tenant.data_key.open(&stash_place(visit), sealed)?;
    Ok(Some(serde_json::from_slice(opened.expose())))
}

/// Forgets the request that waited: something else is to be done.
///
/// # Errors
///
/// As [`super::prove`].
pub async fn forget_stash(app: &App, visit: &Visit) -> Result<(), AdminError> {
    commit(app, Batch::default().set_portal_stash(visit.id, visit.version, None)).await
}

/// Forgets what was to be done after a step-up.
///
/// # Errors
///
/// As [`super::prove`].
pub async fn forget_deed(app: &App, visit: &Visit) -> Result<(), AdminError> {
    let next = visit.version.saturating_add(1);
    let batch = Batch::default()
        .set_portal_pending(visit.id, visit.version, None)
        .set_portal_stash(visit.id, next, None);
    commit(app, batch).await
}

/// Sets what the next page says once, or that it was said.
///
/// # Errors
///
/// As [`super::find`].
pub async fn set_toast(app: &App, visit: &Visit, toast: Option<&Toast>) -> Result<(), AdminError> {
    let toast = toast.map(json).transpose()?;
    Ok(app.store.commit(Batch::default().set_portal_toast(visit.id, toast)).await?)
}

fn stash_place(visit: &Visit) -> Place<'_> {
    place(visit, "stash")
}

fn pending_place(visit: &Visit) -> Place<'_> {
    place(visit, "pending")
}

fn place<'a>(visit: &'a Visit, column: &'static str) -> Place<'a> {
    Place { tenant: visit.tenant, table: "portal_session", column, row: visit.id.as_bytes() }
}

/// How long a request waits for its step-up.
const STASH_SECS: u64 = 900;
