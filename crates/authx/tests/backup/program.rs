//! The commands, as an operator calls them.

use serde_json::Value;
use std::{
    fs,
    io::Write,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread,
    time::Duration,
};
use tempfile::TempDir;

pub(crate) const AUTHX: &str = env!("CARGO_BIN_EXE_authx");

pub(crate) struct Installation {
    pub(crate) directory: TempDir,
    port: u16,
    key: String,
}

impl Installation {
    pub(crate) fn new() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let directory = tempfile::tempdir().unwrap();
        let dir = directory.path().to_str().unwrap();
        let url = format!("http://localhost:{port}");
        let made = run(&["init", "--dir", dir, "--public-url", &url, "--json"], "");
        let made: Value = serde_json::from_slice(&made.stdout).unwrap();
        let key = made.get("recovery_key").unwrap().as_str().unwrap().to_owned();
        Self { directory, port, key }
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.directory.path().join("authx.toml")
    }

    pub(crate) fn key_line(&self) -> String {
        format!("{}\n", self.key)
    }

    pub(crate) fn run(&self, arguments: &[&str], input: &str) -> Output {
        run(&[arguments, &["--config", self.config().to_str().unwrap()]].concat(), input)
    }

    pub(crate) fn backup(&self) -> String {
        let path = self.directory.path().join("backup");
        let path = path.to_str().unwrap().to_owned();
        succeeded(&self.run(&["backup", &path, "--json"], ""));
        path
    }

    fn serve(&self) -> Server {
        let mut command = Command::new(AUTHX);
        command.args(["serve", "--config", self.config().to_str().unwrap()]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let server = Server(child);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            pause();
        }
        server
    }
}

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

#[expect(clippy::disallowed_methods, reason = "no runtime here, and nothing else to do")]
pub(crate) fn pause() {
    thread::sleep(Duration::from_millis(20));
}

pub(crate) fn run(arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(AUTHX);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that does not ask does not listen either.
    let _unread = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

pub(crate) fn succeeded(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap_or_default()
}

fn refused(output: &Output, why: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(why), "{said}");
}

#[test]
fn a_backup_is_made_while_the_server_serves_and_restored_when_it_is_stopped() {
    let from = Installation::new();
    succeeded(&from.run(&["tenant", "create", "Example"], ""));
    let server = from.serve();
    let path = from.directory.path().join("backup");
    let path = path.to_str().unwrap();
    let made = succeeded(&from.run(&["backup", path, "--json"], ""));
    assert_eq!(made["bytes"].as_u64().unwrap(), fs::metadata(path).unwrap().len());
    refused(&from.run(&["backup", path], ""), "is there already");
    succeeded(&from.run(&["backup", path, "--force"], ""));

    refused(&from.run(&["restore", path, "--replace"], &from.key_line()), "stop the server");
    drop(server);
    refused(&from.run(&["restore", path], &from.key_line()), "--replace");
    refused(&from.run(&["restore", path, "--replace"], "axr_nonsense\n"), "no recovery key");
    let restored =
        succeeded(&from.run(&["restore", path, "--replace", "--json"], &from.key_line()));
    assert!(Path::new(restored["set_aside"].as_str().unwrap()).exists());
    let listed = succeeded(&from.run(&["tenant", "list", "--json"], ""));
    assert!(listed.to_string().contains("Example"));
    succeeded(&from.run(&["audit", "verify"], ""));
    drop(from.serve());
}

#[test]
fn a_backup_that_is_not_whole_is_not_called_one() {
    let from = Installation::new();
    succeeded(&from.run(&["tenant", "create", "Example"], ""));
    let mut command = Command::new(AUTHX);
    command.args(["backup", "-", "--config"]).arg(from.config());
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    refused(&command.stdout(full).output().unwrap(), "the backup cannot be written");
    let nowhere = from.directory.path().join("missing/backup");
    refused(&from.run(&["backup", nowhere.to_str().unwrap()], ""), "cannot be written");
    let log = succeeded(&from.run(&["log", "--json"], "")).to_string();
    assert!(!log.contains("backup_made"), "{log}");
}

#[test]
fn a_backup_goes_through_a_pipe_to_another_machine() {
    let from = Installation::new();
    succeeded(&from.run(&["tenant", "create", "Example"], ""));
    let piped = from.run(&["backup", "-"], "");
    assert!(piped.status.success());
    let elsewhere = tempfile::tempdir().unwrap();
    let (backup, config) = (elsewhere.path().join("b"), elsewhere.path().join("new/authx.toml"));
    fs::write(&backup, &piped.stdout).unwrap();
    let (backup, config) = (backup.to_str().unwrap(), config.to_str().unwrap());
    let arguments = ["restore", backup, "--config", config];
    let said = run(&arguments, &from.key_line());
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    assert!(String::from_utf8_lossy(&said.stdout).contains("put back"));
    let listed = succeeded(&run(&["tenant", "list", "--json", "--config", config], ""));
    assert!(listed.to_string().contains("Example"));
    let checked = run(&["doctor", "--accept-clock", "--config", config], "");
    assert!(String::from_utf8_lossy(&checked.stdout).contains("1 tenant"));
}
