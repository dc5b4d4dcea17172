//! Sessions of the portal: kept by the server, ended by it, and worth nothing without their
//! cookie.

use super::{Actor, AdminError, Tenant, detail, settings::Settings};
use crate::{
    app::{About, App},
    store::{Batch, StoreError, portal as stored},
};
use authx_core::{
    LoginId, Millis, SessionId, TenantId, UserId, audit::EventKind, role::Role, seal::Place,
};
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// What a browser keeps in its cookie: 256 random bits.
#[derive(Clone)]
pub struct Cookie(Zeroizing<[u8; 32]>);

/// From where somebody signs in.
#[derive(Clone, Debug, Default)]
pub struct From {
    /// The address, as far as it can be believed.
    pub address: Option<String>,
    /// What the browser says of itself.
    pub browser: String,
}

/// Somebody who signed in, wholly or half.
#[derive(Clone, Debug)]
pub struct Visit {
    /// Which session.
    pub id: SessionId,
    /// Whose company.
    pub tenant: TenantId,
    /// What it is called.
    pub tenant_name: String,
    /// How it is set up.
    pub settings: Settings,
    /// Who.
    pub account: UserId,
    /// The name to sign in with.
    pub name: String,
    /// As people call it.
    pub display: Option<String>,
    /// What it is in the portal.
    pub role: Option<Role>,
    /// When the password was given.
    pub created: Millis,
    /// When the session was last used, to the minute.
    pub seen: Millis,
    /// From where it was begun.
    pub from: From,
    /// When a second factor was last given; `None` while only the password was.
    pub proved: Option<Millis>,
    /// Which one.
    pub proved_by: Option<String>,
    /// What is under way.
    pub pending: Option<Pending>,
    /// A request waits for a step-up.
    pub has_stash: bool,
    /// What this page says once.
    pub toast: Option<Toast>,
    stash: Option<Vec<u8>>,
    version: i64,
}

/// What is under way in a session.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Pending {
    /// The first second factor of an account is being enrolled.
    Enrol {
        /// A link for the phone, sealed; where one was asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        phone: Option<Sealed>,
    },
    /// A login by which the second factor is given; for a session that is whole, once more.
    Login {
        /// Which.
        id: LoginId,
        /// The number of its last answer.
        seq: u32,
        /// Where to go afterwards.
        next: String,
        /// A new password that counts once the factor is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reset: Option<Sealed>,
    },
    /// Something is shown for a while, such as a new key.
    Shown(Sealed),
}

/// Something that a session keeps for a while under its tenant's key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sealed {
    /// What it is, sealed, base64url.
    pub sealed: String,
    /// Until when it may be shown.
    pub until: Millis,
}

/// What a page says once, with what undoes it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Toast {
    /// What happened, in the past tense.
    pub text: String,
    /// Where a POST undoes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<String>,
}

/// A request that waits for a step-up.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stash {
    /// Path and query.
    pub target: String,
    /// The form, as it was sent.
    pub body: String,
}

impl Cookie {
    /// A new one.
    pub fn draw(app: &App) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        app.random.fill(bytes.as_mut());
        Self(bytes)
    }

    /// From what a browser sent; `None` for what no cookie of ours looks like.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
        Some(Self(Zeroizing::new(<[u8; 32]>::try_from(bytes.as_slice()).ok()?)))
    }

    /// As it travels.
    pub fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode(self.0.as_ref()))
    }

    /// Of 256 random bits a plain digest tells nothing.
    fn digest(&self) -> [u8; 32] {
        let digest = digest(&SHA256, &[b"authx portal session\0", self.0.as_ref()].concat());
        digest.as_ref().first_chunk().copied().unwrap_or_default()
    }
}

impl Visit {
    /// Who acts, for use cases.
    pub fn actor(&self) -> Actor {
        Actor::account(self.account, self.role, self.name.clone())
    }

    /// As people call whoever it is.
    pub fn called(&self) -> &str {
        self.display.as_deref().unwrap_or(&self.name)
    }

    /// Whether a second factor was given less than five minutes ago.
    pub fn is_fresh(&self, now: Millis) -> bool {
        self.proved.is_some_and(|proved| now.since(proved) < STEP_UP_SECS * 1_000)
    }
}

