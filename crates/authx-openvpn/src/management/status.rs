//! The table of clients that OpenVPN prints for `status 3`, looked through row by row for one that
//! is wanted. Nothing of it is kept.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// Where the columns stand, by the table's own header.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Columns {
    real_address: usize,
    virtual_address: usize,
    client_id: usize,
}

impl Columns {
    /// From the header of the clients' table; `None` when the row is another one.
    pub(super) fn of(row: &str) -> Option<Self> {
        let names = row.strip_prefix("HEADER\tCLIENT_LIST\t")?;
        let at = |wanted| names.split('\t').position(|name| name == wanted);
        Some(Self {
            real_address: at("Real Address")?,
            virtual_address: at("Virtual Address")?,
            client_id: at("Client ID")?,
        })
    }

    /// The client that a row describes; `None` when it describes something else.
    pub(super) fn client(self, row: &str) -> Option<Client> {
        let row = row.strip_prefix("CLIENT_LIST\t")?;
        let field = |at| row.split('\t').nth(at);
        Some(Client {
            cid: field(self.client_id)?.parse().ok()?,
            real: RealAddress::parse(field(self.real_address)?)?,
            tunnel: !field(self.virtual_address)?.is_empty(),
        })
    }
}

/// One row.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Client {
    /// The client's id.
    pub(super) cid: u64,
    /// Where it is.
    pub(super) real: RealAddress,
    /// Whether it has, or in the life of its instance had, a tunnel.
    pub(super) tunnel: bool,
}

/// An address as OpenVPN prints it: before 2.7 an IPv6 address stands there without its port
/// (mroute.c, `mroute_addr_print_ex`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum RealAddress {
    /// Without a port.
    Host(Ipv6Addr),
    /// With one.
    Socket(SocketAddr),
}

impl RealAddress {
    fn parse(text: &str) -> Option<Self> {
        if let Ok(host) = text.parse() {
            return Some(Self::Host(host));
        }
        if let Ok(address) = text.parse() {
            return Some(Self::Socket(address));
        }
        // 2.7 puts the protocol before it: `udp4:192.0.2.7:1194`, `udp6:[2001:db8::7]:1194`.
        let (protocol, address) = text.split_once(':')?;
        let known = protocol.starts_with("udp") || protocol.starts_with("tcp");
        known.then(|| address.parse().ok().map(Self::Socket)).flatten()
    }
}

/// One who is looked for, and what was found so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Search {
    peer: SocketAddr,
    exact: Option<u64>,
    /// Clients at the same IPv6 address, of unknown port: those that sign in, those with a tunnel.
    signing_in: Found,
    with_tunnel: Found,
}

#[derive(Clone, Copy, Debug, Default)]
enum Found {
    #[default]
    None,
    One(u64),
    Several,
}

/// What a search comes to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Outcome {
    /// Several may be meant.
    Ambiguous,
    /// This client.
    Client(u64),
    /// Nobody.
    Nobody,
}

impl Search {
    pub(super) fn of(peer: SocketAddr) -> Self {
        let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
        Self { peer, exact: None, signing_in: Found::None, with_tunnel: Found::None }
    }

    /// Looks at one row.
    pub(super) fn look(&mut self, client: &Client) {
        match client.real {
            // Of two instances at one address the younger one is alive.
            RealAddress::Socket(address) if address == self.peer => {
                self.exact = self.exact.max(Some(client.cid));
            }
            RealAddress::Host(host) if IpAddr::V6(host) == self.peer.ip() => {
                let found =
                    if client.tunnel { &mut self.with_tunnel } else { &mut self.signing_in };
                *found = match found {
                    Found::None => Found::One(client.cid),
                    Found::One(_) | Found::Several => Found::Several,
                };
            }
            RealAddress::Host(_) | RealAddress::Socket(_) => {}
        }
    }

