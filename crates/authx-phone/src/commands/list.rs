//! `authx-phone list`.

use super::{
    Done, Global,
    known::{self, Wanted},
    shown,
};
use crate::store::{KeptAccount, Store};
use authx_core::{
    PhoneId,
    wire::phone::{AccountState, NamedTenant, NamedUser},
};
use authx_program::output::{Output, complain};
use clap::Args;
use serde::Serialize;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Ask the servers what they know of each account
    #[arg(long)]
    check: bool,
}

#[derive(Serialize)]
struct Shown {
    accounts: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    phone: PhoneId,
    server: String,
    name: String,
    state: AccountState,
    tenant: NamedTenant,
    user: NamedUser,
}

pub(super) async fn run(
    global: &Global,
    store: &Store,
    arguments: &Arguments,
) -> anyhow::Result<Done> {
    let mut done = Done::Yes;
    if arguments.check {
        for known in known::all(store, Wanted::Any(None))? {
            match known.phone.account().await {
                Ok(account) => store.update(known.phone.id(), |kept| kept.refresh(&account))?,
                Err(error) => {
                    complain("authx-phone", &format!("{:#}", known.failed(error)));
                    done = Done::Partly;
                }
            }
        }
    }
    let line = |kept: KeptAccount| {
        let KeptAccount { phone, server, name, state, tenant, user, .. } = kept;
        Line { phone, server, name, state, tenant, user }
    };
    let accounts = store.accounts()?.into_iter().map(line).collect();
    Shown { accounts }.write(global.json)?;
    Ok(done)
}

impl Output for Shown {
    fn text(&self) -> String {
        if self.accounts.is_empty() {
            return "There is no account here; enrol with `authx-phone enrol LINK`.\n".to_owned();
        }
        let row = |line: &Line| {
            let Line { phone, server, name, state, tenant, user } = line;
            [
                tenant.name.clone(),
                user.name.clone(),
                name.clone(),
                state.word().to_owned(),
                server.clone(),
                phone.to_string(),
            ]
        };
        let rows: Vec<_> = self.accounts.iter().map(row).collect();
        shown::table(["COMPANY", "USER", "HERE CALLED", "STATE", "SERVER", "ID"], &rows)
    }
}
