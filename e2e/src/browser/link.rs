//! A program that is told what to do in lines of JSON.

use super::programs_directory;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open},
};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    fs::File,
    io::Write as _,
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::ChildStdout,
    sync::oneshot,
    time::timeout,
};

/// A running program. It ends itself, and what it has started, once this is dropped or its owner
/// has died.
#[derive(Debug)]
pub(super) struct Link {
    name: String,
    child: Child,
    input: Option<Mutex<ChildStdin>>,
    open: Arc<Mutex<Open>>,
    number: AtomicU64,
}

/// What waits for an answer; `None` when no more answers can come.
type Open = Option<HashMap<u64, oneshot::Sender<Value>>>;

impl Link {
    /// Starts a program, which logs into a file.
    pub(super) fn start(mut command: Command, name: &str, log: &Path) -> Self {
        let log = File::options().create(true).append(true).open(log).unwrap();
        command.current_dir(programs_directory()).process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{name}: {error}"));
        let input = child.stdin.take().map(Mutex::new);
        let output = ChildStdout::from_std(child.stdout.take().unwrap()).unwrap();
        let open = Arc::new(Mutex::new(Some(HashMap::new())));
        tokio::spawn(hear(output, Arc::clone(&open)));
        Self { name: name.to_owned(), child, input, open, number: AtomicU64::new(1) }
    }

    /// Has a command carried out. An error is for people, with the place of a picture if there is one.
    pub(super) async fn ask(&self, command: &str, wish: Value) -> Result<Value, String> {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let (sender, answer) = oneshot::channel();
        match self.open.lock().unwrap().as_mut() {
            Some(open) => open.insert(number, sender),
            None => return Err(format!("{} has ended", self.name)),
        };
        self.say(number, command, wish);
        let answer = timeout(PATIENCE, answer).await;
        let answer = answer.map_err(|_| format!("{}: {command} never ends", self.name))?;
        let answer = answer.map_err(|_| format!("{} ended at {command}", self.name))?;
        match answer.get("error").and_then(Value::as_str) {
            Some(error) => Err(match answer.get("screenshot").and_then(Value::as_str) {
                Some(picture) => format!("{}: {error}\nsee {picture}", self.name),
                None => format!("{}: {error}", self.name),
            }),
            None => Ok(answer.get("value").cloned().unwrap_or_default()),
        }
    }

    /// The same where nothing but success is of use.
    pub(super) async fn must(&self, command: &str, wish: Value) -> Value {
        self.ask(command, wish).await.unwrap_or_else(|error| panic!("{error}"))
    }

    fn say(&self, number: u64, command: &str, wish: Value) {
        let mut line = wish;
        if line.is_null() {
            line = json!({});
        }
        line["id"] = number.into();
        line["command"] = command.into();
        let Some(input) = &self.input else { return };
        // Who has ended is found out by the answer that never comes.
        let _ = input.lock().unwrap().write_all(format!("{line}\n").as_bytes());
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        if thread::panicking() {
            self.say(0, "traces", Value::Null);
        }
        self.input = None;
        let pid = Pid::from_raw(self.child.id().try_into().unwrap()).unwrap();
        if let Ok(process) = pidfd_open(pid, PidfdFlags::empty()) {
            let patience = Timespec { tv_sec: LAST_WORDS_SECS, tv_nsec: 0 };
            let _ = poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&patience));
        }
        // Errors mean that all have ended.
        let _ = kill_process_group(pid, Signal::KILL);
        let _ = self.child.wait();
    }
}

async fn hear(output: ChildStdout, open: Arc<Mutex<Open>>) {
    let mut lines = BufReader::new(output).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let Ok(answer) = serde_json::from_str::<Value>(&line) else { continue };
        let number = answer.get("id").and_then(Value::as_u64).unwrap_or_default();
        let asked = open.lock().unwrap().as_mut().and_then(|open| open.remove(&number));
        if let Some(asked) = asked {
            // Nobody waits any more: that one was told why.
            let _ = asked.send(answer);
        }
    }
    *open.lock().unwrap() = None;
}

/// Longer than anything that a program waits for by itself.
const PATIENCE: Duration = Duration::from_mins(2);
/// How long a browser may take to end.
const LAST_WORDS_SECS: i64 = 10;
