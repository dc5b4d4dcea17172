//! An OpenVPN client as a process, and whoever sits before it.

use super::{
    Log, OpenvpnServer, PATIENCE, Pings, Said, Side, World,
    certificates::Purpose,
    management::{DynamicChallenge, Management, Meaning, static_challenge},
    namespace::SERVERS,
};
use rustix::process::{Pid, Signal, kill_process};
use std::{fmt::Write as _, fs, net::Ipv4Addr, time::Duration};
use tokio::{
    net::UnixListener,
    process::Child,
    time::{Instant, timeout, timeout_at},
};

/// What is asked of a client.
#[derive(Clone, Debug, Default)]
pub struct ClientOptions {
    /// The name in its certificate, where it has one.
    pub certificate: Option<String>,
    /// What it announces that it can show (`IV_SSO`).
    pub sso: Option<String>,
    /// The question its profile asks by itself (`static-challenge`).
    pub static_challenge: Option<String>,
    /// What it does after a refusal.
    pub auth_retry: AuthRetry,
    /// Its address on the wire, from 198.18.128.0/17; one for all without.
    pub from: Option<Ipv4Addr>,
    /// Lines of its configuration beside the usual ones.
    pub lines: Vec<String>,
    /// Whether it renegotiates keys when asked to ([`OpenvpnClient::renegotiate`]).
    pub renegotiates: bool,
    /// Whether it goes without a network device: for many at once.
    pub without_device: bool,
}

/// What a client does after a refusal.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum AuthRetry {
    /// Asks for user name and password again.
    Interact,
    /// Ends. OpenVPN's default.
    #[default]
    None,
    /// Tries again with the same.
    Nointeract,
}

/// What came of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// The server asks; [`OpenvpnClient::answer`] answers.
    Asked {
        /// What.
        text: String,
    },
    /// The tunnel stands.
    Connected {
        /// How long after what was last typed.
        after: Duration,
    },
    /// The client has ended.
    Exited,
    /// The server has refused.
    Refused {
        /// The reason it gave.
        text: String,
    },
    /// Nothing happened, for longer than OpenVPN has patience.
    TimedOut,
}

/// A running OpenVPN client, with its user. Killed when dropped.
#[derive(Debug)]
pub struct OpenvpnClient {
    world: World,
    child: Child,
    log: Log,
    management: Management,
    heard: Vec<Said>,
    credentials: Option<(String, String)>,
    challenge: Option<DynamicChallenge>,
    typed: Instant,
    times_asked: usize,
    static_question: Option<String>,
    device: String,
    server: Ipv4Addr,
    address: Option<Ipv4Addr>,
}

impl OpenvpnClient {
    pub(super) async fn start(
        world: &World,
        server: &OpenvpnServer,
        options: ClientOptions,
    ) -> Self {
        let number = world.next_client();
        let file = |ending: &str| world.directory().join(format!("client{number}.{ending}"));
        let device = format!("c{number}");
        let mut text = configuration(world, server, &options, number, &device);
        writeln!(text, "management {} unix", file("sock").display()).unwrap();
        fs::write(file("conf"), text).unwrap();
        let listener = UnixListener::bind(file("sock")).unwrap();
        let mut command = world.command(Side::Clients, "openvpn");
        command.arg("--config").arg(file("conf")).current_dir(world.directory());
        let (mut child, log) = Log::of(&mut command);
        let stream = tokio::select! {
            accepted = listener.accept() => accepted.unwrap().0,
            status = child.wait() => panic!("the client ended with {}:\n{log}", status.unwrap()),
        };
        let mut management = Management::new(stream);
        management.say("state on").await;
        Self {
            world: world.clone(),
            child,
            log,
            management,
            heard: vec![],
            credentials: None,
            challenge: None,
            typed: Instant::now(),
            times_asked: 0,
            static_question: None,
            device,
            server: server.tunnel_address(),
            address: None,
        }
    }

