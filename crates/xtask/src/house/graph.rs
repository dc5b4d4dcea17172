//! What the crates are built on: kept out of the rules, kept out of the product, and under which
//! licence. Asks `cargo tree`, which knows the features of a build; `cargo metadata` also lists
//! what no build uses.

use super::Finding;
use anyhow::{Context as _, bail};
use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

/// The crates that end up in a build, or help to make it.
pub(crate) struct Graph {
    pub(crate) crates: BTreeSet<Crate>,
}

/// One crate in one version.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Crate {
    name: String,
    version: String,
    licence: String,
}

impl Graph {
    /// Everything the chosen packages are built on, themselves included.
    pub(crate) fn of(packages: &[&str]) -> anyhow::Result<Self> {
        let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["tree", "--locked", "--edges", "normal,build", "--prefix", "none"])
            .args(["--no-dedupe", "--format", "{p}|{l}"])
            .args(packages)
            .output()
            .context("cargo cannot be run")?;
        if !output.status.success() {
            bail!("cargo tree: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(Self::parse(&String::from_utf8_lossy(&output.stdout)))
    }

    /// Lines of `name vVERSION (more)|LICENCE`.
    fn parse(text: &str) -> Self {
        let parse = |line: &str| {
            let (id, licence) = line.split_once('|')?;
            let mut words = id.split(' ');
            let (name, version) = (words.next()?.to_owned(), words.next()?.to_owned());
            Some(Crate { name, version, licence: licence.to_owned() })
        };
        Self { crates: text.lines().filter_map(parse).collect() }
    }

    fn find(&self, names: &[&str], fault: &str) -> Vec<Finding> {
        let wrong = self.crates.iter().filter(|found| names.contains(&found.name.as_str()));
        let finding = |found: &Crate| Finding {
            place: format!("{} {}", found.name, found.version),
            fault: format!("{fault}; `cargo tree -e normal,build -i {}` says why", found.name),
        };
        wrong.map(finding).collect()
    }
}

/// Crates that would bring I/O, time or chance into the rules.
pub(crate) fn pure(core: &Graph) -> Vec<Finding> {
    core.find(&IMPURE, "must not be under authx-core, whose rules know no I/O")
}

/// Crates that would let an authenticator know more than the public API of phones tells it.
pub(crate) fn outside(phone: &Graph) -> Vec<Finding> {
    phone.find(&INSIDE, "must not be under authx-phone, which shows that the public API is enough")
}

/// Crates that must not be in the product.
pub(crate) fn banned(shipped: &Graph) -> Vec<Finding> {
    shipped.find(&BANNED, "one cryptographic library is enough, and it is aws-lc-rs")
}

/// Crates under a licence that is not in the list.
pub(crate) fn licences(shipped: &Graph) -> Vec<Finding> {
    let wrong =
        shipped.crates.iter().filter(|found| !is_allowed(&found.licence) && !is_excepted(found));
    let finding = |found: &Crate| Finding {
        place: format!("{} {}", found.name, found.version),
        fault: format!("licence \"{}\" is not in the list of crates/xtask", found.licence),
    };
    wrong.map(finding).collect()
}

/// Crates built in more than one version, as `name ×N`.
pub(crate) fn duplicates(graph: &Graph) -> Vec<String> {
    let mut versions = BTreeMap::<&str, BTreeSet<&str>>::new();
    for found in &graph.crates {
        versions.entry(&found.name).or_default().insert(&found.version);
    }
    let several = versions.into_iter().filter(|(_, versions)| versions.len() > 1);
    several.map(|(name, versions)| format!("{name} ×{}", versions.len())).collect()
}

/// An SPDX expression: each part of an AND needs one allowed choice. `/` is an old way to write
/// OR. Without its brackets an expression can only be refused more often.
fn is_allowed(expression: &str) -> bool {
    let plain = expression.replace(['(', ')'], " ").replace('/', " OR ");
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    plain.split(" AND ").all(|part| part.split(" OR ").any(|choice| ALLOWED.contains(&choice)))
}

/// Crates that are used as they are, under a licence that asks only for changes of themselves.
fn is_excepted(found: &Crate) -> bool {
    found.licence == "MPL-2.0" && WEBAUTHN.contains(&found.name.as_str())
}

const WEBAUTHN: [&str; 5] = [
    "crypto-glue",
    "webauthn-attestation-ca",
    "webauthn-rs",
    "webauthn-rs-core",
    "webauthn-rs-proto",
];

const ALLOWED: [&str; 11] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Zlib",
];
const BANNED: [&str; 5] = ["curl-sys", "native-tls", "openssl", "openssl-sys", "ring"];
const INSIDE: [&str; 4] = ["authx", "authx-openvpn", "rusqlite", "tokio-postgres"];
/// jiff is not here: it writes times as RFC 3339, and its clock is a disallowed method.
const IMPURE: [&str; 17] = [
    "async-std",
    "axum",
    "chrono",
    "getrandom",
    "hyper",
    "mio",
    "postgres",
    "rand",
    "reqwest",
    "rusqlite",
    "rustix",
    "rustls",
    "smol",
    "socket2",
    "time",
    "tokio",
    "tokio-postgres",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn places(findings: Vec<Finding>) -> Vec<String> {
        findings.into_iter().map(|finding| finding.place).collect()
    }

    #[test]
    fn a_clock_or_a_socket_under_the_rules_is_found() {
        let core = Graph::parse("authx-core v0.1.0 (a/b)|Apache-2.0\ntokio v1.54.1|MIT\n");
        assert_eq!(places(pure(&core)), ["tokio v1.54.1"]);
    }

    #[test]
    fn the_server_under_an_authenticator_is_found() {
        let phone = Graph::parse("authx-phone v0.1.0 (a/b)|MIT\nauthx v0.1.0 (a/c)|MIT\n");
        assert_eq!(places(outside(&phone)), ["authx v0.1.0"]);
    }

    #[test]
    fn a_second_cryptographic_library_is_found() {
        let shipped = Graph::parse("ring v0.17.14|Apache-2.0 AND ISC\naws-lc-rs v1.19.0|ISC\n");
        assert_eq!(places(banned(&shipped)), ["ring v0.17.14"]);
    }

    #[test]
    fn every_part_of_a_licence_needs_a_choice() {
        for allowed in [
            "MIT",
            "MIT/Apache-2.0",
            "GPL-3.0 OR MIT",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT",
        ] {
            assert!(is_allowed(allowed), "{allowed}");
        }
        for refused in ["", "GPL-3.0", "MIT AND GPL-3.0", "MPL-2.0", "Apache-2.0 WITH Other"] {
            assert!(!is_allowed(refused), "{refused}");
        }
        assert_eq!(
            places(licences(&Graph::parse(
                "a v1|AGPL-3.0\nb v1|MIT\nc v1|\nd v1|MPL-2.0\nwebauthn-rs v1|MPL-2.0"
            ))),
            ["a v1", "c v1", "d v1"]
        );
    }

    #[test]
    fn two_versions_are_told_but_no_fault() {
        let graph = Graph::parse("a v1.0.0|MIT\na v1.0.0|MIT\nb v1.0.0|MIT\nb v2.0.0|MIT\n");
        assert_eq!(duplicates(&graph), ["b ×2"]);
    }
}
