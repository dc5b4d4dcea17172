//! `authx user bypass`.

use super::super::{Global, Output, opened::Opened};
use crate::admin::{
    accounts::{self, Account},
    bypass::{self, Kind, Wish},
};
use authx_core::{TenantId, UserId, wire::login::Rfc3339};
use clap::Subcommand;
use serde::Serialize;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Give a code that is good for one sign-in; shows it once
    Code {
        /// Name, alias or id
        user: String,
        /// Why; others read it later
        #[arg(long)]
        reason: String,
        /// For how long
        #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u64).range(1..=168))]
        hours: u64,
    },
    /// Ask for a second factor again, and take a code back
    End {
        /// Name, alias or id
        user: String,
    },
    /// Ask for no second factor for a while
    Start {
        /// Name, alias or id
        user: String,
        /// Why; others read it later
        #[arg(long)]
        reason: String,
        /// For how long
        #[arg(long, value_parser = clap::value_parser!(u64).range(1..=168))]
        hours: u64,
    },
}

#[derive(Serialize)]
struct Given {
    user_id: UserId,
    user: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Rfc3339>,
}

pub(super) async fn run(
    global: &Global,
    Opened { app, by }: &Opened,
    tenant: TenantId,
    command: Command,
) -> anyhow::Result<()> {
    let (user, kind, reason, hours) = match command {
        Command::Code { user, reason, hours } => (user, Kind::Code, reason, hours),
        Command::Start { user, reason, hours } => (user, Kind::Bypass, reason, hours),
        Command::End { user } => {
            let Account { id, name, .. } = accounts::find(app, tenant, &user).await?;
            bypass::end(app, by, tenant, id).await?;
            return Given { user_id: id, user: name, code: None, until: None }.write(global.json);
        }
    };
    let Account { id, name, .. } = accounts::find(app, tenant, &user).await?;
    let wish = Wish { user: id, kind, reason, secs: hours * 3_600 };
    let given = bypass::give(app, by, tenant, &wish, None).await?;
    let code = given.code.map(|code| code.to_string());
    let until = Some(Rfc3339(given.until));
    Given { user_id: id, user: name, code, until }.write(global.json)
}

impl Output for Given {
    fn text(&self) -> String {
        let Self { user, code, until, .. } = self;
        match (code, until) {
            (Some(code), Some(Rfc3339(until))) => format!(
                "Bypass code of “{user}”, shown this once, good for one sign-in until {}:\n\n    \
                 {code}\n",
                String::from(Rfc3339(*until))
            ),
            (None, Some(Rfc3339(until))) => format!(
                "“{user}” is asked for no second factor until {}.\n",
                String::from(Rfc3339(*until))
            ),
            (_, None) => format!("“{user}” is asked for a second factor again.\n"),
        }
    }
}
