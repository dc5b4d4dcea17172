use super::*;
use proptest::prelude::*;

const ID: &str = "app_01k9zc3q8m4e2v7x5t0b6n1h9d";

/// The example, with what an operator has to fill in.
fn example() -> String {
    EXAMPLE
        .replace("# application_id = \"app_…\"", &format!("application_id = \"{ID}\""))
        .replace("# application_url", "application_url")
}

/// The example, with every key in force but those of a server.
fn full() -> String {
    let keys = [
        "answer_",
        "certificate_",
        "first_",
        "format",
        "level",
        "pending_",
        "service",
        "socket",
        "state_",
        "timeout_",
        "unix_",
    ];
    uncommented(&example(), &keys)
}

fn uncommented(text: &str, keys: &[&str]) -> String {
    keys.iter()
        .fold(text.to_owned(), |text, key| text.replace(&format!("\n# {key}"), &format!("\n{key}")))
}

fn read(text: &str) -> Config {
    Config::parse(text, Path::new("/etc/authx-openvpn")).unwrap()
}

fn faults(text: &str) -> Vec<String> {
    let faults = Config::parse(text, Path::new("/etc")).err().unwrap_or_default();
    faults.iter().map(ToString::to_string).collect()
}

fn changed(from: &str, to: &str) -> String {
    let text = full();
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1)
}

#[test]
fn the_example_needs_an_application_only() {
    let config = read(&example());
    assert_eq!(config.authx.application_id.to_string(), ID);
    let key = SecretFile::Path("/etc/authx-openvpn/application.key".into());
    assert_eq!(config.authx.application_key_file, key);
    assert_eq!(config.authx.unix_socket, None);
    assert_eq!(config.any_server().first_factor, FirstFactor::Authx);
    let missing = faults(EXAMPLE);
    assert_eq!(missing.len(), 2, "{missing:?}");
    assert!(missing.iter().all(|fault| fault.contains("is missing")), "{missing:?}");
}

#[test]
fn what_the_example_remarks_are_the_defaults() {
    let least = format!(
        "[authx]\napplication_id = \"{ID}\"\napplication_key_file = \"application.key\"\n\
         application_url = \"https://mfa.example.com\"\n\
         [pam]\nsocket = \"/run/authx-openvpn/pam.sock\""
    );
    // What has no default is an example only.
    let examples = ["certificate_a", "pending_", "unix_"];
    let kept = |line: &&str| !examples.iter().any(|key| line.starts_with(key));
    let full = full();
    let defaults = full.lines().filter(kept).collect::<Vec<_>>().join("\n");
    let read = |text: &str| format!("{:?}", read(text));
    assert_eq!(read(&least), read(&example()));
    assert_eq!(read(&least), read(&defaults));
}

#[test]
fn what_is_remarked_may_be_used() {
    let config = read(&uncommented(&full(), &["[server", "config", "management"]));
    assert_eq!(config.authx.unix_socket, Some("/run/authx/api.sock".into()));
    let authority = Path::new("/etc/authx-openvpn/authority.pem");
    assert_eq!(config.authx.certificate_authority.as_deref(), Some(authority));
    assert_eq!(config.pam.socket, Some("/run/authx-openvpn/pam.sock".into()));
    let (path, office) = config.servers().next().unwrap();
    assert_eq!(path, Path::new("/etc/openvpn/server/office.conf"));
    assert_eq!(office.name.as_str(), "office");
    assert_eq!(office.management, Some("/run/authx-openvpn/office.sock".into()));
}

#[test]
fn several_addresses_keep_their_order() {
    let two =
        changed("\"https://mfa.example.com\"", "[\"https://b.example\", \"https://a.example\"]");
    let urls = read(&two).authx.application_urls;
    let expected: Vec<Origin> =
        ["https://b.example", "https://a.example"].map(|url| url.parse().unwrap()).into();
    assert_eq!(urls, expected);
}

