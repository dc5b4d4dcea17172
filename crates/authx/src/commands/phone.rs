//! `authx phone`.

use super::{Global, Output, opened::Opened};
use crate::enrol::phones;
use authx_core::PhoneId;
use clap::{Args, Subcommand};
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
    /// Take a phone from its user; its keys are dead at once
    Remove {
        /// Its id, or USER/NUMBER as `authx user phones` shows it
        phone: String,
    },
    /// Call a phone something else
    Rename {
        /// Its id, or USER/NUMBER as `authx user phones` shows it
        phone: String,
        /// The other name
        name: String,
    },
}

/// What became of a phone.
#[derive(Serialize)]
struct Done {
    phone_id: PhoneId,
    #[serde(skip)]
    text: String,
}

pub(super) async fn run(global: &Global, arguments: Arguments) -> anyhow::Result<ExitCode> {
    let opened = Opened::open(global).await?;
    let tenant = opened.tenant(arguments.tenant.as_deref()).await?.id;
    let Opened { app, by } = &opened;
    let done = match arguments.command {
        Command::Remove { phone } => {
            let phone_id = phones::find(app, tenant, &phone).await?;
            let name = phones::remove(app, by, tenant, phone_id).await?;
            let text = format!("Phone “{name}” is removed; its keys are dead.\n");
            Done { phone_id, text }
        }
        Command::Rename { phone, name } => {
            let phone_id = phones::find(app, tenant, &phone).await?;
            let before = phones::rename(app, by, tenant, phone_id, &name).await?;
            let text = format!("Phone “{before}” is called “{name}” now.\n");
            Done { phone_id, text }
        }
    };
    done.write(global.json)?;
    Ok(ExitCode::SUCCESS)
}

impl Output for Done {
    fn text(&self) -> String {
        self.text.clone()
    }
}
