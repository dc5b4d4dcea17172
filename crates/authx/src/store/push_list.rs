//! What was asked of phones, as a list.

use super::{Flow, Row, Store, StoreError, Value};
use authx_core::{ApplicationId, LoginId, Millis, PhoneId, TenantId, UserId};

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
    /// What finds its login.
    pub support_code: Option<String>,
}

/// Which requests are wanted; all that is named must fit.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PushFilter {
    /// Those only that a phone never had, or those only that it had.
    pub missed: Option<bool>,
    /// Of the login under this support code.
    pub support_code: Option<String>,
    /// To this user.
    pub user: Option<UserId>,
    /// For this application.
    pub application: Option<ApplicationId>,
    /// Begun then or later.
    pub from: Option<Millis>,
    /// Begun before then.
    pub until: Option<Millis>,
}

/// A place in the list: when a request began, by which login and to which phone.
pub type Place = (Millis, LoginId, PhoneId);

/// The condition that narrows most stands alone, so that its index is used; a bare one on the time
/// would look to SQLite like a better one.
macro_rules! pushes {
    ($from:literal, $lead:literal, $order:literal) => {
        concat!(
            "SELECT r.login, r.phone, f.name, r.account, a.name, p.name, r.kind, r.state, r.created,
                    r.delivered, r.delivered_by, l.support_code
             FROM ",
            $from,
            " LEFT JOIN phone f ON f.id = r.phone AND f.tenant = r.tenant
             LEFT JOIN account a ON a.id = r.account AND a.tenant = r.tenant
             LEFT JOIN application p ON p.id = r.application AND p.tenant = r.tenant
             WHERE r.tenant = $1 AND ",
            $lead,
            " AND (CAST($2 AS BIGINT) IS NULL
                OR (r.delivered IS NULL) = (CAST($2 AS BIGINT) = 1))
              AND (l.support_code = $3 OR $3 IS NULL) AND (r.account = $4 OR $4 IS NULL)
              AND (r.application = $5 OR $5 IS NULL) AND CASE WHEN r.created >= $6 AND r.created < $7 THEN 1 ELSE 0 END = 1
              AND ",
            $order
        )
    };
}

macro_rules! statements {
    ($lead:literal) => {
        (
            pushes!(
                "phone_request r
                 LEFT JOIN login_line l ON l.tenant = r.tenant AND l.login = r.login",
                $lead,
                "(r.created, r.login, r.phone) < ($8, $9, $10)
                 ORDER BY r.created DESC, r.login DESC, r.phone DESC LIMIT $11"
            ),
            pushes!(
                "phone_request r
                 LEFT JOIN login_line l ON l.tenant = r.tenant AND l.login = r.login",
                $lead,
                "(r.created, r.login, r.phone) > ($8, $9, $10)
                 ORDER BY r.created, r.login, r.phone LIMIT $11"
            ),
        )
    };
}

/// The same of the login under a support code, which is looked up first.
const OF_CODE: (&str, &str) = (
    pushes!(
        "login_line l CROSS JOIN phone_request r",
        "l.tenant = $1 AND l.support_code = $3 AND r.login = l.login",
        "CASE WHEN (r.created, r.login, r.phone) < ($8, $9, $10) THEN 1 ELSE 0 END = 1
         ORDER BY r.created DESC, r.login DESC, r.phone DESC LIMIT $11"
    ),
    pushes!(
        "login_line l CROSS JOIN phone_request r",
        "l.tenant = $1 AND l.support_code = $3 AND r.login = l.login",
        "CASE WHEN (r.created, r.login, r.phone) > ($8, $9, $10) THEN 1 ELSE 0 END = 1
         ORDER BY r.created, r.login, r.phone LIMIT $11"
    ),
);

/// Towards older ones, and towards newer ones.
fn statements(filter: &PushFilter) -> (&'static str, &'static str) {
    if filter.support_code.is_some() {
        OF_CODE
    } else if filter.user.is_some() {
        statements!("r.account = $4")
    } else if filter.application.is_some() {
        statements!("r.application = $5")
    } else if filter.missed == Some(true) {
        statements!("r.delivered IS NULL")
    } else {
        statements!("r.created >= $6 AND r.created < $7")
    }
}

/// Requests of a tenant in the order in which they are read: from a place to older ones, or, with
/// `newer`, to newer ones; without a place from the end.
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer.
pub async fn pushes(
    store: &Store,
    tenant: TenantId,
    filter: &PushFilter,
    from: Option<Place>,
    newer: bool,
    most: i64,
) -> Result<Vec<PushRow>, StoreError> {
    let (older, newest) = statements(filter);
    let sql = if newer { newest } else { older };
    let rows = store.query(sql, params(tenant, filter, from, newer, most)).await?;
    rows.iter().map(push).collect()
}

/// All that [`pushes()`] would give, newest first, however many, in the columns of [`push`].
pub fn all_pushes(store: &Store, tenant: TenantId, filter: &PushFilter) -> Flow<Row> {
    let (older, _) = statements(filter);
    store.scan(older, params(tenant, filter, None, false, i64::MAX))
}

fn params(
    tenant: TenantId,
    filter: &PushFilter,
    from: Option<Place>,
    newer: bool,
    most: i64,
) -> Vec<Value> {
    // Without a place it begins where the times do that are wanted.
    let (end, all) = if newer {
        (Millis(filter.from.unwrap_or_default().0.saturating_sub(1)), u8::MAX)
    } else {
        (filter.until.unwrap_or(Millis(u64::MAX)), 0)
    };
    let (created, login, phone) =
        from.unwrap_or((end, LoginId::from_bytes([all; 16]), PhoneId::from_bytes([all; 16])));
    vec![
        tenant.into(),
        filter.missed.map(i64::from).into(),
        filter.support_code.as_deref().into(),
        filter.user.into(),
        filter.application.into(),
        filter.from.unwrap_or_default().into(),
        filter.until.map_or(Value::Int(i64::MAX), Value::from),
        created.into(),
        login.into(),
        phone.into(),
        most.into(),
    ]
}

/// A request, from the columns of a list.
///
/// # Errors
///
/// [`StoreError::Corrupt`].
pub fn push(row: &Row) -> Result<PushRow, StoreError> {
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
        support_code: text(11)?,
    })
}
