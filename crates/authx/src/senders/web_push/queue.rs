//! Many messages beside each other, and none waits for a push service that hangs.

use super::{Message, SendError, Sent, Subscription, Target, Topic, WebPush};
use std::{future::Future, sync::Arc, time::Duration};
use tokio::{
    sync::{Semaphore, mpsc},
    time::Instant,
};

/// A message to send. `A` is what its sender wants to know it by.
#[derive(Clone, Debug)]
pub struct Notice<A> {
    /// Comes back with the result.
    pub about: A,
    /// Whom to.
    pub target: Target,
    /// What.
    pub message: Message,
    /// How long it is of use, in seconds from now.
    pub ttl_secs: u32,
    /// What it replaces at the push service.
    pub topic: Topic,
}

/// Takes messages and sends them, each push service for itself: of each, 64 at a time, and
/// 2,048 more wait. Clones are the same queue; when the last is dropped, what waits is
/// still sent.
pub struct Queue<A> {
    web_push: WebPush,
    /// In the order of [`WebPush::hosts`].
    lanes: Arc<[mpsc::Sender<Job<A>>]>,
}

struct Job<A> {
    about: A,
    subscription: Subscription,
    message: Message,
    until: Instant,
    topic: Topic,
}

impl WebPush {
    /// Starts a queue. `report` is called, and waited for, once for every message that
    /// [`Queue::push`] took; a message that it holds up makes room for no other.
    pub fn spawn<A, F, R>(self, report: F) -> Queue<A>
    where
        A: Send + 'static,
        F: Fn(A, Result<Sent, SendError>) -> R + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        let report = Arc::new(report);
        let lane = |_| {
            let (sender, jobs) = mpsc::channel(MOST_WAITING);
            tokio::spawn(drive(self.clone(), jobs, report.clone()));
            sender
        };
        let lanes = self.hosts().iter().map(lane).collect();
        Queue { web_push: self, lanes }
    }
}

impl<A> Queue<A> {
    /// Puts a message into the queue; never waits.
    ///
    /// # Errors
    ///
    /// [`SendError::Forbidden`] and [`SendError::Busy`], at once and with what the message was
    /// about; `report` does not hear of it.
    pub fn push(&self, notice: Notice<A>) -> Result<(), (A, SendError)> {
        let Notice { about, target, message, ttl_secs, topic } = notice;
        let subscription = match target.check(self.web_push.hosts()) {
            Ok(subscription) => subscription,
            Err(error) => return Err((about, error.into())),
        };
        let Some(lane) = self.lanes.get(subscription.endpoint.service()) else {
            return Err((about, SendError::Busy));
        };
        let until = Instant::now() + Duration::from_secs(ttl_secs.into());
        let host = subscription.endpoint.host().to_owned();
        lane.try_send(Job { about, subscription, message, until, topic }).map_err(|error| {
            let job = error.into_inner();
            tracing::warn!(host, "too many messages are waiting for this push service");
            (job.about, SendError::Busy)
        })
    }

    /// What it sends with.
    pub fn web_push(&self) -> &WebPush {
        &self.web_push
    }
}

impl<A> Clone for Queue<A> {
    fn clone(&self) -> Self {
        Self { web_push: self.web_push.clone(), lanes: self.lanes.clone() }
    }
}

impl<A> std::fmt::Debug for Queue<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue").field("web_push", &self.web_push).finish_non_exhaustive()
    }
}

async fn drive<A, F, R>(web_push: WebPush, mut jobs: mpsc::Receiver<Job<A>>, report: Arc<F>)
where
    A: Send + 'static,
    F: Fn(A, Result<Sent, SendError>) -> R + Send + Sync + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    let room = Arc::new(Semaphore::new(AT_ONCE));
    // The place before the message, so that only what has one leaves the bounded channel.
    while let Ok(place) = room.clone().acquire_owned().await {
        let Some(job) = jobs.recv().await else { return };
        let (web_push, report) = (web_push.clone(), report.clone());
        tokio::spawn(async move {
            let Job { about, subscription, message, until, topic } = job;
            let sending = web_push.send_until(&subscription, &message, until, &topic);
            let sent = Box::pin(sending).await;
            report(about, sent).await;
            drop(place);
        });
    }
}

/// Messages that are under way to one push service at a time.
pub(super) const AT_ONCE: usize = 64;
/// Messages that wait for one push service: some 2 MB of memory.
pub(super) const MOST_WAITING: usize = 2_048;
