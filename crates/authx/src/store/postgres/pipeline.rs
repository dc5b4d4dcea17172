//! Many statements in one round trip.

use super::super::Value;
use std::{future::poll_fn, pin::Pin, task::Poll};
use tokio_postgres::{Client, Error, Statement};

/// Sends all statements at once, in order, and gives the rows that each touched.
///
/// The driver sends a statement when its future is first polled, and answers come in the same
/// order: polling all of them once and then only the oldest costs each answer one poll.
pub(super) async fn pipeline(
    client: &Client,
    steps: &[(Statement, &[Value])],
) -> Vec<Result<u64, Error>> {
    let mut waiting: Vec<Pin<Box<_>>> = steps
        .iter()
        .map(|(statement, params)| Box::pin(client.execute_raw(statement, params.iter())))
        .collect();
    let mut early: Vec<Option<Result<u64, Error>>> = Vec::with_capacity(waiting.len());
    poll_fn(|context| {
        for step in &mut waiting {
            early.push(match step.as_mut().poll(context) {
                Poll::Ready(done) => Some(done),
                Poll::Pending => None,
            });
        }
        Poll::Ready(())
    })
    .await;
    let mut done = Vec::with_capacity(waiting.len());
    for (step, early) in waiting.into_iter().zip(early) {
        done.push(match early {
            Some(result) => result,
            None => step.await,
        });
    }
    done
}
