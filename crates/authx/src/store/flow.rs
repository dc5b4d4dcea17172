//! Many rows on their way from an engine to whoever reads them, a handful at a time.

use super::StoreError;
use tokio::sync::mpsc;

/// Rows travel in chunks, so that a channel's cost is paid once for many.
const CHUNK: usize = 256;

/// Rows in order. Dropping it stops the engine's work.
#[derive(Debug)]
pub struct Flow<T> {
    chunks: mpsc::Receiver<Result<Vec<T>, StoreError>>,
    current: std::vec::IntoIter<T>,
}

impl<T> Flow<T> {
    /// The next row, `None` after the last.
    ///
    /// # Errors
    ///
    /// Whatever stopped the engine; the rows so far are then not all.
    pub async fn next(&mut self) -> Result<Option<T>, StoreError> {
        loop {
            if let Some(item) = self.current.next() {
                return Ok(Some(item));
            }
            match self.chunks.recv().await {
                Some(chunk) => self.current = chunk?.into_iter(),
                None => return Ok(None),
            }
        }
    }

    /// All rows that are left.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    pub async fn rest(mut self) -> Result<Vec<T>, StoreError> {
        let mut all = Vec::new();
        while let Some(item) = self.next().await? {
            all.push(item);
        }
        Ok(all)
    }
}

/// The engine's end of a [`Flow`].
pub(super) struct Source<T> {
    chunks: mpsc::Sender<Result<Vec<T>, StoreError>>,
    current: Vec<T>,
}

/// The reader has gone away; there is no point in going on.
pub(super) struct NobodyReads;

pub(super) fn flow<T>() -> (Source<T>, Flow<T>) {
    let (sender, chunks) = mpsc::channel(4);
    let current = Vec::new().into_iter();
    (Source { chunks: sender, current: Vec::with_capacity(CHUNK) }, Flow { chunks, current })
}

impl<T> Source<T> {
    pub(super) async fn send(&mut self, item: T) -> Result<(), NobodyReads> {
        match self.full(item) {
            Some(chunk) => self.chunks.send(Ok(chunk)).await.map_err(|_| NobodyReads),
            None => Ok(()),
        }
    }

    pub(super) fn send_blocking(&mut self, item: T) -> Result<(), NobodyReads> {
        match self.full(item) {
            Some(chunk) => self.chunks.blocking_send(Ok(chunk)).map_err(|_| NobodyReads),
            None => Ok(()),
        }
    }

    pub(super) async fn finish(self, outcome: Result<(), StoreError>) {
        let _gone = self.chunks.send(outcome.map(|()| self.current)).await;
    }

    pub(super) fn finish_blocking(self, outcome: Result<(), StoreError>) {
        let _gone = self.chunks.blocking_send(outcome.map(|()| self.current));
    }

    /// Adds an item, and takes the chunk out if that made it full.
    fn full(&mut self, item: T) -> Option<Vec<T>> {
        self.current.push(item);
        let full = self.current.len() >= CHUNK;
        full.then(|| std::mem::replace(&mut self.current, Vec::with_capacity(CHUNK)))
    }
}
