//! Checks by the PAM stack of this host: services and users of their own, as root.
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test may panic")]

use authx_openvpn::pam::{Pam, Proof};
use std::fs::{self, File};
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

const PROGRAM: &str = env!("CARGO_BIN_EXE_authx-openvpn");
const PASSWORD: &str = "correct, horse: ä €";
const PATIENCE: Duration = Duration::from_secs(20);
/// For a module that hangs, on a busy machine.
const BRIEF: Duration = Duration::from_secs(2);
/// What a Debian host's own stack comes down to, without the two seconds after a wrong password.
const UNIX: &str = "auth required pam_unix.so nodelay\naccount required pam_unix.so\n";

/// A PAM service that is there while the test runs.
struct Service {
    name: String,
    directory: TempDir,
}

impl Service {
    fn new(lines: &str) -> Self {
        let name = unique("authx-test");
        fs::write(Path::new("/etc/pam.d").join(&name), lines).unwrap();
        Self { name, directory: tempfile::tempdir().unwrap() }
    }

    /// A service of which `pam_exec` is the only module: it runs this shell script with the
    /// password as input.
    fn script(text: &str) -> Self {
        let service = Self::new("");
        let script = service.path("script");
        write_program(&script, &format!("#!/bin/sh\n{text}\n"));
        let script = script.display();
        let lines = format!(
            "auth [success=1 default=ignore] pam_exec.so quiet expose_authtok stdout {script}\n\
             auth requisite pam_deny.so\n\
             auth required pam_permit.so\n\
             account required pam_permit.so\n"
        );
        fs::write(Path::new("/etc/pam.d").join(&service.name), lines).unwrap();
        service
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn pam(&self, patience: Duration) -> Pam {
        Pam::new(&self.name, None, patience).unwrap().with_program(PROGRAM.into())
    }

    async fn prove(&self, user: &str, password: &str) -> Proof {
        prove(&self.pam(PATIENCE), user, password).await
    }

    /// A socket in the place of systemd's.
    fn listen(&self) -> PathBuf {
        let path = self.path("pam.sock");
        let listener = UnixListener::bind(&path).unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                start(stream.unwrap());
            }
        });
        path
    }

    async fn read(&self, name: &str) -> String {
        loop {
            match fs::read_to_string(self.path(name)) {
                Ok(text) if text.ends_with('\n') => return text.trim().to_owned(),
                _ => sleep(Duration::from_millis(5)).await,
            }
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = fs::remove_file(Path::new("/etc/pam.d").join(&self.name));
    }
}

/// An account of this host, with [`PASSWORD`], that is there while the test runs.
struct Account(String);

impl Account {
    fn new() -> Self {
        let account = Self(unique("axt"));
        let name = &account.0;
        run("useradd", &["-M", "-s", "/usr/sbin/nologin", name], "");
        run("chpasswd", &[], &format!("{name}:{PASSWORD}\n"));
        account
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        let _guard = ACCOUNTS.lock();
        let _ = Command::new("userdel").arg(&self.0).stderr(Stdio::null()).status();
    }
}

/// The shadow tools give up when another of them has the lock.
static ACCOUNTS: Mutex<()> = Mutex::new(());

fn run(program: &str, arguments: &[&str], input: &str) {
    let _guard = ACCOUNTS.lock();
    let mut child = Command::new(program).args(arguments).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "{program} {arguments:?}");
}

fn unique(prefix: &str) -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    format!("{prefix}{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

fn cannot(test: &str) -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        eprintln!("skipped: {test} writes to /etc/pam.d and needs root");
    }
    !root
}

async fn prove(pam: &Pam, user: &str, password: &str) -> Proof {
    pam.prove(user, password, "192.0.2.7".parse().unwrap()).await
}

fn refused(proof: Proof) -> String {
    let Proof::Refused { detail } = proof else { panic!("{proof:?}") };
    assert!(!detail.contains(PASSWORD), "{detail}");
    detail
}

fn unavailable(proof: Proof) -> String {
    let Proof::Unavailable { detail } = proof else { panic!("{proof:?}") };
    detail
}

fn contains(detail: &str, words: &str) {
    assert!(detail.contains(words), "{detail}");
}

async fn ended(pids: &str) {
    let deadline = Instant::now() + Duration::from_secs(10);
    for pid in pids.split(' ') {
        let stat = Path::new("/proc").join(pid).join("stat");
        // One that is not waited for yet has ended too.
        while fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z ")) {
            assert!(Instant::now() < deadline, "{pid} still runs");
            sleep(Duration::from_millis(5)).await;
        }
    }
}

