//! Reads the record, and keeps a line for each login and the counts of them.
//!
//! Beside the logins, never in their way: what is read is settled, and the place up to which it was
//! read moves on in the commit of what follows from it. So every entry counts exactly once, whoever
//! reads, and however often somebody is stopped. What is missing, after a restore or with a newer
//! reader, is made again from the first entry on.

use crate::{
    app::App,
    store::{
        Batch, StoreError,
        lines::{self as stored, Position, StepRow},
    },
};
use authx_core::{
    LoginId, Millis, TenantId,
    audit::{Delay, LoginLine, TallyKey},
};
use std::collections::BTreeMap;

/// Reads on, at most so much that a stop is heard soon. Says whether all there is was read.
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer; it is read at the next call.
pub async fn read_on(app: &App) -> Result<bool, StoreError> {
    let settled = app.store.settled_seq().await?;
    for _ in 0..CHUNKS {
        let from = match stored::position(&app.store).await? {
            Some(from) if from.model == MODEL => from,
            other => match begin(app, other).await {
                // Another node does the same.
                Err(StoreError::Conflict) => return Ok(false),
                begun => begun?,
            },
        };
        if from.seq >= settled {
            return Ok(true);
        }
        match read_chunk(app, from, settled).await {
            Ok(()) => {}
            Err(StoreError::Conflict) => return Ok(false),
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}

/// Forgets what an older reader made, and puts a reader before the first entry. Whoever does so
/// says it first, so that nobody forgets what another node has made meanwhile.
async fn begin(app: &App, other: Option<Position>) -> Result<Position, StoreError> {
    let clearing = Position { model: CLEARING, seq: 0 };
    if other != Some(clearing) {
        app.store.commit(Batch::default().move_reader(other, clearing)).await?;
    }
    let forget = |to| Batch::default().move_reader(Some(clearing), to).forget_some_lines(CHUNK);
    while stored::any(&app.store).await? {
        app.store.commit(forget(clearing)).await?;
    }
    let start = Position { model: MODEL, seq: 0 };
    app.store.commit(forget(start)).await?;
    Ok(start)
}

async fn read_chunk(app: &App, from: Position, settled: i64) -> Result<(), StoreError> {
    let rows = stored::steps_between(&app.store, from.seq, settled, CHUNK).await?;
    let full = rows.len() >= usize::try_from(CHUNK).unwrap_or(usize::MAX);
    let seq = rows.last().filter(|_| full).map_or(settled, |row| row.seq);
    let mut batch = Batch::default().move_reader(Some(from), Position { model: MODEL, seq });
    let mut by_tenant: BTreeMap<TenantId, Vec<StepRow>> = BTreeMap::new();
    for row in rows {
        by_tenant.entry(row.tenant).or_default().push(row);
    }
    for (tenant, steps) in by_tenant {
        batch = tell(app, tenant, &steps, batch).await?;
    }
    app.store.commit(batch).await
}

/// Adds what follows from some steps of a tenant's logins.
async fn tell(
    app: &App,
    tenant: TenantId,
    steps: &[StepRow],
    mut batch: Batch,
) -> Result<Batch, StoreError> {
    let mut logins: Vec<LoginId> = steps.iter().map(|step| step.login).collect();
    logins.sort_unstable();
    logins.dedup();
    let before = stored::lines_of(&app.store, tenant, &logins).await?;
    let before: BTreeMap<LoginId, LoginLine> =
        before.into_iter().map(|line| (line.login, line)).collect();
    let mut after = before.clone();
    for row in steps {
        let Some(step) = row.step() else { continue };
        if let Some(line) = LoginLine::after(after.remove(&row.login), &step) {
            after.insert(row.login, line);
        }
    }
    let mut counts = Counts::default();
    for (login, line) in &after {
        match before.get(login) {
            Some(old) if old == line => continue,
            Some(old) => {
                counts.add(old, -1);
                batch = batch.update_line(tenant, line);
            }
            None => batch = batch.insert_line(tenant, line),
        }
        counts.add(line, 1);
    }
    Ok(counts.store(tenant, batch))
}

/// What is to be counted, each key once.
#[derive(Default)]
struct Counts {
    logins: BTreeMap<TallyKey, i64>,
    approvals: BTreeMap<(Millis, Delay), i64>,
}

impl Counts {
    fn add(&mut self, line: &LoginLine, more: i64) {
        let Some(key) = line.tally() else { return };
        if let Some(took) = line.approve_ms {
            *self.approvals.entry((key.hour, Delay::of(took))).or_default() += more;
        }
        *self.logins.entry(key).or_default() += more;
    }

    fn store(self, tenant: TenantId, mut batch: Batch) -> Batch {
        for (key, more) in self.logins.into_iter().filter(|(_, more)| *more != 0) {
            batch = batch.count_logins(tenant, &key, more);
        }
        for ((hour, took), more) in self.approvals.into_iter().filter(|(_, more)| *more != 0) {
            batch = batch.count_approvals(tenant, hour, took, more);
        }
        batch
    }
}

/// Rises with every change of what a line says: lines are then made again.
const MODEL: i64 = 2;
/// While what another model made is forgotten.
const CLEARING: i64 = 0;
/// Entries in one commit: some milliseconds of a writer's time.
const CHUNK: i64 = 400;
/// Commits in one call.
const CHUNKS: usize = 16;
