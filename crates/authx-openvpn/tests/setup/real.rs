//! The real OpenVPN takes what is written.

use authx_openvpn::setup::{Action, Outcome, Request, run};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// In place of AuthX's plugin, which may not be built: one that comes with OpenVPN and loads with
/// the same line.
const PLUGINS: &str = "/usr/lib/*/openvpn/plugins/openvpn-plugin-down-root.so";

#[test]
fn a_written_configuration_starts() {
    let Some(plugin) = plugin() else {
        eprintln!("skipped: no OpenVPN with its plugins is installed here");
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    certificate(directory.path());
    fs::copy(plugin, path("authx-openvpn-plugin.so")).unwrap();
    let pam = "plugin openvpn-plugin-auth-pam.so login\nverify-client-cert none";
    let conf = format!(
        "cd \"{}\"\nlocal 127.0.0.1\nport 0\ndev null\ndev-type tun\ntopology subnet\n\
         server 10.8.0.0 255.255.255.0\nca server.crt\ncert server.crt\nkey server.key\ndh none\n\
         ifconfig-noexec\nroute-noexec\nreneg-sec 0\nhand-window 70\nauth-gen-token\n{pam}",
        directory.path().display()
    );
    fs::write(path("server.conf"), &conf).unwrap();
    let request = Request {
        server_conf: path("server.conf"),
        action: Action::Write,
        plugin: Some(path("authx-openvpn-plugin.so")),
        socket: Some(path("agent.sock")),
        management: true,
        management_path: Some(path("management.sock")),
        management_user: "root".into(),
        kept_plugins: vec![],
        // What is asked here is whether it starts, on whatever is installed.
        accept_version: true,
        openvpn: "openvpn".into(),
    };
    let report = run(&request).unwrap();
    assert!(matches!(report.outcome, Outcome::Written { .. }), "{}", report.text());

    let said = start(&path("server.conf"));
    assert!(said.contains("Initialization Sequence Completed"), "{said}");
    run(&Request { action: Action::Undo, ..request }).unwrap();
    assert_eq!(fs::read_to_string(path("server.conf")).unwrap(), conf);
}

/// What OpenVPN says until it serves or gives up.
fn start(conf: &Path) -> String {
    let mut openvpn = Command::new("openvpn")
        .arg("--config")
        .arg(conf)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = String::new();
    for line in BufReader::new(openvpn.stdout.take().unwrap()).lines() {
        said += &(line.unwrap() + "\n");
        if said.contains("Initialization Sequence Completed") {
            break;
        }
    }
    // Not SIGKILL: the plugin's own process would stay.
    let pid = rustix::process::Pid::from_child(&openvpn);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    openvpn.wait().unwrap();
    said
}

fn plugin() -> Option<PathBuf> {
    Command::new("openvpn").arg("--version").output().ok()?;
    let (before, after) = PLUGINS.split_once('*')?;
    let libraries = fs::read_dir(before).ok()?.flatten();
    let plugin =
        |library: fs::DirEntry| PathBuf::from(format!("{}{after}", library.path().display()));
    libraries.map(plugin).find(|plugin| plugin.exists())
}

fn certificate(directory: &Path) {
    let key = rcgen::KeyPair::generate().unwrap();
    let server = rcgen::CertificateParams::new(vec!["server".to_owned()]).unwrap();
    let server = server.self_signed(&key).unwrap();
    fs::write(directory.join("server.crt"), server.pem()).unwrap();
    fs::write(directory.join("server.key"), key.serialize_pem()).unwrap();
}
