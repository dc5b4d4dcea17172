//! `authx audit retention`.

use super::super::{Global, Output, opened::Opened};
use crate::admin::retention::{self, Standing};
use anyhow::anyhow;
use authx_core::{audit::Retention, wire::login::Rfc3339};
use clap::Args;
use serde::Serialize;
use std::{fmt::Write as _, process::ExitCode};

/// Without a change, shows what holds.
#[derive(Args, Debug)]
pub(in super::super) struct Arguments {
    /// Whose, by name or id; needed once there are several tenants
    #[arg(long)]
    tenant: Option<String>,
    /// Days for which logins are kept, 30 or more, or `ever`
    #[arg(long, value_name = "DAYS")]
    logins: Option<String>,
    /// Days for which changes are kept, 30 or more, or `ever`
    #[arg(long, value_name = "DAYS")]
    actions: Option<String>,
    /// `on`: nothing is removed, whatever its age; `off`
    #[arg(long, value_name = "ON|OFF", value_parser = ["on", "off"])]
    hold: Option<String>,
}

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    retention: Retention,
    removed: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_removed: Option<Rfc3339>,
}

pub(super) async fn run(global: &Global, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let opened = Opened::open(global).await?;
    let tenant = opened.tenant(arguments.tenant.as_deref()).await?.id;
    let before = retention::standing(&opened.app, tenant).await?.retention;
    let mut new = before;
    if let Some(text) = &arguments.logins {
        new.logins_days = days(text)?;
    }
    if let Some(text) = &arguments.actions {
        new.actions_days = days(text)?;
    }
    if let Some(text) = &arguments.hold {
        new.hold = text == "on";
    }
    if new != before {
        retention::set(&opened.app, &opened.by, tenant, new).await?;
    }
    let Standing { retention, removed, last_removed } =
        retention::standing(&opened.app, tenant).await?;
    let shown = Shown { retention, removed, last_removed: last_removed.map(Rfc3339) };
    shown.write(global.json)?;
    Ok(ExitCode::SUCCESS)
}

fn days(text: &str) -> anyhow::Result<Option<u32>> {
    if text == "ever" {
        return Ok(None);
    }
    let days = text.parse().map_err(|_| anyhow!("“{text}” is no number of days, nor `ever`"))?;
    Ok(Some(days))
}

impl Output for Shown {
    fn text(&self) -> String {
        let kept = |days: Option<u32>| match days {
            None => "for ever".to_owned(),
            Some(days) => format!("for {days} days"),
        };
        let Retention { logins_days, actions_days, hold } = self.retention;
        let mut text =
            format!("Logins are kept {}, changes {}.\n", kept(logins_days), kept(actions_days));
        if hold {
            text.push_str("On hold: nothing is removed.\n");
        }
        if let Some(last) = self.last_removed {
            // Writing to a String cannot fail.
            let last = String::from(last);
            let _ = writeln!(text, "{} entries went so far, the last ones {last}.", self.removed);
        }
        text
    }
}
