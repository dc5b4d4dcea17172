//! The program as an operator, a script and systemd meet it.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;
use tempfile::TempDir;

const AUTHX: &str = env!("CARGO_BIN_EXE_authx");

fn authx(arguments: &[&str]) -> Output {
    Command::new(AUTHX).args(arguments).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// An installation that speaks plain HTTP on a free port of this machine.
struct Installation {
    directory: TempDir,
    port: u16,
}

impl Installation {
    fn new() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let installation = Self { directory: tempfile::tempdir().unwrap(), port };
        assert_eq!(code(&installation.init()), 0);
        installation
    }

    fn init(&self) -> Output {
        let url = format!("http://localhost:{}", self.port);
        let directory = self.directory.path().to_str().unwrap();
        authx(&["init", "--dir", directory, "--public-url", &url, "--json"])
    }

    fn config(&self) -> PathBuf {
        self.directory.path().join("authx.toml")
    }

    fn run(&self, arguments: &[&str]) -> Output {
        authx(&[arguments, &["--config", self.config().to_str().unwrap()]].concat())
    }

    fn change(&self, from: &str, to: &str) {
        let text = fs::read_to_string(self.config()).unwrap();
        assert!(text.contains(from), "{from}");
        fs::write(self.config(), text.replace(from, to)).unwrap();
    }

    fn ask(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

/// systemd's side of a unit of `Type=notify`.
struct Systemd(UnixDatagram);

impl Systemd {
    fn start(path: &Path) -> Self {
        let socket = UnixDatagram::bind(path).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self(socket)
    }

    /// Waits for a message, past others.
    fn hears(&self, wanted: &str) {
        let mut buffer = [0; 256];
        loop {
            let length = self.0.recv(&mut buffer).unwrap();
            if buffer[..length].starts_with(wanted.as_bytes()) {
                return;
            }
        }
    }
}

/// A child that does not outlive its test.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        // Errors mean that it has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_command_line_that_is_not_understood_is_code_2() {
    for wrong in
        [&["frobnicate"][..], &["init", "--public-url", "mfa.example.com"], &["serve", "x"]]
    {
        let output = authx(wrong);
        assert_eq!((code(&output), output.stdout.len()), (2, 0));
    }
    assert_eq!(code(&authx(&["--version"])), 0);
}

#[test]
fn the_recovery_key_is_shown_once() {
    let directory = tempfile::tempdir().unwrap();
    let init = |url: &str| {
        authx(&["init", "--dir", directory.path().to_str().unwrap(), "--public-url", url, "--json"])
    };
    let first = init("https://localhost:1");
    assert!(json(&first)["recovery_key"].as_str().unwrap().starts_with("axr_"));
    let second = init("https://localhost:1");
    assert_eq!(code(&second), 0);
    assert_eq!(json(&second)["created"], serde_json::json!([]));
    assert!(json(&second).get("recovery_key").is_none());
    let other = init("https://localhost:2");
    assert_eq!(code(&other), 1);
    assert!(String::from_utf8_lossy(&other.stderr).contains("nothing was changed"));
}

#[test]
fn a_faulty_configuration_is_code_1_and_says_where() {
    let installation = Installation::new();
    assert_eq!(code(&installation.run(&["config", "check"])), 0);
    installation.change("[clock]\n", "[clock]\nrequire_synchronized = true\n");
    let checked = installation.run(&["config", "check", "--json"]);
    assert_eq!(code(&checked), 1);
    let fault = &json(&checked)["faults"][0];
    assert_eq!(fault["key"], "clock.require_synchronized");
    assert!(fault["message"].as_str().unwrap().contains("“require_synchronised”"));
    for command in [&["serve"][..], &["doctor"]] {
        assert_eq!(code(&installation.run(command)), 1);
    }
}

#[test]
fn a_configuration_in_the_current_directory_names_files_beside_it() {
    let installation = Installation::new();
    let here = |arguments: &[&str]| {
        let mut command = Command::new(AUTHX);
        command.current_dir(installation.directory.path()).args(arguments).output().unwrap()
    };
    let checked = here(&["config", "check", "--config", "authx.toml"]);
    assert!(String::from_utf8_lossy(&checked.stdout).contains("sqlite:./authx.db"));
    assert_eq!(code(&here(&["doctor", "--config", "authx.toml"])), 0);
}

#[test]
fn doctor_tells_scripts_what_is_wrong() {
    let installation = Installation::new();
    let fine = installation.run(&["doctor", "--json"]);
    assert_eq!(code(&fine), 0, "{}", String::from_utf8_lossy(&fine.stdout));
    fs::remove_file(installation.directory.path().join("master.key")).unwrap();
    let broken = installation.run(&["doctor", "--json"]);
    assert_eq!((code(&broken), json(&broken)["state"].as_str()), (1, Some("fail")));
    assert!(!String::from_utf8_lossy(&installation.run(&["doctor"]).stdout).is_empty());
}

#[test]
fn systemd_hears_when_it_serves_lives_and_stops() {
    let installation = Installation::new();
    installation.change("\"human\"", "\"json\"");
    installation.change("level = \"info\"", "level = \"debug\"");
    let socket = installation.directory.path().join("notify");
    let systemd = Systemd::start(&socket);
    let child = Command::new(AUTHX)
        .args(["serve", "--config", installation.config().to_str().unwrap()])
        .env("NOTIFY_SOCKET", &socket)
        .env("WATCHDOG_USEC", "200000")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut serving = Serving(child);
    systemd.hears("READY=1");
    systemd.hears("WATCHDOG=1");
    assert!(installation.ask("/health/live").starts_with("HTTP/1.1 200"));
    assert!(installation.ask("/health/ready").contains("{\"ready\":true}"));
    assert_eq!(code(&installation.run(&["doctor"])), 0, "beside a running server");

    let pid = Pid::from_raw(serving.0.id().try_into().unwrap()).unwrap();
    kill_process(pid, Signal::HUP).unwrap();
    assert!(installation.ask("/health/live").starts_with("HTTP/1.1 200"), "after a reload");
    kill_process(pid, Signal::TERM).unwrap();
    systemd.hears("STOPPING=1");
    assert!(serving.0.wait().unwrap().success());
    let refused = TcpStream::connect(("127.0.0.1", installation.port)).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);

    let mut log = String::new();
    serving.0.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let answered = lines.iter().find(|line| line["path"] == "/health/ready").unwrap();
    assert_eq!(answered["status"], 200);
    assert!(answered["span"]["id"].is_string(), "{answered}");
}
