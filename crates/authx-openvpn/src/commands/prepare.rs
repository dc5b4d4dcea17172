//! `authx-openvpn prepare`.

use super::Global;
use crate::{config::Config, shim_socket::InstanceKey};
use anyhow::Context as _;
use std::{fs, os::unix::fs::PermissionsExt as _, process::ExitCode};

/// What has to be there before systemd opens the socket: its directory, which every OpenVPN process
/// may enter, and the key by which the agent knows plugins.
pub(super) fn run(global: &Global) -> anyhow::Result<ExitCode> {
    let socket = Config::load(&global.config)?.agent.socket;
    let directory = socket.parent().context("agent.socket names no file in a directory")?;
    let name = directory.display();
    if !directory.exists() {
        fs::create_dir_all(directory).with_context(|| format!("{name} cannot be made"))?;
        fs::set_permissions(directory, fs::Permissions::from_mode(0o755))
            .with_context(|| format!("{name} cannot be opened for others"))?;
    }
    InstanceKey::load_or_make(directory)
        .with_context(|| format!("there is no usable key for plugins in {name}"))?;
    Ok(ExitCode::SUCCESS)
}
