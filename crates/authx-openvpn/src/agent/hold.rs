//! Whether OpenVPN's call may be held for an answer that may come within milliseconds.
//!
//! While a call is held every tunnel of that OpenVPN process waits, so a miss costs a pause.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// Until when no call is held.
#[derive(Debug, Default)]
pub(super) struct Hold(Mutex<Option<Instant>>);

impl Hold {
    pub(super) fn may(&self) -> bool {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_none_or(|until| until <= Instant::now())
    }

    /// An answer did not come in time.
    pub(super) fn missed(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + PAUSE);
    }
}

const PAUSE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_miss_costs_a_second() {
        let hold = Hold::default();
        assert!(hold.may());
        hold.missed();
        assert!(!hold.may());
        tokio::time::advance(PAUSE).await;
        assert!(hold.may());
    }
}
