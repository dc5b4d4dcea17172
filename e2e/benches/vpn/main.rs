//! `make bench`, its VPN part: what AuthX adds to a sign-in at a real OpenVPN server, beside the same
//! server with a plugin that lets everybody in, and beside OpenVPN's own `auth-pam` with
//! google-authenticator. Everything in one run, in turns, so that only ratios need to be believed.
//!
//! Clients are light ones of one process: TLS and control channel, no tunnel. Every sign-in is a
//! real one, of somebody with a right code that was not used yet.

#![expect(
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "as in tests: whatever does not work ends the measurement"
)]

mod figures;
mod phones;
mod pings;
mod report;
mod sides;
mod ways;

use authx_e2e::vpn;
use report::Report;
use sides::{First, Ground};
use std::time::Duration;
use tokio::time::sleep;
use ways::{Way, sign_in};

/// How much is measured.
#[derive(Clone, Copy, Debug)]
struct Extent {
    rounds: usize,
    /// Sign-ins one after the other, for each way in each round.
    each: usize,
    /// Sign-ins for a rate, for each of those that sign in at the same time.
    for_each: usize,
    pings: usize,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    // What cargo says to every bench means nothing here.
    if !vpn::is_there() {
        return;
    }
    let extent = Extent::wanted();
    let mut report = Report::new(extent);
    let mut ground = Box::pin(Ground::new()).await;
    for _ in 0..extent.rounds {
        Box::pin(one_by_one(&mut ground, extent, &mut report)).await;
        Box::pin(together(&mut ground, extent, &mut report)).await;
    }
    report.begin(&mut std::io::stdout()).unwrap();
    report.pings = pings::measure(&mut ground, extent).await;
    report.finish(&mut std::io::stdout()).unwrap();
}

/// Each way on each side, one after the other.
async fn one_by_one(ground: &mut Ground, extent: Extent, report: &mut Report) {
    let mut turn = 0;
    for _ in 0..extent.each {
        for at in 0..ground.sides.len() {
            for &way in ground.sides[at].ways() {
                // OpenVPN looks at verdicts by the second of its clock; without a pause that differs
                // every sign-in would begin at the same place in one.
                sleep(Duration::from_millis(turn * 377 % 1_000)).await;
                turn += 1;
                let took = if way == Way::Push {
                    let owner = ground.owner().await;
                    Box::pin(phones::approve(&ground.sides[at], &owner)).await
                } else {
                    let person = ground.person(at).await;
                    sign_in(&ground.sides[at], &person, way).await
                };
                report.took(&ground.sides[at], way, took);
            }
        }
    }
}

/// Many at once, in the way that needs no question.
async fn together(ground: &mut Ground, extent: Extent, report: &mut Report) {
    for (column, at_once) in AT_ONCE.into_iter().enumerate() {
        for at in 0..ground.sides.len() {
            if !ground.sides[at].is_rated() {
                continue;
            }
            let slow = ground.sides[at].first == First::Password;
            let count = (at_once * extent.for_each).max(4 * extent.for_each);
            let count = if slow { count.div_ceil(4).max(at_once) } else { count };
            let mut people = vec![];
            for _ in 0..count {
                people.push(ground.person(at).await);
            }
            let rate = ways::rate(&ground.sides[at], &ground.authx, people, at_once).await;
            report.rated(&ground.sides[at], column, rate);
        }
    }
}

impl Extent {
    fn wanted() -> Self {
        let secs = std::env::var("BENCH_SECS").ok().and_then(|secs| secs.parse::<f64>().ok());
        if secs.is_some_and(|secs| secs <= 1.0) {
            Self { rounds: 1, each: 2, for_each: 2, pings: 100 }
        } else {
            Self { rounds: 5, each: 3, for_each: 5, pings: 500 }
        }
    }
}

/// How long a user thinks who thinks at all: longer than OpenVPN keeps its last look at a verdict.
const THINKS: Duration = Duration::from_millis(2_500);
const AT_ONCE: [usize; 3] = [1, 16, 64];
/// Sign-ins that are pending while somebody pings, and whether they wait for a phone.
const PENDING: [(usize, bool); 4] = [(0, false), (50, false), (500, false), (500, true)];
