//! `authx restore`.

use super::{Global, Output, opened::actor, typed};
use crate::{
    backup::{Restored, Wish, restore},
    clock::SystemClock,
    random::OsRandom,
};
use anyhow::Context as _;
use authx_core::recovery::RecoveryKey;
use clap::Args;
use std::{fmt::Write as _, path::PathBuf, process::ExitCode};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The backup; its recovery key is asked for, or read from standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Set a database aside that is not empty
    #[arg(long)]
    replace: bool,
    /// The clock is right although entries of the backup are dated later
    #[arg(long)]
    accept_clock: bool,
}

pub(super) async fn run(global: &Global, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let text = typed::recovery_key().await?;
    let key = RecoveryKey::parse(text.trim()).context("this is no recovery key")?;
    let wish = Wish {
        backup: &arguments.file,
        key: &key,
        config_file: &global.config,
        replace: arguments.replace,
        accept_clock: arguments.accept_clock,
        by: &actor(),
    };
    restore(&wish, &SystemClock, &OsRandom).await?.write(global.json)?;
    Ok(ExitCode::SUCCESS)
}

impl Output for Restored {
    fn text(&self) -> String {
        let Self { backup, from, rows, database, set_aside, put_back, lost } = self;
        let backup = String::from(*backup);
        let mut text = format!("restored {rows} rows of {backup} ({from}) into {database}\n");
        // Writing to a String cannot fail.
        for path in put_back {
            let _ = writeln!(text, "put back {}", path.display());
        }
        if let Some(aside) = set_aside {
            let _ = writeln!(text, "what was there before is in {aside}");
        }
        let taken = [
            (lost.open_logins, "open login(s) ended"),
            (lost.sessions, "remembered sign-in(s) ended"),
            (
                lost.recovery_codes,
                "set(s) of recovery codes gone: `authx user recovery` makes new ones",
            ),
            (lost.pending_codes, "authenticator app(s) not confirmed yet: offer them again"),
            (lost.unreadable, "factor(s) that could not be opened: their users enrol again"),
            (lost.invitations, "invitation(s) gone: `authx user invite` makes new ones"),
            (lost.pending_phones, "phone(s) not confirmed yet: invite their users again"),
        ];
        for (count, what) in taken.into_iter().filter(|(count, _)| *count > 0) {
            let _ = writeln!(text, "{count} {what}");
        }
        text.push_str(
            "codes of authenticator apps up to now count as used: wait for the next one\n",
        );
        text
    }
}
