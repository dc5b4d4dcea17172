//! What is wrong with a configuration, so that a person can put it right.

use std::path::PathBuf;

/// Why there is no configuration to work with.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Everything that is wrong, at once.
    #[error("{}", listed(path, faults))]
    Faults {
        /// The file.
        path: PathBuf,
        /// In the order of their lines.
        faults: Vec<Fault>,
    },
    /// The file itself cannot be read.
    #[error("{} cannot be read; {advice}, --config names another", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Where such a file comes from.
        advice: &'static str,
        /// What the system says.
        source: std::io::Error,
    },
}

/// One thing that is wrong.
#[derive(Clone, Debug, Eq, PartialEq, serde::Serialize)]
pub struct Fault {
    /// From 1; none for what is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// As in `listen.address`; empty where the file is not TOML.
    pub key: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)
    }
}

fn listed(path: &std::path::Path, faults: &[Fault]) -> String {
    faults.iter().fold(format!("{} cannot be used:", path.display()), |text, fault| {
        format!("{text}\n  {fault}")
    })
}
