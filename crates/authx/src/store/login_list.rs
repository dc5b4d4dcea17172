//! Lists of logins: found by anything that a line says, page by page.

use super::{Flow, Row, Store, StoreError, Value, lines};
use authx_core::{
    ApplicationId, LoginId, Millis, TenantId, UserId,
    audit::{LoginLine, LoginOutcome},
};

/// A login with what its application and user are called now.
#[derive(Clone, Debug)]
pub struct LoginRow {
    /// The line.
    pub line: LoginLine,
    /// The application's name; gone with the application.
    pub application_name: Option<String>,
    /// The account's name; gone with the account.
    pub user_name: Option<String>,
}

/// Which logins are wanted; all that is named must fit.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct LoginFilter {
    /// Under this support code.
    pub support_code: Option<String>,
    /// Of this user.
    pub user: Option<UserId>,
    /// Of nobody that is known, under this name.
    pub unknown_name: Option<String>,
    /// From this address.
    pub address: Option<String>,
    /// Refused for this reason; `fraud` also where it was reported after it was let in.
    pub reason: Option<String>,
    /// By this factor.
    pub factor: Option<String>,
    /// At this application.
    pub application: Option<ApplicationId>,
    /// That stand so.
    pub outcome: Option<LoginOutcome>,
    /// Begun then or later.
    pub from: Option<Millis>,
    /// Begun before then.
    pub until: Option<Millis>,
}

/// A place in a list: the beginning of a login and its first ordinal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Place {
    /// When the login there began.
    pub began: Millis,
    /// Its first ordinal.
    pub seq: i64,
}

/// Which way a list is read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Towards {
    /// From a place to newer ones.
    Newer(Place),
    /// From a place, or from the newest, to older ones.
    Older(Option<Place>),
}

impl Towards {
    /// From a place, or from the end, one way or the other.
    pub fn from(place: Option<Place>, newer: bool) -> Self {
        const OLDEST: Place = Place { began: Millis(0), seq: 0 };
        if newer { Self::Newer(place.unwrap_or(OLDEST)) } else { Self::Older(place) }
    }
}

/// The condition that narrows most stands alone, so that its index is used; the others may be
/// absent. PostgreSQL learns a parameter's type from the comparison, so that comes first.
macro_rules! fitting {
    ($lead:literal) => {
        concat!(
            " FROM login_line l
             LEFT JOIN account a ON a.id = l.account AND a.tenant = l.tenant
             LEFT JOIN application p ON p.id = l.application AND p.tenant = l.tenant
             WHERE l.tenant = $1 AND ",
            $lead,
            " AND (l.support_code = $2 OR $2 IS NULL) AND (l.account = $3 OR $3 IS NULL)
              AND (l.name = $4 AND l.account IS NULL OR $4 IS NULL)
              AND (l.address = $5 OR $5 IS NULL) AND (l.reason = $6 OR $6 IS NULL)
              AND (l.factor = $7 OR $7 IS NULL) AND (l.application = $8 OR $8 IS NULL)
              AND (l.outcome = $9 OR $9 IS NULL) AND l.began >= $10 AND l.began < $11"
        )
    };
}

macro_rules! statements {
    ($lead:literal) => {
        Statements {
            older: concat!(
                columns!(),
                fitting!($lead),
                " AND (l.began, l.seq) < ($12, $13)
                 ORDER BY l.began DESC, l.seq DESC LIMIT $14"
            ),
            newer: concat!(
                columns!(),
                fitting!($lead),
                " AND (l.began, l.seq) > ($12, $13) ORDER BY l.began, l.seq LIMIT $14"
            ),
            count: concat!(
                "SELECT COUNT(*) FROM (SELECT 1 AS one",
                fitting!($lead),
                " LIMIT $12) found"
            ),
        }
    };
}

macro_rules! columns {
    () => {
        "SELECT l.seq, l.login, l.application, l.account, l.name, l.began, l.ended, l.outcome,
                l.factor, l.reason, l.support_code, l.address, l.asked, l.approve_ms, l.last_seq,
                l.reported, p.name, a.name"
    };
}

macro_rules! reported {
    ($which:literal, $at:literal) => {
        concat!(
            columns!(),
            " FROM login_line l
             LEFT JOIN account a ON a.id = l.account AND a.tenant = l.tenant
             LEFT JOIN application p ON p.id = l.application AND p.tenant = l.tenant
             WHERE l.tenant = $1 AND ",
            $which,
            " AND ",
            $at,
            " >= $2 ORDER BY ",
            $at,
            " DESC, l.seq DESC LIMIT $3"
        )
    };
}

struct Statements {
    older: &'static str,
    newer: &'static str,
    count: &'static str,
}

