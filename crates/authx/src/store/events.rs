//! The record: rows that are only ever added, and the seals over them.

use super::{Batch, Row, Store, StoreError};
use authx_core::{
    Millis, TenantId,
    audit::{Event, Seal},
};

impl Batch {
    /// Adds an entry to the record. Comes after the write that it records: PostgreSQL's settled
    /// sequence number relies on the transaction having an id by then.
    #[must_use]
    pub fn record(self, event: &Event, mac: [u8; 32]) -> Self {
        self.run(
            "INSERT INTO event (tenant, id, at, kind, account, application, login,
                                support_code, detail, mac)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            [
                event.tenant.into(),
                event.id.into(),
                event.at.into(),
                event.kind.as_str().into(),
                event.user.into(),
                event.application.into(),
                event.login.into(),
                event.support_code.as_deref().into(),
                event.detail_text().into(),
                mac.to_vec().into(),
            ],
        )
    }

    /// Adds the next seal of a tenant, unless somebody else just did.
    #[must_use]
    pub fn insert_seal(self, seal: &Seal) -> Self {
        self.one(
            "INSERT INTO seal (tenant, number, upto, count, root, previous, at, mac)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            [
                seal.tenant.into(),
                seal.number.into(),
                seal.upto.into(),
                seal.count.into(),
                seal.root.to_vec().into(),
                seal.previous.to_vec().into(),
                seal.at.into(),
                seal.mac.to_vec().into(),
            ],
        )
    }
}

/// Reads the newest seal of every tenant that has one.
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer.
pub async fn newest_seals(store: &Store) -> Result<Vec<Seal>, StoreError> {
    let rows = store
        .query(
            "SELECT s.tenant, s.number, s.upto, s.count, s.root, s.previous, s.at, s.mac
             FROM tenant t JOIN seal s ON s.tenant = t.id
               AND s.number = (SELECT MAX(number) FROM seal WHERE tenant = t.id)",
            [],
        )
        .await?;
    rows.iter().map(seal).collect()
}

/// Which tenants have entries up to `upto` that no seal covers. A look at the end of two indexes
/// for each tenant, however long the record is.
///
/// # Errors
///
/// As [`newest_seals`].
pub async fn unsealed_tenants(store: &Store, upto: i64) -> Result<Vec<TenantId>, StoreError> {
    let rows = store
        .query(
            "SELECT t.id FROM tenant t WHERE EXISTS (
               SELECT 1 FROM event e WHERE e.tenant = t.id AND e.seq <= $1 AND e.seq > COALESCE(
                 (SELECT upto FROM seal WHERE tenant = t.id ORDER BY number DESC LIMIT 1), 0))",
            [upto.into()],
        )
        .await?;
    rows.iter().map(|row| row.tenant(0)).collect()
}

/// Reads the authentication codes of at most `most` entries of a tenant after `after` and up to
/// `upto`, with their sequence numbers, in order.
///
/// # Errors
///
/// As [`newest_seals`].
pub async fn macs_between(
    store: &Store,
    tenant: TenantId,
    after: i64,
    upto: i64,
    most: i64,
) -> Result<Vec<(i64, [u8; 32])>, StoreError> {
    let rows = store
        .query(
            "SELECT seq, mac FROM event WHERE tenant = $1 AND seq > $2 AND seq <= $3
             ORDER BY seq LIMIT $4",
            [tenant.into(), after.into(), upto.into(), most.into()],
        )
        .await?;
    rows.iter().map(|row| Ok((row.int(0)?, row.array(1)?))).collect()
}

/// When the newest entry was written, over all tenants.
///
/// # Errors
///
/// As [`newest_seals`].
pub async fn newest_time(store: &Store) -> Result<Option<Millis>, StoreError> {
    let row = store.query_one("SELECT at FROM event ORDER BY seq DESC LIMIT 1", []).await?;
    row.map(|row| row.millis(0)).transpose()
}

/// A seal, from columns in the order in which all statements name them.
pub(crate) fn seal(row: &Row) -> Result<Seal, StoreError> {
    Ok(Seal {
        tenant: row.tenant(0)?,
        number: row.count(1)?,
        upto: row.count(2)?,
        count: row.count(3)?,
        root: row.array(4)?,
        previous: row.array(5)?,
        at: row.millis(6)?,
        mac: row.array(7)?,
    })
}
