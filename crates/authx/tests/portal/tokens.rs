//! Tokens for scripts, as people make and end them.

use crate::world::{Browser, PASSWORD, World, on_each_engine};
use authx::admin::tokens;
use authx_core::role::{Permission, Role};
use std::collections::BTreeSet;

const PATH: &str = "/settings/tokens";

async fn known(world: &World) -> Vec<tokens::Token> {
    tokens::list(&world.app, world.tenant).await.unwrap()
}

#[tokio::test]
async fn a_token_is_made_shown_once_revoked_and_brought_back() {
    on_each_engine(async |world| {
        let mut olga = world.signed_in("olga", Some(Role::Owner)).await;
        let page = olga.get(world, PATH).await;
        assert!(page.shown().contains("Make the first token"));
        let wish =
            [("name", "nightly"), ("life", "30"), ("scope", "users.read"), ("scope", "logs.read")];
        assert_eq!(olga.post(world, PATH, &wish).await.to(), PATH);
        let page = olga.get(world, PATH).await;
        let text = page.between("<code>axt_", "</code>").to_owned();
        let found = tokens::find(&world.app, &format!("axt_{text}"), None).await.unwrap().unwrap();
        assert_eq!(found.scopes, [Permission::LogsRead, Permission::UsersRead]);
        assert_eq!(found.expires, world.app.now().unwrap().plus_secs(30 * 86_400));
        // A reload shows it no more.
        let page = olga.get(world, PATH).await;
        assert!(!page.shown().contains("axt_"));
        assert!(page.text.contains("nightly") && page.text.contains("logs.read, users.read"));
        let id = found.id;
        assert_eq!(olga.post(world, &format!("{PATH}/{id}/revoke"), &[]).await.to(), PATH);
        let page = olga.get(world, PATH).await;
        assert!(page.shown().contains("Token “nightly” revoked."));
        assert!(page.text.contains(&format!("{PATH}/{id}/restore")));
        // Pressed twice, it is as it was wished.
        assert_eq!(olga.post(world, &format!("{PATH}/{id}/revoke"), &[]).await.to(), PATH);
        assert!(!known(world).await[0].counts);
        assert_eq!(olga.post(world, &format!("{PATH}/{id}/restore"), &[]).await.to(), PATH);
        assert!(known(world).await[0].counts);
    })
    .await;
}

