//! The table `[mail]`: how people are written to.

use super::SecretFile;
use crate::senders::mail::{Mailbox, Security, one_line};
use authx_program::config::{Found, Reading, Section};
use std::{
    convert::Infallible,
    net::IpAddr,
    path::{Path, PathBuf},
    str::FromStr,
};

/// How people are written to.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Under which address.
    pub from: Mailbox,
    /// The mail server that takes everything.
    pub server: Place,
    /// How the way to it is kept from others.
    pub security: Security,
    /// As whom it lets AuthX in.
    pub login: Option<Login>,
    /// Authorities beside those of the system, PEM.
    pub ca_file: Option<PathBuf>,
    /// Whom people ask, as it stands at the end of every mail.
    pub help: Option<Help>,
}

/// Where a mail server is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Place {
    /// Its name, which its certificate has to hold.
    pub host: String,
    /// Its port.
    pub port: u16,
}

/// As whom a mail server lets AuthX in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Login {
    /// Its name there.
    pub user: String,
    /// Where its password is.
    pub password_file: SecretFile,
}

/// A line for people who have a question.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Help(String);

impl Help {
    /// As it stands in a mail.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Help {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(one_line(text, 200)))
    }
}

impl Mail {
    pub(super) fn read(
        reading: &mut Reading<'_>,
        root: &mut Section<'_>,
        directory: &Path,
    ) -> Option<Self> {
        let mut section = root.section(reading, "mail");
        let server = section.text(reading, "server");
        let from = section.text(reading, "from");
        let security = section.text(reading, "security");
        let user = section.text(reading, "user");
        let password = section.text(reading, "password_file");
        let ca_file = section.path(reading, "ca_file", directory);
        let help = section.parsed(reading, "help");
        let texts = [&server, &from, &security, &user, &password];
        let is_set_up = texts.iter().any(|text| text.is_some()) || ca_file.is_some();
        if !is_set_up && help.is_none() {
            section.finish(reading);
            return None;
        }
        let way = read_way(reading, &section, server, security);
        let from = section.demand(reading, "from", from, "\"AuthX <authx@your-company.com>\"");
        let from = from.and_then(|Found { value, at }| {
            let refused = |error| section.fault(reading, "from", at, &error);
            value.parse().map_err(refused).ok()
        });
        let login = read_login(reading, &section, way.as_ref(), user, password, directory);
        section.finish(reading);
        let (server, security) = way?;
        Some(Self { from: from?, server, security, login: login.ok()?, ca_file, help })
    }
}

/// Something that was said already.
struct Wrong;

/// The server, and how the way to it is kept from others.
fn read_way(
    reading: &mut Reading<'_>,
    section: &Section<'_>,
    server: Option<Found<String>>,
    security: Option<Found<String>>,
) -> Option<(Place, Security)> {
    let server = section.demand(reading, "server", server, "\"smtp.your-company.com:587\"")?;
    let Some((host, port)) = split(&server.value) else {
        let message = "must be HOST or HOST:PORT, as in \"smtp.example.com:587\"";
        section.fault(reading, "server", server.at, &message);
        return None;
    };
    let found = security.unwrap_or(Found { value: "starttls".to_owned(), at: 0..0 });
    let (security, usual) = match found.value.as_str() {
        "starttls" => (Security::StartTls, 587),
        "tls" => (Security::Tls, 465),
        "none" if is_loopback(&host) => (Security::None, 25),
        "none" => {
            let message = "\"none\" is for a server on this machine: links that let people in would travel in clear; write \"unencrypted\" if that is meant";
            section.fault(reading, "security", found.at, &message);
            return None;
        }
        "unencrypted" => (Security::None, 25),
        _ => {
            let message = "must be \"starttls\", \"tls\", or \"none\" for a server on this machine";
            section.fault(reading, "security", found.at, &message);
            return None;
        }
    };
    Some((Place { host, port: port.unwrap_or(usual) }, security))
}

/// [`Err`]: what is wrong was said already. `None`: nobody has to sign in.
fn read_login(
    reading: &mut Reading<'_>,
    section: &Section<'_>,
    way: Option<&(Place, Security)>,
    user: Option<Found<String>>,
    password: Option<Found<String>>,
    directory: &Path,
) -> Result<Option<Login>, Wrong> {
    let (user, password) = match (user, password) {
        (None, None) => return Ok(None),
        (Some(user), Some(password)) => (user, password),
        (Some(user), None) => {
            let message = "needs password_file, \"/etc/authx/…\" or \"credential:NAME\"";
            section.fault(reading, "user", user.at, &message);
            return Err(Wrong);
        }
        (None, Some(password)) => {
            section.fault(reading, "password_file", password.at, &"needs user, whose it is");
            return Err(Wrong);
        }
    };
    if let Some((place, Security::None)) = way
        && !is_loopback(&place.host)
    {
        let message =
            "no password goes over a way that is not encrypted; use \"starttls\" or \"tls\"";
        section.fault(reading, "user", user.at, &message);
        return Err(Wrong);
    }
    let password_file = SecretFile::new(&password.value, directory);
    Ok(Some(Login { user: user.value, password_file }))
}

