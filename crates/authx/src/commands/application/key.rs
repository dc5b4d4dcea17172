//! `authx application key`.

use super::super::{Global, Output, opened::Opened, table::Table};
use crate::admin::{
    applications,
    keys::{self, Key, Revoked},
};
use authx_core::{ApplicationId, KeyId, TenantId, name::Name};
use clap::Subcommand;
use serde::Serialize;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make another key; shows it once
    Add {
        /// The application's name or id
        application: String,
        /// What to call the key: best the name of the host it is for
        name: Name,
    },
    /// Show the keys of an application
    List {
        /// Its name or id
        application: String,
    },
    /// Refuse whoever holds a key, from now on
    Revoke {
        /// The application's name or id
        application: String,
        /// The key's name or id
        key: String,
    },
}

#[derive(Serialize)]
struct Added {
    application_id: ApplicationId,
    application_key: String,
    application_url: String,
    key_id: KeyId,
    key_name: String,
}

#[derive(Serialize)]
#[serde(transparent)]
struct List(Vec<Key>);

pub(super) async fn run(
    global: &Global,
    Opened { app, by }: &Opened,
    tenant: TenantId,
    command: Command,
) -> anyhow::Result<()> {
    match command {
        Command::Add { application, name } => {
            let id = applications::find(app, tenant, &application).await?.id;
            let key = keys::add(app, by, tenant, id, &name).await?;
            let added = Added {
                application_id: id,
                application_key: key.text.to_string(),
                application_url: app.public_url.to_string(),
                key_id: key.id,
                key_name: name.to_string(),
            };
            added.write(global.json)
        }
        Command::List { application } => {
            let id = applications::find(app, tenant, &application).await?.id;
            List(keys::list(app, tenant, id).await?).write(global.json)
        }
        Command::Revoke { application, key } => {
            let id = applications::find(app, tenant, &application).await?.id;
            keys::revoke(app, by, tenant, id, &key).await?.write(global.json)
        }
    }
}

impl Output for Added {
    fn text(&self) -> String {
        let Self { application_id, application_key, application_url, key_name, .. } = self;
        format!(
            "Key “{key_name}” is made. Enter on its host:\n\n    \
             Application ID    {application_id}\n    \
             Application Key   {application_key}\n    \
             Application URL   {application_url}\n\n\
             The key is shown this once.\n"
        )
    }
}

impl Output for List {
    fn text(&self) -> String {
        let mut table = Table::new(&["NAME", "STATE", "KEY ID", "SINCE", "REVOKED"]);
        for key in &self.0 {
            table.row([
                key.name.clone(),
                if key.revoked.is_some() { "revoked" } else { "active" }.to_owned(),
                key.id.to_string(),
                String::from(key.created),
                key.revoked.map(String::from).unwrap_or_default(),
            ]);
        }
        table.text("The application has no keys; add one with `authx application key add`.")
    }
}

impl Output for Revoked {
    fn text(&self) -> String {
        let Self { name, left, .. } = self;
        let rest = match left {
            0 => "It was the last one: nobody signs in through this application now.".to_owned(),
            1 => "The application has one key left.".to_owned(),
            left => format!("The application has {left} keys left."),
        };
        format!("Key “{name}” is revoked. {rest}\n")
    }
}
