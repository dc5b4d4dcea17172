//! `authx-phone history` and `authx-phone end`.

use super::{
    Done, Global,
    known::{self, Known, Wanted},
    shown,
};
use crate::store::Store;
use authx_core::{LoginId, wire::phone::Entry};
use authx_program::output::{Output, complain};
use clap::Args;
use serde::Serialize;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Of this account only: user, company, USER@COMPANY or id
    account: Option<String>,
}

#[derive(Args, Debug)]
pub(super) struct End {
    /// The sign-in: its id or support code
    request: String,
}

#[derive(Serialize)]
struct Shown {
    entries: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    account: String,
    #[serde(flatten)]
    entry: Entry,
}

#[derive(Serialize)]
struct Ended {
    request: LoginId,
}

pub(super) async fn run(
    global: &Global,
    store: &Store,
    arguments: &Arguments,
) -> anyhow::Result<Done> {
    let (entries, done) = entries(store, arguments.account.as_deref()).await?;
    let line = |(known, entry): (Known, Entry)| Line { account: known.kept.title(), entry };
    Shown { entries: entries.into_iter().map(line).collect() }.write(global.json)?;
    Ok(done)
}

pub(super) async fn end(global: &Global, store: &Store, arguments: &End) -> anyhow::Result<Done> {
    let End { request } = arguments;
    let (entries, _) = entries(store, None).await?;
    let meant = |(_, entry): &(Known, Entry)| {
        request.eq_ignore_ascii_case(&entry.id.to_string())
            || request.eq_ignore_ascii_case(entry.support_code.as_str())
    };
    let Some((known, entry)) = entries.into_iter().find(meant) else {
        anyhow::bail!("{request} is no sign-in that was answered here: see `authx-phone history`");
    };
    known.phone.end(entry.id).await.map_err(|error| known.failed(error))?;
    Ended { request: entry.id }.write(global.json)?;
    Ok(Done::Yes)
}

/// Newest first, over all accounts.
async fn entries(
    store: &Store,
    account: Option<&str>,
) -> anyhow::Result<(Vec<(Known, Entry)>, Done)> {
    let (mut entries, mut done) = (vec![], Done::Yes);
    for known in known::all(store, Wanted::Active(account))? {
        match known.phone.history().await {
            Ok(found) => entries.extend(found.into_iter().map(|entry| (known.clone(), entry))),
            Err(error) => {
                complain("authx-phone", &format!("{:#}", known.failed(error)));
                done = Done::Partly;
            }
        }
    }
    entries.sort_by_key(|(_, entry)| std::cmp::Reverse(entry.at.0));
    Ok((entries, done))
}

impl Output for Shown {
    fn text(&self) -> String {
        if self.entries.is_empty() {
            return "Nothing was asked yet.\n".to_owned();
        }
        let row = |Line { account, entry }: &Line| {
            [
                String::from(entry.at),
                account.clone(),
                entry.application.name.clone(),
                entry.outcome.word().to_owned(),
                shown::origin(&entry.client),
                entry.support_code.as_str().to_owned(),
            ]
        };
        let rows: Vec<_> = self.entries.iter().map(row).collect();
        shown::table(["AT", "ACCOUNT", "APPLICATION", "OUTCOME", "FROM", "SUPPORT"], &rows)
    }
}

impl Output for Ended {
    fn text(&self) -> String {
        format!("The session that {} left is over.\n", self.request)
    }
}
