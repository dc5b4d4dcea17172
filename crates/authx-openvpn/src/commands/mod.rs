//! The command line: translates between people and the rooms, decides nothing.

mod config;
mod doctor;
mod pam_check;
mod prepare;
mod run;
mod setup;

use authx_program::output;
use clap::{Args, CommandFactory as _, Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode};

/// Signs OpenVPN's users in with AuthX.
#[derive(Debug, Parser)]
#[command(name = "authx-openvpn", version)]
struct Arguments {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every command understands.
#[derive(Args, Clone, Debug)]
pub(crate) struct Global {
    /// The configuration file
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "AUTHX_OPENVPN_CONFIG",
        default_value = crate::config::DEFAULT_PATH
    )]
    pub(crate) config: PathBuf,
    /// Write the answer as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Look at the configuration
    #[command(subcommand)]
    Config(config::Command),
    /// Look at everything a sign-in depends on
    Doctor(doctor::Arguments),
    /// Check one password by PAM; started by systemd or the agent
    #[command(hide = true)]
    PamCheck,
    /// Make the directory of the socket and the key for plugins; started by systemd
    #[command(hide = true)]
    Prepare,
    /// Serve OpenVPN until told to stop
    Run,
    /// Put AuthX into an OpenVPN server's configuration, or take it out again
    Setup(setup::Arguments),
}

/// Every command and what it takes, for those who describe or complete them.
pub fn definition() -> clap::Command {
    Arguments::command()
}

/// Runs what the command line asks for. Exit codes: 0 done, 1 not done, 2 not understood; a command
/// may have more.
pub fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            // One line, causes after colons, each said once.
            output::complain("authx-openvpn", &format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Whoever needs a runtime starts one: PAM's modules fork, which threads do not survive.
fn run(Arguments { global, command }: Arguments) -> anyhow::Result<ExitCode> {
    match command {
        Command::Config(command) => config::run(&global, &command),
        Command::Doctor(arguments) => doctor::run(&global, arguments),
        Command::PamCheck => Ok(pam_check::run()),
        Command::Prepare => prepare::run(&global),
        Command::Run => run::run(&global.config),
        Command::Setup(arguments) => setup::run(&global, arguments),
    }
}
