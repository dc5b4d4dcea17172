//! The table `[listen]`: how callers reach the server.

use super::acme::{Acme, Around};
use super::{InvalidNetwork, Network};
use authx_program::config::{Found, Reading, Section};
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::path::PathBuf;
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
    /// This server, with a certificate that it gets and renews by itself.
    Acme(Box<Acme>),
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
        around: &Around<'_>,
    ) -> Option<Self> {
        let mut section = root.section(reading, "listen");
        let acme = root.section(reading, "acme");
        let address = section.parsed::<SocketAddr>(reading, "address");
        let tls = Tls::read(reading, &mut section, acme, around);
        let trusted_proxies = section.list(reading, "trusted_proxies");
        let unix_socket = section.text(reading, "unix_socket");
        let unix_socket = unix_socket.map(|found| around.directory.join(found.value));
        if unix_socket.is_none() {
            section.demand(reading, "address", address, "\"[::]:443\"");
        }
        if address.is_none() && matches!(tls, Some(Tls::Acme(_))) {
            let message = "is missing: the authority comes to port 443 of both names to see who answers there";
            reading.fault(None, "listen.address", message.to_owned());
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
        acme: Section<'_>,
        around: &Around<'_>,
    ) -> Option<Self> {
        let mode = section.text(reading, "tls");
        let mode = section.demand(reading, "tls", mode, MODES);
        let certificate = section.text(reading, "certificate_file");
        let key = section.text(reading, "key_file");
        let Some(mode) = mode else {
            // What is wrong in it can be said when it is known to be of use.
            return None;
        };
        let word = mode.value.as_str();
        if word == "files" {
            Acme::unused(reading, acme, word);
            return Self::read_files(reading, section, mode.at, [certificate, key], around);
        }
        if !matches!(word, "acme" | "proxy") {
            let message = format!("must be {MODES}; it is “{word}”");
            section.fault(reading, "tls", mode.at, &message);
            return None;
        }
        for (name, found) in [("certificate_file", certificate), ("key_file", key)] {
            if let Some(Found { at, .. }) = found {
                let message = format!("is not used with tls = \"{word}\"");
                section.fault(reading, name, at, &message);
            }
        }
        if word == "acme" {
            return Acme::read(reading, acme, around).map(|acme| Self::Acme(Box::new(acme)));
        }
        Acme::unused(reading, acme, word);
        Some(Self::Proxy)
    }

    fn read_files(
        reading: &mut Reading<'_>,
        section: &Section<'_>,
        at: Range<usize>,
        [certificate, key]: [Option<Found<String>>; 2],
        around: &Around<'_>,
    ) -> Option<Self> {
        if around.public_url.is_some_and(|url| !url.is_https()) {
            let message = "\"files\" serves https only, but public_url says http";
            section.fault(reading, "tls", at, &message);
        }
        let certificate =
            section.demand(reading, "certificate_file", certificate, "\"certificate.pem\"");
        let key = section.demand(reading, "key_file", key, "\"certificate.key\"");
        Some(Self::Files {
            certificate_file: around.directory.join(certificate?.value),
            key_file: around.directory.join(key?.value),
        })
    }
}

const MODES: &str = "\"files\", \"acme\" or \"proxy\"";

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
