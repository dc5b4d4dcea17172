//! Secrets that people type or programs pipe in.

use anyhow::{Context as _, bail};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use std::{
    io::{self, BufRead, IsTerminal, Read, Write},
    thread,
};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

/// A new password: asked for twice at a terminal, without showing it; else the first line of
/// standard input.
pub(super) async fn new_password() -> anyhow::Result<Zeroizing<String>> {
    if !io::stdin().is_terminal() {
        return line(PASSWORD).await;
    }
    let first = hidden(PASSWORD, "New password: ").await?;
    let again = hidden(PASSWORD, "The same again: ").await?;
    if first != again {
        bail!("the two passwords differ; nothing was changed");
    }
    Ok(first)
}

/// The recovery key, in the same way.
pub(super) async fn recovery_key() -> anyhow::Result<Zeroizing<String>> {
    const WHAT: &str = "recovery key";
    if io::stdin().is_terminal() { hidden(WHAT, "Recovery key: ").await } else { line(WHAT).await }
}

async fn hidden(what: &'static str, question: &str) -> anyhow::Result<Zeroizing<String>> {
    let shown = Echo::off().context("the terminal does not stop showing what is typed")?;
    write!(io::stderr(), "{question}").context("the terminal takes nothing")?;
    let answer = tokio::select! {
        answer = line(what) => answer,
        // Without this the terminal would stay blind.
        _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted; nothing was changed")),
    };
    drop(shown);
    // The line break that was typed was not shown either.
    let _ = writeln!(io::stderr());
    answer
}

/// Read on a thread that nobody waits for: an interrupted command must not hang on it.
async fn line(what: &'static str) -> anyhow::Result<Zeroizing<String>> {
    let (sender, receiver) = oneshot::channel();
    thread::spawn(move || {
        let _interrupted = sender.send(read_line(what));
    });
    receiver.await.context("standard input cannot be read")?
}

fn read_line(what: &str) -> anyhow::Result<Zeroizing<String>> {
    // The room is taken at once: growing would leave a copy of the secret behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MOST_BYTES + 1));
    let limit = u64::try_from(MOST_BYTES).unwrap_or(u64::MAX);
    let mut input = io::stdin().lock().take(limit);
    input.read_until(b'\n', &mut bytes).context("standard input cannot be read")?;
    let text = std::str::from_utf8(&bytes).with_context(|| format!("the {what} is not UTF-8"))?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() {
        bail!("no {what} was given: type it, or pipe it in as one line");
    }
    Ok(Zeroizing::new(text.to_owned()))
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

const PASSWORD: &str = "password";
/// Far above what a password may have, so that the rule about its length is what answers.
const MOST_BYTES: usize = 4_096;
