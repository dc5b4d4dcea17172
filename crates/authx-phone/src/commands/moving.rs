//! `authx-phone move`.

use super::{
    Done, Global,
    known::{self, Known, Wanted},
    qr,
};
use crate::store::Store;
use authx_core::wire::{login::Rfc3339, phone::Token};
use authx_program::output::Output;
use clap::Args;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// This account only: user, company, USER@COMPANY or id; by default all
    account: Option<String>,
    /// Take it back, as long as the other phone has not taken over
    #[arg(long)]
    cancel: bool,
}

/// One code for each server.
#[derive(Serialize)]
struct Shown {
    moves: Vec<Move>,
}

#[derive(Serialize)]
struct Move {
    server: String,
    link: String,
    activation: Token,
    expires_at: Rfc3339,
    accounts: Vec<String>,
    #[serde(skip)]
    seconds_left: u64,
}

#[derive(Serialize)]
struct Cancelled {
    accounts: Vec<String>,
}

pub(super) async fn run(
    global: &Global,
    store: &Store,
    arguments: &Arguments,
) -> anyhow::Result<Done> {
    let all = known::all(store, Wanted::Active(arguments.account.as_deref()))?;
    if arguments.cancel {
        return cancel(global, all).await;
    }
    let mut servers = BTreeMap::<String, Vec<Known>>::new();
    for known in all {
        servers.entry(known.kept.server.clone()).or_default().push(known);
    }
    let mut moves = vec![];
    for (server, accounts) in servers {
        moves.extend(start(server, accounts).await?);
    }
    Shown { moves }.write(global.json)?;
    Ok(Done::Yes)
}

/// All accounts of a server go under one activation.
async fn start(server: String, accounts: Vec<Known>) -> anyhow::Result<Option<Move>> {
    let mut begun: Option<Move> = None;
    for known in accounts {
        let earlier = begun.as_ref().map(|begun| begun.activation.clone());
        let view = known.phone.start_move(earlier).await.map_err(|error| known.failed(error))?;
        let seconds_left = view.expires_at.0.since(known.phone.server().now()) / 1_000;
        let begun = begun.get_or_insert_with(|| Move {
            link: format!("{server}/#{}", *view.activation.text()),
            server: server.clone(),
            activation: view.activation,
            expires_at: view.expires_at,
            accounts: vec![],
            seconds_left,
        });
        begun.accounts.push(known.kept.title());
    }
    Ok(begun)
}

async fn cancel(global: &Global, all: Vec<Known>) -> anyhow::Result<Done> {
    let mut accounts = vec![];
    for known in all {
        known.phone.cancel_move().await.map_err(|error| known.failed(error))?;
        accounts.push(known.kept.title());
    }
    Cancelled { accounts }.write(global.json)?;
    Ok(Done::Yes)
}

impl Output for Shown {
    fn text(&self) -> String {
        self.moves.iter().map(Move::text).collect()
    }
}

impl Move {
    fn text(&self) -> String {
        let Self { link, activation, accounts, seconds_left, .. } = self;
        let qr = qr::drawn(link).unwrap_or_default();
        let minutes = seconds_left.div_ceil(60);
        format!(
            "For {minutes} minutes another phone can take over {}. Let it scan this:\n\n{qr}\n\
             or open this there:\n\n    {link}\n\n\
             or, at another terminal:\n\n    authx-phone enrol '{link}'\n\n\
             Whoever has it can take the place of this machine ({}…). Taken back it is with \
             `authx-phone move --cancel`.\n",
            accounts.join(", "),
            activation.text().chars().take(8).collect::<String>(),
        )
    }
}

impl Output for Cancelled {
    fn text(&self) -> String {
        format!("No other phone can take over {} any more.\n", self.accounts.join(", "))
    }
}