    /// What came of it. `signing_in`: a client in the middle of its sign-in is wanted, and preferred
    /// to others at the same address.
    pub(super) fn outcome(self, signing_in: bool) -> Outcome {
        match (self.exact, self.signing_in, self.with_tunnel) {
            (Some(cid), _, _) => Outcome::Client(cid),
            (None, Found::One(cid), Found::None) | (None, Found::None, Found::One(cid)) => {
                Outcome::Client(cid)
            }
            (None, Found::One(cid), _) if signing_in => Outcome::Client(cid),
            (None, Found::None, Found::None) => Outcome::Nobody,
            (None, _, _) => Outcome::Ambiguous,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HEADER: &str = "HEADER\tCLIENT_LIST\tCommon Name\tReal Address\tVirtual Address\tVirtual IPv6 Address\tBytes Received\tBytes Sent\tConnected Since\tConnected Since (time_t)\tUsername\tClient ID\tPeer ID\tData Channel Cipher";

    fn row(real: &str, tunnel: &str, cid: u64) -> String {
        format!(
            "CLIENT_LIST\talice\t{real}\t{tunnel}\t\t912\t1209\t2026-11-25 21:01:26\t1795640486\talice\t{cid}\t0\tBF-CBC"
        )
    }

    fn search(peer: &str, rows: &[(&str, &str, u64)]) -> [Outcome; 2] {
        let columns = Columns::of(HEADER).unwrap();
        let mut search = Search::of(peer.parse().unwrap());
        for (real, tunnel, cid) in rows {
            search.look(&columns.client(&row(real, tunnel, *cid)).unwrap());
        }
        [search.outcome(true), search.outcome(false)]
    }

    #[test]
    fn a_client_is_found_by_address_and_port() {
        let rows = [
            ("192.0.2.7:48105", "", 3),
            ("192.0.2.7:48106", "10.8.0.2", 4),
            ("udp4:192.0.2.8:48105", "", 5),
            ("udp6:[2001:db8::7]:48105", "", 6),
        ];
        for (peer, outcome) in [
            ("192.0.2.7:48105", Outcome::Client(3)),
            ("192.0.2.7:48106", Outcome::Client(4)),
            ("[::ffff:192.0.2.7]:48106", Outcome::Client(4)),
            ("192.0.2.8:48105", Outcome::Client(5)),
            ("[2001:db8::7]:48105", Outcome::Client(6)),
            ("192.0.2.7:48107", Outcome::Nobody),
        ] {
            assert_eq!(search(peer, &rows), [outcome; 2], "{peer}");
        }
    }

    #[test]
    fn without_a_port_only_the_one_who_can_be_meant_is_found() {
        let (peer, real) = ("[2001:db8::7]:48105", "2001:db8::7");
        assert_eq!(search(peer, &[(real, "", 1)]), [Outcome::Client(1); 2]);
        assert_eq!(search(peer, &[(real, "10.8.0.2", 1)]), [Outcome::Client(1); 2]);
        assert_eq!(search(peer, &[(real, "", 1), (real, "", 2)]), [Outcome::Ambiguous; 2]);
        assert_eq!(
            search(peer, &[(real, "10.8.0.2", 1), (real, "", 2), (real, "10.8.0.3", 3)]),
            [Outcome::Client(2), Outcome::Ambiguous]
        );
        assert_eq!(search(peer, &[("2001:db8::8", "", 1)]), [Outcome::Nobody; 2]);
    }

    #[test]
    fn rows_of_other_kinds_are_no_clients() {
        let columns = Columns::of(HEADER).unwrap();
        for text in ["", "CLIENT_LIST", "CLIENT_LIST\ta\tb", "GLOBAL_STATS\tdco_enabled\t0", HEADER]
        {
            assert_eq!(columns.client(text), None, "{text}");
        }
        assert_eq!(Columns::of("HEADER\tROUTING_TABLE\tVirtual Address\tReal Address"), None);
    }

    proptest! {
        #[test]
        fn any_row_can_be_looked_at(row in "(CLIENT_LIST\t)?[\\PC\t]*", header in "[\\PC\t]*") {
            let columns = Columns::of(HEADER).unwrap();
            if let Some(client) = columns.client(&row) {
                Search::of("192.0.2.7:1".parse().unwrap()).look(&client);
            }
            prop_assert_eq!(Columns::of(&header), None);
        }
    }
}
