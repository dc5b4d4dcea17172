//! What several tests need.

use crate::{Cx, Millis};

/// Lower-case hexadecimal, as test vectors are written.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// The bytes of lower-case hexadecimal.
pub(crate) fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// Runs `act` at the start of 2026 with a seeded sequence of bytes in place of chance.
pub(crate) fn with_cx<T>(seed: u64, act: impl FnOnce(&mut Cx<'_>) -> T) -> T {
    let mut state = seed;
    let mut random = |out: &mut [u8]| {
        for byte in out {
            // SplitMix64: enough to make test data differ.
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            *byte = (mixed ^ mixed >> 27).to_be_bytes()[0];
        }
    };
    act(&mut Cx { now: Millis(1_767_225_600_000), random: &mut random })
}
