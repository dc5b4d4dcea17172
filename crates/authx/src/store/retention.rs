//! Removing old entries, one tenant and one run of seals at a time.

use super::{Batch, Row, Store, StoreError, events};
use authx_core::{Millis, TenantId, audit::Seal};

/// The rows that say how long a tenant's record is kept and what went of it, in the columns of
/// [`record::rows`](super::record::rows).
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer.
pub async fn entries(store: &Store, tenant: TenantId) -> Result<Vec<Row>, StoreError> {
    store
        .query(
            "SELECT seq, id, at, kind, account, application, login, support_code, detail, mac
             FROM event WHERE tenant = $1 AND kind IN ('entries_removed', 'retention_set')
             ORDER BY seq",
            [tenant.into()],
        )
        .await
}

/// The seals from one number on, at most `most`, none made at or after `before`.
///
/// # Errors
///
/// As [`entries`].
pub async fn seals_from(
    store: &Store,
    tenant: TenantId,
    number: u64,
    before: Millis,
    most: i64,
) -> Result<Vec<Seal>, StoreError> {
    let rows = store
        .query(
            "SELECT tenant, number, upto, count, root, previous, at, mac FROM seal
             WHERE tenant = $1 AND number >= $2 AND at < $3 ORDER BY number LIMIT $4",
            [tenant.into(), number.into(), before.into(), most.into()],
        )
        .await?;
    rows.iter().map(events::seal).collect()
}

/// One seal.
///
/// # Errors
///
/// As [`entries`].
pub async fn seal(
    store: &Store,
    tenant: TenantId,
    number: u64,
) -> Result<Option<Seal>, StoreError> {
    let row = store
        .query_one(
            "SELECT tenant, number, upto, count, root, previous, at, mac FROM seal
             WHERE tenant = $1 AND number = $2",
            [tenant.into(), number.into()],
        )
        .await?;
    row.as_ref().map(events::seal).transpose()
}

/// The rows of a tenant's record after one ordinal and up to another.
///
/// # Errors
///
/// As [`entries`].
pub async fn rows_between(
    store: &Store,
    tenant: TenantId,
    after: i64,
    upto: i64,
) -> Result<Vec<Row>, StoreError> {
    store
        .query(
            "SELECT seq, id, at, kind, account, application, login, support_code, detail, mac
             FROM event WHERE tenant = $1 AND seq > $2 AND seq <= $3 ORDER BY seq",
            [tenant.into(), after.into(), upto.into()],
        )
        .await
}

/// How often entries of a tenant were removed.
///
/// # Errors
///
/// As [`entries`].
pub async fn runs(store: &Store, tenant: TenantId) -> Result<i64, StoreError> {
    let sql = "SELECT version FROM retention_run WHERE tenant = $1";
    let row = store.query_one(sql, [tenant.into()]).await?;
    row.map_or(Ok(0), |row| row.int(0))
}

impl Batch {
    /// Demands to be the only one who removes, after `runs` removals. Comes first in a batch.
    #[must_use]
    pub fn remove_alone(self, tenant: TenantId, runs: i64) -> Self {
        if runs == 0 {
            return self.one(
                "INSERT INTO retention_run (tenant, version) VALUES ($1, 1)
                 ON CONFLICT (tenant) DO NOTHING",
                [tenant.into()],
            );
        }
        self.one(
            "UPDATE retention_run SET version = version + 1 WHERE tenant = $1 AND version = $2",
            [tenant.into(), runs.into()],
        )
    }

    /// Removes one entry, which has to be there.
    #[must_use]
    pub fn remove_entry(self, tenant: TenantId, seq: i64) -> Self {
        self.one("DELETE FROM event WHERE tenant = $1 AND seq = $2", [tenant.into(), seq.into()])
    }
}
