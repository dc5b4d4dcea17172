//! How long the record is kept, and removing what is older.
//!
//! What counts is the newest entry of the record that says so, with its authentication code, and
//! not a setting: who can write to the database cannot have the record tidied away.

use super::{Actor, AdminError, Change, audit::entry, change, detail};
use crate::{
    app::{About, App},
    store::{Batch, Row, StoreError, retention as stored, tenants},
};
use authx_core::{
    Millis, TenantId,
    audit::{EventKind, Plan, Removal, Remover, Retention, Seal, Unsound},
};
use serde_json::Value;
use std::collections::BTreeMap;

/// Why the record is not kept for that long, or old entries were not removed.
#[derive(Debug, thiserror::Error)]
pub enum RetentionError {
    /// What can stop any change.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// Shorter or longer than what can be said.
    #[error(
        "{0} days cannot be kept: from {least} to {most} days, or for ever",
        least = Retention::LEAST_DAYS,
        most = Retention::MOST_DAYS
    )]
    Days(u32),
    /// What would be removed is not what was sealed.
    #[error("tenant {0}: {1}; run `authx audit verify`")]
    Unsound(TenantId, #[source] Unsound),
}

/// How long a tenant's record is kept, and what went so far.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Standing {
    /// How long.
    pub retention: Retention,
    /// How many entries went.
    pub removed: u64,
    /// When entries went last.
    pub last_removed: Option<Millis>,
}

/// How long a tenant's record is kept, and what went so far.
///
/// # Errors
///
/// [`AdminError::Store`].
pub async fn standing(app: &App, tenant: TenantId) -> Result<Standing, AdminError> {
    let said = Said::read(app, tenant).await?;
    let removed = said.runs.values().map(|removal| removal.removed).sum();
    Ok(Standing { retention: said.retention, removed, last_removed: said.last_removed })
}

/// Keeps a tenant's record for another time from now on.
///
/// # Errors
///
/// [`RetentionError::Days`], [`RetentionError::Admin`].
pub async fn set(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    new: Retention,
) -> Result<(), RetentionError> {
    if !new.is_possible() {
        let all = [new.logins_days, new.actions_days];
        let wrong = all.into_iter().flatten().find(|&days| {
            !Retention { logins_days: Some(days), ..Retention::default() }.is_possible()
        });
        return Err(RetentionError::Days(wrong.unwrap_or_default()));
    }
    let value = |retention: Retention| {
        serde_json::to_value(retention).map_err(|error| AdminError::Damaged(error.to_string()))
    };
    change(app, by, tenant, async |_, _| {
        let before = Said::read(app, tenant).await?.retention;
        Ok::<_, RetentionError>(Change {
            batch: Batch::default(),
            kind: EventKind::RetentionSet,
            about: About::default(),
            detail: detail([("before", value(before)?), ("after", value(new)?)]),
            outcome: (),
        })
    })
    .await
}

/// Removes, for every tenant, what is older than its record is kept. Works in steps of some
/// thousand entries; what is left at the end of a call is done at the next.
///
/// # Errors
///
/// [`RetentionError`] of the first tenant where something is wrong; the others are done all the
/// same.
pub async fn remove_old(app: &App, now: Millis) -> Result<u64, RetentionError> {
    let mut removed = 0;
    let mut outcome = Ok(());
    let all = tenants::tenants(&app.store).await.map_err(AdminError::from)?;
    for tenant in all {
        match remove_of(app, tenant.id, now).await {
            Ok(went) => removed += went,
            // Another node does the same.
            Err(RetentionError::Admin(AdminError::Store(StoreError::Conflict))) => {}
            Err(error) => outcome = outcome.and(Err(error)),
        }
    }
    outcome.map(|()| removed)
}

async fn remove_of(app: &App, tenant: TenantId, now: Millis) -> Result<u64, RetentionError> {
    let mut removed = 0;
    for _ in 0..STEPS {
        let runs = stored::runs(&app.store, tenant).await.map_err(AdminError::from)?;
        let said = Said::read(app, tenant).await?;
        if said.retention.hold || said.retention == Retention::default() {
            break;
        }
        let plan = match next(app, tenant, &said, now).await {
            Err(error @ RetentionError::Unsound(..)) => {
                let after = stored::runs(&app.store, tenant).await.map_err(AdminError::from)?;
                // Another node removed what was to be read here.
                return if after == runs { Err(error) } else { Ok(removed) };
            }
            plan => plan?,
        };
        let Some(plan) = plan else { break };
        removed += u64::try_from(plan.rows.len()).unwrap_or(0);
        carry_out(app, tenant, plan, runs, now).await?;
    }
    Ok(removed)
}

/// What the record says of itself.
#[derive(Default)]
struct Said {
    retention: Retention,
    /// By their first seals.
    runs: BTreeMap<u64, Removal>,
    last_removed: Option<Millis>,
}

impl Said {
    async fn read(app: &App, tenant: TenantId) -> Result<Self, AdminError> {
        let mut said = Self::default();
        for row in stored::entries(&app.store, tenant).await? {
            said.take(app, tenant, &row)?;
        }
        Ok(said)
    }

