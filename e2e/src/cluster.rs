//! A PostgreSQL of one test's own, to be stopped and started under a server.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// A throw-away cluster, made by `scripts/with-postgres`. Removed when dropped.
#[derive(Debug)]
pub struct Cluster {
    script: Child,
    url: String,
    control: PathBuf,
}

impl Cluster {
    /// Makes and starts one.
    pub fn start() -> Self {
        let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let say = r#"echo "$AUTHX_TEST_POSTGRES"; echo "$AUTHX_TEST_POSTGRES_CONTROL"; read -r"#;
        let mut script = Command::new(top.join("scripts/with-postgres"))
            .args(["bash", "-c", say])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(script.stdout.take().unwrap()).lines();
        let mut line = || lines.next().expect("a started PostgreSQL").unwrap();
        let (url, control) = (line(), line().into());
        Self { script, url, control }
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Stops it without a word to its clients.
    pub fn stop(&self) {
        self.control("stop");
    }

    /// Starts it again.
    pub fn start_again(&self) {
        self.control("start");
    }

    fn control(&self, word: &str) {
        assert!(Command::new(&self.control).arg(word).status().unwrap().success(), "{word}");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // A line ends the script, which then cleans up.
        let _ = self.script.stdin.take().map(|mut stdin| stdin.write_all(b"\n"));
        let _ = self.script.wait();
    }
}
