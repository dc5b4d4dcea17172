//! Who connects to a server.

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs::default_provider,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use std::{io, net::SocketAddr, sync::Arc};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// A connection that stays open.
pub(crate) struct Visit(BufReader<TlsStream<TcpStream>>);

/// Connects and believes nobody but one authority.
pub(crate) async fn visit(root: &str, name: &'static str, port: u16) -> io::Result<Visit> {
    Ok(Visit(BufReader::new(connect(root, name, port, b"http/1.1").await?)))
}

/// What the authority itself does, or somebody who pretends to be it.
pub(crate) async fn look(root: &str, name: &'static str, port: u16) -> io::Result<()> {
    connect(root, name, port, b"acme-tls/1").await.map(drop)
}

async fn connect(
    root: &str,
    name: &'static str,
    port: u16,
    protocol: &[u8],
) -> io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    for root in CertificateDer::pem_slice_iter(root.as_bytes()) {
        roots.add(root.unwrap()).unwrap();
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let tcp = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).await?;
    let name = ServerName::try_from(name).unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, tcp).await
}

impl Visit {
    /// Asks on this connection, and gives the status line.
    pub(crate) async fn ask(&mut self, host: &str) -> String {
        let request = format!("GET /health/live HTTP/1.1\r\nHost: {host}\r\n\r\n");
        self.0.write_all(request.as_bytes()).await.unwrap();
        let mut first = String::new();
        self.0.read_line(&mut first).await.unwrap();
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).await.unwrap();
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(bytes) = line.strip_prefix("content-length: ") {
                length = bytes.parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await.unwrap();
        first.trim_end().to_owned()
    }

    /// The certificate that was shown, DER.
    pub(crate) fn certificate(&self) -> Vec<u8> {
        let (_, session) = self.0.get_ref().get_ref();
        session.peer_certificates().unwrap().first().unwrap().to_vec()
    }
}
