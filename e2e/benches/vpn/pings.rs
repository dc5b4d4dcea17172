//! What somebody in a tunnel notices of those who still sign in.

use crate::{
    Extent, PENDING,
    figures::{Figures, millis},
    phones::decided,
    sides::{First, Ground, Who},
    ways::{Way, client},
};
use authx_e2e::vpn::{ClientOptions, LightClient, Outcome};
use std::time::Duration;
use tokio::{sync::watch, task::JoinSet, time::sleep};

/// Round trips, in milliseconds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pings {
    pub(crate) median: Figures,
    pub(crate) p99: Figures,
    pub(crate) lost: usize,
}

/// Pings of somebody connected while nobody signs in, and while many have been asked and have not
/// answered.
pub(crate) async fn measure(ground: &mut Ground, extent: Extent) -> [Pings; PENDING.len()] {
    let at = ground
        .sides
        .iter()
        .position(|side| side.who == Who::Authx && side.first == First::Pam && side.wake);
    let at = at.expect("a side with pam and the wake");
    let alice = ground.person(at).await;
    let connected = ClientOptions::default();
    let mut tunnel = ground.world.client(&ground.sides[at].openvpn, connected).await;
    let password = ground.sides[at].password();
    let outcome = tunnel.static_challenge(&alice.name, password, &alice.code()).await;
    assert!(outcome.is_connected(), "{outcome:?}\n{}", ground.sides[at].told());
    let mut found = <[Pings; PENDING.len()]>::default();
    for round in 0..extent.rounds {
        let mut pending = JoinSet::new();
        let (ring, rings) = watch::channel(0);
        for (pings, (many, on_phones)) in found.iter_mut().zip(PENDING) {
            while pending.len() < many {
                let person = ground.owner().await.person;
                let side = &ground.sides[at];
                let mut client = client(side, &person, Way::CrText).await;
                let outcome = client.sign_in(&person.name, side.password()).await;
                assert!(matches!(outcome, Outcome::Asked { .. }), "{outcome:?}");
                pending.spawn(wait(client, pending.len(), rings.clone()));
            }
            if on_phones {
                let before = ground.ringing().await;
                // Not all in the same moment, as no people do.
                for rung in (0..=many).step_by(SOME).skip(1) {
                    ring.send(rung).unwrap();
                    while ground.ringing().await < before + i64::try_from(rung).unwrap() {
                        let over = pending.try_join_next();
                        assert!(over.is_none(), "a phone was to be asked: {over:?}");
                        sleep(Duration::from_millis(10)).await;
                    }
                }
            }
            let seen = tunnel.ping(extent.pings).await;
            pings.lost += seen.lost();
            pings.median.add(seen.median().map_or(f64::INFINITY, millis));
            pings.p99.add(seen.p99().map_or(f64::INFINITY, millis));
            let over = pending.try_join_next();
            assert!(over.is_none(), "a sign-in was to be pending still: {over:?}");
        }
        if round + 1 < extent.rounds {
            // Those who are gone without a word stay with OpenVPN until their time is over.
            pending.shutdown().await;
            sleep(HAND_WINDOW).await;
        }
    }
    found
}

/// Goes on as clients do that wait: acknowledges, and asks now and then. When its number is called,
/// it wants a phone to be asked.
async fn wait(mut client: LightClient, number: usize, mut word: watch::Receiver<usize>) -> Outcome {
    let rung = tokio::select! {
        outcome = client.next() => return outcome,
        rung = word.wait_for(|called| number < *called) => rung.is_ok(),
    };
    if rung {
        client.answer_blindly("push").await;
    }
    decided(&mut client).await
}

/// Phones that are asked at the same time: 500 is a multiple.
const SOME: usize = 10;
/// OpenVPN's `hand-window`, after which it lets go of whoever has not signed in, and a margin.
const HAND_WINDOW: Duration = Duration::from_secs(65);
