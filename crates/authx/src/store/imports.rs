//! Users from files: what each import did, and what it needs to go on or to be undone.

use super::{Batch, Row, Store, StoreError};
use authx_core::{GroupId, ImportId, Millis, TenantId, UserId};

/// An import.
#[derive(Clone, Debug)]
pub struct ImportRow {
    /// Which.
    pub id: ImportId,
    /// What the file is called.
    pub name: String,
    /// How far it is.
    pub state: String,
    /// Whether users who are there already are changed.
    pub renew: bool,
    /// How many of what, JSON.
    pub counts: String,
    /// What could not be taken in, CSV.
    pub errors: String,
    /// Who.
    pub by: String,
    /// When it began.
    pub created: Millis,
    /// The last time that it went on.
    pub beat: Millis,
}

macro_rules! columns {
    ($errors:literal) => {
        concat!("SELECT id, name, state, renew, counts, ", $errors, ", by_name, created, beat ")
    };
}

/// Reads an import. `None`: the tenant has none of that id.
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer.
pub async fn import(
    store: &Store,
    tenant: TenantId,
    id: ImportId,
) -> Result<Option<ImportRow>, StoreError> {
    let sql = concat!(columns!("errors"), "FROM user_import WHERE tenant = $1 AND id = $2");
    let row = store.query_one(sql, [tenant.into(), id.into()]).await?;
    row.as_ref().map(read).transpose()
}

/// Imports of a tenant in the order in which they are read: from one of them to older ones, or, with
/// `newer`, to newer ones; without one from the end. Without what could not be taken in.
///
/// # Errors
///
/// As [`import`].
pub async fn imports(
    store: &Store,
    tenant: TenantId,
    state: Option<&str>,
    from: Option<ImportId>,
    newer: bool,
    most: i64,
) -> Result<Vec<ImportRow>, StoreError> {
    let (sql, end) = if newer {
        let sql = concat!(
            columns!("''"),
            "FROM user_import WHERE tenant = $1 AND (state = $2 OR $2 IS NULL) AND id > $3
             ORDER BY id LIMIT $4"
        );
        (sql, [0; 16])
    } else {
        let sql = concat!(
            columns!("''"),
            "FROM user_import WHERE tenant = $1 AND (state = $2 OR $2 IS NULL) AND id < $3
             ORDER BY id DESC LIMIT $4"
        );
        (sql, [255; 16])
    };
    let from = from.map_or(end, |id| *id.as_bytes());
    let params = [tenant.into(), state.into(), from.to_vec().into(), most.into()];
    let rows = store.query(sql, params).await?;
    rows.iter().map(read).collect()
}

/// How many imports of a tenant are in a state, or in any.
///
/// # Errors
///
/// As [`import`].
pub async fn count(
    store: &Store,
    tenant: TenantId,
    state: Option<&str>,
) -> Result<u64, StoreError> {
    let sql = "SELECT COUNT(*) FROM user_import WHERE tenant = $1 AND (state = $2 OR $2 IS NULL)";
    let row = store.query_one(sql, [tenant.into(), state.into()]).await?;
    row.map_or(Ok(0), |row| row.count(0))
}

fn read(row: &Row) -> Result<ImportRow, StoreError> {
    Ok(ImportRow {
        id: row.import(0)?,
        name: row.text(1)?.to_owned(),
        state: row.text(2)?.to_owned(),
        renew: row.int(3)? != 0,
        counts: row.text(4)?.to_owned(),
        errors: row.text(5)?.to_owned(),
        by: row.text(6)?.to_owned(),
        created: row.millis(7)?,
        beat: row.millis(8)?,
    })
}

/// Reads the file that an import has still to take in.
///
/// # Errors
///
/// As [`import`].
pub async fn file(
    store: &Store,
    tenant: TenantId,
    id: ImportId,
) -> Result<Option<Vec<u8>>, StoreError> {
    let sql = "SELECT file FROM user_import WHERE tenant = $1 AND id = $2";
    let row = store.query_one(sql, [tenant.into(), id.into()]).await?;
    row.map_or(Ok(None), |row| Ok(row.opt_bytes(0)?.map(<[u8]>::to_vec)))
}

