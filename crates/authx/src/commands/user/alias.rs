//! `authx user alias`.

use super::super::{Global, Output, opened::Opened};
use super::Done;
use crate::admin::{
    accounts::{self, Account},
    aliases,
};
use authx_core::{TenantId, name::Name};
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Give a user another name
    Add {
        /// Name, alias or id
        user: String,
        /// The other name, such as `CORP\alice`
        alias: Name,
    },
    /// Take a name from a user
    Remove {
        /// Name, alias or id
        user: String,
        /// The name to take away
        alias: Name,
    },
}

pub(super) async fn run(
    global: &Global,
    Opened { app, by }: &Opened,
    tenant: TenantId,
    command: Command,
) -> anyhow::Result<()> {
    let done = match command {
        Command::Add { user, alias } => {
            let Account { id, name, .. } = accounts::find(app, tenant, &user).await?;
            aliases::add(app, by, tenant, id, &alias).await?;
            let text = format!("User “{name}” can sign in as “{alias}” too.\n");
            Done { user_id: id, user: name, text }
        }
        Command::Remove { user, alias } => {
            let Account { id, name, .. } = accounts::find(app, tenant, &user).await?;
            aliases::remove(app, by, tenant, id, &alias).await?;
            let text = format!("“{alias}” is no longer a name of “{name}”.\n");
            Done { user_id: id, user: name, text }
        }
    };
    done.write(global.json)
}
