//! The server over real sockets, with other people's clients.

mod limits;
mod proxy;
mod stop;
mod tls;

use super::{ClientAddress, Server, Sites, Stop, Stopping, stopping};
use crate::config::{Limits, Listen, Tls};
use crate::random::SeededRandom;
use axum::extract::Extension;
use axum::{Router, routing::get, routing::post};
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

/// A running server; dropping it stops it.
struct Running {
    address: Option<SocketAddr>,
    stop: Stop,
    ended: JoinHandle<()>,
}

impl Running {
    async fn start(listen: Listen, limits: Limits) -> Self {
        let server = Server::bind(listen, limits).await.unwrap();
        let (stop, stopping) = stopping();
        let address = server.address();
        let sites = sites(&stopping);
        let ended = tokio::spawn(async move {
            server.run(sites, &SeededRandom::new(1), stopping).await;
        });
        Self { address, stop, ended }
    }

    async fn proxied() -> Self {
        Self::start(listen(Tls::Proxy), LIMITS).await
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address.unwrap()).await.unwrap()
    }

    /// Sends bytes, and gives what comes back until the server closes.
    async fn exchange(&self, request: &str) -> String {
        talk(self.connect().await, request).await
    }
}

async fn talk(mut stream: impl AsyncWrite + AsyncReadExt + Unpin, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = vec![];
    // A reset after the answer is how a server refuses to read on.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

fn sites(stopping: &Stopping) -> Sites {
    let waiting = stopping.clone();
    let public = Router::new()
        .route("/", get(async || "public"))
        .route(
            "/client",
            get(async |Extension(client): Extension<ClientAddress>| client.to_string()),
        )
        .route("/length", post(async |body: axum::body::Bytes| body.len().to_string()))
        .route("/upload", post(async |body: axum::body::Bytes| body.len().to_string()))
        .route("/kept", get(async || ([("cache-control", "max-age=60")], "kept")))
        .route("/panic", get(async || -> &'static str { panic!("a fault in a handler") }))
        .route(
            "/wait",
            get(async move || {
                waiting.wait().await;
                "unchanged"
            }),
        );
    let phone = Router::new().route("/", get(async || "phone"));
    let uploads = &[("/upload", 8_192)];
    let phone_host = "phone.localhost".to_owned();
    Sites { public, phone, phone_host, uploads, tls_only: true }
}

fn listen(tls: Tls) -> Listen {
    let address = Some("127.0.0.1:0".parse().unwrap());
    Listen { address, tls, trusted_proxies: vec![], unix_socket: None }
}

fn get_request(path: &str, host: &str, more: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{more}\r\n")
}

/// Writes a new pair and gives the certificate.
fn write_pair(directory: &Path) -> String {
    let names = ["localhost".to_owned(), "phone.localhost".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    fs::write(directory.join("key"), made.signing_key.serialize_pem()).unwrap();
    fs::write(directory.join("certificate"), made.cert.pem()).unwrap();
    made.cert.pem()
}

fn files(directory: &TempDir) -> Tls {
    Tls::Files {
        certificate_file: directory.path().join("certificate"),
        key_file: directory.path().join("key"),
    }
}

const LIMITS: Limits = Limits { body_bytes: 4_096, connections: 64 };
