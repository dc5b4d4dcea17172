//! Looks at everything a sign-in depends on, and says what to do.

mod authx;
mod host;
mod login;
mod openvpn;
mod subject;

pub use login::{Asker, Tried, attempt};
pub use subject::Subject;

use crate::config::{Config, FirstFactor};
use serde::Serialize;
use std::path::{Path, PathBuf};
use tokio::task;

/// How one check ended.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// As it should be.
    Ok,
    /// Works; look at it.
    Warn,
    /// Users cannot sign in, or not safely.
    Fail,
}

/// One check.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Check {
    /// What was looked at.
    pub subject: Subject,
    /// How it ended.
    pub state: State,
    /// The exit code that stands for it, if it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<u8>,
    /// What was found.
    pub found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

impl Check {
    fn ok(subject: Subject, found: impl Into<String>) -> Self {
        Self { subject, state: State::Ok, exit_code: None, found: found.into(), advice: None }
    }

    fn warn(subject: Subject, found: impl Into<String>, advice: impl Into<String>) -> Self {
        let advice = Some(advice.into());
        Self { subject, state: State::Warn, exit_code: None, found: found.into(), advice }
    }

    fn fail(subject: Subject, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..Self::failed(subject, found) }
    }

    /// A failure whose text says what to do already.
    pub(crate) fn failed(subject: Subject, found: impl Into<String>) -> Self {
        let exit_code = Some(subject.exit_code());
        Self { subject, state: State::Fail, exit_code, found: found.into(), advice: None }
    }
}

/// What is looked at.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The agent's configuration.
    pub config: PathBuf,
    /// The configurations of OpenVPN servers; empty for those that the agent's names.
    pub server_confs: Vec<PathBuf>,
    /// The program `openvpn`.
    pub openvpn: PathBuf,
    /// Plugins that may stay, as for setup.
    pub kept_plugins: Vec<String>,
}

/// Looks at all of it. Nothing is changed.
pub async fn examine(scope: &Scope) -> Vec<Check> {
    let config = match Config::load(&scope.config) {
        Ok(config) => config,
        Err(error) => return vec![Check::failed(Subject::Configuration, chain(&error))],
    };
    let found = scope.config.display().to_string();
    let mut checks = vec![Check::ok(Subject::Configuration, found)];
    let servers = servers(scope, &config);
    let first_factors = first_factors(&config, &servers);
    checks.extend(authx::check(&config, &first_factors).await);
    let (openvpn, kept) = (scope.openvpn.clone(), scope.kept_plugins.clone());
    let here = task::spawn_blocking(move || {
        let mut checks = host::check(&config, &first_factors);
        checks.push(openvpn::version(&openvpn));
        let server = |conf: &PathBuf| openvpn::check(conf, &config, &openvpn, &kept);
        checks.extend(servers.iter().flat_map(server));
        checks
    });
    match here.await {
        Ok(found) => checks.extend(found),
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
    checks
}

/// The code for the whole: the lowest of what failed, 0 when nothing did.
pub fn exit_code(checks: &[Check]) -> u8 {
    checks.iter().filter_map(|check| check.exit_code).min().unwrap_or(0)
}

fn servers(scope: &Scope, config: &Config) -> Vec<PathBuf> {
    if !scope.server_confs.is_empty() {
        return scope.server_confs.clone();
    }
    // One that is relative belongs to a directory that only OpenVPN knows.
    config.servers().map(|(path, _)| path.to_owned()).filter(|path| path.is_absolute()).collect()
}

/// What is used on this host: by the servers that are looked at, or by any.
fn first_factors(config: &Config, servers: &[PathBuf]) -> Vec<FirstFactor> {
    let settings = |path: &PathBuf| config.server(&path.to_string_lossy());
    let mut used: Vec<_> = servers.iter().map(|path| settings(path).first_factor).collect();
    if used.is_empty() {
        used.push(config.any_server().first_factor);
    }
    used.sort_by_key(|factor| factor.as_str());
    used.dedup();
    used
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    for cause in std::iter::successors(error.source(), |cause| cause.source()) {
        let cause = cause.to_string();
        // Some errors say in their own text what caused them.
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

fn shown(path: &Path) -> std::path::Display<'_> {
    path.display()
}

#[cfg(test)]
mod tests;
