//! What a step of a login writes.

use super::{
    super::{Batch, Value},
    StoredFactor,
};
use authx_core::{ApplicationId, LoginId, Millis, TenantId, guard::Source, session::Session};

/// Whether a login has ended; as stored.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum End {
    /// Not yet.
    Open,
    /// Ended, and nothing follows from it.
    Over,
    /// Ended by letting somebody in, which goes on.
    Allowed,
}

impl From<End> for Value {
    fn from(end: End) -> Self {
        Self::Int(match end {
            End::Open => 0,
            End::Over => 1,
            End::Allowed => 2,
        })
    }
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
    pub end: End,
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
            "INSERT INTO login (tenant, id, application, version, state, final, created, expires,
                                generation)
             SELECT id, $2, $3, 1, $4, $5, $6, $7, generation FROM tenant
             WHERE id = $1 AND generation = $8",
            [
                row.tenant.into(),
                row.id.into(),
                row.application.into(),
                row.state.into(),
                row.end.into(),
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
            "UPDATE login SET version = version + 1, state = $4, final = $5, generation = $6,
                              expires = $7
             WHERE tenant = $1 AND id = $2 AND version = $3
               AND EXISTS (SELECT 1 FROM tenant WHERE id = $1 AND generation = $6)",
            [
                row.tenant.into(),
                row.id.into(),
                version.into(),
                row.state.into(),
                row.end.into(),
                row.generation.into(),
                row.expires.into(),
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

    /// Counts a wrong password from a source; from 1 again if the one before was not after `quiet`.
    /// Adds rather than compares: tries in parallel must all count, also the first after a quiet
    /// time, and none of them shall have to hash again.
    #[must_use]
    pub fn count_password(
        self,
        tenant: TenantId,
        application: ApplicationId,
        source: &Source,
        now: Millis,
        quiet: Millis,
    ) -> Self {
        self.run(
            "INSERT INTO throttle (tenant, application, source, failures, last)
             VALUES ($1, $2, $3, 1, $4)
             ON CONFLICT (tenant, application, source) DO UPDATE SET
               failures = CASE WHEN throttle.last <= $5 THEN 1 ELSE throttle.failures + 1 END,
               last = $4",
            [tenant.into(), application.into(), source.as_str().into(), now.into(), quiet.into()],
        )
    }
}
