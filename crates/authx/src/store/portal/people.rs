//! Who looks after a company, and whose name something is.

use crate::store::{Batch, Row, Store, StoreError};
use authx_core::{ApplicationId, Millis, TenantId, UserId, name::Name, role::Role};

/// Somebody with a role.
#[derive(Clone, Debug)]
pub struct AdministratorRow {
    /// Who.
    pub id: UserId,
    /// The name to sign in with.
    pub name: String,
    /// As people call them.
    pub display: Option<String>,
    /// How they are written to.
    pub mail: Option<String>,
    /// As what.
    pub role: Role,
    /// May sign in.
    pub active: bool,
    /// Has a second factor, so came in at least once.
    pub ready: bool,
    /// When they last signed in anywhere, or used the portal since.
    pub seen: Option<Millis>,
}

/// Reads the application that a tenant's portal is. `None`: nobody has needed it yet.
///
/// # Errors
///
/// As [`super::session`].
pub async fn application(
    store: &Store,
    tenant: TenantId,
) -> Result<Option<ApplicationId>, StoreError> {
    let sql = "SELECT id FROM application WHERE tenant = $1 AND kind = 'portal' ORDER BY id";
    let row = store.query_one(sql, [tenant.into()]).await?;
    row.map(|row| row.application(0)).transpose()
}

/// Whether any company has an owner.
///
/// # Errors
///
/// As [`super::session`].
pub async fn has_owner(store: &Store) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM account WHERE role = 'owner' LIMIT 1";
    Ok(store.query_one(sql, []).await?.is_some())
}

/// Reads the companies at which somebody goes by a name.
///
/// # Errors
///
/// As [`super::session`].
pub async fn tenants_of(store: &Store, name: &Name) -> Result<Vec<TenantId>, StoreError> {
    let sql = "SELECT tenant FROM alias WHERE folded = $1 LIMIT 2";
    let rows = store.query(sql, [name.folded().into()]).await?;
    rows.iter().map(|row| row.tenant(0)).collect()
}

/// Reads everybody of a tenant who has a role: all of them, as each was given it by hand.
///
/// # Errors
///
/// As [`super::session`].
pub async fn administrators(
    store: &Store,
    tenant: TenantId,
) -> Result<Vec<AdministratorRow>, StoreError> {
    let rows = store
        .query(
            "SELECT a.id, a.name, a.display, a.mail, a.role, a.state, a.removed,
                    a.enrolled,
                    (SELECT MAX(s.seen) FROM portal_session s WHERE s.account = a.id), a.signed_in
             FROM account a WHERE a.tenant = $1 AND a.role IS NOT NULL ORDER BY a.folded",
            [tenant.into()],
        )
        .await?;
    let administrator = |row: &Row| {
        Ok(AdministratorRow {
            id: row.user(0)?,
            name: row.text(1)?.to_owned(),
            display: row.opt_text(2)?.map(str::to_owned),
            mail: row.opt_text(3)?.map(str::to_owned),
            role: Role::from_word(row.text(4)?).ok_or_else(|| row.corrupt(4, "a role"))?,
            active: row.text(5)? == "active" && row.opt_millis(6)?.is_none(),
            ready: row.int(7)? != 0,
            // Sessions end, as with a new role; the last sign-in stays.
            seen: row.opt_millis(8)?.max(Some(row.millis(9)?).filter(|at| *at > Millis(0))),
        })
    };
    rows.iter().map(administrator).collect()
}

impl Batch {
    /// Sets what an account is in the portal.
    #[must_use]
    pub fn set_role(self, tenant: TenantId, account: UserId, role: Option<Role>) -> Self {
        self.one(
            "UPDATE account SET role = $3 WHERE tenant = $1 AND id = $2",
            [tenant.into(), account.into(), role.map(Role::word).into()],
        )
    }
}
