//! The command line: translates between people and use cases, decides nothing.

mod application;
mod audit;
mod backup;
mod config;
mod doctor;
mod group;
mod init;
mod log;
mod mail;
mod opened;
mod phone;
mod policy;
mod portal;
mod restore;
mod serve;
mod table;
mod tenant;
mod typed;
mod user;

use anyhow::Context as _;
use authx_program::output::{self, Output};
use clap::{Args, CommandFactory as _, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// A second factor for OpenVPN, on your own machine.
#[derive(Debug, Parser)]
#[command(name = "authx", version)]
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
        env = "AUTHX_CONFIG",
        default_value = "/etc/authx/authx.toml"
    )]
    pub(crate) config: PathBuf,
    /// Write the answer as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say what is protected, and by which keys
    Application(application::Arguments),
    /// Verify the record
    #[command(subcommand)]
    Audit(audit::Command),
    /// Copy everything, sealed to the recovery key, while the server serves
    Backup(backup::Arguments),
    /// Look at the configuration
    #[command(subcommand)]
    Config(config::Command),
    /// Check everything an installation depends on
    Doctor(doctor::Arguments),
    /// Say who belongs together, to ask of them what is not asked of others
    Group(group::Arguments),
    /// Set up what is missing: configuration, keys, database
    Init(init::Arguments),
    /// Read the record: what happened, newest last
    Log(log::Arguments),
    /// Try whether mail arrives
    #[command(subcommand)]
    Mail(mail::Command),
    /// Take phones from their users, or call them something else
    Phone(phone::Arguments),
    /// Say who may use what
    Policy(policy::Arguments),
    /// Let somebody into the portal, and say as what
    Portal(portal::Arguments),
    /// Make an installation out of a backup, while the server is stopped
    Restore(restore::Arguments),
    /// Run the server
    Serve,
    /// Companies that share this installation
    #[command(subcommand)]
    Tenant(tenant::Command),
    /// Say who may sign in, and with what
    User(user::Arguments),
}

/// Every command and what it takes, for those who describe or complete them.
pub fn definition() -> clap::Command {
    Arguments::command()
}

/// Runs what the command line asks for. Exit codes: 0 done, 1 not done, 2 not understood.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(code) => code,
        Err(error) => {
            // One line, causes after colons, each said once.
            output::complain("authx", &format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(Arguments { global, command }: Arguments) -> anyhow::Result<ExitCode> {
    // The two programs' worth of TLS in this one share a provider; a second install is no error.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime cannot start")?;
    runtime.block_on(async {
        match command {
            Command::Application(arguments) => application::run(&global, arguments).await,
            Command::Audit(command) => audit::run(&global, command).await,
            Command::Backup(arguments) => Box::pin(backup::run(&global, &arguments)).await,
            Command::Config(command) => config::run(&global, &command),
            Command::Doctor(arguments) => doctor::run(&global, &arguments).await,
            Command::Group(arguments) => group::run(&global, arguments).await,
            Command::Init(arguments) => init::run(&global, &arguments).await,
            Command::Log(arguments) => Box::pin(log::run(&global, arguments)).await,
            Command::Mail(command) => mail::run(&global, &command).await,
            Command::Phone(arguments) => phone::run(&global, arguments).await,
            Command::Policy(arguments) => policy::run(&global, arguments).await,
            Command::Portal(arguments) => portal::run(&global, arguments).await,
            Command::Restore(arguments) => restore::run(&global, &arguments).await,
            Command::Serve => serve::run(&global).await,
            Command::Tenant(command) => tenant::run(&global, command).await,
            Command::User(arguments) => user::run(&global, arguments).await,
        }
    })
}
