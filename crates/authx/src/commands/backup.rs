//! `authx backup`.

use super::{Global, Output, opened::Opened};
use crate::backup::{Made, to_file, to_writer};
use anyhow::{Context as _, bail};
use clap::Args;
use serde::Serialize;
use std::{
    fs,
    io::{self, IsTerminal},
    path::PathBuf,
    process::ExitCode,
};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Where the backup goes; - for standard output
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Write over a file that is there
    #[arg(long)]
    force: bool,
}

#[derive(Serialize)]
struct Done {
    file: String,
    #[serde(flatten)]
    made: Made,
}

/// On standard output goes the backup alone; that it is there says exit code 0.
pub(super) async fn run(global: &Global, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { file, force } = arguments;
    let Opened { app, by } = Opened::open(global).await?;
    let config = fs::read_to_string(&global.config).context("the configuration cannot be read")?;
    if file.as_os_str() == "-" {
        let out = io::stdout();
        if out.is_terminal() {
            bail!("a backup is not for a terminal: send standard output to a file or a program");
        }
        to_writer(&app, &config, &by, out.lock()).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let made = to_file(&app, &config, &by, file, *force).await?;
    Done { file: file.display().to_string(), made }.write(global.json)?;
    Ok(ExitCode::SUCCESS)
}

impl Output for Done {
    fn text(&self) -> String {
        let Self { file, made: Made { rows, bytes, .. } } = self;
        format!("made {file}: {rows} rows, {bytes} bytes, sealed to the recovery key\n")
    }
}
