//! From a phone's answer to the agent that waits for it, and what asking a phone costs.

use super::{
    super::{
        Extent,
        client::{self, exchange},
        figures::{Figures, Sample},
        sides::Side,
    },
    enrolled::{self, Enrolled},
};
use anyhow::{Context as _, ensure};
use authx_core::wire::{login::LoginState, phone::Outcome};
use authx_phone::{Answer, Server};
use std::{ops::Range, time::Duration};
use tokio::time::{Instant, sleep};

/// What was seen on one engine.
pub(crate) struct Approvals {
    pub(crate) engine: &'static str,
    /// From sending the approval (signed, durable) to the agent's answered long poll.
    pub(crate) from_approval: Vec<Duration>,
    /// From the answer to the phone, which the same commit precedes, to the agent's; zero where
    /// that one came first.
    pub(crate) from_answer: Vec<Duration>,
    /// A login that asks a phone, begun over 64 connections.
    pub(crate) push: Figures,
    /// A login with a right code over as many.
    pub(crate) code: Figures,
}

/// Measures with the users of a range, who were not asked before.
pub(crate) fn measure(
    side: &mut Side<'_>,
    engine: &'static str,
    phones: &[Enrolled],
    users: Range<usize>,
    extent: Extent,
) -> anyhow::Result<Approvals> {
    let middle = (users.start + extent.samples).min(users.end);
    let (from_approval, from_answer) = answered(side, phones, users.start..middle)?;
    let (mut push, mut code) = (Figures::default(), Figures::default());
    let rest: Vec<usize> = (middle..users.end).collect();
    for some in rest.chunks(rest.len().div_ceil(extent.rounds).max(1)) {
        push.add(asked(side, some)?);
        code.add(side.verify_of(some, CONNECTIONS, LONG)?);
    }
    Ok(Approvals { engine, from_approval, from_answer, push, code })
}

fn answered(
    side: &Side<'_>,
    phones: &[Enrolled],
    users: Range<usize>,
) -> anyhow::Result<(Vec<Duration>, Vec<Duration>)> {
    let world = &side.world;
    let (mut from_approval, mut from_answer) = (vec![], vec![]);
    side.runtime.block_on(async {
        let server = Server::new(world.app.phone_url.clone(), &[])?;
        let mut agent = client::connect_tcp(world.address).await?;
        for user in users {
            let phone = phones.get(user).context("no such phone")?.hand(&server)?;
            let number = enrolled::number(world)?;
            let (begin, mut answer) = (world.push(user, &number)?, vec![]);
            exchange(&mut agent, &begin.bytes, &mut answer).await?;
            world.check(&begin, &answer, LoginState::AwaitingPhone)?;
            let view = phone.requests(0, 0).await?;
            let request = view.requests.first().context("the phone is asked nothing")?;
            let poll = world.long_poll(begin.login)?;
            let hearing = async {
                exchange(&mut agent, &poll.bytes, &mut answer).await?;
                anyhow::Ok(Instant::now())
            };
            let approving = async {
                // Long enough for the poll to be parked.
                sleep(PAUSE).await;
                let asked = Instant::now();
                let answered = phone.answer(request, Answer::Approve(Some(number))).await?;
                ensure!(answered.outcome == Outcome::Approved, "{answered:?}");
                Ok((asked, Instant::now()))
            };
            let (heard, approved) = tokio::join!(hearing, approving);
            let (heard, (asked, told)) = (heard?, approved?);
            world.check(&poll, &answer, LoginState::Allowed)?;
            from_approval.push(heard.duration_since(asked));
            from_answer.push(heard.saturating_duration_since(told));
        }
        Ok((from_approval, from_answer))
    })
}

/// Begins logins that ask phones, one for each of these users.
fn asked(side: &Side<'_>, users: &[usize]) -> anyhow::Result<Sample> {
    let world = &side.world;
    let number = enrolled::number(world)?;
    let requests = users.iter().map(|&user| world.push(user, &number));
    let plan = client::Plan::once(requests.collect::<Result<_, _>>()?, LONG);
    let before = side.server.cpu()?;
    let (run, requests) = plan.run(world.address, CONNECTIONS, side.tls.as_ref())?;
    let sample = Sample::of(&run, side.server.cpu()?.saturating_sub(before));
    for one in &run.exchanges {
        let request = requests.get(one.request).context("no such request")?;
        world.check(request, run.answer(one), LoginState::AwaitingPhone)?;
    }
    Ok(sample)
}

const CONNECTIONS: usize = 64;
const PAUSE: Duration = Duration::from_millis(5);
/// All of them are to be measured, however long that takes.
const LONG: Duration = Duration::from_mins(1);