    /// Types user name and password, and waits for what comes of it.
    pub async fn sign_in(&mut self, user: &str, password: &str) -> Outcome {
        self.credentials = Some((user.to_owned(), password.to_owned()));
        self.next().await
    }

    /// Types user name, password and the answer to the profile's own question.
    pub async fn static_challenge(&mut self, user: &str, password: &str, answer: &str) -> Outcome {
        self.sign_in(user, &static_challenge(password, answer)).await
    }

    /// Answers what was asked, in the same connection or in the next one, whichever it takes.
    pub async fn answer(&mut self, text: &str) -> Outcome {
        if let Some(challenge) = self.challenge.take() {
            let password = challenge.password(text);
            return self.sign_in(&challenge.user, &password).await;
        }
        self.typed = Instant::now();
        self.management.response(text).await;
        self.next().await
    }

    /// Answers and looks at nothing that comes of it.
    pub async fn answer_blindly(&mut self, text: &str) {
        self.management.response(text).await;
    }

    /// Says a line to the management interface.
    pub async fn say(&mut self, line: &str) {
        self.management.say(line).await;
    }

    /// Connects again, with what the client has kept.
    pub async fn reconnect(&mut self) -> Outcome {
        self.typed = Instant::now();
        self.management.say("signal SIGUSR1").await;
        self.next().await
    }

    /// Waits for the next thing that matters. What is asked for meanwhile is what was typed last.
    pub async fn next(&mut self) -> Outcome {
        self.next_within(PATIENCE).await
    }

    /// As [`Self::next`], with less patience.
    pub async fn next_within(&mut self, patience: Duration) -> Outcome {
        let deadline = Instant::now() + patience;
        loop {
            let Ok(said) = timeout_at(deadline, self.management.next()).await else {
                return Outcome::TimedOut;
            };
            let Some(said) = said else {
                self.ended().await;
                return Outcome::Exited;
            };
            self.heard.push(said.clone());
            if let Some(outcome) = self.hear(&said).await {
                return outcome;
            }
        }
    }

    async fn hear(&mut self, said: &Said) -> Option<Outcome> {
        match Meaning::of(&said.line) {
            Meaning::Connected { address } => {
                self.address = address.parse().ok();
                let after = said.at.saturating_duration_since(self.typed);
                Some(Outcome::Connected { after })
            }
            Meaning::Credentials { question } => {
                self.times_asked += 1;
                self.static_question = question;
                let (user, password) = self.credentials.as_ref().expect("something typed");
                self.typed = Instant::now();
                self.management.credentials(user, password).await;
                None
            }
            Meaning::Hold => {
                self.management.say("hold release").await;
                None
            }
            Meaning::Question(text) => Some(Outcome::Asked { text }),
            Meaning::Refused(text) => {
                self.challenge = DynamicChallenge::read(&text);
                let asked = self.challenge.as_ref().map(|challenge| challenge.text.clone());
                Some(asked.map_or(Outcome::Refused { text }, |text| Outcome::Asked { text }))
            }
            Meaning::Fatal(_) | Meaning::Other => None,
        }
    }

    /// Everything that its management interface has said so far.
    pub fn heard(&self) -> &[Said] {
        &self.heard
    }

    /// Its log.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// How often it wanted user name and password.
    pub fn times_asked(&self) -> usize {
        self.times_asked
    }

    /// The question of its profile, as it was shown.
    pub fn static_question(&self) -> Option<&str> {
        self.static_question.as_deref()
    }

    /// The question to be answered in a new connection, if one is open.
    pub fn dynamic_challenge(&self) -> Option<&DynamicChallenge> {
        self.challenge.as_ref()
    }

    /// Its address in the tunnel, once it was connected.
    pub fn tunnel_address(&self) -> Option<Ipv4Addr> {
        self.address
    }