/// The session of a cookie, if it still counts. `None`: it does not, or never did.
///
/// # Errors
///
/// [`AdminError::Store`], [`AdminError::Clock`], [`AdminError::Damaged`].
pub async fn find(app: &App, cookie: &Cookie) -> Result<Option<Visit>, AdminError> {
    let Some(found) = stored::session(&app.store, cookie.digest()).await? else { return Ok(None) };
    let now = app.now()?;
    let idle = now.since(found.seen) >= app.portal.idle_secs * 1_000;
    if !found.active || now >= found.until || idle {
        return Ok(None);
    }
    if now.since(found.seen) >= SEEN_SECS * 1_000 {
        app.store.commit(Batch::default().see_portal_session(found.id, now)).await?;
    }
    visit(found).map(Some)
}

/// The sessions of an account that still count, the newest first.
///
/// # Errors
///
/// As [`find`].
pub async fn list(app: &App, tenant: TenantId, account: UserId) -> Result<Vec<Visit>, AdminError> {
    let now = app.now()?;
    let idle = app.portal.idle_secs * 1_000;
    let found = stored::sessions_of(&app.store, tenant, account).await?;
    let counts = |row: &stored::PortalSession| {
        row.proved.is_some() && now < row.until && now.since(row.seen) < idle
    };
    found.into_iter().filter(counts).map(visit).collect()
}

/// Begins a session of somebody whose password was right, or who came by a link.
///
/// # Errors
///
/// As [`find`].
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

/// Begins a session of somebody who is proved already, as by a passkey; `by` is the factor's word.
///
/// # Errors
///
/// As [`find`].
pub async fn begin_proved(
    app: &App,
    tenant: TenantId,
    account: UserId,
    from: &From,
    by: &str,
    with: Batch,
) -> Result<Cookie, AdminError> {
    let now = app.now()?;
    let cookie = Cookie::draw(app);
    let new = new(app, tenant, account, from, now, &cookie, None);
    let id = new.id;
    let batch =
        with.insert_portal_session(new).prove_portal_session(id, 1, cookie.digest(), now, by);
    app.store.commit(signed_in(app, batch, now, tenant, account, by, from)).await?;
    Ok(cookie)
}

/// Notes that a second factor was given, under a new cookie: for a half session the end of the
/// sign-in, for a whole one a step-up. `with` is stored together with it.
///
/// # Errors
///
/// As [`find`]; [`AdminError::Busy`] where the same session moved on meanwhile.
pub async fn prove(app: &App, visit: &Visit, by: &str, with: Batch) -> Result<Cookie, AdminError> {
    let now = app.now()?;
    let cookie = Cookie::draw(app);
    let batch = with.prove_portal_session(visit.id, visit.version, cookie.digest(), now, by);
    let (tenant, account) = (visit.tenant, visit.account);
    let batch = if visit.proved.is_none() {
        signed_in(app, batch, now, tenant, account, by, &visit.from)
    } else {
        let about = About { user: Some(account), ..About::default() };
        let detail = detail([("by", visit.name.as_str().into()), ("factor", by.into())]);
        app.record(batch, now, tenant, EventKind::PortalSteppedUp, about, detail)
    };
    commit(app, batch).await?;
    Ok(cookie)
}

/// Sets what is under way; gives the session as it is then.
///
/// # Errors
///
/// As [`prove`].
pub async fn set_pending(
    app: &App,
    visit: &Visit,
    pending: Option<Pending>,
) -> Result<Visit, AdminError> {
    let text = pending.as_ref().map(json).transpose()?;
    commit(app, Batch::default().set_portal_pending(visit.id, visit.version, text)).await?;
    Ok(Visit { pending, version: visit.version.saturating_add(1), ..visit.clone() })
}

/// Keeps a request until its step-up.
///
/// # Errors
///
/// As [`prove`].
pub async fn stash(app: &App, visit: &Visit, request: &Stash) -> Result<(), AdminError> {
    let now = app.now()?;
    let tenant = Tenant::load(app, visit.tenant).await?;
    let plain = Zeroizing::new(json(request)?);
    let sealed =
        app.decide(now, |cx| tenant.data_key.seal(cx, &stash_place(visit), plain.as_bytes()));
    commit(app, Batch::default().set_portal_stash(visit.id, visit.version, Some(sealed))).await
}

