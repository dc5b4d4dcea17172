//! Phones: ten thousand of them that wait at one node, and what one of them answers.
//!
//! Every phone has keys of its own and signs its calls; every request is a signed login of a user
//! with a phone, durable before the phone hears of it.

mod approvals;
mod enrolled;
mod held;
mod report;

use super::{
    Arguments, Extent,
    client::{self, exchange},
    figures::Figures,
    sides::Side,
};
use anyhow::ensure;
use authx_core::wire::login::LoginState;
use enrolled::Enrolled;
use held::{Held, How};
use std::{io::Write, ops::Range, time::Duration};
use tokio::{
    runtime::Runtime,
    time::{Instant, sleep},
};

/// Phones that waited in one way.
struct Wait {
    how: How,
    phones: usize,
    /// Resident memory of the server before and while they waited, in bytes.
    memory: (u64, u64),
    /// What the server computes when nothing happens, as a part of one processor.
    share: f64,
    /// From sending a login to its event at the phone.
    from_request: Vec<Duration>,
    /// From that login's answer to the same; zero where that came first.
    from_answer: Vec<Duration>,
    /// Logins with codes while nobody waits: before and after.
    alone: Figures,
    /// The same beside the phones that wait.
    beside: Figures,
}

/// Measures all of it, and prints each part as soon as it is known.
pub(crate) fn measure(
    runtime: &Runtime,
    arguments: &Arguments,
    extent: Extent,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let samples = extent.samples;
    let mut side = Side::start(runtime, arguments, None, true, extent.callers)?;
    let phones = runtime.block_on(enrolled::everybody(&side.world))?;
    for (number, each) in [SHARED, 1].into_iter().enumerate() {
        let users = number * samples..(number + 1) * samples;
        wait(&mut side, arguments, extent, &phones, How::Live { each }, users)?.write(out)?;
    }
    let mut side = Side::start(runtime, arguments, None, false, extent.callers)?;
    let phones = runtime.block_on(enrolled::everybody(&side.world))?;
    wait(&mut side, arguments, extent, &phones, How::Poll, 0..samples)?.write(out)?;
    let fresh = samples..extent.callers;
    approvals::measure(&mut side, "SQLite", &phones, fresh.clone(), extent)?.write(out)?;
    if let Some(postgres) = &arguments.postgres {
        let mut side = Side::start(runtime, arguments, Some(postgres), false, extent.callers)?;
        let phones = runtime.block_on(enrolled::everybody(&side.world))?;
        approvals::measure(&mut side, "PostgreSQL", &phones, fresh, extent)?.write(out)?;
    }
    Ok(())
}

/// Lets all phones wait, and asks those of some users, who were not asked before.
fn wait(
    side: &mut Side<'_>,
    arguments: &Arguments,
    extent: Extent,
    phones: &[Enrolled],
    how: How,
    users: Range<usize>,
) -> anyhow::Result<Wait> {
    let (mut alone, mut beside) = (Figures::default(), Figures::default());
    for _ in 0..extent.rounds {
        alone.add(side.verify(CONNECTIONS, extent.time)?);
    }
    side.restart(arguments)?;
    let before = side.server.memory()?;
    let mut held = side.runtime.block_on(Held::open(&side.world, phones, how))?;
    pause(side, SETTLE);
    let memory = (before, side.server.memory()?);
    let (began, computed) = (Instant::now(), side.server.cpu()?);
    pause(side, extent.time.mul_f64(IDLE).min(BREATH));
    let share = side.server.cpu()?.saturating_sub(computed).div_duration_f64(began.elapsed());
    let (from_request, from_answer) = side.runtime.block_on(asked(side, &mut held, users))?;
    for _ in 0..extent.rounds {
        beside.add(side.verify(CONNECTIONS, extent.time)?);
    }
    drop(held);
    pause(side, SETTLE);
    for _ in 0..extent.rounds {
        alone.add(side.verify(CONNECTIONS, extent.time)?);
    }
    let phones = phones.len();
    Ok(Wait { how, phones, memory, share, from_request, from_answer, alone, beside })
}

fn pause(side: &Side<'_>, time: Duration) {
    side.runtime.block_on(async { sleep(time).await });
}

/// How soon phones hear that they are asked.
async fn asked(
    side: &Side<'_>,
    held: &mut Held,
    users: Range<usize>,
) -> anyhow::Result<(Vec<Duration>, Vec<Duration>)> {
    let world = &side.world;
    let (mut from_request, mut from_answer) = (vec![], vec![]);
    let mut agent = client::connect(world.address, side.tls.as_ref()).await?;
    let number = enrolled::number(world)?;
    for user in users {
        let (begin, mut answer) = (world.push(user, &number)?, vec![]);
        let login = begin.login.to_string();
        held.forget();
        let asked = Instant::now();
        exchange(&mut agent, &begin.bytes, &mut answer).await?;
        let told = Instant::now();
        world.check(&begin, &answer, LoginState::AwaitingPhone)?;
        let heard = held.next().await?;
        let text = String::from_utf8_lossy(&heard.text);
        ensure!(heard.phone == user && text.contains(&login), "another phone heard: {text}");
        from_request.push(heard.at.duration_since(asked));
        from_answer.push(heard.at.saturating_duration_since(told));
        // Logins do not come one after the other without a pause.
        sleep(PAUSE).await;
    }
    Ok((from_request, from_answer))
}

/// Phones to a connection, where they share one: behind a proxy.
const SHARED: usize = 100;
const CONNECTIONS: usize = 64;
const SETTLE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(2);
/// In lengths of a measurement, and at most: every stream has said once that it is there.
const IDLE: f64 = 10.0;
const BREATH: Duration = Duration::from_secs(20);
