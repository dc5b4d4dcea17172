//! Checks everything an installation depends on, and says what to do.

mod acme;
mod address;
mod certificate;
mod mail;
mod push;

use crate::clock::{Clock, ClockGuard, Synchronisation, synchronisation};
use crate::config::{Config, ConfigError, Database, SecretFile, Tls};
use crate::health;
use crate::keys::{self, Keys, KeysError};
use crate::store::{Store, events};
use authx_program::cause::chain;
use serde::Serialize;
use std::path::Path;
use std::sync::Arc;

/// How one check ended.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// As it should be.
    Ok,
    /// Works today; look at it.
    Warn,
    /// The server does not work, or not safely.
    Fail,
}

/// One check.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// How it ended.
    pub state: State,
    /// What was found.
    pub found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

impl Check {
    fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, state: State::Ok, found: found.into(), advice: None }
    }

    fn warn(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, state: State::Warn, found: found.into(), advice: Some(advice.into()) }
    }

    fn fail(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, state: State::Fail, found: found.into(), advice: Some(advice.into()) }
    }

    /// A failure whose message says what to do already.
    fn error(name: &'static str, error: &(dyn std::error::Error + 'static)) -> Self {
        Self { name, state: State::Fail, found: chain(error), advice: None }
    }
}

/// Checks an installation; nothing is changed but the database's schema, which is brought up to
/// date as a start of the server would do.
pub async fn examine(config_file: &Path, clock: Arc<dyn Clock>) -> Vec<Check> {
    // Large, and once a command.
    Box::pin(examined(config_file, clock)).await
}

async fn examined(config_file: &Path, clock: Arc<dyn Clock>) -> Vec<Check> {
    let config = match Config::load(config_file) {
        Ok(config) => config,
        Err(error) => return vec![without_config(&error)],
    };
    let mut checks = vec![Check::ok("configuration", config_file.display().to_string())];
    checks.push(key("master key", &config.master_key_file, |file| keys::master(file).map(drop)));
    checks.push(key("audit key", &config.audit_key_file, |file| keys::audit(file).map(drop)));
    let store = match open(&config).await {
        Ok(store) => Some(store),
        Err(check) => {
            checks.push(check);
            None
        }
    };
    if let Some(store) = &store {
        checks.push(writable(store, &config, clock.as_ref()).await);
        checks.extend(belonging(store, &config).await);
    }
    checks.extend(time(store.as_ref(), &config, clock.clone()).await);
    match &config.listen.tls {
        Tls::Acme(acme) => checks.extend(acme::check(acme, &config, clock.now())),
        Tls::Files { certificate_file, key_file } => {
            checks.extend(certificate::check(certificate_file, key_file, &config, clock.now()));
        }
        Tls::Proxy => {}
    }
    checks.extend(address::check(&config.listen));
    let stored = store.as_ref().zip(Keys::load(&config).ok());
    checks.extend(mail::check(config.mail.as_ref()).await);
    checks.extend(push::check(&config.push, stored).await);
    checks
}

fn without_config(error: &ConfigError) -> Check {
    Check::error("configuration", error)
}

fn key(
    name: &'static str,
    file: &SecretFile,
    read: impl Fn(&SecretFile) -> Result<(), KeysError>,
) -> Check {
    match read(file) {
        Ok(()) => Check::ok(name, format!("{file}, readable by its owner only")),
        Err(error) => Check::error(name, &error),
    }
}

async fn open(config: &Config) -> Result<Store, Check> {
    let url = config.database.url().map_err(|error| Check::error(DATABASE, &error))?;
    // Opening would make an empty one, which hides that the right one is elsewhere.
    if let Database::Url(url) = &config.database
        && let Some(path) = url.strip_prefix("sqlite:")
        && !Path::new(path).exists()
    {
        let advice = "run `authx init`, or correct `database` in the configuration";
        return Err(Check::fail(DATABASE, format!("{path} is not there"), advice));
    }
    Store::open(&url).await.map_err(|error| Check::error(DATABASE, &error))
}

async fn writable(store: &Store, config: &Config, clock: &dyn Clock) -> Check {
    match health::write(store, clock.now()).await {
        Ok(()) => {
            let found = format!("{}, schema up to date, writable", config.database.shown());
            Check::ok(DATABASE, found)
        }
        Err(error) => Check::error(DATABASE, &error),
    }
}

/// Only where both keys can be read: otherwise that is what must be put right first.
async fn belonging(store: &Store, config: &Config) -> Option<Check> {
    let keys = Keys::load(config).ok()?;
    Some(match keys.check(store).await {
        Ok(()) => Check::ok("keys", "those of this database"),
        Err(error) => Check::error("keys", &error),
    })
}

async fn time(store: Option<&Store>, config: &Config, clock: Arc<dyn Clock>) -> Vec<Check> {
    let guard = ClockGuard::new(clock, config.clock.require_synchronised);
    if let Some(store) = store
        && let Ok(newest) = events::newest_time(store).await
    {
        guard.refresh(newest);
    }
    let order = match guard.check() {
        Ok(_) => Check::ok("clock", "not before the newest stored entry"),
        Err(problem) => Check::error("clock", &problem),
    };
    let server = "time server";
    let advice = "start chrony or systemd-timesyncd: codes depend on the time";
    let kept = match (synchronisation(), config.clock.require_synchronised) {
        (Synchronisation::Synchronised, _) => Check::ok(server, "the clock is kept by one"),
        (Synchronisation::Unknown, _) => {
            let found = "systemd cannot be asked whether one keeps the clock";
            Check::warn(server, found, "make sure that the host's clock is kept right")
        }
        (Synchronisation::Unsynchronised, true) => {
            Check::fail(server, "none keeps the clock", advice)
        }
        (Synchronisation::Unsynchronised, false) => {
            Check::warn(server, "none keeps the clock", advice)
        }
    };
    vec![order, kept]
}

const DATABASE: &str = "database";

#[cfg(test)]
mod tests;
