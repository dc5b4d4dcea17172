//! The program's commands, as a user types them.

use super::{
    stand_in::StandIn,
    world::{NUMBER, PASSWORD},
};
use authx_core::wire::phone::{AccountState, Outcome, RequestKind};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    process::{Child, Command},
    time::timeout,
};

/// Somebody's machine.
struct Machine {
    home: TempDir,
}

/// What a command said.
#[derive(Debug)]
struct Said {
    code: i32,
    out: String,
    err: String,
}

impl Said {
    fn done(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.out
    }

    fn json(self) -> Value {
        serde_json::from_str(&self.done()).unwrap()
    }

    fn failed(self, code: i32, why: &str) {
        assert_eq!(self.code, code, "{self:?}");
        assert!(self.err.contains(why), "{self:?}");
    }
}

impl Machine {
    fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    fn store(&self) -> PathBuf {
        self.home.path().join("state/authx-phone")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_authx-phone"));
        command.env("XDG_STATE_HOME", self.home.path().join("state")).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.kill_on_drop(true);
        command
    }

    async fn typing(&self, arguments: &[&str], typed: &str) -> Said {
        let mut child = self.command(arguments).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(typed.as_bytes()).await.unwrap();
        drop(input);
        let output = timeout(PATIENCE, child.wait_with_output()).await.unwrap().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let code = output.status.code().unwrap();
        Said { code, out: text(output.stdout), err: text(output.stderr) }
    }

    async fn run(&self, arguments: &[&str]) -> Said {
        self.typing(arguments, "").await
    }

    async fn enrol(&self, stand_in: &StandIn) {
        let link = stand_in.link();
        let said = self.typing(&["enrol", &link, "--yes"], &format!("{PASSWORD}\n")).await;
        assert!(said.done().starts_with("anna at Example counts on this machine."));
    }
}

async fn enrolled() -> (StandIn, Machine) {
    let (stand_in, machine) = (StandIn::start().await, Machine::new());
    machine.enrol(&stand_in).await;
    (stand_in, machine)
}

#[tokio::test]
async fn an_enrolment_shows_the_words_and_counts_after_a_yes() {
    let (stand_in, machine) = (StandIn::start().await, Machine::new());
    let file = machine.home.path().join("password");
    fs::write(&file, PASSWORD).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let arguments = ["enrol", &stand_in.link(), "--name", "desk", "--password-file"];
    let arguments = [&arguments[..], &[file.to_str().unwrap(), "--json"]].concat();
    let shown = machine.typing(&arguments, "y\n").await.json();
    let words = shown["accounts"][0]["words"].as_array().unwrap();
    assert_eq!((words.len(), &shown["accounts"][0]["state"]), (4, &"active".into()));
    {
        let world = stand_in.world();
        let phone = world.phones.values().next().unwrap();
        assert_eq!((phone.name.as_str(), phone.state), ("desk", AccountState::Active));
    }

    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let kept = machine.store().join("phone.json");
    assert_eq!((mode(&machine.store()), mode(&kept)), (0o700, 0o600));
    fs::set_permissions(&kept, fs::Permissions::from_mode(0o640)).unwrap();
    machine.run(&["codes"]).await.failed(1, "is open to others (mode 0640)");
}

#[tokio::test]
async fn other_words_end_the_enrolment() {
    let (stand_in, machine) = (StandIn::start().await, Machine::new());
    let typed = format!("{PASSWORD}\nno\n");
    machine.typing(&["enrol", &stand_in.link()], &typed).await.failed(1, "nothing was enrolled");
    assert!(stand_in.world().phones.is_empty(), "taken back");
    assert!(machine.run(&["list"]).await.done().starts_with("There is no account here"));
}

#[tokio::test]
async fn an_enrolment_that_was_left_can_be_finished() {
    let (stand_in, machine) = (StandIn::start().await, Machine::new());
    let left = machine.typing(&["enrol", &stand_in.link()], &format!("{PASSWORD}\n")).await;
    left.failed(1, "authx-phone confirm");
    assert!(machine.run(&["codes"]).await.done().contains("does not count yet"));
    machine.run(&["watch", "--once"]).await.failed(1, "no account counts yet");
    machine.run(&["confirm", "anna", "--yes"]).await.done();
    assert!(machine.run(&["list"]).await.done().contains("active"));
    machine.run(&["confirm"]).await.failed(1, "no enrolment waits");
}

