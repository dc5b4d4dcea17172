//! The commented configuration that `authx init` writes.

use super::{AccountContact, Contact, Origin};
use std::path::Path;

/// What a new installation is asked.
#[derive(Clone, Debug)]
pub struct Template<'a> {
    /// See [`super::Config::public_url`].
    pub public_url: &'a Origin,
    /// See [`super::Config::phone_url`].
    pub phone_url: &'a Origin,
    /// As in the file: `sqlite:PATH` or `postgres://…`.
    pub database: &'a str,
    /// Who encrypts; what fits the URL if not said.
    pub tls: Option<TlsTemplate<'a>>,
    /// See [`super::Push::contact`].
    pub push_contact: Option<&'a Contact>,
}

/// Who encrypts, as a new installation is asked.
#[derive(Clone, Copy, Debug)]
pub enum TlsTemplate<'a> {
    /// The server, with a certificate that it gets by itself, from an authority whose terms the
    /// operator has agreed to.
    Acme {
        /// Where the authority may write to.
        contact: Option<&'a AccountContact>,
        /// Where account and certificate are kept.
        state_directory: &'a Path,
    },
    /// The server, with files.
    Files,
    /// A proxy on this machine.
    Proxy,
}

impl Template<'_> {
    /// The file's text.
    pub fn text(&self) -> String {
        let Self { public_url, phone_url, database, tls, push_contact } = self;
        let own = public_url.is_loopback();
        let tls = tls.unwrap_or_else(|| TlsTemplate::fitting(public_url));
        let address = match (own, tls) {
            (true, _) => format!("127.0.0.1:{}", public_url.port()),
            (false, TlsTemplate::Proxy) => "127.0.0.1:8080".to_owned(),
            (false, TlsTemplate::Acme { .. } | TlsTemplate::Files) => {
                format!("[::]:{}", public_url.port())
            }
        };
        let ((mode, files), acme) = (tls.words(), tls.acme());
        // A machine that serves only itself is a trial, and often has no time server.
        let synchronised = !own;
        let database = toml::Value::String((*database).to_owned());
        let push = push(*push_contact);
        format!(
            r#"# AuthX. Relative paths begin at this file's directory; `authx config check` finds mistakes.

# Where people and programs find this server: an origin, without a path. Signatures cover it, so
# callers must be told when it changes.
public_url = "{public_url}"
# Where the authenticator is found: another host on the same server.
phone_url = "{phone_url}"

# "sqlite:PATH", "postgres://USER@HOST/NAME?sslmode=require", or "file:PATH" or "credential:NAME" of
# what holds such an address with its password.
database = {database}

# Where the packages of authx-openvpn lie that operators download for their VPN hosts.
# packages_directory = "/usr/share/authx/packages"

# Both belong into a safe copy outside this machine. "credential:NAME" takes a systemd credential.
master_key_file = "master.key"
audit_key_file = "audit.key"

[listen]
address = "{address}"
# "files": this server encrypts, and reads the files again when they change.
# "acme": this server encrypts, and gets its certificate by itself: see [acme].
# "proxy": something in front encrypts and passes the Host header on; this server speaks HTTP.
tls = "{mode}"
{files}certificate_file = "certificate.pem"
{files}key_file = "certificate.key"
# Whose X-Forwarded-For is believed: addresses, ranges, or "unix" for the socket below.
trusted_proxies = []
# Plain HTTP for callers on this machine, mode 0660, with the same signatures.
# unix_socket = "/run/authx/api.sock"
{acme}
{push}
{PORTAL}
{MAIL}
[log]
# "human" or "json".
format = "human"
# error, warn, info, debug (one line a request), trace; also by module: "info,authx::serve=debug".
level = "info"

[clock]
# Whether /health/ready fails while no time server keeps the clock: codes depend on the time.
require_synchronised = {synchronised}

[limits]
# The longest request body, and open connections at a time.
body_bytes = 65536
connections = 50000
"#
        )
    }
}

impl TlsTemplate<'_> {
    /// What an address asks for.
    fn fitting(public_url: &Origin) -> Self {
        if public_url.is_https() { Self::Files } else { Self::Proxy }
    }

    /// The word for it, and what makes the lines about files comments.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Acme { .. } => ("acme", "# "),
            Self::Files => ("files", ""),
            Self::Proxy => ("proxy", "# "),
        }
    }

    /// The table `[acme]`.
    fn acme(self) -> String {
        let Self::Acme { contact, state_directory } = self else { return String::new() };
        let quoted = |text: String| toml::Value::String(text);
        let contact = match contact {
            Some(contact) => format!("contact = {}", quoted(contact.to_string())),
            None => "# contact = \"mailto:it@your-company.com\"".to_owned(),
        };
        let state_directory = quoted(state_directory.display().to_string());
        format!(
            r#"
[acme]
# The authority comes to port 443 of both names to see who answers there.
# directory = "https://acme-v02.api.letsencrypt.org/directory"
# You have agreed to its terms of service.
terms_agreed = true
# Where it may write to.
{contact}
# Where account and certificate are kept: a directory that is the server's own.
state_directory = {state_directory}
"#
        )
    }
}

fn push(contact: Option<&Contact>) -> String {
    let contact = match contact {
        Some(contact) => format!("contact = {}", toml::Value::String(contact.to_string())),
        None => "# contact = \"mailto:it@your-company.com\"".to_owned(),
    };
    format!(
        r#"[push]
# Whom the push services of Apple, Google and Mozilla write to when messages to phones give them
# trouble: "mailto:" or "https://", and it must be real. Without it phones hear of a sign-in only
# while their app is open.
{contact}
# Push services beside those of the browsers: "push.example.com" or "*.push.example.com".
# hosts = []
# Private addresses that a push service may have: addresses or ranges.
# allow_networks = []
# The way out, if not direct: "http://HOST:PORT", or "file:PATH" or "credential:NAME" of what holds
# such an address with its password.
# proxy = "http://proxy.example.com:3128"
# Authorities beside the system's.
# ca_file = "proxy-ca.pem"
"#
    )
}

const PORTAL: &str = r#"[portal]
# Who may make a company: "closed" (the first owner alone, with the link that `authx init` showed),
# "invited" (whoever has a link that `authx portal link` shows, good once), "open" (everybody).
sign_up = "closed"
# After how long a sign-in ends that nobody uses, and every one.
idle_minutes = 30
session_hours = 12
"#;

const MAIL: &str = r#"[mail]
# The server that takes mail from this one: "smtp.example.com:587". Without it nobody is written to.
# server = "smtp.your-company.com:587"
# Under which address.
# from = "AuthX <authx@your-company.com>"
# "starttls": encrypted, or nothing is sent. "tls": encrypted from the first byte. "none": only to a
# server on this machine.
# security = "starttls"
# As whom the server lets AuthX in; the file holds the password, or "credential:NAME".
# user = "authx@your-company.com"
# password_file = "mail.password"
# Authorities beside the system's.
# ca_file = "mail-ca.pem"
# Whom people ask: the last line of every mail.
# help = "helpdesk@your-company.com"
"#;
