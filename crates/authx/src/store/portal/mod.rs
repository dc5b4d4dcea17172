//! Browsers that somebody signed in with.

mod browsers;
mod links;
mod people;

pub use browsers::browsers;
pub use links::{PortalLink, has_open_link, is_spent, link, newest_link, newest_spent_link};
pub use people::{AdministratorRow, administrators, application, has_owner, tenants_of};

use super::{Batch, Row, Store, StoreError};
use authx_core::{Millis, SessionId, TenantId, UserId, role::Role};

/// A session with what is known of its account and tenant, in one read.
#[derive(Clone, Debug)]
pub struct PortalSession {
    /// Which.
    pub id: SessionId,
    /// Whose company.
    pub tenant: TenantId,
    /// Who.
    pub account: UserId,
    /// When the password was given.
    pub created: Millis,
    /// When it was last used, to the minute.
    pub seen: Millis,
    /// When it ends at the latest.
    pub until: Millis,
    /// When a second factor was last given; `None` while only the password was.
    pub proved: Option<Millis>,
    /// Which one.
    pub proved_by: Option<String>,
    /// From where it was begun.
    pub address: Option<String>,
    /// By which browser, as that says.
    pub browser: String,
    /// What is under way, JSON.
    pub pending: Option<String>,
    /// A sealed request that waits for a step-up.
    pub stash: Option<Vec<u8>>,
    /// What the next page says once, JSON.
    pub toast: Option<String>,
    /// What a compare-and-swap compares.
    pub version: i64,
    /// The account's name.
    pub name: String,
    /// As people call it.
    pub display: Option<String>,
    /// What it is in the portal.
    pub role: Option<Role>,
    /// May sign in.
    pub active: bool,
    /// The tenant's name.
    pub tenant_name: String,
    /// The tenant's settings, JSON.
    pub tenant_settings: String,
}

/// A session to be stored.
#[derive(Clone, Debug)]
pub struct NewPortalSession<'a> {
    /// Which.
    pub id: SessionId,
    /// That of its cookie.
    pub digest: [u8; 32],
    /// Whose company.
    pub tenant: TenantId,
    /// Who.
    pub account: UserId,
    /// When it begins.
    pub now: Millis,
    /// When it ends at the latest.
    pub until: Millis,
    /// From where.
    pub address: Option<String>,
    /// By which browser.
    pub browser: &'a str,
    /// What is under way, JSON.
    pub pending: Option<String>,
}

macro_rules! session_sql {
    ($condition:literal) => {
        concat!(
            "SELECT s.id, s.tenant, s.account, s.created, s.seen, s.until, s.proved, s.proved_by,
                    s.address, s.browser, s.pending, s.stash, s.toast, s.version,
                    a.name, a.display, a.role, a.state, a.removed, t.name, t.settings
             FROM portal_session s JOIN account a ON a.id = s.account
             JOIN tenant t ON t.id = s.tenant WHERE ",
            $condition
        )
    };
}

/// Reads the session of a cookie. `None`: there is none, or no longer.
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer.
pub async fn session(store: &Store, digest: [u8; 32]) -> Result<Option<PortalSession>, StoreError> {
    let row = store.query_one(session_sql!("s.digest = $1"), [digest.into()]).await?;
    row.as_ref().map(session_row).transpose()
}

/// Reads the sessions of an account, the newest first.
///
/// # Errors
///
/// As [`session`].
pub async fn sessions_of(
    store: &Store,
    tenant: TenantId,
    account: UserId,
) -> Result<Vec<PortalSession>, StoreError> {
    let sql = session_sql!("s.tenant = $1 AND s.account = $2 ORDER BY s.created DESC");
    let rows = store.query(sql, [tenant.into(), account.into()]).await?;
    rows.iter().map(session_row).collect()
}

