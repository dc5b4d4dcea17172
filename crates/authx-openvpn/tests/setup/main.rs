//! What `authx-openvpn setup` makes of configurations as they are met.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod real;

use authx_openvpn::setup::{
    Document, Installed, Management, Outcome, Plan, Report, Settings, Version, Wanted, unmark,
};
use proptest::prelude::*;
use std::path::Path;

/// What a configuration becomes, and what is said about it.
fn show(name: &str, management: bool, version: Version) -> String {
    let text = configuration(name);
    let document = Document::parse(&text).unwrap();
    let wanted = wanted(management, version);
    let plan = Plan::make(&document, &settings(&document), &wanted);
    let outcome = if plan.obstacles.is_empty() { Outcome::Shown } else { Outcome::Obstructed };
    let written = plan.apply(&document);
    let again = Document::parse(&written).unwrap();
    let back = unmark(&again).unwrap().unwrap_or_else(|| written.clone());
    assert_eq!(back, text, "{name} is not given back as it was");
    let openvpn = Some(Installed { version, package: None, changelog_names_fix: false });
    let file = format!("/etc/openvpn/server/{name}").into();
    let said = Report { file, openvpn, plan: Some(plan), outcome: outcome.clone() }.text();
    if outcome == Outcome::Obstructed {
        return said;
    }
    format!("{said}\n=== {name}\n{}", written.replace('\r', "␍"))
}

fn configuration(name: &str) -> String {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/setup/configurations");
    std::fs::read_to_string(directory.join(name)).unwrap()
}

fn settings(document: &Document) -> Settings {
    let read = |path: &Path| match path.to_str() {
        Some("/etc/openvpn/server/site.conf") => Ok("reneg-sec 0\nhand-window 90\n".to_owned()),
        Some("/etc/openvpn/server/pam-part.conf") => {
            Ok("verb 3\nplugin openvpn-plugin-auth-pam.so login\n".to_owned())
        }
        _ => Err("No such file or directory (os error 2)".to_owned()),
    };
    Settings::collect(document, Path::new("/etc/openvpn/server"), &read)
}

fn wanted(management: bool, version: Version) -> Wanted {
    Wanted {
        plugin: "/usr/lib/x86_64-linux-gnu/openvpn/plugins/authx-openvpn-plugin.so".into(),
        socket: "/run/authx-openvpn/agent.sock".into(),
        token_secret: "/etc/openvpn/server/server-auth-token.key".into(),
        management: management.then(|| Management {
            path: "/run/authx-openvpn/server.sock".into(),
            user: "authx-openvpn".into(),
        }),
        kept_plugins: vec![],
        since_2_6: version.can_ask(),
    }
}

const NEW: Version = Version::new(2, 6, 21);

#[test]
fn every_configuration_gets_its_changes_and_reasons() {
    let names = [
        "chroot.conf",
        "client.conf",
        "debian_sample.conf",
        "include_with_plugin.conf",
        "includes.conf",
        "install_script.conf",
        "management_daemon.conf",
        "management_socket.conf",
        "pam.conf",
        "pam_google_authenticator.conf",
        "script.conf",
        "tuned.conf",
        "two_plugins.conf",
        "windows_endings.conf",
    ];
    for name in names {
        insta::assert_snapshot!(name.trim_end_matches(".conf"), show(name, false, NEW));
    }
}

#[test]
fn a_management_socket_is_added_where_none_is() {
    insta::assert_snapshot!("added_management", show("install_script.conf", true, NEW));
    let kept = show("management_socket.conf", true, NEW);
    assert!(!kept.contains("+ management "), "{kept}");
}

#[test]
fn an_older_openvpn_gets_what_it_understands() {
    insta::assert_snapshot!(
        "openvpn_2_5",
        show("install_script.conf", false, Version::new(2, 5, 11))
    );
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,30}",
        "(server 10.8.0.0 255.255.255.0|reneg-sec 0|reneg-sec 900|hand-window 2000|verb 3)",
        "(auth-gen-token( [0-9]{0,4}){0,2}( external-auth)?|management /run/m unix|inactive 1)",
        "plugin (openvpn-plugin-auth-pam.so login|authx-openvpn-plugin.so /x|a.so)( #.*)?",
        Just("<ca>\nplugin x.so\n</ca>".to_owned()),
        Just("#authx# reneg-sec 0".to_owned()),
        "\\PC{0,12}",
    ]
}

proptest! {
    /// Whatever a configuration says: what is written into it can be taken out to the byte, writing
    /// twice is writing once, and what it sets needs no second change.
    #[test]
    fn what_is_written_is_taken_back_to_the_byte(
        lines in prop::collection::vec(line(), 0..12),
        crlf in any::<bool>(),
        newline_at_end in any::<bool>(),
        management in any::<bool>(),
    ) {
        let end = if crlf { "\r\n" } else { "\n" };
        let text = lines.join("\n").replace('\n', end) + if newline_at_end { end } else { "" };
        let Ok(document) = Document::parse(&text) else { return Ok(()) };
        let wanted = wanted(management, NEW);
        // Marks without their block are not ours; nothing is planned then.
        let Ok(None) = unmark(&document) else { return Ok(()) };
        let plan = Plan::make(&document, &settings(&document), &wanted);
        let written = plan.apply(&document);
        let marked = Document::parse(&written).unwrap();
        let back = unmark(&marked).unwrap().unwrap_or_else(|| written.clone());
        prop_assert_eq!(&back, &text);
        if plan.obstacles.is_empty() {
            let again = Plan::make(&marked, &settings(&marked), &wanted);
            prop_assert_eq!(again.changes, vec![]);
        }
    }
}
