//! Logins whose time is over.

use super::super::{Batch, Row, Store, StoreError, Value};
use authx_core::{LoginId, Millis, SessionId, TenantId, policy::LONGEST_SESSION_SECS};

/// Reads logins that are still open although their time is over.
///
/// # Errors
///
/// As [`visitor`](super::visitor).
pub async fn overdue(store: &Store, now: Millis) -> Result<Vec<(TenantId, LoginId)>, StoreError> {
    let rows = store
        .query(
            "SELECT tenant, id FROM login WHERE final = 0 AND expires <= $1 LIMIT 500",
            [now.into()],
        )
        .await?;
    let ids = |row: &Row| Ok((row.tenant(0)?, row.login(1)?));
    rows.iter().map(ids).collect()
}

/// Forgets up to 5,000 each of ended logins, sessions and counts of wrong passwords that were over
/// before `before`, and of logins that let somebody in and were over before `allowed_before`. The
/// record keeps what happened; the rows only answered repeated requests and renewals.
///
/// # Errors
///
/// As [`visitor`](super::visitor).
pub async fn forget(
    store: &Store,
    before: Millis,
    allowed_before: Millis,
) -> Result<(), StoreError> {
    let old: [Value; 1] = [before.into()];
    let longest_ago = Millis(before.0.saturating_sub(LONGEST_SESSION_SECS * 1_000));
    let batch = Batch::default()
        .run(
            "DELETE FROM login WHERE (tenant, id) IN (SELECT tenant, id FROM login
             WHERE final = 1 AND expires < $1 LIMIT 5000)",
            old.clone(),
        )
        .run(
            "DELETE FROM login WHERE (tenant, id) IN (SELECT tenant, id FROM login
             WHERE final = 2 AND expires < $1 LIMIT 5000)",
            [allowed_before.into()],
        )
        .run(
            "DELETE FROM session WHERE id IN (SELECT id FROM session
             WHERE id < $1 AND until < $2 LIMIT 5000)",
            // Ids rise with time, so this reads only what was made a whole lifetime ago.
            [SessionId::earliest(longest_ago).into(), before.into()],
        )
        .run(
            "DELETE FROM throttle WHERE (tenant, application, source) IN (SELECT
             tenant, application, source FROM throttle WHERE last < $1 LIMIT 5000)",
            old,
        );
    store.commit(batch).await
}
