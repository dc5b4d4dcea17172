//! Batches on their way to the one writer of an engine, and the answers on their way back.

use super::{Batch, StoreError};
use tokio::sync::{mpsc, oneshot};

/// Most batches that share one commit: enough to make the fsync's share small, few enough that the
/// first of them does not wait long for the last.
pub(super) const LARGEST_GROUP: usize = 256;

/// One batch and whoever waits for it.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) batch: Batch,
    answer: oneshot::Sender<Result<(), StoreError>>,
}

impl Job {
    /// Tells whoever waits. If nobody does any more, the outcome stands all the same.
    pub(super) fn answer(self, outcome: Result<(), StoreError>) {
        let _gone = self.answer.send(outcome);
    }
}

/// Where callers put their batches.
#[derive(Clone, Debug)]
pub(super) struct Queue(mpsc::Sender<Job>);

/// Where the writer takes them.
pub(super) type Jobs = mpsc::Receiver<Job>;

pub(super) fn queue() -> (Queue, Jobs) {
    let (sender, jobs) = mpsc::channel(4 * LARGEST_GROUP);
    (Queue(sender), jobs)
}

impl Queue {
    pub(super) async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        let (answer, outcome) = oneshot::channel();
        self.0.send(Job { batch, answer }).await.map_err(StoreError::unavailable)?;
        outcome.await.map_err(StoreError::unavailable)?
    }
}

/// The first job and everything that has queued up behind it.
pub(super) fn group(first: Job, jobs: &mut Jobs) -> Vec<Job> {
    let mut group = vec![first];
    while group.len() < LARGEST_GROUP
        && let Ok(job) = jobs.try_recv()
    {
        group.push(job);
    }
    group
}
