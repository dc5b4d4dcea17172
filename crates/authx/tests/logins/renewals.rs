//! What a login allowed goes on, or ends.

use super::{PASSWORD, World, name, on_each_engine, outcome, typed, with_password};
use authx::{
    admin::{accounts, applications, passwords, policies},
    logins::{self, LoginError},
};
use authx_core::{
    LoginId,
    policy::Document,
    wire::login::{RenewalView, Standing},
};

async fn allowed(world: &World) -> LoginId {
    world.clock.advance_secs(60);
    let mut right = with_password(PASSWORD);
    right["answer"] = world.code().into();
    let login = world.begin(&right).await.unwrap();
    assert_eq!(outcome(&login), "allowed");
    login.id
}

async fn renew(world: &World, id: LoginId) -> Result<RenewalView, LoginError> {
    let caller = world.caller().await;
    logins::renew(&world.app, &caller, id).await
}

async fn is_good(world: &World, id: LoginId) -> bool {
    let renewed = renew(world, id).await.unwrap();
    assert_eq!(renewed.reason.is_none(), renewed.standing == Standing::Good, "{renewed:?}");
    if let Some(reason) = &renewed.reason {
        assert_eq!(reason.code, "session_ended");
        assert!(reason.text.ends_with(']'), "{}", reason.text);
    }
    renewed.standing == Standing::Good
}

async fn forget_sessions(world: &World) {
    let document = Document::from_json(r#"{"lifetimes":{"session_secs":0}}"#).unwrap();
    let target = policies::Target::Tenant;
    policies::set(&world.app, &world.by, world.tenant, target, document).await.unwrap();
}

#[tokio::test]
async fn what_was_allowed_goes_on_until_something_ends_it() {
    on_each_engine(async |world| {
        let id = allowed(world).await;
        for _ in 0..3 {
            world.clock.advance_secs(3_600);
            assert!(is_good(world, id).await);
        }
        let entries = "SELECT COUNT(*) FROM event WHERE kind = 'session_renewed'";
        let entries = world.app.store.query_one(entries, []).await.unwrap().unwrap();
        assert_eq!(entries.int(0).unwrap(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_disabled_user_goes_on_no_longer_and_not_again_when_enabled() {
    on_each_engine(async |world| {
        let World { app, by, tenant, alice, .. } = world;
        // Also where no session is remembered that could be ended.
        forget_sessions(world).await;
        let id = allowed(world).await;
        accounts::disable(app, by, *tenant, *alice).await.unwrap();
        assert!(!is_good(world, id).await);
        accounts::enable(app, by, *tenant, *alice).await.unwrap();
        assert!(!is_good(world, id).await, "sign-ins of before were ended");
        let later = allowed(world).await;
        assert!(is_good(world, later).await);
    })
    .await;
}

#[tokio::test]
async fn a_new_password_ends_what_the_old_one_allowed() {
    on_each_engine(async |world| {
        let World { app, by, tenant, alice, .. } = world;
        let id = allowed(world).await;
        passwords::set(app, by, *tenant, *alice, typed(PASSWORD)).await.unwrap();
        assert!(!is_good(world, id).await, "also when it is the same word");
        let later = allowed(world).await;
        assert!(is_good(world, later).await);
    })
    .await;
}

#[tokio::test]
async fn a_user_who_is_no_more_goes_on_no_longer() {
    on_each_engine(async |world| {
        let World { app, by, tenant, alice, .. } = world;
        let id = allowed(world).await;
        accounts::delete(app, by, *tenant, *alice).await.unwrap();
        assert!(!is_good(world, id).await);
        let causes = "SELECT detail FROM event WHERE kind = 'session_ended'";
        let entry = app.store.query_one(causes, []).await.unwrap().unwrap();
        assert!(entry.text(0).unwrap().contains(r#""cause":"unknown_user""#));
    })
    .await;
}

#[tokio::test]
async fn other_changes_end_nothing() {
    on_each_engine(async |world| {
        let World { app, by, tenant, .. } = world;
        let id = allowed(world).await;
        let bob = accounts::NewAccount { name: &name("bob"), aliases: &[], password: None };
        let bob = accounts::create(app, by, *tenant, bob).await.unwrap();
        accounts::disable(app, by, *tenant, bob).await.unwrap();
        assert!(is_good(world, id).await);
    })
    .await;
}

#[tokio::test]
async fn only_what_was_allowed_here_is_renewed() {
    on_each_engine(async |world| {
        let World { app, by, tenant, .. } = world;
        let open = world.begin(&with_password(PASSWORD)).await.unwrap();
        let never = renew(world, open.id).await.unwrap();
        assert_eq!(never.standing, Standing::Ended);
        assert_eq!(never.reason.unwrap().code, "session_unknown");

        let id = allowed(world).await;
        let kind = applications::ApplicationKind::Openvpn;
        let (door, host) = (name("door"), name("host"));
        let door = applications::create(app, by, *tenant, &door, kind, &host).await.unwrap();
        let door = app.directory.reload(app, door.id).await.unwrap().unwrap();
        let elsewhere = logins::renew(app, &door, id).await;
        assert!(matches!(elsewhere, Err(LoginError::Unknown)), "{elsewhere:?}");
        assert!(matches!(renew(world, world.login_id()).await, Err(LoginError::Unknown)));
        assert!(is_good(world, id).await);
    })
    .await;
}

#[tokio::test]
async fn a_week_long_a_login_that_was_allowed_is_known() {
    on_each_engine(async |world| {
        let World { app, clock, .. } = world;
        let (id, caller) = (allowed(world).await, world.caller().await);
        let refused = world.begin(&with_password("wrong")).await.unwrap().id;
        clock.advance_secs(6 * 86_400);
        logins::forget_old(app, app.now().unwrap()).await.unwrap();
        assert!(is_good(world, id).await);
        let gone = logins::read(app, &caller, refused).await;
        assert!(matches!(gone, Err(LoginError::Unknown)), "refused ones for a day");
        clock.advance_secs(2 * 86_400);
        logins::forget_old(app, app.now().unwrap()).await.unwrap();
        assert!(matches!(renew(world, id).await, Err(LoginError::Unknown)));
    })
    .await;
}