#[tokio::test]
async fn what_does_not_enrol_says_why() {
    let (stand_in, machine) = (StandIn::start().await, Machine::new());
    let wrong = machine.typing(&["enrol", &stand_in.link()], "guess\n").await;
    wrong.failed(1, "the password is wrong; 4 tries are left (wrong_proof, request r7)");
    machine.run(&["enrol", "K7QF-2M9X"]).await.failed(1, "--server");
    machine.run(&["enrol", "K7QF-2M9X", "--server", &stand_in.url]).await.failed(1, "not_open");
    machine.run(&["enrol", "K7QF"]).await.failed(2, "eight characters");
    machine
        .run(&["enrol", "http://phone.example.com/#K7QF-2M9X"])
        .await
        .failed(2, "cannot be used");
}

#[tokio::test]
async fn codes_need_no_server() {
    let (stand_in, machine) = enrolled().await;
    let phone = *stand_in.world().phones.keys().next().unwrap();
    let before = stand_in.world().code(phone);
    let calls = stand_in.world().calls.len();
    let shown = machine.run(&["codes", "--json"]).await.json();
    let shown = shown["codes"][0]["code"].as_str().unwrap().to_owned();
    assert!([before, stand_in.world().code(phone)].contains(&shown));
    assert_eq!(stand_in.world().calls.len(), calls);
    assert!(machine.run(&["codes", "ANNA@example"]).await.done().contains("Example"));
    machine.run(&["codes", "nobody"]).await.failed(1, "no account here is called nobody");
}

#[tokio::test]
async fn a_request_is_printed_and_answered() {
    let (stand_in, machine) = enrolled().await;
    machine.run(&["watch", "--once"]).await.failed(3, "");
    machine.run(&["approve", "--number", NUMBER]).await.failed(3, "nothing waits");
    let id = stand_in.change(|world| world.ask(2, RequestKind::Approval));
    let shown = machine.run(&["watch", "--once"]).await.done();
    for part in ["anna waits to sign in to VPN (Example)", "203.0.113.24", "K7QF22", "--number"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains('\u{1b}'), "a stranger chose the program's name");
    assert_eq!(stand_in.world().receipts.pop().unwrap().requests, [id]);

    let wrong = machine.run(&["approve", "--number", "000 000"]).await;
    assert_eq!(
        (wrong.code, wrong.out.as_str()),
        (1, "Wrong number; tries left: 1. Support code K7QF22.\n")
    );
    let right = machine.run(&["approve", "k7qf22", "--number", "482 913"]).await.done();
    assert!(right.contains("Approved") && right.contains(&format!("end {id}")), "{right}");
    assert!(machine.run(&["history"]).await.done().contains("approved"));
    machine.run(&["end", "K7QF22"]).await.done();
    assert_eq!(stand_in.world().ended, [id]);
    machine.run(&["end", "K7QF29"]).await.failed(1, "is no sign-in that was answered here");
}

#[tokio::test]
async fn the_other_answers_need_no_number() {
    let (stand_in, machine) = enrolled().await;
    stand_in.change(|world| world.ask(2, RequestKind::Approval));
    let denied = machine.run(&["deny", "--json"]).await.json();
    assert_eq!((&denied["outcome"], &denied["support_code"]), (&"denied".into(), &"K7QF22".into()));
    stand_in.change(|world| world.ask(3, RequestKind::Code));
    machine.run(&["approve", "--number", NUMBER]).await.failed(3, "nothing waits");
    let code = machine.run(&["code"]).await.done();
    assert!(code.starts_with("314159\n"), "{code}");
    stand_in.change(|world| world.ask(4, RequestKind::Approval));
    machine.run(&["fraud"]).await.failed(1, "several sign-ins wait");
    machine.run(&["fraud", "K7QF24"]).await.done();
    let ends: Vec<_> = stand_in.world().history.iter().map(|entry| entry.outcome).collect();
    assert_eq!(ends, [Outcome::Fraud, Outcome::Denied]);
}

