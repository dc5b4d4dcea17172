//! `authx user invite`.

use super::{
    super::{Global, Output, opened::Opened},
    code::drawn,
};
use crate::{
    admin::accounts::{self, Account},
    app::App,
    enrol::phones::{self, Invited, Mailed, PhoneError, Separate},
};
use anyhow::{Context as _, bail};
use authx_core::{
    DeliveryId, InvitationId, PhoneId, TenantId, UserId,
    wire::{
        login::Rfc3339,
        phone::{AccountState, InvitationProof, MadePhone, Token},
    },
};
use authx_program::output::{emit, quoted, visible};
use clap::Args;
use serde::Serialize;
use std::{collections::HashSet, time::Duration};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Name, alias or id
    user: String,
    /// Demand a code that travels another way than the link, though there is a password
    #[arg(long)]
    separate_code: bool,
    /// Send the link to the mail address on record, and show it nobody else
    #[arg(long, conflicts_with = "wait")]
    mail: bool,
    /// Stay, and show the four words of the phone until it counts
    #[arg(long)]
    wait: bool,
}

/// An invitation, shown this once.
#[derive(Serialize)]
struct Shown {
    user_id: UserId,
    user: String,
    invitation_id: InvitationId,
    link: String,
    short_code: String,
    proof: InvitationProof,
    #[serde(skip_serializing_if = "Option::is_none")]
    separate_code: Option<String>,
    expires_at: Rfc3339,
    replaced: bool,
    #[serde(skip)]
    phone_url: String,
    #[serde(skip)]
    waits: bool,
}

pub(super) async fn run(
    global: &Global,
    Opened { app, by }: &Opened,
    tenant: TenantId,
    arguments: Arguments,
) -> anyhow::Result<()> {
    let Account { id, name, .. } = accounts::find(app, tenant, &arguments.user).await?;
    let separate = if arguments.separate_code { Separate::Always } else { Separate::IfNeeded };
    if arguments.mail {
        let mailed = phones::invite_by_mail(app, by, tenant, id, separate).await?;
        return sent(id, name, mailed).write(global.json);
    }
    let invited = phones::invite(app, by, tenant, id, separate).await?;
    shown(app, id, name, &invited, arguments.wait).write(global.json)?;
    if arguments.wait { wait(app, &invited.token, global.json).await } else { Ok(()) }
}

/// An invitation that went by mail.
#[derive(Serialize)]
struct Sent {
    user_id: UserId,
    user: String,
    invitation_id: InvitationId,
    delivery_id: DeliveryId,
    to: String,
    proof: InvitationProof,
    #[serde(skip_serializing_if = "Option::is_none")]
    separate_code: Option<String>,
    expires_at: Rfc3339,
    replaced: bool,
    support_code: String,
}

fn sent(user_id: UserId, user: String, mailed: Mailed) -> Sent {
    let Mailed { id, proof, code, expires, replaces, posted } = mailed;
    Sent {
        user_id,
        user,
        invitation_id: id,
        delivery_id: posted.id,
        to: posted.to,
        proof,
        separate_code: code.as_ref().map(|code| code.to_string()),
        expires_at: Rfc3339(expires),
        replaced: replaces,
        support_code: posted.support_code,
    }
}

fn shown(app: &App, user_id: UserId, user: String, invited: &Invited, waits: bool) -> Shown {
    Shown {
        user_id,
        user,
        invitation_id: invited.id,
        link: invited.link(app).to_string(),
        short_code: invited.short.shown().to_string(),
        proof: invited.proof,
        separate_code: invited.code.as_ref().map(|code| code.to_string()),
        expires_at: Rfc3339(invited.expires),
        replaced: invited.replaces,
        phone_url: app.phone_url.to_string(),
        waits,
    }
}

/// Shows each phone that is made from an invitation, until one counts.
async fn wait(app: &App, token: &Token, json: bool) -> anyhow::Result<()> {
    let mut told: HashSet<(PhoneId, bool)> = HashSet::new();
    loop {
        let made = match phones::look(app, token).await {
            Ok(view) => view.phones,
            Err(PhoneError::NotOpen) => {
                bail!("the invitation is over, or its phone was removed: invite again")
            }
            Err(error) => return Err(error.into()),
        };
        for phone in made {
            let counts = phone.state == AccountState::Active;
            if told.insert((phone.phone, counts)) && !tell(&phone, counts, json)? {
                return Ok(());
            }
            if counts {
                return Ok(());
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Returns whether anybody still reads.
fn tell(phone: &MadePhone, counts: bool, json: bool) -> anyhow::Result<bool> {
    if json {
        let line = serde_json::to_string(phone).context("the phone is no JSON")?;
        return emit(&format!("{line}\n"));
    }
    let (name, platform) = (visible(&phone.name), visible(&phone.platform));
    let text = if counts {
        format!("“{name}” counts now.\n")
    } else {
        format!(
            "“{name}” ({platform}) shows these four words, or it is not the user's:\n\n    {}\n\n",
            phone.words.join(" ")
        )
    };
    emit(&text)
}

impl Output for Sent {
    fn text(&self) -> String {
        let Self { user, to, expires_at, support_code, .. } = self;
        let expires = String::from(*expires_at);
        let earlier = if self.replaced { " An earlier invitation no longer counts." } else { "" };
        let proof = match &self.separate_code {
            Some(code) => format!(
                "The page asks for this code. Let it travel another way than by mail:\n\n    {code}\n\n"
            ),
            None => "The page asks for the user's password.\n".to_owned(),
        };
        format!(
            "The server sends “{user}” a link, to {to}; it is good until {expires}.{earlier}\n{proof}\
             Whether it went: authx log --code {support_code}\n\
             Both sides show four words then; compare them: authx user phones {}\n",
            quoted(user)
        )
    }
}

impl Output for Shown {
    fn text(&self) -> String {
        let Self { user, link, short_code, expires_at, phone_url, .. } = self;
        let qr = drawn(link).unwrap_or_default();
        let expires = String::from(*expires_at);
        let earlier = if self.replaced { " An earlier invitation no longer counts." } else { "" };
        let proof = match &self.separate_code {
            Some(code) => format!(
                "The page asks for this code. Let it travel another way than the link:\n\n    {code}\n\n"
            ),
            None => "The page asks for the user's password.\n".to_owned(),
        };
        let next = if self.waits {
            "Waiting for a phone; stop with Ctrl-C.\n".to_owned()
        } else {
            format!(
                "Both sides show four words then; compare them: authx user phones {}\n",
                quoted(user)
            )
        };
        format!(
            "Let “{user}” open this on the phone, until {expires}:\n\n    {link}\n\n{qr}\n\
             or open {phone_url} there and type:\n\n    {short_code}\n\n\
             It is good for one phone.{earlier}\n{proof}{next}"
        )
    }
}

const PAUSE: Duration = Duration::from_secs(1);
