//! The table `[push]`: how messages reach phones whose app is closed.

use super::{Network, SecretFile, SecretFileError};
use crate::senders::web_push::{Contact, Host, known};
use authx_program::config::{Found, Reading, Section};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::Url;
use std::{
    ops::RangeInclusive,
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// How messages reach phones whose app is closed.
#[derive(Clone, Debug)]
pub struct Push {
    /// Whom a push service writes to; without one, nothing is pushed.
    pub contact: Option<Contact>,
    /// The push services that messages may go to: those of the browsers, and those that were added.
    pub hosts: Vec<Host>,
    /// Addresses that are not public and may be connected to all the same.
    pub allow_networks: Vec<Network>,
    /// A proxy through which all messages go.
    pub proxy: Option<ProxyAddress>,
    /// Authorities beside those of the system, PEM.
    pub ca_file: Option<PathBuf>,
    /// The shortest and the longest time, in seconds, for which a push service keeps a message.
    pub ttl_secs: RangeInclusive<u32>,
}

/// Where a proxy is.
#[derive(Clone, Eq, PartialEq)]
pub enum ProxyAddress {
    /// A file or credential that holds the address, for one with a password.
    File(SecretFile),
    /// `http://HOST:PORT`.
    Url(String),
}

/// Why there is no proxy to go through.
#[derive(Debug, thiserror::Error)]
pub enum ProxyError {
    /// The file that holds the address.
    #[error(transparent)]
    File(#[from] SecretFileError),
    /// What is in it. Not shown: it may hold a password.
    #[error(
        "what {0} says is not a proxy's address; write it as in http://user:password@proxy.example.com:3128"
    )]
    Unreadable(SecretFile),
}

impl Push {
    pub(super) fn read(
        reading: &mut Reading<'_>,
        root: &mut Section<'_>,
        directory: &Path,
    ) -> Self {
        let mut section = root.section(reading, "push");
        let contact = section.text(reading, "contact");
        let added = section.list::<Host>(reading, "hosts");
        let allow_networks = section.list(reading, "allow_networks");
        let proxy = section.text(reading, "proxy");
        let ca_file = section.path(reading, "ca_file", directory);
        let least = section.number(reading, "least_ttl_secs", 1..301);
        let most = section.number(reading, "most_ttl_secs", 30..86_401);
        let ttl_secs = least.unwrap_or(LEAST_TTL_SECS)..=most.unwrap_or(MOST_TTL_SECS);
        if ttl_secs.is_empty() {
            let message = format!("must not be less than least_ttl_secs ({})", ttl_secs.start());
            reading.fault(None, "push.most_ttl_secs", message);
        }
        let is_set_up = !added.is_empty() || !allow_networks.is_empty() || proxy.is_some();
        if is_set_up || ca_file.is_some() {
            section.demand(reading, "contact", contact.as_ref(), "\"mailto:it@your-company.com\"");
        }
        let contact = contact.and_then(|Found { value, at }| {
            let refused = |error| section.fault(reading, "contact", at, &error);
            value.parse().map_err(refused).ok()
        });
        let proxy = proxy.and_then(|found| ProxyAddress::read(reading, &section, found, directory));
        section.finish(reading);
        let mut hosts = known();
        hosts.extend(added);
        Self { contact, hosts, allow_networks, proxy, ca_file, ttl_secs }
    }
}

impl ProxyAddress {
    fn read(
        reading: &mut Reading<'_>,
        section: &Section<'_>,
        Found { value, at }: Found<String>,
        directory: &Path,
    ) -> Option<Self> {
        if let Some(path) = value.strip_prefix("file:") {
            return Some(Self::File(SecretFile::new(path, directory)));
        }
        if value.starts_with("credential:") {
            return Some(Self::File(SecretFile::new(&value, directory)));
        }
        let message = match proxy(&value) {
            Some(url) if url.password().is_none() && url.username().is_empty() => {
                return Some(Self::Url(value));
            }
            Some(_) => {
                "must not hold a password; write file:PATH or credential:NAME of what holds the address"
            }
            None => {
                "must be http://HOST:PORT, or file:PATH or credential:NAME of what holds such an address"
            }
        };
        section.fault(reading, "proxy", at, &message);
        None
    }

