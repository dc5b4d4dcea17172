//! Parks long polls and wakes them: subscribe, read, wait.

use authx_core::LoginId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::Notify;

/// Who waits for which login. Spread over shards, so that ten thousand waiters do not queue for
/// one lock.
#[derive(Debug)]
pub struct Waiters {
    shards: [Shard; SHARDS],
}

type Shard = Mutex<HashMap<LoginId, Arc<Notify>>>;

/// One who waits. Dropping it ends the wait.
#[derive(Debug)]
pub struct Subscription<'a> {
    waiters: &'a Waiters,
    id: LoginId,
    notify: Arc<Notify>,
}

impl Waiters {
    /// Nobody waits.
    pub fn new() -> Self {
        Self { shards: std::array::from_fn(|_| Shard::default()) }
    }

    /// Begins to listen. What changes after this call wakes the subscription, so read the login
    /// after it and wait only then.
    pub fn subscribe(&self, id: LoginId) -> Subscription<'_> {
        let notify = self.with(id, |shard| Arc::clone(shard.entry(id).or_default()));
        Subscription { waiters: self, id, notify }
    }

    /// Wakes all who wait for this login.
    pub fn wake(&self, id: LoginId) {
        if let Some(notify) = self.with(id, |shard| shard.get(&id).cloned()) {
            notify.notify_waiters();
        }
    }

    /// How many logins are waited for.
    pub fn len(&self) -> usize {
        let len = |shard: &Shard| shard.lock().unwrap_or_else(PoisonError::into_inner).len();
        self.shards.iter().map(len).sum()
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn with<T>(&self, id: LoginId, act: impl FnOnce(&mut HashMap<LoginId, Arc<Notify>>) -> T) -> T {
        // The last byte of a UUIDv7 is random; the first ones are the time.
        let at = id.as_bytes().last().map_or(0, |&byte| usize::from(byte) % SHARDS);
        let [first, ..] = &self.shards;
        let shard = self.shards.get(at).unwrap_or(first);
        // No code that runs under the lock can panic half-way, so a poisoned map is still whole.
        act(&mut shard.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Default for Waiters {
    fn default() -> Self {
        Self::new()
    }
}

impl Subscription<'_> {
    /// What wakes this subscription; to be created (and enabled) before the login is read.
    pub fn notified(&self) -> tokio::sync::futures::Notified<'_> {
        self.notify.notified()
    }
}

impl Drop for Subscription<'_> {
    fn drop(&mut self) {
        self.waiters.with(self.id, |shard| {
            // Two: ours and the map's. A new one cannot appear while the shard is locked.
            if Arc::strong_count(&self.notify) == 2 {
                shard.remove(&self.id);
            }
        });
    }
}

const SHARDS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[tokio::test]
    async fn a_change_wakes_all_who_wait_for_it_and_nobody_else() {
        let waiters = Waiters::new();
        let (one, other) = (LoginId::from_bytes([1; 16]), LoginId::from_bytes([2; 16]));
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
