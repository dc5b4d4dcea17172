//! Passkeys of the portal.

use super::{Batch, Row, Store, StoreError};
use authx_core::{Millis, PasskeyId, TenantId, UserId};

/// A passkey.
#[derive(Clone, Debug)]
pub struct PasskeyRow {
    /// Which.
    pub id: PasskeyId,
    /// Whose company.
    pub tenant: TenantId,
    /// Whose.
    pub account: UserId,
    /// As its owner calls it.
    pub name: String,
    /// Its id, as its authenticator made it.
    pub credential: Vec<u8>,
    /// What verifies it, JSON.
    pub record: String,
    /// What a compare-and-swap compares.
    pub version: i64,
    /// When it was made.
    pub created: Millis,
    /// When it was last used.
    pub used: Option<Millis>,
    /// The name with which its owner signs in.
    pub owner: String,
    /// Its owner may sign in.
    pub may_sign_in: bool,
}

/// A passkey to be stored.
#[derive(Clone, Copy, Debug)]
pub struct NewPasskey<'a> {
    /// Which.
    pub id: PasskeyId,
    /// Whose company.
    pub tenant: TenantId,
    /// Whose.
    pub account: UserId,
    /// As its owner calls it.
    pub name: &'a str,
    /// Its id, as its authenticator made it.
    pub credential: &'a [u8],
    /// What verifies it, JSON.
    pub record: &'a str,
    /// When it is made.
    pub now: Millis,
}

macro_rules! passkey_sql {
    ($condition:literal) => {
        concat!(
            "SELECT p.id, p.tenant, p.account, p.name, p.credential, p.record, p.version,
                    p.created, p.used, a.state, a.removed, a.name
             FROM passkey p JOIN account a ON a.id = p.account WHERE ",
            $condition
        )
    };
}

/// Reads the passkey of a credential's id. `None`: there is none.
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer.
pub async fn passkey(store: &Store, credential: &[u8]) -> Result<Option<PasskeyRow>, StoreError> {
    let sql = passkey_sql!("p.credential = $1");
    let row = store.query_one(sql, [credential.to_vec().into()]).await?;
    row.as_ref().map(passkey_row).transpose()
}

/// Reads the passkeys of an account, oldest first.
///
/// # Errors
///
/// As [`passkey`].
pub async fn passkeys_of(
    store: &Store,
    tenant: TenantId,
    account: UserId,
) -> Result<Vec<PasskeyRow>, StoreError> {
    let sql = passkey_sql!("p.tenant = $1 AND p.account = $2 ORDER BY p.id");
    let rows = store.query(sql, [tenant.into(), account.into()]).await?;
    rows.iter().map(passkey_row).collect()
}

impl Batch {
    /// Adds a passkey, if its authenticator has not made it for somebody already.
    #[must_use]
    pub fn insert_passkey(self, new: NewPasskey<'_>) -> Self {
        self.one(
            "INSERT INTO passkey (id, tenant, account, name, credential, record, version, created)
             VALUES ($1, $2, $3, $4, $5, $6, 1, $7)",
            [
                new.id.into(),
                new.tenant.into(),
                new.account.into(),
                new.name.into(),
                new.credential.to_vec().into(),
                new.record.into(),
                new.now.into(),
            ],
        )
    }

    /// Notes that a passkey was used, and what its authenticator says of itself since.
    #[must_use]
    pub fn use_passkey(self, id: PasskeyId, version: i64, record: &str, now: Millis) -> Self {
        self.one(
            "UPDATE passkey SET record = $3, used = $4, version = version + 1
             WHERE id = $1 AND version = $2",
            [id.into(), version.into(), record.into(), now.into()],
        )
    }

    /// Removes a passkey.
    #[must_use]
    pub fn delete_passkey(self, tenant: TenantId, account: UserId, id: PasskeyId) -> Self {
        self.one(
            "DELETE FROM passkey WHERE tenant = $1 AND account = $2 AND id = $3",
            [tenant.into(), account.into(), id.into()],
        )
    }
}

fn passkey_row(row: &Row) -> Result<PasskeyRow, StoreError> {
    Ok(PasskeyRow {
        id: row.passkey(0)?,
        tenant: row.tenant(1)?,
        account: row.user(2)?,
        name: row.text(3)?.to_owned(),
        credential: row.bytes(4)?.to_vec(),
        record: row.text(5)?.to_owned(),
        version: row.int(6)?,
        created: row.millis(7)?,
        used: row.opt_millis(8)?,
        owner: row.text(11)?.to_owned(),
        may_sign_in: row.text(9)? == "active" && row.opt_millis(10)?.is_none(),
    })
}
