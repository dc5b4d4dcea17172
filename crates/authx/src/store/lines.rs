//! Logins in a line each, and their counts: written by whoever reads the record.

use super::{Batch, Row, Store, StoreError, Value};
use authx_core::{
    ApplicationId, LoginId, Millis, TenantId, UserId,
    audit::{Delay, LoginLine, LoginOutcome, Step, TallyKey},
};

/// How far the record was read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Position {
    /// By which version of the reader.
    pub model: i64,
    /// Up to which ordinal.
    pub seq: i64,
}

/// An entry about a login, as the reader takes it.
#[derive(Clone, Debug)]
pub struct StepRow {
    /// Its ordinal.
    pub seq: i64,
    /// Whose.
    pub tenant: TenantId,
    /// When.
    pub at: Millis,
    /// What, as stored.
    pub kind: String,
    /// Of which login.
    pub login: LoginId,
    /// Whom it is about.
    pub user: Option<UserId>,
    /// Which application it is about.
    pub application: Option<ApplicationId>,
    /// What finds it.
    pub support_code: Option<String>,
    /// More, JSON.
    pub detail: String,
}

impl StepRow {
    /// As the reader counts it. `None` for a kind of a later version, which says nothing that this
    /// one could count.
    pub fn step(&self) -> Option<Step<'_>> {
        Some(Step {
            seq: self.seq,
            at: self.at,
            kind: self.kind.parse().ok()?,
            login: self.login,
            user: self.user,
            application: self.application,
            support_code: self.support_code.as_deref(),
            detail: &self.detail,
        })
    }
}

/// Reads how far the record was read. `None`: it was not.
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer.
pub async fn position(store: &Store) -> Result<Option<Position>, StoreError> {
    let sql = "SELECT model, seq FROM log_reader WHERE name = 'logins'";
    let row = store.query_one(sql, []).await?;
    row.map(|row| Ok(Position { model: row.int(0)?, seq: row.int(1)? })).transpose()
}

/// Reads entries about logins with an ordinal after `after` and up to `upto`, at most `most`, in
/// order.
///
/// # Errors
///
/// As [`position`].
pub async fn steps_between(
    store: &Store,
    after: i64,
    upto: i64,
    most: i64,
) -> Result<Vec<StepRow>, StoreError> {
    let rows = store
        .query(
            "SELECT seq, tenant, at, kind, login, account, application, support_code, detail
             FROM event WHERE seq > $1 AND seq <= $2 AND login IS NOT NULL
             ORDER BY seq LIMIT $3",
            [after.into(), upto.into(), most.into()],
        )
        .await?;
    rows.iter().map(step).collect()
}

/// Reads the steps of one login, in order: those under its support code.
///
/// # Errors
///
/// As [`position`].
pub async fn steps_of(
    store: &Store,
    tenant: TenantId,
    line: &LoginLine,
    most: i64,
) -> Result<Vec<StepRow>, StoreError> {
    let rows = store
        .query(
            "SELECT seq, tenant, at, kind, login, account, application, support_code, detail
             FROM event WHERE tenant = $1 AND support_code = $2 AND seq >= $3 AND seq <= $4
               AND login = $5
             ORDER BY seq LIMIT $6",
            [
                tenant.into(),
                line.support_code.as_deref().unwrap_or_default().into(),
                line.first_seq.into(),
                line.last_seq.into(),
                line.login.into(),
                most.into(),
            ],
        )
        .await?;
    rows.iter().map(step).collect()
}

/// Reads what the record knows of one login of an account, in order, also what no reader has come
/// to yet. Empty: it is none of that account's.
///
/// # Errors
///
/// As [`position`].
pub async fn own_steps(
    store: &Store,
    tenant: TenantId,
    account: UserId,
    login: LoginId,
) -> Result<Vec<StepRow>, StoreError> {
    let rows = store
        .query(
            "SELECT seq, tenant, at, kind, login, account, application, support_code, detail
             FROM event WHERE tenant = $1 AND account = $2 AND login = $3 ORDER BY seq",
            [tenant.into(), account.into(), login.into()],
        )
        .await?;
    rows.iter().map(step).collect()
}

/// Reads the lines of these logins, as far as there are any.
///
/// # Errors
///
/// As [`position`].
pub async fn lines_of(
    store: &Store,
    tenant: TenantId,
    logins: &[LoginId],
) -> Result<Vec<LoginLine>, StoreError> {
    let mut lines = Vec::with_capacity(logins.len());
    for some in logins.chunks(AT_ONCE) {
        let mut params: Vec<Value> = Vec::with_capacity(AT_ONCE + 1);
        params.push(tenant.into());
        // Whoever fills the last places is asked for twice.
        let filled = some.iter().chain(some.last().into_iter().cycle()).take(AT_ONCE);
        params.extend(filled.map(|login| Value::from(*login)));
        for row in store.query(LINES_OF, params).await? {
            lines.push(line(&row, 0)?);
        }
    }
    Ok(lines)
}

/// How many are looked up by one statement.
const AT_ONCE: usize = 16;
const LINES_OF: &str =
    "SELECT seq, login, application, account, name, began, ended, outcome, factor, reason,
            support_code, address, asked, approve_ms, last_seq, reported
     FROM login_line WHERE tenant = $1 AND login IN
       ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";

impl Batch {
    /// Moves the reader on, unless somebody else just did. Comes first in a batch.
    #[must_use]
    pub fn move_reader(self, from: Option<Position>, to: Position) -> Self {
        match from {
            None => self.one(
                "INSERT INTO log_reader (name, model, seq) VALUES ('logins', $1, $2)
                 ON CONFLICT (name) DO NOTHING",
                [to.model.into(), to.seq.into()],
            ),
            Some(from) => self.one(
                "UPDATE log_reader SET model = $3, seq = $4
                 WHERE name = 'logins' AND model = $1 AND seq = $2",
                [from.model.into(), from.seq.into(), to.model.into(), to.seq.into()],
            ),
        }
    }

