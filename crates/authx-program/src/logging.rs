//! Where log lines go: standard error, for people or for programs.

use crate::config::{Log, LogFormat};
use std::io::{self, IsTerminal};
use tracing_subscriber::fmt::layer;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};

/// Starts logging for the whole process.
///
/// # Errors
///
/// [`TryInitError`] when it was started before.
pub fn start(log: &Log) -> Result<(), TryInitError> {
    let registry = tracing_subscriber::registry().with(log.level.clone());
    match log.format {
        LogFormat::Human => {
            let colours = io::stderr().is_terminal();
            registry.with(layer().with_writer(io::stderr).with_ansi(colours)).try_init()
        }
        LogFormat::Json => {
            let lines = layer().json().flatten_event(true).with_current_span(true);
            registry.with(lines.with_span_list(false).with_writer(io::stderr)).try_init()
        }
    }
}
