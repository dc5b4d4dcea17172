//! `authx portal`.

use super::{Global, Output, opened::Opened};
use crate::{
    admin::{accounts, administrators, letters::Posted, sign_up},
    config::Origin,
};
use authx_core::{DeliveryId, role::Role, wire::login::Rfc3339};
use clap::{Args, Subcommand};
use serde::Serialize;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Whose portal; needed where there are several tenants
    #[arg(long, global = true, value_name = "NAME")]
    tenant: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show a link, good once and for seven days, with which somebody comes into the portal
    Link {
        /// For this user, who gets a password by it; without, to make a company with its owner
        #[arg(long, value_name = "NAME")]
        user: Option<String>,
        /// Send it to the mail address on record, and show it nobody else
        #[arg(long, requires = "user")]
        mail: bool,
    },
    /// Make a user an administrator, or no longer
    Role {
        /// A name, alias or id
        user: String,
        /// auditor, `read_only`, `help_desk`, `user_manager`, administrator, owner; or none
        #[arg(value_parser = role)]
        role: WishedRole,
        /// Who rises keeps phones, passkeys, apps and the password. Without, those factors are
        /// removed, and they come in by a new link
        #[arg(long)]
        keep_factors: bool,
    },
}

/// A role, or none.
#[derive(Clone, Copy, Debug)]
struct WishedRole(Option<Role>);

#[derive(Serialize)]
struct Shown {
    #[serde(rename = "link")]
    address: String,
    expires: Rfc3339,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
}

/// A link that went by mail.
#[derive(Serialize)]
struct Sent {
    user: String,
    delivery_id: DeliveryId,
    to: String,
    expires: Rfc3339,
    support_code: String,
}

#[derive(Serialize)]
struct RoleSet {
    user: String,
    #[serde(rename = "role")]
    now: Option<&'static str>,
    before: Option<&'static str>,
}

pub(super) async fn run(global: &Global, arguments: Arguments) -> anyhow::Result<ExitCode> {
    let opened = Opened::open(global).await?;
    let Opened { app, by } = &opened;
    match arguments.command {
        Command::Link { user: None, .. } => {
            let link = sign_up::invite_company(app).await?;
            let shown = link.address(app).to_string();
            Shown { address: shown, expires: Rfc3339(link.expires), user: None }
                .write(global.json)?;
        }
        Command::Link { user: Some(user), mail } => {
            let tenant = opened.tenant(arguments.tenant.as_deref()).await?.id;
            let account = accounts::find(app, tenant, &user).await?;
            if mail {
                let sent = sign_up::invite_account_by_mail(app, by, tenant, account.id).await?;
                let Posted { id, to, support_code } = sent.posted;
                let expires = Rfc3339(sent.expires);
                Sent { user: account.name, delivery_id: id, to, expires, support_code }
                    .write(global.json)?;
            } else {
                let link = sign_up::invite_account(app, by, tenant, account.id).await?;
                let shown = link.address(app).to_string();
                let expires = Rfc3339(link.expires);
                Shown { address: shown, expires, user: Some(account.name) }.write(global.json)?;
            }
        }
        Command::Role { user, role: WishedRole(role), keep_factors } => {
            let tenant = opened.tenant(arguments.tenant.as_deref()).await?.id;
            let account = accounts::find(app, tenant, &user).await?;
            let factors = if keep_factors {
                administrators::Factors::Kept
            } else {
                administrators::Factors::Removed
            };
            let given =
                administrators::set_role(app, by, tenant, account.id, role, factors).await?;
            let (role, before) = (role.map(Role::word), given.before.map(Role::word));
            RoleSet { user: account.name, now: role, before }.write(global.json)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Where a link leads: its token stands behind the `#`, which browsers tell nobody.
pub(super) fn address(public_url: &Origin, token: &str) -> String {
    format!("{public_url}/set-up#{token}")
}

fn role(text: &str) -> Result<WishedRole, String> {
    if text == "none" {
        return Ok(WishedRole(None));
    }
    let words = || Role::ALL.iter().map(|role| role.word()).collect::<Vec<_>>().join(", ");
    let role = Role::from_word(&text.replace('-', "_"));
    role.map(|role| WishedRole(Some(role))).ok_or_else(|| format!("known are {}, none", words()))
}

impl Output for Shown {
    fn text(&self) -> String {
        let what = match &self.user {
            Some(user) => format!("“{user}” sets a password with it"),
            None => "It makes a company with its owner".to_owned(),
        };
        let until = String::from(self.expires);
        format!("{}\n\n{what}; it counts once, until {until}.\n", self.address)
    }
}

impl Output for Sent {
    fn text(&self) -> String {
        let until = String::from(self.expires);
        format!(
            "The server sends “{}” the link, to {}; it counts once, until {until}.\n\
             Whether it went: authx log --code {}\n",
            self.user, self.to, self.support_code
        )
    }
}

impl Output for RoleSet {
    fn text(&self) -> String {
        match self.now {
            Some(role) => format!("“{}” is {role}.\n", self.user),
            None => format!("“{}” has no role any more.\n", self.user),
        }
    }
}
