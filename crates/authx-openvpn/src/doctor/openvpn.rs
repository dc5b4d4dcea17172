//! OpenVPN: its release, and what a server's configuration lacks.

use super::{Check, Subject, chain, host, shown};
use crate::config::Config;
use crate::setup::{self, Action, Plan, Remark, Request, SetupError};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

pub(super) fn version(program: &Path) -> Check {
    let subject = Subject::OpenvpnVersion;
    let Some(installed) = setup::installed(program) else {
        let found = format!("{} tells no version", shown(program));
        return Check::fail(subject, found, "install OpenVPN, or name the program by --openvpn");
    };
    match installed.judge() {
        Ok(()) => {
            let package = installed.package.map_or_else(String::new, |name| format!(" ({name})"));
            Check::ok(subject, format!("{}{package}", installed.version))
        }
        Err(fault) => Check::failed(subject, fault.to_string()),
    }
}

pub(super) fn check(
    server_conf: &Path,
    config: &Config,
    program: &Path,
    kept_plugins: &[String],
) -> Vec<Check> {
    let name = shown(server_conf);
    let management = config.server(&server_conf.to_string_lossy()).management;
    let kept_plugins = kept_plugins.to_vec();
    let request = Request { kept_plugins, ..request(server_conf, config, program) };
    let plan = match setup::remaining(&request) {
        Ok(plan) => plan,
        Err(error) => return vec![unreadable(server_conf, &error)],
    };
    let mut checks = vec![Check::ok(Subject::ServerConf, name.to_string())];
    let note = |subject, remark: &Remark| {
        let place = remark.place.as_ref().map_or_else(String::new, |place| format!("{place}: "));
        Check::failed(subject, format!("{name}: {place}{}", remark.text))
    };
    checks.extend(plan.obstacles.iter().map(|remark| note(Subject::Obstacle, remark)));
    checks.extend(lines(server_conf, &plan));
    checks.extend(management.map(|socket| reachable(server_conf, &socket)));
    checks
}

fn request(server_conf: &Path, config: &Config, program: &Path) -> Request {
    Request {
        server_conf: server_conf.to_owned(),
        action: Action::Show,
        plugin: None,
        socket: Some(config.agent.socket.clone()),
        management: false,
        management_path: None,
        management_user: String::new(),
        kept_plugins: vec![],
        accept_version: true,
        openvpn: program.to_owned(),
    }
}

fn unreadable(server_conf: &Path, error: &SetupError) -> Check {
    let found = chain(error);
    let name = server_conf.display().to_string();
    let found = if found.contains(&name) { found } else { format!("{name}: {found}") };
    Check::failed(Subject::ServerConf, found)
}

/// What is missing for comfort only is no failure.
fn lines(server_conf: &Path, plan: &Plan) -> Vec<Check> {
    let name = shown(server_conf);
    if plan.changes.is_empty() {
        return vec![Check::ok(Subject::Lines, format!("{name} says what AuthX needs"))];
    }
    let advice = format!("authx-openvpn setup --server-conf {name} --write, then restart OpenVPN");
    let change = |change: &setup::Change| {
        let line = match (&change.new, &change.old) {
            (Some(new), _) => format!("{name} lacks: {new}"),
            (None, Some(old)) => format!("{name} should not say: {old}"),
            (None, None) => name.to_string(),
        };
        let is_comfort =
            change.new.as_ref().is_some_and(|new| new.starts_with("connect-freq-initial"));
        if is_comfort {
            Check::warn(Subject::Lines, line, &*advice)
        } else {
            Check::fail(Subject::Lines, line, &*advice)
        }
    };
    plan.changes.iter().map(change).collect()
}

fn reachable(server_conf: &Path, socket: &PathBuf) -> Check {
    let (subject, name) = (Subject::Management, shown(socket));
    if !host::is_socket(socket) {
        let found = format!("there is no socket {name}");
        let advice = format!(
            "start OpenVPN; its configuration needs `management {name} unix`: authx-openvpn setup \
             --server-conf {} --management-socket {name} --write",
            shown(server_conf)
        );
        return Check::fail(subject, found, advice);
    }
    match UnixStream::connect(socket) {
        Ok(_) => Check::ok(subject, format!("OpenVPN listens on {name}")),
        Err(error) => Check::fail(subject, format!("{name}: {error}"), "is OpenVPN running?"),
    }
}
