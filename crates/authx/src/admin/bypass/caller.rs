//! Is the caller who they say, and is it the help desk that they called? Each side reads three
//! digits to the other, that only the right two can see.

use super::BypassError;
use crate::{
    admin::{Actor, AdminError, Change, TRIES, accounts, change, detail, pause},
    app::{About, App},
    store::{
        Batch, StoreError,
        approvals::{self as stored, CallerCheckRow},
    },
};
use authx_core::{CallerCheckId, Millis, TenantId, UserId, audit::EventKind};
use aws_lc_rs::constant_time::verify_slices_are_equal;

/// A check, as the administrator sees it: what the caller will read is not in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Check {
    /// What to read to the caller.
    pub agent_reads: String,
    /// Whether the caller read the right digits.
    pub matched: bool,
    /// Whether it failed.
    pub failed: bool,
    /// When it is over.
    pub expires: Millis,
}

/// A check, as the caller sees it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Shown {
    /// Who is called.
    pub agent: String,
    /// What that one has to read first.
    pub agent_reads: String,
    /// What to read then.
    pub caller_reads: String,
    /// When it is over.
    pub expires: Millis,
}

/// Begins a check of a caller; an earlier one counts no longer.
///
/// # Errors
///
/// [`BypassError::Account`], [`BypassError::Admin`].
pub async fn begin(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    user: UserId,
) -> Result<Check, BypassError> {
    let agent = by.user().ok_or(BypassError::NeedsLeave)?;
    let row = accounts::row(app, tenant, user).await?;
    by.check_outranks(row.role)?;
    let now = app.now().map_err(AdminError::from)?;
    let (id, agent_reads, caller_reads) = app.decide(now, |cx| {
        let agent = u64::from_be_bytes(cx.bytes()) % 1_000;
        // One of the 999 others: whoever repeats what was read gives nothing away, and gets no
        // further.
        let caller = (agent + 1 + u64::from_be_bytes(cx.bytes()) % 999) % 1_000;
        (CallerCheckId::new(cx), format!("{agent:03}"), format!("{caller:03}"))
    });
    let expires = now.plus_secs(OPEN_SECS);
    let check = CallerCheckRow {
        id,
        account: user,
        state: "open".to_owned(),
        agent,
        agent_name: by.as_str().to_owned(),
        agent_reads: agent_reads.clone(),
        caller_reads,
        tries: 0,
        expires,
    };
    let batch = Batch::default().insert_caller_check(tenant, &check, now);
    app.store.commit(batch).await.map_err(AdminError::from)?;
    Ok(Check { agent_reads, matched: false, failed: false, expires })
}

/// Compares what the caller read. After the third wrong answer nothing counts any more.
///
/// # Errors
///
/// [`BypassError::Digits`], [`BypassError::Over`], [`BypassError::Admin`].
pub async fn answer(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    user: UserId,
    typed: &str,
) -> Result<(), BypassError> {
    let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
    for _ in 0..TRIES {
        let now = app.now().map_err(AdminError::from)?;
        let row = of(app, by, tenant, user).await?;
        let row = row.filter(|row| row.state == "open" && row.expires > now);
        let row = row.ok_or(BypassError::Over)?;
        let right = verify_slices_are_equal(digits.as_bytes(), row.caller_reads.as_bytes()).is_ok();
        let left = MOST_TRIES.saturating_sub(row.tries + 1);
        let outcome = match (right, left) {
            (true, _) => record(app, by, tenant, &row, "matched", EventKind::CallerChecked).await,
            (false, 0) => record(app, by, tenant, &row, "failed", EventKind::CallerDoubted).await,
            (false, _) => {
                let batch = Batch::default().answer_caller_check(row.id, row.tries, "open");
                app.store.commit(batch).await.map_err(|error| AdminError::from(error).into())
            }
        };
        match outcome {
            Ok(()) if right => return Ok(()),
            Ok(()) => return Err(BypassError::Digits { left }),
            Err(BypassError::Admin(AdminError::Store(StoreError::Conflict))) => pause(app).await,
            Err(error) => return Err(error),
        }
    }
    Err(AdminError::Busy.into())
}

/// The newest check of a user by this administrator, if it is not over.
///
/// # Errors
///
/// [`AdminError::Store`].
pub async fn now_of(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    user: UserId,
) -> Result<Option<Check>, AdminError> {
    let now = app.now()?;
    let row = of(app, by, tenant, user).await?.filter(|row| row.expires > now);
    Ok(row.filter(|row| row.state != "used").map(|row| Check {
        matched: row.state == "matched",
        failed: row.state == "failed",
        agent_reads: row.agent_reads,
        expires: row.expires,
    }))
}

/// What a user sees who calls, if anybody checks them now.
///
/// # Errors
///
/// [`AdminError::Store`].
pub async fn shown_to(
    app: &App,
    tenant: TenantId,
    user: UserId,
) -> Result<Option<Shown>, AdminError> {
    let now = app.now()?;
    let row = stored::caller_check(&app.store, tenant, user).await?;
    Ok(row.filter(|row| row.state == "open" && row.expires > now).map(|row| Shown {
        agent: row.agent_name,
        agent_reads: row.agent_reads,
        caller_reads: row.caller_reads,
        expires: row.expires,
    }))
}

async fn of(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    user: UserId,
) -> Result<Option<CallerCheckRow>, AdminError> {
    let row = stored::caller_check(&app.store, tenant, user).await?;
    Ok(row.filter(|row| by.user() == Some(row.agent)))
}

async fn record(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    row: &CallerCheckRow,
    state: &'static str,
    kind: EventKind,
) -> Result<(), BypassError> {
    let user = row.account;
    let name = accounts::row(app, tenant, user).await?.name;
    let name = name.as_str();
    // Decided once: whoever was faster is found by reading it again.
    let decided = change(app, by, tenant, move |_, _| async move {
        Ok::<_, AdminError>(Change {
            batch: Batch::default().answer_caller_check(row.id, row.tries, state),
            kind,
            about: About { user: Some(user), ..About::default() },
            detail: detail([("name", name.into())]),
            outcome: (),
        })
    });
    match decided.await {
        Err(AdminError::Busy) => Err(AdminError::Store(StoreError::Conflict).into()),
        other => Ok(other?),
    }
}

const OPEN_SECS: u64 = 300;
const MOST_TRIES: u64 = 3;
