//! All places where AuthX is found, and which one to ask first.

use super::place::Place;
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// The places in the operator's order.
#[derive(Debug)]
pub(super) struct Places {
    all: Vec<Place>,
    favourite: Mutex<Favourite>,
}

/// The place that answered last.
#[derive(Debug)]
struct Favourite {
    place: usize,
    since: Instant,
}

impl Places {
    pub(super) fn new(all: Vec<Place>) -> Self {
        Self { all, favourite: Mutex::new(Favourite { place: 0, since: Instant::now() }) }
    }

    pub(super) fn all(&self) -> &[Place] {
        &self.all
    }

    /// First the place that answered last, then the others in the operator's order. Every now and
    /// then one call begins with the first of them again.
    pub(super) fn order(&self) -> Vec<&Place> {
        let mut favourite = self.favourite.lock().unwrap_or_else(PoisonError::into_inner);
        let mut first = favourite.place;
        if first != 0 && favourite.since.elapsed() >= RETURN_AFTER {
            favourite.since = Instant::now();
            first = 0;
        }
        drop(favourite);
        let mut order: Vec<_> = self.all.iter().collect();
        if let Some(head) = order.get_mut(..=first) {
            head.rotate_right(1);
        }
        order
    }

    /// Notes who answered.
    pub(super) fn prefer(&self, place: &Place) {
        let Some(index) = self.all.iter().position(|other| std::ptr::eq(other, place)) else {
            return;
        };
        let mut favourite = self.favourite.lock().unwrap_or_else(PoisonError::into_inner);
        if favourite.place != index {
            *favourite = Favourite { place: index, since: Instant::now() };
            drop(favourite);
            tracing::warn!(place = place.name(), "AuthX is asked at another address now");
        }
    }
}

/// When the first place is tried again that did not answer.
const RETURN_AFTER: Duration = Duration::from_secs(30);
