//! Time that only goes on.

use rustix::time::{ClockId, Timespec, clock_gettime};

/// Nanoseconds of the system's steady clock.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Moment(i64);

impl Moment {
    pub(crate) fn now() -> Self {
        let time = clock_gettime(ClockId::Monotonic);
        Self(time.tv_sec.saturating_mul(NANOS).saturating_add(time.tv_nsec))
    }

    pub(crate) const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis.saturating_mul(NANOS / 1_000)))
    }

    /// From now on; nothing when it is past.
    pub(crate) fn left(self) -> Timespec {
        let left = self.0.saturating_sub(Self::now().0).max(0);
        Timespec { tv_sec: left / NANOS, tv_nsec: left % NANOS }
    }
}

const NANOS: i64 = 1_000_000_000;
