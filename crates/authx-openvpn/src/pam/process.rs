//! A check as a child of this process.

use rustix::process::{Pid, Signal, kill_process};
use std::{
    fs, io,
    os::{
        fd::OwnedFd,
        unix::{net::UnixStream, process::CommandExt as _},
    },
    path::Path,
    process::{Child, Command, ExitStatus},
};
use tokio::{runtime::Handle, task};

/// A check that runs until this is dropped.
#[derive(Debug)]
pub(super) struct Running(Option<Child>);

impl Running {
    /// Starts `program pam-check` and gives the socket it listens to. Blocks for the time a process
    /// takes to start.
    pub(super) fn start(program: &Path) -> io::Result<(Self, UnixStream)> {
        let (ours, theirs) = UnixStream::pair()?;
        ours.set_nonblocking(true)?;
        let child = Command::new(program)
            .arg0("authx-openvpn")
            .arg("pam-check")
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .current_dir("/")
            .stdin(OwnedFd::from(theirs.try_clone()?))
            .stdout(OwnedFd::from(theirs))
            .spawn()?;
        Ok((Self(Some(child)), ours))
    }

    /// Waits for a check that has nothing more to say, and tells how it ended.
    pub(super) async fn end(mut self) -> Option<ExitStatus> {
        let mut child = self.0.take()?;
        task::spawn_blocking(move || child.wait().ok()).await.ok()?
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(mut child) = self.0.take() else { return };
        // Not waited for yet, so the number is still this child's.
        kill_family(Pid::from_child(&child));
        let mut wait = move || drop(child.wait());
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(wait)),
            Err(_) => wait(),
        }
    }
}

/// Kills a process and those it started, in sessions of their own too, as `pam_exec` makes them.
pub(super) fn kill_family(head: Pid) {
    let mut family = vec![head];
    let mut next = 0;
    while let Some(&parent) = family.get(next).filter(|_| next < MAX_FAMILY) {
        family.extend(children(parent));
        next += 1;
    }
    // The head last, who may be the one to do this. One that has ended meanwhile is no error.
    for &process in family.iter().rev() {
        let _ = kill_process(process, Signal::KILL);
    }
}

fn children(parent: Pid) -> Vec<Pid> {
    let tasks = fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
    let listed = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    let numbers = |text: String| -> Vec<Pid> {
        text.split_whitespace()
            .filter_map(|number| number.parse().ok().and_then(Pid::from_raw))
            .collect()
    };
    listed.flat_map(numbers).collect()
}

/// Enough for modules; a module that forks without end is for the limits of its unit.
const MAX_FAMILY: usize = 64;
