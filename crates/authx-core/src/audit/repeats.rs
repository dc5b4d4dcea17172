//! Notices a genuine row that was copied, MAC and all, to a later place: the MAC of the copy is
//! right, and a seal made afterwards would cover it.

use std::collections::{BTreeSet, HashSet};

/// Rows come almost in the order of their times, since a stored time is never before the newest one
/// but for the commits in flight. So a copy either repeats a row of the last minutes, which are kept
/// here, or is dated before them. Memory: 24 bytes and a little for each row of [`KEPT_MS`].
#[derive(Debug, Default)]
pub(super) struct Repeats {
    newest: i64,
    recent: BTreeSet<(i64, [u8; 16])>,
    /// Rows that set the clock back are told apart for ever: a copy of one is dated early by nature.
    set_back: HashSet<[u8; 16]>,
}

impl Repeats {
    /// Whether a row may stand here: it is no copy of an earlier one.
    pub(super) fn is_first(&mut self, at: i64, id: [u8; 16]) -> bool {
        if at < self.newest.saturating_sub(KEPT_MS) {
            return false;
        }
        if at > self.newest {
            self.newest = at;
            let oldest = at.saturating_sub(KEPT_MS);
            while self.recent.first().is_some_and(|&(at, _)| at < oldest) {
                self.recent.pop_first();
            }
        }
        self.recent.insert((at, id))
    }

    /// The same for a row that says that the clock was right when it stood at `at`, whatever is
    /// dated later.
    pub(super) fn is_first_set_back(&mut self, at: i64, id: [u8; 16]) -> bool {
        self.newest = self.newest.min(at);
        self.set_back.insert(id) && self.is_first(at, id)
    }
}

/// How far apart the times of neighbours in the record may be: two minutes, far more than any
/// request may take.
const KEPT_MS: i64 = 120_000;
