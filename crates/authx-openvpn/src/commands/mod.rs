//! The command line.

mod pam_check;
mod run;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Signs OpenVPN's users in with AuthX.
#[derive(Debug, Parser)]
#[command(name = "authx-openvpn", version)]
struct Arguments {
    #[arg(long, global = true, env = "AUTHX_OPENVPN_CONFIG", default_value = "x")]
    config: std::path::PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check one password by PAM; started by systemd or the agent
    #[command(hide = true)]
    PamCheck,
    /// Serve OpenVPN
    Run,
}

/// Runs what the command line asks for.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.command {
        Command::PamCheck => pam_check::run(),
        Command::Run => match run::run(&arguments.config) {
            Ok(code) => code,
            Err(error) => {
                authx_program::output::complain("authx-openvpn", &format!("{error:#}"));
                ExitCode::FAILURE
            }
        },
    }
}
