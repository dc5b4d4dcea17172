//! Whether a time server keeps the machine's clock.

use std::path::Path;
use std::process::{Command, Stdio};

/// What the kernel knows about its clock (`STA_UNSYNC` of adjtimex(2)).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Synchronisation {
    /// A time server keeps it, whichever program speaks to it.
    Synchronised,
    /// There is no one to ask, as in a container.
    Unknown,
    /// No time server keeps it.
    Unsynchronised,
}

impl From<Synchronisation> for u8 {
    fn from(state: Synchronisation) -> Self {
        match state {
            Synchronisation::Unknown => 0,
            Synchronisation::Synchronised => 1,
            Synchronisation::Unsynchronised => 2,
        }
    }
}

impl From<u8> for Synchronisation {
    fn from(state: u8) -> Self {
        match state {
            1 => Self::Synchronised,
            2 => Self::Unsynchronised,
            _ => Self::Unknown,
        }
    }
}

/// Asks systemd, which asks the kernel. Blocks for some milliseconds; call it off the workers.
///
/// The system call itself (`adjtimex`) needs `unsafe`, and no kept crate wraps its read-only use.
pub fn synchronisation() -> Synchronisation {
    if !Path::new("/run/systemd/system").exists() {
        return Synchronisation::Unknown;
    }
    let answer = Command::new("/usr/bin/timedatectl")
        .args(["show", "--property=NTPSynchronized", "--value"])
        .env_clear()
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    match answer {
        Ok(output) if output.status.success() => parse(&output.stdout),
        Ok(_) | Err(_) => Synchronisation::Unknown,
    }
}

fn parse(answer: &[u8]) -> Synchronisation {
    match answer.trim_ascii() {
        b"yes" => Synchronisation::Synchronised,
        b"no" => Synchronisation::Unsynchronised,
        _ => Synchronisation::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_answer_counts() {
        assert_eq!(parse(b"yes\n"), Synchronisation::Synchronised);
        assert_eq!(parse(b"no\n"), Synchronisation::Unsynchronised);
        assert_eq!(parse(b"\xff\xff"), Synchronisation::Unknown);
        assert_eq!(parse(b""), Synchronisation::Unknown);
    }
}
