//! The table `[listen]`: how callers reach the server.

use super::{InvalidNetwork, Network, Origin};
use authx_program::config::{Found, Reading, Section};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// How callers reach the server.
#[derive(Clone, Debug)]
pub struct Listen {
    /// A TCP socket; none where the unix socket is enough.
    pub address: Option<SocketAddr>,
    /// Who encrypts.
    pub tls: Tls,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<TrustedProxy>,
    /// A socket for callers on this machine; plain HTTP, mode 0660.
    pub unix_socket: Option<PathBuf>,
}

/// Who encrypts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Tls {
    /// This server, with a certificate chain and its key, both PEM. Read again when they change.
    Files {
        /// The chain, leaf first.
        certificate_file: PathBuf,
        /// The leaf's key.
        key_file: PathBuf,
    },
    /// A proxy in front: this server speaks plain HTTP.
    Proxy,
}

/// A proxy whose word counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TrustedProxy {
    /// Whoever connects from there.
    Network(Network),
    /// Whoever connects through the unix socket.
    Unix,
}

impl Listen {
    pub(super) fn read(
        reading: &mut Reading<'_>,
        root: &mut Section<'_>,
        directory: &Path,
        public_url: Option<&Origin>,
    ) -> Option<Self> {
        let mut section = root.section(reading, "listen");
        let address = section.parsed::<SocketAddr>(reading, "address");
        let tls = Tls::read(reading, &mut section, directory, public_url);
        let trusted_proxies = section.list(reading, "trusted_proxies");
        let unix_socket = section.text(reading, "unix_socket");
        let unix_socket = unix_socket.map(|found| directory.join(found.value));
        if unix_socket.is_none() {
            section.demand(reading, "address", address, "\"[::]:443\"");
        }
        let exposed = address.is_some_and(|address| !address.ip().is_loopback());
        if exposed && tls == Some(Tls::Proxy) && trusted_proxies.is_empty() {
            let message = "would take passwords in clear text from the network: listen on 127.0.0.1, or name the proxy in trusted_proxies";
            reading.fault(None, "listen.address", message.to_owned());
        }
        section.finish(reading);
        Some(Self { address, tls: tls?, trusted_proxies, unix_socket })
    }
}

impl Tls {
    fn read(
        reading: &mut Reading<'_>,
        section: &mut Section<'_>,
        directory: &Path,
        public_url: Option<&Origin>,
    ) -> Option<Self> {
        let mode = section.text(reading, "tls");
        let mode = section.demand(reading, "tls", mode, "\"files\" or \"proxy\"");
        let certificate = section.text(reading, "certificate_file");
        let key = section.text(reading, "key_file");
        let mode = mode?;
        match mode.value.as_str() {
            "files" => {
                if public_url.is_some_and(|url| !url.is_https()) {
                    let message = "\"files\" serves https only, but public_url says http";
                    section.fault(reading, "tls", mode.at, &message);
                }
                let certificate =
                    section.demand(reading, "certificate_file", certificate, "\"certificate.pem\"");
                let key = section.demand(reading, "key_file", key, "\"certificate.key\"");
                Some(Self::Files {
                    certificate_file: directory.join(certificate?.value),
                    key_file: directory.join(key?.value),
                })
            }
            "proxy" => {
                for (name, found) in [("certificate_file", certificate), ("key_file", key)] {
                    if let Some(Found { at, .. }) = found {
                        section.fault(reading, name, at, &"is not used with tls = \"proxy\"");
                    }
                }
                Some(Self::Proxy)
            }
            other => {
                let message = format!("must be \"files\" or \"proxy\"; it is “{other}”");
                section.fault(reading, "tls", mode.at, &message);
                None
            }
        }
    }
}

impl TrustedProxy {
    /// Whether a peer is this proxy; `None` is a peer on the unix socket.
    pub fn is(&self, peer: Option<IpAddr>) -> bool {
        match (self, peer) {
            (Self::Network(network), Some(address)) => network.contains(address),
            (Self::Unix, None) => true,
            (Self::Network(_), None) | (Self::Unix, Some(_)) => false,
        }
    }
}

impl FromStr for TrustedProxy {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        if text == "unix" { Ok(Self::Unix) } else { text.parse().map(Self::Network) }
    }
}
