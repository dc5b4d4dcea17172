//! `authx doctor`.

use super::{Global, Output, opened::Opened};
use crate::admin::clock;
use crate::clock::SystemClock;
use crate::doctor::{Check, State, examine};
use authx_core::wire::login::Rfc3339;
use clap::Args;
use serde::Serialize;
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Vouch for the clock although entries of the record are dated later, and do nothing else
    #[arg(long)]
    accept_clock: bool,
}

#[derive(Serialize)]
struct Accepted {
    accepted: Rfc3339,
    tenants: usize,
}

#[derive(Serialize)]
struct Report {
    state: State,
    checks: Vec<Check>,
}

/// Exit code 1 when something fails; what is only to be looked at does not count.
pub(super) async fn run(global: &Global, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    if arguments.accept_clock {
        let Opened { app, by } = Opened::open(global).await?;
        let (at, tenants) = clock::accept(&app, &by).await?;
        Accepted { accepted: Rfc3339(at), tenants }.write(global.json)?;
        return Ok(ExitCode::SUCCESS);
    }
    let checks = examine(&global.config, Arc::new(SystemClock)).await;
    let state = checks.iter().map(|check| check.state).max().unwrap_or(State::Ok);
    Report { state, checks }.write(global.json)?;
    Ok(if state == State::Fail { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

impl Output for Accepted {
    fn text(&self) -> String {
        let accepted = String::from(self.accepted);
        format!(
            "the clock is accepted as it stands, at {accepted}, for {} tenant(s)\n",
            self.tenants
        )
    }
}

impl Output for Report {
    fn text(&self) -> String {
        let lines = self.checks.iter().map(|check| {
            let state = match check.state {
                State::Ok => "ok",
                State::Warn => "warn",
                State::Fail => "FAIL",
            };
            let advice = check.advice.as_ref().map(|advice| format!("\n        → {advice}\n"));
            let (name, found) = (check.name, &check.found);
            format!("{state:<5} {name}: {found}{}", advice.unwrap_or_else(|| "\n".to_owned()))
        });
        lines.collect()
    }
}