/// A host as certificates name it, and a port.
fn split(text: &str) -> Option<(String, Option<u16>)> {
    if let Ok(address) = text.trim_matches(['[', ']']).parse::<IpAddr>() {
        return Some((address.to_string(), None));
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (host, Some(port.parse().ok().filter(|port| *port > 0)?)),
        None => (text, None),
    };
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if let Ok(address) = bare.parse::<IpAddr>() {
        return Some((address.to_string(), port));
    }
    let letters = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let label = |label: &str| !label.is_empty() && label.len() <= 63 && label.chars().all(letters);
    let is_name = host.len() <= 253 && host.split('.').all(label);
    is_name.then(|| (host.to_ascii_lowercase(), port))
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::super::tests::{changed, faults, template};
    use super::*;

    const LINES: &str = "server = \"smtp.corp.dev\"\nfrom = \"AuthX <authx@corp.dev>\"\n";

    /// What `authx init` writes, with these lines in its table.
    fn with(lines: &str) -> String {
        changed("[mail]\n", &format!("[mail]\n{lines}\n"))
    }

    fn read(lines: &str) -> Option<Mail> {
        Config::parse(&with(lines), Path::new("/etc/authx"))
            .unwrap_or_else(|faults| panic!("{faults:?}"))
            .mail
    }

    #[test]
    fn without_the_table_nobody_is_written_to() {
        assert!(read("").is_none());
        let without = template().replace("[mail]\n", "");
        assert!(Config::parse(&without, Path::new("")).unwrap().mail.is_none());
    }

    #[test]
    fn every_key_is_read() {
        let mail = read(LINES).unwrap();
        assert_eq!(mail.from.to_string(), "AuthX <authx@corp.dev>");
        assert_eq!(mail.server, Place { host: "smtp.corp.dev".to_owned(), port: 587 });
        assert_eq!((mail.security, mail.login, mail.ca_file), (Security::StartTls, None, None));
        let mail = read(
            r#"
server = "SMTP.corp.dev:2465"
from = "authx@corp.dev"
security = "tls"
user = "authx"
password_file = "mail.password"
ca_file = "ca.pem"
help = "helpdesk@corp.dev,\n+49 30 123"
"#,
        )
        .unwrap();
        assert_eq!(mail.server, Place { host: "smtp.corp.dev".to_owned(), port: 2465 });
        assert_eq!(mail.security, Security::Tls);
        let login = mail.login.unwrap();
        assert_eq!(login.user, "authx");
        assert_eq!(login.password_file, SecretFile::Path("/etc/authx/mail.password".into()));
        assert_eq!(mail.ca_file, Some("/etc/authx/ca.pem".into()));
        assert_eq!(mail.help.unwrap().as_str(), "helpdesk@corp.dev, +49 30 123");
    }

    #[test]
    fn the_port_is_the_usual_one() {
        for (server, security, port) in [
            ("smtp.corp.dev", "tls", 465),
            ("smtp.corp.dev", "unencrypted", 25),
            ("localhost", "none", 25),
            ("[::1]", "none", 25),
            ("127.0.0.1:2525", "none", 2525),
        ] {
            let lines =
                format!("server = \"{server}\"\nsecurity = \"{security}\"\nfrom = \"a@b.c\"");
            assert_eq!(read(&lines).unwrap().server.port, port, "{server}");
        }
    }

    #[test]
    fn every_mistake_is_named() {
        for (lines, complaint) in [
            ("from = \"a@b.c\"", "mail.server: is missing"),
            ("server = \"smtp.corp.dev\"", "mail.from: is missing"),
            ("help = \"ask\"", "mail.server: is missing"),
            ("server = \"smtp.corp.dev\"\nfrom = \"AuthX\"", "is no mail address"),
            ("server = \"https://smtp.corp.dev\"", "must be HOST or HOST:PORT"),
            ("server = \"smtp.corp.dev:0\"", "must be HOST or HOST:PORT"),
            ("server = \"smtp.corp.dev\"\nsecurity = \"none\"", "would travel in clear"),
            ("server = \"smtp.corp.dev\"\nsecurity = \"ssl\"", "must be \"starttls\""),
            ("server = \"smtp.corp.dev\"\nuser = \"a\"", "needs password_file"),
            ("server = \"smtp.corp.dev\"\npassword_file = \"a\"", "needs user"),
            (
                "server = \"s.corp.dev\"\nsecurity = \"unencrypted\"\nuser = \"a\"\npassword_file = \"b\"",
                "no password goes over",
            ),
            ("password = \"hunter2\"", "mail.password: unknown key"),
        ] {
            let found = faults(&with(lines)).join("\n");
            assert!(found.contains(complaint), "{lines}: {found}");
            assert!(!found.contains("hunter2"));
        }
    }
}
