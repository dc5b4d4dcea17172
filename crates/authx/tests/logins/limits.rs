//! Wrong passwords, one after the other and all at once.

use super::{PASSWORD, World, on_each_engine, outcome, with_password, with_passwords};
use authx::{
    logins::LoginError,
    passwords::{PasswordError, Passwords},
};
use authx_core::wire::login::LoginView;
use futures_util::future::join_all;
use std::num::NonZeroUsize;

fn is_judged(begun: &Result<LoginView, LoginError>) -> bool {
    begun.as_ref().is_ok_and(|login| outcome(login) == "refused:wrong_credentials")
}

async fn burst(world: &World, tries: usize) -> usize {
    let begun = join_all((0..tries).map(|_| wrong(world))).await;
    begun.iter().filter(|begun| is_judged(begun)).count()
}

/// Tries a wrong password, and again as long as this machine is too busy to check any.
async fn wrong(world: &World) -> Result<LoginView, LoginError> {
    let wrong = with_password("wrong");
    loop {
        match world.begin(&wrong).await {
            Err(LoginError::Busy | LoginError::Password(PasswordError::Busy)) => {}
            begun => return begun,
        }
    }
}

#[tokio::test]
async fn a_burst_gets_hardly_more_tries_than_a_queue() {
    let passwords = Passwords::new(NonZeroUsize::MIN.saturating_add(1)).unwrap();
    with_passwords(&passwords, async |world| {
        let judged = burst(world, 40).await;
        assert!((10..=16).contains(&judged), "ten are free: {judged}");
        world.clock.advance_secs(31);
        let judged = burst(world, 40).await;
        assert!((1..=6).contains(&judged), "one after each wait: {judged}");
    })
    .await;
}

#[tokio::test]
async fn a_burst_after_a_quiet_time_counts_whole() {
    on_each_engine(async |world| {
        assert_eq!(burst(world, 1).await, 1);
        world.clock.advance_secs(16 * 60);
        let mut judged = 0;
        for _ in 0..20 {
            judged += burst(world, 4).await;
        }
        assert!((10..=16).contains(&judged), "the first four are counted four times: {judged}");
    })
    .await;
}

#[tokio::test]
async fn a_repetition_is_answered_also_while_others_have_to_wait() {
    on_each_engine(async |world| {
        let mut right = with_password(PASSWORD);
        right["answer"] = world.code().into();
        let id = world.login_id();
        let first = world.begin_as(id, &right).await.unwrap();
        assert_eq!(outcome(&first), "allowed");
        for _ in 0..20 {
            burst(world, 1).await;
        }
        assert!(matches!(world.begin(&right).await, Err(LoginError::SlowDown { .. })));
        assert_eq!(world.begin_as(id, &right).await.unwrap(), first);
    })
    .await;
}
