//! The whole program on its bad days: killed, raced, without disk, without database, tampered
//! with, copied. Each fact on both engines where both can have it.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "this is how a test fails, also in what tests share"
)]

mod clocks;
mod copies;
mod disks;
mod hostile;
mod kills;
mod nodes;
mod operators;
mod outages;
mod races;
mod record;
mod stops;
mod vpn_host;
mod work;
