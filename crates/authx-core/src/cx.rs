//! How time and chance come in.

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
#[derive(
    Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize,
)]
pub struct Millis(pub u64);

impl Millis {
    /// Later than anything that the store holds: what lasts until somebody ends it.
    pub const FOR_EVER: Self = Self(1 << 62);

    /// Whole seconds since 1970.
    pub fn secs(self) -> u64 {
        self.0 / 1_000
    }

    /// This moment and `secs` seconds more; stays at the last representable moment.
    #[must_use]
    pub fn plus_secs(self, secs: u64) -> Self {
        Self(self.0.saturating_add(secs.saturating_mul(1_000)))
    }

    /// Later by milliseconds.
    #[must_use]
    pub fn plus_millis(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Milliseconds from `earlier` to this moment, 0 when `earlier` is later.
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// What a rule may know of the world besides its arguments: the time, and random bytes.
pub struct Cx<'a> {
    /// The time at which the decision is taken.
    pub now: Millis,
    /// Fills a buffer with random bytes.
    pub random: &'a mut dyn FnMut(&mut [u8]),
}

impl Cx<'_> {
    /// `N` random bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0; N];
        (self.random)(&mut out);
        out
    }
}
