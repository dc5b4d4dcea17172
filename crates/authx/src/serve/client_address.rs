//! Where a request comes from, as far as that can be believed. For logs; never for a verdict.

use crate::config::TrustedProxy;
use axum::http::HeaderMap;
use std::net::IpAddr;

/// The caller's address, in every request's extensions; none where it came through the unix
/// socket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ClientAddress(pub Option<IpAddr>);

impl ClientAddress {
    /// Behind a trusted proxy, the last address in `X-Forwarded-For` that is not itself a trusted
    /// proxy: everything left of it could have been sent by the caller. Otherwise the peer.
    pub(super) fn of(peer: Option<IpAddr>, headers: &HeaderMap, proxies: &[TrustedProxy]) -> Self {
        let trusted = |address| proxies.iter().any(|proxy| proxy.is(address));
        let mut client = peer;
        let mut values = headers.get_all(FORWARDED_FOR).iter().rev();
        while trusted(client) {
            let Some(value) = values.next() else { break };
            for entry in value.to_str().unwrap_or_default().rsplit(',') {
                // What is not an address came from no proxy that we know the manners of.
                let Some(address) = parse(entry) else { return Self(client) };
                client = Some(address);
                if !trusted(client) {
                    break;
                }
            }
        }
        Self(client.map(|address| address.to_canonical()))
    }
}

impl std::fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(address) => address.fmt(f),
            None => f.write_str("unix"),
        }
    }
}

/// An address, maybe with a port, as some proxies write it.
fn parse(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim();
    let socket = || entry.parse::<std::net::SocketAddr>().ok().map(|socket| socket.ip());
    let bare = entry.trim_start_matches('[').trim_end_matches(']');
    bare.parse().ok().or_else(socket)
}

const FORWARDED_FOR: &str = "x-forwarded-for";

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: Option<&str>, forwarded: &[&str], proxies: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, value.parse().unwrap());
        }
        let proxies: Vec<TrustedProxy> = proxies.iter().map(|it| it.parse().unwrap()).collect();
        let peer = peer.map(|peer| peer.parse().unwrap());
        ClientAddress::of(peer, &headers, &proxies).to_string()
    }

    #[test]
    fn only_a_listed_proxy_is_believed() {
        let proxies = ["10.0.0.0/8"];
        assert_eq!(client(Some("10.0.0.1"), &["203.0.113.9"], &proxies), "203.0.113.9");
        assert_eq!(client(Some("192.0.2.1"), &["203.0.113.9"], &proxies), "192.0.2.1");
        assert_eq!(client(Some("127.0.0.1"), &["203.0.113.9"], &[]), "127.0.0.1");
        assert_eq!(client(Some("::ffff:10.0.0.1"), &["203.0.113.9"], &proxies), "203.0.113.9");
    }

    #[test]
    fn what_the_caller_wrote_itself_is_not_believed() {
        let proxies = ["10.0.0.0/8"];
        assert_eq!(
            client(Some("10.0.0.1"), &["8.8.8.8, 203.0.113.9, 10.0.0.2"], &proxies),
            "203.0.113.9"
        );
        assert_eq!(client(Some("10.0.0.1"), &["8.8.8.8", "203.0.113.9"], &proxies), "203.0.113.9");
        assert_eq!(client(Some("10.0.0.1"), &["203.0.113.9, hello"], &proxies), "10.0.0.1");
        assert_eq!(client(Some("10.0.0.1"), &["203.0.113.9:4711"], &proxies), "203.0.113.9");
        assert_eq!(client(Some("10.0.0.1"), &["[2001:db8::1]:80"], &proxies), "2001:db8::1");
        assert_eq!(client(Some("10.0.0.1"), &[], &proxies), "10.0.0.1");
    }

    #[test]
    fn the_unix_socket_is_trusted_only_by_name() {
        assert_eq!(client(None, &["203.0.113.9"], &["unix"]), "203.0.113.9");
        assert_eq!(client(None, &["203.0.113.9"], &["0.0.0.0/0"]), "unix");
    }
}
