//! What an administrator does between two steps of a login.

use super::{PASSWORD, World, on_each_engine, outcome, typed, with_password};
use authx::admin::{accounts, passwords};
use authx_core::LoginId;

/// Begins a login, lets something happen, and answers with the right code.
async fn interrupted(world: &World, happens: impl AsyncFn()) -> String {
    let begun = world.begin(&with_password(PASSWORD)).await.unwrap();
    assert_eq!(outcome(&begun), "awaiting_input");
    happens().await;
    let id: LoginId = begun.id;
    outcome(&world.answer(id, 1, &world.code()).await.unwrap())
}

#[tokio::test]
async fn a_user_who_was_disabled_meanwhile_does_not_get_in() {
    on_each_engine(async |world| {
        let World { app, by, tenant, alice, .. } = world;
        let outcome = interrupted(world, async || {
            accounts::disable(app, by, *tenant, *alice).await.unwrap();
        });
        assert_eq!(outcome.await, "refused:wrong_credentials");
    })
    .await;
}

#[tokio::test]
async fn a_user_who_is_no_more_does_not_get_in() {
    on_each_engine(async |world| {
        let World { app, by, tenant, alice, .. } = world;
        let outcome = interrupted(world, async || {
            accounts::delete(app, by, *tenant, *alice).await.unwrap();
        });
        assert_eq!(outcome.await, "refused:wrong_credentials");
    })
    .await;
}

#[tokio::test]
async fn a_password_that_was_replaced_meanwhile_proves_nothing() {
    on_each_engine(async |world| {
        let World { app, by, tenant, alice, .. } = world;
        let outcome = interrupted(world, async || {
            let new = typed("seven green herons");
            passwords::set(app, by, *tenant, *alice, new).await.unwrap();
        });
        assert_eq!(outcome.await, "refused:wrong_credentials");
    })
    .await;
}

#[tokio::test]
async fn what_has_nothing_to_do_with_a_login_does_not_end_it() {
    on_each_engine(async |world| {
        let World { app, by, tenant, .. } = world;
        let outcome = interrupted(world, async || {
            let new =
                accounts::NewAccount { name: &super::name("bob"), aliases: &[], password: None };
            accounts::create(app, by, *tenant, new).await.unwrap();
        });
        assert_eq!(outcome.await, "allowed");
    })
    .await;
}
