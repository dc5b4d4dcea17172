//! Tokens for scripts.

use super::{Batch, Row, Store, StoreError};
use authx_core::{Millis, TenantId, TokenId, UserId, role::Role};

/// A token with what is known of its account, in one read.
#[derive(Clone, Debug)]
pub struct TokenRow {
    /// Which.
    pub id: TokenId,
    /// What finds it.
    pub digest: [u8; 32],
    /// Whose company.
    pub tenant: TenantId,
    /// Whose it is.
    pub account: UserId,
    /// As its owner calls it.
    pub name: String,
    /// Words of permissions, JSON.
    pub scopes: String,
    /// When it was made.
    pub created: Millis,
    /// Until when it counts.
    pub expires: Millis,
    /// When it was last used, coarsely.
    pub used: Option<Millis>,
    /// From where.
    pub used_from: Option<String>,
    /// When it stopped counting.
    pub revoked: Option<Millis>,
    /// The account's name.
    pub account_name: String,
    /// What the account is in the portal.
    pub role: Option<Role>,
    /// The account may sign in.
    pub active: bool,
}

/// A token to be stored.
#[derive(Clone, Debug)]
pub struct NewToken<'a> {
    /// Which.
    pub id: TokenId,
    /// What finds it.
    pub digest: [u8; 32],
    /// Whose company.
    pub tenant: TenantId,
    /// Whose it is.
    pub account: UserId,
    /// As its owner calls it.
    pub name: &'a str,
    /// Words of permissions, JSON.
    pub scopes: String,
    /// When it is made.
    pub now: Millis,
    /// Until when it counts.
    pub expires: Millis,
}

macro_rules! token_sql {
    ($condition:literal) => {
        concat!(
            "SELECT k.id, k.digest, k.tenant, k.account, k.name, k.scopes, k.created, k.expires,
                    k.used, k.used_from, k.revoked, a.name, a.role, a.state, a.removed
             FROM admin_token k JOIN account a ON a.id = k.account WHERE ",
            $condition
        )
    };
}

/// Reads the token of a digest. `None`: there is none.
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer.
pub async fn token(store: &Store, digest: [u8; 32]) -> Result<Option<TokenRow>, StoreError> {
    let row = store.query_one(token_sql!("k.digest = $1"), [digest.into()]).await?;
    row.as_ref().map(token_row).transpose()
}

/// Reads a token of a tenant. `None`: the tenant has none of that id.
///
/// # Errors
///
/// As [`token`].
pub async fn token_of(
    store: &Store,
    tenant: TenantId,
    id: TokenId,
) -> Result<Option<TokenRow>, StoreError> {
    let sql = token_sql!("k.tenant = $1 AND k.id = $2");
    let row = store.query_one(sql, [tenant.into(), id.into()]).await?;
    row.as_ref().map(token_row).transpose()
}

/// Reads the tokens of a tenant, the newest first.
///
/// # Errors
///
/// As [`token`].
pub async fn tokens(store: &Store, tenant: TenantId) -> Result<Vec<TokenRow>, StoreError> {
    let sql = token_sql!("k.tenant = $1 ORDER BY k.id DESC");
    let rows = store.query(sql, [tenant.into()]).await?;
    rows.iter().map(token_row).collect()
}

fn token_row(row: &Row) -> Result<TokenRow, StoreError> {
    Ok(TokenRow {
        id: row.token(0)?,
        digest: row.array(1)?,
        tenant: row.tenant(2)?,
        account: row.user(3)?,
        name: row.text(4)?.to_owned(),
        scopes: row.text(5)?.to_owned(),
        created: row.millis(6)?,
        expires: row.millis(7)?,
        used: row.opt_millis(8)?,
        used_from: row.opt_text(9)?.map(str::to_owned),
        revoked: row.opt_millis(10)?,
        account_name: row.text(11)?.to_owned(),
        role: row.opt_text(12)?.and_then(Role::from_word),
        active: row.text(13)? == "active" && row.opt_millis(14)?.is_none(),
    })
}

impl Batch {
    /// Adds a token.
    #[must_use]
    pub fn insert_token(self, new: NewToken<'_>) -> Self {
        self.one(
            "INSERT INTO admin_token (id, digest, tenant, account, name, scopes, created, expires)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            [
                new.id.into(),
                new.digest.into(),
                new.tenant.into(),
                new.account.into(),
                new.name.into(),
                new.scopes.into(),
                new.now.into(),
                new.expires.into(),
            ],
        )
    }

    /// Notes that a token was used.
    #[must_use]
    pub fn use_token(self, id: TokenId, now: Millis, from: Option<String>) -> Self {
        self.run(
            "UPDATE admin_token SET used = $2, used_from = $3 WHERE id = $1",
            [id.into(), now.into(), from.into()],
        )
    }

    /// Makes a token count no longer.
    #[must_use]
    pub fn revoke_token(self, tenant: TenantId, id: TokenId, now: Millis) -> Self {
        self.one(
            "UPDATE admin_token SET revoked = $3
             WHERE tenant = $1 AND id = $2 AND revoked IS NULL",
            [tenant.into(), id.into(), now.into()],
        )
    }

    /// Makes a token count again that was revoked after a moment.
    #[must_use]
    pub fn restore_token(self, tenant: TenantId, id: TokenId, after: Millis) -> Self {
        self.one(
            "UPDATE admin_token SET revoked = NULL
             WHERE tenant = $1 AND id = $2 AND revoked > $3",
            [tenant.into(), id.into(), after.into()],
        )
    }

    /// Makes no token of an account count any longer.
    #[must_use]
    pub fn end_tokens(self, tenant: TenantId, account: UserId, now: Millis) -> Self {
        self.run(
            "UPDATE admin_token SET revoked = $3
             WHERE tenant = $1 AND account = $2 AND revoked IS NULL",
            [tenant.into(), account.into(), now.into()],
        )
    }

    /// Forgets tokens that have not counted since a moment.
    #[must_use]
    pub fn forget_tokens(self, until: Millis) -> Self {
        self.run("DELETE FROM admin_token WHERE revoked < $1 OR expires < $1", [until.into()])
    }
}
