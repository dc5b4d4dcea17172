//! What the operator's guide says of the agent is true: its commands can be typed, its table of keys
//! is that of the code.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

// One way of reading pages for both programs.
#[path = "../../authx/tests/docs/page.rs"]
mod page;
#[path = "../../authx/tests/docs/shell.rs"]
mod shell;

use authx_openvpn::config::{Config, EXAMPLE, Fault};
use page::Page;
use shell::Program;
use std::collections::BTreeSet;
use std::path::Path;

const AGENT: Program =
    Program { name: "authx-openvpn", definition: authx_openvpn::commands::definition };

#[test]
fn every_command_in_a_block_can_be_typed() {
    let typed = AGENT.typed_in_blocks();
    assert!(typed > 10, "only {typed} commands were found");
}

#[test]
fn every_command_in_the_text_exists() {
    let named = AGENT.named_in_text();
    assert!(named > 10, "only {named} commands were found");
}

#[test]
fn every_command_is_in_the_operators_guide() {
    let missing = AGENT.missing_in(&guide());
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_configuration_key_is_described() {
    let described: BTreeSet<String> =
        guide().table("configuration").iter().map(|row| key(row)).collect();
    // What differs for a server has the names of `[login]`, which the page says of all of them.
    let known = known_keys().into_iter().filter(|known| {
        let own = known.strip_prefix("server.NAME.");
        own.is_none_or(|own| !described.contains(&format!("login.{own}")))
    });
    assert_eq!(described, known.collect());
}

#[test]
fn every_key_is_in_the_example() {
    for known in known_keys() {
        let name = known.rsplit('.').next().unwrap();
        let said = EXAMPLE.lines().any(|line| {
            line.trim_start_matches("# ")
                .strip_prefix(name)
                .is_some_and(|rest| rest.starts_with(" ="))
        });
        assert!(said, "{known}");
    }
}

/// What the page calls required is missed, and what it calls a default is what happens without.
#[test]
fn every_default_is_the_real_one() {
    for row in guide().table("configuration") {
        let key = key(&row);
        let default = row.get(1).unwrap();
        let without = parse(&without(&key));
        if default.starts_with("required") {
            let named = key.replace("NAME", "office");
            let faults = without.unwrap_err();
            assert!(faults.iter().any(|fault| fault.key == named), "{key}: {faults:?}");
        } else if default == "none" || default.starts_with("as ") {
            assert!(without.is_ok(), "{key}: {without:?}");
        } else {
            let with = parse(&with(&key, default.trim_matches('`'))).unwrap();
            assert_eq!(format!("{:?}", without.unwrap()), format!("{with:?}"), "{key}");
        }
    }
}

fn guide() -> Page {
    page::read("docs/operator/openvpn-community.md")
}

fn key(row: &[String]) -> String {
    row.first().unwrap().trim_matches('`').to_owned()
}

/// What the configuration says it knows when it meets something else.
fn known_keys() -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for section in ["authx", "agent", "log", "login", "pam", "server.NAME"] {
        let faults = parse(&with(&format!("{section}.zzzzzzzzzzzz"), "1")).unwrap_err();
        let told = faults.iter().find_map(|fault| fault.message.split("known are ").nth(1));
        let told = told.unwrap_or_else(|| panic!("{faults:?}"));
        keys.extend(told.split(", ").map(|known| format!("{section}.{known}")));
    }
    keys
}

fn parse(text: &str) -> Result<Config, Vec<Fault>> {
    Config::parse(text, Path::new("/etc/authx-openvpn"))
}

/// The least that can be used, with every section.
const LEAST: &str = r#"
[authx]
application_id = "app_01k9zc3q8m4e2v7x5t0b6n1h9d"
application_url = "https://mfa.example.com"
application_key_file = "application.key"
[agent]
[log]
[login]
[pam]
[server.office]
config = "/etc/openvpn/server/office.conf"
"#;

fn without(key: &str) -> String {
    let (wanted, name) = split(key);
    let mut section = String::new();
    let kept = LEAST.lines().filter(|line| {
        if let Some(header) = line.strip_prefix('[') {
            header.trim_end_matches(']').clone_into(&mut section);
        }
        section != wanted || !line.starts_with(&format!("{name} ="))
    });
    kept.collect::<Vec<_>>().join("\n") + "\n"
}

fn with(key: &str, value: &str) -> String {
    let (section, name) = split(key);
    let header = format!("[{section}]\n");
    without(key).replace(&header, &format!("{header}{name} = {value}\n"))
}

fn split(key: &str) -> (String, &str) {
    let (section, name) = key.rsplit_once('.').unwrap();
    (section.replace("NAME", "office"), name)
}
