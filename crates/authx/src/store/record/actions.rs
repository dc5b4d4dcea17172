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
/// absent. PostgreSQL learns a parameter's type from the comparison, so that comes first. A bare
/// condition on time or place would look to SQLite like a better index.
macro_rules! fitting {
    ($lead:literal) => {
        concat!(
            " FROM event e
             LEFT JOIN account a ON a.id = e.account AND a.tenant = e.tenant
             LEFT JOIN application p ON p.id = e.application AND p.tenant = e.tenant
             WHERE e.tenant = $1 AND e.login IS NULL AND ",
            $lead,
            " AND CASE WHEN e.seq > $9 AND e.seq < $10 THEN 1 ELSE 0 END = 1
               AND (e.kind = $2 OR $2 IS NULL)
               AND (e.account = $3 OR $3 IS NULL) AND (e.application = $4 OR $4 IS NULL)
               AND (e.by_id = $5 OR $5 IS NULL)
               AND CASE WHEN e.at >= $6 AND e.at < $7 THEN 1 ELSE 0 END = 1
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
        statements!($lead, $lead, $lead)
    };
    ($older:literal, $newer:literal, $count:literal) => {
        Statements {
            older: concat!(
                columns!(),
                fitting!($older),
                " AND e.seq < $10 ORDER BY e.seq DESC LIMIT $11"
            ),
            newer: concat!(
                columns!(),
                fitting!($newer),
                " AND e.seq > $9 ORDER BY e.seq LIMIT $11"
            ),
            count: concat!(
                "SELECT COUNT(*) FROM (SELECT 1 AS one",
                fitting!($count),
                " LIMIT $11) found"
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
    } else if filter.by.is_some() {
        statements!("e.by_id = $5")
    } else if filter.kind.is_some() {
        statements!("e.kind = $2")
    } else if filter.application.is_some() {
        statements!("e.application = $4")
    } else {
        statements!("e.seq > $9", "e.seq < $10", "e.seq > $9 AND e.seq < $10")
    }
}

/// Between which entries those lie that are wanted.
#[derive(Clone, Copy)]
struct Between {
    after: i64,
    before: i64,
}

const ANYWHERE: Between = Between { after: 0, before: i64::MAX };

/// Entries come in the order of their times, but for moments between nodes and commits: an hour is
/// left on either side.
async fn between(
    store: &Store,
    tenant: TenantId,
    filter: &ActionFilter,
) -> Result<Between, StoreError> {
    let mut between = ANYWHERE;
    if let Some(from) = filter.from {
        let sql = "SELECT seq FROM event WHERE tenant = $1 AND login IS NULL AND at < $2
                   ORDER BY at DESC LIMIT 1";
        let at = Millis(from.0.saturating_sub(HOUR_MILLIS));
        let row = store.query_one(sql, [tenant.into(), at.into()]).await?;
        between.after = row.map_or(Ok(between.after), |row| row.int(0))?;
    }
    if let Some(until) = filter.until {
        let sql = "SELECT seq FROM event WHERE tenant = $1 AND login IS NULL AND at > $2
                   ORDER BY at LIMIT 1";
        let at = Millis(until.0.saturating_add(HOUR_MILLIS));
        let row = store.query_one(sql, [tenant.into(), at.into()]).await?;
        between.before = row.map_or(Ok(between.before), |row| row.int(0))?;
    }
    Ok(between)
}

fn params(tenant: TenantId, filter: &ActionFilter, between: Between, most: i64) -> Vec<Value> {
    vec![
        tenant.into(),
        filter.kind.as_deref().into(),
        filter.user.into(),
        filter.application.into(),
        filter.by.map(|id| id.to_string()).into(),
        filter.from.unwrap_or_default().into(),
        filter.until.map_or(Value::Int(i64::MAX), Value::from),
        filter.support_code.as_deref().into(),
        between.after.into(),
        between.before.into(),
        most.into(),
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
    let mut between = between(store, tenant, filter).await?;
    if newer {
        between.after = between.after.max(from);
    } else {
        between.before = between.before.min(from);
    }
    let statements = statements(filter);
    let sql = if newer { statements.newer } else { statements.older };
    let rows = store.query(sql, params(tenant, filter, between, most)).await?;
    let mut found = rows.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
    if newer {
        found.reverse();
    }
    Ok(found)
}

/// All that [`actions()`] would give, newest first, however many.
pub fn all_actions(store: &Store, tenant: TenantId, filter: &ActionFilter) -> Flow<Row> {
    store.scan(statements(filter).older, params(tenant, filter, ANYWHERE, i64::MAX))
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
    let params = params(tenant, filter, between(store, tenant, filter).await?, most);
    let row = store.query_one(statements(filter).count, params).await?;
    row.map_or(Ok(0), |row| row.count(0))
}

/// Which kinds of doings a tenant's record knows.
///
/// # Errors
///
/// As [`actions()`].
pub async fn action_kinds(store: &Store, tenant: TenantId) -> Result<Vec<String>, StoreError> {
    // From one kind to the next, past all entries between them.
    let sql = "WITH RECURSIVE known (kind) AS (
                 SELECT MIN(kind) FROM event WHERE tenant = $1 AND login IS NULL
                 UNION ALL
                 SELECT (SELECT MIN(e.kind) FROM event e
                         WHERE e.tenant = $1 AND e.login IS NULL AND e.kind > known.kind)
                 FROM known WHERE known.kind IS NOT NULL)
               SELECT kind FROM known WHERE kind IS NOT NULL ORDER BY kind";
    let rows = store.query(sql, [tenant.into()]).await?;
    rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
}

const HOUR_MILLIS: u64 = 3_600_000;
