//! The commented configuration that `authx-openvpn setup` writes.

use super::{FirstFactor, Origin};
use authx_core::ApplicationId;

/// What a new installation is asked.
#[derive(Clone, Debug)]
pub struct Template<'a> {
    /// See [`super::AuthxConfig::application_id`].
    pub application_id: ApplicationId,
    /// See [`super::AuthxConfig::application_key_file`]; as in the file.
    pub application_key_file: &'a str,
    /// See [`super::AuthxConfig::application_urls`].
    pub application_urls: &'a [Origin],
    /// See [`super::ServerSettings::first_factor`].
    pub first_factor: FirstFactor,
}

impl Template<'_> {
    /// The file's text.
    pub fn text(&self) -> String {
        let Self { application_id, application_key_file, application_urls, first_factor } = self;
        let key_file = toml::Value::String((*application_key_file).to_owned());
        let urls: Vec<_> = application_urls.iter().map(|url| format!("\"{url}\"")).collect();
        let url = match urls.as_slice() {
            [url] => url.clone(),
            urls => format!("[{}]", urls.join(", ")),
        };
        let first_factor = first_factor.as_str();
        format!(
            r#"# AuthX on this VPN host. Relative paths begin at this file's directory;
# `authx-openvpn config check` finds mistakes, `authx-openvpn doctor` what else is wrong.

# What `authx application create` printed.
[authx]
application_id = "{application_id}"
# A file that only the agent's user can read, or "credential:NAME" for a systemd credential.
application_key_file = {key_file}
# One address, or a list of which the first that answers is asked.
application_url = {url}
# Where AuthX runs on this host: its socket, asked before the addresses.
# unix_socket = "/run/authx/api.sock"
# Certificates (PEM) to trust beside those of the system.
# certificate_authority = "authority.pem"

[agent]
# Where OpenVPN's plugin finds the agent; the same path stands in OpenVPN's line `plugin`.
socket = "/run/authx-openvpn/agent.sock"
# Approved sessions, and the newest seal of AuthX's record.
state_dir = "/var/lib/authx-openvpn"

[log]
# "human" or "json".
format = "human"
# error, warn, info (one line a sign-in), debug, trace; also by module.
level = "info"

[login]
# The first factor: "authx" (password kept by AuthX), "pam" (this host's own), "certificate".
first_factor = "{first_factor}"
# Where a certificate holds the user's name.
certificate_field = "CN"
# How long a prompt may stand, and how long a sign-in may take that shows none.
pending_secs = 110
answer_within_secs = 45

[pam]
# A file in /etc/pam.d, and how long it may take.
service = "openvpn"
timeout_secs = 10
# Where the process that asks PAM listens, when the agent does not start one itself.
# socket = "/run/authx-openvpn/pam.sock"

# An OpenVPN server that differs: every key of [login], and its management socket. Found by the
# file that OpenVPN was started with.
# [server.office]
# config = "/etc/openvpn/server/office.conf"
# management = "/run/openvpn-office/management.sock"
"#
        )
    }
}
