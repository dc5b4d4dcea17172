//! `tls = "acme"` against a real authority: Debian's `pebble`, the ACME server that Let's Encrypt
//! makes for tests, with its own `pebble-challtestsrv` as the only DNS that it knows. Everything
//! runs on this machine. `scripts/setup` installs both; without them the tests say SKIPPED.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "this is how a test fails, also in what tests share"
)]

mod orders;
mod pebble;
mod server;
mod visitor;

use std::{net::TcpListener, time::Duration};
use tokio::time::{Instant, sleep};

/// A port that is free, most likely also a moment later.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Waits until it is so.
async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !so().await {
        assert!(began.elapsed() < Duration::from_mins(1), "{what}");
        sleep(Duration::from_millis(100)).await;
    }
}

const NAMES: [&str; 2] = ["mfa.authx.test", "phone.mfa.authx.test"];
