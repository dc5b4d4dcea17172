//! `authx config check`.

use super::Global;
use crate::config::{Config, Tls};
use authx_program::config;
use clap::Subcommand;
use std::fmt::Write as _;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Say whether the configuration can be used, and what it means
    Check,
}

pub(super) fn run(global: &Global, command: &Command) -> anyhow::Result<ExitCode> {
    let Command::Check = command;
    config::check(&global.config, Config::load(&global.config), meaning, global.json)
}

fn meaning(config: &Config) -> String {
    let Config { public_url, phone_url, listen, database, push, .. } = config;
    let mut text = format!("  portal and API   {public_url}\n  authenticator    {phone_url}\n");
    if let Some(address) = listen.address {
        let how = match &listen.tls {
            Tls::Acme(acme) => format!("https, certificate from {}", acme.directory),
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
    let _ = match (&push.contact, &push.proxy) {
        (Some(contact), None) => writeln!(text, "  pushes           directly, for {contact}"),
        (Some(contact), Some(_)) => {
            writeln!(text, "  pushes           through a proxy, for {contact}")
        }
        (None, _) => writeln!(text, "  pushes           nothing: push.contact is not set"),
    };
    text
}
