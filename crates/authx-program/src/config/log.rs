//! What is logged, and how.

use super::{Reading, Section};
use std::str::FromStr;
use tracing_subscriber::filter::Targets;

/// What is logged, and how.
#[derive(Clone, Debug)]
pub struct Log {
    /// For people or for programs.
    pub format: LogFormat,
    /// A level, or levels by module as in `info,authx::serve=debug`.
    pub level: Targets,
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LogFormat {
    /// One line of text.
    Human,
    /// One JSON object a line.
    Json,
}

impl Log {
    /// Reads the table `[log]`.
    pub fn read(reading: &mut Reading<'_>, root: &mut Section<'_>) -> Self {
        let mut section = root.section(reading, "log");
        let format = section.parsed(reading, "format").unwrap_or(LogFormat::Human);
        let level = section.parsed(reading, "level");
        section.finish(reading);
        Self { format, level: level.unwrap_or_else(|| Targets::new().with_default(DEFAULT_LEVEL)) }
    }
}

impl FromStr for LogFormat {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text {
            "human" => Ok(Self::Human),
            "json" => Ok(Self::Json),
            _ => Err("must be \"human\" or \"json\""),
        }
    }
}

const DEFAULT_LEVEL: tracing::Level = tracing::Level::INFO;
