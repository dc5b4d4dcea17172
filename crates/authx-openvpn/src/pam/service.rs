//! The name of a PAM service.

use std::{fmt, path::Path};

/// The name of a file in `/etc/pam.d`, in lower case as Linux-PAM looks for it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Service(String);

impl Service {
    pub(super) fn parse(text: &str) -> Result<Self, ServiceError> {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        let fits = (1..=MAX_BYTES).contains(&text.len());
        if !fits || text.starts_with(['.', '-']) || !text.bytes().all(known) {
            return Err(ServiceError(text.chars().take(MAX_BYTES).collect()));
        }
        Ok(Self(text.to_ascii_lowercase()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this host has such a service. Linux-PAM takes `other` for one that is missing, which
    /// on Debian lets everybody in who has a password.
    pub(super) fn is_configured(&self) -> bool {
        let single_file = !Path::new("/etc/pam.d").is_dir() && Path::new("/etc/pam.conf").exists();
        single_file || DIRECTORIES.iter().any(|dir| Path::new(dir).join(&self.0).is_file())
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What was given cannot be the name of a PAM service.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "{_0:?} is no name of a PAM service: letters, digits, -, _ and . only, as the file in /etc/pam.d is called"
)]
pub struct ServiceError(String);

const MAX_BYTES: usize = 64;
/// Where Linux-PAM and its distributions keep services.
const DIRECTORIES: [&str; 5] =
    ["/etc/pam.d", "/usr/lib/pam.d", "/usr/share/pam.d", "/usr/etc/pam.d", "/lib/pam.d"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_a_file_name_and_no_way_out_of_the_directory() {
        for name in ["openvpn", "common-auth", "vpn_2.test", &"a".repeat(64)] {
            assert_eq!(Service::parse(name).unwrap().as_str(), name);
        }
        assert_eq!(Service::parse("OpenVPN").unwrap().as_str(), "openvpn");
        for name in ["", ".", "..", ".hidden", "-x", "a/b", "/etc/shadow", "a b", "ä", "a\0"] {
            assert!(Service::parse(name).is_err(), "{name:?}");
        }
        assert!(Service::parse(&"a".repeat(65)).is_err());
    }
}