    /// Adds the line of a login.
    #[must_use]
    pub fn insert_line(self, tenant: TenantId, line: &LoginLine) -> Self {
        self.one(
            "INSERT INTO login_line (tenant, seq, login, application, account, name, began, ended,
                                     outcome, factor, reason, support_code, address, asked,
                                     approve_ms, last_seq, reported)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
                     $17)",
            values(tenant, line),
        )
    }

    /// Replaces the line of a login.
    #[must_use]
    pub fn update_line(self, tenant: TenantId, line: &LoginLine) -> Self {
        self.one(
            "UPDATE login_line SET application = $4, account = $5, name = $6, began = $7,
                    ended = $8, outcome = $9, factor = $10, reason = $11, support_code = $12,
                    address = $13, asked = $14, approve_ms = $15, last_seq = $16, reported = $17
             WHERE tenant = $1 AND seq = $2 AND login = $3",
            values(tenant, line),
        )
    }

    /// Counts logins that ended, or no longer under what they were counted before.
    #[must_use]
    pub fn count_logins(self, tenant: TenantId, key: &TallyKey, more: i64) -> Self {
        let application = key.application.map_or_else(Vec::new, |id| id.as_bytes().to_vec());
        self.run(
            "INSERT INTO tally (tenant, hour, application, outcome, factor, reason, count)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (tenant, hour, application, outcome, factor, reason)
             DO UPDATE SET count = tally.count + excluded.count",
            [
                tenant.into(),
                key.hour.into(),
                application.into(),
                key.outcome.word().into(),
                key.factor.as_str().into(),
                key.reason.as_str().into(),
                more.into(),
            ],
        )
    }

    /// Counts approvals by how long they took.
    #[must_use]
    pub fn count_approvals(self, tenant: TenantId, hour: Millis, took: Delay, more: i64) -> Self {
        self.run(
            "INSERT INTO approve_tally (tenant, hour, class, count) VALUES ($1, $2, $3, $4)
             ON CONFLICT (tenant, hour, class)
             DO UPDATE SET count = approve_tally.count + excluded.count",
            [tenant.into(), hour.into(), u32::from(took.class()).into(), more.into()],
        )
    }

    /// Forgets some of the lines, and all that was counted.
    #[must_use]
    pub fn forget_some_lines(self, some: i64) -> Self {
        self.run(
            "DELETE FROM login_line WHERE seq IN (SELECT seq FROM login_line LIMIT $1)",
            [some.into()],
        )
        .run("DELETE FROM tally", [])
        .run("DELETE FROM approve_tally", [])
    }

    /// Forgets the lines of a tenant's logins that began until `began` and whose entries all went
    /// with those up to `upto`.
    #[must_use]
    pub fn forget_lines(self, tenant: TenantId, began: Millis, upto: i64) -> Self {
        self.run(
            "DELETE FROM login_line WHERE tenant = $1 AND began <= $2 AND last_seq <= $3",
            [tenant.into(), began.into(), upto.into()],
        )
    }
}

/// Whether there is any line.
///
/// # Errors
///
/// As [`position`].
pub async fn any(store: &Store) -> Result<bool, StoreError> {
    Ok(store.query_one("SELECT seq FROM login_line LIMIT 1", []).await?.is_some())
}

fn values(tenant: TenantId, line: &LoginLine) -> [Value; 17] {
    [
        tenant.into(),
        line.first_seq.into(),
        line.login.into(),
        line.application.into(),
        line.user.into(),
        line.name.as_str().into(),
        line.began.into(),
        line.ended.into(),
        line.outcome.word().into(),
        line.factor.as_deref().into(),
        line.reason.as_deref().into(),
        line.support_code.as_deref().into(),
        line.address.as_deref().into(),
        line.asked.into(),
        line.approve_ms.into(),
        line.last_seq.into(),
        line.reported.into(),
    ]
}

/// A line, from columns in the order in which all statements name them.
pub(super) fn line(row: &Row, at: usize) -> Result<LoginLine, StoreError> {
    let text = |column: usize| Ok::<_, StoreError>(row.opt_text(at + column)?.map(str::to_owned));
    let outcome = LoginOutcome::from_word(row.text(at + 7)?)
        .ok_or_else(|| row.corrupt(at + 7, "how a login stands"))?;
    Ok(LoginLine {
        first_seq: row.int(at)?,
        login: row.login(at + 1)?,
        application: row.opt_application(at + 2)?,
        user: row.opt_user(at + 3)?,
        name: row.text(at + 4)?.to_owned(),
        began: row.millis(at + 5)?,
        ended: row.opt_millis(at + 6)?,
        outcome,
        factor: text(8)?,
        reason: text(9)?,
        support_code: text(10)?,
        address: text(11)?,
        asked: row.opt_millis(at + 12)?,
        approve_ms: row.opt_millis(at + 13)?.map(|Millis(took)| took),
        last_seq: row.int(at + 14)?,
        reported: row.opt_millis(at + 15)?,
    })
}

fn step(row: &Row) -> Result<StepRow, StoreError> {
    Ok(StepRow {
        seq: row.int(0)?,
        tenant: row.tenant(1)?,
        at: row.millis(2)?,
        kind: row.text(3)?.to_owned(),
        login: row.login(4)?,
        user: row.opt_user(5)?,
        application: row.opt_application(6)?,
        support_code: row.opt_text(7)?.map(str::to_owned),
        detail: row.text(8)?.to_owned(),
    })
}
