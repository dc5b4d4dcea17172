//! `authx config check`.

use super::{Global, Output};
use crate::config::{Config, ConfigError, Fault, Tls};
use clap::Subcommand;
use serde::Serialize;
use std::fmt::Write as _;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Say whether the configuration can be used, and what it means
    Check,
}

#[derive(Serialize)]
struct Checked {
    file: String,
    usable: bool,
    faults: Vec<Fault>,
    #[serde(skip)]
    meaning: Option<String>,
}

pub(super) fn run(global: &Global, command: &Command) -> anyhow::Result<ExitCode> {
    let Command::Check = command;
    let (faults, meaning) = match Config::load(&global.config) {
        Ok(config) => (vec![], Some(meaning(&config))),
        Err(ConfigError::Faults { faults, .. }) => (faults, None),
        Err(error @ ConfigError::Unreadable { .. }) => return Err(error.into()),
    };
    let usable = faults.is_empty();
    let file = global.config.display().to_string();
    Checked { file, usable, faults, meaning }.write(global.json)?;
    Ok(if usable { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Output for Checked {
    fn text(&self) -> String {
        let Self { file, faults, meaning, .. } = self;
        if let Some(meaning) = meaning {
            return format!("{file} can be used.\n{meaning}");
        }
        faults
            .iter()
            .fold(format!("{file} cannot be used:\n"), |text, fault| format!("{text}  {fault}\n"))
    }
}

fn meaning(config: &Config) -> String {
    let Config { public_url, phone_url, listen, database, .. } = config;
    let mut text = format!("  portal and API   {public_url}\n  authenticator    {phone_url}\n");
    if let Some(address) = listen.address {
        let how = match &listen.tls {
            Tls::Files { certificate_file, .. } => {
                format!("https, certificate {}", certificate_file.display())
            }
            Tls::Proxy => "http, a proxy in front encrypts".to_owned(),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  listens on       {address} ({how})");
    }
    if let Some(path) = &listen.unix_socket {
        let _ = writeln!(text, "  listens on       {} (http)", path.display());
    }
    let _ = writeln!(text, "  stores in        {}", database.shown());
    text
}
