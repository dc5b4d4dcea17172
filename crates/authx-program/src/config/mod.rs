//! Configuration files: TOML, read once, every value of a type that can only be right.

mod check;
mod fault;
mod log;
mod origin;
mod secret_file;
mod section;

pub use check::check;
pub use fault::{ConfigError, Fault};
pub use log::{Log, LogFormat};
pub use origin::{InvalidOrigin, Origin};
pub use secret_file::{SecretFile, SecretFileError};
pub use section::{Found, Reading, Section};

use std::path::Path;
use toml::de::DeTable;

/// Reads a file. `read` makes a value of its root table and of the directory that relative paths
/// are relative to; `advice` says where such a file comes from.
///
/// # Errors
///
/// [`ConfigError::Faults`] with everything that is wrong in it, or [`ConfigError::Unreadable`].
pub fn load<T>(
    path: &Path,
    advice: &'static str,
    read: impl FnOnce(&mut Reading<'_>, Section<'_>, &Path) -> Option<T>,
) -> Result<T, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
        path: path.to_owned(),
        advice,
        source,
    })?;
    // Files beside it would else have the parent “”, which cannot be opened to be synchronised.
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory = parent.unwrap_or(Path::new("."));
    parse(&text, |reading, root| read(reading, root, directory))
        .map_err(|faults| ConfigError::Faults { path: path.to_owned(), faults })
}

/// Reads a text.
///
/// # Errors
///
/// Everything that is wrong, in the order of the lines.
pub fn parse<T>(
    text: &str,
    read: impl FnOnce(&mut Reading<'_>, Section<'_>) -> Option<T>,
) -> Result<T, Vec<Fault>> {
    let mut reading = Reading::new(text);
    let value = match DeTable::parse(text) {
        Ok(table) => read(&mut reading, Section::root(table.into_inner())),
        Err(error) => {
            reading.fault(error.span(), "", format!("not TOML: {}", error.message()));
            None
        }
    };
    match value {
        Some(value) if reading.faults.is_empty() => Ok(value),
        Some(_) | None => {
            reading.faults.sort_by_key(|fault| fault.line.unwrap_or(usize::MAX));
            Err(reading.faults)
        }
    }
}
