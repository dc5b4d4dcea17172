//! Which addresses are connected to. What a name stands for is looked at where the connection is
//! made, so that a name which changes its mind in between (DNS rebinding) gains nothing.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::{
    future::Future,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
    sync::Arc,
};

/// Whether an address may be connected to although it is not a public one.
pub type Opened = Arc<dyn Fn(IpAddr) -> bool + Send + Sync>;

/// What asks the DNS.
pub(super) type Lookup = Arc<dyn Fn(String) -> Looked + Send + Sync>;
type Looked = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Resolves names to addresses that may be connected to.
#[derive(Clone)]
pub(super) struct Guarded {
    lookup: Lookup,
    opened: Opened,
}

/// Why a name has no address to connect to.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unresolved {
    /// It has some, and none may be used.
    #[error(
        "every address of the name is one of a private network; push.allow_networks can open it"
    )]
    Private,
    /// The system's resolver says no.
    #[error("the name is not resolved: {0}")]
    System(io::Error),
}

impl Guarded {
    /// Asks the system's resolver.
    pub(super) fn system(opened: Opened) -> Self {
        let lookup = |host: String| -> Looked {
            Box::pin(async move {
                let found = tokio::net::lookup_host((host, 0)).await?;
                Ok(found.map(|address| address.ip()).collect())
            })
        };
        Self::new(Arc::new(lookup), opened)
    }

    pub(super) fn new(lookup: Lookup, opened: Opened) -> Self {
        Self { lookup, opened }
    }

    /// The addresses of a name that may be connected to; never empty.
    pub(super) async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, Unresolved> {
        let mut found = (self.lookup)(host.to_owned()).await.map_err(Unresolved::System)?;
        found.retain(|address| is_public(*address) || (self.opened)(*address));
        if found.is_empty() { Err(Unresolved::Private) } else { Ok(found) }
    }
}

/// The addresses of a host that a message could go to now, for a check of the set-up.
///
/// # Errors
///
/// The name is not resolved, or has no address that may be connected to.
pub async fn reachable(
    host: &str,
    opened: impl Fn(IpAddr) -> bool + Send + Sync,
) -> io::Result<Vec<IpAddr>> {
    let found = tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip());
    let usable: Vec<_> = found.filter(|address| is_public(*address) || opened(*address)).collect();
    if usable.is_empty() { Err(io::Error::other(Unresolved::Private)) } else { Ok(usable) }
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let own = self.clone();
        Box::pin(async move {
            let found = own.addresses(name.as_str()).await?;
            // The port is the URL's.
            let all = found.into_iter().map(|address| SocketAddr::new(address, 0));
            let all: Addrs = Box::new(all);
            Ok(all)
        })
    }
}

/// Whether an address belongs to the internet at large: the special-purpose registries of IANA (RFC
/// 6890) taken out, and of IPv6 only what is assigned for global unicast.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match nat64(address) {
            Some(embedded) => is_public_v4(embedded),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let number = address.to_bits();
    !NOT_PUBLIC_V4.iter().any(|(head, bits)| number >> (32 - bits) == head.to_bits() >> (32 - bits))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let number = address.to_bits();
    let within =
        |(head, bits): &(Ipv6Addr, u32)| number >> (128 - bits) == head.to_bits() >> (128 - bits);
    within(&GLOBAL_V6) && !NOT_PUBLIC_V6.iter().any(within)
}

/// The IPv4 address behind a well-known NAT64 prefix (RFC 6052 §2.1): networks without IPv4 reach
/// push services through it, and could reach everything else.
fn nat64(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let embedded = u32::try_from(address.to_bits() & u128::from(u32::MAX)).ok()?;
    (address.to_bits() >> 32 == NAT64.to_bits() >> 32).then(|| Ipv4Addr::from_bits(embedded))
}

const NOT_PUBLIC_V4: [(Ipv4Addr, u32); 15] = [
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];
const GLOBAL_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
/// IETF protocols (Teredo among them), documentation (twice), 6to4.
const NOT_PUBLIC_V6: [(Ipv6Addr, u32); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];
const NAT64: Ipv6Addr = Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_internet_are_public() {
        for address in [
            "8.8.8.8",
            "142.250.185.74",
            "17.188.143.1",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.167.0.1",
            "223.255.255.255",
            "2a00:1450:4001:82a::200a",
            "2620:149:a44::1",
            "2001:4860:4860::8888",
            "64:ff9b::8.8.8.8",
            "::ffff:8.8.8.8",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn addresses_of_a_network_are_not() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.19.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.250",
            "255.255.255.255",
            "::",
            "::1",
            "::10.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b::127.0.0.1",
            "64:ff9b:1::8.8.8.8",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    fn guarded(answers: &[&str], opened: &'static str) -> Guarded {
        let answers: Vec<IpAddr> = answers.iter().map(|text| text.parse().unwrap()).collect();
        let lookup = move |_| -> Looked {
            let answers = answers.clone();
            Box::pin(async move { Ok(answers) })
        };
        let opened = move |address: IpAddr| address.to_string() == opened;
        Guarded::new(Arc::new(lookup), Arc::new(opened))
    }

    #[tokio::test]
    async fn private_ones_are_dropped_and_the_rest_is_used() {
        let some = guarded(&["10.0.0.1", "8.8.8.8", "::1"], "").addresses("a").await.unwrap();
        assert_eq!(some, ["8.8.8.8".parse::<IpAddr>().unwrap()]);
        let none = guarded(&["10.0.0.1", "169.254.169.254", "::1"], "").addresses("a").await;
        assert!(matches!(none, Err(Unresolved::Private)));
        let empty = guarded(&[], "").addresses("a").await;
        assert!(matches!(empty, Err(Unresolved::Private)));
    }

    #[tokio::test]
    async fn an_opened_one_is_used() {
        let some = guarded(&["10.0.0.1", "10.0.0.2"], "10.0.0.2").addresses("a").await.unwrap();
        assert_eq!(some, ["10.0.0.2".parse::<IpAddr>().unwrap()]);
    }
}
