//! `authx application`.

mod key;
mod package;
mod set;
mod show;

use super::{Global, Output, opened::Opened, table::Table};
use crate::admin::applications::{self, Application, ApplicationKind};
use authx_core::{ApplicationId, KeyId, name::Name};
use authx_program::output::quoted;
use clap::{Args, Subcommand, ValueEnum, builder::PossibleValue};
use serde::Serialize;
use std::process::ExitCode;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Whose, by name or id; needed once there are several tenants
    #[arg(long, global = true)]
    tenant: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Protect something; shows its first key once
    Create {
        #[command(flatten)]
        named: Named,
        /// What it is
        #[arg(long = "type", value_name = "TYPE", default_value = "openvpn")]
        kind: ApplicationKind,
        /// What to call its first key: best the name of the host it is for
        #[arg(long, value_name = "NAME", default_value = "first")]
        key_name: Name,
    },
    /// Protect something no longer
    Delete {
        /// Its name or id
        application: String,
    },
    /// Keys with which callers sign
    #[command(subcommand)]
    Key(key::Command),
    /// Show what is protected
    List,
    /// Make what is installed on the protected host, filled in for it
    Package(package::Arguments),
    /// Say who may use it, whom it asks, and what it is called
    Set(set::Arguments),
    /// Show what is said of it, and which hosts call
    Show {
        /// Its name or id
        application: String,
    },
}

#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct Named {
    /// What to call it
    name: Option<Name>,
    /// The same
    #[arg(long = "name", value_name = "NAME", id = "long_name", hide = true)]
    long_name: Option<Name>,
}

/// All that an operator enters on the protected host.
#[derive(Serialize)]
struct Created {
    application_id: ApplicationId,
    application_key: String,
    application_url: String,
    key_id: KeyId,
    name: String,
    #[serde(skip)]
    kind: ApplicationKind,
}

#[derive(Serialize)]
struct Deleted {
    application_id: ApplicationId,
    name: String,
}

#[derive(Serialize)]
#[serde(transparent)]
struct List(Vec<Application>);

pub(super) async fn run(global: &Global, arguments: Arguments) -> anyhow::Result<ExitCode> {
    let opened = Opened::open(global).await?;
    let tenant = opened.tenant(arguments.tenant.as_deref()).await?.id;
    let Opened { app, by } = &opened;
    match arguments.command {
        Command::Create { named: Named { name, long_name }, kind, key_name } => {
            let Some(name) = name.or(long_name) else { anyhow::bail!("the name is missing") };
            let made = applications::create(app, by, tenant, &name, kind, &key_name).await?;
            let created = Created {
                application_id: made.id,
                application_key: made.key.text.to_string(),
                application_url: app.public_url.to_string(),
                key_id: made.key.id,
                name: name.to_string(),
                kind,
            };
            created.write(global.json)?;
        }
        Command::Delete { application } => {
            let Application { id, name, .. } =
                applications::find(app, tenant, &application).await?;
            applications::delete(app, by, tenant, id).await?;
            Deleted { application_id: id, name }.write(global.json)?;
        }
        Command::Key(command) => key::run(global, &opened, tenant, command).await?,
        Command::List => List(applications::list(app, tenant).await?).write(global.json)?,
        Command::Package(arguments) => package::run(global, &opened, tenant, arguments).await?,
        Command::Set(arguments) => set::run(global, &opened, tenant, arguments).await?,
        Command::Show { application } => show::run(global, &opened, tenant, &application).await?,
    }
    Ok(ExitCode::SUCCESS)
}

impl ValueEnum for ApplicationKind {
    fn value_variants<'a>() -> &'a [Self] {
        Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.word()))
    }
}

impl Output for Created {
    fn text(&self) -> String {
        let Self { application_id, application_key, application_url, name, kind, .. } = self;
        let word = quoted(name);
        let next = match kind {
            ApplicationKind::Openvpn => format!(
                "Next, the package for that host, whose install.sh asks for it:\n\
                 authx application package {word} --to FILE.zip\n\
                 For another host, with a key of its own in it:\n\
                 authx application package {word} --with-new-key NAME-OF-THE-HOST --to FILE.zip\n"
            ),
            ApplicationKind::Api | ApplicationKind::Portal => format!(
                "Another program gets another key:\n\
                 authx application key add {word} NAME-OF-THE-PROGRAM\n\
                 How it signs its requests is in docs/protocol.md.\n"
            ),
            ApplicationKind::OpenvpnAccessServer => format!(
                "Next, the package for that host, whose install.py asks for it:\n\
                 authx application package {word} --to FILE.zip\n\
                 For another host, with a key of its own in it:\n\
                 authx application package {word} --with-new-key NAME-OF-THE-HOST --to FILE.zip\n"
            ),
        };
        format!(
            "Application “{name}” is made. Enter on the host it protects:\n\n    \
             Application ID    {application_id}\n    \
             Application Key   {application_key}\n    \
             Application URL   {application_url}\n\n\
             The key is shown this once. {next}"
        )
    }
}

impl Output for Deleted {
    fn text(&self) -> String {
        format!("Application “{}” is deleted, with its keys.\n", self.name)
    }
}

impl Output for List {
    fn text(&self) -> String {
        let mut table = Table::new(&["NAME", "TYPE", "APPLICATION ID", "KEYS", "SINCE"]);
        for application in &self.0 {
            table.row([
                application.name.clone(),
                application.kind.clone(),
                application.id.to_string(),
                application.active_keys.to_string(),
                String::from(application.created),
            ]);
        }
        table.text("Nothing is protected yet; begin with `authx application create NAME`.")
    }
}
