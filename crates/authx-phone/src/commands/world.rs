//! What the machine says of itself.

use std::{env, fs, path::PathBuf};

/// Where accounts are kept unless something else is said (XDG Base Directory Specification).
pub(super) fn state_directory() -> Option<PathBuf> {
    let set = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = set("XDG_STATE_HOME").or_else(|| Some(set("HOME")?.join(".local/state")))?;
    Some(state.join("authx-phone"))
}

/// What the machine is called.
pub(super) fn host_name() -> String {
    let system = rustix::system::uname();
    let name = system.nodename().to_string_lossy();
    let name = name.split('.').next().unwrap_or_default();
    if name.is_empty() { "a terminal".to_owned() } else { name.to_owned() }
}

/// What it runs on, as os-release(5) says it.
pub(super) fn platform() -> String {
    let said = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let pretty = said.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    let system = pretty.map_or("Linux", |name| name.trim_matches(['"', '\'']));
    format!("{system} (terminal)")
}
