//! Answers on standard output, complaints on standard error.

use anyhow::Context as _;
use serde::Serialize;
use std::io::{self, ErrorKind, Write};

/// What a command has to say, in both forms.
pub(crate) trait Output: Serialize {
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
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(error).context("standard output takes nothing")
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

/// Says what went wrong.
pub(crate) fn complain(text: &str) {
    // With standard error gone there is no one left to tell.
    let _ = writeln!(io::stderr().lock(), "authx: {text}");
}
