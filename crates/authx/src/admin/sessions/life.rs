//! How a session begins, becomes whole, and ends.

use super::{Cookie, From, Pending, Visit, browsers::KNOWN_SECS, commit, json};
use crate::{
    admin::{AdminError, detail},
    app::{About, App},
    store::{Batch, StoreError, portal as stored},
};
use authx_core::{Millis, SessionId, TenantId, UserId, audit::EventKind};

/// Begins a session of somebody whose password was right, or who came by a link.
///
/// # Errors
///
/// As [`super::find`].
pub async fn begin(
    app: &App,
    tenant: TenantId,
    account: UserId,
    from: &From,
    pending: &Pending,
) -> Result<Cookie, AdminError> {
    let now = app.now()?;
    let cookie = Cookie::draw(app);
    let new = new(app, tenant, account, from, now, &cookie, Some(json(pending)?));
    app.store.commit(Batch::default().insert_portal_session(new)).await?;
    Ok(cookie)
}

/// A session of somebody who is proved already, as by a passkey; `by` is the factor's word. It is
/// one once the batch is stored.
///
/// # Errors
///
/// [`AdminError::Clock`].
pub fn proved(
    app: &App,
    tenant: TenantId,
    account: UserId,
    from: &From,
    by: &str,
) -> Result<(Cookie, Batch), AdminError> {
    let now = app.now()?;
    let cookie = Cookie::draw(app);
    let new = new(app, tenant, account, from, now, &cookie, None);
    let id = new.id;
    let batch = Batch::default().insert_portal_session(new).prove_portal_session(
        id,
        1,
        cookie.digest(),
        now,
        by,
    );
    Ok((cookie, signed_in(app, batch, now, tenant, account, by, from)))
}

/// Notes that a second factor was given, under a new cookie: for a half session the end of the
/// sign-in, for a whole one a step-up.
///
/// # Errors
///
/// As [`super::find`]; [`AdminError::Busy`] where the same session moved on meanwhile.
pub async fn prove(app: &App, visit: &Visit, by: &str) -> Result<Cookie, AdminError> {
    let (cookie, batch) = proving(app, visit, by)?;
    commit(app, batch).await?;
    Ok(cookie)
}

/// The same for whoever has just enrolled the first factor of an account. Other sessions that wait
/// to do that end, and links for phones that they were shown count no longer, nor phones that came by
/// one and wait to be confirmed: who has the password too would add a phone of their own behind it.
///
/// # Errors
///
/// As [`prove`].
pub async fn prove_first(app: &App, visit: &Visit, by: &str) -> Result<Cookie, AdminError> {
    let (cookie, batch) = proving(app, visit, by)?;
    let batch = batch
        .end_portal_sessions(visit.tenant, visit.account, Some(visit.id))
        .delete_shown_activations(visit.tenant, visit.account)
        .delete_pending_phones(visit.tenant, visit.account);
    commit(app, batch).await?;
    Ok(cookie)
}

/// The same as [`prove`], to be stored with what it rests on.
///
/// # Errors
///
/// [`AdminError::Clock`].
pub fn proving(app: &App, visit: &Visit, by: &str) -> Result<(Cookie, Batch), AdminError> {
    let now = app.now()?;
    let cookie = Cookie::draw(app);
    let digest = cookie.digest();
    let batch = Batch::default().prove_portal_session(visit.id, visit.version, digest, now, by);
    let (tenant, account) = (visit.tenant, visit.account);
    let batch = if visit.proved.is_none() {
        signed_in(app, batch, now, tenant, account, by, &visit.from)
    } else {
        let about = About { user: Some(account), ..About::default() };
        let detail = detail([("by", visit.name.as_str().into()), ("factor", by.into())]);
        app.record(batch, now, tenant, EventKind::PortalSteppedUp, about, detail)
    };
    Ok((cookie, batch))
}

/// Ends a session of an account; its own, or one that its owner no longer knows. `false`: the
/// account has no such session, or no longer.
///
/// # Errors
///
/// As [`super::find`].
pub async fn end(app: &App, visit: &Visit, id: SessionId) -> Result<bool, AdminError> {
    let now = app.now()?;
    let (tenant, account) = (visit.tenant, visit.account);
    let batch = Batch::default().end_portal_session(tenant, account, id);
    let about = About { user: Some(account), ..About::default() };
    let detail = detail([("by", visit.name.as_str().into()), ("own", (id == visit.id).into())]);
    let batch = app.record(batch, now, tenant, EventKind::PortalSignedOut, about, detail);
    match app.store.commit(batch).await {
        Ok(()) => Ok(true),
        Err(StoreError::Conflict) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Forgets sessions and links that are over.
///
/// # Errors
///
/// [`AdminError::Store`].
pub async fn forget_old(app: &App, now: Millis) -> Result<(), AdminError> {
    let back = |secs: u64| Millis(now.0.saturating_sub(secs * 1_000));
    let batch = Batch::default()
        .forget_portal(now, back(app.portal.idle_secs), back(LINKS_KEPT_SECS))
        .forget_browsers(back(KNOWN_SECS));
    Ok(app.store.commit(batch).await?)
}

fn new<'a>(
    app: &App,
    tenant: TenantId,
    account: UserId,
    from: &'a From,
    now: Millis,
    cookie: &Cookie,
    pending: Option<String>,
) -> stored::NewPortalSession<'a> {
    stored::NewPortalSession {
        id: app.decide(now, SessionId::new),
        digest: cookie.digest(),
        tenant,
        account,
        now,
        until: now.plus_secs(app.portal.session_secs),
        address: from.address.clone(),
        browser: from.browser.as_str(),
        pending,
    }
}

fn signed_in(
    app: &App,
    batch: Batch,
    now: Millis,
    tenant: TenantId,
    account: UserId,
    by: &str,
    from: &From,
) -> Batch {
    let about = About { user: Some(account), ..About::default() };
    let mut detail = detail([("factor", by.into()), ("browser", from.browser.as_str().into())]);
    if let Some(address) = &from.address {
        detail.insert("address".to_owned(), address.as_str().into());
    }
    let batch = batch.signed_in(tenant, account, now);
    app.record(batch, now, tenant, EventKind::PortalSignedIn, about, detail)
}

/// How long a link that is over can still be told from one that never was.
const LINKS_KEPT_SECS: u64 = 2_592_000;
