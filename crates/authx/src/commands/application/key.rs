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
    /// Call a key otherwise
    Rename {
        /// The application's name or id
        application: String,
        /// The key's name or id
        key: String,
        /// What to call it
        name: Name,
    },
    /// Take a revocation back, within ten minutes
    Restore {
        /// The application's name or id
        application: String,
        /// The key's name or id
        key: String,
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
struct Renamed {
    key_id: KeyId,
    before: String,
    name: String,
}

#[derive(Serialize)]
struct Restored {
    key_id: KeyId,
    name: String,
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
        Command::Rename { application, key, name } => {
            let id = applications::find(app, tenant, &application).await?.id;
            let key = keys::find(app, tenant, id, &key).await?;
            keys::rename(app, by, tenant, id, key.id, &name).await?;
            Renamed { key_id: key.id, before: key.name, name: name.to_string() }.write(global.json)
        }
        Command::Restore { application, key } => {
            let id = applications::find(app, tenant, &application).await?.id;
            let key_id = keys::find_revoked(app, tenant, id, &key).await?;
            let name = keys::restore(app, by, tenant, id, key_id).await?;
            Restored { key_id, name }.write(global.json)
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
        let mut table =
            Table::new(&["NAME", "STATE", "KEY ID", "SINCE", "LAST USED", "FROM", "REVOKED"]);
        for key in &self.0 {
            table.row([
                key.name.clone(),
                if key.revoked.is_some() { "revoked" } else { "active" }.to_owned(),
                key.id.to_string(),
                String::from(key.created),
                key.last_used.map(String::from).unwrap_or_default(),
                key.last_address.clone().unwrap_or_default(),
                key.revoked.map(String::from).unwrap_or_default(),
            ]);
        }
        table.text("The application has no keys; add one with `authx application key add`.")
    }
}

impl Output for Renamed {
    fn text(&self) -> String {
        format!("Key “{}” is called “{}” now.\n", self.before, self.name)
    }
}

impl Output for Restored {
    fn text(&self) -> String {
        format!("Key “{}” counts again.\n", self.name)
    }
}

impl Output for Revoked {
    fn text(&self) -> String {
        let Self { id, name, left } = self;
        let rest = match left {
            0 => "It was the last one: nobody signs in through this application now.".to_owned(),
            1 => "The application has one key left.".to_owned(),
            left => format!("The application has {left} keys left."),
        };
        format!(
            "Key “{name}” is revoked. {rest} Within ten minutes it can be restored: \
             authx application key restore APPLICATION {id}\n"
        )
    }
}
