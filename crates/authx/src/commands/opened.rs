//! An installation that a command works on, and who works on it.

use super::Global;
use crate::{
    admin::{
        Actor,
        tenants::{self, Tenant},
    },
    app::App,
    config::Config,
};
use rustix::process::getuid;
use std::process::{Command, Stdio};

/// What a command needs to call the use cases.
pub(super) struct Opened {
    pub(super) app: App,
    pub(super) by: Actor,
}

impl Opened {
    /// Opens what the configuration names.
    pub(super) async fn open(global: &Global) -> anyhow::Result<Self> {
        let config = Config::load(&global.config)?;
        // Large, and once a command.
        let app = Box::pin(App::open(&config)).await?;
        Ok(Self { app, by: Actor::new(operator()) })
    }

    /// The tenant that `--tenant` names, or the only one.
    pub(super) async fn tenant(&self, named: Option<&str>) -> anyhow::Result<Tenant> {
        Ok(tenants::find(&self.app, named).await?)
    }
}

/// The account under which the command runs and, where `sudo` says so, the one from which it was
/// called.
fn operator() -> String {
    let name = user_name();
    match std::env::var("SUDO_USER") {
        Ok(caller) if getuid().is_root() && is_plain(&caller) && caller != name => {
            format!("{caller} (as {name})")
        }
        Ok(_) | Err(_) => name,
    }
}

/// As the system's directories know it, of which `/etc/passwd` is only one; else the number.
fn user_name() -> String {
    let number = getuid().as_raw();
    let answer = Command::new("/usr/bin/id").arg("-un").env_clear().stderr(Stdio::null()).output();
    let name = answer.ok().filter(|output| output.status.success());
    let name = name.and_then(|output| String::from_utf8(output.stdout).ok());
    match name.as_deref().map(str::trim_ascii) {
        Some(name) if is_plain(name) => name.to_owned(),
        Some(_) | None => format!("uid {number}"),
    }
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.len() <= 256 && !name.chars().any(char::is_control)
}
