//! The command line: translates between people and use cases, decides nothing.

mod config;
mod doctor;
mod init;
mod output;
mod serve;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use output::Output;
use std::path::PathBuf;
use std::process::ExitCode;

/// A second factor for OpenVPN, on your own machine.
#[derive(Debug, Parser)]
#[command(name = "authx", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Look at the configuration
    #[command(subcommand)]
    Config(config::Command),
    /// Check everything an installation depends on
    Doctor(doctor::Arguments),
    /// Set up what is missing: configuration, keys, database
    Init(init::Arguments),
    /// Run the server
    Serve(serve::Arguments),
}

/// Which installation is meant.
#[derive(Args, Clone, Debug)]
pub(crate) struct ConfigFile {
    /// The configuration file
    #[arg(long, value_name = "FILE", default_value = "/etc/authx/authx.toml")]
    pub(crate) config: PathBuf,
}

/// How the answer is written.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Form {
    /// Write the answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Runs what the command line asks for. Exit codes: 0 done, 1 not done, 2 not understood.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments.command) {
        Ok(code) => code,
        Err(error) => {
            // One line, causes after colons, each said once.
            output::complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    // The two programs' worth of TLS in this one share a provider; a second install is no error.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime cannot start")?;
    runtime.block_on(async {
        match command {
            Command::Config(command) => config::run(&command),
            Command::Doctor(arguments) => doctor::run(&arguments).await,
            Command::Init(arguments) => init::run(&arguments).await,
            Command::Serve(arguments) => serve::run(&arguments).await,
        }
    })
}
