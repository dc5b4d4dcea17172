//! `authx doctor`.

use super::{Global, Output};
use crate::clock::SystemClock;
use crate::doctor::{Check, State, examine};
use serde::Serialize;
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Serialize)]
struct Report {
    state: State,
    checks: Vec<Check>,
}

/// Exit code 1 when something fails; what is only to be looked at does not count.
pub(super) async fn run(global: &Global) -> anyhow::Result<ExitCode> {
    let checks = examine(&global.config, Arc::new(SystemClock)).await;
    let state = checks.iter().map(|check| check.state).max().unwrap_or(State::Ok);
    Report { state, checks }.write(global.json)?;
    Ok(if state == State::Fail { ExitCode::FAILURE } else { ExitCode::SUCCESS })
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
