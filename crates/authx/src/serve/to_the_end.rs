//! Work that a caller cannot break off.

use std::{future::pending, panic::resume_unwind};
use tracing::Instrument as _;

/// Does the work also when the caller hangs up meanwhile: what is wrong is counted, and whoever
/// waits for the login is woken after its commit.
pub async fn to_the_end<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    match tokio::spawn(work.in_current_span()).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // Only the end of the whole program cancels it.
            Err(_) => pending().await,
        },
    }
}
