//! `authx-phone watch`.

use super::{
    Done, Global,
    known::{self, Known, Wanted},
    shown,
};
use crate::{
    server::{CallError, Live},
    store::Store,
};
use anyhow::Context as _;
use authx_core::{
    LoginId, PhoneId,
    wire::phone::{ReachWay, Request, RequestsView},
};
use authx_program::output::{complain, emit};
use clap::Args;
use serde::Serialize;
use std::{collections::BTreeMap, time::Duration};
use tokio::{sync::mpsc, task::JoinSet, time::sleep};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Of this account only: user, company, USER@COMPANY or id
    account: Option<String>,
    /// Print what waits now, and end; the exit code is 3 when nothing does
    #[arg(long)]
    once: bool,
    /// Ask again and again instead of keeping a stream open, for networks that break it
    #[arg(long)]
    poll: bool,
}

/// What an account has to tell.
#[derive(Debug)]
enum News {
    /// All that waits now.
    View(Box<Known>, RequestsView, ReachWay),
    /// It cannot be asked any more.
    Gone(anyhow::Error),
}

/// One line of JSON.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Event<'a> {
    /// A sign-in waits.
    Request { phone: PhoneId, request: &'a Request },
    /// It no longer does.
    Over { phone: PhoneId, request: LoginId },
}

pub(super) async fn run(
    global: &Global,
    store: &Store,
    arguments: &Arguments,
) -> anyhow::Result<Done> {
    let all = known::all(store, Wanted::Active(arguments.account.as_deref()))?;
    if arguments.once { once(global, all).await } else { watch(global, all, arguments.poll).await }
}

async fn once(global: &Global, all: Vec<Known>) -> anyhow::Result<Done> {
    let (mut screen, mut done) = (Screen::new(global.json), Done::Yes);
    for known in all {
        match known.phone.requests(0, 0).await {
            Ok(view) => {
                screen.show(&known, &view, ReachWay::Poll).await?;
            }
            Err(error) => {
                complain("authx-phone", &format!("{:#}", known.failed(error)));
                done = Done::Partly;
            }
        }
    }
    let nothing = screen.waiting.values().all(BTreeMap::is_empty);
    Ok(if nothing && done == Done::Yes { Done::NothingWaits } else { done })
}

async fn watch(global: &Global, all: Vec<Known>, poll: bool) -> anyhow::Result<Done> {
    let (sender, mut receiver) = mpsc::channel(16);
    let mut tasks = JoinSet::new();
    for known in all {
        tasks.spawn(Box::pin(follow(known, poll, sender.clone())));
    }
    drop(sender);
    let mut screen = Screen::new(global.json);
    while let Some(news) = receiver.recv().await {
        match news {
            News::View(known, view, by) => {
                if !screen.show(&known, &view, by).await? {
                    return Ok(Done::Yes);
                }
            }
            News::Gone(error) => complain("authx-phone", &format!("{error:#}")),
        }
    }
    Ok(Done::Partly)
}

/// Follows one account until it is gone, or nobody listens.
async fn follow(known: Known, poll: bool, sender: mpsc::Sender<News>) {
    let (mut pause, mut told, mut streams) = (SHORTEST, false, !poll);
    loop {
        let mut heard = false;
        let ended = if streams {
            stream(&known, &sender, &mut heard).await
        } else {
            ask(&known, &sender, &mut heard).await
        };
        if heard {
            (pause, told) = (SHORTEST, false);
        }
        match ended {
            Ok(()) if sender.is_closed() => return,
            Ok(()) => {}
            // Something between does not let a stream through.
            Err(CallError::NotAuthx { status: 404..=406, .. }) if streams => streams = false,
            Err(error) if error.may_pass() => {
                if !told {
                    let error = known.failed(error);
                    complain("authx-phone", &format!("{error:#}; trying again"));
                    told = true;
                }
            }
            Err(error) => {
                // With nobody listening there is nobody to tell.
                let _ = sender.send(News::Gone(known.failed(error))).await;
                return;
            }
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST);
    }
}

async fn stream(
    known: &Known,
    sender: &mpsc::Sender<News>,
    heard: &mut bool,
) -> Result<(), CallError> {
    let mut live: Live = known.phone.live().await?;
    while let Some(view) = live.next().await? {
        *heard = true;
        if sender.send(News::View(Box::new(known.clone()), view, ReachWay::Live)).await.is_err() {
            break;
        }
    }
    Ok(())
}

async fn ask(
    known: &Known,
    sender: &mpsc::Sender<News>,
    heard: &mut bool,
) -> Result<(), CallError> {
    let mut view = known.phone.requests(0, 0).await?;
    loop {
        *heard = true;
        let version = view.version;
        if sender.send(News::View(Box::new(known.clone()), view, ReachWay::Poll)).await.is_err() {
            return Ok(());
        }
        view = known.phone.requests(version, WAIT_SECS).await?;
    }
}

/// What was printed, so that only what is new is printed again.
struct Screen {
    json: bool,
    waiting: BTreeMap<PhoneId, BTreeMap<LoginId, Request>>,
}

impl Screen {
    fn new(json: bool) -> Self {
        Self { json, waiting: BTreeMap::new() }
    }

    /// Prints what came and what went, and says that it arrived. Returns whether anybody reads.
    async fn show(
        &mut self,
        known: &Known,
        view: &RequestsView,
        by: ReachWay,
    ) -> anyhow::Result<bool> {
        let phone = known.phone.id();
        let now: BTreeMap<_, _> = view.requests.iter().map(|it| (it.id, it.clone())).collect();
        let before = self.waiting.insert(phone, now.clone()).unwrap_or_default();
        let mut read = true;
        for request in before.values().filter(|request| !now.contains_key(&request.id)) {
            let text = format!("over: {}\n", request.id);
            read &= self.print(&Event::Over { phone, request: request.id }, &text)?;
        }
        let new: Vec<&Request> =
            view.requests.iter().filter(|request| !before.contains_key(&request.id)).collect();
        for request in &new {
            let text = shown::request(request, known.phone.server().now()) + "\n";
            read &= self.print(&Event::Request { phone, request }, &text)?;
        }
        if !new.is_empty() {
            let ids = new.iter().map(|request| request.id).collect();
            if let Err(error) = known.phone.receipts(by, ids).await {
                complain("authx-phone", &format!("{:#}", known.failed(error)));
            }
        }
        Ok(read)
    }

    fn print(&self, event: &Event<'_>, text: &str) -> anyhow::Result<bool> {
        if self.json {
            let json = serde_json::to_string(event).context("the request is no JSON")?;
            return emit(&format!("{json}\n"));
        }
        emit(text)
    }
}

const LONGEST: Duration = Duration::from_secs(30);
const SHORTEST: Duration = Duration::from_millis(500);
const WAIT_SECS: u64 = 45;
