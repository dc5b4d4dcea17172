//! The agent as a process.

use super::{
    Log, PATIENCE, World,
    server::{CONFIG as SERVER_CONFIG, MANAGEMENT, directory as server_directory},
};
use crate::{Caller, Installation, built};
use rustix::fs::Mode;
use rustix::process::{Pid, Signal, kill_process};
use std::{
    fmt::Write as _,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::LazyLock,
};
use tokio::{
    net::UnixDatagram,
    process::{Child, Command},
    time::timeout,
};

/// What is asked of an agent.
#[derive(Clone, Debug)]
pub struct AgentOptions {
    /// Who it is to AuthX.
    pub caller: Caller,
    /// The addresses of AuthX, in the order to try.
    pub urls: Vec<String>,
    /// Lines of its configuration beside the usual ones: the section's name without brackets, and
    /// the line.
    pub lines: Vec<(String, String)>,
}

/// A running `authx-openvpn run`. Killed when dropped.
#[derive(Debug)]
pub struct Agent {
    directory: PathBuf,
    program: PathBuf,
    child: Child,
    log: Log,
}

impl AgentOptions {
    /// A host of an application, and where its AuthX listens.
    pub fn new(caller: &Caller, authx: SocketAddr) -> Self {
        let urls = vec![format!("http://{authx}")];
        Self { caller: caller.clone(), urls, lines: vec![] }
    }

    /// The host `vpn` of an installation, which it reaches through that one's socket.
    pub fn of(installation: &Installation) -> Self {
        let caller = installation.vpn.clone();
        let urls = vec!["http://localhost".to_owned()];
        let socket = format!("unix_socket = \"{}\"", installation.socket().display());
        Self { caller, urls, lines: vec![] }.with("authx", &socket)
    }

    /// With a line in a section.
    #[must_use]
    pub fn with(mut self, section: &str, line: &str) -> Self {
        self.lines.push((section.to_owned(), line.to_owned()));
        self
    }

    /// With a first factor other than AuthX's own password.
    #[must_use]
    pub fn first_factor(self, word: &str) -> Self {
        self.with("login", &format!("first_factor = \"{word}\""))
    }

    /// With the management socket of a world's server, counted from 0, which need not run yet.
    #[must_use]
    pub fn managing(self, world: &World, server: u8) -> Self {
        let section = format!("server.n{server}");
        managed(world, server).iter().fold(self, |options, line| options.with(&section, line))
    }
}

/// What a section of a configuration says about a world's server, counted from 0.
pub fn managed(world: &World, server: u8) -> [String; 2] {
    let directory = server_directory(world, server);
    [("config", SERVER_CONFIG), ("management", MANAGEMENT)]
        .map(|(key, file)| format!("{key} = \"{}\"", directory.join(file).display()))
}

impl Agent {
    /// Starts one and waits until it serves.
    pub async fn start(world: &World, options: &AgentOptions) -> Self {
        let directory = tempfile::Builder::new().prefix("agent-").tempdir_in(world.directory());
        // It goes with the world.
        let directory = directory.unwrap().keep();
        let key = directory.join(KEY);
        fs::write(&key, format!("{}\n", options.caller.key_text)).unwrap();
        rustix::fs::chmod(&key, Mode::from_raw_mode(0o600)).unwrap();
        fs::write(directory.join(CONFIG), options.configuration(&directory)).unwrap();
        Self::installed(directory, built("authx-openvpn")).await
    }

    /// The same of a directory that holds a configuration and its key, whoever wrote them, with
    /// the socket `run/agent.sock` and the state in `state`.
    pub async fn installed(directory: PathBuf, program: PathBuf) -> Self {
        let (child, log) = run(&directory, &program).await;
        Self { directory, program, child, log }
    }

    /// The socket, as the `plugin` line names it.
    pub fn socket(&self) -> PathBuf {
        socket(&self.directory)
    }

    /// Its configuration.
    pub fn config(&self) -> PathBuf {
        self.directory.join(CONFIG)
    }

    /// What follows `plugin` in the configuration of an OpenVPN server.
    pub fn plugin(&self) -> String {
        format!("{} {}", built("libauthx_openvpn_plugin.so").display(), self.socket().display())
    }

    /// What it has logged since its process began.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Its process.
    pub fn pid(&self) -> Pid {
        let pid = self.child.id().and_then(|pid| Pid::from_raw(pid.try_into().unwrap()));
        pid.expect("a running agent")
    }

