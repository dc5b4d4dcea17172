//! Accounts, the names they go by, and what an administrator sees of their factors.

use super::{Batch, Row, Store, StoreError};
use authx_core::{Millis, TenantId, UserId, name::Name, role::Role};

/// An account without its secrets.
#[derive(Clone, Debug)]
pub struct AccountRow {
    /// Who.
    pub id: UserId,
    /// As typed when it was made.
    pub name: String,
    /// May sign in.
    pub active: bool,
    /// AuthX keeps a password of it.
    pub has_password: bool,
    /// When it was made.
    pub created: Millis,
    /// As people call them.
    pub display: Option<String>,
    /// How they are written to.
    pub mail: Option<String>,
    /// What they are in the portal; `None` for who looks after nobody else.
    pub role: Option<Role>,
}

/// One factor of an account, without its secret.
#[derive(Clone, Debug)]
pub struct FactorRow {
    /// Whose.
    pub account: UserId,
    /// The word for its kind.
    pub kind: String,
    /// Whether it counts yet.
    pub active: bool,
}

/// Reads the account that goes by this name in a tenant. `None`: nobody does.
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer.
pub async fn account_named(
    store: &Store,
    tenant: TenantId,
    name: &Name,
) -> Result<Option<AccountRow>, StoreError> {
    let row = store
        .query_one(
            "SELECT a.id, a.name, a.state, a.password IS NOT NULL, a.created,
                a.display, a.mail, a.role
             FROM alias s JOIN account a ON a.id = s.account
             WHERE s.tenant = $1 AND s.folded = $2",
            [tenant.into(), name.folded().into()],
        )
        .await?;
    row.as_ref().map(account_row).transpose()
}

/// Reads an account of a tenant. `None`: the tenant has none of that id.
///
/// # Errors
///
/// As [`account_named`].
pub async fn account(
    store: &Store,
    tenant: TenantId,
    id: UserId,
) -> Result<Option<AccountRow>, StoreError> {
    let row = store
        .query_one(
            "SELECT id, name, state, password IS NOT NULL, created, display, mail, role
             FROM account WHERE tenant = $1 AND id = $2",
            [tenant.into(), id.into()],
        )
        .await?;
    row.as_ref().map(account_row).transpose()
}

/// Reads until when a user may enrol at the VPN prompt. `None`: there is no such window, or no such
/// account.
///
/// # Errors
///
/// As [`account_named`].
pub async fn enrolment(
    store: &Store,
    tenant: TenantId,
    account: UserId,
) -> Result<Option<Millis>, StoreError> {
    let sql = "SELECT enrol_until FROM account WHERE tenant = $1 AND id = $2";
    let row = store.query_one(sql, [tenant.into(), account.into()]).await?;
    row.map_or(Ok(None), |row| row.opt_millis(0))
}

/// Reads every account of a tenant, by name.
///
/// # Errors
///
/// As [`account_named`].
pub async fn accounts(store: &Store, tenant: TenantId) -> Result<Vec<AccountRow>, StoreError> {
    let rows = store
        .scan(
            "SELECT id, name, state, password IS NOT NULL, created, display, mail, role
             FROM account WHERE tenant = $1 ORDER BY folded, id",
            [tenant.into()],
        )
        .rest()
        .await?;
    rows.iter().map(account_row).collect()
}

/// Reads the folded names of every account of a tenant, their own ones included.
///
/// # Errors
///
/// As [`account_named`].
pub async fn aliases(store: &Store, tenant: TenantId) -> Result<Vec<(UserId, String)>, StoreError> {
    let rows = store
        .scan(
            "SELECT account, folded FROM alias WHERE tenant = $1 ORDER BY folded",
            [tenant.into()],
        )
        .rest()
        .await?;
    rows.iter().map(|row| Ok((row.user(0)?, row.text(1)?.to_owned()))).collect()
}

/// Reads the folded names of one account, its own one included.
///
/// # Errors
///
/// As [`account_named`].
pub async fn aliases_of(
    store: &Store,
    tenant: TenantId,
    account: UserId,
) -> Result<Vec<String>, StoreError> {
    let rows = store
        .query(
            "SELECT folded FROM alias WHERE tenant = $1 AND account = $2 ORDER BY folded",
            [tenant.into(), account.into()],
        )
        .await?;
    rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
}

/// Reads the factors of every account of a tenant, in the order in which they were enrolled.
///
/// # Errors
///
/// As [`account_named`].
pub async fn factors(store: &Store, tenant: TenantId) -> Result<Vec<FactorRow>, StoreError> {
    let rows = store
        .scan(
            "SELECT account, kind, state FROM factor WHERE tenant = $1 ORDER BY id",
            [tenant.into()],
        )
        .rest()
        .await?;
    rows.iter().map(factor_row).collect()
}

/// Reads the factors of one account, in the order in which they were enrolled.
///
/// # Errors
///
/// As [`account_named`].
pub async fn factors_of(
    store: &Store,
    tenant: TenantId,
    account: UserId,
) -> Result<Vec<FactorRow>, StoreError> {
    let rows = store
        .query(
            "SELECT account, kind, state FROM factor
             WHERE tenant = $1 AND account = $2 ORDER BY id",
            [tenant.into(), account.into()],
        )
        .await?;
    rows.iter().map(factor_row).collect()
}

