//! `authx user passkey`.

use super::super::{Global, Output, opened::Opened, table::Table};
use super::{Done, Who};
use crate::admin::{
    accounts::{self, Account},
    passkeys::{self, Shown},
};
use authx_core::{PasskeyId, TenantId, wire::login::Rfc3339};
use clap::Subcommand;
use serde::Serialize;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show the passkeys of a user
    List(Who),
    /// Take a passkey from its user, who is signed out of the portal
    Remove {
        /// Name, alias or id
        user: String,
        /// Its id, as `authx user passkey list` shows it
        passkey: PasskeyId,
    },
}

#[derive(Serialize)]
#[serde(transparent)]
struct List {
    passkeys: Vec<Shown>,
    #[serde(skip)]
    user: String,
}

pub(super) async fn run(
    global: &Global,
    Opened { app, by }: &Opened,
    tenant: TenantId,
    command: Command,
) -> anyhow::Result<()> {
    match command {
        Command::List(who) => {
            let Account { id, name, .. } = accounts::find(app, tenant, &who.user).await?;
            let passkeys = passkeys::list(app, tenant, id).await?;
            List { passkeys, user: name }.write(global.json)
        }
        Command::Remove { user, passkey } => {
            let Account { id, name, .. } = accounts::find(app, tenant, &user).await?;
            let called = passkeys::remove(app, by, tenant, id, passkey).await?;
            let text = format!("Passkey “{called}” of “{name}” is removed; it opens nothing.\n");
            Done { user_id: id, user: name, text }.write(global.json)
        }
    }
}

impl Output for List {
    fn text(&self) -> String {
        let mut table = Table::new(&["NAME", "MADE", "LAST USED", "PASSKEY ID"]);
        for Shown { id, name, created, used } in &self.passkeys {
            let used: Option<Rfc3339> = *used;
            table.row([
                name.clone(),
                String::from(*created),
                used.map_or_else(|| "never".to_owned(), String::from),
                id.to_string(),
            ]);
        }
        table.text(&format!("“{}” has no passkey.", self.user))
    }
}
