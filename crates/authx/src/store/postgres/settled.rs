//! Which events can no longer be overtaken.
//!
//! Ordinals come from a sequence, so a transaction with a smaller ordinal may commit later than one
//! with a greater. But it had its transaction number before its ordinal (the column's default sees
//! to that). So: look at the highest ordinal, then draw a transaction number; once every
//! transaction below that number has ended, nothing up to that ordinal can appear any more.

use super::super::StoreError;
use deadpool_postgres::Client;
use std::sync::{Mutex, PoisonError};

const LOOK: &str = "SELECT COALESCE(MAX(seq), 0),
        pg_snapshot_xmin(pg_current_snapshot())::text::bigint
    FROM event";
/// Draws a number, so every transaction that had one before has a smaller one. (The upper end of a
/// snapshot will not do: it is the highest *ended* transaction, and others run beyond it.)
const DRAW: &str = "SELECT pg_current_xact_id()::text::bigint";

/// What earlier looks have found.
#[derive(Debug, Default)]
pub(super) struct Settled(Mutex<Known>);

#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// Nothing up to this ordinal can appear any more.
    settled: i64,
    /// An ordinal, and the transaction number drawn after it was seen.
    candidate: Option<(i64, i64)>,
}

impl Settled {
    /// Looks now, and says what is settled by now.
    pub(super) async fn look(&self, client: &Client) -> Result<i64, StoreError> {
        let statement = client.prepare_cached(LOOK).await?;
        let row = client.query_one(&statement, &[]).await?;
        let (highest, running): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        let (settled, drawing) = self.know(|known| known.confirm(highest, running));
        if drawing {
            let statement = client.prepare_cached(DRAW).await?;
            let drawn: i64 = client.query_one(&statement, &[]).await?.try_get(0)?;
            self.know(|known| known.candidate = Some((highest, drawn)));
        }
        Ok(settled)
    }

    fn know<T>(&self, change: impl FnOnce(&mut Known) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Known {
    /// Takes the candidate if all transactions before its number have ended (`running` is the
    /// lowest that has not); says what is settled, and whether a new candidate is wanted.
    fn confirm(&mut self, highest: i64, running: i64) -> (i64, bool) {
        if let Some((seq, drawn)) = self.candidate
            && running >= drawn
        {
            self.settled = self.settled.max(seq);
            self.candidate = None;
        }
        (self.settled, self.candidate.is_none() && highest > self.settled)
    }
}
