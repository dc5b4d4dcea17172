//! Clients that only sign in: hundreds in one process, where as many real ones would be a load of
//! their own.
//!
//! They speak OpenVPN's control channel over TLS as 2.6 does, open no tunnel, and share no code with
//! OpenVPN. What a user meets is tested with real clients.

use super::{
    OpenvpnServer, Outcome, PATIENCE, Side, World, certificates::Purpose,
    control_channel::ControlChannel, management::DynamicChallenge, namespace::SERVERS,
};
use authx::random::{OsRandom, Random as _};
use data_encoding::BASE64;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
};
use std::{
    fs::File,
    io::{Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr},
    os::fd::AsFd as _,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};
use tokio::{
    net::UdpSocket,
    sync::oneshot,
    time::{Instant, timeout, timeout_at},
};

/// Where light clients of a server come from.
#[derive(Clone, Debug)]
pub struct Crowd {
    world: World,
    server: SocketAddr,
    roots: Arc<RootCertStore>,
    anybody: Arc<ClientConfig>,
    sockets: mpsc::Sender<oneshot::Sender<std::net::UdpSocket>>,
}

/// What one of them shows the server.
#[derive(Clone, Debug, Default)]
pub struct LightOptions {
    /// The name in its certificate, where it has one.
    pub certificate: Option<String>,
    /// What it announces that it can show (`IV_SSO`).
    pub sso: Option<String>,
}

/// One connection of a client without a tunnel.
#[derive(Debug)]
pub struct LightClient {
    socket: UdpSocket,
    channel: ControlChannel,
    tls: ClientConnection,
    sso: Option<String>,
    heard: Vec<u8>,
    key_exchanged: bool,
    challenge: Option<DynamicChallenge>,
    typed: Instant,
    push_request: Option<Instant>,
}

impl Crowd {
    /// Clients of a server.
    pub fn new(world: &World, server: &OpenvpnServer) -> Self {
        let mut roots = RootCertStore::empty();
        let authority = CertificateDer::from_pem_file(world.authority().certificate()).unwrap();
        roots.add(authority).unwrap();
        let roots = Arc::new(roots);
        let anybody = ClientConfig::builder().with_root_certificates(Arc::clone(&roots));
        Self {
            world: world.clone(),
            server: (SERVERS, server.port()).into(),
            roots,
            anybody: Arc::new(anybody.with_no_client_auth()),
            sockets: sockets(world),
        }
    }

    /// One of them.
    pub async fn client(&self, options: LightOptions) -> LightClient {
        let config = match &options.certificate {
            Some(name) => Arc::new(self.certified(name)),
            None => Arc::clone(&self.anybody),
        };
        let tls = ClientConnection::new(config, ServerName::try_from("server").unwrap()).unwrap();
        let (sender, receiver) = oneshot::channel();
        self.sockets.send(sender).unwrap();
        let socket = receiver.await.unwrap();
        socket.set_nonblocking(true).unwrap();
        let socket = UdpSocket::from_std(socket).unwrap();
        socket.connect(self.server).await.unwrap();
        let mut session = [0; 8];
        OsRandom.fill(&mut session);
        LightClient {
            socket,
            channel: ControlChannel::new(session),
            tls,
            sso: options.sso,
            heard: vec![],
            key_exchanged: false,
            challenge: None,
            typed: Instant::now(),
            push_request: None,
        }
    }

    fn certified(&self, name: &str) -> ClientConfig {
        let pem = self.world.authority().certify(name, Purpose::Client);
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
        let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).unwrap();
        let config = ClientConfig::builder().with_root_certificates(Arc::clone(&self.roots));
        config.with_client_auth_cert(vec![certificate], key).unwrap()
    }
}

impl LightClient {
    /// Connects, shows user name and password, and waits for what comes of it.
    pub async fn sign_in(&mut self, user: &str, password: &str) -> Outcome {
        self.typed = Instant::now();
        let hello = hello(user, password, self.sso.as_deref());
        self.tls.writer().write_all(&hello).unwrap();
        self.next().await
    }

    /// Answers what was asked in this connection.
    pub async fn answer(&mut self, text: &str) -> Outcome {
        self.typed = Instant::now();
        self.say(&format!("CR_RESPONSE,{}", BASE64.encode(text.as_bytes())));
        self.next().await
    }

    /// The question to be answered in a new connection, if it was refused with one.
    pub fn dynamic_challenge(&self) -> Option<&DynamicChallenge> {
        self.challenge.as_ref()
    }

    /// Tells the server that it leaves, and does not wait for what the server thinks of it.
    pub async fn leave(mut self) {
        self.say("EXIT");
        self.flush().await;
    }

    /// Waits for the next thing that matters.
    pub async fn next(&mut self) -> Outcome {
        timeout(PATIENCE, self.heed()).await.unwrap_or(Outcome::TimedOut)
    }

