//! What OpenVPN tells of a sign-in: its environment, as the plugin passed it on.

use std::net::{IpAddr, SocketAddr};
use zeroize::Zeroizing;

/// `NAME=VALUE` entries, each ended by a NUL byte. Wiped when dropped, since the password is one.
#[derive(Clone)]
pub struct Environment(Zeroizing<Vec<u8>>);

/// OpenVPN's judgement of the token that a client sent instead of a password
/// (`--auth-gen-token … external-auth`, openvpn(8)).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SessionState {
    /// A valid token of this user.
    Authenticated,
    /// No token: what the user typed.
    Initial,
    /// Expired, forged, or for another user name.
    Other,
}

impl Environment {
    /// Takes the bytes as the plugin sent them.
    pub fn new(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// The value of a variable. The last one wins, as in a process; one that is not UTF-8 counts as
    /// absent.
    pub fn value(&self, name: &str) -> Option<&str> {
        let entries = self.0.split(|&byte| byte == 0).rev();
        let mut values = entries.filter_map(|entry| {
            entry.strip_prefix(name.as_bytes()).and_then(|rest| rest.strip_prefix(b"="))
        });
        std::str::from_utf8(values.next()?).ok()
    }

    /// The value of a variable that is not empty.
    pub fn filled(&self, name: &str) -> Option<&str> {
        self.value(name).filter(|value| !value.is_empty())
    }

    /// Where the client connects from.
    pub fn peer(&self) -> Option<SocketAddr> {
        let address = self.filled("untrusted_ip").or_else(|| self.filled("untrusted_ip6"))?;
        let address: IpAddr = address.parse().ok()?;
        let port = self.filled("untrusted_port")?.parse().ok()?;
        Some(SocketAddr::new(address.to_canonical(), port))
    }

    /// A name from the client certificate that OpenVPN verified: its subject's attribute `field`.
    /// `common_name` would not do: at a renegotiation it can be the user name.
    pub fn certificate(&self, field: &str) -> Option<&str> {
        self.filled("tls_serial_0")?;
        self.filled(&format!("X509_0_{field}"))
    }

    /// The file that OpenVPN reads the verdict from: names one login of one OpenVPN process.
    pub fn control_file(&self) -> Option<&str> {
        self.filled("auth_control_file")
    }

    /// The session that OpenVPN's token names, and what OpenVPN says of the token. `None` without
    /// `--auth-gen-token`.
    pub fn session(&self) -> Option<(&str, SessionState)> {
        let state = match self.filled("session_state")? {
            "Authenticated" => SessionState::Authenticated,
            "Initial" => SessionState::Initial,
            _ => SessionState::Other,
        };
        Some((self.value("session_id").unwrap_or_default(), state))
    }
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Environment({} bytes)", self.0.len())
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Environment {
    fn from_iter<T: IntoIterator<Item = (&'a str, &'a str)>>(entries: T) -> Self {
        let entries = entries.into_iter().map(|(name, value)| format!("{name}={value}\0"));
        Self(Zeroizing::new(entries.collect::<String>().into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(text: &str) -> Environment {
        Environment::new(Zeroizing::new(text.as_bytes().to_vec()))
    }

    #[test]
    fn values_are_found_by_their_whole_name() {
        let environment = of("username=al=ice\0user=x\0password=\0\0odd\0untrusted_ip=192.0.2.1\0");
        assert_eq!(environment.value("username"), Some("al=ice"));
        assert_eq!(environment.value("name"), None);
        assert_eq!(environment.value("odd"), None);
        assert_eq!(
            (environment.value("password"), environment.filled("password")),
            (Some(""), None)
        );
        assert_eq!(environment.peer(), None, "no port");
        assert_eq!(format!("{environment:?}"), "Environment(61 bytes)");
    }

    #[test]
    fn addresses_of_both_families() {
        let peer = |name, ip| {
            [(name, ip), ("untrusted_port", "1194")].into_iter().collect::<Environment>().peer()
        };
        let four = peer("untrusted_ip", "192.0.2.1");
        assert_eq!(four, "192.0.2.1:1194".parse().ok());
        assert_eq!(peer("untrusted_ip6", "::ffff:192.0.2.1"), four);
        assert_eq!(peer("untrusted_ip6", "2001:db8::1"), "[2001:db8::1]:1194".parse().ok());
        assert_eq!(peer("untrusted_ip", "somewhere"), None);
    }

    #[test]
    fn a_name_counts_as_the_certificates_only_when_there_is_one() {
        let named = [("X509_0_CN", "alice"), ("common_name", "mallory")];
        assert_eq!(named.into_iter().collect::<Environment>().certificate("CN"), None);
        let verified = named.into_iter().chain([("tls_serial_0", "17")]).collect::<Environment>();
        assert_eq!(verified.certificate("CN"), Some("alice"));
        assert_eq!(verified.certificate("emailAddress"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes: Vec<u8>) {
            let environment = Environment::new(Zeroizing::new(bytes));
            let _ = (environment.peer(), environment.session(), environment.certificate("CN"));
        }
    }
}