/// A link on another site leads here with the session (`SameSite=Lax`); what is shown once waits.
#[tokio::test]
async fn a_link_from_elsewhere_uses_up_no_new_token() {
    on_each_engine(async |world| {
        let mut olga = world.signed_in("olga", Some(Role::Owner)).await;
        olga.get(world, PATH).await.shown();
        let wish = [("name", "nightly"), ("life", "30"), ("scope", "users.read")];
        assert_eq!(olga.post(world, PATH, &wish).await.to(), PATH);
        for site in ["cross-site", "same-site", "none"] {
            let page = olga.follow(world, PATH, site).await;
            assert!(!page.shown().contains("<code>axt_"), "{site}");
        }
        let page = olga.follow(world, PATH, "same-origin").await;
        assert!(page.shown().contains("<code>axt_"), "{}", page.text);
        let page = olga.follow(world, PATH, "same-origin").await;
        assert!(!page.shown().contains("<code>axt_"), "{}", page.text);
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_is_said_and_what_was_typed_stays() {
    on_each_engine(async |world| {
        let mut olga = world.signed_in("olga", Some(Role::Owner)).await;
        olga.get(world, PATH).await;
        let page = olga.post(world, PATH, &[("name", "nightly"), ("life", "90")]).await;
        assert!(page.refused().contains("Choose at least one thing"));
        assert!(page.text.contains("value=\"nightly\""));
        let wish = [("name", ""), ("life", "90"), ("scope", "users.read")];
        let page = olga.post(world, PATH, &wish).await;
        assert!(page.refused().contains("value=\"users.read\" checked"));
        for life in ["", "0", "100000", "x"] {
            let wish = [("name", "nightly"), ("life", life), ("scope", "users.read")];
            olga.post(world, PATH, &wish).await.refused();
        }
        let good = [("name", "<b>x</b>"), ("life", "90"), ("scope", "users.read")];
        olga.post(world, PATH, &good).await.to();
        let page = olga.get(world, PATH).await;
        assert!(!page.shown().contains("<b>x</b>"));
        olga.get(world, PATH).await;
        let page = olga.post(world, PATH, &good).await;
        assert!(page.refused().contains("already a token"));
        assert_eq!(known(world).await.len(), 1);
    })
    .await;
}

/// Rights come fresh: a factor that is older than five minutes is asked for again.
#[tokio::test]
async fn a_token_needs_a_fresh_factor() {
    on_each_engine(async |world| {
        let mut olga = world.signed_in("olga", Some(Role::Owner)).await;
        olga.get(world, PATH).await;
        world.clock.advance_secs(301);
        let wish = [("name", "nightly"), ("life", "90"), ("scope", "users.read")];
        assert_eq!(olga.post(world, PATH, &wish).await.to(), "/confirm");
        assert!(known(world).await.is_empty());
    })
    .await;
}

/// An administrator sees an owner's tokens, and leaves them alone.
#[tokio::test]
async fn a_token_of_somebody_above_is_left_alone() {
    on_each_engine(async |world| {
        let mut olga = world.signed_in("olga", Some(Role::Owner)).await;
        olga.get(world, PATH).await;
        let wish = [("name", "nightly"), ("life", "90"), ("scope", "users.read")];
        olga.post(world, PATH, &wish).await.to();
        let id = known(world).await[0].id;
        let mut anna = world.signed_in("anna", Some(Role::Administrator)).await;
        let page = anna.get(world, PATH).await;
        assert!(page.shown().contains("nightly"));
        assert!(!page.text.contains(&format!("{PATH}/{id}/revoke")));
        let page = anna.post(world, &format!("{PATH}/{id}/revoke"), &[]).await;
        assert_eq!(page.status, 403);
        let nobodys = format!("{PATH}/tok_01kxxxxxxxxxxxxxxxxxxxxxxx/revoke");
        assert_eq!(anna.post(world, &nobodys, &[]).await.status, 404);
        assert!(known(world).await[0].counts);
    })
    .await;
}

/// A token goes on with a new password, which is said; whoever was in the account may have made one.
#[tokio::test]
async fn a_new_password_ends_ones_tokens_if_that_is_wished() {
    on_each_engine(async |world| {
        let olga = world.account(world.tenant, "olga", Some(Role::Owner)).await;
        world.password(world.tenant, olga, PASSWORD).await;
        let mut browser = world.browser_of(world.tenant, olga).await;
        let page = browser.get(world, "/me/password").await;
        assert!(!page.shown().contains("API tokens"), "she has none: {}", page.text);
        let mut adam = world.signed_in("adam", Some(Role::Owner)).await;
        for (owner, called) in [(&mut adam, "theirs"), (&mut browser, "nightly")] {
            let wish = [("name", called), ("life", "30"), ("scope", "users.read")];
            assert_eq!(owner.post(world, PATH, &wish).await.to(), PATH);
            owner.get(world, PATH).await.shown();
        }
        let page = browser.get(world, "/me/password").await;
        assert!(page.shown().contains("They go on with a new password: nightly."), "{}", page.text);
        let change = async |browser: &mut Browser, password: &str, fields: &[(&str, &str)]| {
            let sent = [&[("password", password)], fields].concat();
            browser.post(world, "/me/password", &sent).await
        };
        let ends = &[("end_scripts", "on")];
        let page = change(&mut browser, "short", ends).await;
        assert!(page.refused().contains(" checked"), "what was chosen stays: {}", page.text);
        let counting = async || {
            let counts = known(world).await.into_iter().filter(|token| token.counts);
            counts.map(|token| token.name).collect::<BTreeSet<_>>()
        };
        change(&mut browser, "eleven purple owls sing", &[]).await.to();
        let page = browser.get(world, "/me").await;
        assert!(page.shown().contains("1 API token of yours goes on."), "{}", page.text);
        assert_eq!(counting().await, ["nightly", "theirs"].map(str::to_owned).into());
        change(&mut browser, "twelve purple owls sing", ends).await.to();
        let page = browser.get(world, "/me").await;
        assert!(page.shown().contains("and so have your API tokens."), "{}", page.text);
        assert_eq!(counting().await, ["theirs".to_owned()].into());
    })
    .await;
}
