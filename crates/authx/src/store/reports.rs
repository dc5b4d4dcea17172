//! Figures: counted before, or counted at once where that takes milliseconds.

use super::{Row, Store, StoreError};
use authx_core::{
    ApplicationId, Millis, PhoneId, TenantId, UserId,
    audit::{Delay, LoginOutcome},
};

/// How many logins of an hour ended in a way.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HourCount {
    /// When the hour began.
    pub hour: Millis,
    /// The way.
    pub outcome: LoginOutcome,
    /// How many.
    pub count: u64,
}

/// How many logins under a word.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WordCount {
    /// The word; empty for none.
    pub word: String,
    /// How many.
    pub count: u64,
}

/// How many logins at an application ended in a way.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ApplicationCount {
    /// Which; `None` for none.
    pub application: Option<ApplicationId>,
    /// What it is called now; gone with it.
    pub name: Option<String>,
    /// The way.
    pub outcome: LoginOutcome,
    /// How many.
    pub count: u64,
}

/// A user who was refused.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RefusedUser {
    /// Who.
    pub user: UserId,
    /// What the account is called now; gone with the account.
    pub name: Option<String>,
    /// How often.
    pub count: u64,
}

/// A phone that cannot be reached.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LostPhone {
    /// Which.
    pub phone: PhoneId,
    /// What its owner calls it.
    pub name: String,
    /// Whose.
    pub user: UserId,
    /// What the account is called.
    pub user_name: String,
    /// Since when.
    pub since: Millis,
}

/// Logins that began since then, by hour and outcome.
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer.
pub async fn by_hour(
    store: &Store,
    tenant: TenantId,
    since: Millis,
) -> Result<Vec<HourCount>, StoreError> {
    let rows = store
        .query(
            "SELECT hour, outcome, CAST(SUM(count) AS BIGINT) FROM tally
             WHERE tenant = $1 AND hour >= $2 GROUP BY hour, outcome ORDER BY hour",
            [tenant.into(), since.into()],
        )
        .await?;
    let count = |row: &Row| {
        Ok(HourCount { hour: row.millis(0)?, outcome: outcome(row, 1)?, count: row.count(2)? })
    };
    rows.iter().map(count).collect()
}

/// Logins that began since then and were let in, by factor; the most first.
///
/// # Errors
///
/// As [`by_hour`].
pub async fn by_factor(
    store: &Store,
    tenant: TenantId,
    since: Millis,
) -> Result<Vec<WordCount>, StoreError> {
    let sql = "SELECT factor, CAST(SUM(count) AS BIGINT) FROM tally
        WHERE tenant = $1 AND hour >= $2 AND outcome = 'granted'
        GROUP BY factor HAVING SUM(count) > 0 ORDER BY 2 DESC, 1";
    words(&store.query(sql, [tenant.into(), since.into()]).await?)
}

/// Logins that began since then and were refused, by reason; the most first.
///
/// # Errors
///
/// As [`by_hour`].
pub async fn by_reason(
    store: &Store,
    tenant: TenantId,
    since: Millis,
) -> Result<Vec<WordCount>, StoreError> {
    let sql = "SELECT reason, CAST(SUM(count) AS BIGINT) FROM tally
        WHERE tenant = $1 AND hour >= $2 AND outcome = 'refused'
        GROUP BY reason HAVING SUM(count) > 0 ORDER BY 2 DESC, 1";
    words(&store.query(sql, [tenant.into(), since.into()]).await?)
}

/// Logins that began since then, by application and outcome.
///
/// # Errors
///
/// As [`by_hour`].
pub async fn by_application(
    store: &Store,
    tenant: TenantId,
    since: Millis,
) -> Result<Vec<ApplicationCount>, StoreError> {
    let rows = store
        .query(
            "SELECT c.application, p.name, c.outcome, c.count FROM (
               SELECT application, outcome, CAST(SUM(count) AS BIGINT) AS count FROM tally
               WHERE tenant = $1 AND hour >= $2 GROUP BY application, outcome) c
             LEFT JOIN application p ON p.id = c.application AND p.tenant = $1
             WHERE c.count > 0 ORDER BY p.name, c.application, c.outcome",
            [tenant.into(), since.into()],
        )
        .await?;
    let count = |row: &Row| {
        let none = row.bytes(0)?.is_empty();
        Ok(ApplicationCount {
            application: if none { None } else { row.opt_application(0)? },
            name: row.opt_text(1)?.map(str::to_owned),
            outcome: outcome(row, 2)?,
            count: row.count(3)?,
        })
    };
    rows.iter().map(count).collect()
}

