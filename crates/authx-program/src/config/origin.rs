//! Where people and programs find this server: a scheme, a host, maybe a port, never a path.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An origin (RFC 6454 §4), in lower case and without the scheme's own port.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Origin {
    https: bool,
    host: String,
    port: Option<u16>,
}

/// Why a text is not an origin this server can have.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidOrigin {
    /// Signatures and cookies need a name that no one else can answer to.
    #[error("“http://” is only for this machine itself (localhost); write “https://”")]
    ClearText,
    /// Something that no host is called.
    #[error("“{0}” is not a host name; write it as in https://mfa.example.com")]
    Host(String),
    /// More than an origin.
    #[error("leave away what follows the host and its port (“{0}”)")]
    Path(String),
    /// Not a port.
    #[error("“{0}” is not a port number between 1 and 65535")]
    Port(String),
    /// No scheme.
    #[error("must begin with “https://”")]
    Scheme,
}

impl Origin {
    /// The host, IPv6 addresses in brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port that a client connects to.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(if self.https { 443 } else { 80 })
    }

    /// Whether clients come with TLS.
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// Whether only this machine can mean itself by it.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }

    /// The host, and the port where it is not the scheme's: what signatures cover as `@authority`
    /// (RFC 9421 §2.2.3).
    pub fn authority(&self) -> String {
        match self.port {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.clone(),
        }
    }

    /// The same origin on the host `phone.` of this one; none where the host is an address.
    pub fn phone(&self) -> Option<Self> {
        let named = !self.host.starts_with('[') && self.host.parse::<Ipv4Addr>().is_err();
        let host = if named {
            format!("phone.{}", self.host)
        } else if self.is_loopback() {
            "phone.localhost".to_owned()
        } else {
            return None;
        };
        Some(Self { host, ..self.clone() })
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = if self.https { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.authority())
    }
}

impl std::str::FromStr for Origin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        let (scheme, rest) = text.split_once("://").ok_or(InvalidOrigin::Scheme)?;
        let https = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err(InvalidOrigin::Scheme),
        };
        if let Some(at) = rest.find(['/', '?', '#']) {
            return Err(InvalidOrigin::Path(rest.get(at..).unwrap_or_default().to_owned()));
        }
        let (host, port) = split_port(rest)?;
        let host = host.to_ascii_lowercase();
        if !is_host(&host) {
            return Err(InvalidOrigin::Host(host));
        }
        if !https && !is_loopback(&host) {
            return Err(InvalidOrigin::ClearText);
        }
        let own = if https { 443 } else { 80 };
        Ok(Self { https, host, port: port.filter(|port| *port != own) })
    }
}

fn split_port(authority: &str) -> Result<(&str, Option<u16>), InvalidOrigin> {
    let Some((host, port)) = authority.rsplit_once(':') else { return Ok((authority, None)) };
    if host.starts_with('[') && !host.ends_with(']') {
        return Ok((authority, None));
    }
    let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    match port.parse::<u16>() {
        Ok(number) if digits && number > 0 => Ok((host, Some(number))),
        Ok(_) | Err(_) => Err(InvalidOrigin::Port(port.to_owned())),
    }
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok();
    }
    let label = |label: &str| {
        let letters = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (1..=63).contains(&label.len())
            && letters
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // A last label of digits would be read as an IPv4 address by browsers (WHATWG URL §3.5).
    let numeric = |host: &str| {
        host.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()))
    };
    host.len() <= 253
        && host.split('.').all(label)
        && (!numeric(host) || host.parse::<Ipv4Addr>().is_ok())
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host.ends_with(".localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_origin_is_written_one_way() {
        for (typed, meant) in [
            ("https://MFA.Example.com", "https://mfa.example.com"),
            ("https://mfa.example.com:443", "https://mfa.example.com"),
            ("https://localhost:8443", "https://localhost:8443"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
            ("https://[::1]", "https://[::1]"),
        ] {
            assert_eq!(typed.parse::<Origin>().unwrap().to_string(), meant);
        }
    }

    #[test]
    fn anything_else_says_what_to_do() {
        for wrong in [
            "mfa.example.com",
            "ftp://mfa.example.com",
            "https://",
            "https://mfa.example.com/",
            "https://mfa.example.com/portal",
            "https://user@mfa.example.com",
            "https://mfa_1.example.com",
            "https://1.2.3.4.5",
            "https://mfa.example.com:0",
            "https://mfa.example.com:+443",
            "https://mfa.example.com:65536",
            "http://mfa.example.com",
            "https://[::1",
            "https://-a.example",
        ] {
            assert!(wrong.parse::<Origin>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_phones_origin_is_another_host() {
        let phone = |text: &str| text.parse::<Origin>().unwrap().phone().map(|it| it.to_string());
        assert_eq!(phone("https://localhost:1"), Some("https://phone.localhost:1".to_owned()));
        assert_eq!(phone("https://127.0.0.1:1"), Some("https://phone.localhost:1".to_owned()));
        assert_eq!(phone("https://a.example"), Some("https://phone.a.example".to_owned()));
        assert_eq!(phone("https://192.0.2.1"), None);
    }

    proptest! {
        #[test]
        fn what_is_accepted_stays_itself(text in "(https?://)?[ -~é]{0,30}") {
            if let Ok(origin) = text.parse::<Origin>() {
                prop_assert_eq!(origin.to_string().parse(), Ok(origin));
            }
        }
    }
}
