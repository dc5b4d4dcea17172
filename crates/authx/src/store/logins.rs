//! Logins, and what one reads and writes while it moves.

use super::{Batch, Row, Store, StoreError, Value};
use authx_core::{
    ApplicationId, FactorId, LoginId, Millis, SessionId, TenantId, UserId,
    guard::{Source, Tally},
    policy::LONGEST_SESSION_SECS,
    session::Session,
};

/// What a login needs to know of its user, in one read.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// The tenant's generation: what is decided now is stored only if it is still this one.
    pub generation: i64,
    /// The user of that name, if there is one.
    pub account: Option<VisitorAccount>,
    /// Wrong passwords from the same source at the same application.
    pub tally: Tally,
    /// The user's active factors.
    pub factors: Vec<StoredFactor>,
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
}

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
    folded: String,
    source: &Source,
) -> Result<Visitor, StoreError> {
    let rows = store
        .query(
            "SELECT t.generation, h.failures, h.last, a.id, a.state, a.password,
                    f.id, f.version, f.record, f.guard
             FROM tenant t
             LEFT JOIN throttle h ON h.tenant = t.id AND h.application = $2 AND h.source = $4
             LEFT JOIN alias s ON s.tenant = t.id AND s.folded = $3
             LEFT JOIN account a ON a.id = s.account
             LEFT JOIN factor f ON f.tenant = t.id AND f.account = a.id AND f.state = 'active'
             WHERE t.id = $1 ORDER BY f.id",
            [tenant.into(), application.into(), folded.into(), source.as_str().into()],
        )
        .await?;
    let first = rows.first().ok_or(StoreError::Conflict)?;
    let failures = first.opt_int(1)?.unwrap_or(0);
    let last = first.opt_millis(2)?.unwrap_or_default();
    let account = match first.opt_user(3)? {
        None => None,
        Some(id) => Some(VisitorAccount {
            id,
            active: first.text(4)? == "active",
            password: first.opt_bytes(5)?.map(<[u8]>::to_vec),
        }),
    };
    Ok(Visitor {
        generation: first.int(0)?,
        account,
        tally: Tally { failures: u32::try_from(failures).unwrap_or(u32::MAX), last },
        factors: factors_at(&rows, 6)?,
    })
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
            "SELECT t.generation, l.version, l.state FROM tenant t
             LEFT JOIN login l ON l.tenant = t.id AND l.id = $2 WHERE t.id = $1",
            [tenant.into(), id.into()],
        )
        .await?
        .ok_or(StoreError::Conflict)?;
    let login = match row.opt_int(1)? {
        None => None,
        Some(version) => Some(StoredLogin { version, state: row.text(2)?.to_owned() }),
    };
    Ok((row.int(0)?, login))
}

/// Reads the active factors of a user. Those of one who was disabled while the login was open count
/// no longer.
///
/// # Errors
///
/// As [`visitor`].
pub async fn factors(
    store: &Store,
    tenant: TenantId,
    user: UserId,
) -> Result<Vec<StoredFactor>, StoreError> {
    let rows = store
        .query(
            "SELECT f.id, f.version, f.record, f.guard
             FROM factor f JOIN account a ON a.id = f.account AND a.state = 'active'
             WHERE f.tenant = $1 AND f.account = $2 AND f.state = 'active' ORDER BY f.id",
            [tenant.into(), user.into()],
        )
        .await?;
    factors_at(&rows, 0)
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

/// One login as a write sees it.
#[derive(Clone, Copy, Debug)]
pub struct LoginRow<'a> {
    /// Whose.
    pub tenant: TenantId,
    /// At what.
    pub application: ApplicationId,
    /// Which.
    pub id: LoginId,
    /// The generation under which it was decided.
    pub generation: i64,
    /// The login, JSON.
    pub state: &'a str,
    /// Whether it stays so.
    pub is_final: bool,
    /// When it began.
    pub created: Millis,
    /// When it ends by itself.
    pub expires: Millis,
}

impl Batch {
    /// Stores a new login, if there is none of that id and nothing was administered meanwhile.
    #[must_use]
    pub fn insert_login(self, row: &LoginRow<'_>) -> Self {
        self.one(
            "INSERT INTO login (tenant, id, application, version, state, final, created, expires)
             SELECT id, $2, $3, 1, $4, $5, $6, $7 FROM tenant WHERE id = $1 AND generation = $8",
            [
                row.tenant.into(),
                row.id.into(),
                row.application.into(),
                row.state.into(),
                i64::from(row.is_final).into(),
                row.created.into(),
                row.expires.into(),
                row.generation.into(),
            ],
        )
    }