/// How long approvals took of logins that began since then: classes of times with their counts,
/// the shortest first.
///
/// # Errors
///
/// As [`by_hour`].
pub async fn approvals(
    store: &Store,
    tenant: TenantId,
    since: Millis,
) -> Result<Vec<(Delay, u64)>, StoreError> {
    let rows = store
        .query(
            "SELECT class, CAST(SUM(count) AS BIGINT) FROM approve_tally
             WHERE tenant = $1 AND hour >= $2 GROUP BY class ORDER BY class",
            [tenant.into(), since.into()],
        )
        .await?;
    let delay = |row: &Row| {
        let class = u16::try_from(row.int(0)?).map_err(|_| row.corrupt(0, "a class of times"))?;
        Ok((Delay::from_class(class), row.count(1)?))
    };
    rows.iter().map(delay).collect()
}

/// Users who were refused most, of logins that began since then.
///
/// # Errors
///
/// As [`by_hour`].
pub async fn most_refused(
    store: &Store,
    tenant: TenantId,
    since: Millis,
    most: i64,
) -> Result<Vec<RefusedUser>, StoreError> {
    let rows = store
        .query(
            "SELECT c.account, a.name, c.count FROM (
               SELECT account, COUNT(*) AS count FROM login_line
               WHERE tenant = $1 AND outcome = 'refused' AND began >= $2 AND account IS NOT NULL
               GROUP BY account ORDER BY count DESC, account LIMIT $3) c
             LEFT JOIN account a ON a.id = c.account AND a.tenant = $1
             ORDER BY c.count DESC, c.account",
            [tenant.into(), since.into(), most.into()],
        )
        .await?;
    let refused = |row: &Row| {
        Ok(RefusedUser {
            user: row.user(0)?,
            name: row.opt_text(1)?.map(str::to_owned),
            count: row.count(2)?,
        })
    };
    rows.iter().map(refused).collect()
}

/// How many logins that began since then have no end yet.
///
/// # Errors
///
/// As [`by_hour`].
pub async fn waiting(store: &Store, tenant: TenantId, since: Millis) -> Result<u64, StoreError> {
    let sql = "SELECT COUNT(*) FROM login_line
        WHERE tenant = $1 AND outcome = 'waiting' AND began >= $2";
    let row = store.query_one(sql, [tenant.into(), since.into()]).await?;
    row.map_or(Ok(0), |row| row.count(0))
}

/// How many phones there are.
///
/// # Errors
///
/// As [`by_hour`].
pub async fn phones(store: &Store, tenant: TenantId) -> Result<u64, StoreError> {
    let sql = "SELECT COUNT(*) FROM phone WHERE tenant = $1";
    let row = store.query_one(sql, [tenant.into()]).await?;
    row.map_or(Ok(0), |row| row.count(0))
}

/// How many phones cannot be reached.
///
/// # Errors
///
/// As [`by_hour`].
pub async fn lost_phones(store: &Store, tenant: TenantId) -> Result<u64, StoreError> {
    let sql = "SELECT COUNT(*) FROM phone WHERE tenant = $1 AND unreachable_since IS NOT NULL";
    let row = store.query_one(sql, [tenant.into()]).await?;
    row.map_or(Ok(0), |row| row.count(0))
}

/// Phones that cannot be reached, those that could be reached longest ago first.
///
/// # Errors
///
/// As [`by_hour`].
pub async fn longest_lost(
    store: &Store,
    tenant: TenantId,
    most: i64,
) -> Result<Vec<LostPhone>, StoreError> {
    let rows = store
        .query(
            "SELECT p.id, p.name, p.account, a.name, p.unreachable_since
             FROM phone p JOIN account a ON a.id = p.account
             WHERE p.tenant = $1 AND p.unreachable_since IS NOT NULL
             ORDER BY p.unreachable_since, p.id LIMIT $2",
            [tenant.into(), most.into()],
        )
        .await?;
    let lost = |row: &Row| {
        Ok(LostPhone {
            phone: row.phone(0)?,
            name: row.text(1)?.to_owned(),
            user: row.user(2)?,
            user_name: row.text(3)?.to_owned(),
            since: row.millis(4)?,
        })
    };
    rows.iter().map(lost).collect()
}

