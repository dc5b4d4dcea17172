//! The server as a process.

use super::{NAMES, free_port, pebble::Place, until};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::{
    fs,
    io::{Read as _, Write as _},
    os::unix::{fs::PermissionsExt as _, net::UnixStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

/// An installation with `tls = "acme"`.
pub(crate) struct Installation {
    directory: TempDir,
    /// Where its server listens.
    pub(crate) port: u16,
}

/// A running `authx serve`. Killed when dropped.
pub(crate) struct Server<'a> {
    installation: &'a Installation,
    child: Child,
}

impl Installation {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let init = Command::new(AUTHX)
            .args(["init", "--public-url", &format!("https://{}", NAMES[0])])
            .args([
                "--tls",
                "acme",
                "--acme-terms-agreed",
                "--acme-contact",
                "mailto:it@authx.test",
            ])
            .arg("--dir")
            .arg(directory.path())
            .output()
            .unwrap();
        assert!(init.status.success(), "{}", String::from_utf8_lossy(&init.stderr));
        let said = String::from_utf8(init.stdout).unwrap();
        assert!(said.contains("gets its certificate when it starts"), "{said}");
        let installation = Self { directory, port: free_port() };
        installation.change("[::]:443", &format!("127.0.0.1:{}", installation.port));
        let socket = format!("unix_socket = \"{}\"", installation.path("api.sock").display());
        installation.change("# unix_socket = \"/run/authx/api.sock\"", &socket);
        installation.change("synchronised = true", "synchronised = false");
        installation.change("level = \"info\"", "level = \"info,authx::serve::accept=debug\"");
        installation
    }

    /// Orders there from now on.
    pub(crate) fn order_from(&self, place: &Place) {
        let commented = "# directory = \"https://acme-v02.api.letsencrypt.org/directory\"";
        self.change(commented, &format!("directory = \"{}\"", place.url()));
    }

    /// Trusts the authority's own address from now on.
    pub(crate) fn trust(&self, place: &Place) {
        let more = format!("terms_agreed = true\nca_file = \"{}\"", place.ca_file().display());
        self.change("terms_agreed = true", &more);
    }

    fn change(&self, from: &str, to: &str) {
        let file = self.path("authx.toml");
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(from), "{from} in {text}");
        fs::write(&file, text.replace(from, to)).unwrap();
    }

    /// A file of what the server keeps.
    pub(crate) fn kept(&self, name: &str) -> PathBuf {
        self.path("acme").join(name)
    }

    /// Nobody but the server's user can look into any of it.
    pub(crate) fn assert_private(&self) {
        let private = |path: PathBuf, mode: u32| {
            let found = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            assert_eq!(found, mode, "{}", path.display());
        };
        for file in fs::read_dir(self.path("acme")).unwrap() {
            private(file.unwrap().path(), 0o600);
        }
        private(self.path("acme"), 0o700);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn start(&self) -> Server<'_> {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.path("log")).unwrap();
        let child = Command::new(AUTHX)
            .arg("serve")
            .arg("--config")
            .arg(self.path("authx.toml"))
            .stdin(Stdio::null())
            .stderr(log)
            .spawn();
        Server { installation: self, child: child.unwrap() }
    }

    /// What `authx doctor` says.
    pub(crate) fn doctor(&self) -> String {
        let mut doctor = Command::new(AUTHX);
        let output = doctor.arg("doctor").arg("--config").arg(self.path("authx.toml")).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    }

    /// What all its servers logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap()
    }
}

impl Server<'_> {
    /// What `/health/ready` says at the unix socket, which needs no certificate.
    pub(crate) fn health(&self) -> Option<Value> {
        let mut stream = UnixStream::connect(self.installation.path("api.sock")).ok()?;
        let request = format!(
            "GET /health/ready HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            NAMES[0]
        );
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        serde_json::from_str(answer.split("\r\n\r\n").nth(1)?).ok()
    }

    /// Waits until the health says so.
    pub(crate) async fn until(&self, what: &str, so: impl Fn(&Value) -> bool) {
        until(what, async || self.health().is_some_and(|health| so(&health))).await;
    }

    /// `systemctl reload authx`.
    pub(crate) fn reload(&self) {
        self.signal(Signal::HUP);
    }

    pub(crate) fn stop(mut self) {
        self.signal(Signal::TERM);
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}: {}", self.installation.log());
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id().try_into().unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        // Errors mean that it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const AUTHX: &str = env!("CARGO_BIN_EXE_authx");

impl Drop for Installation {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.log());
        }
    }
}
