//! Parks long polls and wakes them: subscribe, read, wait.

pub use crate::store::Wake;

use crate::store::{Heard, Store};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::Notify, time::sleep};

/// Who waits for what. Spread over shards, so that ten thousand waiters do not queue for one lock.
#[derive(Debug)]
pub struct Waiters {
    shards: [Shard; SHARDS],
    /// How other nodes learn of it.
    others: Option<Store>,
}

type Waiting = HashMap<Wake, Arc<Notify>>;
type Shard = Mutex<Waiting>;

/// One who waits. Dropping it ends the wait.
#[derive(Debug)]
pub struct Subscription<'a> {
    waiters: &'a Waiters,
    key: Wake,
    notify: Arc<Notify>,
}

impl Waiters {
    /// Nobody waits, and there are no other nodes.
    pub fn new() -> Self {
        Self { shards: std::array::from_fn(|_| Shard::default()), others: None }
    }

    /// Nobody waits. What changes is told to the other nodes of this database too, and
    /// [`hear`](Self::hear) listens to them.
    pub fn beside_others(store: Store) -> Self {
        Self { others: Some(store), ..Self::new() }
    }

    /// Begins to listen. What changes after this call wakes the subscription, so read what is
    /// waited for after it and wait only then.
    pub fn subscribe(&self, key: Wake) -> Subscription<'_> {
        let notify = with(self.shard(key), |waiting| Arc::clone(waiting.entry(key).or_default()));
        Subscription { waiters: self, key, notify }
    }

    /// Wakes all who wait for this, on every node; to be called when the change is stored.
    pub fn wake(&self, key: Wake) {
        self.wake_here(key);
        if let Some(others) = &self.others {
            others.announce(key);
        }
    }

    /// Wakes who waits here for what other nodes change, for as long as it is polled.
    pub async fn hear(&self) {
        let Some(others) = &self.others else { return std::future::pending().await };
        let mut wakes = others.wakes();
        loop {
            match wakes.next().await {
                Heard::Everything => self.wake_everybody().await,
                Heard::One(key) => self.wake_here(key),
            }
        }
    }

    /// How much is waited for.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| with(shard, |waiting| waiting.len())).sum()
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn wake_here(&self, key: Wake) {
        if let Some(notify) = with(self.shard(key), |waiting| waiting.get(&key).cloned()) {
            notify.notify_waiters();
        }
    }

    /// A part after the other: ten thousand who read at once would keep new logins waiting.
    async fn wake_everybody(&self) {
        for shard in &self.shards {
            with(shard, |waiting| waiting.values().for_each(|notify| notify.notify_waiters()));
            sleep(BETWEEN).await;
        }
    }

    fn shard(&self, key: Wake) -> &Shard {
        let id = match &key {
            Wake::Login(id) => id.as_bytes(),
            Wake::Phone(id) => id.as_bytes(),
        };
        // The last byte of a UUIDv7 is random; the first ones are the time.
        let at = id.last().map_or(0, |&byte| usize::from(byte) % SHARDS);
        let [first, ..] = &self.shards;
        self.shards.get(at).unwrap_or(first)
    }
}

fn with<T>(shard: &Shard, act: impl FnOnce(&mut Waiting) -> T) -> T {
    // No code that runs under the lock can panic half-way, so a poisoned map is still whole.
    act(&mut shard.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Default for Waiters {
    fn default() -> Self {
        Self::new()
    }
}

impl Subscription<'_> {
    /// What wakes this subscription; to be created (and enabled) before what is waited
    /// for is read.
    pub fn notified(&self) -> tokio::sync::futures::Notified<'_> {
        self.notify.notified()
    }
}

impl Drop for Subscription<'_> {
    fn drop(&mut self) {
        with(self.waiters.shard(self.key), |waiting| {
            // Two: ours and the map's. A new one cannot appear while the shard is locked.
            if Arc::strong_count(&self.notify) == 2 {
                waiting.remove(&self.key);
            }
        });
    }
}

const SHARDS: usize = 64;
const BETWEEN: Duration = Duration::from_millis(2);

#[cfg(test)]
mod tests {
    use super::*;
    use authx_core::{LoginId, PhoneId};
    use futures_util::FutureExt;

    #[tokio::test]
    async fn a_change_wakes_all_who_wait_for_it_and_nobody_else() {
        let waiters = Waiters::new();
        // The same bytes under another kind are something else.
        let one = Wake::Login(LoginId::from_bytes([1; 16]));
        let other = Wake::Phone(PhoneId::from_bytes([1; 16]));
        let [a, b, c] = [one, one, other].map(|id| waiters.subscribe(id));
        {
            let mut all = [&a, &b, &c].map(|waiting| Box::pin(waiting.notified()));
            for waiting in &mut all {
                waiting.as_mut().enable();
            }
            waiters.wake(one);
            let [first, second, third] = all;
            first.await;
            second.await;
            assert!(third.now_or_never().is_none());
        }
        assert_eq!(waiters.len(), 2);
        drop((a, b));
        assert_eq!(waiters.len(), 1);
        drop(c);
        assert!(waiters.is_empty());
    }
}