    /// Stores the next state of a login, if `version` is the newest and nothing was administered
    /// meanwhile.
    #[must_use]
    pub fn update_login(self, row: &LoginRow<'_>, version: i64) -> Self {
        self.one(
            "UPDATE login SET version = version + 1, state = $4, final = $5
             WHERE tenant = $1 AND id = $2 AND version = $3
               AND EXISTS (SELECT 1 FROM tenant WHERE id = $1 AND generation = $6)",
            [
                row.tenant.into(),
                row.id.into(),
                version.into(),
                row.state.into(),
                i64::from(row.is_final).into(),
                row.generation.into(),
            ],
        )
    }

    /// Stores what a factor became, if nobody used it meanwhile.
    #[must_use]
    pub fn update_factor(self, tenant: TenantId, factor: StoredFactor) -> Self {
        self.one(
            "UPDATE factor SET version = version + 1, record = $4, guard = $5
             WHERE tenant = $1 AND id = $2 AND version = $3",
            [
                tenant.into(),
                factor.id.into(),
                factor.version.into(),
                factor.record.into(),
                factor.guard.into(),
            ],
        )
    }

    /// Remembers a sign-in.
    #[must_use]
    pub fn insert_session(
        self,
        tenant: TenantId,
        login: LoginId,
        now: Millis,
        session: &Session,
    ) -> Self {
        self.run(
            "INSERT INTO session (tenant, id, application, account, login, created, until)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            [
                tenant.into(),
                session.id.into(),
                session.application.into(),
                session.user.into(),
                login.into(),
                now.into(),
                session.until.into(),
            ],
        )
    }

    /// Counts a wrong password from a source. Adds rather than compares: tries in parallel must
    /// all count, and none of them shall have to hash again.
    #[must_use]
    pub fn count_password(
        self,
        tenant: TenantId,
        application: ApplicationId,
        source: &Source,
        now: Millis,
        afresh: bool,
    ) -> Self {
        let sql = if afresh {
            "INSERT INTO throttle (tenant, application, source, failures, last)
             VALUES ($1, $2, $3, 1, $4)
             ON CONFLICT (tenant, application, source) DO UPDATE SET failures = 1, last = $4"
        } else {
            "INSERT INTO throttle (tenant, application, source, failures, last)
             VALUES ($1, $2, $3, 1, $4)
             ON CONFLICT (tenant, application, source)
             DO UPDATE SET failures = throttle.failures + 1, last = $4"
        };
        self.run(sql, [tenant.into(), application.into(), source.as_str().into(), now.into()])
    }
}

/// Reads logins that are still open although their time is over.
///
/// # Errors
///
/// As [`visitor`].
pub async fn overdue(store: &Store, now: Millis) -> Result<Vec<(TenantId, LoginId)>, StoreError> {
    let rows = store
        .query(
            "SELECT tenant, id FROM login WHERE final = 0 AND expires <= $1 LIMIT 500",
            [now.into()],
        )
        .await?;
    let ids = |row: &Row| Ok((row.tenant(0)?, row.login(1)?));
    rows.iter().map(ids).collect()
}

/// Forgets up to 5,000 each of final logins, sessions and counts of wrong passwords that were over
/// before `before`. The record keeps what happened; the rows only answered repeated requests.
///
/// # Errors
///
/// As [`visitor`].
pub async fn forget(store: &Store, before: Millis) -> Result<(), StoreError> {
    let old: [Value; 1] = [before.into()];
    let longest_ago = Millis(before.0.saturating_sub(LONGEST_SESSION_SECS * 1_000));
    let batch = Batch::default()
        .run(
            "DELETE FROM login WHERE (tenant, id) IN (SELECT tenant, id FROM login
             WHERE final = 1 AND expires < $1 LIMIT 5000)",
            old.clone(),
        )
        .run(
            "DELETE FROM session WHERE id IN (SELECT id FROM session
             WHERE id < $1 AND until < $2 LIMIT 5000)",
            // Ids rise with time, so this reads only what was made a whole lifetime ago.
            [SessionId::earliest(longest_ago).into(), before.into()],
        )
        .run(
            "DELETE FROM throttle WHERE (tenant, application, source) IN (SELECT
             tenant, application, source FROM throttle WHERE last < $1 LIMIT 5000)",
            old,
        );
    store.commit(batch).await
}

fn factors_at(rows: &[Row], at: usize) -> Result<Vec<StoredFactor>, StoreError> {
    let mut factors = Vec::with_capacity(rows.len());
    for row in rows {
        if let Some(id) = row.opt_factor(at)? {
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
