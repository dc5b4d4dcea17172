//! Sessions of the portal: kept by the server, ended by it, and worth nothing without their
//! cookie.

mod browsers;
mod cookie;
mod keeping;
mod life;

pub use browsers::arrived;
pub use cookie::Cookie;
pub use keeping::{
    forget_deed, forget_stash, held, open, seal, set_pending, set_toast, stash, take_stash,
};
pub use life::{begin, end, forget_old, prove, prove_first, proved, proving};

use super::{Actor, AdminError, settings::Settings};
use crate::{
    app::App,
    store::{Batch, StoreError, portal as stored},
};
use authx_core::{LoginId, Millis, SessionId, TenantId, UserId, guard::Source, role::Role};
use serde::{Deserialize, Serialize};

/// From where somebody signs in.
#[derive(Clone, Debug, Default)]
pub struct From {
    /// The address, as far as it can be believed.
    pub address: Option<String>,
    /// What the browser says of itself.
    pub browser: String,
}

impl From {
    /// The network, as wrong answers are counted.
    pub fn source(&self) -> Source {
        Source::of(self.address.as_deref().and_then(|address| address.parse().ok()))
    }
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
    /// Wishes of others that wait for its leave, where that was asked.
    pub wishes: u64,
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
    /// The fields of that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<(String, String)>,
}

/// A request that waits for a step-up.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stash {
    /// Path and query.
    pub target: String,
    /// The form, as it was sent.
    pub body: String,
    /// What the browser that sent it knows it by.
    #[serde(default)]
    pub word: String,
    /// Until when it may be done.
    pub until: Millis,
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

/// The session of a cookie, if it still counts. `None`: it does not, or never did. A page that only
/// renews itself is no use of it: else a page that is left open would keep a session for ever.
///
/// # Errors
///
/// [`AdminError::Store`], [`AdminError::Clock`], [`AdminError::Damaged`].
pub async fn find(app: &App, cookie: &Cookie, is_use: bool) -> Result<Option<Visit>, AdminError> {
    let Some(found) = stored::session(&app.store, cookie.digest()).await? else { return Ok(None) };
    let now = app.now()?;
    let idle = now.since(found.seen) >= app.portal.idle_secs * 1_000;
    if !found.active || now >= found.until || idle {
        return Ok(None);
    }
    if is_use && now.since(found.seen) >= SEEN_SECS * 1_000 {
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
        wishes: 0,
        stash: row.stash,
        version: row.version,
    })
}

fn json<T: Serialize>(value: &T) -> Result<String, AdminError> {
    serde_json::to_string(value).map_err(|error| AdminError::Damaged(error.to_string()))
}

async fn commit(app: &App, batch: Batch) -> Result<(), AdminError> {
    match app.store.commit(batch).await {
        Err(StoreError::Conflict) => Err(AdminError::Busy),
        other => Ok(other?),
    }
}

/// How old a second factor may be for keys, bypass, policies and roles.
pub const STEP_UP_SECS: u64 = 300;
/// How exactly it is known when a session was last used.
const SEEN_SECS: u64 = 60;