/// Reads up to `most` accounts that an import made, after one of them: who they are, what they are
/// called, and whether they were ever used.
///
/// # Errors
///
/// As [`import`].
pub async fn made_by(
    store: &Store,
    tenant: TenantId,
    id: ImportId,
    after: Option<UserId>,
    most: i64,
) -> Result<Vec<(UserId, String, bool)>, StoreError> {
    let rows = store
        .query(
            "SELECT id, name, signed_in > 0 OR enrolled > 0 OR role IS NOT NULL
             FROM account WHERE tenant = $1 AND import = $2 AND id > $3 ORDER BY id LIMIT $4",
            [
                tenant.into(),
                id.into(),
                after.map_or(vec![], |after| after.as_bytes().to_vec()).into(),
                most.into(),
            ],
        )
        .await?;
    rows.iter().map(|row| Ok((row.user(0)?, row.text(1)?.to_owned(), row.int(2)? != 0))).collect()
}

impl Batch {
    /// Adds an import; `file` is what it has still to take in.
    #[must_use]
    pub fn insert_import(self, tenant: TenantId, row: &ImportRow, file: Option<Vec<u8>>) -> Self {
        self.one(
            "INSERT INTO user_import (id, tenant, name, state, renew, file, counts, errors,
                                      by_name, created, beat)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
            [
                row.id.into(),
                tenant.into(),
                row.name.as_str().into(),
                row.state.as_str().into(),
                row.renew.into(),
                file.into(),
                row.counts.as_str().into(),
                row.errors.as_str().into(),
                row.by.as_str().into(),
                row.created.into(),
            ],
        )
    }

    /// Notes how far an import is, if it still is in the state `from`.
    #[must_use]
    pub fn move_import(
        self,
        tenant: TenantId,
        id: ImportId,
        [from, to]: [&'static str; 2],
        counts: &str,
        now: Millis,
    ) -> Self {
        self.one(
            "UPDATE user_import SET state = $4, counts = $5, beat = $6
             WHERE tenant = $1 AND id = $2 AND state = $3",
            [tenant.into(), id.into(), from.into(), to.into(), counts.into(), now.into()],
        )
    }

    /// Forgets the file of an import, and notes what could not be taken in.
    #[must_use]
    pub fn finish_import(self, tenant: TenantId, id: ImportId, errors: &str) -> Self {
        self.run(
            "UPDATE user_import SET file = NULL, errors = $3 WHERE tenant = $1 AND id = $2",
            [tenant.into(), id.into(), errors.into()],
        )
    }

    /// Forgets all but the newest files of somebody that wait to be taken in, and with them these
    /// imports.
    #[must_use]
    pub fn forget_waiting_imports(self, tenant: TenantId, by: &str, but: i64) -> Self {
        self.run(
            "DELETE FROM user_import WHERE tenant = $1 AND by_name = $2 AND state = 'checked'
               AND id NOT IN (SELECT id FROM user_import
                   WHERE tenant = $1 AND by_name = $2 AND state = 'checked'
                   ORDER BY created DESC, id DESC LIMIT $3)",
            [tenant.into(), by.into(), but.into()],
        )
    }

    /// Forgets files that nobody took in, and what imports had to say, of before a moment.
    #[must_use]
    pub fn forget_imports(self, before: Millis) -> Self {
        self.run(
            "UPDATE user_import SET file = NULL, errors = ''
             WHERE created < $1 AND (file IS NOT NULL OR errors <> '')",
            [before.into()],
        )
    }

    /// Puts an account into a group, if it is not in it.
    #[must_use]
    pub fn join_group(self, tenant: TenantId, account: UserId, group: GroupId) -> Self {
        self.run(
            "INSERT INTO membership (tenant, account, user_group) VALUES ($1, $2, $3)
             ON CONFLICT (account, user_group) DO NOTHING",
            [tenant.into(), account.into(), group.into()],
        )
    }
}
