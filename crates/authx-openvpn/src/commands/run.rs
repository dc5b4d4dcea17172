//! `authx-openvpn run`: the agent itself.

use crate::{agent, config::Config};
use anyhow::Context as _;
use authx_program::logging;
use std::{path::Path, process::ExitCode};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

pub(super) fn run(config: &Path) -> anyhow::Result<ExitCode> {
    let config = Config::load(config)?;
    tokio::runtime::Runtime::new().context("no threads can be started")?.block_on(serve(config))
}

async fn serve(config: Config) -> anyhow::Result<ExitCode> {
    logging::start(&config.log).context("logging cannot start")?;
    let (stop, stopping) = watch::channel(false);
    let mut terminate = signal(SignalKind::terminate()).context("signals cannot be heard")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("signals cannot be heard")?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stop.send_replace(true);
        // The receivers see the end of the channel otherwise, which means nothing to them.
        stop.closed().await;
    });
    agent::run(config, stopping).await?;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}
