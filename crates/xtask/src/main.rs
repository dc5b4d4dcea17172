//! Tools for the people who build AuthX; none of this is shipped.

mod bench;
mod house;

use clap::Parser;
use std::{net::SocketAddr, process::ExitCode};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Tools for the people who build AuthX")]
enum Task {
    /// Answer every request with spaces: the HTTP stack alone, for `bench`
    #[command(hide = true)]
    Bare { address: SocketAddr, answer_bytes: usize },
    /// Measure AuthX beside what it is built on
    Bench(bench::Arguments),
    /// Check what the compiler does not: arrows, room for SQL, lengths, licences.
    House,
    /// Keep a server busy, for a look at it with a profiler
    Load(bench::LoadArguments),
}

fn main() -> anyhow::Result<ExitCode> {
    match Task::parse() {
        Task::Bare { address, answer_bytes } => {
            bench::bare::serve(address, answer_bytes)?;
            Ok(ExitCode::SUCCESS)
        }
        Task::Bench(arguments) => bench::run(&arguments),
        Task::House => house::check(&mut std::io::stdout().lock()),
        Task::Load(arguments) => bench::load(&arguments),
    }
}
