//! `authx log export`.

use super::super::{Global, opened::Opened};
use crate::admin::record::export::{ActionFilter, Format, LoginFilter, What, export};
use anyhow::{Context as _, anyhow};
use authx_core::{Millis, audit::LoginOutcome, wire::login::Rfc3339};
use authx_program::output::emit;
use clap::{Args, ValueEnum};
use std::{
    fs::OpenOptions,
    io::{BufWriter, Write},
    os::unix::fs::OpenOptionsExt as _,
    path::PathBuf,
    process::ExitCode,
};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// What
    #[arg(value_enum)]
    what: Wanted,
    /// Whose, by name or id; needed once there are several tenants
    #[arg(long)]
    tenant: Option<String>,
    /// How: csv for spreadsheets, json for an object a line
    #[arg(long, value_name = "FORMAT", default_value = "csv", value_parser = ["csv", "json"])]
    format: String,
    /// Where to; without it, standard output
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// Only about this user: name, alias or id
    #[arg(long)]
    user: Option<String>,
    /// Only about this application: name or id
    #[arg(long)]
    application: Option<String>,
    /// Only logins that stand so: granted, refused, expired, cancelled, waiting
    #[arg(long)]
    outcome: Option<String>,
    /// Only logins refused for this reason, a word of the catalogue
    #[arg(long)]
    reason: Option<String>,
    /// Only then or later, as in 2026-11-26T00:00:00Z
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Only before then
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Wanted {
    /// What was changed, with what was before and after
    Actions,
    /// Logins, a line each
    Logins,
    /// Every entry as it is recorded; takes no filter
    Record,
}

pub(super) async fn run(global: &Global, arguments: Arguments) -> anyhow::Result<ExitCode> {
    let opened = Opened::open(global).await?;
    let tenant = opened.tenant(arguments.tenant.as_deref()).await?.id;
    let what = what(&opened, tenant, &arguments).await?;
    let format = Format::from_word(&arguments.format).context("no such format")?;
    let mut export = export(&opened.app, &opened.by, tenant, what, format).await?;
    let Some(path) = &arguments.to else {
        while let Some(piece) = export.next(&opened.app).await? {
            if !emit(&String::from_utf8(piece)?)? {
                break;
            }
        }
        return Ok(ExitCode::SUCCESS);
    };
    let failed = || format!("{} cannot be written", path.display());
    // It says who signed in from where: for nobody but its owner.
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = BufWriter::new(file.with_context(failed)?);
    while let Some(piece) = export.next(&opened.app).await? {
        file.write_all(&piece).with_context(failed)?;
    }
    file.flush().with_context(failed)?;
    Ok(ExitCode::SUCCESS)
}

async fn what(
    opened: &Opened,
    tenant: authx_core::TenantId,
    arguments: &Arguments,
) -> anyhow::Result<What> {
    let app = &opened.app;
    let user = super::user(app, tenant, arguments.user.as_deref()).await?;
    let application = super::application(app, tenant, arguments.application.as_deref()).await?;
    let (from, until) = (time(arguments.from.as_deref())?, time(arguments.until.as_deref())?);
    let outcome = match arguments.outcome.as_deref() {
        None => None,
        Some(word) => Some(LoginOutcome::from_word(word).ok_or_else(|| {
            let all: Vec<_> = LoginOutcome::ALL.iter().map(|outcome| outcome.word()).collect();
            anyhow!("“{word}” is no way for a login to stand; there are {}", all.join(", "))
        })?),
    };
    Ok(match arguments.what {
        Wanted::Actions => What::Actions(ActionFilter {
            user,
            application,
            from,
            until,
            ..ActionFilter::default()
        }),
        Wanted::Logins => What::Logins(LoginFilter {
            user,
            application,
            outcome,
            reason: arguments.reason.clone(),
            from,
            until,
            ..LoginFilter::default()
        }),
        Wanted::Record => What::Entries,
    })
}

fn time(text: Option<&str>) -> anyhow::Result<Option<Millis>> {
    let Some(text) = text else { return Ok(None) };
    let Rfc3339(at) = Rfc3339::try_from(text.to_owned())
        .map_err(|error| anyhow!("“{text}” is {error}; write 2026-11-26T00:00:00Z"))?;
    Ok(Some(at))
}
