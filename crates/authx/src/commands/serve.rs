//! `authx serve`.

use super::ConfigFile;
use crate::clock::{ClockGuard, SystemClock};
use crate::config::Config;
use crate::health::{self, Health};
use crate::keys::Keys;
use crate::random::OsRandom;
use crate::serve::{Server, Sites, Stop, Stopping, logging, stopping, systemd};
use crate::store::Store;
use anyhow::Context as _;
use axum::Router;
use clap::Args;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::process::ExitCode;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    file: ConfigFile,
}

pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let config = Config::load(&arguments.file.config)?;
    logging::start(&config.log).context("logging cannot start")?;
    allow_many_connections();
    let keys = Keys::load(&config)?;
    let url = config.database.url()?;
    let store = Store::open(&url).await.context("the database cannot be opened")?;
    keys.check(&store).await?;

    let (stop, stopping) = stopping();
    let require = config.clock.require_synchronised;
    let guard = Arc::new(ClockGuard::new(Arc::new(SystemClock), require));
    let newest = health::newest_stored(&store).await;
    guard.refresh(newest.context("the newest stored time cannot be read")?);
    if let Err(problem) = guard.check() {
        tracing::error!(%problem, "logins are refused");
    }

    let server = Server::bind(config.listen.clone(), config.limits).await?;
    stop_on_signal(stop)?;
    tokio::spawn(health::watch_clock(store.clone(), guard.clone(), stopping.clone()));
    tokio::spawn(systemd::watchdog(stopping.clone()));
    tracing::info!(
        address = server.address().map(tracing::field::display),
        public_url = %config.public_url,
        version = env!("CARGO_PKG_VERSION"),
        "serving"
    );
    systemd::ready();
    let sites = sites(&config, store, guard, stopping.clone());
    server.run(sites, &OsRandom, stopping).await;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

fn sites(config: &Config, store: Store, guard: Arc<ClockGuard>, stopping: Stopping) -> Sites {
    let health = Arc::new(Health::new(store, guard, stopping));
    let phone_host = config.phone_url.host().to_owned();
    Sites { public: health::router(health), phone: Router::new(), phone_host }
}

/// SIGTERM (systemd) and SIGINT (a terminal) mean the same: finish and go.
fn stop_on_signal(stop: Stop) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("signals cannot be heard")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("signals cannot be heard")?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: requests under way are answered");
        systemd::ending();
        stop.stop();
    });
    Ok(())
}

/// A waiting login is an open connection, and the soft limit is often 1,024 files.
fn allow_many_connections() {
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        tracing::warn!(%error, "the limit on open files stays as it is");
    }
}
