//! What a program says, as it says it.

use super::PATIENCE;
use std::{fmt, process::Stdio};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    process::{Child, Command},
    sync::watch,
    time::timeout,
};

/// The log of a running program.
#[derive(Clone, Debug)]
pub struct Log(watch::Receiver<String>);

/// A place in a log: what comes later is after it.
#[derive(Clone, Copy, Debug)]
pub struct Mark(usize);

impl Log {
    /// Starts a program and collects what it says, on both of its outputs.
    pub(super) fn of(command: &mut Command) -> (Child, Self) {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.kill_on_drop(true).spawn().expect("a program that starts");
        let (sender, receiver) = watch::channel(String::new());
        tokio::spawn(collect(child.stdout.take().unwrap(), sender.clone()));
        tokio::spawn(collect(child.stderr.take().unwrap(), sender));
        (child, Self(receiver))
    }

    /// Before everything.
    pub fn start(&self) -> Mark {
        Mark(0)
    }

    /// The end as it is now.
    pub fn mark(&self) -> Mark {
        Mark(self.0.borrow().len())
    }

    /// What was said since.
    pub fn since(&self, mark: Mark) -> String {
        self.0.borrow().get(mark.0..).unwrap_or_default().to_owned()
    }

    /// Whether this was ever said.
    pub fn contains(&self, text: &str) -> bool {
        self.0.borrow().contains(text)
    }

    /// Waits for a line with this text after the mark, and gives the line.
    pub async fn says(&self, mark: Mark, text: &str) -> String {
        self.says_one_of(mark, &[text]).await
    }

    /// Waits for a line with one of these texts after the mark, and gives the line.
    pub async fn says_one_of(&self, mark: Mark, texts: &[&str]) -> String {
        let find = |log: &str| {
            let mut lines = log.get(mark.0..)?.lines();
            let line = lines.find(|line| texts.iter().any(|text| line.contains(text)));
            line.map(str::to_owned)
        };
        let mut log = self.0.clone();
        let said = log.wait_for(|log| find(log).is_some());
        let said = timeout(PATIENCE, said).await.ok().and_then(Result::ok);
        let line = said.as_deref().and_then(|log| find(log));
        line.unwrap_or_else(|| panic!("{texts:?} is not in the log:\n{self}"))
    }
}

impl fmt::Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.borrow())
    }
}

async fn collect(from: impl AsyncRead + Unpin, into: watch::Sender<String>) {
    let mut from = BufReader::new(from);
    let mut line = vec![];
    // An error is the end, as it is for whoever reads the log.
    while from.read_until(b'\n', &mut line).await.is_ok_and(|read| read > 0) {
        into.send_modify(|log| log.push_str(&String::from_utf8_lossy(&line)));
        line.clear();
    }
}
