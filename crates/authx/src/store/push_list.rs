//! What was asked of phones, as a list.

use super::{Row, Store, StoreError};
use authx_core::{LoginId, Millis, PhoneId, TenantId, UserId};

/// A request that went to a phone.
#[derive(Clone, Debug)]
pub struct PushRow {
    /// By which login.
    pub login: LoginId,
    /// To which phone.
    pub phone: PhoneId,
    /// What that is called now; gone with the phone.
    pub phone_name: Option<String>,
    /// Whose.
    pub user: UserId,
    /// What the account is called now; gone with the account.
    pub user_name: Option<String>,
    /// At what, as called now; gone with the application.
    pub application_name: Option<String>,
    /// `approval` or `code`.
    pub kind: String,
    /// `open`, or how it ended.
    pub state: String,
    /// When it began.
    pub created: Millis,
    /// When the phone had it.
    pub delivered: Option<Millis>,
    /// Which way it came.
    pub delivered_by: Option<String>,
}

/// A place in the list: when a request began, and by which login.
pub type Place = (Millis, LoginId);

macro_rules! pushes {
    ($order:literal) => {
        concat!(
            "SELECT r.login, r.phone, f.name, r.account, a.name, p.name, r.kind, r.state, r.created,
                    r.delivered, r.delivered_by
             FROM phone_request r
             LEFT JOIN phone f ON f.id = r.phone AND f.tenant = r.tenant
             LEFT JOIN account a ON a.id = r.account AND a.tenant = r.tenant
             LEFT JOIN application p ON p.id = r.application AND p.tenant = r.tenant
             WHERE r.tenant = $1 AND (CAST($2 AS BIGINT) IS NULL
                OR (r.delivered IS NULL) = (CAST($2 AS BIGINT) = 1)) AND ",
            $order
        )
    };
}

/// Requests of a tenant in the order in which they are read: from a place to older ones, or to
/// newer ones. `missed` wants those only that a phone never had, or those only that it had.
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer.
pub async fn pushes(
    store: &Store,
    tenant: TenantId,
    missed: Option<bool>,
    from: Option<Place>,
    newer: bool,
    most: i64,
) -> Result<Vec<PushRow>, StoreError> {
    let sql = if newer {
        pushes!("(r.created, r.login) > ($3, $4) ORDER BY r.created, r.login LIMIT $5")
    } else {
        pushes!("(r.created, r.login) < ($3, $4) ORDER BY r.created DESC, r.login DESC LIMIT $5")
    };
    let (created, login) = from.unwrap_or((Millis(u64::MAX), LoginId::from_bytes([255; 16])));
    let params =
        [tenant.into(), missed.map(i64::from).into(), created.into(), login.into(), most.into()];
    let rows = store.query(sql, params).await?;
    rows.iter().map(push).collect()
}

fn push(row: &Row) -> Result<PushRow, StoreError> {
    let text = |column: usize| Ok::<_, StoreError>(row.opt_text(column)?.map(str::to_owned));
    Ok(PushRow {
        login: row.login(0)?,
        phone: row.phone(1)?,
        phone_name: text(2)?,
        user: row.user(3)?,
        user_name: text(4)?,
        application_name: text(5)?,
        kind: row.text(6)?.to_owned(),
        state: row.text(7)?.to_owned(),
        created: row.millis(8)?,
        delivered: row.opt_millis(9)?,
        delivered_by: text(10)?,
    })
}