    /// Pings the server through the tunnel, a hundred times a second.
    pub async fn ping(&self, times: usize) -> Pings {
        let mut ping = self.world.command(Side::Clients, "ping");
        ping.args(["-n", "-i", "0.01", "-W", "1", "-I", &self.device, "-c"]);
        ping.arg(times.to_string()).arg(self.server.to_string());
        let output = timeout(PATIENCE, ping.kill_on_drop(true).output()).await;
        let output = output.expect("ping to end").unwrap();
        Pings::read(times, &String::from_utf8_lossy(&output.stdout))
    }

    /// Whether a ping comes back.
    pub async fn reaches_the_server(&self) -> bool {
        self.ping(1).await.lost() == 0
    }

    /// Negotiates new keys once, by as many pings as its profile lets pass between two negotiations.
    ///
    /// What the server thinks of it is in the server's log, and in [`Self::next`] when it refuses.
    pub async fn renegotiate(&self) -> Pings {
        let mark = self.log.mark();
        let mut pings = self.ping(FEW).await;
        while !self.log.since(mark).contains("TLS: soft reset") {
            pings = pings.and(self.ping(FEW).await);
        }
        let (more, _) = tokio::join!(self.ping(FEW), self.log.says(mark, "Control Channel: TLS"));
        pings.and(more)
    }

    /// Asks it to stop, and waits for that: it tells the server that it leaves.
    pub async fn leave(&mut self) {
        if let Some(pid) = self.child.id().and_then(|pid| Pid::from_raw(pid.try_into().unwrap())) {
            kill_process(pid, Signal::TERM).unwrap();
        }
        self.ended().await;
    }

    /// `kill -9`: the server hears nothing.
    pub async fn kill(&mut self) {
        self.child.start_kill().unwrap();
        self.ended().await;
    }

    async fn ended(&mut self) {
        let ended = timeout(PATIENCE, self.child.wait()).await;
        ended.unwrap_or_else(|_| panic!("the client does not end:\n{}", self.log)).unwrap();
    }
}

impl Outcome {
    /// Whether the tunnel stands.
    pub fn is_connected(&self) -> bool {
        matches!(self, Self::Connected { .. })
    }
}

fn configuration(
    world: &World,
    server: &OpenvpnServer,
    options: &ClientOptions,
    number: u32,
    device: &str,
) -> String {
    let authority = world.authority();
    let mut text = format!(
        "client\n\
         proto udp\n\
         remote {SERVERS} {}\n\
         remote-cert-tls server\n\
         ca {}\n\
         connect-retry 1\n\
         explicit-exit-notify 1\n\
         verb 3\n\
         auth-user-pass\n\
         auth-retry {}\n\
         management-client\n\
         management-hold\n\
         management-query-passwords\n",
        server.port(),
        authority.certificate().display(),
        options.auth_retry.word(),
    );
    if options.without_device {
        text += "dev null\nifconfig-noexec\nroute-noexec\n";
    } else {
        writeln!(text, "dev {device}\ndev-type tun").unwrap();
    }
    match options.from {
        Some(address) => writeln!(text, "local {address}\nlport {}", 20_000 + number).unwrap(),
        None => text += "nobind\n",
    }
    if options.renegotiates {
        writeln!(text, "reneg-pkts {PACKETS_OF_A_KEY}").unwrap();
    }
    if let Some(name) = &options.certificate {
        text += &authority.certify(name, Purpose::Client);
    }
    if let Some(sso) = &options.sso {
        writeln!(text, "setenv IV_SSO {sso}").unwrap();
    }
    if let Some(question) = &options.static_challenge {
        writeln!(text, "static-challenge \"{question}\" 1").unwrap();
    }
    for line in &options.lines {
        writeln!(text, "{line}").unwrap();
    }
    text
}

impl AuthRetry {
    fn word(self) -> &'static str {
        match self {
            Self::Interact => "interact",
            Self::None => "none",
            Self::Nointeract => "nointeract",
        }
    }
}

/// After how many packets, either way, a client negotiates new keys, where it does so.
const PACKETS_OF_A_KEY: usize = 40;

/// So few that new keys are not used up by those that are still on their way.
const FEW: usize = 5;
