//! Refuses to work on a clock that went back: a code that was spent would be valid again.

use super::{Clock, Synchronisation};
use authx_core::Millis;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// How far the clock may lie before the newest stored time. Small steps back are what a time
/// server does on an ordinary day; one step of a code (30 s) must stay far away.
pub const TOLERANCE_MS: u64 = 5_000;

/// Why the clock cannot be believed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ClockProblem {
    /// It lies before what is already stored.
    #[error(
        "the clock is {behind_secs} s before the newest stored entry: set it right, or, if it once ran ahead, run `authx doctor --accept-clock`"
    )]
    Behind {
        /// Whole seconds.
        behind_secs: u64,
    },
    /// The kernel says that no time server keeps it.
    #[error(
        "the kernel says that no time server keeps the clock: start chrony or systemd-timesyncd, or set clock.require_synchronised = false"
    )]
    Unsynchronised,
}

/// The clock, and the newest time that may be stored already.
///
/// Times that come from [`ClockGuard::check`] never go back within a process, so a stored time is
/// never smaller than the one before.
pub struct ClockGuard {
    clock: Arc<dyn Clock>,
    newest: AtomicU64,
    require_synchronised: bool,
    synchronisation: AtomicU8,
}

impl ClockGuard {
    /// A guard that knows nothing stored yet; call [`ClockGuard::refresh`] before the first check.
    pub fn new(clock: Arc<dyn Clock>, require_synchronised: bool) -> Self {
        Self {
            clock,
            newest: AtomicU64::new(0),
            require_synchronised,
            synchronisation: AtomicU8::new(Synchronisation::Unknown.into()),
        }
    }

    /// The time to decide and to store with.
    ///
    /// Costs two atomic operations besides reading the clock.
    ///
    /// # Errors
    ///
    /// [`ClockProblem::Behind`] only. A kernel that lost its time server keeps good time for days,
    /// and calls itself unsynchronised after nine hours (maxerror of 16 s at 500 ppm): that takes
    /// the node out of service where there is another ([`ClockGuard::ready`]), and locks out no one.
    pub fn check(&self) -> Result<Millis, ClockProblem> {
        let now = self.clock.now();
        let newest = self.newest.fetch_max(now.0, Ordering::AcqRel);
        if now.0.saturating_add(TOLERANCE_MS) < newest {
            return Err(ClockProblem::Behind { behind_secs: (newest - now.0) / 1_000 });
        }
        Ok(Millis(now.0.max(newest)))
    }

    /// Whether this node should be sent work.
    ///
    /// # Errors
    ///
    /// As [`ClockGuard::check`]; also [`ClockProblem::Unsynchronised`] where the configuration
    /// demands a time server and the kernel denies having one.
    pub fn ready(&self) -> Result<Millis, ClockProblem> {
        let now = self.check()?;
        let denied = self.synchronisation() == Synchronisation::Unsynchronised;
        if self.require_synchronised && denied {
            return Err(ClockProblem::Unsynchronised);
        }
        Ok(now)
    }

    /// Takes over the newest stored time: that of the event with the highest number.
    ///
    /// While the clock is fine it can only grow. While it is not, what is stored counts alone: so
    /// an accepted clock, or one that ran ahead without anything being stored, ends the trouble.
    pub fn refresh(&self, stored: Option<Millis>) {
        let stored = stored.unwrap_or_default();
        let held = self.newest.load(Ordering::Acquire);
        if self.clock.now().0.saturating_add(TOLERANCE_MS) < held {
            // Lost against a concurrent check, it is done again by the next refresh.
            let _ =
                self.newest.compare_exchange(held, stored.0, Ordering::AcqRel, Ordering::Relaxed);
        } else {
            self.newest.fetch_max(stored.0, Ordering::AcqRel);
        }
    }

    /// Takes over what the kernel says.
    pub fn set_synchronisation(&self, state: Synchronisation) {
        self.synchronisation.store(state.into(), Ordering::Release);
    }

    /// What the kernel said last.
    pub fn synchronisation(&self) -> Synchronisation {
        self.synchronisation.load(Ordering::Acquire).into()
    }

    /// The clock itself, for what is only shown or logged.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    fn guard(now: u64) -> (Arc<ManualClock>, ClockGuard) {
        let clock = Arc::new(ManualClock::new(Millis(now)));
        (clock.clone(), ClockGuard::new(clock, true))
    }

    #[test]
    fn a_small_step_back_keeps_the_newest_time() {
        let (clock, guard) = guard(100_000);
        assert_eq!(guard.check(), Ok(Millis(100_000)));
        clock.set(Millis(95_000));
        assert_eq!(guard.check(), Ok(Millis(100_000)));
        clock.set(Millis(94_999));
        assert_eq!(guard.check(), Err(ClockProblem::Behind { behind_secs: 5 }));
    }

    #[test]
    fn what_is_stored_counts_from_the_start() {
        let (clock, guard) = guard(100_000);
        guard.refresh(Some(Millis(3_700_000)));
        assert_eq!(guard.check(), Err(ClockProblem::Behind { behind_secs: 3_600 }));
        clock.set(Millis(3_700_001));
        assert_eq!(guard.check(), Ok(Millis(3_700_001)));
    }

    #[test]
    fn a_clock_that_ran_ahead_is_forgotten_when_nothing_was_stored() {
        let (clock, guard) = guard(100_000);
        guard.refresh(Some(Millis(90_000)));
        clock.set(Millis(9_000_000));
        assert!(guard.check().is_ok());
        clock.set(Millis(101_000));
        assert!(guard.check().is_err(), "until the next look at the store");
        guard.refresh(Some(Millis(90_000)));
        assert_eq!(guard.check(), Ok(Millis(101_000)));
    }

    #[test]
    fn an_accepted_clock_ends_the_trouble() {
        let (_, guard) = guard(100_000);
        guard.refresh(Some(Millis(9_000_000)));
        assert!(guard.check().is_err());
        guard.refresh(Some(Millis(100_000)));
        assert_eq!(guard.check(), Ok(Millis(100_000)));
    }

    #[test]
    fn a_fine_clock_is_not_lowered_by_an_older_entry() {
        let (clock, guard) = guard(100_000);
        assert!(guard.check().is_ok());
        guard.refresh(Some(Millis(50_000)));
        clock.set(Millis(99_000));
        assert_eq!(guard.check(), Ok(Millis(100_000)));
    }

    #[test]
    fn without_a_time_server_a_node_is_not_ready_but_works() {
        let (_, guard) = guard(100_000);
        assert!(guard.ready().is_ok(), "unknown is no reason");
        guard.set_synchronisation(Synchronisation::Unsynchronised);
        assert_eq!(guard.ready(), Err(ClockProblem::Unsynchronised));
        assert!(guard.check().is_ok());
        guard.set_synchronisation(Synchronisation::Synchronised);
        assert!(guard.ready().is_ok());
    }
}
