//! `authx-phone codes`.

use super::{Done, Global, shown};
use crate::{
    cx,
    phone::Code,
    store::{Selection, Store, StoreError},
};
use authx_core::{PhoneId, wire::phone::AccountState};
use authx_program::output::Output;
use clap::Args;
use serde::Serialize;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Of this account only: user, company, USER@COMPANY or id
    account: Option<String>,
}

#[derive(Serialize)]
struct Shown {
    codes: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    phone: PhoneId,
    tenant: String,
    user: String,
    state: AccountState,
    #[serde(flatten)]
    code: Code,
}

pub(super) fn run(global: &Global, store: &Store, arguments: &Arguments) -> anyhow::Result<Done> {
    let accounts = store.accounts()?;
    if accounts.is_empty() {
        return Err(StoreError::NoAccounts.into());
    }
    let chosen = match &arguments.account {
        Some(account) => Selection(account).all(&accounts),
        None => accounts.iter().collect(),
    };
    if let (true, Some(account)) = (chosen.is_empty(), &arguments.account) {
        return Err(StoreError::NoSuchAccount(account.clone()).into());
    }
    let now = cx::now();
    let line = |account: &&crate::store::KeptAccount| Line {
        phone: account.phone,
        tenant: account.tenant.name.clone(),
        user: account.user.name.clone(),
        state: account.state,
        code: account.codes.at(now),
    };
    Shown { codes: chosen.iter().map(line).collect() }.write(global.json)?;
    Ok(Done::Yes)
}

impl Output for Shown {
    fn text(&self) -> String {
        let row = |line: &Line| {
            let Line { tenant, user, state, code, .. } = line;
            let note = match state {
                AccountState::Active => format!("{} s", code.seconds_left),
                AccountState::Pending => "does not count yet: authx-phone confirm".to_owned(),
            };
            [tenant.clone(), user.clone(), code.code.clone(), note]
        };
        let rows: Vec<_> = self.codes.iter().map(row).collect();
        shown::table(["COMPANY", "USER", "CODE", "FOR"], &rows)
    }
}
