//! `authx log`.

mod export;

use super::{Global, opened::Opened};
use crate::{
    admin::{
        accounts, applications,
        record::{Entry, Filter, Follow, newest},
    },
    app::App,
};
use anyhow::Context as _;
use authx_core::{ApplicationId, TenantId, UserId, reason::Reason, wire::text::SupportCode};
use authx_program::output::{emit, visible};
use clap::{Args, Subcommand};
use serde_json::Value;
use std::{fmt::Write as _, process::ExitCode, time::Duration};

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Whose, by name or id; needed once there are several tenants
    #[arg(long)]
    tenant: Option<String>,
    /// Only about this user: name, alias or id
    #[arg(long)]
    user: Option<String>,
    /// Only what this support code finds
    #[arg(long, value_name = "SUPPORTCODE")]
    code: Option<String>,
    /// Only about this application: name or id
    #[arg(long)]
    application: Option<String>,
    /// At most so many entries, the newest ones
    #[arg(long, value_name = "N", default_value_t = 100)]
    newest: u32,
    /// Go on with what happens from now on
    #[arg(long, short)]
    follow: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Take the record, or a part of it, away as a file; who does so is recorded
    Export(export::Arguments),
}

/// With `--json`, an object a line.
pub(super) async fn run(global: &Global, mut arguments: Arguments) -> anyhow::Result<ExitCode> {
    if let Some(Command::Export(arguments)) = arguments.command.take() {
        return export::run(global, arguments).await;
    }
    let opened = Opened::open(global).await?;
    let tenant = opened.tenant(arguments.tenant.as_deref()).await?.id;
    let filter = filter(&opened, tenant, &arguments).await?;
    let Opened { app, .. } = &opened;
    if !arguments.follow {
        let entries = newest(app, tenant, &filter, arguments.newest).await?;
        if entries.is_empty() && !global.json {
            emit("No entry fits.\n")?;
        }
        show(&entries, global.json)?;
        return Ok(ExitCode::SUCCESS);
    }
    let (entries, mut follow) = Follow::begin(app, tenant, filter, arguments.newest).await?;
    let mut read = show(&entries, global.json)?;
    while read {
        tokio::time::sleep(PAUSE).await;
        read = show(&follow.next().await?, global.json)?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn user(app: &App, tenant: TenantId, text: Option<&str>) -> anyhow::Result<Option<UserId>> {
    let Some(text) = text else { return Ok(None) };
    // By id also somebody who was deleted: the record remains.
    Ok(Some(match text.parse() {
        Ok(id) => id,
        Err(_) => accounts::find(app, tenant, text).await?.id,
    }))
}

async fn application(
    app: &App,
    tenant: TenantId,
    text: Option<&str>,
) -> anyhow::Result<Option<ApplicationId>> {
    let Some(text) = text else { return Ok(None) };
    Ok(Some(match text.parse() {
        Ok(id) => id,
        Err(_) => applications::find(app, tenant, text).await?.id,
    }))
}

async fn filter(
    Opened { app, .. }: &Opened,
    tenant: TenantId,
    arguments: &Arguments,
) -> anyhow::Result<Filter> {
    let user = user(app, tenant, arguments.user.as_deref()).await?;
    let application = application(app, tenant, arguments.application.as_deref()).await?;
    let code = arguments.code.clone().map(SupportCode::try_from).transpose();
    let code = code.map_err(anyhow::Error::msg)?;
    Ok(Filter { user, application, support_code: code.map(String::from) })
}

/// Returns whether anybody still reads.
fn show(entries: &[Entry], json: bool) -> anyhow::Result<bool> {
    let mut text = String::new();
    for entry in entries {
        if json {
            text.push_str(&serde_json::to_string(entry).context("an entry is no JSON")?);
            text.push('\n');
        } else {
            line(entry, &mut text);
        }
    }
    emit(&text)
}

fn line(entry: &Entry, text: &mut String) {
    let at = String::from(entry.at);
    let mut shown = format!("{at:<24}  {:<20}", entry.event);
    let user = entry.user.clone().or_else(|| entry.user_id.map(|id| id.to_string()));
    let application =
        entry.application.clone().or_else(|| entry.application_id.map(|id| id.to_string()));
    let named =
        [("user", user), ("application", application), ("code", entry.support_code.clone())];
    let named: Vec<(&str, Value)> =
        named.into_iter().filter_map(|(key, value)| Some((key, value?.into()))).collect();
    // What the detail repeats of the names is said once.
    let rest = entry.detail.iter().filter(|(_, value)| !named.iter().any(|(_, n)| n == *value));
    // A signed approval is long, and `authx audit verify` reads it: who signed is enough here.
    let signer = |key: &str, value| if key == "approval" { signed_by(value) } else { value };
    let rest = rest.map(|(key, value)| (key.as_str(), signer(key, value)));
    for (key, value) in named.iter().map(|(key, value)| (*key, value)).chain(rest) {
        // Writing to a String cannot fail.
        let _ = write!(shown, " {key}={}", word(value));
    }
    text.push_str(&visible(shown.trim_end()));
    text.push('\n');
    if let Some(reason) = reason(entry) {
        let told = reason.entry();
        let _ = writeln!(text, "{:26}→ {}. {}", "", told.operator, told.action);
    }
}

fn signed_by(approval: &Value) -> &Value {
    approval.get("phone").unwrap_or(approval)
}

/// A text that stands alone is shown as it is, all else as JSON.
fn word(value: &Value) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_.:/@\\+".contains(c);
    match value {
        Value::String(text) if !text.is_empty() && text.chars().all(plain) => text.clone(),
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => value.to_string(),
    }
}

fn reason(entry: &Entry) -> Option<Reason> {
    serde_json::from_value(entry.detail.get("reason")?.clone()).ok()
}

/// How soon a new entry is shown.
const PAUSE: Duration = Duration::from_millis(400);
