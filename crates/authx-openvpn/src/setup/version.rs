//! Which OpenVPN this is, and whether it has a hole that a login through AuthX would open.

use serde::Serialize;
use std::fmt;

/// A release of OpenVPN.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Version {
    /// 2 in 2.6.14.
    pub major: u32,
    /// 6 in 2.6.14.
    pub minor: u32,
    /// 14 in 2.6.14.
    pub patch: u32,
}

impl Version {
    /// A release by its numbers.
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor, patch }
    }

    /// From what `openvpn --version` says first: `OpenVPN 2.6.14 x86_64-…`. A release that is
    /// still being made, as `2.7_rc1`, counts as the first one of its series.
    pub fn parse(output: &str) -> Option<Self> {
        let word = output.lines().find_map(|line| line.strip_prefix("OpenVPN "))?;
        let number = word.split([' ', '_', '-']).next()?;
        let mut parts = number.split('.').map(|part| part.parse().ok());
        let (major, minor) = (parts.next()??, parts.next()??);
        Some(Self { major, minor, patch: parts.next().flatten().unwrap_or(0) })
    }

    /// Whether it takes a text that is asked for in the middle of a sign-in, and a reason.
    pub fn can_ask(self) -> bool {
        self >= Self::new(2, 6, 0)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// The OpenVPN of this machine.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Installed {
    /// What the program says of itself.
    pub version: Version,
    /// The distribution's package, where one is installed, as `2.6.14-0+deb12u2`.
    pub package: Option<String>,
    /// Whether the package's list of changes names [`HOLE`].
    pub changelog_names_fix: bool,
}

/// Why this OpenVPN should not serve logins through AuthX.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum VersionFault {
    /// Anybody on the network can end it.
    #[error(
        "OpenVPN {0} has a known hole ({HOLE}): with `auth-gen-token … external-auth`, which AuthX \
         needs, a malformed token ends the server. Update to 2.6.21, 2.7.5 or your distribution's \
         corrected package (Debian 12: 2.6.14-0+deb12u2), or say --accept-version"
    )]
    Hole(String),
    /// Without what a plugin needs to answer later.
    #[error(
        "OpenVPN {0} is too old: a plugin cannot answer later before 2.5. Update it to 2.6 or newer"
    )]
    TooOld(Version),
}

impl Installed {
    /// Whether it may serve.
    ///
    /// # Errors
    ///
    /// [`VersionFault`], with what to do.
    pub fn judge(&self) -> Result<(), VersionFault> {
        if self.version < Version::new(2, 5, 0) {
            return Err(VersionFault::TooOld(self.version));
        }
        if self.is_fixed() {
            return Ok(());
        }
        let version = self.version.to_string();
        Err(VersionFault::Hole(self.package.clone().unwrap_or(version)))
    }

    fn is_fixed(&self) -> bool {
        let fixed_since = match (self.version.major, self.version.minor) {
            (2, 6) => Version::new(2, 6, 21),
            _ => Version::new(2, 7, 5),
        };
        let debian = || {
            let revision = self.package.as_deref()?.strip_prefix("2.6.14-0+deb12u")?;
            let digits: String = revision.chars().take_while(char::is_ascii_digit).collect();
            Some(digits.parse::<u32>().ok()? >= 2)
        };
        self.version >= fixed_since || self.changelog_names_fix || debian() == Some(true)
    }
}

/// Of OpenVPN before 2.6.21 and 2.7.5, unless a distribution took the correction over.
pub const HOLE: &str = "CVE-2026-13122";

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(version: &str, package: Option<&str>) -> bool {
        let version = Version::parse(&format!("OpenVPN {version} x86_64-pc-linux-gnu")).unwrap();
        let package = package.map(str::to_owned);
        Installed { version, package, changelog_names_fix: false }.judge().is_ok()
    }

    #[test]
    fn the_hole_is_known_by_release_and_by_package() {
        for fixed in ["2.6.21", "2.6.30", "2.7.5", "2.8_git", "3.0.0"] {
            assert!(judged(fixed, None), "{fixed}");
        }
        for open in ["2.4.12", "2.5.11", "2.6.14", "2.6.20", "2.7.0", "2.7_rc6", "2.7.4"] {
            assert!(!judged(open, None), "{open}");
        }
        assert!(judged("2.6.14", Some("2.6.14-0+deb12u2")));
        assert!(judged("2.6.14", Some("2.6.14-0+deb12u10~bpo1")));
        assert!(!judged("2.6.14", Some("2.6.14-0+deb12u1")));
        assert!(!judged("2.6.14", Some("2.6.14-1")));
    }

    #[test]
    fn a_package_whose_changes_name_the_hole_is_fixed() {
        let version = Version::new(2, 6, 14);
        let package = Some("2.6.14-1ubuntu7".to_owned());
        assert_eq!(Installed { version, package, changelog_names_fix: true }.judge(), Ok(()));
    }

    #[test]
    fn what_says_no_version_has_none() {
        assert_eq!(Version::parse("bash: openvpn: not found"), None);
        assert_eq!(Version::parse("OpenVPN two"), None);
    }
}
