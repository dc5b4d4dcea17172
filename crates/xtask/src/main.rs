//! Tools for the people who build AuthX; none of this is shipped.

mod house;

use clap::Parser;
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Tools for the people who build AuthX")]
enum Task {
    /// Check what the compiler does not: arrows, room for SQL, lengths, licences.
    House,
}

fn main() -> anyhow::Result<ExitCode> {
    match Task::parse() {
        Task::House => house::check(&mut std::io::stdout().lock()),
    }
}
