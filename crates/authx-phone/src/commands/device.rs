//! `authx-phone rename` and `authx-phone remove`.

use super::{
    Done, Global,
    known::{self, Wanted},
};
use crate::store::Store;
use authx_core::{PhoneId, wire::phone::ChangeDevice};
use authx_program::output::{Output, complain, visible};
use clap::Args;
use serde::Serialize;

#[derive(Args, Debug)]
pub(super) struct Rename {
    /// What to call this machine
    name: String,
    /// For this account only: user, company, USER@COMPANY or id
    account: Option<String>,
}

#[derive(Args, Debug)]
pub(super) struct Remove {
    /// The account: user, company, USER@COMPANY or id; by default the only one
    account: Option<String>,
    /// Forget it here without telling its server, which goes on asking it
    #[arg(long)]
    offline: bool,
}

#[derive(Serialize)]
struct Renamed {
    accounts: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    phone: PhoneId,
    name: String,
    #[serde(skip)]
    title: String,
}

#[derive(Serialize)]
struct Removed {
    phone: PhoneId,
    #[serde(skip)]
    text: String,
}

pub(super) async fn rename(
    global: &Global,
    store: &Store,
    arguments: &Rename,
) -> anyhow::Result<Done> {
    let (mut accounts, mut done) = (vec![], Done::Yes);
    for known in known::all(store, Wanted::Active(arguments.account.as_deref()))? {
        let name = Some(arguments.name.clone().into());
        let change = ChangeDevice { name, platform: Some(super::world::platform().into()) };
        match known.phone.change(&change).await {
            Ok(account) => {
                store.update(known.phone.id(), |kept| kept.refresh(&account))?;
                let title = known.kept.title();
                accounts.push(Line { phone: account.phone, name: account.name, title });
            }
            Err(error) => {
                complain("authx-phone", &format!("{:#}", known.failed(error)));
                done = Done::Partly;
            }
        }
    }
    Renamed { accounts }.write(global.json)?;
    Ok(done)
}

pub(super) async fn remove(
    global: &Global,
    store: &Store,
    arguments: &Remove,
) -> anyhow::Result<Done> {
    let known = known::one(store, arguments.account.as_deref())?;
    let (phone, title) = (known.phone.id(), known.kept.title());
    if !arguments.offline {
        match known.phone.remove().await {
            Err(error) if error.code() != Some("phone_gone") => {
                let error = anyhow::Error::new(error);
                return Err(error.context(format!(
                    "{title} is not removed; `--offline` forgets it here alone"
                )));
            }
            Ok(()) | Err(_) => {}
        }
    }
    store.forget(phone)?;
    let text = if arguments.offline {
        format!("{title} is forgotten here; let an administrator remove it at the server.\n")
    } else {
        format!("{title} is removed: its keys and codes no longer count.\n")
    };
    Removed { phone, text }.write(global.json)?;
    Ok(Done::Yes)
}

impl Output for Renamed {
    fn text(&self) -> String {
        let line = |Line { name, title, .. }: &Line| {
            format!("{title}: this machine is called “{}”.\n", visible(name))
        };
        self.accounts.iter().map(line).collect()
    }
}

impl Output for Removed {
    fn text(&self) -> String {
        self.text.clone()
    }
}
