//! Whoever guesses names and passwords: at two nodes, and many at once.

use crate::world::{Browser, PASSWORD, Page, World, name, on_each_engine};
use authx::{admin::tenants, store::testing};
use authx_core::role::Role;
use futures_util::future::join_all;
use std::time::Duration;
use tokio::time::Instant;

const SLOWER: &str = "oo many wrong passwords";

async fn guess(world: &World, called: &str, password: &str) -> Page {
    let mut browser = Browser::default();
    browser.get(world, "/sign-in").await;
    browser.post(world, "/sign-in", &[("name", called), ("password", password)]).await
}

async fn with_olga(world: &World) {
    let olga = world.account(world.tenant, "olga", Some(Role::Owner)).await;
    world.password(world.tenant, olga, PASSWORD).await;
}

/// Wrong passwords are counted where everything is kept: a second node is no second count.
#[tokio::test]
async fn guesses_are_counted_by_all_nodes_together() {
    Box::pin(testing::on_each_engine(async |database| {
        let world = World::on(database.store().await).await;
        let beside = world.beside(database.store().await);
        with_olga(&world).await;
        for at in 0..12 {
            let node = if at % 2 == 0 { &world } else { &beside };
            let page = guess(node, "olga", "wrong").await;
            assert!(page.refused().contains("accepted"), "{at}: {}", page.text);
            world.clock.advance_secs(1);
        }
        for node in [&world, &beside] {
            let page = guess(node, "olga", PASSWORD).await;
            assert!(page.refused().contains(SLOWER), "{}", page.text);
        }
    }))
    .await;
}

/// After wrong passwords the next one waits whosever name it has.
#[tokio::test]
async fn a_wait_is_the_same_for_a_name_that_is_somebodys() {
    on_each_engine(async |world| {
        tenants::create(&world.app, &world.by, &name("Other")).await.unwrap();
        with_olga(world).await;
        for called in ["nobody", "olga"] {
            for _ in 0..10 {
                guess(world, "somebody", "wrong").await.refused();
            }
            let begun = Instant::now();
            let page = guess(world, called, "wrong").await;
            assert!(page.refused().contains("accepted"), "{}", page.text);
            assert!(begun.elapsed() >= Duration::from_secs(1), "{called}");
            world.clock.advance_secs(1_000);
        }
    })
    .await;
}

/// Many at once get no more tries than one after the other, whosever names they have.
#[tokio::test]
async fn a_burst_of_names_tells_none_of_them() {
    on_each_engine(async |world| {
        tenants::create(&world.app, &world.by, &name("Other")).await.unwrap();
        with_olga(world).await;
        for called in ["nobody", "olga"] {
            let tries = (0..20).map(|at| {
                let called = if at < 10 { "somebody" } else { called };
                guess(world, called, "wrong")
            });
            let pages = join_all(tries).await;
            let slower = pages.iter().filter(|page| page.refused().contains(SLOWER)).count();
            assert!(slower >= 8, "{called}: {slower}");
            world.clock.advance_secs(1_000);
        }
    })
    .await;
}

/// Who signs in rightly is no guesser, however many of them there are.
#[tokio::test]
async fn right_passwords_slow_nobody_down() {
    on_each_engine(async |world| {
        let olga = world.account(world.tenant, "olga", Some(Role::Owner)).await;
        world.password(world.tenant, olga, PASSWORD).await;
        world.authenticator(olga).await;
        for _ in 0..14 {
            assert_eq!(guess(world, "olga", PASSWORD).await.to(), "/sign-in/confirm");
        }
    })
    .await;
}
