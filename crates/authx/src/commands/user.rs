//! `authx user`.

mod alias;
mod bypass;
mod code;
mod enrolment;
mod files;
mod invite;
mod list;
mod passkey;
mod phones;

use super::{Global, Output, opened::Opened, typed};
use crate::store::accounts::Standing;
use crate::{
    admin::{
        accounts::{self, Account, NewAccount},
        passwords,
    },
    enrol::recovery,
};
use authx_core::{ImportId, TenantId, UserId, name::Name};
use authx_program::output::quoted;
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
    /// Other names of the same person
    #[command(subcommand)]
    Alias(alias::Command),
    /// Help a user past the second factor
    #[command(subcommand)]
    Bypass(bypass::Command),
    /// Enrol an authenticator app, or take it away
    Code(code::Arguments),
    /// Make a user
    Create {
        /// The name that is typed at the VPN
        name: Name,
        /// Another name of the same person; may be given again
        #[arg(long = "alias", value_name = "NAME")]
        aliases: Vec<Name>,
        /// Set a password too, read from standard input
        #[arg(long)]
        password: bool,
    },
    /// Delete a user for good, with names, factors and sessions; the record stays
    Delete(Who),
    /// Keep a user from signing in
    Disable(Who),
    /// Let a user sign in again; unlocks what wrong answers have locked
    Enable(Who),
    /// Let a user enrol a first phone at the VPN prompt, for some hours
    #[command(subcommand)]
    Enrolment(enrolment::Command),
    /// Write users as CSV, as an import takes them
    Export {
        /// Only those in this state
        #[arg(long, value_name = "STATE", value_parser = list::standing)]
        state: Option<Standing>,
    },
    /// Take in users from a CSV file
    Import(files::Arguments),
    /// Show what was imported
    Imports,
    /// Invite a user to enrol a phone: a link and a code, shown once
    Invite(invite::Arguments),
    /// Show users
    List(list::Arguments),
    /// See and take away what opens the portal to a user without a password
    #[command(subcommand)]
    Passkey(passkey::Command),
    /// Show the phones of a user
    Phones(Who),
    /// Give a user ten recovery codes; shows them once
    Recovery(Who),
    /// Remove a user, who can be restored for seven days
    Remove(Who),
    /// Bring back a user who was removed
    Restore(Who),
    /// Remove the users again whom an import made and nobody used
    UndoImport {
        /// Its id
        import: ImportId,
    },
    /// Set a user's password, read from standard input
    SetPassword(Who),
}

#[derive(Args, Debug)]
struct Who {
    /// Name, alias or id
    user: String,
}

/// What became of a user.
#[derive(Serialize)]
struct Done {
    user_id: UserId,
    user: String,
    #[serde(skip)]
    text: String,
}

#[derive(Serialize)]
struct Renewed {
    user_id: UserId,
    user: String,
    recovery_codes: Vec<String>,
    replaced: bool,
}

