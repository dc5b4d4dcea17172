//! What people type at the terminal, or programs pipe in.

use anyhow::Context as _;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use std::{
    io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _},
    thread,
};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

/// Asks at a terminal; else takes the next line of standard input. None when it is at its end.
///
/// # Errors
///
/// The terminal or standard input fails, the answer is not UTF-8, or the person pressed Ctrl-C.
pub async fn answer(question: &str, hidden: bool) -> anyhow::Result<Option<Zeroizing<String>>> {
    if !io::stdin().is_terminal() {
        return line().await;
    }
    let echo = if hidden { Some(Echo::off()).transpose() } else { Ok(None) };
    let echo = echo.context("the terminal does not stop showing what is typed")?;
    write!(io::stderr(), "{question}").context("the terminal takes nothing")?;
    let answer = tokio::select! {
        answer = line() => answer,
        // Without this the terminal would stay blind.
        _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted; nothing was changed")),
    };
    if echo.is_some() {
        // The line break that was typed was not shown either.
        let _ = writeln!(io::stderr());
    }
    answer
}

/// Read on a thread that nobody waits for: an interrupted command must not hang on it.
async fn line() -> anyhow::Result<Option<Zeroizing<String>>> {
    let (sender, receiver) = oneshot::channel();
    thread::spawn(move || {
        let _interrupted = sender.send(read_line());
    });
    receiver.await.context("standard input cannot be read")?
}

fn read_line() -> anyhow::Result<Option<Zeroizing<String>>> {
    // The room is taken at once: growing would leave a copy of the secret behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MOST_BYTES + 1));
    let limit = u64::try_from(MOST_BYTES).unwrap_or(u64::MAX);
    let mut input = io::stdin().lock().take(limit);
    if input.read_until(b'\n', &mut bytes).context("standard input cannot be read")? == 0 {
        return Ok(None);
    }
    let text = std::str::from_utf8(&bytes).context("what was typed is not UTF-8")?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    Ok(Some(Zeroizing::new(text.strip_suffix('\r').unwrap_or(text).to_owned())))
}

/// A terminal that shows nothing of what is typed, until this is dropped.
struct Echo(Termios);

impl Echo {
    fn off() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &quiet)?;
        Ok(Self(before))
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        // With the terminal gone there is nothing to put back.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}

/// Far above what a password may have, so that the rule about its length is what answers.
const MOST_BYTES: usize = 4_096;
