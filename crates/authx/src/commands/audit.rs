//! `authx audit`.

mod retention;

use retention::Arguments as Retention;

use super::{Global, Output, opened::Opened};
use crate::admin::audit::{Verification, verify};
use anyhow::{Context as _, bail};
use authx_core::{
    audit::{Report, Witness},
    wire::login::Rfc3339,
};
use clap::Subcommand;
use serde::Serialize;
use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show or set how long the record is kept
    Retention(Retention),
    /// Read the whole record again and say what was done to it; exit code 1 if anything was
    Verify {
        /// What others kept: a witness a line, as `authx audit verify` and every signed answer
        /// tell them; may be given again
        #[arg(long = "witness", value_name = "FILE")]
        witnesses: Vec<PathBuf>,
    },
}

#[derive(Serialize)]
struct Verified {
    intact: bool,
    strays: u64,
    tenants: Vec<Report>,
}

pub(super) async fn run(global: &Global, command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Retention(arguments) => retention::run(global, &arguments).await,
        Command::Verify { witnesses } => verify_all(global, &witnesses).await,
    }
}

async fn verify_all(global: &Global, files: &[PathBuf]) -> anyhow::Result<ExitCode> {
    let mut witnesses = vec![];
    for file in files {
        read(file, &mut witnesses)?;
    }
    let Opened { app, .. } = Opened::open(global).await?;
    let verification = verify(&app, &witnesses).await?;
    let intact = verification.is_intact();
    let Verification { reports, strays } = verification;
    Verified { intact, strays, tenants: reports }.write(global.json)?;
    Ok(if intact { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Blank lines and remarks after `#` are passed over.
fn read(file: &Path, witnesses: &mut Vec<Witness>) -> anyhow::Result<()> {
    let name = file.display();
    let text = std::fs::read_to_string(file).with_context(|| format!("{name} cannot be read"))?;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.split('#').next().unwrap_or_default().trim();
        if !line.is_empty() {
            let witness = line.parse().with_context(|| format!("{name}, line {number}"))?;
            witnesses.push(witness);
        }
    }
    if witnesses.is_empty() {
        bail!("{name} holds no witness");
    }
    Ok(())
}

impl Output for Verified {
    fn text(&self) -> String {
        let mut text: String = self.tenants.iter().map(report).collect();
        // Writing to a String cannot fail.
        if self.strays > 0 {
            let _ = writeln!(text, "! {} tenant id(s) in the record are none", self.strays);
        }
        text.push_str(if self.intact {
            "The record is intact.\n"
        } else {
            "The record was changed.\n"
        });
        text
    }
}

fn report(report: &Report) -> String {
    let Report { tenant, rows, seals, findings, further, unsealed, .. } = report;
    let mut text = format!("{tenant}  {rows} entries under {seals} seals");
    if report.removed > 0 {
        let _ = write!(text, ", {} removed as the policy on the record wants", report.removed);
    }
    if let (Some(since), 1..) = (report.unsealed_since, unsealed) {
        let since = String::from(Rfc3339(since));
        let _ = write!(text, ", {unsealed} not sealed yet, since {since}");
    }
    text.push('\n');
    for finding in findings {
        let _ = writeln!(text, "  ! {finding}");
    }
    if *further > 0 {
        let _ = writeln!(text, "  ! and {further} findings more");
    }
    if let Some(witness) = &report.witness {
        let _ = writeln!(text, "  keep elsewhere for the next time: {witness}");
    }
    text
}
