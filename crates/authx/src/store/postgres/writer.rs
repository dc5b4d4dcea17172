//! The one connection that writes: what queued up during the last commit goes into the next, in
//! one transaction and two round trips.
//!
//! One writer cannot be in its own way: batches of one node never deadlock with each other, and
//! the server's share of a commit (its fsync, its answer) is paid once for a group.

use super::{
    super::{
        StoreError, Value,
        batch::{Batch, Demand},
        queue::{Job, Jobs, group},
    },
    connector::{Connector, Session},
    error::is_contended,
    form::Form,
    pipeline::pipeline,
    value::fit,
};
use std::time::Duration;
use tokio_postgres::{Error, Statement, error::SqlState};

/// Longer than a statement may take; a server that has not answered by then never will.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often a batch is tried on its own while other nodes stand in its way.
const TRIES: usize = 3;

/// Runs until every queue's end is gone and its jobs are done.
pub(super) async fn run(connector: Connector, mut jobs: Jobs) {
    let mut session = None;
    while let Some(job) = jobs.recv().await {
        let group = group(job, &mut jobs);
        let batches: Vec<&Batch> = group.iter().map(|job| &job.batch).collect();
        let outcomes = commit(&connector, &mut session, &batches).await;
        answer(group, outcomes);
    }
}

fn answer(group: Vec<Job>, outcomes: Result<Vec<Result<(), StoreError>>, StoreError>) {
    match outcomes {
        Ok(outcomes) => {
            for (job, outcome) in group.into_iter().zip(outcomes) {
                job.answer(outcome);
            }
        }
        Err(error) => group.into_iter().for_each(|job| job.answer(Err(error.clone()))),
    }
}

/// What became of each batch; an error is the answer for all of them.
///
/// A connection is kept only while it is known to be in order.
async fn commit(
    connector: &Connector,
    kept: &mut Option<Session>,
    batches: &[&Batch],
) -> Result<Vec<Result<(), StoreError>>, StoreError> {
    let mut session = match kept.take() {
        Some(session) if !session.client.is_closed() => session,
        _ => connector.session().await?,
    };
    let written = tokio::time::timeout(PATIENCE, write(&mut session, batches)).await;
    let outcomes = written.map_err(StoreError::unavailable)??;
    *kept = Some(session);
    Ok(outcomes)
}

async fn write(
    session: &mut Session,
    batches: &[&Batch],
) -> Result<Vec<Result<(), StoreError>>, StoreError> {
    let mut outcomes: Vec<Result<(), StoreError>> = vec![Ok(()); batches.len()];
    let exclusive = |index: &usize| batches.get(*index).is_some_and(|batch| batch.exclusive);
    let (mut single, mut shared): (Vec<_>, Vec<_>) = (0..batches.len()).partition(exclusive);
    // Each round that stores nothing has sent at least one batch away, so this ends.
    while shared.len() > 1 {
        let refused = together(session, batches, &shared).await?;
        if refused.is_empty() {
            shared.clear();
        }
        shared.retain(|index| !refused.contains(index));
        single.extend(refused);
    }
    // What was refused beside others is judged again without them: some may have failed too.
    for index in shared.into_iter().chain(single) {
        if let (Some(batch), Some(outcome)) = (batches.get(index), outcomes.get_mut(index)) {
            *outcome = alone(session, batch).await;
        }
    }
    Ok(outcomes)
}

/// Puts batches into one transaction and commits it if none is refused; otherwise stores nothing
/// and gives those that were.
async fn together(
    session: &mut Session,
    batches: &[&Batch],
    shared: &[usize],
) -> Result<Vec<usize>, StoreError> {
    let mut steps = begin(session, BESIDE_OTHERS).await?;
    let begun = steps.len();
    let mut refused = Vec::new();
    let mut demands = Vec::new();
    for &index in shared {
        let Some(batch) = batches.get(index) else { continue };
        match prepare(session, batch, Form::shared).await {
            Ok(prepared) => {
                steps.extend(prepared);
                demands.extend(batch.statements.iter().map(|step| (index, step.demand)));
            }
            Err(error) if concerns_all(&error) => return Err(error),
            Err(_) => refused.push(index),
        }
    }
    let mut results = pipeline(&session.client, &steps).await.into_iter();
    for result in results.by_ref().take(begun) {
        result?;
    }
    for ((index, demand), result) in demands.into_iter().zip(results) {
        if !judge(demand, result)? && refused.last() != Some(&index) {
            refused.push(index);
        }
    }
    let end = if refused.is_empty() { "COMMIT" } else { "ROLLBACK" };
    let end: Step<'_> = (session.prepare(end, Form::Plain).await?, &[]);
    pipeline(&session.client, &[end]).await.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(refused)
}

