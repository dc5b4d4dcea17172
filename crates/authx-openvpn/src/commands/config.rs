//! `authx-openvpn config …`.

use super::Global;
use crate::config::{self, Config, ServerSettings};
use authx_program::{config::check, output::Output};
use clap::Subcommand;
use serde::Serialize;
use std::{fmt::Write as _, process::ExitCode};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Say whether the configuration can be used, and what it means
    Check,
    /// Show a configuration with every key, each with a comment
    Example,
}

#[derive(Serialize)]
struct Example {
    text: &'static str,
}

pub(super) fn run(global: &Global, command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Check => check(&global.config, Config::load(&global.config), meaning, global.json),
        Command::Example => {
            Example { text: config::EXAMPLE }.write(global.json)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

impl Output for Example {
    fn text(&self) -> String {
        self.text.to_owned()
    }
}

// Writing to a String cannot fail.
fn meaning(config: &Config) -> String {
    let Config { authx, agent, .. } = config;
    let mut text = format!("  application      {}\n", authx.application_id);
    if let Some(path) = &authx.unix_socket {
        let _ = writeln!(text, "  asks             {}", path.display());
    }
    for url in &authx.application_urls {
        let _ = writeln!(text, "  asks             {url}");
    }
    let _ = writeln!(text, "  plugin's socket  {}", agent.socket.display());
    for (file, settings) in config.servers() {
        let _ = writeln!(text, "  {}: {}", file.display(), line(config, &settings));
    }
    let _ = writeln!(text, "  other servers: {}", line(config, &config.any_server()));
    text
}

fn line(config: &Config, settings: &ServerSettings) -> String {
    use crate::config::FirstFactor::{Authx, Certificate, Pam};
    let ServerSettings { first_factor, certificate_field, management, .. } = settings;
    let first = match first_factor {
        Authx => "password kept by AuthX".to_owned(),
        Certificate => format!("certificate (field {})", certificate_field.as_str()),
        Pam => format!("password by PAM (service {})", config.pam.service.as_str()),
    };
    match management {
        Some(socket) => format!("{first}; management socket {}", socket.display()),
        None => format!("{first}; no management socket"),
    }
}