#[test]
fn a_server_is_found_by_its_configuration() {
    let more = "
        [server.office]
        config = '/etc/openvpn/server/office.conf'
        first_factor = 'certificate'
        certificate_field = 'UID'
        [server.branch]
        config = 'branch.conf'
        pending_secs = 240
        answer_within_secs = 20
        [server.lab]
        config = '/srv/lab/office.conf'";
    let login = changed("first_factor = \"authx\"", "first_factor = \"pam\"");
    let config = read(&(login + more));
    for (variable, name) in [
        ("/etc/openvpn/server/office.conf", "office"),
        ("/srv/lab/office.conf", "lab"),
        ("./server/office.conf", "office"),
        ("lab/office.conf", "lab"),
        ("branch.conf", "branch"),
        ("/anywhere/branch.conf", "branch"),
        ("/tmp/office.conf", "office"),
        ("/tmp/my-branch.conf", "my-branch"),
        ("", "openvpn"),
        ("..", "openvpn"),
    ] {
        assert_eq!(config.server(variable).name.as_str(), name, "{variable}");
    }
    let office = config.server("/etc/openvpn/server/office.conf");
    assert_eq!(office.first_factor, FirstFactor::Certificate);
    assert_eq!((office.certificate_field.as_str(), office.pending_secs), ("UID", Some(300)));
    let branch = config.server("branch.conf");
    assert_eq!(branch.first_factor, FirstFactor::Pam, "as [login] says");
    assert_eq!((branch.pending_secs, branch.answer_within_secs), (Some(240), 20));
    // Not this file, only one of the same name; and `[server.office]` says the whole path.
    assert_eq!(config.server("/tmp/office.conf").first_factor, FirstFactor::Pam);
}

#[test]
fn what_is_wrong_says_what_is_right() {
    for (from, to, complaint) in [
        (
            "application_id",
            "aplication_id",
            "line 6: authx.aplication_id: unknown key; did you mean “application_id”?",
        ),
        (ID, "app_1", "line 6: authx.application_id: not a valid id: expected “app_”"),
        ("\"https://mfa.example.com\"", "[]", "authx.application_url: is missing"),
        ("\"https://mfa.example.com\"", "[\"https://a.example\", 3]", "must be texts in quotes"),
        ("https://mfa", "http://mfa", "“http://” is only for this machine itself"),
        ("\"application.key\"", "7", "must be a text in quotes; it is a number"),
        (
            "first_factor = \"authx\"",
            "first_factor = \"ldap\"",
            "must be \"authx\", \"pam\" or \"certificate\"",
        ),
        (
            "pending_secs = 300",
            "pending_secs = 5",
            "login.pending_secs: must lie between 30 and 900",
        ),
        ("answer_within_secs = 45", "answer_within_secs = 55", "must lie between 10 and 50"),
        ("\"CN\"", "\"C N\"", "must be the name of a field"),
        (
            "service = \"openvpn\"",
            "service = \"../shadow\"",
            "must be the name of a file in /etc/pam.d",
        ),
        ("# [server.office]", "[servers.office]", "servers: unknown key; did you mean “server”?"),
        ("# [server.office]", "server = 3\n", "unknown key"),
        ("# [server.office]", "[server.office]", "server.office.config: is missing"),
        ("# [server.office]", "[server.a]\nconfig = \"a/..\"", "names no file"),
        (
            "# [server.office]",
            "[server.a]\nconfig = \"a\"\nmanagement = \"m\"",
            "must be the whole path",
        ),
        (
            "# [server.office]",
            "[server.a]\nconfig = \"a\"\n[server.b]\nconfig = \"a\"",
            "stands in [server.a] already",
        ),
        (
            "# [server.office]",
            "[server.a]\nconfig = \"a\"\nmanagment = \"/m\"",
            "did you mean “management”?",
        ),
    ] {
        let found = faults(&changed(from, to)).join("\n");
        assert!(found.contains(complaint), "{to}: {found}");
    }
}

proptest! {
    #[test]
    fn no_text_breaks_it(noise in "\\PC{0,60}", at in 0usize..2_500, variable in "\\PC{0,40}") {
        let mut text: Vec<char> = full().chars().collect();
        let at = at.min(text.len());
        text.splice(at..at, noise.chars());
        if let Ok(config) = Config::parse(&text.into_iter().collect::<String>(), Path::new("")) {
            config.server(&variable);
        }
    }
}