/// Whether a statement did what its batch needs; an error concerns everyone.
fn judge(demand: Demand, result: Result<u64, Error>) -> Result<bool, StoreError> {
    match result {
        Ok(rows) => Ok(demand.is_met(rows)),
        // Says nothing about this statement: one before it failed.
        Err(error) if error.code() == Some(&SqlState::IN_FAILED_SQL_TRANSACTION) => Ok(true),
        Err(error) => match StoreError::from(error) {
            error if concerns_all(&error) => Err(error),
            _ => Ok(false),
        },
    }
}

fn concerns_all(error: &StoreError) -> bool {
    matches!(error, StoreError::Full | StoreError::Unavailable { .. })
}

/// Gives a batch a transaction of its own, in one round trip.
async fn alone(session: &mut Session, batch: &Batch) -> Result<(), StoreError> {
    let lock = if batch.exclusive { WITHOUT_OTHERS } else { BESIDE_OTHERS };
    let mut steps = begin(session, lock).await?;
    steps.extend(prepare(session, batch, Form::alone).await?);
    steps.push((session.prepare("COMMIT", Form::Plain).await?, &[]));
    for _ in 0..TRIES {
        let results = pipeline(&session.client, &steps).await;
        let Some(error) = results.into_iter().find_map(Result::err) else { return Ok(()) };
        match error.code() {
            Some(code) if is_contended(code) => {}
            Some(code) if *code == SqlState::DIVISION_BY_ZERO => break,
            _ => return Err(error.into()),
        }
    }
    Err(StoreError::Conflict)
}

/// The first steps of a transaction. The lock comes before everything else, so nobody who waits for
/// it holds a row; what follows sees all that was committed before the lock was had.
async fn begin<'a>(
    session: &mut Session,
    first: &[&'static str],
) -> Result<Vec<Step<'a>>, StoreError> {
    let mut steps: Vec<Step<'_>> = Vec::with_capacity(first.len());
    for sql in first {
        steps.push((session.prepare(sql, Form::Plain).await?, &[]));
    }
    Ok(steps)
}

/// Without the lock a condition on another row, such as a tenant's generation, could turn false
/// between the statement that looked and its commit. A lock on that row would prevent it too, but
/// then every login would write to the same row. The number is any that nobody else uses.
const BESIDE_OTHERS: &[&str] = &["BEGIN", "SELECT pg_advisory_xact_lock_shared(71972719974519)"];
/// While this waits, so does everyone behind it: not for long, should another node hang.
const WITHOUT_OTHERS: &[&str] =
    &["BEGIN", "SET LOCAL lock_timeout = '1s'", "SELECT pg_advisory_xact_lock(71972719974519)"];

/// A prepared statement and its values.
type Step<'a> = (Statement, &'a [Value]);

/// Prepares a batch's statements, and makes sure that all of them can be sent: one that could not
/// would leave a hole in what is already on its way.
async fn prepare<'a>(
    session: &mut Session,
    batch: &'a Batch,
    form: fn(Demand) -> Form,
) -> Result<Vec<Step<'a>>, StoreError> {
    let mut steps = Vec::with_capacity(batch.statements.len() + 2);
    for step in &batch.statements {
        let statement = session.prepare(step.sql, form(step.demand)).await?;
        if !fit(&statement, &step.params) {
            return Err(StoreError::invalid("the values do not fit the parameters"));
        }
        steps.push((statement, step.params.as_slice()));
    }
    Ok(steps)
}
