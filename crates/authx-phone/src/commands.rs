//! The command line of the authenticator.

mod answer;
mod codes;
mod device;
mod enrol;
mod history;
mod known;
mod list;
mod moving;
mod qr;
mod shown;
mod watch;
mod world;

use crate::store::Store;
use anyhow::Context as _;
use authx_program::output;
use clap::{Args, CommandFactory as _, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

/// An authenticator for the command line: codes, and answers to sign-ins that wait
#[derive(Debug, Parser)]
#[command(name = "authx-phone", version)]
struct Arguments {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every command understands.
#[derive(Args, Clone, Debug)]
struct Global {
    /// The directory of the accounts; by default `authx-phone` in `$XDG_STATE_HOME` or ~/.local/state
    #[arg(long, global = true, value_name = "DIR", env = "AUTHX_PHONE_STORE")]
    store: Option<PathBuf>,
    /// Write the answer as JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Let a sign-in in: it is yours, and you see its number
    Approve(answer::Approve),
    /// Show a code for a client that can show nothing itself
    Code(answer::Which),
    /// Show the codes of your accounts; needs no network
    Codes(codes::Arguments),
    /// Finish an enrolment that was left at its four words
    Confirm(enrol::ConfirmArguments),
    /// Refuse a sign-in that is yours: you changed your mind
    Deny(answer::Which),
    /// End the session that an approval left: you did not mean it
    End(history::End),
    /// Add an account, from an invitation or from another phone
    Enrol(enrol::Arguments),
    /// Refuse a sign-in that is not yours, and tell the administrators
    Fraud(answer::Which),
    /// Sign-ins that are over, newest first
    History(history::Arguments),
    /// The accounts on this machine
    List(list::Arguments),
    /// Let another phone take accounts over
    Move(moving::Arguments),
    /// Give up an account on this machine
    Remove(device::Remove),
    /// Say what this machine is called
    Rename(device::Rename),
    /// Print sign-ins that wait for an answer, as they come
    Watch(watch::Arguments),
}

/// What a command came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Done {
    /// Everything that was asked for.
    Yes,
    /// Not all of it; what was missing has been said.
    Partly,
    /// Nothing waits for an answer.
    NothingWaits,
}

/// Every command and what it takes, for those who describe or complete them.
pub fn definition() -> clap::Command {
    Arguments::command()
}

/// Runs what the command line asks for. Exit codes: 0 done, 1 not done, 2 not understood, 3 nothing
/// waits.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(Done::Yes) => ExitCode::SUCCESS,
        Ok(Done::Partly) => ExitCode::FAILURE,
        Ok(Done::NothingWaits) => ExitCode::from(NOTHING_WAITS),
        Err(error) => {
            // One line, causes after colons, each said once.
            output::complain("authx-phone", &format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(Arguments { global, command }: Arguments) -> anyhow::Result<Done> {
    // Another install is no error.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the runtime cannot start")?;
    let directory = match &global.store {
        Some(directory) => directory.clone(),
        None => {
            world::state_directory().context("say where accounts are kept, with --store DIR")?
        }
    };
    let (store, ends_quietly) = (Store::at(directory), matches!(command, Command::Watch(_)));
    runtime.block_on(async {
        let mut terminated = signal(SignalKind::terminate()).context("no signal can be heard")?;
        tokio::select! {
            done = Box::pin(dispatch(&global, &store, command)) => done,
            _ = tokio::signal::ctrl_c() => interrupted(ends_quietly),
            _ = terminated.recv() => interrupted(ends_quietly),
        }
    })
}

async fn dispatch(global: &Global, store: &Store, command: Command) -> anyhow::Result<Done> {
    use crate::Answer::{Deny, Fraud};
    match command {
        Command::Approve(arguments) => answer::approve(global, store, &arguments).await,
        Command::Code(which) => answer::code(global, store, &which).await,
        Command::Codes(arguments) => codes::run(global, store, &arguments),
        Command::Confirm(arguments) => enrol::confirm(global, store, &arguments).await,
        Command::Deny(which) => answer::refuse(global, store, &which, Deny).await,
        Command::End(arguments) => history::end(global, store, &arguments).await,
        Command::Enrol(arguments) => enrol::run(global, store, arguments).await,
        Command::Fraud(which) => answer::refuse(global, store, &which, Fraud).await,
        Command::History(arguments) => history::run(global, store, &arguments).await,
        Command::List(arguments) => list::run(global, store, &arguments).await,
        Command::Move(arguments) => moving::run(global, store, &arguments).await,
        Command::Remove(arguments) => device::remove(global, store, &arguments).await,
        Command::Rename(arguments) => device::rename(global, store, &arguments).await,
        Command::Watch(arguments) => watch::run(global, store, &arguments).await,
    }
}

/// Watching has no other end than this.
fn interrupted(ends_quietly: bool) -> anyhow::Result<Done> {
    if ends_quietly { Ok(Done::Yes) } else { anyhow::bail!("interrupted") }
}

const NOTHING_WAITS: u8 = 3;
