//! Leave to help a user past the second factor: another administrator's, or that of a caller who
//! was checked.

use super::{Batch, Row, Store, StoreError};
use authx_core::{ApprovalId, CallerCheckId, Millis, TenantId, UserId, role::Role};

/// Somebody's wish.
#[derive(Clone, Debug)]
pub struct ApprovalRow {
    /// Which.
    pub id: ApprovalId,
    /// For whom.
    pub account: UserId,
    /// What they are called.
    pub name: String,
    /// What they are in the portal.
    pub role: Option<Role>,
    /// `code` or `bypass`.
    pub kind: String,
    /// `open`, `agreed`, `declined` or `used`.
    pub state: String,
    /// Why.
    pub reason: String,
    /// For how long.
    pub secs: u64,
    /// Who asked.
    pub asked_by: UserId,
    /// What they are called.
    pub asked_name: String,
    /// Who decided; `None` also where somebody on the server did.
    pub decided_by: Option<UserId>,
    /// What they are called.
    pub decided_name: Option<String>,
    /// When it was asked.
    pub created: Millis,
    /// When it is over by itself.
    pub expires: Millis,
}

/// Digits that are read aloud.
#[derive(Clone, Debug)]
pub struct CallerCheckRow {
    /// Which.
    pub id: CallerCheckId,
    /// Who calls.
    pub account: UserId,
    /// `open`, `matched`, `failed`, `denied` or `used`.
    pub state: String,
    /// Who is called.
    pub agent: UserId,
    /// What they are called.
    pub agent_name: String,
    /// What the administrator reads.
    pub agent_reads: String,
    /// What the caller reads.
    pub caller_reads: String,
    /// Wrong answers so far.
    pub tries: u64,
    /// When it began.
    pub created: Millis,
    /// When it is over by itself.
    pub expires: Millis,
}

macro_rules! approval_columns {
    () => {
        "SELECT p.id, p.account, a.name, p.kind, p.state, p.reason, p.secs, p.asked_by,
                p.asked_name, p.decided_name, p.created, p.expires, p.decided_by, a.role
         FROM approval p JOIN account a ON a.id = p.account WHERE p.tenant = $1 "
    };
}

macro_rules! caller_check_columns {
    () => {
        "SELECT c.id, c.account, c.state, c.agent, c.agent_name, c.agent_reads, c.caller_reads,
                c.tries, c.created, c.expires
         FROM caller_check c WHERE c.tenant = $1 AND c.account = $2 "
    };
}

/// Reads a wish.
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer.
pub async fn approval(
    store: &Store,
    tenant: TenantId,
    id: ApprovalId,
) -> Result<Option<ApprovalRow>, StoreError> {
    let sql = concat!(approval_columns!(), "AND p.id = $2");
    let row = store.query_one(sql, [tenant.into(), id.into()]).await?;
    row.as_ref().map(approval_row).transpose()
}

/// Reads the wishes that are open or agreed to and not over, newest first: all of them, as each is
/// somebody's by hand and over within hours.
///
/// # Errors
///
/// As [`approval`].
pub async fn approvals(
    store: &Store,
    tenant: TenantId,
    now: Millis,
) -> Result<Vec<ApprovalRow>, StoreError> {
    let sql = concat!(
        approval_columns!(),
        "AND p.state IN ('open', 'agreed') AND p.expires > $2 ORDER BY p.id DESC"
    );
    let rows = store.query(sql, [tenant.into(), now.into()]).await?;
    rows.iter().map(approval_row).collect()
}

fn approval_row(row: &Row) -> Result<ApprovalRow, StoreError> {
    Ok(ApprovalRow {
        id: row.approval(0)?,
        account: row.user(1)?,
        name: row.text(2)?.to_owned(),
        kind: row.text(3)?.to_owned(),
        state: row.text(4)?.to_owned(),
        reason: row.text(5)?.to_owned(),
        secs: row.count(6)?,
        asked_by: row.user(7)?,
        asked_name: row.text(8)?.to_owned(),
        decided_name: row.opt_text(9)?.map(str::to_owned),
        created: row.millis(10)?,
        expires: row.millis(11)?,
        decided_by: row.opt_user(12)?,
        role: row.opt_text(13)?.and_then(Role::from_word),
    })
}

/// Reads the newest check of a caller.
///
/// # Errors
///
/// As [`approval`].
pub async fn caller_check(
    store: &Store,
    tenant: TenantId,
    account: UserId,
) -> Result<Option<CallerCheckRow>, StoreError> {
    let sql = concat!(caller_check_columns!(), "ORDER BY c.id DESC LIMIT 1");
    let row = store.query_one(sql, [tenant.into(), account.into()]).await?;
    row.as_ref().map(caller_check_row).transpose()
}

/// Reads the newest check of a caller if it is open and its user may sign in.
///
/// # Errors
///
/// As [`approval`].
pub async fn open_caller_check(
    store: &Store,
    tenant: TenantId,
    account: UserId,
    now: Millis,
) -> Result<Option<CallerCheckRow>, StoreError> {
    let sql = concat!(
        caller_check_columns!(),
        "AND (SELECT a.state FROM account a WHERE a.id = c.account) = 'active'
         ORDER BY c.id DESC LIMIT 1"
    );
    let row = store.query_one(sql, [tenant.into(), account.into()]).await?;
    let row = row.as_ref().map(caller_check_row).transpose()?;
    Ok(row.filter(|row| row.state == "open" && row.expires > now))
}

