//! The commented configuration that `authx init` writes.

use super::{Contact, Origin};

/// What a new installation is asked.
#[derive(Clone, Debug)]
pub struct Template<'a> {
    /// See [`super::Config::public_url`].
    pub public_url: &'a Origin,
    /// See [`super::Config::phone_url`].
    pub phone_url: &'a Origin,
    /// As in the file: `sqlite:PATH` or `postgres://…`.
    pub database: &'a str,
    /// See [`super::Push::contact`].
    pub push_contact: Option<&'a Contact>,
}

impl Template<'_> {
    /// The file's text.
    pub fn text(&self) -> String {
        let Self { public_url, phone_url, database, push_contact } = self;
        let own = public_url.is_loopback();
        let (address, tls) = match (own, public_url.is_https()) {
            (true, https) => (format!("127.0.0.1:{}", public_url.port()), https),
            (false, _) => (format!("[::]:{}", public_url.port()), true),
        };
        let (mode, files) = if tls { ("files", "") } else { ("proxy", "# ") };
        // A machine that serves only itself is a trial, and often has no time server.
        let synchronised = if own { "false" } else { "true" };
        let quoted = toml::Value::String((*database).to_owned());
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
database = {quoted}

# Both belong into a safe copy outside this machine. "credential:NAME" takes a systemd credential.
master_key_file = "master.key"
audit_key_file = "audit.key"

[listen]
address = "{address}"
# "files": this server encrypts, and reads the files again when they change.
# "proxy": something in front encrypts and passes the Host header on; this server speaks HTTP.
tls = "{mode}"
{files}certificate_file = "certificate.pem"
{files}key_file = "certificate.key"
# Whose X-Forwarded-For is believed: addresses, ranges, or "unix" for the socket below.
trusted_proxies = []
# Plain HTTP for callers on this machine, mode 0660, with the same signatures.
# unix_socket = "/run/authx/api.sock"

{push}
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
