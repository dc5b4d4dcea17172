//! What stands before every page.

use crate::world::{Browser, SESSION, World, on_each_engine};
use authx::portal::{Access, routes};
use authx_core::role::Role;
use axum::http::{Method, StatusCode};

/// A path with something in the place of each id.
fn filled(path: &str) -> String {
    let parts = path
        .split('/')
        .map(|part| if part.starts_with('{') { "usr_01kxxxxxxxxxxxxxxxxxxxxxxx" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

fn is_closed(status: StatusCode) -> bool {
    status == StatusCode::FORBIDDEN
}

/// Every route, every role, and nobody: the matrix is the only thing that decides.
#[tokio::test]
async fn each_route_is_for_whom_it_says() {
    on_each_engine(async |world| {
        let roles: Vec<Option<Role>> = Role::ALL.iter().copied().map(Some).chain([None]).collect();
        for (n, role) in roles.into_iter().enumerate() {
            let mut browser = world.signed_in(&format!("user{n}"), role).await;
            for route in routes() {
                let (Access::May(needed) | Access::StepUp(needed)) = route.access else { continue };
                let path = filled(route.path);
                let page = match route.method {
                    Method::GET => browser.get(world, &path).await,
                    _ => browser.post(world, &path, &[]).await,
                };
                let may = role.is_some_and(|role| role.may(needed));
                assert_eq!(!is_closed(page.status), may, "{role:?} {route:?}: {}", page.status);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn strangers_are_asked_to_sign_in() {
    on_each_engine(async |world| {
        for route in routes() {
            if route.access == Access::Public {
                continue;
            }
            let mut stranger = Browser::default();
            stranger.get(world, "/sign-in").await;
            let path = filled(route.path);
            if route.method == Method::GET {
                let page = stranger.get(world, &path).await;
                assert!(page.to().starts_with("/sign-in"), "{route:?}");
            } else if !route.streams {
                let page = stranger.post(world, &path, &[]).await;
                assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{route:?}");
            }
        }
    })
    .await;
}

/// A page elsewhere that makes a browser send a form changes nothing.
#[tokio::test]
async fn forms_come_from_our_own_pages() {
    on_each_engine(async |world| {
        let mut browser = world.signed_in("olga", Some(Role::Owner)).await;
        let body = format!("_csrf={}", browser.token());
        for route in routes() {
            if route.method == Method::GET {
                continue;
            }
            let path = filled(route.path);
            for site in ["cross-site", "same-site", "none"] {
                let page = browser.send(world, &path, site, body.clone()).await;
                assert_eq!(page.status, StatusCode::FORBIDDEN, "{route:?} from {site}");
            }
            if route.streams {
                continue;
            }
            for token in
                ["", "_csrf=", "_csrf=x", "_csrf=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]
            {
                let page = browser.send(world, &path, "same-origin", token.to_owned()).await;
                assert_eq!(page.status, StatusCode::FORBIDDEN, "{route:?} with {token:?}");
            }
        }
        // Another browser's token is worth nothing here.
        let mut other = Browser::default();
        other.get(world, "/sign-in").await;
        let body = format!("_csrf={}", other.token());
        let page = browser.send(world, "/sign-out", "same-origin", body).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN);
        assert!(browser.cookie(SESSION).is_some());
    })
    .await;
}

/// A browser that says nothing of where a form comes from names its origin at least.
#[tokio::test]
async fn the_origin_stands_for_what_old_browsers_do_not_say() {
    on_each_engine(async |world| {
        let mut browser = world.signed_in("olga", Some(Role::Owner)).await;
        let page = browser.get(world, "/sign-in").await;
        assert_eq!(page.to(), "/");
        let page = browser.post(world, "/sign-out", &[]).await;
        assert_eq!(page.to(), "/sign-in");
        assert!(browser.cookie(SESSION).is_none());
    })
    .await;
}

#[tokio::test]
async fn sessions_end() {
    on_each_engine(async |world: &World| {
        let mut browser = world.signed_in("olga", Some(Role::Owner)).await;
        // In use, it goes on until its last hour.
        for _ in 0..23 {
            world.clock.advance_secs(1_700);
            assert_eq!(browser.get(world, "/sign-in").await.to(), "/");
        }
        world.clock.advance_secs(4_200);
        browser.get(world, "/sign-in").await.shown();
        let mut idle = world.signed_in("ida", Some(Role::Owner)).await;
        world.clock.advance_secs(1_801);
        idle.get(world, "/sign-in").await.shown();
    })
    .await;
}

/// A page that is left open and renews itself does not keep its session.
#[tokio::test]
async fn a_page_left_open_ends_too() {
    on_each_engine(async |world: &World| {
        let mut browser = world.signed_in("olga", Some(Role::Owner)).await;
        for _ in 0..20 {
            world.clock.advance_secs(100);
            browser.poll(world, "/me", "rows").await;
        }
        assert_eq!(browser.get(world, "/me").await.to(), "/sign-in?next=%2Fme");
    })
    .await;
}