    /// The address, with whatever password it holds.
    ///
    /// # Errors
    ///
    /// [`ProxyError`]: the file cannot be read, or holds something else.
    pub fn url(&self) -> Result<Zeroizing<String>, ProxyError> {
        match self {
            Self::File(file) => {
                let text = file.read()?;
                let unreadable = || ProxyError::Unreadable(file.clone());
                proxy(&text).ok_or_else(unreadable)?;
                Ok(text)
            }
            Self::Url(url) => Ok(Zeroizing::new(url.clone())),
        }
    }

    /// What tells the proxy who asks; `None` where its address holds no user.
    ///
    /// # Errors
    ///
    /// As [`Self::url`].
    pub fn authorization(&self) -> Result<Option<Zeroizing<String>>, ProxyError> {
        let url = self.url()?;
        let userinfo = proxy(&url).and_then(|url| {
            let user = percent_decoded(url.username())?;
            let password = percent_decoded(url.password().unwrap_or_default())?;
            let both = || Zeroizing::new(format!("{}:{}", *user, *password));
            (!user.is_empty()).then(both)
        });
        Ok(userinfo.map(|it| Zeroizing::new(format!("Basic {}", STANDARD.encode(&*it)))))
    }

    /// Host and port to connect to.
    ///
    /// # Errors
    ///
    /// As [`Self::url`].
    pub fn place(&self) -> Result<(String, u16), ProxyError> {
        let url = self.url()?;
        let url = proxy(&url);
        let place = url.and_then(|url| Some((bare(url.host_str()?), url.port_or_known_default()?)));
        Ok(place.unwrap_or_default())
    }
}

impl std::fmt::Debug for ProxyAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(file) => write!(f, "ProxyAddress(what {file} says)"),
            Self::Url(url) => write!(f, "ProxyAddress({url})"),
        }
    }
}

/// An address of a proxy and nothing more, spoken to in clear: what goes through it is encrypted.
fn proxy(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    (url.scheme() == "http" && url.host().is_some() && bare).then_some(url)
}

fn percent_decoded(text: &str) -> Option<Zeroizing<String>> {
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8().ok()?;
    Some(Zeroizing::new(decoded.into_owned()))
}

/// An IPv6 address without its brackets.
fn bare(host: &str) -> String {
    host.trim_start_matches('[').trim_end_matches(']').to_owned()
}

/// A sign-in that is answered at the last moment is still shown.
const LEAST_TTL_SECS: u32 = 10;
/// The longest that policy lets a sign-in wait.
const MOST_TTL_SECS: u32 = 300;

#[cfg(test)]
mod tests {
    use super::super::tests::{changed, faults, template};
    use super::super::{Config, Template};
    use super::*;

    fn read(lines: &str) -> Push {
        let text = changed(CONTACT, lines);
        Config::parse(&text, Path::new("/etc/authx"))
            .unwrap_or_else(|faults| panic!("{faults:?}"))
            .push
    }

    const CONTACT: &str = "contact = \"mailto:ops@authx-test.dev\"";

    #[test]
    fn without_a_contact_push_is_off() {
        let push = read("");
        assert_eq!((push.contact, push.proxy, push.ca_file), (None, None, None));
        assert_eq!(push.ttl_secs, 10..=300);
        let (head, tail) =
            template().split_once("[push]").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        let rest = tail.split_once("\n[").map(|(_, rest)| format!("[{rest}")).unwrap();
        let config = Config::parse(&(head + &rest), Path::new("")).unwrap();
        assert_eq!(config.push.contact, None);
    }

    #[test]
    fn every_key_is_read() {
        let push = read(
            r#"contact = "https://authx-test.dev/contact"
hosts = ["push.corp.dev:8443", "*.push.corp.dev"]
allow_networks = ["10.1.0.0/16"]
proxy = "http://10.0.0.9:3128"
ca_file = "proxy-ca.pem"
least_ttl_secs = 20
most_ttl_secs = 60"#,
        );
        assert_eq!(push.contact.unwrap().as_str(), "https://authx-test.dev/contact");
        let hosts: Vec<_> = push.hosts.iter().map(ToString::to_string).collect();
        assert_eq!(
            hosts,
            [
                "fcm.googleapis.com",
                "jmt17.google.com",
                "updates.push.services.mozilla.com",
                "*.push.apple.com",
                "*.notify.windows.com",
                "push.corp.dev:8443",
                "*.push.corp.dev",
            ]
        );
        assert_eq!(push.allow_networks, ["10.1.0.0/16".parse().unwrap()]);
        assert_eq!(push.proxy.unwrap().place().unwrap(), ("10.0.0.9".to_owned(), 3_128));
        assert_eq!(push.ca_file, Some("/etc/authx/proxy-ca.pem".into()));
        assert_eq!(push.ttl_secs, 20..=60);
    }

