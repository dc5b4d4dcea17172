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
    execute(connection, "BEGIN IMMEDIATE")?;
    let alone = group.len() == 1;
    let mut outcomes = Vec::with_capacity(group.len());
    for job in group {
        let outcome = if alone {
            apply(connection, &job.batch)
        } else {
            apply_or_undo(connection, &job.batch)
        };
        match outcome {
            Err(error @ (StoreError::Full | StoreError::Unavailable { .. })) => return Err(error),
            judged => outcomes.push(judged),
        }
    }
    let end = if outcomes.iter().any(Result::is_ok) { "COMMIT" } else { "ROLLBACK" };
    execute(connection, end)?;
    Ok(outcomes)
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
