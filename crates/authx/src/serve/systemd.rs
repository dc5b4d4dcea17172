//! What systemd is told (`sd_notify(3)`). Nothing, where it did not start us.

use super::Stopping;
use sd_notify::NotifyState;
use tokio::time::sleep;

/// Callers are served.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// The end has begun.
pub fn ending() {
    tell(&[NotifyState::Stopping]);
}

/// Shows at half the interval the unit asks for that the runtime still turns, until told to stop.
pub async fn watchdog(stopping: Stopping) {
    let Some(interval) = sd_notify::watchdog_enabled() else { return };
    loop {
        tell(&[NotifyState::Watchdog]);
        tokio::select! {
            () = stopping.wait() => return,
            () = sleep(interval / 2) => {}
        }
    }
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "systemd could not be told");
    }
}