#[tokio::test]
async fn an_account_of_the_host_signs_in_with_its_password_only() {
    if cannot("an_account_of_the_host") {
        return;
    }
    let (service, account) = (Service::new(UNIX), Account::new());
    assert_eq!(service.prove(&account.0, PASSWORD).await, Proof::Proved);
    contains(&refused(service.prove(&account.0, "wrong").await), "auth of service authx-test");
    let long = "u".repeat(64);
    for unknown in ["nobody-of-this-name", "EXAMPLE\\nobody", "n%s%n", &long] {
        refused(service.prove(unknown, PASSWORD).await);
    }
    run("passwd", &["-q", "-l", &account.0], "");
    refused(service.prove(&account.0, PASSWORD).await);
}

#[tokio::test]
async fn an_empty_password_is_none_even_where_the_account_has_one() {
    if cannot("an_empty_password") {
        return;
    }
    let service =
        Service::new("auth required pam_unix.so nullok nodelay\naccount required pam_permit.so\n");
    let account = Account::new();
    run("passwd", &["-q", "-d", &account.0], "");
    refused(service.prove(&account.0, "").await);
    refused(service.prove(&account.0, "anything").await);
}

#[tokio::test]
async fn an_expired_account_is_refused_after_the_right_password() {
    if cannot("an_expired_account") {
        return;
    }
    let (service, account) = (Service::new(UNIX), Account::new());
    run("chage", &["-E", "1", &account.0], "");
    let detail = refused(service.prove(&account.0, PASSWORD).await);
    contains(&detail, "account of service");
    contains(&detail, "expired");
}

#[tokio::test]
async fn an_expired_password_is_refused_and_said() {
    if cannot("an_expired_password") {
        return;
    }
    let (service, account) = (Service::new(UNIX), Account::new());
    run("chage", &["-d", "0", &account.0], "");
    let detail = refused(service.prove(&account.0, PASSWORD).await);
    contains(&detail, "account of service");
    contains(&detail, "required to change your password");
}

#[tokio::test]
async fn a_service_that_asks_for_no_password_proves_nothing() {
    if cannot("a_service_that_asks_for_no_password") {
        return;
    }
    for module in ["pam_permit.so", "pam_rootok.so"] {
        let service =
            Service::new(&format!("auth sufficient {module}\naccount required pam_permit.so\n"));
        contains(&refused(service.prove("root", "x").await), "without asking for a password");
    }
    let service = Service::new("auth required pam_deny.so\naccount required pam_permit.so\n");
    contains(&refused(service.prove("root", "x").await), "Authentication failure");
}

#[tokio::test]
async fn modules_see_the_user_the_client_and_the_password_on_their_input() {
    if cannot("modules_see_the_user") {
        return;
    }
    let service = Service::script(
        "cd \"${0%/*}\"; cat > password; echo \"$PAM_USER $PAM_RHOST $PAM_TTY\" > items\n\
         tr '\\0' ' ' < /proc/$PPID/cmdline > arguments; tr '\\0' ' ' < /proc/$PPID/environ > environment",
    );
    assert_eq!(service.prove("alice@example.com", PASSWORD).await, Proof::Proved);
    assert_eq!(service.read("items").await, "alice@example.com 192.0.2.7 openvpn");
    let file = |name| fs::read_to_string(service.path(name)).unwrap();
    assert_eq!(file("password").trim_end_matches('\0'), PASSWORD);
    assert_eq!(file("arguments"), "authx-openvpn pam-check ");
    assert!(!file("environment").contains(PASSWORD));
}

#[tokio::test]
async fn what_a_module_says_is_in_the_log_without_the_password() {
    if cannot("what_a_module_says") {
        return;
    }
    let service = Service::script("echo 'the office is closed'; cat; exit 1");
    contains(&refused(service.prove("alice", PASSWORD).await), "the office is closed");
}

#[tokio::test]
async fn a_module_that_hangs_costs_its_time_and_no_process() {
    if cannot("a_module_that_hangs") {
        return;
    }
    let service = Service::script("echo $PPID $$ > ${0%/*}/pid; exec sleep 600");
    let by_socket = service.listen();
    for pam in [service.pam(BRIEF), Pam::new(&service.name, Some(by_socket), BRIEF).unwrap()] {
        let start = Instant::now();
        let detail = unavailable(prove(&pam, "alice", PASSWORD).await);
        contains(&detail, "gave no answer within 2 s");
        assert!(start.elapsed() < BRIEF * 2);
        ended(&service.read("pid").await).await;
        fs::remove_file(service.path("pid")).unwrap();
    }
}