/// How many users there are who may sign in, and how many of them have no factor.
///
/// # Errors
///
/// As [`by_hour`].
pub async fn users(store: &Store, tenant: TenantId) -> Result<(u64, u64), StoreError> {
    let row = store
        .query_one(
            "SELECT COUNT(*), COUNT(*) - CAST(COALESCE(SUM(enrolled), 0) AS BIGINT) FROM account
             WHERE tenant = $1 AND state = 'active' AND removed IS NULL",
            [tenant.into()],
        )
        .await?;
    row.map_or(Ok((0, 0)), |row| Ok((row.count(0)?, row.count(1)?)))
}

/// How many owners there are, and users for whom no second factor is asked at that time.
///
/// # Errors
///
/// As [`by_hour`].
pub async fn owners_and_bypassed(
    store: &Store,
    tenant: TenantId,
    now: Millis,
) -> Result<(u64, u64), StoreError> {
    let row = store
        .query_one(
            "SELECT
               (SELECT COUNT(*) FROM account WHERE tenant = $1 AND role = 'owner'
                 AND state = 'active' AND removed IS NULL),
               (SELECT COUNT(*) FROM account WHERE tenant = $1 AND bypass_until > $2
                 AND removed IS NULL)",
            [tenant.into(), now.into()],
        )
        .await?;
    row.map_or(Ok((0, 0)), |row| Ok((row.count(0)?, row.count(1)?)))
}

/// How many mails did not go out that were queued since then.
///
/// # Errors
///
/// As [`by_hour`].
pub async fn lost_mail(store: &Store, tenant: TenantId, since: Millis) -> Result<u64, StoreError> {
    let sql = "SELECT COUNT(*) FROM delivery
        WHERE tenant = $1 AND created >= $2 AND state IN ('failed', 'given_up')";
    let row = store.query_one(sql, [tenant.into(), since.into()]).await?;
    row.map_or(Ok(0), |row| row.count(0))
}

/// The newest entry of a kind in a tenant's record: when, and by its detail.
///
/// # Errors
///
/// As [`by_hour`].
pub async fn newest_of_kind(
    store: &Store,
    tenant: TenantId,
    kind: &'static str,
) -> Result<Option<(Millis, String)>, StoreError> {
    let row = store
        .query_one(
            "SELECT at, detail FROM event WHERE tenant = $1 AND login IS NULL AND kind = $2
             ORDER BY seq DESC LIMIT 1",
            [tenant.into(), kind.into()],
        )
        .await?;
    row.map(|row| Ok((row.millis(0)?, row.text(1)?.to_owned()))).transpose()
}

/// The oldest entry of a tenant that no seal covers: when it was written.
///
/// # Errors
///
/// As [`by_hour`].
pub async fn unsealed_since(store: &Store, tenant: TenantId) -> Result<Option<Millis>, StoreError> {
    let row = store
        .query_one(
            "SELECT at FROM event WHERE tenant = $1 AND seq > COALESCE(
               (SELECT upto FROM seal WHERE tenant = $1 ORDER BY number DESC LIMIT 1), 0)
             ORDER BY seq LIMIT 1",
            [tenant.into()],
        )
        .await?;
    row.map(|row| row.millis(0)).transpose()
}

fn words(rows: &[Row]) -> Result<Vec<WordCount>, StoreError> {
    let word = |row: &Row| Ok(WordCount { word: row.text(0)?.to_owned(), count: row.count(1)? });
    rows.iter().map(word).collect()
}

fn outcome(row: &Row, column: usize) -> Result<LoginOutcome, StoreError> {
    LoginOutcome::from_word(row.text(column)?)
        .ok_or_else(|| row.corrupt(column, "how a login stands"))
}
