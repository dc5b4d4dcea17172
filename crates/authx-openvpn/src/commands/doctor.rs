//! `authx-openvpn doctor`.

use super::Global;
use crate::config::Config;
use crate::doctor::{Asker, Check, Scope, State, Subject, Tried, attempt, examine, exit_code};
use anyhow::Context as _;
use authx_program::output::Output;
use authx_program::typed;
use clap::Args;
use serde::Serialize;
use std::{path::PathBuf, process::ExitCode};
use zeroize::Zeroizing;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The configuration of an OpenVPN server; may be repeated
    #[arg(long, value_name = "FILE")]
    server_conf: Vec<PathBuf>,
    /// Sign this user in for trial: password and code are asked for, or read from standard input
    #[arg(long, value_name = "USER")]
    login: Option<String>,
    /// A plugin that may stay because it never answers sign-ins; may be repeated
    #[arg(long, value_name = "NAME")]
    keep_plugin: Vec<String>,
    /// The program OpenVPN
    #[arg(long, value_name = "PROGRAM", default_value = "openvpn")]
    openvpn: PathBuf,
}

#[derive(Serialize)]
struct Report {
    state: State,
    exit_code: u8,
    checks: Vec<Check>,
    #[serde(skip_serializing_if = "Option::is_none")]
    login: Option<Tried>,
}

/// Exit code: the lowest of what failed, as the operator's guide lists them.
pub(super) fn run(global: &Global, arguments: Arguments) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime cannot start")?;
    runtime.block_on(Box::pin(report(global, arguments)))
}

async fn report(global: &Global, arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { server_conf: server_confs, login: user, keep_plugin: kept_plugins, openvpn } =
        arguments;
    let server = server_confs.first().map_or_else(String::new, |path| path.display().to_string());
    let scope = Scope { config: global.config.clone(), server_confs, openvpn, kept_plugins };
    let mut checks = examine(&scope).await;
    let mut login = None;
    // Without a configuration there is nobody to ask, which is told already.
    if let (Some(user), Ok(config)) = (user, Config::load(&global.config)) {
        match attempt(&config, &server, &user, &Terminal).await {
            Ok(tried) => {
                let verdict = told(&tried);
                checks.extend((!tried.allowed).then(|| Check::failed(Subject::Login, verdict)));
                login = Some(tried);
            }
            Err(error) => checks.push(Check::failed(Subject::Login, format!("{error:#}"))),
        }
    }
    let state = checks.iter().map(|check| check.state).max().unwrap_or(State::Ok);
    let code = exit_code(&checks);
    Report { state, exit_code: code, checks, login }.write(global.json)?;
    Ok(ExitCode::from(code))
}

struct Terminal;

impl Asker for Terminal {
    async fn ask(&self, question: &str, hidden: bool) -> anyhow::Result<Zeroizing<String>> {
        let answer = typed::answer(question, hidden).await?;
        answer.context("nobody answers: standard input is at its end")
    }

    fn tell(&self, text: &str) {
        eprintln!("{text}");
    }
}

impl Output for Report {
    fn text(&self) -> String {
        let lines = self.checks.iter().map(|check| {
            let state = match check.state {
                State::Ok => "ok  ".to_owned(),
                State::Warn => "warn".to_owned(),
                State::Fail => format!("F{:<3}", check.subject.exit_code()),
            };
            let advice = check.advice.as_ref().map(|advice| format!("\n       → {advice}"));
            format!("{state}  {}: {}{}\n", check.subject, check.found, advice.unwrap_or_default())
        });
        let text: String = lines.collect();
        match &self.login {
            Some(tried) if tried.allowed => {
                format!("{text}ok    {}: {}\n", Subject::Login, told(tried))
            }
            _ => text,
        }
    }
}

fn told(tried: &Tried) -> String {
    let Tried { user, allowed, reason, support_code } = tried;
    let verdict = if *allowed { "would have a tunnel now" } else { "was refused" };
    let reason = reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
    // What users read ends with it already.
    let code = support_code.as_ref().filter(|code| !reason.contains(code.as_str()));
    let code = code.map_or_else(String::new, |code| format!(" [{code}]"));
    format!("{user} {verdict}{reason}{code}")
}
