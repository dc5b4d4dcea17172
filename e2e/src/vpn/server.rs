//! An OpenVPN server as a process.

use super::{Log, PATIENCE, Side, World, certificates::Purpose};
use rustix::{
    fs::{CWD, FileType, Mode, makedev},
    process::{Pid, Signal, kill_process},
};
use std::{
    fmt::Write as _,
    fs,
    net::Ipv4Addr,
    path::{Path, PathBuf},
};
use tokio::{process::Child, time::timeout};

/// What is asked of a server.
#[derive(Clone, Debug, Default)]
pub struct ServerOptions {
    /// What follows `plugin` in its configuration.
    pub plugin: Option<String>,
    /// Lines of its configuration beside the usual ones.
    pub lines: Vec<String>,
    /// Whether clients need a certificate. Without, their user name names them.
    pub certificates: bool,
    /// Whether it becomes `nobody` once it has started.
    pub user_nobody: bool,
    /// Whether it shuts itself in a directory once it has started.
    pub chroot: bool,
    /// How many processes its user may have (`LimitNPROC` of a unit).
    pub most_processes: Option<u32>,
}

/// A running OpenVPN server. Killed when dropped.
#[derive(Debug)]
pub struct OpenvpnServer {
    world: World,
    number: u8,
    directory: PathBuf,
    most_processes: Option<u32>,
    child: Child,
    log: Log,
}

impl OpenvpnServer {
    pub(super) async fn start(world: &World, options: ServerOptions) -> Self {
        let number = world.next_server();
        let directory = directory(world, number);
        fs::create_dir_all(directory.join(JAIL).join("tmp")).unwrap();
        // As on most machines: whoever OpenVPN has become opens it again after a SIGHUP.
        let (tun, mode) = (directory.join(TUN), Mode::from_raw_mode(0o666));
        rustix::fs::mknodat(CWD, &tun, FileType::CharacterDevice, mode, makedev(10, 200)).unwrap();
        rustix::fs::chmod(&tun, mode).unwrap();
        for open in ["", "jail/tmp"] {
            // As `/tmp` is: OpenVPN writes there after it has become somebody else.
            rustix::fs::chmod(directory.join(open), Mode::from_raw_mode(0o1777)).unwrap();
        }
        let text = configuration(world, number, &directory, &options);
        fs::write(directory.join(CONFIG), text).unwrap();
        let most_processes = options.most_processes;
        let (child, log) = run(world, &directory, most_processes).await;
        Self { world: world.clone(), number, directory, most_processes, child, log }
    }

    /// What it has logged since its process began.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Its directory: configuration, sockets, and the files of open logins.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Its configuration, to be changed before it is started again.
    pub fn config(&self) -> PathBuf {
        self.directory.join(CONFIG)
    }

    /// The management socket.
    pub fn management_path(&self) -> PathBuf {
        self.directory.join(MANAGEMENT)
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        port(self.number)
    }

    /// Its address in its tunnels.
    pub fn tunnel_address(&self) -> Ipv4Addr {
        Ipv4Addr::new(10, 8 + self.number, 0, 1)
    }

    /// Its process.
    pub fn pid(&self) -> Pid {
        let pid = self.child.id().and_then(|pid| Pid::from_raw(pid.try_into().unwrap()));
        pid.expect("a running server")
    }

    /// Files of logins that are open, whatever their kind.
    pub fn open_files(&self) -> Vec<PathBuf> {
        let places = [self.directory.clone(), self.directory.join("jail/tmp")];
        let entries = places.iter().flat_map(|place| fs::read_dir(place).unwrap());
        let paths = entries.map(|entry| entry.unwrap().path());
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "tmp")).collect()
    }

    /// Stops it and starts it again, as an operator does.
    pub async fn restart(&mut self) {
        self.stop().await;
        self.start_again().await;
    }

    /// Asks it to stop and waits until it has.
    pub async fn stop(&mut self) {
        kill_process(self.pid(), Signal::TERM).unwrap();
        self.ended().await;
    }

    /// `kill -9`: it has no time for anything.
    pub async fn kill(&mut self) {
        self.child.start_kill().unwrap();
        self.ended().await;
    }

    /// Starts it after it has ended.
    pub async fn start_again(&mut self) {
        (self.child, self.log) = run(&self.world, &self.directory, self.most_processes).await;
    }

    /// `SIGHUP`: it reads its configuration again, plugins included.
    pub async fn hangup(&mut self) {
        self.signal(Signal::HUP).await;
    }

    /// `SIGUSR1`: it forgets its clients and keeps its plugins.
    pub async fn usr1(&mut self) {
        self.signal(Signal::USR1).await;
    }

    async fn signal(&mut self, signal: Signal) {
        let mark = self.log.mark();
        kill_process(self.pid(), signal).unwrap();
        self.log.says(mark, SERVING).await;
    }

    async fn ended(&mut self) {
        let ended = timeout(PATIENCE, self.child.wait()).await;
        ended.unwrap_or_else(|_| panic!("the server does not end:\n{}", self.log)).unwrap();
    }
}

/// Where everything of a world's server is, which need not run yet.
pub(super) fn directory(world: &World, number: u8) -> PathBuf {
    world.directory().join(format!("server{number}"))
}

async fn run(world: &World, directory: &Path, most_processes: Option<u32>) -> (Child, Log) {
    let mut command = match most_processes {
        Some(most) => {
            let mut command = world.command(Side::Servers, "prlimit");
            command.arg(format!("--nproc={most}")).arg("openvpn");
            command
        }
        None => world.command(Side::Servers, "openvpn"),
    };
    command.arg("--config").arg(directory.join(CONFIG)).current_dir(directory);
    let (child, log) = Log::of(&mut command);
    log.says(log.start(), SERVING).await;
    (child, log)
}

fn configuration(world: &World, number: u8, directory: &Path, options: &ServerOptions) -> String {
    let (port, network) = (port(number), 8 + number);
    let mut text = format!(
        "port {port}\n\
         proto udp\n\
         dev tun{number}\n\
         topology subnet\n\
         server 10.{network}.0.0 255.255.0.0\n\
         keepalive 10 60\n\
         explicit-exit-notify 1\n\
         connect-freq-initial 100000 1\n\
         verb 3\n\
         dh none\n\
         ca {}\n",
        world.authority().certificate().display(),
    );
    text += &world.authority().certify("server", Purpose::Server);
    if !options.certificates {
        text += "verify-client-cert none\nusername-as-common-name\n";
    }
    if options.user_nobody {
        text += "user nobody\ngroup nogroup\npersist-key\npersist-tun\n";
    }
    let shown = directory.display();
    writeln!(text, "dev-node {shown}/{TUN}\nmanagement {shown}/{MANAGEMENT} unix").unwrap();
    if options.chroot {
        writeln!(text, "chroot {shown}/{JAIL}\ntmp-dir /tmp").unwrap();
    } else {
        writeln!(text, "tmp-dir {shown}").unwrap();
    }
    if let Some(plugin) = &options.plugin {
        writeln!(text, "plugin {plugin}").unwrap();
    }
    for line in &options.lines {
        writeln!(text, "{line}").unwrap();
    }
    text
}

fn port(number: u8) -> u16 {
    1194 + u16::from(number)
}

pub(super) const CONFIG: &str = "server.conf";
pub(super) const MANAGEMENT: &str = "management.sock";
const JAIL: &str = "jail";
const TUN: &str = "tun";
const SERVING: &str = "Initialization Sequence Completed";
