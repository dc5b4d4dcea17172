//! Which entries a verification need not find, since the record itself says that they went.

use super::Removal;
use std::collections::{BTreeMap, HashSet};

/// The removals that count, by their first seal. They do not overlap: a later one replaces those
/// that lie within it.
#[derive(Debug, Default)]
pub(super) struct Removals {
    by_first: BTreeMap<u64, Removal>,
    seen: HashSet<[u8; 16]>,
}

impl Removals {
    /// Takes what the entry of that id says. False: it lies across another one, which it cannot
    /// know of, so it was not made by looking at this record.
    pub(super) fn take(&mut self, id: [u8; 16], removal: Removal) -> bool {
        // A copy says nothing new, wherever it was put.
        if !self.seen.insert(id) {
            return true;
        }
        let touched: Vec<(u64, u64)> = self
            .by_first
            .range(..=removal.last)
            .rev()
            .map(|(first, old)| (*first, old.last))
            .take_while(|(_, last)| *last >= removal.first)
            .collect();
        if touched.iter().any(|(first, last)| *first < removal.first || *last > removal.last) {
            return false;
        }
        for (first, _) in touched {
            self.by_first.remove(&first);
        }
        self.by_first.insert(removal.first, removal);
        true
    }

    /// The removal under which a seal lies.
    pub(super) fn over(&self, seal: u64) -> Option<&Removal> {
        let (_, removal) = self.by_first.range(..=seal).next_back()?;
        (removal.last >= seal).then_some(removal)
    }

    /// How many entries went that lie wholly between two seals: after the first, up to the last.
    pub(super) fn between(&self, after: u64, upto: u64) -> u64 {
        let within = self.by_first.range(after.saturating_add(1)..=upto.max(after + 1));
        within.map(|(_, one)| if one.last <= upto { one.removed } else { 0 }).sum()
    }

    /// How many entries went altogether.
    pub(super) fn total(&self) -> u64 {
        self.by_first.values().map(|one| one.removed).sum()
    }

    /// The highest seal of which anything went.
    pub(super) fn last(&self) -> u64 {
        self.by_first.values().map(|one| one.last).max().unwrap_or(0)
    }
}
