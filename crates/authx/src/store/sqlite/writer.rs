//! The thread that writes: whatever queued up during the last fsync is committed together.

use super::super::{
    StoreError,
    batch::Batch,
    queue::{Job, Jobs, group},
};
use super::{
    connection::{self, Access},
    statement,
};
use rusqlite::Connection;
use std::path::Path;

/// Runs until every [`Queue`](super::super::queue::Queue) is gone and its jobs are done.
pub(super) fn run(path: &Path, first: Connection, mut jobs: Jobs) {
    let mut writer = Some(first);
    while let Some(job) = jobs.blocking_recv() {
        let group = group(job, &mut jobs);
        let connection = writer.take().map_or_else(|| connection::open(path, Access::Write), Ok);
        match connection {
            Ok(connection) => {
                let sound = commit(&connection, group);
                // After a failed write the connection's view of the file is not to be trusted.
                writer = sound.then_some(connection);
            }
            Err(error) => group.into_iter().for_each(|job| job.answer(Err(error.clone()))),
        }
    }
}

/// Commits a group and answers everyone in it; false if the connection should not be used again.
fn commit(connection: &Connection, group: Vec<Job>) -> bool {
    let outcomes = attempt(connection, &group);
    if !connection.is_autocommit() {
        // Undoes whatever a failure left open; where that fails too, the connection goes.
        let _tried = connection.execute_batch("ROLLBACK");
    }
    match outcomes {
        Ok(outcomes) => {
            for (job, outcome) in group.into_iter().zip(outcomes) {
                job.answer(outcome);
            }
        }
        Err(error) => {
            for job in group {
                job.answer(Err(error.clone()));
            }
            return false;
        }
    }
    connection.is_autocommit()
}

/// What became of each batch; an error is the answer for all of them, and nothing is stored.
fn attempt(
    connection: &Connection,
    group: &[Job],
) -> Result<Vec<Result<(), StoreError>>, StoreError> {
    match (together(connection, group)?, group) {
        (None, _) => Ok(vec![Ok(()); group.len()]),
        (Some(refusal), [_]) => Ok(vec![Err(refusal)]),
        (Some(_), _) => each(connection, group),
    }
}

/// Commits a group in which every batch does what it demands. If one does not, nothing is stored,
/// and its error is given. Most groups are such: so no batch pays for a savepoint, which keeps a
/// copy of every page that the batch touches.
fn together(connection: &Connection, group: &[Job]) -> Result<Option<StoreError>, StoreError> {
    execute(connection, "BEGIN IMMEDIATE")?;
    for job in group {
        match apply(connection, &job.batch) {
            Ok(()) => {}
            Err(error) if concerns_all(&error) => return Err(error),
            Err(error) => {
                execute(connection, "ROLLBACK")?;
                return Ok(Some(error));
            }
        }
    }
    execute(connection, "COMMIT")?;
    Ok(None)
}

/// Commits a group without the batches that do not do what they demand.
fn each(connection: &Connection, group: &[Job]) -> Result<Vec<Result<(), StoreError>>, StoreError> {
    execute(connection, "BEGIN IMMEDIATE")?;
    let mut outcomes = Vec::with_capacity(group.len());
    for job in group {
        match apply_or_undo(connection, &job.batch) {
            Err(error) if concerns_all(&error) => return Err(error),
            judged => outcomes.push(judged),
        }
    }
    let end = if outcomes.iter().any(Result::is_ok) { "COMMIT" } else { "ROLLBACK" };
    execute(connection, end)?;
    Ok(outcomes)
}

fn concerns_all(error: &StoreError) -> bool {
    matches!(error, StoreError::Full | StoreError::Unavailable { .. })
}

fn apply_or_undo(connection: &Connection, batch: &Batch) -> Result<(), StoreError> {
    execute(connection, "SAVEPOINT batch")?;
    let outcome = apply(connection, batch);
    if outcome.is_err() {
        execute(connection, "ROLLBACK TO batch")?;
    }
    execute(connection, "RELEASE batch")?;
    outcome
}

fn apply(connection: &Connection, batch: &Batch) -> Result<(), StoreError> {
    for step in &batch.statements {
        let rows = statement::execute(connection, step.sql, &step.params)?;
        if !step.demand.is_met(rows) {
            return Err(StoreError::Conflict);
        }
    }
    Ok(())
}

fn execute(connection: &Connection, sql: &str) -> Result<(), StoreError> {
    connection.prepare_cached(sql)?.raw_execute()?;
    Ok(())
}