#[tokio::test]
async fn an_approval_can_wait_for_its_request() {
    let (stand_in, machine) = enrolled().await;
    let asking = stand_in.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(700)).await;
        asking.change(|world| world.ask(2, RequestKind::Approval));
    });
    machine.run(&["approve", "--wait", "30", "--number", NUMBER]).await.done();
    machine.run(&["approve", "--wait", "46"]).await.failed(2, "46");
}

#[tokio::test]
async fn watching_prints_what_comes_and_goes_until_it_is_interrupted() {
    for without_stream in [false, true] {
        let (stand_in, machine) = enrolled().await;
        stand_in.world().without_stream = without_stream;
        let mut child = machine.command(&["watch", "--json"]).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut event = async || -> Value {
            let line = timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap().unwrap();
            serde_json::from_str(&line).unwrap()
        };
        let id = stand_in.change(|world| world.ask(2, RequestKind::Approval)).to_string();
        let came = event().await;
        assert_eq!(
            (&came["event"], &came["request"]["id"]),
            (&"request".into(), &id.clone().into())
        );
        machine.run(&["deny"]).await.done();
        let went = event().await;
        assert_eq!((&went["event"], &went["request"]), (&"over".into(), &id.into()));
        interrupt(&mut child).await;
    }
}

async fn interrupt(child: &mut Child) {
    let id = i32::try_from(child.id().unwrap()).unwrap();
    kill_process(Pid::from_raw(id).unwrap(), Signal::INT).unwrap();
    let status = timeout(PATIENCE, child.wait()).await.unwrap().unwrap();
    assert_eq!(status.code(), Some(0));
}

#[tokio::test]
async fn an_account_moves_to_another_machine() {
    let (stand_in, old) = enrolled().await;
    let text = old.run(&["move"]).await.done();
    assert!(text.contains("█") || text.contains('▀'), "a QR code: {text}");
    old.run(&["move", "--cancel"]).await.done();
    let shown = old.run(&["move", "--json"]).await.json();
    let link = shown["moves"][0]["link"].as_str().unwrap();
    let new = Machine::new();
    let taken = new.run(&["enrol", link, "--yes", "--name", "laptop"]).await.done();
    assert!(taken.contains("the earlier phone no longer does"), "{taken}");
    assert_eq!(stand_in.world().phones.len(), 1);
    old.run(&["watch", "--once"]).await.failed(1, "phone_gone");
    old.run(&["history"]).await.failed(1, "forget it here with `authx-phone remove pho_");
    old.run(&["remove"]).await.done();
    assert!(old.run(&["list", "--json"]).await.json()["accounts"].as_array().unwrap().is_empty());
    assert!(new.run(&["list", "--check"]).await.done().contains("laptop"));
}

#[tokio::test]
async fn a_machine_is_renamed_and_removed() {
    let (stand_in, machine) = enrolled().await;
    assert!(machine.run(&["rename", "new desk"]).await.done().contains("“new desk”"));
    assert_eq!(stand_in.world().phones.values().next().unwrap().name, "new desk");
    assert!(machine.run(&["list"]).await.done().contains("new desk"));
    machine.run(&["remove", "Example"]).await.done();
    assert!(stand_in.world().phones.is_empty());
    machine.run(&["codes"]).await.failed(1, "there is no account here");
}

#[tokio::test]
async fn without_a_server_only_the_network_is_missing() {
    let (stand_in, machine) = enrolled().await;
    let kept = machine.store().join("phone.json");
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let text = fs::read_to_string(&kept).unwrap();
    fs::write(&kept, text.replace(&stand_in.url, &format!("http://{nowhere}"))).unwrap();
    machine.run(&["deny"]).await.failed(1, "no connection");
    machine.run(&["remove"]).await.failed(1, "--offline");
    machine.run(&["codes"]).await.done();
    machine.run(&["remove", "--offline"]).await.done();
}

#[tokio::test]
async fn a_newer_store_is_left_alone() {
    let (_stand_in, machine) = enrolled().await;
    let kept = machine.store().join("phone.json");
    fs::write(&kept, r#"{"version":2,"accounts":"elsewhere"}"#).unwrap();
    machine.run(&["codes"]).await.failed(1, "update it");
    fs::write(&kept, "{").unwrap();
    machine.run(&["codes"]).await.failed(1, "damaged");
}

const PATIENCE: Duration = Duration::from_mins(1);
