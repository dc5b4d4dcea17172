//! What went wrong, in words and with a way on.

use super::{in_world, kept, user};
use crate::world::{Browser, PASSWORD};
use authx_core::role::Role;
use axum::http::StatusCode;

#[tokio::test]
async fn pages_for_what_cannot_be_shown() {
    in_world(async |world| {
        let mut stranger = Browser::default();
        let page = stranger.get(world, "/users/nobody").await;
        assert_eq!(page.to(), "/sign-in?next=%2Fusers%2Fnobody");
        let mut olga = world.signed_in("olga", Some(Role::Owner)).await;
        let mut desk = world.signed_in("hanna.help@example.com", Some(Role::HelpDesk)).await;
        let mut plain = world.signed_in("paul", None).await;
        let anna = user(world, "anna", "Anna Arnold", None).await;
        for (browser, path, status, name) in [
            (
                &mut olga,
                "/users/usr_01kxxxxxxxxxxxxxxxxxxxxxxx",
                StatusCode::NOT_FOUND,
                "not-found",
            ),
            (&mut desk, "/record", StatusCode::FORBIDDEN, "not-allowed"),
            (&mut plain, "/users", StatusCode::FORBIDDEN, "no-role"),
        ] {
            let page = browser.get(world, path).await;
            assert_eq!(page.status, status, "{path}");
            kept(name, &page);
        }
        let page = stranger.send(world, "/sign-in", "cross-site", String::new()).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN);
        let path = format!("/users/{anna}/disable");
        let page = olga.send(world, &path, "same-origin", String::new()).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN);
        kept("stale-form", &page);
        olga.get(world, "/users").await;
        let page =
            olga.post(world, "/users/bulk", &[("deed", "x".repeat(3_000_000).as_str())]).await;
        assert_eq!(page.status, StatusCode::PAYLOAD_TOO_LARGE);
        olga.forget_session();
        olga.get(world, "/set-up").await;
        let page = olga.post(world, &path, &[]).await;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED);
        kept("session-over", &page);
    })
    .await;
}

#[tokio::test]
async fn whoever_tries_too_often_waits() {
    in_world(async |world| {
        let mut stranger = Browser::default();
        stranger.get(world, "/sign-in").await;
        let fields = [("name", "alice@example.com"), ("password", PASSWORD)];
        let page = stranger.post(world, "/sign-in", &fields).await;
        page.refused();
        kept("sign-in-wrong", &page);
        for _ in 0..60 {
            let page = stranger.post(world, "/sign-in", &fields).await;
            if page.text.contains("Too many") || page.text.contains("Wait") {
                kept("sign-in-throttled", &page);
                return;
            }
        }
        panic!("nobody was told to wait");
    })
    .await;
}
