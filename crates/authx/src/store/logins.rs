//! Logins, and what one reads and writes while it moves.

mod sweep;
mod write;

pub use sweep::{forget, overdue};
pub use write::{End, LoginRow};

use super::{Row, Store, StoreError};
use authx_core::{
    ApplicationId, FactorId, GroupId, LoginId, Millis, SessionId, TenantId, UserId,
    guard::{Source, Tally},
    role::Role,
    session::Session,
};

/// What a login needs to know of its user, in one read.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// The tenant's generation: what is decided now is stored only if it is still this one.
    pub generation: i64,
    /// The user of that name, if there is one.
    pub account: Option<VisitorAccount>,
    /// The user of the certificate's name, if there is one.
    pub certificate: Option<UserId>,
    /// Wrong passwords from the same source at the same application.
    pub tally: Tally,
    /// The user's active factors.
    pub factors: Vec<StoredFactor>,
    /// The user's groups, in no order.
    pub groups: Vec<GroupId>,
}

/// A user as a login sees it.
#[derive(Clone, Debug)]
pub struct VisitorAccount {
    /// Who.
    pub id: UserId,
    /// May sign in.
    pub active: bool,
    /// The sealed password hash.
    pub password: Option<Vec<u8>>,
    /// Logins that were decided under an earlier generation were ended by an administrator.
    pub stands_since: i64,
    /// Until when no second factor is asked for, if that was ever so, and JSON of why.
    pub bypass: Option<(Millis, String)>,
}

/// A factor as it is stored.
#[derive(Clone, Debug)]
pub struct StoredFactor {
    /// Which.
    pub id: FactorId,
    /// What a compare-and-swap compares.
    pub version: i64,
    /// The sealed enrolment.
    pub record: Vec<u8>,
    /// The count of wrong answers, JSON.
    pub guard: String,
}

/// A login as it is stored.
#[derive(Clone, Debug)]
pub struct StoredLogin {
    /// What a compare-and-swap compares, and the caller sees.
    pub version: i64,
    /// The login, JSON.
    pub state: String,
    /// The generation under which it was decided.
    pub generation: i64,
}

/// Whom a login asks about.
#[derive(Clone, Debug)]
pub struct Sought {
    /// The folded names of who signs in.
    pub name: Names,
    /// Those in the client's certificate.
    pub certificate: Names,
}

/// Folded names that one person may have, in the order in which they are looked for.
pub type Names = [Option<String>; 3];

/// Reads what a login needs to know of its user: one statement, one round trip.
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer. [`StoreError::Conflict`]: the tenant
/// is gone.
pub async fn visitor(
    store: &Store,
    tenant: TenantId,
    application: ApplicationId,
    sought: Sought,
    source: &Source,
) -> Result<Visitor, StoreError> {
    let ([name, name_2, name_3], [other, other_2, other_3]) = (sought.name, sought.certificate);
    let rows = store
        .query(
            "SELECT t.generation, h.failures, h.last, a.id, a.state, a.password, a.stands_since,
                    a.bypass_until, a.bypass, a.role, c.id, f.id, f.version, f.record, f.guard,
                    m.user_group
             FROM tenant t
             LEFT JOIN throttle h ON h.tenant = t.id AND h.application = $2 AND h.source = $4
             LEFT JOIN account a ON a.tenant = t.id AND a.id = COALESCE(
                (SELECT account FROM alias WHERE tenant = $1 AND folded = $3),
                (SELECT account FROM alias WHERE tenant = $1 AND folded = $5),
                (SELECT account FROM alias WHERE tenant = $1 AND folded = $6))
             LEFT JOIN account c ON c.tenant = t.id AND c.id = COALESCE(
                (SELECT account FROM alias WHERE tenant = $1 AND folded = $7),
                (SELECT account FROM alias WHERE tenant = $1 AND folded = $8),
                (SELECT account FROM alias WHERE tenant = $1 AND folded = $9))
             LEFT JOIN factor f ON f.tenant = t.id AND f.account = a.id AND f.state = 'active'
             LEFT JOIN membership m ON m.account = a.id
             WHERE t.id = $1 ORDER BY f.id",
            [
                tenant.into(),
                application.into(),
                name.into(),
                source.as_str().into(),
                name_2.into(),
                name_3.into(),
                other.into(),
                other_2.into(),
                other_3.into(),
            ],
        )
        .await?;
    let first = rows.first().ok_or(StoreError::Conflict)?;
    Ok(Visitor {
        generation: first.int(0)?,
        account: account_at(first, 3)?,
        tally: tally_at(first, 1)?,
        certificate: first.opt_user(10)?,
        factors: factors_at(&rows, 11)?,
        groups: groups_at(&rows, 15)?,
    })
}

/// Reads the count of wrong passwords from a source at an application.
///
/// # Errors
///
/// As [`visitor`].
pub async fn tally(
    store: &Store,
    tenant: TenantId,
    application: ApplicationId,
    source: &Source,
) -> Result<Tally, StoreError> {
    let row = store
        .query_one(
            "SELECT failures, last FROM throttle
             WHERE tenant = $1 AND application = $2 AND source = $3",
            [tenant.into(), application.into(), source.as_str().into()],
        )
        .await?;
    row.map_or(Ok(Tally::default()), |row| tally_at(&row, 0))
}

