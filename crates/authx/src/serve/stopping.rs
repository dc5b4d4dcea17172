//! The word that the server is about to stop, for everything that waits.

use tokio::sync::watch;

/// Says that the server stops. Dropping it says so too.
#[derive(Debug)]
pub struct Stop(watch::Sender<bool>);

/// Hears that the server stops: a long poll that waits on it answers at once.
#[derive(Clone, Debug)]
pub struct Stopping(watch::Receiver<bool>);

/// One stop, to be heard by any number of clones.
pub fn stopping() -> (Stop, Stopping) {
    let (say, hear) = watch::channel(false);
    (Stop(say), Stopping(hear))
}

impl Stop {
    /// Tells everyone.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Stopping {
    /// Whether it has been said.
    pub fn is_stopping(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }

    /// Returns as soon as it is said, at once when it was.
    pub async fn wait(&self) {
        // An error means that the sender is gone, which says the same.
        let _ = self.0.clone().wait_for(|stop| *stop).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn everyone_hears_it_also_those_who_come_late() {
        let (stop, stopping) = stopping();
        let early = tokio::spawn({
            let stopping = stopping.clone();
            async move { stopping.wait().await }
        });
        assert!(!stopping.is_stopping());
        stop.stop();
        assert!(early.await.is_ok());
        stopping.wait().await;
        assert!(stopping.is_stopping());
    }

    #[tokio::test]
    async fn a_lost_server_is_a_stopped_one() {
        let (stop, stopping) = stopping();
        drop(stop);
        stopping.wait().await;
        assert!(stopping.is_stopping());
    }
}
