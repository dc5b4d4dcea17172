//! Reading the record: entries for people, everything for its verification.

mod actions;
mod of_user;

use super::{Flow, Row, Store, StoreError};
use authx_core::{ApplicationId, EventId, LoginId, Millis, TenantId, UserId};

pub use actions::{ActionFilter, action_kinds, actions, all_actions, count_actions};
pub use of_user::{UserFilter, count_of_user, of_user};

/// An entry of the record as people read it.
#[derive(Clone, Debug)]
pub struct EntryRow {
    /// Its ordinal.
    pub seq: i64,
    /// Its id.
    pub id: EventId,
    /// When.
    pub at: Millis,
    /// What, as stored.
    pub kind: String,
    /// Whom it is about.
    pub user: Option<UserId>,
    /// What that user is called now; gone with the user.
    pub user_name: Option<String>,
    /// Which application it is about.
    pub application: Option<ApplicationId>,
    /// What that application is called now; gone with the application.
    pub application_name: Option<String>,
    /// Which login it is a step of.
    pub login: Option<LoginId>,
    /// What finds it.
    pub support_code: Option<String>,
    /// More, JSON.
    pub detail: String,
}

/// Which entries are wanted; all that is named must fit.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// About this user.
    pub user: Option<UserId>,
    /// About this application.
    pub application: Option<ApplicationId>,
    /// Under this support code.
    pub support_code: Option<String>,
}

/// The condition that narrows most stands alone, so that its index is used. In the others PostgreSQL
/// learns a parameter's type from the comparison, so that comes first.
macro_rules! entries {
    ($user:literal, $code:literal) => {
        concat!(
            "SELECT e.seq, e.id, e.at, e.kind, e.account, a.name, e.application, p.name,
                    e.login, e.support_code, e.detail
             FROM event e
             LEFT JOIN account a ON a.id = e.account AND a.tenant = e.tenant
             LEFT JOIN application p ON p.id = e.application AND p.tenant = e.tenant
             WHERE e.tenant = $1 AND e.seq > $2 AND ",
            $user,
            " AND ",
            $code,
            " AND (e.application = $5 OR $5 IS NULL) ORDER BY e.seq DESC LIMIT $6"
        )
    };
}

/// Reads the newest entries of a tenant with an ordinal above `after`, at most `most`, newest
/// first.
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer.
pub async fn entries(
    store: &Store,
    tenant: TenantId,
    filter: &Filter,
    after: i64,
    most: i64,
) -> Result<Vec<EntryRow>, StoreError> {
    let sql = match (filter.user, &filter.support_code) {
        (_, Some(_)) => entries!("(e.account = $3 OR $3 IS NULL)", "e.support_code = $4"),
        (Some(_), None) => entries!("e.account = $3", "(e.support_code = $4 OR $4 IS NULL)"),
        (None, None) => {
            entries!("(e.account = $3 OR $3 IS NULL)", "(e.support_code = $4 OR $4 IS NULL)")
        }
    };
    let rows = store
        .scan(
            sql,
            [
                tenant.into(),
                after.into(),
                filter.user.into(),
                filter.support_code.as_deref().into(),
                filter.application.into(),
                most.into(),
            ],
        )
        .rest()
        .await?;
    rows.iter().map(entry).collect()
}

/// All entries of a tenant, oldest first, however many, in the columns of [`entry`].
pub fn all_entries(store: &Store, tenant: TenantId) -> Flow<Row> {
    store.scan(
        "SELECT e.seq, e.id, e.at, e.kind, e.account, a.name, e.application, p.name,
                e.login, e.support_code, e.detail
         FROM event e
         LEFT JOIN account a ON a.id = e.account AND a.tenant = e.tenant
         LEFT JOIN application p ON p.id = e.application AND p.tenant = e.tenant
         WHERE e.tenant = $1 ORDER BY e.seq",
        [tenant.into()],
    )
}

/// The highest ordinal that is visible, 0 in an empty record.
///
/// # Errors
///
/// As [`entries()`].
pub async fn highest_seq(store: &Store) -> Result<i64, StoreError> {
    let row = store.query_one("SELECT COALESCE(MAX(seq), 0) FROM event", []).await?;
    row.map_or(Ok(0), |row| row.int(0))
}

/// Every tenant of which there is anything to verify, by the 16 bytes of its id: also one that is
/// in no list of tenants any more.
pub fn recorded_tenants(store: &Store) -> Flow<Row> {
    store.scan(
        "SELECT id FROM tenant UNION SELECT tenant FROM event UNION SELECT tenant FROM seal",
        [],
    )
}

/// The seals of a tenant by number, in the columns of the reader of seals.
pub fn seals(store: &Store, tenant: TenantId) -> Flow<Row> {
    store.scan(
        "SELECT tenant, number, upto, count, root, previous, at, mac FROM seal
         WHERE tenant = $1 ORDER BY number",
        [tenant.into()],
    )
}

/// The rows of a tenant's record by ordinal: ordinal, id, time, kind, account, application, login,
/// support code, detail, MAC.
pub fn rows(store: &Store, tenant: TenantId) -> Flow<Row> {
    store.scan(
        "SELECT seq, id, at, kind, account, application, login, support_code, detail, mac
         FROM event WHERE tenant = $1 ORDER BY seq",
        [tenant.into()],
    )
}

/// An entry, from the columns of a list.
///
/// # Errors
///
/// [`StoreError::Corrupt`].
pub fn entry(row: &Row) -> Result<EntryRow, StoreError> {
    Ok(EntryRow {
        seq: row.int(0)?,
        id: row.event(1)?,
        at: row.millis(2)?,
        kind: row.text(3)?.to_owned(),
        user: row.opt_user(4)?,
        user_name: row.opt_text(5)?.map(str::to_owned),
        application: row.opt_application(6)?,
        application_name: row.opt_text(7)?.map(str::to_owned),
        login: row.opt_login(8)?,
        support_code: row.opt_text(9)?.map(str::to_owned),
        detail: row.text(10)?.to_owned(),
    })
}
