//! The life of a token.

use crate::world::{Reply, World, name, on_each_engine};
use authx::admin::{
    Actor, accounts, administrators,
    tokens::{self, LEAST_SECS, MOST, MOST_SECS, TokenError, USUAL_SECS, Wish},
};
use authx_core::{
    UserId,
    role::{Permission, Role},
};

const PATH: &str = "/admin/v1/applications";

async fn ask(world: &World, token: &str) -> Reply {
    world.get(token, PATH).await
}

fn actor(account: UserId, role: Role) -> Actor {
    Actor::account(account, Some(role), "olga")
}

fn wish(called: &authx_core::name::Name, lifetime_secs: u64) -> Wish<'_> {
    Wish { name: called, scopes: &[Permission::ApplicationsRead], lifetime_secs }
}

#[tokio::test]
async fn a_token_counts_until_it_expires() {
    on_each_engine(async |world| {
        let olga = world.account(world.tenant, "olga", Some(Role::Owner)).await;
        let (called, by) = (name("nightly"), actor(olga, Role::Owner));
        let made = tokens::create(&world.app, &by, world.tenant, wish(&called, LEAST_SECS)).await;
        let made = made.unwrap();
        assert!(made.text.starts_with("axt_"));
        world.clock.advance_secs(LEAST_SECS - 1);
        ask(world, &made.text).await.good();
        world.clock.advance_secs(1);
        ask(world, &made.text).await.refused(401, "token");
        let other = actor(olga, Role::Owner);
        // Its name is free again.
        tokens::create(&world.app, &other, world.tenant, wish(&called, USUAL_SECS)).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_revoked_token_counts_no_longer_and_may_be_brought_back() {
    on_each_engine(async |world| {
        let (app, tenant) = (&world.app, world.tenant);
        let olga = world.account(tenant, "olga", Some(Role::Owner)).await;
        let by = actor(olga, Role::Owner);
        let made = world.token(tenant, olga, Permission::ALL).await;
        ask(world, &made.text).await.good();
        tokens::revoke(app, &by, tenant, made.id).await.unwrap();
        ask(world, &made.text).await.refused(401, "token");
        let again = tokens::revoke(app, &by, tenant, made.id).await.unwrap_err();
        assert!(matches!(again, TokenError::Unknown), "{again:?}");
        tokens::restore(app, &by, tenant, made.id).await.unwrap();
        ask(world, &made.text).await.good();
        tokens::revoke(app, &by, tenant, made.id).await.unwrap();
        world.clock.advance_secs(601);
        let late = tokens::restore(app, &by, tenant, made.id).await.unwrap_err();
        assert!(matches!(late, TokenError::NotRestorable), "{late:?}");
        ask(world, &made.text).await.refused(401, "token");
    })
    .await;
}

/// A token is worth what its owner is worth, now.
#[tokio::test]
async fn a_token_goes_with_its_account() {
    on_each_engine(async |world| {
        let (app, by, tenant) = (&world.app, &world.by, world.tenant);
        let anna = world.account(tenant, "anna", Some(Role::Administrator)).await;
        let token = world.token(tenant, anna, Permission::ALL).await.text;
        ask(world, &token).await.good();
        // Another role takes what it may not, and gives it back.
        let set = async |role| {
            administrators::set_role(app, by, tenant, anna, role, administrators::Factors::Kept)
                .await
                .unwrap();
        };
        set(Some(Role::HelpDesk)).await;
        ask(world, &token).await.good();
        let body = serde_json::json!({ "name": "a", "type": "api", "key_name": "a" });
        world.post(&token, PATH, &body).await.refused(403, "role_may_not");
        set(Some(Role::Administrator)).await;
        world.post(&token, PATH, &body).await.good();
        // Without a role, and without an account that may sign in, it is over for good.
        set(None).await;
        ask(world, &token).await.refused(401, "token");
        set(Some(Role::Administrator)).await;
        ask(world, &token).await.refused(401, "token");
        let token = world.token(tenant, anna, Permission::ALL).await.text;
        accounts::disable(app, by, tenant, anna).await.unwrap();
        ask(world, &token).await.refused(401, "token");
        accounts::enable(app, by, tenant, anna).await.unwrap();
        ask(world, &token).await.refused(401, "token");
        let token = world.token(tenant, anna, Permission::ALL).await.text;
        accounts::remove(app, by, tenant, anna).await.unwrap();
        ask(world, &token).await.refused(401, "token");
        accounts::restore(app, by, tenant, anna).await.unwrap();
        ask(world, &token).await.refused(401, "token");
        world.token(tenant, anna, Permission::ALL).await;
        accounts::delete(app, by, tenant, anna).await.unwrap();
        assert_eq!(tokens::list(app, tenant).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn a_token_may_no_more_than_whoever_makes_it() {
    on_each_engine(async |world| {
        let (app, tenant) = (&world.app, world.tenant);
        let anna = world.account(tenant, "anna", Some(Role::Owner)).await;
        let called = name("nightly");
        let make = async |role, scopes: &[Permission], lifetime_secs| {
            let wish = Wish { name: &called, scopes, lifetime_secs };
            tokens::create(app, &actor(anna, role), tenant, wish).await
        };
        let wide = make(Role::UserManager, &[Permission::KeysWrite], USUAL_SECS).await;
        assert!(matches!(wide, Err(TokenError::ScopeTooWide(Permission::KeysWrite))));
        let none = make(Role::Owner, &[], USUAL_SECS).await;
        assert!(matches!(none, Err(TokenError::NoScope)));
        for secs in [0, LEAST_SECS - 1, MOST_SECS + 1, u64::MAX] {
            let strange = make(Role::Owner, &[Permission::UsersRead], secs).await;
            assert!(matches!(strange, Err(TokenError::Lifetime)));
        }
        make(Role::Owner, &[Permission::UsersRead], MOST_SECS).await.unwrap();
        let taken = make(Role::Owner, &[Permission::UsersRead], USUAL_SECS).await;
        assert!(matches!(taken, Err(TokenError::NameTaken(_))));
        for _ in 1..MOST {
            world.token(tenant, anna, &[Permission::UsersRead]).await;
        }
        let (other, by) = (name("one more"), actor(anna, Role::Owner));
        let many = tokens::create(app, &by, tenant, wish(&other, USUAL_SECS)).await;
        assert!(matches!(many, Err(TokenError::TooMany)));
    })
    .await;
}

/// With a token nobody gets further than the token leads.
#[tokio::test]
async fn a_token_is_no_way_to_more_rights() {
    on_each_engine(async |world| {
        let (app, tenant) = (&world.app, world.tenant);
        let olga = world.account(tenant, "olga", Some(Role::Owner)).await;
        let anna = world.account(tenant, "anna", Some(Role::Administrator)).await;
        let hugo = world.account(tenant, "hugo", Some(Role::HelpDesk)).await;
        let user = world.account(tenant, "ute", None).await;
        let script = async |scopes: &[Permission]| {
            let id = world.token(tenant, olga, scopes).await.id;
            Actor::token(id, olga, Role::Owner, scopes.to_vec(), "olga")
        };
        let all = script(Permission::ALL).await;
        let called = name("child");
        let child = tokens::create(app, &all, tenant, wish(&called, USUAL_SECS)).await;
        assert!(matches!(child, Err(TokenError::NotForScripts)));
        // Not its own account, which could give it a phone and a password.
        assert!(all.check_self_or_outranks(olga, Some(Role::Owner)).is_err());
        assert!(all.check_self_or_outranks(anna, Some(Role::Administrator)).is_ok());
        let owner = administrators::set_role(
            app,
            &all,
            tenant,
            user,
            Some(Role::Owner),
            administrators::Factors::Kept,
        )
        .await;
        assert!(matches!(owner, Err(administrators::RoleError::TooHigh(Role::Owner))));
        // Not an account that may what it may not itself.
        let few = script(&[Permission::UsersWrite, Permission::RolesWrite]).await;
        assert!(few.check_outranks(None).is_ok());
        assert!(few.check_outranks(Some(Role::HelpDesk)).is_err());
        let taken =
            administrators::set_role(app, &few, tenant, hugo, None, administrators::Factors::Kept)
                .await;
        assert!(matches!(taken, Err(administrators::RoleError::Admin(_))), "{taken:?}");
        let given = administrators::set_role(
            app,
            &few,
            tenant,
            user,
            Some(Role::Auditor),
            administrators::Factors::Kept,
        )
        .await;
        assert!(matches!(given, Err(administrators::RoleError::TooHigh(_))), "{given:?}");
        administrators::set_role(
            app,
            &all,
            tenant,
            user,
            Some(Role::Administrator),
            administrators::Factors::Kept,
        )
        .await
        .unwrap();
    })
    .await;
}

#[tokio::test]
async fn nobody_revokes_a_token_of_somebody_above() {
    on_each_engine(async |world| {
        let (app, tenant) = (&world.app, world.tenant);
        let olga = world.account(tenant, "olga", Some(Role::Owner)).await;
        let anna = world.account(tenant, "anna", Some(Role::Administrator)).await;
        let of_olga = world.token(tenant, olga, Permission::ALL).await;
        let of_anna = world.token(tenant, anna, &[Permission::UsersRead]).await;
        let by_anna = actor(anna, Role::Administrator);
        let refused = tokens::revoke(app, &by_anna, tenant, of_olga.id).await;
        assert!(matches!(refused, Err(TokenError::Admin(_))), "{refused:?}");
        tokens::revoke(app, &by_anna, tenant, of_anna.id).await.unwrap();
        tokens::restore(app, &actor(olga, Role::Owner), tenant, of_anna.id).await.unwrap();
    })
    .await;
}

/// It is known when and from where, but not written at each request.
#[tokio::test]
async fn the_last_use_is_kept_to_the_minute() {
    on_each_engine(async |world| {
        let olga = world.account(world.tenant, "olga", Some(Role::Owner)).await;
        let made = world.token(world.tenant, olga, Permission::ALL).await;
        let used = async || {
            let listed = tokens::list(&world.app, world.tenant).await.unwrap();
            listed[0].last_used.map(|used| used.0)
        };
        assert_eq!(used().await, None);
        let first = world.app.now().unwrap();
        ask(world, &made.text).await.good();
        assert_eq!(used().await, Some(first));
        world.clock.advance_secs(59);
        ask(world, &made.text).await.good();
        assert_eq!(used().await, Some(first));
        world.clock.advance_secs(1);
        ask(world, &made.text).await.good();
        assert_eq!(used().await, Some(first.plus_secs(60)));
    })
    .await;
}

/// What a script did is recorded with its token and its owner.
#[tokio::test]
async fn the_record_names_the_token() {
    on_each_engine(async |world| {
        let olga = world.account(world.tenant, "olga", Some(Role::Owner)).await;
        let made = world.token(world.tenant, olga, Permission::ALL).await;
        let body = serde_json::json!({ "name": "a", "type": "api", "key_name": "a" });
        world.post(&made.text, PATH, &body).await.good();
        let mut found = vec![];
        let rows = world.app.store.query("SELECT kind, detail FROM event ORDER BY seq", []).await;
        for row in rows.unwrap() {
            found.push((row.text(0).unwrap().to_owned(), row.text(1).unwrap().to_owned()));
        }
        let entry = |kind: &str| {
            let (_, detail) = found.iter().rev().find(|(known, _)| known == kind).unwrap();
            serde_json::from_str::<serde_json::Value>(detail).unwrap()
        };
        let created = entry("application_created");
        assert_eq!(created["by_token"], made.id.to_string());
        assert_eq!(created["by_id"], olga.to_string());
        let token = entry("token_made");
        assert_eq!(token["token_id"], made.id.to_string());
        assert!(!found.iter().any(|(_, detail)| detail.contains("axt_")), "{found:?}");
    })
    .await;
}

/// A month later nobody needs to see it.
#[tokio::test]
async fn tokens_that_are_over_are_forgotten() {
    on_each_engine(async |world| {
        let (app, tenant) = (&world.app, world.tenant);
        let olga = world.account(tenant, "olga", Some(Role::Owner)).await;
        let made = world.token(tenant, olga, &[Permission::UsersRead]).await;
        world.token(tenant, olga, &[Permission::UsersRead]).await;
        tokens::revoke(app, &world.by, tenant, made.id).await.unwrap();
        world.clock.advance_secs(30 * 86_400);
        tokens::forget_old(app, app.now().unwrap()).await.unwrap();
        assert_eq!(tokens::list(app, tenant).await.unwrap().len(), 2);
        world.clock.advance_secs(1);
        tokens::forget_old(app, app.now().unwrap()).await.unwrap();
        assert_eq!(tokens::list(app, tenant).await.unwrap().len(), 1);
    })
    .await;
}
