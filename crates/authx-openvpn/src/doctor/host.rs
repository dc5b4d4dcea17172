//! This machine: the agent's socket and key, what it remembers, PAM.

use super::{Check, Subject, shown};
use crate::config::{Config, FirstFactor};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketAddrUnix, SocketFlags, SocketType, connect, recv,
    send, socket_with, sockopt,
};
use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

pub(super) fn check(config: &Config, first_factors: &[FirstFactor]) -> Vec<Check> {
    let mut checks = vec![state_dir(&config.agent.state_dir)];
    if first_factors.contains(&FirstFactor::Pam) {
        checks.extend(pam(config));
    }
    checks.extend(socket(&config.agent.socket));
    checks
}

fn state_dir(directory: &Path) -> Check {
    let (subject, name) = (Subject::StateDir, shown(directory));
    let advice = format!("make it the agent's own: install -d -o authx-openvpn -m 0700 {name}");
    let metadata = match fs::metadata(directory) {
        Ok(metadata) if metadata.is_dir() => metadata,
        Ok(_) => return Check::fail(subject, format!("{name} is no directory"), advice),
        Err(error) => return Check::fail(subject, format!("{name}: {error}"), advice),
    };
    if metadata.permissions().mode() & 0o022 != 0 {
        let found = format!("others than the agent may write in {name}");
        return Check::fail(subject, found, format!("chmod go-w {name}"));
    }
    let probe = directory.join(".doctor");
    match fs::write(&probe, "").and_then(|()| fs::remove_file(&probe)) {
        Ok(()) => Check::ok(subject, format!("{name}, writable")),
        Err(error) => Check::fail(subject, format!("{name} is not writable: {error}"), advice),
    }
}

fn pam(config: &Config) -> Vec<Check> {
    let service = config.pam.service.as_str();
    let file = Path::new("/etc/pam.d").join(service);
    let name = shown(&file);
    let there = if file.exists() {
        Check::ok(Subject::Pam, format!("service {service} ({name})"))
    } else {
        // PAM takes `other` then, which refuses everybody on most systems.
        let advice = format!("make it, or name another by pam.service; {DEBIAN_PAM} > {name}");
        Check::fail(Subject::Pam, format!("there is no {name}"), advice)
    };
    let helper = config.pam.socket.as_deref().map(|socket| {
        if is_socket(socket) {
            return Check::ok(Subject::Pam, format!("asked over {}", shown(socket)));
        }
        let advice = "systemctl enable --now authx-openvpn-pam.socket, or leave out pam.socket";
        Check::fail(Subject::Pam, format!("there is no socket {}", shown(socket)), advice)
    });
    std::iter::once(there).chain(helper).collect()
}

fn socket(socket: &Path) -> Vec<Check> {
    let directory = socket.parent().unwrap_or(Path::new("/"));
    let mut checks = vec![enterable(directory)];
    let key = instance_key(&directory.join("instance.key"));
    let key = match key {
        Ok(key) => {
            checks.push(Check::ok(Subject::InstanceKey, shown(directory).to_string()));
            Some(key)
        }
        Err(check) => {
            checks.push(check);
            None
        }
    };
    checks.push(agent(socket, key));
    checks
}

/// OpenVPN gives its rights up after the plugin opened the directory, and enters it again for each
/// new connection, as nobody.
fn enterable(directory: &Path) -> Check {
    let (subject, name) = (Subject::SocketDirectory, shown(directory));
    let advice = format!(
        "every user must be able to enter it and nobody but the agent to write there: chmod 0755 \
         {name}"
    );
    let metadata = match fs::metadata(directory) {
        Ok(metadata) => metadata,
        Err(error) => {
            let advice = "start the agent: systemctl enable --now authx-openvpn.socket";
            return Check::fail(subject, format!("{name}: {error}"), advice);
        }
    };
    match metadata.permissions().mode() & 0o7777 {
        mode if mode & 0o001 == 0 => {
            let found = format!("OpenVPN's user cannot enter {name} (mode {mode:04o})");
            Check::fail(subject, found, advice)
        }
        mode if mode & 0o022 != 0 => {
            let found = format!("others can put a socket of theirs into {name} (mode {mode:04o})");
            Check::fail(subject, found, advice)
        }
        _ => Check::ok(subject, format!("{name}, open to OpenVPN's user")),
    }
}

