//! How long one call goes on.

use std::time::Duration;
use tokio::time::{Instant, sleep};

/// What is left of the time that a call may take.
#[derive(Debug)]
pub(super) struct Effort {
    left: Duration,
    /// How long the server was asked to wait; nothing after a failure, because the caller should
    /// hear how things stand.
    wait: Duration,
    failing_since: Option<Instant>,
}

impl Effort {
    pub(super) fn new(wait: Duration) -> Self {
        Self { left: DEADLINE, wait, failing_since: None }
    }

    /// How long the server is asked to wait this time.
    pub(super) fn wait(&self) -> Duration {
        self.wait
    }

    /// How long one of so many places may take, waiting included.
    pub(super) fn share(&self, places: usize) -> Duration {
        self.wait + self.left / u32::try_from(places.max(1)).unwrap_or(u32::MAX)
    }

    /// Counts an attempt that began then and came to nothing.
    pub(super) fn failed(&mut self, began: Instant) {
        let spent = began.elapsed().saturating_sub(self.wait);
        self.left = self.left.saturating_sub(spent);
        self.wait = Duration::ZERO;
        self.failing_since.get_or_insert_with(Instant::now);
    }

    /// Whether there is time for another attempt after such a pause.
    pub(super) fn lets(&self, pause: Duration) -> bool {
        pause < self.left
    }

    /// Whether nobody was found for so long that nobody will be.
    pub(super) fn is_vain(&self) -> bool {
        let tired = self.failing_since.is_some_and(|since| since.elapsed() + PAUSE > PATIENCE);
        tired || !self.lets(PAUSE)
    }

    pub(super) async fn pause(&mut self, pause: Duration) {
        self.left = self.left.saturating_sub(pause);
        sleep(pause).await;
    }
}

/// How long a call may take beside what the server was asked to wait.
pub(super) const DEADLINE: Duration = Duration::from_secs(8);
/// How long a call is tried again that finds nobody: a server that starts again is away for less.
const PATIENCE: Duration = Duration::from_secs(3);
/// Between two rounds.
pub(super) const PAUSE: Duration = Duration::from_millis(200);
