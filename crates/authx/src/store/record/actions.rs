//! What administrators and users did besides signing in.

use super::{EntryRow, entry};
use crate::store::{Flow, Row, Store, StoreError, Value};
use authx_core::{ApplicationId, Millis, TenantId, UserId};

/// Which of administrators' doings are wanted; all that is named must fit.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ActionFilter {
    /// Under this support code.
    pub support_code: Option<String>,
    /// Of this kind, as stored.
    pub kind: Option<String>,
    /// About this user.
    pub user: Option<UserId>,
    /// About this application.
    pub application: Option<ApplicationId>,
    /// By this account.
    pub by: Option<UserId>,
    /// Then or later.
    pub from: Option<Millis>,
    /// Before then.
    pub until: Option<Millis>,
}

/// The condition that narrows most stands alone, so that its index is used; the others may be
/// absent. PostgreSQL learns a parameter's type from the comparison, so that comes first.
macro_rules! fitting {
    ($lead:literal) => {
        concat!(
            " FROM event e
             LEFT JOIN account a ON a.id = e.account AND a.tenant = e.tenant
             LEFT JOIN application p ON p.id = e.application AND p.tenant = e.tenant
             WHERE e.tenant = $1 AND e.login IS NULL AND ",
            $lead,
            " AND (e.kind = $2 OR $2 IS NULL)
               AND (e.account = $3 OR $3 IS NULL) AND (e.application = $4 OR $4 IS NULL)
               AND (e.detail LIKE $5 OR $5 IS NULL) AND e.at >= $6 AND e.at < $7
               AND (e.support_code = $8 OR $8 IS NULL)"
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
        Statements {
            older: concat!(
                columns!(),
                fitting!($lead),
                " AND e.seq < $9 ORDER BY e.seq DESC LIMIT $10"
            ),
            newer: concat!(columns!(), fitting!($lead), " AND e.seq > $9 ORDER BY e.seq LIMIT $10"),
            count: concat!(
                "SELECT COUNT(*) FROM (SELECT 1 AS one",
                fitting!($lead),
                " LIMIT $9) found"
            ),
        }
    };
}

struct Statements {
    older: &'static str,
    newer: &'static str,
    count: &'static str,
}

fn statements(filter: &ActionFilter) -> Statements {
    if filter.support_code.is_some() {
        statements!("e.support_code = $8")
    } else if filter.user.is_some() {
        statements!("e.account = $3")
    } else if filter.kind.is_some() {
        statements!("e.kind = $2")
    } else if filter.application.is_some() {
        statements!("e.application = $4")
    } else {
        statements!("e.seq > 0")
    }
}

fn params(tenant: TenantId, filter: &ActionFilter) -> Vec<Value> {
    let by = filter.by.map(|id| format!("%\"by_id\":\"{id}\"%"));
    vec![
        tenant.into(),
        filter.kind.as_deref().into(),
        filter.user.into(),
        filter.application.into(),
        by.into(),
        filter.from.unwrap_or_default().into(),
        filter.until.map_or(Value::Int(i64::MAX), Value::from),
        filter.support_code.as_deref().into(),
    ]
}

/// Reads what administrators and users did besides signing in, at most `most`, newest first: what
/// is older than `from`, or, with `newer`, what is newer.
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer.
pub async fn actions(
    store: &Store,
    tenant: TenantId,
    filter: &ActionFilter,
    from: i64,
    newer: bool,
    most: i64,
) -> Result<Vec<EntryRow>, StoreError> {
    let mut params = params(tenant, filter);
    params.extend([from.into(), most.into()]);
    let statements = statements(filter);
    let sql = if newer { statements.newer } else { statements.older };
    let rows = store.query(sql, params).await?;
    let mut found = rows.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
    if newer {
        found.reverse();
    }
    Ok(found)
}

/// All that [`actions()`] would give, newest first, however many.
pub fn all_actions(store: &Store, tenant: TenantId, filter: &ActionFilter) -> Flow<Row> {
    let mut params = params(tenant, filter);
    params.extend([i64::MAX.into(), i64::MAX.into()]);
    store.scan(statements(filter).older, params)
}

/// How many [`actions()`] would give, at most `most`.
///
/// # Errors
///
/// As [`actions()`].
pub async fn count_actions(
    store: &Store,
    tenant: TenantId,
    filter: &ActionFilter,
    most: i64,
) -> Result<u64, StoreError> {
    let mut params = params(tenant, filter);
    params.push(most.into());
    let row = store.query_one(statements(filter).count, params).await?;
    row.map_or(Ok(0), |row| row.count(0))
}

/// Which kinds of doings a tenant's record knows.
///
/// # Errors
///
/// As [`actions()`].
pub async fn action_kinds(store: &Store, tenant: TenantId) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT DISTINCT kind FROM event WHERE tenant = $1 AND login IS NULL ORDER BY kind";
    let rows = store.query(sql, [tenant.into()]).await?;
    rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
}
