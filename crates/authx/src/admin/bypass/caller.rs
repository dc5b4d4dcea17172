//! Is the caller who they say, and is it the help desk that they called? Each side reads three
//! digits to the other, that only the right two can see.

use super::{BypassError, on_phone};
use crate::{
    admin::{Actor, AdminError, Change, accounts, change, detail},
    app::{About, App},
    store::{
        Batch,
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
    /// Whether it failed because the user says that they are on no telephone with the help desk.
    pub denied: bool,
    /// When it is over.
    pub expires: Millis,
}

/// A check, as the caller sees it.
#[derive(Clone, Eq, PartialEq)]
pub struct Shown {
    /// Which.
    pub id: CallerCheckId,
    /// Who is called.
    pub agent: String,
    /// What that one has to read first.
    pub agent_reads: String,
    /// What to read then.
    pub caller_reads: String,
    /// When it began.
    pub asked: Millis,
    /// When it is over.
    pub expires: Millis,
}

/// Begins a check of a caller; an earlier one counts no longer.
///
/// # Errors
///
/// [`BypassError::Guessed`], [`BypassError::Account`], [`BypassError::Admin`].
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
    not_guessed(app, tenant, agent, user, now).await?;
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
        created: now,
        expires,
    };
    let mut deed = detail([("name", row.name.into())]);
    by.sign(&mut deed);
    let about = About { user: Some(user), ..About::default() };
    let batch = Batch::default().insert_caller_check(tenant, &check);
    let batch = app.record(batch, now, tenant, EventKind::CallerCheckBegun, about, deed);
    app.store.commit(batch).await.map_err(AdminError::from)?;
    on_phone::wake(app, tenant, user).await;
    Ok(Check { agent_reads, matched: false, failed: false, denied: false, expires })
}

/// Compares what the caller read. After the third wrong answer of a check, and after the sixth of a
/// day, nothing counts any more: whoever began one check after the other would guess the digits.
///
/// # Errors
///
/// [`BypassError::Denied`], [`BypassError::Digits`], [`BypassError::Guessed`],
/// [`BypassError::Over`], [`BypassError::Admin`].
pub async fn answer(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    user: UserId,
    typed: &str,
) -> Result<(), BypassError> {
    let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.as_bytes();
    let (right, left) = change(app, by, tenant, move |tenant, now| async move {
        let row = of(app, by, tenant.id, user).await?.filter(|row| row.expires > now);
        let row = row.ok_or(BypassError::Over)?;
        match row.state.as_str() {
            "open" => {}
            "denied" => return Err(BypassError::Denied),
            _ => return Err(BypassError::Over),
        }
        not_guessed(app, tenant.id, row.agent, user, now).await?;
        let name = accounts::row(app, tenant.id, user).await?.name;
        let right = verify_slices_are_equal(digits, row.caller_reads.as_bytes()).is_ok();
        let left = MOST_TRIES.saturating_sub(row.tries + 1);
        let (state, kind) = match (right, left) {
            (true, _) => ("matched", EventKind::CallerChecked),
            (false, 0) => ("failed", EventKind::CallerDoubted),
            (false, _) => ("open", EventKind::CallerDoubted),
        };
        let mut batch = Batch::default().answer_caller_check(row.id, row.tries, state);
        if state != "open" {
            batch = batch.change_phones_of(tenant.id, user);
        }
        Ok::<_, BypassError>(Change {
            batch,
            kind,
            about: About { user: Some(user), ..About::default() },
            detail: detail([("name", name.into())]),
            outcome: (right, left),
        })
    })
    .await?;
    if right || left == 0 {
        on_phone::wake(app, tenant, user).await;
    }
    if right { Ok(()) } else { Err(BypassError::Digits { left }) }
}

/// Fails where one administrator, or about one user, was wrong too often lately.
async fn not_guessed(
    app: &App,
    tenant: TenantId,
    agent: UserId,
    user: UserId,
    now: Millis,
) -> Result<(), BypassError> {
    let since = Millis(now.0.saturating_sub(DAY_MILLIS));
    let wrong = stored::wrong_digits(&app.store, tenant, agent, user, since).await;
    let wrong = wrong.map_err(AdminError::from)?;
    if wrong < MOST_WRONG { Ok(()) } else { Err(BypassError::Guessed) }
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
        failed: row.state == "failed" || row.state == "denied",
        denied: row.state == "denied",
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
    let row = stored::open_caller_check(&app.store, tenant, user, now).await?;
    Ok(row.map(|row| Shown {
        id: row.id,
        agent: row.agent_name,
        agent_reads: row.agent_reads,
        caller_reads: row.caller_reads,
        asked: row.created,
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

/// The digits are nobody's but the two who read them.
impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shown").field("id", &self.id).finish_non_exhaustive()
    }
}

const OPEN_SECS: u64 = 300;
const MOST_TRIES: u64 = 3;
/// Wrong answers of a day, of one administrator or about one user: six guesses at 999 triples.
const MOST_WRONG: u64 = 6;
const DAY_MILLIS: u64 = 86_400_000;
