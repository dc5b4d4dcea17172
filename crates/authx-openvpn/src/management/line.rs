//! Lines that OpenVPN's management interface sends.

use std::net::{IpAddr, SocketAddr};

/// One line, without its end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Line<'a> {
    /// A command had its effect.
    Done,
    /// The last line of a status.
    End,
    /// A command had none.
    Failed(&'a str),
    /// The first line of all, sent when OpenVPN has turned to this connection.
    Greeting,
    /// What OpenVPN tells on its own.
    Notification(Notification<'a>),
    /// Anything else: a row of a status.
    Row(&'a str),
}

/// What OpenVPN tells on its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Notification<'a> {
    /// One variable of the block that follows a notification about a client.
    Env {
        /// Its name.
        name: &'a str,
        /// Its value.
        value: &'a str,
    },
    /// The end of such a block.
    EnvEnd,
    /// A client's tunnel stands. Said once in the life of a client instance.
    Established {
        /// The client.
        cid: u64,
    },
    /// Something without meaning here.
    Other,
    /// A client answered a prompt.
    Response {
        /// The client.
        cid: u64,
        /// Its key.
        kid: u64,
    },
}

impl<'a> Line<'a> {
    /// Every text is a line of some kind.
    pub(super) fn parse(text: &'a str) -> Self {
        if let Some(notification) = text.strip_prefix('>') {
            if notification.starts_with("INFO:") {
                return Self::Greeting;
            }
            return Self::Notification(Notification::parse(notification));
        }
        if text == "END" {
            return Self::End;
        }
        if text.starts_with("SUCCESS:") {
            return Self::Done;
        }
        match text.strip_prefix("ERROR:") {
            Some(why) => Self::Failed(why.trim_start()),
            None => Self::Row(text),
        }
    }
}

impl<'a> Notification<'a> {
    fn parse(text: &'a str) -> Self {
        let Some(client) = text.strip_prefix("CLIENT:") else { return Self::Other };
        let (kind, rest) = client.split_once(',').unwrap_or((client, ""));
        match kind {
            "CR_RESPONSE" => Self::response(rest).unwrap_or(Self::Other),
            "ENV" if rest == "END" => Self::EnvEnd,
            "ENV" => {
                let (name, value) = rest.split_once('=').unwrap_or((rest, ""));
                Self::Env { name, value }
            }
            "ESTABLISHED" => rest.parse().map_or(Self::Other, |cid| Self::Established { cid }),
            _ => Self::Other,
        }
    }

    fn response(rest: &str) -> Option<Self> {
        let mut fields = rest.splitn(3, ',');
        let mut number = || fields.next()?.parse().ok();
        Some(Self::Response { cid: number()?, kid: number()? })
    }
}

/// The address of a client, gathered from the variables of a block.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Peer {
    ip: Option<IpAddr>,
    port: Option<u16>,
}

impl Peer {
    /// Looks at one variable. What is not an address is passed over.
    pub(super) fn take(&mut self, name: &str, value: &str) {
        match name {
            "untrusted_ip" | "untrusted_ip6" => self.ip = value.parse().ok().or(self.ip),
            "untrusted_port" => self.port = value.parse().ok().or(self.port),
            _ => {}
        }
    }

    /// The address, when both parts of it were there.
    pub(super) fn address(self) -> Option<SocketAddr> {
        Some(SocketAddr::new(self.ip?.to_canonical(), self.port?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As OpenVPN 2.6.14 wrote them.
    #[test]
    fn lines_of_a_real_server() {
        let told = Line::Notification;
        for (text, line) in [
            (
                ">INFO:OpenVPN Management Interface Version 5 -- type 'help' for more info",
                Line::Greeting,
            ),
            (">CLIENT:CR_RESPONSE,0,1,MTExMTEx", told(Notification::Response { cid: 0, kid: 1 })),
            (">CLIENT:CR_RESPONSE,7,3,", told(Notification::Response { cid: 7, kid: 3 })),
            (">CLIENT:ESTABLISHED,12", told(Notification::Established { cid: 12 })),
            (">CLIENT:ENV,n_clients=1", told(Notification::Env { name: "n_clients", value: "1" })),
            (">CLIENT:ENV,IV_X=a=b,c", told(Notification::Env { name: "IV_X", value: "a=b,c" })),
            (">CLIENT:ENV,END", told(Notification::EnvEnd)),
            (">STATE:1795640768,GET_CONFIG,,,,,,", told(Notification::Other)),
            (">CLIENT:CR_RESPONSE,x,1,", told(Notification::Other)),
            ("SUCCESS: client-pending-auth command succeeded", Line::Done),
            ("ERROR: client-kill command failed", Line::Failed("client-kill command failed")),
            ("END", Line::End),
            ("TITLE\tOpenVPN 2.6.14", Line::Row("TITLE\tOpenVPN 2.6.14")),
        ] {
            assert_eq!(Line::parse(text), line, "{text}");
        }
    }

    #[test]
    fn an_address_needs_both_of_its_parts() {
        let mut peer = Peer::default();
        assert_eq!(peer.address(), None);
        peer.take("untrusted_port", "48105");
        peer.take("untrusted_ip6", "::ffff:192.0.2.7");
        peer.take("untrusted_ip", "not one");
        assert_eq!(peer.address(), Some("192.0.2.7:48105".parse().unwrap()));
    }

    proptest! {
        #[test]
        fn any_text_is_a_line(text in "\\PC*", kind in "(>CLIENT:[A-Z_]{0,12},)?") {
            let text = kind + &text;
            if let Line::Row(row) = Line::parse(&text) {
                prop_assert!(!row.starts_with('>'));
                prop_assert_eq!(row, &text);
            }
        }
    }
}
