//! Ten thousand callers that wait, and how soon each learns what happened.

use super::{client::exchange, process::Process, requests::Request, world::World};
use anyhow::Context as _;
use authx_core::wire::login::LoginState;
use std::{rc::Rc, time::Duration};
use tokio::{
    net::TcpStream,
    runtime::Builder,
    sync::oneshot,
    task::LocalSet,
    time::{Instant, sleep},
};

/// What was seen.
pub(crate) struct Waiting {
    /// Callers that waited.
    pub(crate) callers: usize,
    /// Resident memory before, and while they waited, in bytes.
    pub(crate) memory: (u64, u64),
    /// From sending the change (a signed, durable one) to the waiting caller's answer.
    pub(crate) from_request: Vec<Duration>,
    /// From the answer to whoever changed it, which the same commit precedes, to the waiting
    /// caller's answer; zero where that one came first.
    pub(crate) from_answer: Vec<Duration>,
}

/// Opens a long poll for each login that `questions` began, then cancels `samples` of them.
pub(crate) fn run(
    world: &World,
    server: &Process,
    questions: &[Request],
    samples: usize,
) -> anyhow::Result<Waiting> {
    let before = server.memory()?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        let mut waiting = vec![];
        for question in questions {
            let poll = Rc::new(world.long_poll(question.login)?);
            let stream = TcpStream::connect(world.address).await?;
            let (tell, hear) = oneshot::channel();
            waiting.push((Rc::clone(&poll), hear));
            tokio::task::spawn_local(async move {
                let answered = wait(stream, &poll).await;
                let _gone = tell.send(answered.map(|answer| (Instant::now(), answer)));
            });
        }
        // Every request has been written; the server still has to read the last of them.
        sleep(Duration::from_secs(2)).await;
        let memory = (before, server.memory()?);
        let mut seen =
            Waiting { callers: questions.len(), memory, from_request: vec![], from_answer: vec![] };
        let mut changer = TcpStream::connect(world.address).await?;
        changer.set_nodelay(true)?;
        let stride = (questions.len() / samples.max(1)).max(1);
        for (question, (poll, hear)) in questions.iter().zip(waiting).step_by(stride) {
            let (cancel, mut answer) = (world.cancel(question.login)?, vec![]);
            let asked = Instant::now();
            exchange(&mut changer, &cancel.bytes, &mut answer).await?;
            let told = Instant::now();
            world.check(&cancel, &answer, LoginState::Cancelled)?;
            let (heard, answer) = hear.await.context("a waiting caller is gone")??;
            world.check(&poll, &answer, LoginState::Cancelled)?;
            seen.from_request.push(heard.duration_since(asked));
            seen.from_answer.push(heard.saturating_duration_since(told));
            // Callers do not come one after the other without a pause.
            sleep(Duration::from_millis(2)).await;
        }
        Ok(seen)
    })
}

/// Asks again when its time was over before anything happened, as callers do: opening ten thousand
/// connections can take longer than the 45 s that one poll waits.
async fn wait(mut stream: TcpStream, poll: &Request) -> anyhow::Result<Vec<u8>> {
    let unchanged = br#""state":"awaiting_input""#;
    loop {
        let mut answer = vec![];
        exchange(&mut stream, &poll.bytes, &mut answer).await?;
        if !answer.windows(unchanged.len()).any(|part| part == unchanged) {
            return Ok(answer);
        }
    }
}
