//! What a serving node does by itself: seal the record and read it, end overdue logins, forget old
//! ones, remove what is too old, hear what other nodes change.

use crate::{
    admin::{self, retention},
    app::App,
    contacts, enrol, lines, logins, mail, seals,
    serve::Stopping,
    store::{Batch, events},
};
use std::{sync::Arc, time::Duration};
use tokio::time::{Interval, MissedTickBehavior, interval, sleep};

/// Does them until the server stops. A chore that fails says so in the log and is done again at
/// its next time.
pub async fn run(app: Arc<App>, stopping: Stopping) {
    // Neither is one of the chores, which wait for each other. A mail under way is finished.
    let hearing = async {
        tokio::select! {
            () = by_time(&app, stopping.clone()) => {}
            () = read(&app, stopping.clone()) => {}
            () = app.waiters.hear() => {}
        }
    };
    tokio::join!(hearing, mail::run(&app, stopping.clone()));
}

/// Reads the record, and removes what is too old: work that may take long after a restore, and
/// must not keep the sealer waiting.
async fn read(app: &App, stopping: Stopping) {
    let mut reading = interval(READING);
    reading.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut removing = every(REMOVING_SECS);
    loop {
        tokio::select! {
            () = stopping.wait() => break,
            _ = reading.tick() => read_on(app).await,
            _ = removing.tick() => remove(app).await,
        }
    }
}

async fn read_on(app: &App) {
    if let Err(error) = lines::read_on(app).await {
        tracing::warn!(%error, "the record was not read on: lists and figures are behind");
    }
}

async fn remove(app: &App) {
    let Ok(now) = app.now() else { return };
    if let Err(error) = retention::remove_old(app, now).await {
        tracing::error!(%error, "old entries of the record were not removed");
    }
}

const READING: Duration = Duration::from_millis(500);
const REMOVING_SECS: u64 = 600;

async fn by_time(app: &App, stopping: Stopping) {
    let [mut sealing, mut expiring, mut forgetting] = [1, 2, 30].map(every);
    loop {
        tokio::select! {
            () = stopping.wait() => break,
            _ = sealing.tick() => {
                seal(app).await;
                note_contacts(app).await;
            }
            _ = expiring.tick() => expire(app).await,
            _ = forgetting.tick() => forget(app).await,
        }
    }
}

/// The last seal: to be set when the last request was answered, so that what was written since the
/// last tick is not left without one until the next start.
///
/// And the last word to the other nodes.
pub async fn finish(app: &App) {
    app.store.announced().await;
    // PostgreSQL knows that nothing more can come before what it saw only when every transaction
    // of then has ended, also those of its other databases: not worth more than a moment.
    for _ in 0..10 {
        seal(app).await;
        match events::unsealed_tenants(&app.store, i64::MAX).await {
            Ok(tenants) if !tenants.is_empty() => sleep(Duration::from_millis(100)).await,
            Ok(_) | Err(_) => return,
        }
    }
}

fn every(secs: u64) -> Interval {
    let mut ticks = interval(Duration::from_secs(secs));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

async fn seal(app: &App) {
    let Ok(now) = app.now() else { return };
    if let Err(error) = seals::seal_all(app, now).await {
        tracing::warn!(%error, "the record was not sealed");
    }
}

async fn note_contacts(app: &App) {
    if let Err(error) = contacts::write(app).await {
        tracing::debug!(%error, "who called was not noted");
    }
}

async fn expire(app: &App) {
    let Ok(now) = app.now() else { return };
    if let Err(error) = logins::expire_overdue(app, now).await {
        tracing::warn!(%error, "overdue logins were not ended");
    }
}

async fn forget(app: &App) {
    let Ok(now) = app.now() else { return };
    if let Err(error) = admin::keys::forget_revoked(app, now).await {
        tracing::warn!(%error, "revoked Application Keys were not forgotten");
    }
    if let Err(error) = logins::forget_old(app, now).await {
        tracing::warn!(%error, "old logins were not forgotten");
    }
    let old = authx_core::Millis(now.0.saturating_sub(DAY_MILLIS));
    let over = Batch::default().forget_imports(old).forget_approvals(old);
    if let Err(error) = app.store.commit(over).await {
        tracing::warn!(%error, "imports and approvals that are over were not forgotten");
    }
    if let Err(error) = admin::accounts::forget_removed(app, now).await {
        tracing::warn!(%error, "users who were removed a week ago were not deleted");
    }
    if let Err(error) = enrol::phones::forget_old(app, now).await {
        tracing::warn!(%error, "invitations that are over were not forgotten");
    }
    if let Err(error) = admin::sessions::forget_old(app, now).await {
        tracing::warn!(%error, "sessions that are over were not forgotten");
    }
    if let Err(error) = admin::tokens::forget_old(app, now).await {
        tracing::warn!(%error, "tokens that are over were not forgotten");
    }
    if let Err(error) = mail::forget_old(app, now).await {
        tracing::warn!(%error, "old deliveries were not forgotten");
    }
}

const DAY_MILLIS: u64 = 24 * 3_600 * 1_000;
