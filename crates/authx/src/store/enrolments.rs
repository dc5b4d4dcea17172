//! What a user enrols: factors on their way from offered to in force.

use super::{Batch, Row, Store, StoreError};
use authx_core::{FactorId, Millis, PhoneId, TenantId, UserId};

/// An enrolled factor of one kind.
#[derive(Clone, Debug)]
pub struct EnrolmentRow {
    /// Which.
    pub id: FactorId,
    /// The phone whose seed it is.
    pub phone: Option<PhoneId>,
    /// Whether it counts yet.
    pub active: bool,
    /// What a compare-and-swap compares.
    pub version: i64,
    /// The sealed enrolment.
    pub record: Vec<u8>,
    /// When it was stored.
    pub created: Millis,
    /// When it last let its user in, to the minute.
    pub used: Option<Millis>,
}

/// A factor to be stored.
#[derive(Clone, Debug)]
pub struct NewFactor {
    /// Whose tenant.
    pub tenant: TenantId,
    /// Whose.
    pub account: UserId,
    /// Which.
    pub id: FactorId,
    /// The phone whose seed it is; it goes with the phone.
    pub phone: Option<PhoneId>,
    /// The word for its kind.
    pub kind: &'static str,
    /// Whether it counts at once.
    pub active: bool,
    /// The sealed enrolment.
    pub record: Vec<u8>,
    /// A count of wrong answers, JSON.
    pub guard: String,
    /// When it is stored.
    pub created: Millis,
}

/// Reads the factors of one kind that a user has, oldest first.
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer.
pub async fn enrolments(
    store: &Store,
    tenant: TenantId,
    account: UserId,
    kind: &'static str,
) -> Result<Vec<EnrolmentRow>, StoreError> {
    let rows = store
        .query(
            "SELECT id, phone, state, version, record, created, used FROM factor
             WHERE tenant = $1 AND account = $2 AND kind = $3 ORDER BY id",
            [tenant.into(), account.into(), kind.into()],
        )
        .await?;
    let enrolment = |row: &Row| {
        Ok(EnrolmentRow {
            id: row.factor(0)?,
            phone: row.opt_phone(1)?,
            active: row.text(2)? == "active",
            version: row.int(3)?,
            record: row.bytes(4)?.to_vec(),
            created: row.millis(5)?,
            used: Some(row.millis(6)?).filter(|at| at.0 > 0),
        })
    };
    rows.iter().map(enrolment).collect()
}

impl Batch {
    /// Adds a factor.
    #[must_use]
    pub fn insert_factor(self, factor: NewFactor) -> Self {
        let state = if factor.active { "active" } else { "pending" };
        self.one(
            "INSERT INTO factor (id, tenant, account, kind, state, record, guard, version, created,
                                 phone)
             VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9)",
            [
                factor.id.into(),
                factor.tenant.into(),
                factor.account.into(),
                factor.kind.into(),
                state.into(),
                factor.record.into(),
                factor.guard.into(),
                factor.created.into(),
                factor.phone.into(),
            ],
        )
    }

    /// Adds a factor that counts, unless the account has one of its kind.
    #[must_use]
    pub fn insert_factor_once(self, factor: NewFactor) -> Self {
        self.run(
            "INSERT INTO factor (id, tenant, account, kind, state, record, guard, version, created)
             SELECT $1, tenant, id, $4, 'active', $5, $6, 1, $7 FROM account
             WHERE tenant = $2 AND id = $3 AND NOT EXISTS
               (SELECT 1 FROM factor f WHERE f.account = $3 AND f.kind = $4)",
            [
                factor.id.into(),
                factor.tenant.into(),
                factor.account.into(),
                factor.kind.into(),
                factor.record.into(),
                factor.guard.into(),
                factor.created.into(),
            ],
        )
    }

    /// Makes a pending factor count, with the record that its confirmation left.
    #[must_use]
    pub fn activate_factor(
        self,
        tenant: TenantId,
        id: FactorId,
        version: i64,
        record: Vec<u8>,
    ) -> Self {
        self.one(
            "UPDATE factor SET version = version + 1, state = 'active', record = $4
             WHERE tenant = $1 AND id = $2 AND version = $3 AND state = 'pending'",
            [tenant.into(), id.into(), version.into(), record.into()],
        )
    }

    /// Notes that a factor let its user in, to the minute.
    #[must_use]
    pub fn use_factor(self, tenant: TenantId, id: FactorId, now: Millis) -> Self {
        self.run(
            "UPDATE factor SET used = $3
             WHERE tenant = $1 AND id = $2 AND used <= $3 - CAST(60000 AS BIGINT)",
            [tenant.into(), id.into(), now.into()],
        )
    }

    /// Replaces the record of a factor, if nobody used it meanwhile.
    #[must_use]
    pub fn replace_record(
        self,
        tenant: TenantId,
        id: FactorId,
        version: i64,
        record: Vec<u8>,
    ) -> Self {
        self.one(
            "UPDATE factor SET version = version + 1, record = $4
             WHERE tenant = $1 AND id = $2 AND version = $3",
            [tenant.into(), id.into(), version.into(), record.into()],
        )
    }

    /// Removes all that a user signs in with besides the password: phones with what they were asked
    /// and began, apps, codes, passkeys. Comes before `count_means`.
    #[must_use]
    pub fn delete_means(self, tenant: TenantId, account: UserId) -> Self {
        const THEIRS: &[&str] = &[
            "DELETE FROM activation WHERE phone IN
               (SELECT id FROM phone WHERE tenant = $1 AND account = $2)",
            "DELETE FROM phone_request WHERE phone IN
               (SELECT id FROM phone WHERE tenant = $1 AND account = $2)",
            "DELETE FROM factor WHERE tenant = $1 AND account = $2",
            "DELETE FROM phone WHERE tenant = $1 AND account = $2",
            "DELETE FROM passkey WHERE tenant = $1 AND account = $2",
        ];
        let remove = |batch: Self, sql| batch.run(sql, [tenant.into(), account.into()]);
        THEIRS.iter().copied().fold(self, remove)
    }

    /// Removes a user's factors of one kind: those that count, or those that do not yet. Those of
    /// phones stay.
    #[must_use]
    pub fn delete_factors(
        self,
        tenant: TenantId,
        account: UserId,
        kind: &'static str,
        active: bool,
    ) -> Self {
        let state = if active { "active" } else { "pending" };
        self.run(
            "DELETE FROM factor
             WHERE tenant = $1 AND account = $2 AND kind = $3 AND state = $4 AND phone IS NULL",
            [tenant.into(), account.into(), kind.into(), state.into()],
        )
    }
}
