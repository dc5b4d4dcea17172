//! Links that let somebody in once, and challenges that count once.

use crate::store::{Batch, Store, StoreError};
use authx_core::{Millis, TenantId, UserId};

/// A link that lets somebody in once.
#[derive(Clone, Debug)]
pub struct PortalLink {
    /// What it is for.
    pub kind: String,
    /// The company; none where one is to be made.
    pub tenant: Option<TenantId>,
    /// For whom.
    pub account: Option<UserId>,
    /// What else belongs to it, JSON.
    pub detail: String,
    /// When it was made.
    pub created: Millis,
    /// Until when it counts.
    pub expires: Millis,
    /// When it was used.
    pub spent: Option<Millis>,
}

/// Reads a link. `None`: there is none.
///
/// # Errors
///
/// As [`super::session`].
pub async fn link(store: &Store, digest: [u8; 32]) -> Result<Option<PortalLink>, StoreError> {
    let sql = "SELECT kind, tenant, account, detail, created, expires, spent
               FROM portal_link WHERE digest = $1";
    let Some(row) = store.query_one(sql, [digest.into()]).await? else { return Ok(None) };
    Ok(Some(PortalLink {
        kind: row.text(0)?.to_owned(),
        tenant: row.opt_tenant(1)?,
        account: row.opt_user(2)?,
        detail: row.text(3)?.to_owned(),
        created: row.millis(4)?,
        expires: row.millis(5)?,
        spent: row.opt_millis(6)?,
    }))
}

/// Reads when the newest link of a kind was made for an account.
///
/// # Errors
///
/// As [`super::session`].
pub async fn newest_link(
    store: &Store,
    kind: &str,
    account: UserId,
) -> Result<Option<Millis>, StoreError> {
    let sql = "SELECT MAX(created) FROM portal_link WHERE account = $1 AND kind = $2";
    let row = store.query_one(sql, [account.into(), kind.into()]).await?;
    row.map_or(Ok(None), |row| row.opt_millis(0))
}

/// Reads when an account last used a link.
///
/// # Errors
///
/// As [`super::session`].
pub async fn newest_spent_link(
    store: &Store,
    account: UserId,
) -> Result<Option<Millis>, StoreError> {
    let sql = "SELECT MAX(spent) FROM portal_link WHERE account = $1";
    let row = store.query_one(sql, [account.into()]).await?;
    row.map_or(Ok(None), |row| row.opt_millis(0))
}

/// Reads whether a challenge was answered.
///
/// # Errors
///
/// As [`super::session`].
pub async fn is_spent(store: &Store, digest: [u8; 32]) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM portal_challenge WHERE digest = $1";
    Ok(store.query_one(sql, [digest.into()]).await?.is_some())
}

/// Whether an account has been given something to come in or to enrol with that still counts.
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer.
pub async fn has_open_link(
    store: &Store,
    tenant: TenantId,
    account: UserId,
    now: Millis,
) -> Result<bool, StoreError> {
    let sql = "SELECT id FROM account WHERE tenant = $1 AND id = $2
               AND (EXISTS (SELECT 1 FROM portal_link
                      WHERE account = $2 AND spent IS NULL AND expires > $3)
                 OR EXISTS (SELECT 1 FROM invitation
                      WHERE tenant = $1 AND account = $2 AND spent IS NULL AND expires > $3))";
    let row = store.query_one(sql, [tenant.into(), account.into(), now.into()]).await?;
    Ok(row.is_some())
}

impl Batch {
    /// Adds a link.
    #[must_use]
    pub fn insert_portal_link(self, digest: [u8; 32], link: &PortalLink) -> Self {
        self.one(
            "INSERT INTO portal_link (digest, kind, tenant, account, detail, created, expires)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            [
                digest.into(),
                link.kind.as_str().into(),
                link.tenant.into(),
                link.account.into(),
                link.detail.as_str().into(),
                link.created.into(),
                link.expires.into(),
            ],
        )
    }

    /// Uses a link, which can be done once.
    #[must_use]
    pub fn spend_portal_link(self, digest: [u8; 32], now: Millis) -> Self {
        self.one(
            "UPDATE portal_link SET spent = $2
             WHERE digest = $1 AND spent IS NULL AND expires > $2",
            [digest.into(), now.into()],
        )
    }

    /// The same, if no company has an owner yet: of several links at once one makes the first.
    #[must_use]
    pub fn spend_first_portal_link(self, digest: [u8; 32], now: Millis) -> Self {
        self.exclusively().one(
            "UPDATE portal_link SET spent = $2
             WHERE digest = $1 AND spent IS NULL AND expires > $2
               AND NOT EXISTS (SELECT 1 FROM account WHERE role = 'owner')",
            [digest.into(), now.into()],
        )
    }

    /// Makes earlier links of a kind for an account count no longer.
    #[must_use]
    pub fn delete_portal_links(self, kind: &str, account: UserId) -> Self {
        self.run(
            "DELETE FROM portal_link WHERE kind = $1 AND account = $2 AND spent IS NULL",
            [kind.into(), account.into()],
        )
    }

    /// Makes every link for an account that was not used count no longer.
    #[must_use]
    pub fn delete_open_portal_links(self, account: UserId) -> Self {
        self.run("DELETE FROM portal_link WHERE account = $1 AND spent IS NULL", [account.into()])
    }

    /// Forgets every link of an account, also those that were spent.
    #[must_use]
    pub fn delete_all_portal_links(self, account: UserId) -> Self {
        self.run("DELETE FROM portal_link WHERE account = $1", [account.into()])
    }

    /// Spends a challenge, which can be done once.
    #[must_use]
    pub fn spend_portal_challenge(self, digest: [u8; 32], until: Millis) -> Self {
        self.one(
            "INSERT INTO portal_challenge (digest, until) VALUES ($1, $2)",
            [digest.into(), until.into()],
        )
    }
}
