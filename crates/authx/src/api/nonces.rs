//! Makes repeated requests visible. Nothing rests on it: a repeated request is harmless by what
//! it says, since logins carry ids, answers numbers, and codes count once.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

/// The nonces seen lately: at least the last [`GENERATION`], at most twice as many.
#[derive(Debug, Default)]
pub(super) struct Nonces(Mutex<[HashSet<[u8; 16]>; 2]>);

impl Nonces {
    /// Notes a nonce. Returns whether it was seen before.
    pub(super) fn seen(&self, nonce: [u8; 16]) -> bool {
        let mut sets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let [young, old] = &mut *sets;
        if old.contains(&nonce) || !young.insert(nonce) {
            return true;
        }
        if young.len() >= GENERATION {
            *old = std::mem::take(young);
        }
        false
    }
}

const GENERATION: usize = 65_536;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repetition_is_seen_and_memory_is_bounded() {
        let nonces = Nonces::default();
        let nonce = |n: usize| u128::try_from(n).unwrap().to_be_bytes();
        for n in 0..3 * GENERATION {
            assert!(!nonces.seen(nonce(n)));
        }
        assert!(nonces.seen(nonce(3 * GENERATION - 1)));
        assert!(nonces.seen(nonce(2 * GENERATION + 1)));
        let sets = nonces.0.lock().unwrap();
        assert!(sets.iter().map(HashSet::len).sum::<usize>() <= 2 * GENERATION);
    }
}
