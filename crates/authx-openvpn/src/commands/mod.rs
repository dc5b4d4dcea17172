//! The command line.

mod pam_check;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Signs OpenVPN's users in with AuthX.
#[derive(Debug, Parser)]
#[command(name = "authx-openvpn", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check one password by PAM; started by systemd or the agent
    #[command(hide = true)]
    PamCheck,
}

/// Runs what the command line asks for.
pub fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::PamCheck => pam_check::run(),
    }
}
