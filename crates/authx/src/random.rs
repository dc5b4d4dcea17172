//! Where random bytes come from.

use aws_lc_rs::digest::{SHA256, digest};
use std::sync::atomic::{AtomicU64, Ordering};

/// A source of random bytes. One exists in a server; the rules get it through
/// [`authx_core::Cx`].
pub trait Random: Send + Sync + 'static {
    /// Fills `out`.
    fn fill(&self, out: &mut [u8]);
}

/// The operating system's, through AWS-LC's generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsRandom;

impl Random for OsRandom {
    #[expect(clippy::disallowed_methods, reason = "this is where chance comes in")]
    #[expect(
        clippy::expect_used,
        reason = "AWS-LC ends the process itself when the system has no randomness, and nothing could go on without"
    )]
    fn fill(&self, out: &mut [u8]) {
        aws_lc_rs::rand::fill(out).expect("the operating system gives random bytes");
    }
}

/// The same bytes for the same seed, for tests. Never a source of secrets.
#[derive(Debug)]
pub struct SeededRandom {
    seed: u64,
    block: AtomicU64,
}

impl SeededRandom {
    /// A source whose bytes follow from `seed`.
    pub fn new(seed: u64) -> Self {
        Self { seed, block: AtomicU64::new(0) }
    }
}

impl Random for SeededRandom {
    fn fill(&self, out: &mut [u8]) {
        for part in out.chunks_mut(SHA256.output_len()) {
            let block = self.block.fetch_add(1, Ordering::Relaxed);
            let bytes = digest(&SHA256, &[self.seed.to_be_bytes(), block.to_be_bytes()].concat());
            for (to, from) in part.iter_mut().zip(bytes.as_ref()) {
                *to = *from;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_decides_every_byte() {
        let draw = |seed| {
            let random = SeededRandom::new(seed);
            let mut out = [0; 70];
            random.fill(&mut out);
            out
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert_ne!(draw(1)[..32], draw(1)[32..64]);
    }

    #[test]
    fn the_system_gives_other_bytes_each_time() {
        let (mut a, mut b) = ([0; 32], [0; 32]);
        OsRandom.fill(&mut a);
        OsRandom.fill(&mut b);
        assert_ne!(a, b);
    }
}
