//! Answers on standard output, complaints on standard error.

use anyhow::Context as _;
use serde::Serialize;
use std::io::{self, ErrorKind, Write};

/// What a command has to say, in both forms.
pub trait Output: Serialize {
    /// For people; ends with a newline.
    fn text(&self) -> String;

    /// Writes it in the form asked for.
    ///
    /// # Errors
    ///
    /// When standard output takes nothing. A reader that has seen enough (`| head`) is no error.
    fn write(&self, json: bool) -> anyhow::Result<()> {
        let text = if json {
            let json = serde_json::to_string_pretty(self).context("the answer is no JSON")?;
            format!("{json}\n")
        } else {
            self.text()
        };
        emit(&text).map(|_| ())
    }
}

/// Writes a text to standard output, at once. Returns whether anybody still reads.
///
/// # Errors
///
/// When standard output takes nothing.
pub fn emit(text: &str) -> anyhow::Result<bool> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(error).context("standard output takes nothing")
        }
        outcome => Ok(outcome.is_ok()),
    }
}

/// The text without what could move the cursor or turn the direction of writing: strangers choose
/// parts of what is shown.
pub fn visible(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    text.chars().map(|c| if hidden(c) { '\u{fffd}' } else { c }).collect()
}

/// A word as a shell takes it, for commands that people copy.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_.@".contains(c);
    if word.chars().all(plain) && !word.starts_with('-') {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Says what went wrong, and in which program.
pub fn complain(program: &str, text: &str) {
    // With standard error gone there is no one left to tell.
    let _ = writeln!(io::stderr().lock(), "{program}: {text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_can_be_copied_into_a_shell() {
        assert_eq!(quoted("alice@corp.example"), "alice@corp.example");
        assert_eq!(quoted(r"CORP\alice"), r"'CORP\alice'");
        assert_eq!(quoted("O'Brien; rm"), r"'O'\''Brien; rm'");
        assert_eq!(quoted("-x"), "'-x'");
    }

    #[test]
    fn a_stranger_moves_no_cursor() {
        assert_eq!(visible("a\u{1b}[2Jb\u{202e}c\n"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}");
    }
}
