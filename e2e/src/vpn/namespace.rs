//! Network namespaces, made and removed with `ip`.

use rustix::process::{Pid, Signal, kill_process};
use std::{
    fs,
    io::Write as _,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::{
        Once,
        atomic::{AtomicU32, Ordering},
    },
};

/// A side of the wire.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Side {
    /// Where clients are.
    Clients,
    /// Where servers are.
    Servers,
}

/// Two namespaces joined by a wire. Removed when dropped.
#[derive(Debug)]
pub(super) struct Namespaces {
    stem: String,
}

impl Namespaces {
    pub(super) fn make() -> Self {
        static SWEPT: Once = Once::new();
        static COUNT: AtomicU32 = AtomicU32::new(0);
        SWEPT.call_once(sweep);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let made = Self { stem: format!("{PREFIX}{}-{number}", std::process::id()) };
        let (servers, clients) = (made.name(Side::Servers), made.name(Side::Clients));
        ip(
            &[],
            &format!(
                "netns add {servers}\n\
                 netns add {clients}\n\
                 link add wire netns {servers} type veth peer name wire netns {clients}\n"
            ),
        );
        let side = |name: &str, number: u8, more: &str| {
            let script = format!(
                "link set lo up\n\
                 address add 198.18.0.{number}/16 dev wire\n\
                 address add fd18::{number}/64 dev wire nodad\n\
                 link set wire up\n{more}"
            );
            ip(&["-netns", name], &script);
        };
        side(&servers, 1, "");
        // Every address of that network is the clients', so that each may come from its own.
        side(&clients, 2, "route add local 198.18.128.0/17 dev lo\n");
        made
    }

    pub(super) fn name(&self, side: Side) -> String {
        let ending = match side {
            Side::Clients => "c",
            Side::Servers => "s",
        };
        format!("{}-{ending}", self.stem)
    }

    pub(super) fn file(&self, side: Side) -> PathBuf {
        Path::new(PLACE).join(self.name(side))
    }

    /// What to put before a command to run it there. It stays one process.
    pub(super) fn enter(&self, side: Side) -> Vec<String> {
        vec!["nsenter".to_owned(), format!("--net={}", self.file(side).display()), "--".to_owned()]
    }
}

impl Drop for Namespaces {
    fn drop(&mut self) {
        for side in [Side::Servers, Side::Clients] {
            remove(&self.name(side));
        }
    }
}

/// Whether this machine lets us.
pub(super) fn can_be_made() -> bool {
    let name = format!("{PREFIX}{}-probe", std::process::id());
    let made = run(&["netns", "add", &name], "").status.success();
    made && run(&["netns", "delete", &name], "").status.success()
}

/// Where the servers of a world listen.
pub(super) const SERVERS: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 1);

/// Removes what tests that were killed have left.
fn sweep() {
    let names = fs::read_dir(PLACE).into_iter().flatten().flatten();
    for name in names.filter_map(|entry| entry.file_name().into_string().ok()) {
        let owner = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next());
        if owner.is_some_and(|owner| !Path::new("/proc").join(owner).exists()) {
            remove(&name);
        }
    }
}

fn remove(name: &str) {
    let inside = run(&["netns", "pids", name], "").stdout;
    for pid in String::from_utf8_lossy(&inside).lines().filter_map(|line| line.parse().ok()) {
        // Errors mean that it has ended.
        let _ = Pid::from_raw(pid).map(|pid| kill_process(pid, Signal::KILL));
    }
    run(&["netns", "delete", name], "");
}

fn ip(options: &[&str], script: &str) {
    let output = run(&[options, &["-batch", "-"]].concat(), script);
    assert!(output.status.success(), "{script}{}", String::from_utf8_lossy(&output.stderr));
}

fn run(arguments: &[&str], input: &str) -> Output {
    let mut ip = Command::new("ip");
    ip.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = ip.spawn().expect("ip of iproute2");
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

const PLACE: &str = "/run/netns";
const PREFIX: &str = "authx-test-";
