//! A program of the operator's own: what the page of its application says is typed as it stands.

use crate::{desk::Desk, house::House};
use authx_e2e::browser::{Target, label, role, text};
use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_page_says_sends_a_signed_request() {
    let Some(house) = House::new("what_the_page_says").await else { return };
    let desk = house.owner().await;
    let key = protect(&desk).await;
    let steps = desk.browser.texts(&Target::css(".steps .copy > pre")).await;
    let [save, name, check, _] = &steps[..] else { panic!("{steps:?}") };
    assert!(!desk.says().await.contains(&key), "the key stands on the page");

    let certificate = house.world.authority.certificate();
    let script = [save.as_str(), name, check].join("\n");
    // A key of another application first: the answer is no verdict, and the page stays as it is.
    let (done, said) = typed(&script, &wrong(&key), &certificate);
    assert!(!done && said.contains("no verdict: an answer (401)"), "{said}");
    let (done, said) = typed(&script, &key, &certificate);
    assert!(done && said.contains("\"name\": \"Builds\""), "{said}");

    desk.follow("Overview").await;
    desk.browser.wait(&role("heading", "In use")).await;
    desk.browser.wait(&Target::css("#state .badge.good")).await;
    desk.browser.wait(&text("authx-example 1.0")).await;
    desk.browser.is_clean().await;
}

/// An application of this kind; gives its key, and ends on the page that says what to do.
async fn protect(desk: &Desk) -> String {
    let browser = &desk.browser;
    desk.open("/applications/protect").await;
    browser.click(&label("Generic API")).await;
    browser.fill(&label("Name").exactly(), "Builds").await;
    desk.fill("Name of its first key", "build host").await;
    desk.press("Protect it").await;
    desk.at("Three values for your server").await;
    let key = desk.once(0).await;
    desk.follow("Install").await;
    desk.at("Ask AuthX from your own program").await;
    key
}

/// Another key of the right form.
fn wrong(key: &str) -> String {
    let first = if key.as_bytes()[4] == b'A' { 'B' } else { 'A' };
    format!("{}{first}{}", &key[..4], &key[5..])
}

/// Types lines into a shell, and the key where they ask for one. Gives whether all of it succeeded.
fn typed(lines: &str, key: &str, authority: &Path) -> (bool, String) {
    let directory = tempfile::tempdir().unwrap();
    // Names of these tests are known to their browsers alone.
    fs::write(directory.path().join("sitecustomize.py"), NAMES).unwrap();
    let mut command = Command::new("bash");
    command.args(["-euc", lines]).current_dir(directory.path());
    command.env("PYTHONPATH", directory.path()).env("SSL_CERT_FILE", authority);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut shell = command.spawn().unwrap();
    shell.stdin.take().unwrap().write_all(format!("{key}\n").as_bytes()).unwrap();
    let output = shell.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

const NAMES: &str = "\
import socket
find = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **more: find('127.0.0.1' if host == 'mfa.test' else host, *rest, **more)
";
