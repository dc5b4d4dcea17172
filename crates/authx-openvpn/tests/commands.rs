//! The program's commands, as an operator runs them.
#![expect(clippy::unwrap_used, reason = "this is how a test fails, also in what tests share")]

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Output},
};

fn run(config: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_authx-openvpn"));
    // By the environment as by the option: units use the former.
    command.env("AUTHX_OPENVPN_CONFIG", config).args(arguments);
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8(both).unwrap()
}

fn configuration(directory: &Path) -> String {
    format!(
        r#"[authx]
application_id = "app_01k9zc3q8m4e2v7x5t0b6n1h9d"
application_key_file = "application.key"
application_url = ["https://mfa.example.com", "https://mfa2.example.com"]
[agent]
socket = "{}/run/agent.sock"
[server.office]
config = "/etc/openvpn/server/office.conf"
first_factor = "certificate"
management = "/run/office.sock"
"#,
        directory.display()
    )
}

#[test]
fn the_configuration_is_explained() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("agent.toml");
    fs::write(&file, configuration(directory.path())).unwrap();
    let output = run(&file, &["config", "check"]);
    let said = said(&output).replace(directory.path().to_str().unwrap(), "DIR");
    assert!(output.status.success(), "{said}");
    assert_eq!(
        said,
        "DIR/agent.toml can be used.
  application      app_01k9zc3q8m4e2v7x5t0b6n1h9d
  asks             https://mfa.example.com
  asks             https://mfa2.example.com
  plugin's socket  DIR/run/agent.sock
  /etc/openvpn/server/office.conf: certificate (field CN); management socket /run/office.sock
  other servers: password kept by AuthX; no management socket
"
    );
}

#[test]
fn paths_are_whole_wherever_the_command_is_typed() {
    let directory = tempfile::tempdir().unwrap();
    let text = configuration(Path::new(".")).replace("./run", "run");
    fs::write(directory.path().join("agent.toml"), text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_authx-openvpn"));
    command.current_dir(&directory).args(["--config", "agent.toml", "config", "check"]);
    let said = said(&command.output().unwrap());
    let socket = directory.path().join("run/agent.sock");
    assert!(said.contains(socket.to_str().unwrap()), "{said}");
}

#[test]
fn what_is_wrong_with_the_configuration_is_listed() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("agent.toml");
    let text = configuration(directory.path());
    fs::write(&file, text.replace("management", "managment")).unwrap();
    let output = run(&file, &["config", "check"]);
    assert_eq!(output.status.code(), Some(1));
    let expected = "  line 10: server.office.managment: unknown key; did you mean “management”?\n";
    assert!(said(&output).ends_with(expected), "{}", said(&output));
    let output = run(&file, &["config", "check", "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&json["usable"], &json["faults"][0]["line"]), (&false.into(), &10.into()));

    let output = run(&directory.path().join("absent"), &["config", "check"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("authx-openvpn config example"), "{}", said(&output));
    let output = run(&directory.path().join("absent"), &["config", "example"]);
    assert_eq!(said(&output), authx_openvpn::config::EXAMPLE);
}

#[test]
fn what_has_to_be_there_before_the_socket_is_made_once() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("agent.toml");
    fs::write(&file, configuration(directory.path())).unwrap();
    assert!(run(&file, &["prepare"]).status.success());
    let run_directory = directory.path().join("run");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let key = run_directory.join("instance.key");
    assert_eq!((mode(&run_directory), mode(&key)), (0o755, 0o600));
    let first = fs::read(&key).unwrap();
    assert!(run(&file, &["prepare"]).status.success());
    assert_eq!(fs::read(&key).unwrap(), first, "plugins have read it");

    fs::write(&key, "short").unwrap();
    let output = run(&file, &["prepare"]);
    assert!(
        !output.status.success() && said(&output).contains("instance.key"),
        "{}",
        said(&output)
    );
}
