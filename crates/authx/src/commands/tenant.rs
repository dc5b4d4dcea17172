//! `authx tenant`.

use super::{Global, Output, opened::Opened, table::Table};
use crate::admin::tenants::{self, Tenant};
use authx_core::name::Name;
use clap::Subcommand;
use serde::Serialize;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a tenant
    Create {
        /// Its name; users see it in their authenticator app
        name: Name,
    },
    /// Show every tenant
    List,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Created(Tenant);

#[derive(Serialize)]
#[serde(transparent)]
struct List(Vec<Tenant>);

pub(super) async fn run(global: &Global, command: Command) -> anyhow::Result<ExitCode> {
    let Opened { app, by } = Opened::open(global).await?;
    match command {
        Command::Create { name } => {
            Created(tenants::create(&app, &by, &name).await?).write(global.json)?;
        }
        Command::List => List(tenants::list(&app).await?).write(global.json)?,
    }
    Ok(ExitCode::SUCCESS)
}

impl Output for Created {
    fn text(&self) -> String {
        format!("Tenant “{}” is made: {}\n", self.0.name, self.0.id)
    }
}

impl Output for List {
    fn text(&self) -> String {
        let mut table = Table::new(&["NAME", "TENANT ID", "SINCE"]);
        for tenant in &self.0 {
            let since = String::from(tenant.created);
            table.row([tenant.name.clone(), tenant.id.to_string(), since]);
        }
        table.text("There is no tenant yet; make one with `authx tenant create NAME`.")
    }
}
