//! A server beside us, and what the kernel says of it.

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    fs,
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tokio::{net::TcpStream, time::sleep};

/// A running server; it ends with this value.
pub(crate) struct Process {
    child: Child,
}

impl Process {
    /// Starts a program and waits until it listens.
    pub(crate) async fn start(command: &mut Command, address: SocketAddr) -> anyhow::Result<Self> {
        let name = Path::new(command.get_program()).display().to_string();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().context(name)?;
        let mut process = Self { child };
        for _ in 0..600 {
            if TcpStream::connect(address).await.is_ok() {
                return Ok(process);
            }
            if let Some(status) = process.child.try_wait()? {
                bail!("the server ended: {status}");
            }
            sleep(Duration::from_millis(50)).await;
        }
        bail!("the server does not listen on {address}");
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Processor time so far, of all its threads.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        let stat = self.read("stat")?;
        // proc_pid_stat(5): after the name in brackets, utime and stime are words 12 and 13.
        let (_, words) = stat.rsplit_once(')').context("/proc/PID/stat")?;
        let words: Vec<&str> = words.split_whitespace().collect();
        let ticks = [11, 12].map(|at| words.get(at).and_then(|word| word.parse::<u64>().ok()));
        let [Some(user), Some(system)] = ticks else { bail!("/proc/PID/stat") };
        Ok(Duration::from_millis((user + system) * TICK_MILLIS))
    }

    /// Resident memory now, in bytes.
    pub(crate) fn memory(&self) -> anyhow::Result<u64> {
        let status = self.read("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("VmRSS")?;
        let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kilobytes * 1_024)
    }

    fn read(&self, file: &str) -> anyhow::Result<String> {
        let path = format!("/proc/{}/{file}", self.child.id());
        fs::read_to_string(&path).context(path)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

impl Process {
    /// Ends it, and waits until it has.
    pub(crate) fn end(&mut self) {
        let asked = kill_process(Pid::from_child(&self.child), Signal::TERM);
        if asked.is_err() {
            let _gone = self.child.kill();
        }
        let _status = self.child.wait();
    }
}

/// The kernel counts processor time for programs in hundredths of a second (`USER_HZ`).
const TICK_MILLIS: u64 = 10;