    async fn heed(&mut self) -> Outcome {
        loop {
            self.flush().await;
            while let Some(message) = self.message() {
                if let Some(outcome) = self.meaning(&message) {
                    return outcome;
                }
            }
            if self.push_request.is_some_and(|due| due <= Instant::now()) {
                self.push_request = Some(Instant::now() + PUSH_REQUESTS);
                self.say("PUSH_REQUEST");
                continue;
            }
            let due = [self.channel.next_due(), self.push_request].into_iter().flatten().min();
            let due = due.unwrap_or_else(|| Instant::now() + PATIENCE);
            let mut datagram = [0; 2_048];
            match timeout_at(due, self.socket.recv(&mut datagram)).await {
                Ok(Ok(length)) => self.hear(datagram.get(..length).unwrap_or_default()),
                // Nobody listens there just now.
                Ok(Err(_)) => tokio::time::sleep(Duration::from_millis(50)).await,
                // Something is due.
                Err(_) => {}
            }
        }
    }

    fn hear(&mut self, datagram: &[u8]) {
        let stream = self.channel.receive(datagram);
        let mut rest = stream.as_slice();
        while !rest.is_empty() {
            self.tls.read_tls(&mut rest).unwrap();
            let state = self.tls.process_new_packets().expect("TLS of the server");
            let mut plain = vec![0; state.plaintext_bytes_to_read()];
            self.tls.reader().read_exact(&mut plain).unwrap();
            self.heard.extend(plain);
        }
    }

    /// The next whole message of the server.
    fn message(&mut self) -> Option<String> {
        if !self.key_exchanged {
            // Four zeros, the method, 64 bytes of chance, and the server's options.
            let length = self.heard.get(69..)?.first_chunk::<2>()?;
            let length = 71 + usize::from(u16::from_be_bytes(*length));
            if self.heard.len() < length {
                return None;
            }
            self.heard.drain(..length);
            self.key_exchanged = true;
            self.push_request = Some(Instant::now() + FIRST_PUSH_REQUEST);
        }
        loop {
            let end = self.heard.iter().position(|&byte| byte == 0)?;
            let message: Vec<u8> = self.heard.drain(..=end).take(end).collect();
            if !message.is_empty() {
                return Some(String::from_utf8_lossy(&message).into_owned());
            }
        }
    }

    fn meaning(&mut self, message: &str) -> Option<Outcome> {
        if message.starts_with("PUSH_REPLY") {
            self.push_request = None;
            return Some(Outcome::Connected { after: self.typed.elapsed() });
        }
        if let Some(reason) = message.strip_prefix("AUTH_FAILED") {
            self.push_request = None;
            let reason = reason.strip_prefix(',').unwrap_or(reason);
            self.challenge = DynamicChallenge::read(reason);
            let asked = self.challenge.as_ref().map(|challenge| challenge.text.clone());
            let refused = || Outcome::Refused { text: reason.to_owned() };
            return Some(asked.map_or_else(refused, |text| Outcome::Asked { text }));
        }
        let asked = message.strip_prefix("INFO_PRE,CR_TEXT:")?.split_once(':')?.1;
        Some(Outcome::Asked { text: asked.to_owned() })
    }

    fn say(&mut self, message: &str) {
        // In one record, as OpenVPN takes each for a message.
        self.tls.writer().write_all(format!("{message}\0").as_bytes()).unwrap();
    }

    async fn flush(&mut self) {
        if self.channel.is_open() {
            let mut stream = vec![];
            while self.tls.wants_write() {
                self.tls.write_tls(&mut stream).unwrap();
            }
            self.channel.send(&stream);
        }
        for datagram in self.channel.due(Instant::now()) {
            // What does not get through is sent again.
            let _ = self.socket.send(&datagram).await;
        }
    }
}

/// The client's part of the key exchange, which carries user name and password.
fn hello(user: &str, password: &str, sso: Option<&str>) -> Vec<u8> {
    let mut hello = vec![0, 0, 0, 0, 2];
    let mut chance = [0; 112];
    OsRandom.fill(&mut chance);
    hello.extend(chance);
    let sso = sso.map(|sso| format!("IV_SSO={sso}\n")).unwrap_or_default();
    let abilities = format!("{PEER_INFO}{sso}");
    for text in ["V4,dev-type tun", user, password, &abilities] {
        let length = u16::try_from(text.len() + 1).expect("a text that OpenVPN can carry");
        hello.extend(length.to_be_bytes());
        hello.extend(text.as_bytes());
        hello.push(0);
    }
    hello
}

/// Makes sockets on the clients' side, for as long as somebody may ask for one.
fn sockets(world: &World) -> mpsc::Sender<oneshot::Sender<std::net::UdpSocket>> {
    let (sender, receiver) = mpsc::channel::<oneshot::Sender<_>>();
    let side = File::open(world.namespace_file(Side::Clients)).unwrap();
    // A namespace is a thread's.
    thread::spawn(move || {
        move_into_link_name_space(side.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
        for wanted in receiver {
            let socket = std::net::UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
            // Whoever asked may have gone.
            let _ = wanted.send(socket);
        }
    });
    sender
}

const FIRST_PUSH_REQUEST: Duration = Duration::from_secs(1);
const PUSH_REQUESTS: Duration = Duration::from_secs(5);
/// As of OpenVPN 2.6.14 on Linux.
const PEER_INFO: &str = "IV_VER=2.6.14\nIV_PLAT=linux\nIV_TCPNL=1\nIV_MTU=1600\nIV_NCP=2\n\
    IV_CIPHERS=AES-256-GCM:AES-128-GCM:CHACHA20-POLY1305\nIV_PROTO=990\n";