impl Batch {
    /// Adds a session.
    #[must_use]
    pub fn insert_portal_session(self, new: NewPortalSession<'_>) -> Self {
        self.one(
            "INSERT INTO portal_session (id, digest, tenant, account, created, seen, until,
                address, browser, pending, version)
             VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8, $9, 1)",
            [
                new.id.into(),
                new.digest.into(),
                new.tenant.into(),
                new.account.into(),
                new.now.into(),
                new.until.into(),
                new.address.into(),
                new.browser.into(),
                new.pending.into(),
            ],
        )
    }

    /// Notes that a session was used.
    #[must_use]
    pub fn see_portal_session(self, id: SessionId, now: Millis) -> Self {
        self.run("UPDATE portal_session SET seen = $2 WHERE id = $1", [id.into(), now.into()])
    }

    /// Notes that a second factor was given, under a new cookie: a cookie that somebody planted
    /// before is worth nothing. Nothing is pending any more.
    #[must_use]
    pub fn prove_portal_session(
        self,
        id: SessionId,
        version: i64,
        digest: [u8; 32],
        now: Millis,
        by: &str,
    ) -> Self {
        self.one(
            "UPDATE portal_session SET digest = $3, proved = $4, proved_by = $5, pending = NULL,
                seen = $4, version = version + 1 WHERE id = $1 AND version = $2",
            [id.into(), version.into(), digest.into(), now.into(), by.into()],
        )
    }

    /// Sets what is under way in a session, if nobody else has meanwhile.
    #[must_use]
    pub fn set_portal_pending(self, id: SessionId, version: i64, pending: Option<String>) -> Self {
        self.one(
            "UPDATE portal_session SET pending = $3, version = version + 1
             WHERE id = $1 AND version = $2",
            [id.into(), version.into(), pending.into()],
        )
    }

    /// Keeps a sealed request until its step-up, or forgets it.
    #[must_use]
    pub fn set_portal_stash(self, id: SessionId, version: i64, stash: Option<Vec<u8>>) -> Self {
        self.one(
            "UPDATE portal_session SET stash = $3, version = version + 1
             WHERE id = $1 AND version = $2",
            [id.into(), version.into(), stash.into()],
        )
    }

    /// Sets what the next page says once.
    #[must_use]
    pub fn set_portal_toast(self, id: SessionId, toast: Option<String>) -> Self {
        self.run("UPDATE portal_session SET toast = $2 WHERE id = $1", [id.into(), toast.into()])
    }

    /// Ends a session of an account.
    #[must_use]
    pub fn end_portal_session(self, tenant: TenantId, account: UserId, id: SessionId) -> Self {
        self.one(
            "DELETE FROM portal_session WHERE tenant = $1 AND account = $2 AND id = $3",
            [tenant.into(), account.into(), id.into()],
        )
    }

    /// Ends every session of an account but one.
    #[must_use]
    pub fn end_portal_sessions(
        self,
        tenant: TenantId,
        account: UserId,
        but: Option<SessionId>,
    ) -> Self {
        let but = but.map_or(vec![], |id| id.as_bytes().to_vec());
        self.run(
            "DELETE FROM portal_session WHERE tenant = $1 AND account = $2 AND id <> $3",
            [tenant.into(), account.into(), but.into()],
        )
    }

    /// Forgets sessions and links that are over.
    #[must_use]
    pub fn forget_portal(self, now: Millis, idle_before: Millis, links_before: Millis) -> Self {
        self.run(
            "DELETE FROM portal_session WHERE until < $1 OR seen < $2",
            [now.into(), idle_before.into()],
        )
        .run("DELETE FROM portal_link WHERE expires < $1", [links_before.into()])
        .run("DELETE FROM portal_challenge WHERE until < $1", [now.into()])
    }
}

fn session_row(row: &Row) -> Result<PortalSession, StoreError> {
    Ok(PortalSession {
        id: row.session(0)?,
        tenant: row.tenant(1)?,
        account: row.user(2)?,
        created: row.millis(3)?,
        seen: row.millis(4)?,
        until: row.millis(5)?,
        proved: row.opt_millis(6)?,
        proved_by: row.opt_text(7)?.map(str::to_owned),
        address: row.opt_text(8)?.map(str::to_owned),
        browser: row.text(9)?.to_owned(),
        pending: row.opt_text(10)?.map(str::to_owned),
        stash: row.opt_bytes(11)?.map(<[u8]>::to_vec),
        toast: row.opt_text(12)?.map(str::to_owned),
        version: row.int(13)?,
        name: row.text(14)?.to_owned(),
        display: row.opt_text(15)?.map(str::to_owned),
        role: row.opt_text(16)?.and_then(Role::from_word),
        active: row.text(17)? == "active" && row.opt_millis(18)?.is_none(),
        tenant_name: row.text(19)?.to_owned(),
        tenant_settings: row.text(20)?.to_owned(),
    })
}
