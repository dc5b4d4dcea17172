//! A server that behaves as no AuthX does: bytes as the test wants them.

use super::super::Authx;
use crate::config::{AuthxConfig, SecretFile};
use authx_core::{
    secret_text,
    wire::signature::{AppKey, Presented, sign_response},
};
use serde_json::{Value, json};
use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
    sync::{Arc, Mutex},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, UnixListener},
};

pub(super) const APPLICATION: &str = "app_01k9zc3q8m4e2v7x5t0b6n1h9d";
pub(super) const KEY: [u8; 32] = [7; 32];

/// What came in.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) host: String,
    pub(super) body: String,
    pub(super) presented: Presented,
}

/// What goes out.
pub(super) enum Reply {
    /// Nothing, ever.
    Hang,
    /// These bytes; then the connection ends.
    Raw(Vec<u8>),
    /// Status, further header lines, body; signed by this key at this time.
    Signed { status: u16, headers: &'static str, body: Value, key: [u8; 32], created_secs: u64 },
}

/// A listening stand-in. Its requests in their order.
#[derive(Clone, Default)]
pub(super) struct StandIn(Arc<Mutex<Vec<Asked>>>);

impl StandIn {
    /// Listens on a port of its own; gives its URL.
    pub(super) async fn start(
        rule: impl Fn(usize, &Asked) -> Reply + Send + Sync + 'static,
    ) -> (Self, String) {
        Self::start_on("127.0.0.1:0", rule).await
    }

    pub(super) async fn start_on(
        address: &str,
        rule: impl Fn(usize, &Asked) -> Reply + Send + Sync + 'static,
    ) -> (Self, String) {
        let listener = TcpListener::bind(address).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stand_in, rule) = (Self::default(), Arc::new(rule));
        let serving = stand_in.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serving.clone().serve(stream, rule.clone()));
            }
        });
        (stand_in, url)
    }

    pub(super) fn start_at(
        path: &std::path::Path,
        rule: impl Fn(usize, &Asked) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = UnixListener::bind(path).unwrap();
        let (stand_in, rule) = (Self::default(), Arc::new(rule));
        let serving = stand_in.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serving.clone().serve(stream, rule.clone()));
            }
        });
        stand_in
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.0.lock().unwrap().clone()
    }

    async fn serve(
        self,
        mut stream: impl AsyncRead + AsyncWrite + Unpin,
        rule: Arc<impl Fn(usize, &Asked) -> Reply>,
    ) {
        let Some(asked) = read(&mut stream).await else {
            // Not even HTTP.
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
            return;
        };
        let number = {
            let mut all = self.0.lock().unwrap();
            all.push(asked.clone());
            all.len()
        };
        let bytes = match rule(number, &asked) {
            Reply::Hang => return std::future::pending().await,
            Reply::Raw(bytes) => bytes,
            Reply::Signed { status, headers, body, key, created_secs } => {
                signed(&asked, status, headers, &body, &key, created_secs)
            }
        };
        let _ = stream.write_all(&bytes).await;
    }
}

/// The bytes of a signed answer, for one connection.
pub(super) fn signed(
    asked: &Asked,
    status: u16,
    headers: &str,
    body: &Value,
    key: &[u8; 32],
    created_secs: u64,
) -> Vec<u8> {
    let body = body.to_string();
    let key = AppKey::new(key);
    let fields = sign_response(&key, &asked.presented, status, body.as_bytes(), created_secs);
    let mut text = format!("HTTP/1.1 {status} Word\r\nConnection: close\r\n{headers}");
    for (name, value) in fields.fields() {
        text.extend([name, ": ", value, "\r\n"]);
    }
    format!("{text}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Asked> {
    let mut bytes: Vec<u8> = vec![];
    loop {
        // Whoever speaks TLS here is told off at once.
        if bytes.first().is_some_and(|&first| !first.is_ascii_uppercase()) {
            return None;
        }
        if let Some(asked) = parse(&bytes) {
            return Some(asked);
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

/// Nothing while more has to come.
fn parse(bytes: &[u8]) -> Option<Asked> {
    let (head, body) = std::str::from_utf8(bytes).ok()?.split_once("\r\n\r\n")?;
    let field = |name: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    };
    if body.len() < field("content-length").parse().unwrap_or(0) {
        return None;
    }
    assert!(field("authx-client").starts_with("authx-openvpn/"), "{head}");
    let mut words = head.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let presented =
        Presented::parse(field("content-digest"), field("signature-input"), field("signature"));
    let (host, body) = (field("host").to_owned(), body.to_owned());
    Some(Asked { method, target, host, body, presented: presented.unwrap() })
}

/// What `/check` answers.
pub(super) fn check() -> Value {
    json!({
        "application": APPLICATION, "name": "vpn", "time": "2026-11-25T10:00:00Z",
        "version": "0.1.0", "api": ["v1"],
        "asks": {
            "prompt": "", "offers": [], "first_factors": [], "match_number": false,
            "dynamic_challenge": false, "login_secs": 120,
        },
    })
}

/// A right answer.
pub(super) fn good(body: Value) -> Reply {
    Reply::Signed { status: 200, headers: "", body, key: KEY, created_secs: 1 }
}

/// A signed problem.
pub(super) fn problem(status: u16, code: &str, headers: &'static str) -> Reply {
    let body = json!({
        "type": "about:blank", "title": "T", "status": status, "detail": "D", "code": code,
    });
    let created_secs = crate::cx::now().secs() + 1_000;
    Reply::Signed { status, headers, body, key: KEY, created_secs }
}

/// Something that AuthX did not say.
pub(super) fn raw(head: &str, body: &str) -> Reply {
    let length = body.len();
    let text =
        format!("HTTP/1.1 {head}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
    Reply::Raw(text.into_bytes())
}

/// The agent's side, with its files.
pub(super) struct Agent {
    pub(super) config: AuthxConfig,
    pub(super) directory: TempDir,
}

impl Agent {
    pub(super) fn of(urls: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("application.key");
        let text = secret_text::format(secret_text::APPLICATION_KEY, &KEY);
        fs::write(&file, text.as_bytes()).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        let config = AuthxConfig {
            application_id: APPLICATION.parse().unwrap(),
            application_key_file: SecretFile::Path(file),
            application_urls: urls.iter().map(|url| url.parse().unwrap()).collect(),
            unix_socket: None,
            certificate_authority: None,
        };
        Self { config, directory }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(super) fn authx(&self) -> Authx {
        Authx::new(&self.config).unwrap()
    }
}