/// Seals something for a session to keep until a moment.
///
/// # Errors
///
/// As [`find`].
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
/// As [`find`].
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

/// Takes the request that waited, which can be done once.
///
/// # Errors
///
/// As [`prove`].
pub async fn take_stash(app: &App, visit: &Visit) -> Result<Option<Stash>, AdminError> {
    let Some(sealed) = &visit.stash else { return Ok(None) };
    let tenant = Tenant::load(app, visit.tenant).await?;
    let opened = tenant.data_key.open(&stash_place(visit), sealed)?;
    let stash = serde_json::from_slice(opened.expose());
    commit(app, Batch::default().set_portal_stash(visit.id, visit.version, None)).await?;
    stash.map(Some).map_err(|error| AdminError::Damaged(error.to_string()))
}

/// Forgets what was to be done after a step-up.
///
/// # Errors
///
/// As [`prove`].
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
/// As [`find`].
pub async fn set_toast(app: &App, visit: &Visit, toast: Option<&Toast>) -> Result<(), AdminError> {
    let toast = toast.map(json).transpose()?;
    Ok(app.store.commit(Batch::default().set_portal_toast(visit.id, toast)).await?)
}

/// Ends a session of an account; its own, or one that its owner no longer knows.
///
/// # Errors
///
/// As [`find`].
pub async fn end(app: &App, visit: &Visit, id: SessionId) -> Result<(), AdminError> {
    let now = app.now()?;
    let (tenant, account) = (visit.tenant, visit.account);
    let batch = Batch::default().end_portal_session(tenant, account, id);
    let about = About { user: Some(account), ..About::default() };
    let detail = detail([("by", visit.name.as_str().into()), ("own", (id == visit.id).into())]);
    let batch = app.record(batch, now, tenant, EventKind::PortalSignedOut, about, detail);
    Ok(app.store.commit(batch).await?)
}

/// Forgets sessions and links that are over.
///
/// # Errors
///
/// [`AdminError::Store`].
pub async fn forget_old(app: &App, now: Millis) -> Result<(), AdminError> {
    let back = |secs: u64| Millis(now.0.saturating_sub(secs * 1_000));
    let batch =
        Batch::default().forget_portal(now, back(app.portal.idle_secs), back(LINKS_KEPT_SECS));
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
    app.record(batch, now, tenant, EventKind::PortalSignedIn, about, detail)
}

async fn commit(app: &App, batch: Batch) -> Result<(), AdminError> {
    match app.store.commit(batch).await {
        Err(StoreError::Conflict) => Err(AdminError::Busy),
        other => Ok(other?),
    }
}

fn visit(row: stored::PortalSession) -> Result<Visit, AdminError> {
    let damaged = |error: serde_json::Error| AdminError::Damaged(error.to_string());
    let pending = row.pending.as_deref().map(serde_json::from_str).transpose().map_err(damaged)?;
    let toast = row.toast.as_deref().map(serde_json::from_str).transpose().map_err(damaged)?;
    Ok(Visit {
        id: row.id,
        tenant: row.tenant,
        tenant_name: row.tenant_name,
        settings: Settings::from_json(&row.tenant_settings)?,
        account: row.account,
        name: row.name,
        display: row.display,
        role: row.role,
        created: row.created,
        seen: row.seen,
        from: From { address: row.address, browser: row.browser },
        proved: row.proved,
        proved_by: row.proved_by,
        pending,
        has_stash: row.stash.is_some(),
        toast,
        stash: row.stash,
        version: row.version,
    })
}

fn json<T: Serialize>(value: &T) -> Result<String, AdminError> {
    serde_json::to_string(value).map_err(|error| AdminError::Damaged(error.to_string()))
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

impl std::fmt::Debug for Cookie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cookie(…)")
    }
}

/// How old a second factor may be for keys, bypass, policies and roles.
pub const STEP_UP_SECS: u64 = 300;
/// How exactly it is known when a session was last used.
const SEEN_SECS: u64 = 60;
/// How long a link that is over can still be told from one that never was.
const LINKS_KEPT_SECS: u64 = 2_592_000;