    /// Asks it to stop, as systemd does, and waits until it has.
    pub async fn stop(&mut self) {
        kill_process(self.pid(), Signal::TERM).unwrap();
        self.ended().await;
    }

    /// `kill -9`: it has no time for anything.
    pub async fn kill(&mut self) {
        self.child.start_kill().unwrap();
        self.ended().await;
    }

    /// Stops it where it stands, as a machine that hangs does.
    pub fn freeze(&self) {
        kill_process(self.pid(), Signal::STOP).unwrap();
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        kill_process(self.pid(), Signal::CONT).unwrap();
    }

    /// Starts it after it has ended.
    pub async fn start_again(&mut self) {
        (self.child, self.log) = run(&self.directory, &self.program).await;
    }

    async fn ended(&mut self) {
        let ended = timeout(PATIENCE, self.child.wait()).await;
        ended.unwrap_or_else(|_| panic!("the agent does not end:\n{}", self.log)).unwrap();
    }
}

impl AgentOptions {
    fn configuration(&self, directory: &Path) -> String {
        let urls = self.urls.iter().map(|url| format!("\"{url}\"")).collect::<Vec<_>>().join(", ");
        let (id, shown, socket) = (self.caller.id, directory.display(), socket(directory));
        let authx = format!(
            "application_id = \"{id}\"\n\
             application_key_file = \"{shown}/{KEY}\"\n\
             application_url = [{urls}]\n"
        );
        let agent = format!("socket = \"{}\"\nstate_dir = \"{shown}/state\"\n", socket.display());
        let mut sections = vec![("authx", authx), ("agent", agent)];
        for (name, line) in &self.lines {
            match sections.iter_mut().find(|(known, _)| known == name) {
                Some((_, lines)) => writeln!(lines, "{line}").unwrap(),
                None => sections.push((name, format!("{line}\n"))),
            }
        }
        let mut text = String::new();
        for (name, lines) in sections {
            writeln!(text, "[{name}]\n{lines}").unwrap();
        }
        text
    }
}

/// Starts it and waits until it says so, as systemd would hear it (`sd_notify(3)`), and until it has
/// asked AuthX once.
async fn run(directory: &Path, program: &Path) -> (Child, Log) {
    let notify = directory.join("notify.sock");
    // What an earlier process was heard by.
    let _ = fs::remove_file(&notify);
    let ready = UnixDatagram::bind(&notify).unwrap();
    fs::create_dir_all(directory.join("state")).unwrap();
    let mut command = before_others(program);
    command.arg("run").arg("--config").arg(directory.join(CONFIG)).env("NOTIFY_SOCKET", &notify);
    let (mut child, log) = Log::of(&mut command);
    let is_ready = async {
        let mut said = [0; 4_096];
        loop {
            let length = ready.recv(&mut said).await.unwrap();
            if said.get(..length).is_some_and(|said| said.starts_with(b"READY=1")) {
                return;
            }
        }
    };
    tokio::select! {
        heard = timeout(PATIENCE, is_ready) => {
            heard.unwrap_or_else(|_| panic!("the agent does not serve:\n{log}"));
        }
        status = child.wait() => panic!("the agent ended with {}:\n{log}", status.unwrap()),
    }
    // Before, it does not know what the application asks.
    log.says_one_of(log.start(), &["AuthX is reached", "AuthX cannot be reached"]).await;
    (child, log)
}

/// An agent that a busy machine lets wait for 20 ms is a slow one to the plugin, and the client is
/// told to come back later. So it goes before the other tests; without the right to it, tests run
/// as they are. A bench measures it as it is.
fn before_others(program: &Path) -> Command {
    static MAY: LazyLock<bool> = LazyLock::new(|| {
        let asked = std::process::Command::new("chrt").args(["--rr", "1", "true"]).output();
        cfg!(debug_assertions) && asked.is_ok_and(|asked| asked.status.success())
    });
    if !*MAY {
        return Command::new(program);
    }
    let mut command = Command::new("chrt");
    command.args(["--rr", "1"]).arg(program);
    command
}

fn socket(directory: &Path) -> PathBuf {
    directory.join("run/agent.sock")
}

const CONFIG: &str = "agent.toml";
const KEY: &str = "application.key";