    /// Of the entries that say how long, the newest counts, and only if it is genuine: else
    /// everything is kept.
    fn take(&mut self, app: &App, tenant: TenantId, row: &Row) -> Result<(), AdminError> {
        let seq = row.int(0)?;
        let Some(entry) = entry(seq, row) else { return Ok(()) };
        let key = &app.keys.audit;
        if entry.kind == EventKind::RetentionSet.as_str() {
            self.retention = Retention::of(key, tenant, &entry).unwrap_or_default();
        } else if let Some(removal) = Removal::of(key, tenant, &entry) {
            self.runs.retain(|_, old| old.first < removal.first || old.last > removal.last);
            self.runs.insert(removal.first, removal);
            self.last_removed = u64::try_from(entry.at).ok().map(Millis);
        }
        Ok(())
    }
}

/// The next run of seals of which something is to go: one that was thinned before and of which more
/// may go by now, or some that come after.
async fn next(
    app: &App,
    tenant: TenantId,
    said: &Said,
    now: Millis,
) -> Result<Option<Plan>, RetentionError> {
    let some_day = said.retention.over(Millis(0), Millis(u64::MAX));
    for run in said.runs.values().filter(|run| some_day.exceed(run.classes)) {
        let last = stored::seal(&app.store, tenant, run.last).await.map_err(AdminError::from)?;
        let Some(last) = last else { continue };
        let over = said.retention.over(last.at, now);
        if !over.exceed(run.classes) {
            // Those that come after are younger.
            break;
        }
        let first = seal_before(app, tenant, run.first).await?;
        let mut remover = Remover::again(&app.keys.audit, tenant, over, run.clone());
        let after = first.map_or(0, |seal| ordinal(seal.upto));
        feed(app, tenant, &mut remover, after, ordinal(last.upto)).await?;
        return finish(tenant, remover);
    }
    let done = said.runs.values().map(|run| run.last).max().unwrap_or(0);
    fresh(app, tenant, said.retention, done + 1, now).await
}

/// The next seals of which nothing has gone yet: as many as the same kinds may go of, a day's at
/// most and up to some thousand entries. So a day leaves one entry more, and what is kept longer
/// goes by days too.
async fn fresh(
    app: &App,
    tenant: TenantId,
    retention: Retention,
    number: u64,
    now: Millis,
) -> Result<Option<Plan>, RetentionError> {
    let store = &app.store;
    let seals = stored::seals_from(store, tenant, number, now, SEALS).await;
    let seals = seals.map_err(AdminError::from)?;
    let Some(oldest_at) = seals.first().map(|seal| seal.at) else { return Ok(None) };
    let over = retention.over(oldest_at, Millis(now.0.saturating_sub(GATHERED_MILLIS)));
    if over.is_empty() {
        return Ok(None);
    }
    let before = seal_before(app, tenant, number).await?;
    let (mut after, begun) =
        before.as_ref().map_or((0, 0), |seal| (ordinal(seal.upto), seal.count));
    let mut remover = Remover::fresh(&app.keys.audit, tenant, over, before);
    for seal in seals {
        let enough = seal.count.saturating_sub(begun) > ENTRIES && seal.number > number;
        let far = seal.at.since(oldest_at) > GATHERED_MILLIS;
        if enough || far || retention.over(seal.at, now) != over {
            break;
        }
        remover.seal(&seal).map_err(|unsound| RetentionError::Unsound(tenant, unsound))?;
        let upto = ordinal(seal.upto);
        feed(app, tenant, &mut remover, after, upto).await?;
        after = upto;
    }
    finish(tenant, remover)
}

async fn seal_before(app: &App, tenant: TenantId, number: u64) -> Result<Option<Seal>, AdminError> {
    if number <= 1 {
        return Ok(None);
    }
    Ok(stored::seal(&app.store, tenant, number - 1).await?)
}

async fn feed(
    app: &App,
    tenant: TenantId,
    remover: &mut Remover<'_>,
    after: i64,
    upto: i64,
) -> Result<(), AdminError> {
    for row in stored::rows_between(&app.store, tenant, after, upto).await? {
        let seq = row.int(0)?;
        match entry(seq, &row) {
            Some(entry) => remover.row(&entry),
            None => return Err(AdminError::Damaged(format!("entry {seq}"))),
        }
    }
    Ok(())
}

fn finish(tenant: TenantId, remover: Remover<'_>) -> Result<Option<Plan>, RetentionError> {
    remover.finish().map_err(|unsound| RetentionError::Unsound(tenant, unsound))
}

async fn carry_out(
    app: &App,
    tenant: TenantId,
    plan: Plan,
    runs: i64,
    now: Millis,
) -> Result<(), AdminError> {
    let mut batch = Batch::default().remove_alone(tenant, runs);
    for seq in &plan.rows {
        batch = batch.remove_entry(tenant, *seq);
    }
    if plan.removal.classes.logins
        && let Some(last) = stored::seal(&app.store, tenant, plan.removal.last).await?
    {
        batch = batch.forget_lines(tenant, last.at, ordinal(last.upto));
    }
    let mut said = plan.removal.detail();
    said.insert("by".to_owned(), Value::from("policy"));
    let kind = EventKind::EntriesRemoved;
    let batch = app.record(batch, now, tenant, kind, About::default(), said);
    Ok(app.store.commit(batch).await?)
}

fn ordinal(upto: u64) -> i64 {
    i64::try_from(upto).unwrap_or(i64::MAX)
}

/// Runs of seals in one call, for each tenant.
const STEPS: usize = 100;
/// Seals in one run.
const SEALS: i64 = 5_000;
/// Entries in one run, and a seal more.
const ENTRIES: u64 = 2_000;
/// How much longer than it must something is kept, so that what goes is a day at a time.
const GATHERED_MILLIS: u64 = 24 * 3_600 * 1_000;
