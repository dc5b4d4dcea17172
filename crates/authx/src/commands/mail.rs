//! `authx mail`.

use super::{Global, Output, opened::Opened};
use crate::{admin::letters, mail::Address};
use clap::Subcommand;
use serde::Serialize;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Send one mail that says nothing, now
    Test {
        /// Whom to
        address: Address,
    },
}

#[derive(Serialize)]
struct Sent {
    sent_to: String,
}

pub(super) async fn run(global: &Global, command: &Command) -> anyhow::Result<ExitCode> {
    let Command::Test { address } = command;
    let Opened { app, .. } = Opened::open(global).await?;
    letters::trial(&app, address).await?;
    Sent { sent_to: address.to_string() }.write(global.json)?;
    Ok(ExitCode::SUCCESS)
}

impl Output for Sent {
    fn text(&self) -> String {
        format!("The mail server took a mail to {}; look whether it arrives.\n", self.sent_to)
    }
}