fn caller_check_row(row: &Row) -> Result<CallerCheckRow, StoreError> {
    Ok(CallerCheckRow {
        id: row.caller_check(0)?,
        account: row.user(1)?,
        state: row.text(2)?.to_owned(),
        agent: row.user(3)?,
        agent_name: row.text(4)?.to_owned(),
        agent_reads: row.text(5)?.to_owned(),
        caller_reads: row.text(6)?.to_owned(),
        tries: row.count(7)?,
        created: row.millis(8)?,
        expires: row.millis(9)?,
    })
}

/// Counts the wrong digits since a moment: in all checks by an administrator, and of a user.
///
/// # Errors
///
/// As [`approval`].
pub async fn wrong_digits(
    store: &Store,
    tenant: TenantId,
    agent: UserId,
    account: UserId,
    since: Millis,
) -> Result<u64, StoreError> {
    // Of one that matched, the last answer was right.
    let row = store
        .query_one(
            "SELECT CAST(COALESCE(SUM(CASE WHEN state IN ('matched', 'used') THEN tries - 1
                                           ELSE tries END), 0) AS BIGINT)
             FROM caller_check
             WHERE tenant = $1 AND (agent = $2 OR account = $3) AND created > $4",
            [tenant.into(), agent.into(), account.into(), since.into()],
        )
        .await?;
    row.map_or(Ok(0), |row| row.count(0))
}

impl Batch {
    /// Adds a wish.
    #[must_use]
    pub fn insert_approval(self, tenant: TenantId, row: &ApprovalRow) -> Self {
        self.one(
            "INSERT INTO approval (id, tenant, account, kind, state, reason, secs, asked_by,
                                   asked_name, created, expires)
             VALUES ($1, $2, $3, $4, 'open', $5, $6, $7, $8, $9, $10)",
            [
                row.id.into(),
                tenant.into(),
                row.account.into(),
                row.kind.as_str().into(),
                row.reason.as_str().into(),
                row.secs.into(),
                row.asked_by.into(),
                row.asked_name.as_str().into(),
                row.created.into(),
                row.expires.into(),
            ],
        )
    }

    /// Decides a wish that is open.
    #[must_use]
    pub fn decide_approval(
        self,
        id: ApprovalId,
        agreed: bool,
        by: Option<UserId>,
        name: &str,
    ) -> Self {
        let state = if agreed { "agreed" } else { "declined" };
        self.one(
            "UPDATE approval SET state = $2, decided_by = $3, decided_name = $4
             WHERE id = $1 AND state = 'open'",
            [id.into(), state.into(), by.into(), name.into()],
        )
    }

    /// Spends a wish that was agreed to.
    #[must_use]
    pub fn use_approval(self, id: ApprovalId) -> Self {
        self.one(
            "UPDATE approval SET state = 'used' WHERE id = $1 AND state = 'agreed'",
            [id.into()],
        )
    }

    /// Adds a check of a caller; earlier ones count no longer.
    #[must_use]
    pub fn insert_caller_check(self, tenant: TenantId, row: &CallerCheckRow) -> Self {
        self.run(
            "UPDATE caller_check SET state = 'failed'
             WHERE tenant = $1 AND account = $2 AND state IN ('open', 'matched')",
            [tenant.into(), row.account.into()],
        )
        .one(
            "INSERT INTO caller_check (id, tenant, account, state, agent, agent_name, agent_reads,
                                       caller_reads, tries, created, expires)
             VALUES ($1, $2, $3, 'open', $4, $5, $6, $7, 0, $8, $9)",
            [
                row.id.into(),
                tenant.into(),
                row.account.into(),
                row.agent.into(),
                row.agent_name.as_str().into(),
                row.agent_reads.as_str().into(),
                row.caller_reads.as_str().into(),
                row.created.into(),
                row.expires.into(),
            ],
        )
        .change_phones_of(tenant, row.account)
    }

    /// Moves a check of a caller on, if nobody did since it was read; one answer more.
    #[must_use]
    pub fn answer_caller_check(self, id: CallerCheckId, tries: u64, state: &'static str) -> Self {
        self.one(
            "UPDATE caller_check SET state = $3, tries = tries + 1
             WHERE id = $1 AND tries = $2 AND state = 'open'",
            [id.into(), tries.into(), state.into()],
        )
    }

    /// Ends a check of a caller that is open: its user knows of no call.
    #[must_use]
    pub fn deny_caller_check(self, id: CallerCheckId) -> Self {
        self.one(
            "UPDATE caller_check SET state = 'denied' WHERE id = $1 AND state = 'open'",
            [id.into()],
        )
    }

    /// Spends a check of a caller.
    #[must_use]
    pub fn use_caller_check(self, id: CallerCheckId) -> Self {
        self.one(
            "UPDATE caller_check SET state = 'used' WHERE id = $1 AND state = 'matched'",
            [id.into()],
        )
    }

    /// Forgets wishes and checks that were over before a moment.
    #[must_use]
    pub fn forget_approvals(self, before: Millis) -> Self {
        self.run("DELETE FROM approval WHERE expires < $1", [before.into()])
            .run("DELETE FROM caller_check WHERE expires < $1", [before.into()])
    }
}