#[tokio::test]
async fn a_caller_who_leaves_ends_the_check() {
    if cannot("a_caller_who_leaves") {
        return;
    }
    let service = Service::script("echo $PPID $$ > ${0%/*}/pid; exec sleep 600");
    let pam = service.pam(PATIENCE);
    let waiting = tokio::spawn(async move { prove(&pam, "alice", PASSWORD).await });
    let pids = service.read("pid").await;
    waiting.abort();
    ended(&pids).await;
}

#[tokio::test]
async fn a_module_that_crashes_is_no_proof_and_no_harm() {
    if cannot("a_module_that_crashes") {
        return;
    }
    let service = Service::script("kill -ABRT $PPID; sleep 1");
    let detail = unavailable(service.prove("alice", PASSWORD).await);
    contains(&detail, "without an answer (signal: 6");
}

#[tokio::test]
async fn a_second_question_is_refused_and_named() {
    let module = fs::read_dir("/lib/x86_64-linux-gnu/security").is_ok_and(|_| {
        Path::new("/lib/x86_64-linux-gnu/security/pam_google_authenticator.so").exists()
    });
    if cannot("a_second_question") {
        return;
    }
    if !module {
        eprintln!("skipped: a_second_question needs pam_google_authenticator");
        return;
    }
    let account = Account::new();
    let service = Service::new("");
    let secret = service.path("secret");
    fs::write(&secret, "2SH3V3GDW7ZNMGYE\n\" TOTP_AUTH\n").unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    let lines = format!(
        "auth required pam_unix.so nodelay\n\
         auth required pam_google_authenticator.so user=root secret={}\n\
         account required pam_unix.so\n",
        secret.display()
    );
    fs::write(Path::new("/etc/pam.d").join(&service.name), lines).unwrap();
    let detail = refused(service.prove(&account.0, PASSWORD).await);
    contains(&detail, "a module asked \"Verification code:\"");
    contains(&detail, "take that module out");
}

#[tokio::test]
async fn a_service_or_module_that_is_missing_is_the_operators_to_repair() {
    if cannot("a_service_that_is_missing") {
        return;
    }
    let missing = Pam::new("authx-test-none", None, PATIENCE).unwrap();
    let missing = missing.with_program(PROGRAM.into());
    contains(
        &unavailable(prove(&missing, "root", "x").await),
        "there is no /etc/pam.d/authx-test-none",
    );
    let service = Service::new("auth required pam_of_nobody.so\naccount required pam_permit.so\n");
    contains(&unavailable(service.prove("root", "x").await), "Module is unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_socket_of_systemd_gives_a_process_for_each_check() {
    if cannot("the_socket_of_systemd") {
        return;
    }
    let (service, account) = (Service::new(UNIX), Account::new());
    let pam = Pam::new(&service.name, Some(service.listen()), PATIENCE).unwrap();
    let checks: Vec<_> = (0..20)
        .map(|number| {
            let (pam, user) = (pam.clone(), account.0.clone());
            let password = if number % 2 == 0 { PASSWORD } else { "wrong" };
            tokio::spawn(async move { prove(&pam, &user, password).await == Proof::Proved })
        })
        .collect();
    for (number, check) in checks.into_iter().enumerate() {
        assert_eq!(check.await.unwrap(), number % 2 == 0, "{number}");
    }
}

/// As a unit with `Accept=yes` and `StandardInput=socket` does.
fn start(stream: UnixStream) {
    let mut child = Command::new(PROGRAM)
        .arg("pam-check")
        .stdin(OwnedFd::from(stream.try_clone().unwrap()))
        .stdout(OwnedFd::from(stream))
        .spawn()
        .unwrap();
    thread::spawn(move || child.wait());
}

#[test]
fn without_a_socket_as_input_nothing_is_checked() {
    let nothing = File::open("/dev/null").unwrap();
    let output = Command::new(PROGRAM).arg("pam-check").stdin(nothing).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("standard input is no socket"), "{error}");
}

/// Writes a program by another process: while one of ours could still hold it open for writing,
/// such as a child that was forked meanwhile, the kernel does not run it (`ETXTBSY`).
fn write_program(path: &Path, text: &str) {
    let mut command = Command::new("install");
    command.args(["-m", "755", "/dev/stdin"]).arg(path).stdin(Stdio::piped());
    let mut install = command.spawn().unwrap();
    install.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(install.wait().unwrap().success());
}
