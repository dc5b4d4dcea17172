//! Tables that repeat what the code says.

use super::page::{self, Page};
use authx::config::{Config, Fault, Template, TlsTemplate};
use authx_core::{audit::EventKind, reason::Reason};
use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn every_reason_is_described() {
    let described = guide().table("reasons");
    let known: Vec<Vec<String>> = Reason::ALL
        .iter()
        .map(|reason| {
            let entry = reason.entry();
            let code = match reason.public() {
                public if public == entry.code => format!("`{public}`"),
                public => format!("`{}`, told as `{public}`", entry.code),
            };
            vec![code, entry.user.into(), entry.operator.into(), entry.action.into()]
        })
        .collect();
    let expected = known.iter().map(|row| format!("| {} |\n", row.join(" | ")));
    assert!(described == known, "write instead:\n{}", expected.collect::<String>());
}

#[test]
fn every_kind_of_entry_is_described() {
    let described: Vec<String> =
        guide().table("kinds").into_iter().filter_map(|row| row.into_iter().next()).collect();
    let mut known: Vec<String> =
        EventKind::ALL.iter().map(|kind| format!("`{}`", kind.as_str())).collect();
    known.sort();
    assert_eq!(described, known);
}

#[test]
fn every_configuration_key_is_described() {
    let described: BTreeSet<String> =
        guide().table("configuration").iter().map(|row| key(row)).collect();
    assert_eq!(described, known_keys());
}

/// What a page calls required is missed, and what it calls a default is what happens without.
#[test]
fn every_default_is_the_real_one() {
    for row in guide().table("configuration") {
        let key = key(&row);
        let default = row.get(1).unwrap();
        let without = parse(&without(&key));
        if default.starts_with("required") {
            let faults = without.unwrap_err();
            assert!(faults.iter().any(|fault| fault.key == key), "{key}: {faults:?}");
        } else if default == "none" {
            assert!(without.is_ok(), "{key}: {without:?}");
        } else {
            let with = parse(&with(&key, default.trim_matches('`'))).unwrap();
            assert_eq!(format!("{:?}", without.unwrap()), format!("{with:?}"), "{key}");
        }
    }
}

#[test]
fn the_needed_rust_is_the_one_that_is_said() {
    let manifest = std::fs::read_to_string(page::root().join("Cargo.toml")).unwrap();
    let needed = manifest.lines().find_map(|line| line.strip_prefix("rust-version = "));
    let said = format!("Rust {} or newer", needed.unwrap().trim_matches('"'));
    for name in ["README.md", "docs/operator/running.md"] {
        assert!(page::read(name).text.contains(&said), "{name}: {said}");
    }
}

fn guide() -> Page {
    page::read("docs/operator/running.md")
}

fn key(row: &[String]) -> String {
    row.first().unwrap().trim_matches('`').to_owned()
}

/// What the configuration says it knows when it meets something else.
fn known_keys() -> BTreeSet<String> {
    let sections = ["", "acme", "clock", "limits", "listen", "log", "mail", "portal", "push"];
    let mut keys = BTreeSet::new();
    for section in sections {
        let faults = parse(&with(&format!("{section}.zzz"), "1")).unwrap_err();
        let told = faults.iter().find_map(|fault| fault.message.split("known are ").nth(1));
        let told = told.unwrap_or_else(|| panic!("{faults:?}"));
        let known = told.split(", ").filter(|known| !sections.contains(known));
        keys.extend(known.map(|known| format!("{section}.{known}").trim_matches('.').to_owned()));
    }
    keys
}

fn parse(text: &str) -> Result<Config, Vec<Fault>> {
    Config::parse(text, Path::new("/etc/authx"))
}

/// With the table that is there only where the server gets its certificate by itself.
fn template(section: &str) -> String {
    let acme = TlsTemplate::Acme { contact: None, state_directory: Path::new("acme") };
    let tls = (section == "acme").then_some(acme);
    let public_url = "https://mfa.example.com".parse().unwrap();
    let phone_url = "https://phone.mfa.example.com".parse().unwrap();
    let contact = "mailto:ops@authx-test.dev".parse().unwrap();
    let template = Template {
        public_url: &public_url,
        phone_url: &phone_url,
        database: "sqlite:authx.db",
        tls,
        push_contact: Some(&contact),
    };
    template.text()
}

fn without(key: &str) -> String {
    let (wanted, name) = key.rsplit_once('.').unwrap_or(("", key));
    let mut section = "";
    let kept = template(wanted);
    let kept: Vec<&str> = kept
        .lines()
        .filter(|line| {
            section = line.strip_prefix('[').map_or(section, |line| line.trim_end_matches(']'));
            section != wanted || !line.starts_with(&format!("{name} ="))
        })
        .collect();
    kept.join("\n") + "\n"
}

fn with(key: &str, value: &str) -> String {
    let (section, name) = key.rsplit_once('.').unwrap_or(("", key));
    let line = format!("{name} = {value}\n");
    match section {
        "" => line + &without(key),
        section => without(key).replace(&format!("[{section}]\n"), &format!("[{section}]\n{line}")),
    }
}