impl Batch {
    /// Adds an account that may sign in; `password` is sealed. Its name is an alias as well:
    /// see [`insert_alias`](Self::insert_alias).
    #[must_use]
    pub fn insert_account(
        self,
        tenant: TenantId,
        id: UserId,
        name: &Name,
        password: Option<Vec<u8>>,
        now: Millis,
    ) -> Self {
        self.one(
            "INSERT INTO account (id, tenant, name, state, password, created, stands_since, folded)
             VALUES ($1, $2, $3, 'active', $4, $5, 0, $6)",
            [
                id.into(),
                tenant.into(),
                name.as_str().into(),
                password.into(),
                now.into(),
                name.folded().into(),
            ],
        )
    }

    /// Adds a name under which an account is found, if it is free in the tenant.
    #[must_use]
    pub fn insert_alias(self, tenant: TenantId, account: UserId, folded: &str) -> Self {
        self.one(
            "INSERT INTO alias (tenant, folded, account) VALUES ($1, $2, $3)",
            [tenant.into(), folded.into(), account.into()],
        )
    }

    /// Removes a name of an account.
    #[must_use]
    pub fn delete_alias(self, tenant: TenantId, account: UserId, folded: &str) -> Self {
        self.one(
            "DELETE FROM alias WHERE tenant = $1 AND folded = $2 AND account = $3",
            [tenant.into(), folded.into(), account.into()],
        )
    }

    /// Lets an account sign in, or no longer.
    #[must_use]
    pub fn set_active(self, tenant: TenantId, account: UserId, active: bool) -> Self {
        let state = if active { "active" } else { "disabled" };
        self.one(
            "UPDATE account SET state = $3 WHERE tenant = $1 AND id = $2",
            [tenant.into(), account.into(), state.into()],
        )
    }

    /// Replaces the sealed password hash of an account.
    #[must_use]
    pub fn set_password(self, tenant: TenantId, account: UserId, password: Vec<u8>) -> Self {
        self.one(
            "UPDATE account SET password = $3 WHERE tenant = $1 AND id = $2",
            [tenant.into(), account.into(), password.into()],
        )
    }

    /// Forgets every wrong answer to the factors of an account; `guard` is a fresh count, JSON.
    #[must_use]
    pub fn clear_guards(self, tenant: TenantId, account: UserId, guard: String) -> Self {
        self.run(
            "UPDATE factor SET version = version + 1, guard = $3
             WHERE tenant = $1 AND account = $2",
            [tenant.into(), account.into(), guard.into()],
        )
    }

    /// Lets a user enrol at the VPN prompt until a moment, or no longer.
    #[must_use]
    pub fn set_enrolment(self, tenant: TenantId, account: UserId, until: Option<Millis>) -> Self {
        self.one(
            "UPDATE account SET enrol_until = $3 WHERE tenant = $1 AND id = $2",
            [tenant.into(), account.into(), until.into()],
        )
    }

    /// Ends what is remembered of an account's sign-ins, and what they allowed: logins that were
    /// decided under an earlier generation than the tenant's stand no longer. Comes after
    /// [`raise_generation`](Self::raise_generation).
    #[must_use]
    pub fn end_sessions(self, tenant: TenantId, account: UserId, now: Millis) -> Self {
        self.run(
            "UPDATE session SET ended = $3
             WHERE tenant = $1 AND account = $2 AND ended IS NULL",
            [tenant.into(), account.into(), now.into()],
        )
        .run(
            "UPDATE account SET stands_since = (SELECT generation FROM tenant WHERE id = $1)
             WHERE tenant = $1 AND id = $2",
            [tenant.into(), account.into()],
        )
    }

    /// Removes an account with its names, factors and sessions. What happened stays in the record.
    #[must_use]
    pub fn delete_account(self, tenant: TenantId, account: UserId) -> Self {
        let of = || [tenant.into(), account.into()];
        self.run("DELETE FROM session WHERE tenant = $1 AND account = $2", of())
            .run("DELETE FROM factor WHERE tenant = $1 AND account = $2", of())
            .run("DELETE FROM phone_request WHERE tenant = $1 AND account = $2", of())
            .run("DELETE FROM activation WHERE tenant = $1 AND account = $2", of())
            .run("DELETE FROM invitation WHERE tenant = $1 AND account = $2", of())
            .run("DELETE FROM phone WHERE tenant = $1 AND account = $2", of())
            .run("DELETE FROM alias WHERE tenant = $1 AND account = $2", of())
            .run("DELETE FROM membership WHERE tenant = $1 AND account = $2", of())
            .run("DELETE FROM passkey WHERE tenant = $1 AND account = $2", of())
            .run("DELETE FROM portal_session WHERE tenant = $1 AND account = $2", of())
            .run("DELETE FROM portal_link WHERE tenant = $1 AND account = $2", of())
            .run("DELETE FROM admin_token WHERE tenant = $1 AND account = $2", of())
            .one("DELETE FROM account WHERE tenant = $1 AND id = $2", of())
    }
}

fn account_row(row: &Row) -> Result<AccountRow, StoreError> {
    Ok(AccountRow {
        id: row.user(0)?,
        name: row.text(1)?.to_owned(),
        active: row.text(2)? == "active",
        has_password: row.int(3)? != 0,
        created: row.millis(4)?,
        display: row.opt_text(5)?.map(str::to_owned),
        mail: row.opt_text(6)?.map(str::to_owned),
        role: row.opt_text(7)?.and_then(Role::from_word),
    })
}

fn factor_row(row: &Row) -> Result<FactorRow, StoreError> {
    Ok(FactorRow {
        account: row.user(0)?,
        kind: row.text(1)?.to_owned(),
        active: row.text(2)? == "active",
    })
}
