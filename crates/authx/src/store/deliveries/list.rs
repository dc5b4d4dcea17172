//! Lists of deliveries: found by anything that they say, page by page.

use super::{DeliveryRow, DeliveryState, Filter, read};
use crate::store::{Flow, Row, Store, StoreError, Value};
use authx_core::{DeliveryId, TenantId};

/// The condition that narrows most stands alone, so that its index is used; the others may be
/// absent. PostgreSQL learns a parameter's type from the comparison, so that comes first. The id of
/// a delivery says when it was queued; a bare condition on it would look to SQLite like a better
/// index than that of what is searched for.
macro_rules! chosen {
    ($lead:literal) => {
        concat!(
            " WHERE d.tenant = $1 AND ",
            $lead,
            " AND (d.state = $2 OR $2 IS NULL) AND (d.kind = $3 OR $3 IS NULL)
              AND (d.account = $4 OR $4 IS NULL) AND (d.support_code = $5 OR $5 IS NULL)
              AND CASE WHEN d.id >= $6 AND d.id < $7 THEN 1 ELSE 0 END = 1"
        )
    };
}

macro_rules! statements {
    ($lead:literal) => {
        statements!($lead, $lead)
    };
    ($lead:literal, $count:literal) => {
        Statements {
            older: concat!(
                "SELECT ",
                columns!(),
                chosen!($lead),
                " AND d.id < $8 ORDER BY d.id DESC LIMIT $9"
            ),
            newer: concat!(
                "SELECT ",
                columns!(),
                chosen!($lead),
                " AND d.id > $8 ORDER BY d.id LIMIT $9"
            ),
            count: concat!(
                "SELECT COUNT(*) FROM (SELECT 1 AS one FROM delivery d",
                chosen!($count),
                " LIMIT $8) found"
            ),
        }
    };
}

struct Statements {
    older: &'static str,
    newer: &'static str,
    count: &'static str,
}

fn statements(filter: &Filter) -> Statements {
    if filter.support_code.is_some() {
        statements!("d.support_code = $5")
    } else if filter.account.is_some() {
        statements!("d.account = $4")
    } else if filter.state.is_some() && filter.kind.is_some() {
        statements!("d.state = $2 AND d.kind = $3")
    } else if filter.state.is_some() {
        statements!("d.state = $2", "d.state = $2 AND d.id >= $6 AND d.id < $7")
    } else if filter.kind.is_some() {
        statements!("d.kind = $3", "d.kind = $3 AND d.id >= $6 AND d.id < $7")
    } else {
        statements!("d.id >= $6 AND d.id < $7")
    }
}

/// The ids between which those lie that are wanted.
fn between(filter: &Filter) -> ([u8; 16], [u8; 16]) {
    let from = filter.from.map_or(NONE, |at| *DeliveryId::earliest(at).as_bytes());
    (from, filter.until.map_or(ALL, |at| *DeliveryId::earliest(at).as_bytes()))
}

fn params(tenant: TenantId, filter: &Filter) -> Vec<Value> {
    let (from, until) = between(filter);
    vec![
        tenant.into(),
        filter.state.map(DeliveryState::word).into(),
        filter.kind.as_deref().into(),
        filter.account.into(),
        filter.support_code.as_deref().into(),
        from.to_vec().into(),
        until.to_vec().into(),
    ]
}

/// Deliveries of a tenant in the order in which they are read: from one of them to older ones, or,
/// with `newer`, to newer ones; without one from the end.
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer.
pub async fn deliveries(
    store: &Store,
    tenant: TenantId,
    filter: &Filter,
    from: Option<DeliveryId>,
    newer: bool,
    most: u32,
) -> Result<Vec<DeliveryRow>, StoreError> {
    let statements = statements(filter);
    let (first, last) = between(filter);
    let (sql, end) = if newer { (statements.newer, first) } else { (statements.older, last) };
    let mut params = params(tenant, filter);
    let from = from.map_or(end, |id| *id.as_bytes());
    params.extend([from.to_vec().into(), most.into()]);
    let rows = store.query(sql, params).await?;
    rows.iter().map(read).collect()
}

/// All that [`deliveries`] would give, newest first, however many, in the columns of [`read`].
pub fn all_deliveries(store: &Store, tenant: TenantId, filter: &Filter) -> Flow<Row> {
    let mut params = params(tenant, filter);
    params.extend([ALL.to_vec().into(), i64::MAX.into()]);
    store.scan(statements(filter).older, params)
}

/// How many deliveries of a tenant are meant, at most `most`.
///
/// # Errors
///
/// As [`deliveries`].
pub async fn count(
    store: &Store,
    tenant: TenantId,
    filter: &Filter,
    most: i64,
) -> Result<u64, StoreError> {
    let mut params = params(tenant, filter);
    params.push(most.into());
    let row = store.query_one(statements(filter).count, params).await?;
    row.map_or(Ok(0), |row| row.count(0))
}

/// Before every id, and after.
const NONE: [u8; 16] = [0; 16];
const ALL: [u8; 16] = [255; 16];