    #[test]
    fn every_mistake_is_named() {
        for (line, complaint) in [
            ("contact = \"ops@corp.dev\"", "push.contact: must begin with \"mailto:\""),
            ("contact = \"mailto:ops@localhost\"", "reserved name"),
            ("contact = \"mailto:ops@vpn.local\"", "Apple's push service refuses"),
            ("contact = \"mailto:ops@mfa.example.com\"", "(403 BadJwtToken)"),
            ("contact = \"https://192.0.2.1\"", "names an IP address"),
            ("contact = \"mailto:root@vpnhost\"", "has no dot"),
            ("contact = \"mailto:ops\"", "is not one address"),
            ("contact = 3", "must be a text in quotes"),
            ("hosts = [\"push.corp.dev\"]", "push.contact: is missing"),
            ("ca_file = \"ca.pem\"", "push.contact: is missing"),
            ("hosts = [\"*\"]", "is too wide"),
            ("hosts = [\"*.dev\"]", "is too wide"),
            ("hosts = [\"https://push.corp.dev\"]", "without https://"),
            ("hosts = [\"10.0.0.1\"]", "is not the name of a push service"),
            ("hosts = \"push.corp.dev\"", "must be a list of texts"),
            ("allow_networks = [\"corp\"]", "is not an address or a range"),
            ("proxy = \"https://proxy:3128\"", "must be http://HOST:PORT"),
            ("proxy = \"proxy:3128\"", "must be http://HOST:PORT"),
            ("proxy = \"http://proxy:3128/x\"", "must be http://HOST:PORT"),
            ("proxy = \"http://u:hunter2@proxy:3128\"", "must not hold a password"),
            ("ca_file = \"\"", "names no file"),
            ("least_ttl_secs = 0", "must lie between 1 and 300"),
            ("most_ttl_secs = 90000", "must lie between 30 and 86400"),
            ("least_ttl_secs = 200\nmost_ttl_secs = 100", "must not be less than least_ttl_secs"),
            ("host = []", "push.host: unknown key; did you mean “hosts”?"),
        ] {
            let found = faults(&changed(CONTACT, line)).join("\n");
            assert!(found.contains(complaint), "{line}: {found}");
            assert!(!found.contains("hunter2"));
        }
    }

    #[test]
    fn a_proxy_with_a_password_stands_in_a_file() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("proxy.url");
        let write = |text: &str| {
            std::fs::write(&file, text).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        };
        let text = changed(CONTACT, &format!("{CONTACT}\nproxy = \"file:proxy.url\""));
        let proxy = Config::parse(&text, directory.path()).unwrap().push.proxy.unwrap();
        write("http://me:hunter2@[::1]:3128\n");
        assert_eq!(&**proxy.url().unwrap(), "http://me:hunter2@[::1]:3128");
        assert_eq!(proxy.place().unwrap(), ("::1".to_owned(), 3_128));
        assert!(!format!("{proxy:?}").contains("hunter2"));
        write("proxy.corp.dev hunter2");
        let error = proxy.url().unwrap_err().to_string();
        assert!(
            error.contains("is not a proxy's address") && !error.contains("hunter2"),
            "{error}"
        );
    }

    #[test]
    fn what_init_writes_is_off_without_a_contact() {
        let (public_url, phone_url) =
            ("https://mfa.example.com".parse().unwrap(), "https://p.example.com".parse().unwrap());
        let template = Template {
            public_url: &public_url,
            phone_url: &phone_url,
            database: "sqlite:a",
            tls: None,
            push_contact: None,
        };
        let config = Config::parse(&template.text(), Path::new("")).unwrap();
        assert_eq!(config.push.contact, None);
    }
}
