//! What is known of one client.

use authx_openvpn::environment::Environment;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// One file of `recorded/`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Client {
    pub(crate) name: String,
    pub(crate) seen: Seen,
    /// Where it was seen.
    pub(crate) source: String,
    /// Whether it has a field of its own for the answer (`static-challenge`).
    pub(crate) own_field: String,
    /// Whether it asks the question of a dynamic challenge.
    pub(crate) dynamic_challenge: String,
    /// What it announces.
    environment: BTreeMap<String, String>,
    pub(crate) expected: Expected,
}

/// How its announcement is known.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Seen {
    /// Not at all.
    Guess,
    /// Somebody published it.
    Log,
    /// It ran here, against a real OpenVPN server.
    Run,
    /// It follows from its source.
    Source,
}

/// What becomes of a user of this client.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    /// How an answer comes that is not typed along: `cr_text`, or only by `append`.
    pub(crate) way: String,
    /// How the phone signs in: by `push`, behind a number that this client shows, or by a `code` that
    /// it shows itself.
    pub(crate) phone: String,
    /// What somebody reads who typed the password alone: the question, or why it was refused.
    pub(crate) reads: String,
    /// How long the question may stand.
    pub(crate) secs: Option<u64>,
    /// Whether it comes back by itself after an outage.
    pub(crate) comes_back: bool,
    pub(crate) program: String,
    pub(crate) platform: String,
}

impl Client {
    /// All of them, in the order of their files.
    pub(crate) fn all() -> Vec<Self> {
        let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/recorded");
        let entries = fs::read_dir(recorded).unwrap();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let read = |path| toml::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        paths.into_iter().map(read).collect()
    }

    /// What OpenVPN tells when somebody signs in with it.
    pub(crate) fn environment(&self, password: &str) -> Environment {
        let announced = self.environment.iter().map(|(name, value)| (&**name, &**value));
        let told = [
            ("untrusted_ip", "192.0.2.7"),
            ("untrusted_port", "40000"),
            ("username", "alice"),
            ("password", password),
        ];
        announced.chain(told).collect()
    }
}
