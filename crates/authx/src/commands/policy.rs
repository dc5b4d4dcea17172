//! `authx policy`.

use super::{Global, Output, opened::Opened};
use crate::admin::{
    accounts, applications, groups,
    policies::{self, InForce, Scope, Target},
};
use anyhow::Context as _;
use authx_core::{
    ApplicationId, GroupId, TenantId,
    policy::{Document, Origin},
};
use authx_program::output::visible;
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
    /// Of this group, by name or id; it goes before applications
    #[arg(long, global = true)]
    group: Option<String>,
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
        /// For this user, with all groups: name, alias or id
        #[arg(long, conflicts_with = "own")]
        user: Option<String>,
    },
}

/// What is in force.
#[derive(Serialize)]
struct Answer {
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
    let tenant = opened.tenant(arguments.tenant.as_deref()).await?.id;
    let named = Named::find(&opened, tenant, &arguments).await?;
    let Opened { app, by } = &opened;
    match arguments.command {
        Command::Set { file } => {
            let document = read(&file, global.json)?;
            policies::set(app, by, tenant, named.target()?, document).await?;
            named.answer(&opened, tenant, None).await?.write(global.json)?;
        }
        Command::Show { own: true, .. } => {
            let document = policies::show(app, tenant, named.target()?).await?.document;
            let toml = toml::to_string(&document).context("the policy is no TOML")?;
            Own { document, toml }.write(global.json)?;
        }
        Command::Show { own: false, user } => {
            let user = user.as_deref();
            named.answer(&opened, tenant, user).await?.write(global.json)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What the command line names.
#[derive(Default)]
struct Named {
    application: Option<(ApplicationId, String)>,
    group: Option<(GroupId, String)>,
}

impl Named {
    async fn find(
        Opened { app, .. }: &Opened,
        tenant: TenantId,
        arguments: &Arguments,
    ) -> anyhow::Result<Self> {
        let mut named = Self::default();
        if let Some(text) = &arguments.application {
            let found = applications::find(app, tenant, text).await?;
            named.application = Some((found.id, found.name));
        }
        if let Some(text) = &arguments.group {
            let found = groups::find(app, tenant, text).await?;
            named.group = Some((found.id, found.name));
        }
        Ok(named)
    }

    /// The one document that is meant.
    fn target(&self) -> anyhow::Result<Target> {
        match (&self.application, &self.group) {
            (Some(_), Some(_)) => {
                anyhow::bail!("an application and a group have a document each: name one of them")
            }
            (Some((id, _)), None) => Ok(Target::Application(*id)),
            (None, Some((id, _))) => Ok(Target::Group(*id)),
            (None, None) => Ok(Target::Tenant),
        }
    }

    /// What is in force there.
    async fn answer(
        &self,
        Opened { app, .. }: &Opened,
        tenant: TenantId,
        user: Option<&str>,
    ) -> anyhow::Result<Answer> {
        let user = match user {
            Some(text) => Some(accounts::find(app, tenant, text).await?),
            None => None,
        };
        let scope = Scope {
            application: self.application.as_ref().map(|(id, _)| *id),
            group: self.group.as_ref().map(|(id, _)| *id),
            user: user.as_ref().map(|user| user.id),
        };
        let found = policies::in_force(app, tenant, scope).await?;
        let document = match self.target() {
            Ok(target) => policies::show(app, tenant, target).await?.document,
            Err(_) => Document::default(),
        };
        let whose = [
            user.map(|user| format!("user “{}”", user.name)),
            self.group.as_ref().map(|(_, name)| format!("group “{name}”")),
            self.application.as_ref().map(|(_, name)| format!("application “{name}”")),
        ];
        let whose: Vec<String> = whose.into_iter().flatten().collect();
        let whose = if whose.is_empty() {
            format!("tenant “{}”", found.name(Origin::Tenant))
        } else {
            whose.join(" at ")
        };
        answer(document, &found, &whose)
    }
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

fn answer(document: Document, found: &InForce, whose: &str) -> anyhow::Result<Answer> {
    let effective = found.effective.document();
    let values = serde_json::to_value(&effective).context("the policy is no JSON")?;
    let toml = annotated(whose, &values, found);
    Ok(Answer { document, effective, origins: found.effective.origins.clone(), toml })
}

/// The values as TOML, each with a remark that says where it comes from. A value that nobody gave
/// has no line, but a remark.
fn annotated(whose: &str, values: &Value, found: &InForce) -> String {
    let mut text = format!("# The policy in force for {whose}.\n");
    let depth = |path: &str| path.contains('.');
    let origins = &found.effective.origins;
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
        let word = word(origin, found);
        let _ = match values.pointer(&pointer) {
            // What a policy holds (words, numbers, lists of words) is written alike in both.
            Some(value) => writeln!(text, "{:<34}  # {word}", format!("{key} = {value}")),
            None => writeln!(text, "{:<34}  # {word}", format!("# {key}: AuthX's own words")),
        };
    }
    text
}

fn word(origin: Origin, found: &InForce) -> String {
    match origin {
        Origin::Application => "application".to_owned(),
        Origin::Default => "default".to_owned(),
        Origin::Group(_) => format!("group “{}”", visible(found.name(origin))),
        Origin::Tenant => "tenant".to_owned(),
    }
}

impl Output for Answer {
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
    use authx_core::policy::{Effective, Layers};

    #[test]
    fn a_policy_names_the_source_of_each_value_and_can_be_read_again() {
        let tenant =
            Document::from_json(r#"{"messages":{"help":"Call \"IT\" 📞, 1234"}}"#).unwrap();
        let application = Document::from_json(r#"{"limits":{"lock_after":9}}"#).unwrap();
        let group = Document::from_json(r#"{"limits":{"phones_per_user":2}}"#).unwrap();
        let id = GroupId::from_bytes([0; 16]);
        let groups = &[(id, &group)];
        let layers = Layers { tenant: &tenant, application: &application, groups };
        let found = InForce::of("Example", Some("vpn"), &[(id, "Staff")], layers);
        let policy = found.effective.policy.clone();
        let Answer { toml, .. } = answer(group.clone(), &found, "application “vpn”").unwrap();
        insta::assert_snapshot!(toml);
        let again = Document::from_value(&toml::from_str(&toml).unwrap()).unwrap();
        assert_eq!(Effective::of(&again, &Document::default()).policy, policy);
    }
}