fn statements(filter: &LoginFilter) -> Statements {
    if filter.support_code.is_some() {
        statements!("l.support_code = $2")
    } else if filter.user.is_some() {
        statements!("l.account = $3")
    } else if filter.unknown_name.is_some() {
        statements!("l.name = $4 AND l.account IS NULL")
    } else if filter.address.is_some() {
        statements!("l.address = $5")
    } else if filter.reason.is_some() {
        statements!("l.reason = $6")
    } else if filter.outcome.is_some() {
        statements!("l.outcome = $9")
    } else if filter.factor.is_some() {
        statements!("l.factor = $7")
    } else if filter.application.is_some() {
        statements!("l.application = $8")
    } else {
        statements!("l.began >= $10")
    }
}

fn params(tenant: TenantId, filter: &LoginFilter) -> Vec<Value> {
    vec![
        tenant.into(),
        filter.support_code.as_deref().into(),
        filter.user.into(),
        filter.unknown_name.as_deref().into(),
        filter.address.as_deref().into(),
        filter.reason.as_deref().into(),
        filter.factor.as_deref().into(),
        filter.application.into(),
        filter.outcome.map(LoginOutcome::word).into(),
        filter.from.unwrap_or_default().into(),
        filter.until.map_or(Value::Int(i64::MAX), Value::from),
    ]
}

/// Reads at most `most` logins, newest first.
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer.
pub async fn logins(
    store: &Store,
    tenant: TenantId,
    filter: &LoginFilter,
    towards: Towards,
    most: i64,
) -> Result<Vec<LoginRow>, StoreError> {
    let (sql, params, newer) = reading(tenant, filter, towards, most);
    let rows = store.query(sql, params).await?;
    let mut found = rows.iter().map(login).collect::<Result<Vec<_>, _>>()?;
    if newer {
        found.reverse();
    }
    Ok(found)
}

/// The logins that fit, newest first, however many.
pub fn all_logins(store: &Store, tenant: TenantId, filter: &LoginFilter) -> Flow<Row> {
    let (sql, params, _) = reading(tenant, filter, Towards::Older(None), i64::MAX);
    store.scan(sql, params)
}

/// How many fit, at most `most`.
///
/// # Errors
///
/// As [`logins`].
pub async fn count(
    store: &Store,
    tenant: TenantId,
    filter: &LoginFilter,
    most: i64,
) -> Result<u64, StoreError> {
    let mut params = params(tenant, filter);
    params.push(most.into());
    let row = store.query_one(statements(filter).count, params).await?;
    row.map_or(Ok(0), |row| row.count(0))
}

/// Reads one login. `None`: this tenant has none of that id.
///
/// # Errors
///
/// As [`logins`].
pub async fn one(
    store: &Store,
    tenant: TenantId,
    id: LoginId,
) -> Result<Option<LoginRow>, StoreError> {
    const SQL: &str = concat!(
        columns!(),
        " FROM login_line l
         LEFT JOIN account a ON a.id = l.account AND a.tenant = l.tenant
         LEFT JOIN application p ON p.id = l.application AND p.tenant = l.tenant
         WHERE l.tenant = $1 AND l.login = $2"
    );
    let row = store.query_one(SQL, [tenant.into(), id.into()]).await?;
    row.as_ref().map(login).transpose()
}

/// Reads at most `most` logins that have since then been reported as somebody else’s, the last
/// reported first: those that were let in, or all others.
///
/// # Errors
///
/// As [`logins`].
pub async fn reported(
    store: &Store,
    tenant: TenantId,
    let_in: bool,
    since: Millis,
    most: i64,
) -> Result<Vec<LoginRow>, StoreError> {
    let sql = if let_in {
        reported!("l.outcome = 'granted'", "l.reported")
    } else {
        // What ends as reported may have no later entry that says so.
        reported!("l.reason = 'fraud' AND l.outcome <> 'granted'", "COALESCE(l.reported, l.began)")
    };
    let rows = store.query(sql, [tenant.into(), since.into(), most.into()]).await?;
    rows.iter().map(login).collect()
}

/// A login, from the columns of a list.
///
/// # Errors
///
/// [`StoreError::Corrupt`].
pub fn login(row: &Row) -> Result<LoginRow, StoreError> {
    Ok(LoginRow {
        line: lines::line(row, 0)?,
        application_name: row.opt_text(16)?.map(str::to_owned),
        user_name: row.opt_text(17)?.map(str::to_owned),
    })
}

fn reading(
    tenant: TenantId,
    filter: &LoginFilter,
    towards: Towards,
    most: i64,
) -> (&'static str, Vec<Value>, bool) {
    let mut params = params(tenant, filter);
    let statements = statements(filter);
    let (place, newer) = match towards {
        Towards::Newer(place) => (place, true),
        Towards::Older(Some(place)) => (place, false),
        Towards::Older(None) => (Place { began: Millis(u64::MAX), seq: i64::MAX }, false),
    };
    params.extend([place.began.into(), place.seq.into(), most.into()]);
    (if newer { statements.newer } else { statements.older }, params, newer)
}
