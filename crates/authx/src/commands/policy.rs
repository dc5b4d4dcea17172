//! `authx policy`.

use super::{Global, Output, opened::Opened};
use crate::admin::{
    applications,
    policies::{self, Shown, Target},
};
use anyhow::Context as _;
use authx_core::{
    TenantId,
    policy::{Document, Origin},
};
use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    io::Read,
    path::{Path, PathBuf},
    process::ExitCode,
};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Whose, by name or id; needed once there are several tenants
    #[arg(long, global = true)]
    tenant: Option<String>,
    /// Of this application, by name or id, instead of the tenant
    #[arg(long, global = true)]
    application: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Put a document into force, in place of the one before
    Set {
        /// The document, TOML; with --json JSON. “-” is standard input
        #[arg(default_value = "-")]
        file: PathBuf,
    },
    /// Show what is in force and where each value comes from
    Show {
        /// Only what was set here, ready for `policy set`
        #[arg(long)]
        own: bool,
    },
}

/// What is in force.
#[derive(Serialize)]
struct InForce {
    document: Document,
    effective: Document,
    origins: BTreeMap<&'static str, Origin>,
    #[serde(skip)]
    toml: String,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Own {
    document: Document,
    #[serde(skip)]
    toml: String,
}

pub(super) async fn run(global: &Global, arguments: Arguments) -> anyhow::Result<ExitCode> {
    let opened = Opened::open(global).await?;
    let tenant = opened.tenant(arguments.tenant.as_deref()).await?;
    let (target, whose) = target(&opened, tenant.id, arguments.application.as_deref()).await?;
    let whose = whose.unwrap_or_else(|| format!("tenant “{}”", tenant.name));
    let Opened { app, by } = &opened;
    match arguments.command {
        Command::Set { file } => {
            let document = read(&file, global.json)?;
            policies::set(app, by, tenant.id, target, document).await?;
            in_force(policies::show(app, tenant.id, target).await?, &whose)?.write(global.json)?;
        }
        Command::Show { own: true } => {
            let document = policies::show(app, tenant.id, target).await?.document;
            let toml = toml::to_string(&document).context("the policy is no TOML")?;
            Own { document, toml }.write(global.json)?;
        }
        Command::Show { own: false } => {
            in_force(policies::show(app, tenant.id, target).await?, &whose)?.write(global.json)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn target(
    Opened { app, .. }: &Opened,
    tenant: TenantId,
    application: Option<&str>,
) -> anyhow::Result<(Target, Option<String>)> {
    let Some(text) = application else { return Ok((Target::Tenant, None)) };
    let found = applications::find(app, tenant, text).await?;
    Ok((Target::Application(found.id), Some(format!("application “{}”", found.name))))
}

fn read(file: &Path, json: bool) -> anyhow::Result<Document> {
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin().take(MOST_BYTES).read_to_string(&mut text).context("standard input")?;
    } else {
        let opened = std::fs::File::open(file);
        let read = opened.and_then(|file| file.take(MOST_BYTES).read_to_string(&mut text));
        read.with_context(|| format!("{} cannot be read", file.display()))?;
    }
    let value: Value = if json {
        serde_json::from_str(&text).context("the policy is not JSON")?
    } else {
        toml::from_str(&text).context("the policy is not TOML")?
    };
    Document::from_value(&value).context("nothing was changed")
}

fn in_force(shown: Shown, whose: &str) -> anyhow::Result<InForce> {
    let effective = shown.effective.document();
    let values = serde_json::to_value(&effective).context("the policy is no JSON")?;
    let toml = annotated(whose, &values, &shown.effective.origins);
    Ok(InForce { document: shown.document, effective, origins: shown.effective.origins, toml })
}

/// The values as TOML, each with a remark that says where it comes from. A value that nobody gave
/// has no line, but a remark.
fn annotated(whose: &str, values: &Value, origins: &BTreeMap<&'static str, Origin>) -> String {
    let mut text = format!("# The policy in force for {whose}.\n");
    let depth = |path: &str| path.contains('.');
    let mut section = "";
    // Values outside a table come first in TOML.
    let outer = origins.iter().filter(|(path, _)| !depth(path));
    for (&path, &origin) in outer.chain(origins.iter().filter(|(path, _)| depth(path))) {
        let (table, key) = path.split_once('.').unwrap_or(("", path));
        if table != section {
            section = table;
            // Writing to a String cannot fail.
            let _ = write!(text, "\n[{table}]\n");
        }
        let pointer = format!("/{}", path.replace('.', "/"));
        let _ = match values.pointer(&pointer) {
            // What a policy holds (words, numbers, lists of words) is written alike in both.
            Some(value) => writeln!(text, "{:<34}  # {}", format!("{key} = {value}"), word(origin)),
            None => {
                writeln!(text, "{:<34}  # {}", format!("# {key}: AuthX's own words"), word(origin))
            }
        };
    }
    text
}

fn word(origin: Origin) -> &'static str {
    match origin {
        Origin::Application => "application",
        Origin::Default => "default",
        Origin::Tenant => "tenant",
    }
}

impl Output for InForce {
    fn text(&self) -> String {
        self.toml.clone()
    }
}

impl Output for Own {
    fn text(&self) -> String {
        if self.toml.is_empty() { "# Nothing is set here.\n".to_owned() } else { self.toml.clone() }
    }
}

/// Far above any policy.
const MOST_BYTES: u64 = 65_536;

#[cfg(test)]
mod tests {
    use super::*;
    use authx_core::policy::Effective;

    #[test]
    fn a_policy_names_the_source_of_each_value_and_can_be_read_again() {
        let tenant =
            Document::from_json(r#"{"messages":{"help":"Call \"IT\" 📞, 1234"}}"#).unwrap();
        let application = Document::from_json(r#"{"limits":{"lock_after":9}}"#).unwrap();
        let effective = Effective::of(&tenant, &application);
        let shown = Shown { document: application, effective };
        let policy = shown.effective.policy.clone();
        let InForce { toml, .. } = in_force(shown, "application “vpn”").unwrap();
        insta::assert_snapshot!(toml);
        let again = Document::from_value(&toml::from_str(&toml).unwrap()).unwrap();
        assert_eq!(Effective::of(&again, &Document::default()).policy, policy);
    }
}
