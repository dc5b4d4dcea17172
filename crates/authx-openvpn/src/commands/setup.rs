//! `authx-openvpn setup`.

use super::Global;
use crate::setup::{self, Action, Outcome, Report, Request};
use authx_program::output::Output;
use clap::Args;
use std::{path::PathBuf, process::ExitCode};

#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The configuration of an OpenVPN server
    #[arg(long, value_name = "FILE")]
    server_conf: PathBuf,
    /// Make the changes, after a backup
    #[arg(long)]
    write: bool,
    /// Take the changes back
    #[arg(long, conflicts_with = "write")]
    undo: bool,
    /// Give the agent a management socket of OpenVPN's, in /run/authx-openvpn
    #[arg(long)]
    management: bool,
    /// The same, elsewhere
    #[arg(long, value_name = "SOCKET")]
    management_socket: Option<PathBuf>,
    /// Who may use the management socket
    #[arg(long, value_name = "USER", default_value = "authx-openvpn")]
    management_user: String,
    /// The plugin's file, where it is not among OpenVPN's plugins
    #[arg(long, value_name = "FILE")]
    plugin: Option<PathBuf>,
    /// The agent's socket, where it is not /run/authx-openvpn/agent.sock
    #[arg(long, value_name = "SOCKET")]
    socket: Option<PathBuf>,
    /// A plugin that may stay because it never answers sign-ins; may be repeated
    #[arg(long, value_name = "NAME")]
    keep_plugin: Vec<String>,
    /// Go on although this OpenVPN has a known hole
    #[arg(long)]
    accept_version: bool,
    /// The program OpenVPN
    #[arg(long, value_name = "PROGRAM", default_value = "openvpn")]
    openvpn: PathBuf,
}

/// Exit code 1 when something is in the way.
pub(super) fn run(global: &Global, arguments: Arguments) -> anyhow::Result<ExitCode> {
    let action = match (arguments.write, arguments.undo) {
        (true, _) => Action::Write,
        (false, true) => Action::Undo,
        (false, false) => Action::Show,
    };
    let request = Request {
        server_conf: arguments.server_conf,
        action,
        plugin: arguments.plugin,
        socket: arguments.socket,
        management: arguments.management || arguments.management_socket.is_some(),
        management_path: arguments.management_socket,
        management_user: arguments.management_user,
        kept_plugins: arguments.keep_plugin,
        accept_version: arguments.accept_version,
        openvpn: arguments.openvpn,
    };
    let report = setup::run(&request)?;
    report.write(global.json)?;
    let is_obstructed = report.outcome == Outcome::Obstructed;
    Ok(if is_obstructed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

impl Output for Report {
    fn text(&self) -> String {
        Self::text(self)
    }
}
