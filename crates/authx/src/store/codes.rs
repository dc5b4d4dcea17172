//! Where a support code stands: in which of the lists of what happened.

use super::{Store, StoreError};
use authx_core::TenantId;

/// A list of what happened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Log {
    /// Who signed in.
    Logins,
    /// What administrators and users changed.
    Actions,
    /// What was sent to phones.
    Phones,
    /// What was sent by mail.
    Mail,
}

/// The lists in which a support code stands: four looks into indexes.
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer.
pub async fn logs_of(store: &Store, tenant: TenantId, code: &str) -> Result<Vec<Log>, StoreError> {
    let rows = store
        .query(
            "SELECT CAST(1 AS BIGINT) AS log WHERE EXISTS
               (SELECT 1 FROM login_line WHERE tenant = $1 AND support_code = $2)
             UNION ALL SELECT CAST(2 AS BIGINT) WHERE EXISTS
               (SELECT 1 FROM event WHERE tenant = $1 AND support_code = $2 AND login IS NULL)
             UNION ALL SELECT CAST(3 AS BIGINT) WHERE EXISTS
               (SELECT 1 FROM login_line l JOIN phone_request r
                  ON r.tenant = l.tenant AND r.login = l.login
                WHERE l.tenant = $1 AND l.support_code = $2)
             UNION ALL SELECT CAST(4 AS BIGINT) WHERE EXISTS
               (SELECT 1 FROM delivery WHERE tenant = $1 AND support_code = $2)
             ORDER BY log",
            [tenant.into(), code.into()],
        )
        .await?;
    let log = |row: &super::Row| match row.int(0)? {
        1 => Ok(Log::Logins),
        2 => Ok(Log::Actions),
        3 => Ok(Log::Phones),
        _ => Ok(Log::Mail),
    };
    rows.iter().map(log).collect()
}
