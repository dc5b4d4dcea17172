//! `authx user enrolment`.

use super::super::{Global, Output, opened::Opened};
use crate::{
    admin::accounts::{self, Account},
    enrol::phones,
};
use authx_core::{TenantId, UserId, wire::login::Rfc3339};
use clap::Subcommand;
use serde::Serialize;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Let a user enrol no longer
    Close {
        /// Name, alias or id
        user: String,
    },
    /// Let a user enrol a first phone at the VPN prompt, until it counts
    Open {
        /// Name, alias or id
        user: String,
        /// For how many hours, 1 to 168
        #[arg(long, value_name = "HOURS", value_parser = clap::value_parser!(u32).range(1..=168))]
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
    command: Command,
) -> anyhow::Result<()> {
    let window = match command {
        Command::Close { user } => {
            let Account { id, name, .. } = accounts::find(app, tenant, &user).await?;
            phones::close_window(app, by, tenant, id).await?;
            Window { user_id: id, user: name, open_until: None }
        }
        Command::Open { user, hours } => {
            let Account { id, name, .. } = accounts::find(app, tenant, &user).await?;
            let until = phones::open_window(app, by, tenant, id, hours).await?;
            Window { user_id: id, user: name, open_until: Some(Rfc3339(until)) }
        }
    };
    window.write(global.json)
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
