//! The server as a process.

use crate::{Caller, Client};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::{
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

/// A running `authx serve`. Killed when dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: SocketAddr,
    logs: TempDir,
}

impl Server {
    /// Starts it and waits until it serves.
    pub async fn start(config: &Path) -> Self {
        // Not beside the database: its disk may be full.
        let logs = tempfile::tempdir().unwrap();
        let log = File::create(logs.path().join(LOG)).unwrap();
        let mut serve = Command::new(program());
        serve.arg("serve").arg("--config").arg(config);
        let child = serve.stderr(log).stdin(Stdio::null()).spawn();
        let address = SocketAddr::from(([0; 4], 0));
        let mut server = Self { child: child.unwrap(), address, logs };
        server.address = timeout(PATIENCE, server.served()).await.unwrap_or_else(|_| {
            panic!("the server does not serve:\n{}", server.log());
        });
        server
    }

    async fn served(&mut self) -> SocketAddr {
        loop {
            let log = self.log();
            let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            let address = lines.filter_map(|line| line.get("address")?.as_str()?.parse().ok());
            if let Some(address) = { address }.next() {
                return address;
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the server ended with {status}:\n{log}");
            }
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A caller of it.
    pub fn client(&self, caller: &Caller) -> Client {
        Client::new(self.address, caller)
    }

    /// What it logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.logs.path().join(LOG)).unwrap()
    }

    /// `kill -9`: it has no time for anything.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop, as systemd does.
    pub fn terminate(&self) {
        kill_process(self.pid(), Signal::TERM).unwrap();
    }

    /// Waits until it has ended.
    pub async fn ended(&mut self) -> ExitStatus {
        let ended = async {
            loop {
                if let Some(status) = self.child.try_wait().unwrap() {
                    return status;
                }
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, ended).await.expect("an end")
    }

    /// Stops it, and waits for that.
    pub async fn stop(mut self) {
        self.terminate();
        let status = self.ended().await;
        assert!(status.success(), "{status}: {}", self.log());
    }

    /// How long its threads have computed: what it cost to answer, whatever else the machine did.
    pub fn cpu_time(&self) -> Duration {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        let nanos = tasks.map(|task| {
            // A thread may end while the list is read.
            let spent = fs::read_to_string(task.unwrap().path().join("schedstat"));
            let first = spent.ok().and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
            first.unwrap_or(0)
        });
        Duration::from_nanos(nanos.sum())
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().try_into().unwrap()).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Errors mean that it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program that cargo built with these tests, from the same profile.
pub fn program() -> PathBuf {
    built("authx")
}

/// What cargo built with these tests under this name, from the same profile.
pub fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).expect("target/PROFILE/deps/TEST");
    let built = profile.join(name);
    assert!(
        built.exists(),
        "{} is missing: run `cargo build` first, or `make test`",
        built.display()
    );
    built
}

const LOG: &str = "log";
const PATIENCE: Duration = Duration::from_secs(30);