fn instance_key(file: &Path) -> Result<[u8; 32], Check> {
    let (subject, name) = (Subject::InstanceKey, shown(file));
    let fail = |found: String, advice: &str| Check::fail(subject, found, advice);
    let text = fs::read_to_string(file).map_err(|error| {
        let advice = if error.kind() == ErrorKind::PermissionDenied {
            "run this as root"
        } else {
            "authx-openvpn prepare makes it; restart OpenVPN then"
        };
        fail(format!("{name}: {error}"), advice)
    })?;
    let mode = fs::metadata(file).map_or(0, |metadata: Metadata| metadata.mode());
    if mode & 0o077 != 0 {
        let advice = "remove it, run authx-openvpn prepare, restart the agent, then OpenVPN";
        return Err(fail(format!("others can read {name} (mode {:04o})", mode & 0o7777), advice));
    }
    let bytes = unhex(text.trim_end_matches('\n'));
    bytes.ok_or_else(|| {
        let advice = "remove it, run authx-openvpn prepare, restart the agent, then OpenVPN";
        fail(format!("{name} holds no key: 64 hexadecimal digits"), advice)
    })
}

fn unhex(digits: &str) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    if digits.len() != 64 || !digits.is_ascii() {
        return None;
    }
    for (at, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(key)
}

/// Greets as a plugin does: whoever is turned away is told so at once, others hear nothing.
fn agent(socket: &Path, key: Option<[u8; 32]>) -> Check {
    let (subject, name) = (Subject::Agent, shown(socket));
    let start = "start it: systemctl enable --now authx-openvpn.socket";
    if !is_socket(socket) {
        return Check::fail(subject, format!("there is no socket {name}"), start);
    }
    if fs::metadata(socket).is_ok_and(|metadata| metadata.mode() & 0o002 == 0) {
        let found = format!("OpenVPN's user may not connect to {name}");
        return Check::fail(subject, found, "chmod 0666 it; the instance key keeps strangers out");
    }
    let Some(key) = key else {
        return Check::warn(
            subject,
            format!("{name} was not tried"),
            "see to the instance key first",
        );
    };
    match greet(socket, &key) {
        Ok(None) => Check::ok(subject, format!("takes connections at {name}")),
        Ok(Some(why)) => {
            let advice = "restart the agent, then OpenVPN: they have different keys or versions";
            Check::fail(subject, format!("turns plugins away: {why}"), advice)
        }
        Err(error) => Check::fail(subject, format!("{name}: {error}"), start),
    }
}

fn greet(path: &Path, key: &[u8; 32]) -> io::Result<Option<String>> {
    let flags = SocketFlags::CLOEXEC;
    let socket = socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)?;
    connect(&socket, &SocketAddrUnix::new(path)?)?;
    let version = crate::shim_socket::VERSION.to_be_bytes();
    let who = concat!("authx-openvpn-doctor/", env!("CARGO_PKG_VERSION"));
    let hello = [&b"H"[..], &version, key, who.as_bytes()].concat();
    send(&socket, &hello, SendFlags::NOSIGNAL)?;
    sockopt::set_socket_timeout(&socket, sockopt::Timeout::Recv, Some(PATIENCE))?;
    let mut answer = vec![0; 1_024];
    match recv(&socket, &mut answer[..], RecvFlags::empty()) {
        Ok((0, _)) => Err(io::Error::other("the agent ended the connection")),
        Ok((length, _)) => {
            // `X`, why, then a text for the log.
            let text = answer.get(2..length).unwrap_or_default();
            Ok(Some(String::from_utf8_lossy(text).into_owned()))
        }
        Err(error) if io::Error::from(error).kind() == ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn is_socket(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_socket())
}

/// An agent that turns somebody away does so within a millisecond.
const PATIENCE: Duration = Duration::from_millis(300);
const DEBIAN_PAM: &str = "on Debian: printf '@include common-auth\\n@include common-account\\n'";
