//! Who may be checked now.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError, Weak},
};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

/// Places for checks. One client's address gets half of them at most: modules sleep for seconds
/// after a wrong password, and whoever guesses must not keep everybody else waiting.
#[derive(Debug)]
pub(super) struct Queue {
    places: Arc<Semaphore>,
    share: usize,
    sources: Mutex<HashMap<IpAddr, Weak<Semaphore>>>,
}

impl Queue {
    pub(super) fn new(places: usize) -> Self {
        let (places, share) = (Arc::new(Semaphore::new(places)), places.div_ceil(2));
        Self { places, share, sources: Mutex::default() }
    }

    /// Waits for a place, in order of arrival; it is free again when what is given is dropped.
    pub(super) async fn place(&self, rhost: IpAddr) -> Result<Place, AcquireError> {
        let share = self.share_of(network(rhost)).acquire_owned().await?;
        let place = Arc::clone(&self.places).acquire_owned().await?;
        Ok(Place { _place: place, _share: share })
    }

    fn share_of(&self, source: IpAddr) -> Arc<Semaphore> {
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        sources.retain(|_, share| share.strong_count() > 0);
        if let Some(share) = sources.get(&source).and_then(Weak::upgrade) {
            return share;
        }
        let share = Arc::new(Semaphore::new(self.share));
        sources.insert(source, Arc::downgrade(&share));
        share
    }
}

/// A place for one check.
#[derive(Debug)]
pub(super) struct Place {
    _place: OwnedSemaphorePermit,
    _share: OwnedSemaphorePermit,
}

/// What one client can move in: its address, or its 64 bits of IPv6.
fn network(rhost: IpAddr) -> IpAddr {
    match rhost.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::timeout;

    async fn place(queue: &Queue, rhost: &str) -> Option<Place> {
        let place = queue.place(rhost.parse().unwrap());
        timeout(Duration::from_millis(20), place).await.ok().map(Result::unwrap)
    }

    #[tokio::test]
    async fn one_address_takes_half_of_the_places() {
        let queue = Queue::new(4);
        let first = place(&queue, "192.0.2.7").await.unwrap();
        let _second = place(&queue, "::ffff:192.0.2.7").await.unwrap();
        assert!(place(&queue, "192.0.2.7").await.is_none());
        let _other = place(&queue, "192.0.2.8").await.unwrap();
        drop(first);
        assert!(place(&queue, "192.0.2.7").await.is_some());
    }

    #[tokio::test]
    async fn all_addresses_together_take_all_places() {
        let queue = Queue::new(2);
        let first = place(&queue, "2001:db8::1").await.unwrap();
        assert!(place(&queue, "2001:db8::2").await.is_none(), "the same network");
        let _second = place(&queue, "2001:db8:0:1::1").await.unwrap();
        assert!(place(&queue, "192.0.2.7").await.is_none());
        drop(first);
        assert!(place(&queue, "192.0.2.7").await.is_some());
        assert!(queue.sources.lock().unwrap().len() <= 2, "those who left are forgotten");
    }

    #[tokio::test]
    async fn a_single_place_is_for_everybody() {
        let queue = Queue::new(1);
        assert!(place(&queue, "192.0.2.7").await.is_some());
        assert!(place(&queue, "192.0.2.7").await.is_some());
    }
}
