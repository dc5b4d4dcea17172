//! Accounts, the names they go by, and what an administrator sees of their factors.

macro_rules! columns {
    () => {
        "a.id, a.name, a.state, a.password IS NOT NULL, a.created, a.display, a.mail, a.role,
         a.bypass_until, a.bypass, a.removed, a.signed_in, a.locked_until, a.phones, a.enrolled"
    };
}

mod list;
mod write;

pub use list::{Accounts, Filter, Order, PhoneFilter, Sort, Standing, count, every, page};
pub(in crate::store) use write::COUNT_ALL_MEANS;
pub use write::{Known, NewAccount};

use super::{Row, Store, StoreError};
use authx_core::{GroupId, Millis, TenantId, UserId, name::Name, role::Role};

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
    /// Until when no second factor is asked for, if that was ever so, and JSON of why.
    pub bypass: Option<(Millis, String)>,
    /// When it was removed; then it counts as gone, but for its names.
    pub removed: Option<Millis>,
    /// The last time that it was let in anywhere, to the minute.
    pub signed_in: Option<Millis>,
    /// Until when a factor cannot be used.
    pub locked_until: Millis,
    /// How many phones count.
    pub phones: u64,
    /// Whether any factor counts.
    pub enrolled: bool,
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
    /// It is a phone's, and goes with that.
    pub of_phone: bool,
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
            concat!(
                "SELECT ",
                columns!(),
                " FROM alias s JOIN account a ON a.id = s.account
                 WHERE s.tenant = $1 AND s.folded = $2"
            ),
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
            concat!("SELECT ", columns!(), " FROM account a WHERE a.tenant = $1 AND a.id = $2"),
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

/// Finds a name that is one account's, and with a domain behind or before it another's.
///
/// # Errors
///
/// As [`account_named`].
pub async fn told_apart_by(
    store: &Store,
    tenant: TenantId,
    domain: &str,
) -> Result<Option<(String, String)>, StoreError> {
    let row = store
        .query_one(
            "SELECT a.folded, b.folded FROM alias a JOIN alias b
               ON b.tenant = a.tenant AND b.account <> a.account
              AND b.folded IN (a.folded || $2, $3 || a.folded)
             WHERE a.tenant = $1 ORDER BY a.folded LIMIT 1",
            [tenant.into(), format!("@{domain}").into(), format!("{domain}\\").into()],
        )
        .await?;
    row.map(|row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned()))).transpose()
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
            "SELECT account, kind, state, phone FROM factor
             WHERE tenant = $1 AND account = $2 ORDER BY id",
            [tenant.into(), account.into()],
        )
        .await?;
    rows.iter().map(factor_row).collect()
}

/// Reads the names of the groups that an account is in, in the order in which they count.
///
/// # Errors
///
/// As [`account_named`].
pub async fn groups_of(
    store: &Store,
    tenant: TenantId,
    account: UserId,
) -> Result<Vec<(GroupId, String)>, StoreError> {
    let rows = store
        .query(
            "SELECT g.id, g.name FROM membership m JOIN user_group g ON g.id = m.user_group
             WHERE m.account = $2 AND g.tenant = $1 AND g.removed IS NULL
             ORDER BY g.place, g.id",
            [tenant.into(), account.into()],
        )
        .await?;
    rows.iter().map(|row| Ok((row.group(0)?, row.text(1)?.to_owned()))).collect()
}

/// Reads up to `most` accounts that were removed before a moment, of whichever tenant.
///
/// # Errors
///
/// As [`account_named`].
pub async fn removed_before(
    store: &Store,
    before: Millis,
    most: i64,
) -> Result<Vec<(TenantId, UserId)>, StoreError> {
    let sql = "SELECT tenant, id FROM account WHERE removed < $1 ORDER BY removed LIMIT $2";
    let rows = store.query(sql, [before.into(), most.into()]).await?;
    rows.iter().map(|row| Ok((row.tenant(0)?, row.user(1)?))).collect()
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
        bypass: match row.opt_millis(8)? {
            Some(until) => Some((until, row.opt_text(9)?.unwrap_or("{}").to_owned())),
            None => None,
        },
        removed: row.opt_millis(10)?,
        signed_in: Some(row.millis(11)?).filter(|at| at.0 > 0),
        locked_until: row.millis(12)?,
        phones: row.count(13)?,
        enrolled: row.int(14)? != 0,
    })
}

fn factor_row(row: &Row) -> Result<FactorRow, StoreError> {
    Ok(FactorRow {
        account: row.user(0)?,
        kind: row.text(1)?.to_owned(),
        active: row.text(2)? == "active",
        of_phone: row.opt_phone(3)?.is_some(),
    })
}