/// Reads a login with its tenant's generation. The login is `None` when there is none of that id.
///
/// # Errors
///
/// As [`visitor`].
pub async fn load(
    store: &Store,
    tenant: TenantId,
    id: LoginId,
) -> Result<(i64, Option<StoredLogin>), StoreError> {
    let row = store
        .query_one(
            "SELECT t.generation, l.version, l.state, l.generation FROM tenant t
             LEFT JOIN login l ON l.tenant = t.id AND l.id = $2 WHERE t.id = $1",
            [tenant.into(), id.into()],
        )
        .await?
        .ok_or(StoreError::Conflict)?;
    let login = match row.opt_int(1)? {
        None => None,
        Some(version) => {
            Some(StoredLogin { version, state: row.text(2)?.to_owned(), generation: row.int(3)? })
        }
    };
    Ok((row.int(0)?, login))
}

/// A user as a step of a login sees it.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The account; `None` when there is none of that id any more.
    pub account: Option<VisitorAccount>,
    /// The user of the certificate's name, if there is one.
    pub certificate: Option<UserId>,
    /// The user's active factors.
    pub factors: Vec<StoredFactor>,
}

/// Reads an account with its active factors, and whose a certificate's folded names are.
///
/// # Errors
///
/// As [`visitor`].
pub async fn user(
    store: &Store,
    tenant: TenantId,
    id: UserId,
    [name, name_2, name_3]: Names,
) -> Result<Known, StoreError> {
    let rows = store
        .query(
            "SELECT a.id, a.state, a.password, a.stands_since, a.bypass_until, a.bypass,
                    a.role, c.id,
                    f.id, f.version, f.record, f.guard
             FROM account a
             LEFT JOIN account c ON c.tenant = a.tenant AND c.id = COALESCE(
                (SELECT account FROM alias WHERE tenant = $1 AND folded = $3),
                (SELECT account FROM alias WHERE tenant = $1 AND folded = $4),
                (SELECT account FROM alias WHERE tenant = $1 AND folded = $5))
             LEFT JOIN factor f ON f.tenant = a.tenant AND f.account = a.id AND f.state = 'active'
             WHERE a.tenant = $1 AND a.id = $2 ORDER BY f.id",
            [tenant.into(), id.into(), name.into(), name_2.into(), name_3.into()],
        )
        .await?;
    let Some(first) = rows.first() else {
        return Ok(Known::default());
    };
    Ok(Known {
        account: account_at(first, 0)?,
        certificate: first.opt_user(7)?,
        factors: factors_at(&rows, 8)?,
    })
}

/// Reads a remembered session.
///
/// # Errors
///
/// As [`visitor`].
pub async fn session(
    store: &Store,
    tenant: TenantId,
    id: SessionId,
) -> Result<Option<Session>, StoreError> {
    let row = store
        .query_one(
            "SELECT application, account, until, ended FROM session WHERE tenant = $1 AND id = $2",
            [tenant.into(), id.into()],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Session {
        id,
        application: row.application(0)?,
        user: row.user(1)?,
        until: row.millis(2)?,
        ended: row.opt_millis(3)?,
    }))
}

fn tally_at(row: &Row, at: usize) -> Result<Tally, StoreError> {
    let failures = u32::try_from(row.opt_int(at)?.unwrap_or(0)).unwrap_or(u32::MAX);
    Ok(Tally { failures, last: row.opt_millis(at + 1)?.unwrap_or_default() })
}

fn account_at(row: &Row, at: usize) -> Result<Option<VisitorAccount>, StoreError> {
    let Some(id) = row.opt_user(at)? else { return Ok(None) };
    Ok(Some(VisitorAccount {
        id,
        active: row.text(at + 1)? == "active",
        password: row.opt_bytes(at + 2)?.map(<[u8]>::to_vec),
        stands_since: row.int(at + 3)?,
        bypass: bypass_at(row, at + 4)?,
    }))
}

/// Never an owner's, whatever is stored.
fn bypass_at(row: &Row, at: usize) -> Result<Option<(Millis, String)>, StoreError> {
    let until = row.opt_millis(at)?;
    let owner = row.opt_text(at + 2)?.and_then(Role::from_word) == Some(Role::Owner);
    let Some(until) = until.filter(|_| !owner) else { return Ok(None) };
    Ok(Some((until, row.opt_text(at + 1)?.unwrap_or("{}").to_owned())))
}

/// Each once, however many rows it stands in.
fn groups_at(rows: &[Row], at: usize) -> Result<Vec<GroupId>, StoreError> {
    let mut groups = vec![];
    for row in rows {
        if let Some(id) = row.opt_group(at)?
            && !groups.contains(&id)
        {
            groups.push(id);
        }
    }
    Ok(groups)
}

/// Each once: the rows of one factor stand beside each other.
fn factors_at(rows: &[Row], at: usize) -> Result<Vec<StoredFactor>, StoreError> {
    let mut factors: Vec<StoredFactor> = Vec::with_capacity(rows.len());
    for row in rows {
        if let Some(id) = row.opt_factor(at)?
            && factors.last().is_none_or(|last| last.id != id)
        {
            factors.push(StoredFactor {
                id,
                version: row.int(at + 1)?,
                record: row.bytes(at + 2)?.to_vec(),
                guard: row.text(at + 3)?.to_owned(),
            });
        }
    }
    Ok(factors)
}
