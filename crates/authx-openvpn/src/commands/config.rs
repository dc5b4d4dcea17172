//! `authx-openvpn config …`.

use super::Global;
use crate::config::{self, Config, ConfigError, ServerSettings};
use authx_program::{config::Fault, output::Output};
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

#[derive(Serialize)]
struct Checked {
    file: String,
    usable: bool,
    faults: Vec<Fault>,
    #[serde(skip)]
    meaning: Option<String>,
}

pub(super) fn run(global: &Global, command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Check => check(global),
        Command::Example => {
            Example { text: config::EXAMPLE }.write(global.json)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn check(global: &Global) -> anyhow::Result<ExitCode> {
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

impl Output for Example {
    fn text(&self) -> String {
        self.text.to_owned()
    }
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
