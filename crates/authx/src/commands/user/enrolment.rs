//! `authx user enrolment`.

use super::super::{Global, Output, opened::Opened};
use crate::{
    admin::accounts::{self, Account},
    enrol::phones,
};
use authx_core::{TenantId, UserId, wire::login::Rfc3339};
use clap::{Args, Subcommand};
use serde::Serialize;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Name, alias or id
    user: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Let the user enrol no longer
    Close,
    /// Let the user enrol a first phone at the VPN prompt, until it counts
    Open {
        /// For how many hours
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=168))]
        hours: u32,
    },
}

/// Whether a user may enrol at the VPN prompt.
#[derive(Serialize)]
struct Window {
    user_id: UserId,
    user: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    open_until: Option<Rfc3339>,
}

pub(super) async fn run(
    global: &Global,
    Opened { app, by }: &Opened,
    tenant: TenantId,
    arguments: Arguments,
) -> anyhow::Result<()> {
    let Account { id, name, .. } = accounts::find(app, tenant, &arguments.user).await?;
    let open_until = match arguments.command {
        Command::Close => {
            phones::close_window(app, by, tenant, id).await?;
            None
        }
        Command::Open { hours } => {
            Some(Rfc3339(phones::open_window(app, by, tenant, id, hours).await?))
        }
    };
    Window { user_id: id, user: name, open_until }.write(global.json)
}

impl Output for Window {
    fn text(&self) -> String {
        match self.open_until {
            None => format!("“{}” cannot enrol at the VPN prompt.\n", self.user),
            Some(until) => format!(
                "“{}” can enrol a phone at the VPN prompt until {}.\n",
                self.user,
                String::from(until)
            ),
        }
    }
}
