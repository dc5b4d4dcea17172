//! `xtask bench`: how fast AuthX is beside what it is built on, on this machine, in one run.
//!
//! Every verification is a real one: a signed request with the right code of a user who has not
//! used it yet, durable before the answer, whose signature and verdict are checked. Requests are
//! signed before the clock runs and answers are checked after it stopped, so that the time between
//! belongs to the server; caller and server share the machine's cores.

pub(crate) mod bare;
mod client;
mod deeds;
mod direct;
mod figures;
mod lines;
mod phones;
mod polls;
mod portal;
mod process;
mod report;
mod requests;
mod sides;
mod world;

use anyhow::Context as _;
use clap::Args;
use figures::Figures;
use report::Report;
use sides::{Bare, Side};
use std::{path::PathBuf, process::ExitCode, time::Duration};
use tokio::runtime::Runtime;
use world::{Kind, World};

#[derive(Args, Clone, Debug)]
pub(crate) struct Arguments {
    /// The server program, built for release
    #[arg(long, default_value = "target/release/authx")]
    authx: PathBuf,
    /// Seconds of each measurement; up to 1 means only to see whether everything works
    #[arg(long, env = "BENCH_SECS", default_value_t = 3.0)]
    secs: f64,
    /// Only what concerns phones
    #[arg(long, env = "BENCH_PHONES")]
    phones: bool,
    /// How many wait; as many as a real measurement has, or a few in a short one, if not given
    #[arg(long)]
    callers: Option<usize>,
    /// Only the portal's pages
    #[arg(long, env = "BENCH_PORTAL")]
    portal: bool,
    /// Where databases may be made in PostgreSQL; left out if not given
    #[arg(long, env = "AUTHX_TEST_POSTGRES")]
    postgres: Option<String>,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct LoadArguments {
    #[command(flatten)]
    bench: Arguments,
    /// Connections
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Measurements, one after the other
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

/// How much is measured.
#[derive(Clone, Copy)]
struct Extent {
    time: Duration,
    rounds: usize,
    users: usize,
    many_users: usize,
    callers: usize,
    samples: usize,
}

impl Arguments {
    fn extent(&self) -> anyhow::Result<Extent> {
        let time = Duration::try_from_secs_f64(self.secs).context("BENCH_SECS")?;
        let extent = if time <= Duration::from_secs(1) {
            let (users, many_users, callers) = (4_000, 10_000, 500);
            Extent { time, rounds: 1, users, many_users, callers, samples: 50 }
        } else {
            let (users, many_users, callers) = (60_000, 1_000_000, 10_000);
            Extent { time, rounds: 3, users, many_users, callers, samples: 500 }
        };
        Ok(Extent { callers: self.callers.unwrap_or(extent.callers), ..extent })
    }
}

/// Measures everything and prints the report.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let runtime = Runtime::new()?;
    let extent = arguments.extent()?;
    if arguments.portal {
        portal::measure(&runtime, arguments, extent, &mut std::io::stdout().lock())?;
        return Ok(ExitCode::SUCCESS);
    }
    if !arguments.phones {
        logins(&runtime, arguments, extent)?;
        portal::measure(&runtime, arguments, extent, &mut std::io::stdout().lock())?;
    }
    phones::measure(&runtime, arguments, extent, &mut std::io::stdout().lock())?;
    Ok(ExitCode::SUCCESS)
}

/// Measures everything but phones and prints the report.
fn logins(runtime: &Runtime, arguments: &Arguments, extent: Extent) -> anyhow::Result<()> {
    let mut report = Report::new(extent);
    let mut sides = vec![Side::start(runtime, arguments, None, false, extent.users)?];
    if let Some(postgres) = &arguments.postgres {
        sides.push(Side::start(runtime, arguments, Some(postgres), false, extent.users)?);
    }
    let mut tls = Side::start(runtime, arguments, None, true, extent.users)?;
    let bare = Bare::start(runtime, &mut sides)?;
    for side in &sides {
        report.idle.push(side.server.memory()?);
    }
    for _ in 0..extent.rounds {
        for (at, connections) in CONNECTIONS.into_iter().enumerate() {
            report.bare.add(at, bare.measure(&sides, connections, extent.time)?);
            for (side, figures) in sides.iter_mut().zip(&mut report.sides) {
                figures.server.add(at, side.verify(connections, extent.time)?);
                figures.rows.add(at, side.commit_rows(connections, extent.time)?);
                figures.small.add(at, side.commit_small(connections, extent.time)?);
            }
        }
        report.tls.add(CONNECTIONS.len() - 1, tls.verify(64, extent.time)?);
    }
    for side in &sides {
        report.loaded.push(side.server.memory()?);
    }
    drop(tls);
    for side in sides {
        report.waiting.push(side.wait(arguments, extent)?);
    }
    report.begin(&mut std::io::stdout().lock())?;
    report.growth = Some(growth(runtime, arguments, extent)?);
    report.finish(&mut std::io::stdout().lock())
}

/// Keeps one server busy, for a look at it with a profiler.
pub(crate) fn load(arguments: &LoadArguments) -> anyhow::Result<ExitCode> {
    use std::io::Write as _;
    let LoadArguments { bench, connections, rounds } = arguments;
    let (runtime, extent) = (Runtime::new()?, bench.extent()?);
    let postgres = bench.postgres.as_deref();
    let mut side = Side::start(&runtime, bench, postgres, false, extent.users)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "server process {}", side.server.id())?;
    for _ in 0..*rounds {
        writeln!(out, "{}", side.verify(*connections, extent.time)?)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Processor time of a verification among few and among many users, in microseconds.
fn growth(
    runtime: &Runtime,
    arguments: &Arguments,
    extent: Extent,
) -> anyhow::Result<[(usize, Figures); 2]> {
    let counts = [1_000, extent.many_users];
    let mut sides = vec![];
    for users in counts {
        sides.push(Side::start(runtime, arguments, None, false, users)?);
    }
    let mut found = [Figures::default(), Figures::default()];
    for _ in 0..GROWTH_ROUNDS {
        for (side, figures) in sides.iter_mut().zip(&mut found) {
            figures.add(side.verify_spread(1_000)?);
        }
    }
    let [few, many] = found;
    let [few_users, many_users] = counts;
    Ok([(few_users, few), (many_users, many)])
}

const CONNECTIONS: [usize; 3] = [1, 8, 64];
const GROWTH_ROUNDS: usize = 15;
