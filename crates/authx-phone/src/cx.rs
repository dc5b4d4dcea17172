//! Where time and chance come in.

use authx_core::{Cx, Millis};
use std::time::{SystemTime, UNIX_EPOCH};

/// The time now, by the machine's clock.
#[expect(clippy::disallowed_methods, reason = "this is where the time comes in")]
pub(crate) fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Hands time and chance to a rule.
pub(crate) fn draw<T>(rule: impl FnOnce(&mut Cx<'_>) -> T) -> T {
    rule(&mut Cx { now: now(), random: &mut fill })
}

#[expect(clippy::disallowed_methods, reason = "this is where chance comes in")]
#[expect(
    clippy::expect_used,
    reason = "AWS-LC ends the process itself when the system has no randomness, and nothing could go on without"
)]
fn fill(out: &mut [u8]) {
    aws_lc_rs::rand::fill(out).expect("the operating system gives random bytes");
}
