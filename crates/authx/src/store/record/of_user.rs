//! What happened to one user, and what the user did: logins step by step, and changes.

use super::{EntryRow, entry};
use crate::store::{Store, StoreError, Value};
use authx_core::{Millis, TenantId, UserId};

/// Which entries about a user are wanted; all that is named must fit.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct UserFilter {
    /// Under this support code.
    pub support_code: Option<String>,
    /// Steps of logins only, or all but these.
    pub steps: Option<bool>,
    /// Then or later.
    pub from: Option<Millis>,
    /// Before then.
    pub until: Option<Millis>,
}

/// The condition that narrows most stands alone, so that its index is used. Of a report in the portal
/// the step of its login is there; the deed beside it says the same to those who read deeds.
macro_rules! about {
    ($lead:literal) => {
        concat!(
            " FROM event e
             LEFT JOIN account a ON a.id = e.account AND a.tenant = e.tenant
             LEFT JOIN application p ON p.id = e.application AND p.tenant = e.tenant
             WHERE e.tenant = $1 AND ",
            $lead,
            " AND e.account = $2 AND e.kind <> 'login_reported'
              AND (e.support_code = $3 OR $3 IS NULL)
              AND (CAST($4 AS BIGINT) IS NULL
                OR (e.login IS NOT NULL) = (CAST($4 AS BIGINT) = 1))
              AND e.at >= $5 AND e.at < $6"
        )
    };
}

macro_rules! columns {
    () => {
        "SELECT e.seq, e.id, e.at, e.kind, e.account, a.name, e.application, p.name,
                e.login, e.support_code, e.detail"
    };
}

macro_rules! statements {
    ($lead:literal) => {
        [
            concat!(columns!(), about!($lead), " AND e.seq < $7 ORDER BY e.seq DESC LIMIT $8"),
            concat!(columns!(), about!($lead), " AND e.seq > $7 ORDER BY e.seq LIMIT $8"),
            concat!("SELECT COUNT(*) FROM (SELECT 1 AS one", about!($lead), " LIMIT $7) found"),
        ]
    };
}

/// Towards older ones, towards newer ones, and how many.
fn statements(filter: &UserFilter) -> [&'static str; 3] {
    if filter.support_code.is_some() {
        statements!("e.support_code = $3")
    } else {
        statements!("e.seq > 0")
    }
}

/// Entries about a user in the order in which they are read: those older than `from`, or, with
/// `newer`, the newer ones.
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer.
pub async fn of_user(
    store: &Store,
    (tenant, user): (TenantId, UserId),
    filter: &UserFilter,
    from: i64,
    newer: bool,
    most: i64,
) -> Result<Vec<EntryRow>, StoreError> {
    let [older, later, _] = statements(filter);
    let mut params = params(tenant, user, filter);
    params.extend([from.into(), most.into()]);
    let rows = store.query(if newer { later } else { older }, params).await?;
    rows.iter().map(entry).collect()
}

/// How many [`of_user`] would give, at most `most`.
///
/// # Errors
///
/// As [`of_user`].
pub async fn count_of_user(
    store: &Store,
    (tenant, user): (TenantId, UserId),
    filter: &UserFilter,
    most: i64,
) -> Result<u64, StoreError> {
    let [_, _, count] = statements(filter);
    let mut params = params(tenant, user, filter);
    params.push(most.into());
    let row = store.query_one(count, params).await?;
    row.map_or(Ok(0), |row| row.count(0))
}

fn params(tenant: TenantId, user: UserId, filter: &UserFilter) -> Vec<Value> {
    vec![
        tenant.into(),
        user.into(),
        filter.support_code.as_deref().into(),
        filter.steps.map(i64::from).into(),
        filter.from.unwrap_or_default().into(),
        filter.until.map_or(Value::Int(i64::MAX), Value::from),
    ]
}