pub(super) async fn run(global: &Global, arguments: Arguments) -> anyhow::Result<ExitCode> {
    let opened = Opened::open(global).await?;
    let tenant = opened.tenant(arguments.tenant.as_deref()).await?.id;
    match arguments.command {
        Command::Alias(command) => alias::run(global, &opened, tenant, command).await?,
        Command::Bypass(command) => bypass::run(global, &opened, tenant, command).await?,
        Command::Export { state } => files::export(&opened, tenant, state).await?,
        Command::Import(arguments) => {
            if !files::import(global, &opened, tenant, arguments).await? {
                return Ok(ExitCode::FAILURE);
            }
        }
        Command::Imports => files::list(global, &opened, tenant).await?,
        Command::UndoImport { import } => files::undo(global, &opened, tenant, import).await?,
        Command::Code(arguments) => code::run(global, &opened, tenant, arguments).await?,
        Command::Create { name, aliases, password } => {
            create(&opened, tenant, &name, &aliases, password).await?.write(global.json)?;
        }
        Command::Delete(who) => delete(&opened, tenant, who).await?.write(global.json)?,
        Command::Disable(who) => disable(&opened, tenant, who).await?.write(global.json)?,
        Command::Enable(who) => enable(&opened, tenant, who).await?.write(global.json)?,
        Command::Enrolment(command) => enrolment::run(global, &opened, tenant, command).await?,
        Command::Invite(arguments) => invite::run(global, &opened, tenant, arguments).await?,
        Command::List(arguments) => list::run(global, &opened, tenant, arguments).await?,
        Command::Passkey(command) => passkey::run(global, &opened, tenant, command).await?,
        Command::Phones(who) => phones::run(global, &opened, tenant, &who.user).await?,
        Command::Recovery(who) => renew(&opened, tenant, who).await?.write(global.json)?,
        Command::Remove(who) => remove(&opened, tenant, who).await?.write(global.json)?,
        Command::Restore(who) => restore(&opened, tenant, who).await?.write(global.json)?,
        Command::SetPassword(who) => set(&opened, tenant, who).await?.write(global.json)?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn create(
    Opened { app, by }: &Opened,
    tenant: TenantId,
    name: &Name,
    aliases: &[Name],
    password: bool,
) -> anyhow::Result<Done> {
    let password = if password { Some(typed::new_password().await?) } else { None };
    let command = quoted(name.as_str());
    let next = if password.is_some() {
        format!("Next, a phone: authx user invite {command}")
    } else {
        format!("Next, a password: authx user set-password {command}")
    };
    let user_id = accounts::create(app, by, tenant, NewAccount { name, aliases, password }).await?;
    let text = format!("User “{name}” is made: {user_id}\n{next}\n");
    Ok(Done { user_id, user: name.to_string(), text })
}

async fn delete(Opened { app, by }: &Opened, tenant: TenantId, who: Who) -> anyhow::Result<Done> {
    let Account { id, name, .. } = accounts::find(app, tenant, &who.user).await?;
    accounts::delete(app, by, tenant, id).await?;
    let text = format!("User “{name}” is deleted, with names, factors and sessions.\n");
    Ok(Done { user_id: id, user: name, text })
}

async fn remove(Opened { app, by }: &Opened, tenant: TenantId, who: Who) -> anyhow::Result<Done> {
    let Account { id, name, .. } = accounts::find(app, tenant, &who.user).await?;
    accounts::remove(app, by, tenant, id).await?;
    let text =
        format!("User “{name}” is removed. For seven days: authx user restore {}\n", quoted(&name));
    Ok(Done { user_id: id, user: name, text })
}

async fn restore(Opened { app, by }: &Opened, tenant: TenantId, who: Who) -> anyhow::Result<Done> {
    let Account { id, name, .. } = accounts::find(app, tenant, &who.user).await?;
    accounts::restore(app, by, tenant, id).await?;
    let text = format!("User “{name}” is back, with names, phones and factors.\n");
    Ok(Done { user_id: id, user: name, text })
}

async fn disable(Opened { app, by }: &Opened, tenant: TenantId, who: Who) -> anyhow::Result<Done> {
    let Account { id, name, .. } = accounts::find(app, tenant, &who.user).await?;
    let text = if accounts::disable(app, by, tenant, id).await? {
        format!("User “{name}” is disabled; remembered sessions are ended.\n")
    } else {
        format!("User “{name}” was disabled already.\n")
    };
    Ok(Done { user_id: id, user: name, text })
}

async fn enable(Opened { app, by }: &Opened, tenant: TenantId, who: Who) -> anyhow::Result<Done> {
    let Account { id, name, .. } = accounts::find(app, tenant, &who.user).await?;
    let text = if accounts::enable(app, by, tenant, id).await? {
        format!("User “{name}” is enabled; wrong answers so far are forgotten.\n")
    } else {
        format!("User “{name}” was enabled already; wrong answers so far are forgotten.\n")
    };
    Ok(Done { user_id: id, user: name, text })
}

async fn set(Opened { app, by }: &Opened, tenant: TenantId, who: Who) -> anyhow::Result<Done> {
    let Account { id, name, .. } = accounts::find(app, tenant, &who.user).await?;
    passwords::set(app, by, tenant, id, typed::new_password().await?).await?;
    let text = format!("The password of “{name}” is set; remembered sessions are ended.\n");
    Ok(Done { user_id: id, user: name, text })
}

async fn renew(Opened { app, by }: &Opened, tenant: TenantId, who: Who) -> anyhow::Result<Renewed> {
    let Account { id, name, .. } = accounts::find(app, tenant, &who.user).await?;
    let made = recovery::renew(app, by, tenant, id).await?;
    Ok(Renewed {
        user_id: id,
        user: name,
        recovery_codes: made.codes.to_vec(),
        replaced: made.replaces,
    })
}

impl Output for Done {
    fn text(&self) -> String {
        self.text.clone()
    }
}

impl Output for Renewed {
    fn text(&self) -> String {
        let codes = self.recovery_codes.join("\n    ");
        let earlier = if self.replaced { "Earlier ones no longer count. " } else { "" };
        format!(
            "Recovery codes of “{}”, shown this once:\n\n    {codes}\n\n\
             Each is good for one sign-in, in place of a code from the app. {earlier}\
             Keep them on paper.\n",
            self.user
        )
    }
}
