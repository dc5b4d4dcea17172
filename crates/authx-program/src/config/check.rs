//! `config check`, as every program answers it.

use super::{ConfigError, Fault};
use crate::output::Output;
use serde::Serialize;
use std::{path::Path, process::ExitCode};

#[derive(Serialize)]
struct Checked {
    file: String,
    usable: bool,
    faults: Vec<Fault>,
    #[serde(skip)]
    meaning: Option<String>,
}

/// Says whether a configuration can be used, and what it means or what is wrong in it.
///
/// # Errors
///
/// The file cannot be read, or standard output takes nothing. A file with faults is an answer.
pub fn check<T>(
    file: &Path,
    loaded: Result<T, ConfigError>,
    meaning: impl FnOnce(&T) -> String,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let (faults, meaning) = match loaded {
        Ok(config) => (vec![], Some(meaning(&config))),
        Err(ConfigError::Faults { faults, .. }) => (faults, None),
        Err(error @ ConfigError::Unreadable { .. }) => return Err(error.into()),
    };
    let usable = faults.is_empty();
    Checked { file: file.display().to_string(), usable, faults, meaning }.write(json)?;
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
