//! Which role may what with which scopes: the list of routes and the matrix decide, nothing else.

use crate::{
    samples::{Samples, filled, nobodys},
    world::{Reply, World, on_each_engine},
};
use authx::api::admin::{Route, routes};
use authx_core::role::{Permission, Role};
use axum::http::{StatusCode, header};
use std::collections::BTreeMap;

fn is_let_through(reply: &Reply) -> bool {
    let code = reply.code();
    reply.status != StatusCode::UNAUTHORIZED && code != "scope_missing" && code != "role_may_not"
}

fn by_needs() -> BTreeMap<&'static [Permission], Vec<Route>> {
    let mut all: BTreeMap<_, Vec<Route>> = BTreeMap::new();
    for route in routes() {
        all.entry(route.needs).or_default().push(route);
    }
    all
}

fn without(needs: &[Permission], missing: Permission) -> Vec<Permission> {
    let _ = needs;
    Permission::ALL.iter().copied().filter(|scope| *scope != missing).collect()
}

/// Every route, every role, with exactly the scopes that it needs, and with all but one of them.
#[tokio::test]
async fn each_route_is_for_whom_it_says() {
    on_each_engine(async |world| {
        let samples = Samples::of(world, world.tenant, 0).await;
        let path = |route: &Route| filled(&route.path, |name| nobodys(&samples, name));
        for &role in Role::ALL {
            let account = world.account(world.tenant, role.word(), Some(role)).await;
            for (needs, routes) in by_needs() {
                for missing in needs {
                    let scopes = without(needs, *missing);
                    let token = world.token(world.tenant, account, &scopes).await;
                    for route in &routes {
                        let reply = world.ask(&token.text, route, &path(route)).await;
                        reply.refused(403, "scope_missing");
                    }
                    end(world, &token.id.to_string()).await;
                }
                let may = needs.iter().all(|&deed| role.may(deed));
                for route in &routes {
                    // One for each: what ends its own token ends no other.
                    let scopes = if needs.is_empty() { &[Permission::LogsRead] } else { needs };
                    let token = world.token(world.tenant, account, scopes).await;
                    let reply = world.ask(&token.text, route, &path(route)).await;
                    assert_eq!(is_let_through(&reply), may, "{role:?} {route:?} {}", reply.text());
                    assert_eq!(reply.headers[header::CACHE_CONTROL], "no-store");
                    assert!(!reply.status.is_server_error(), "{route:?} {}", reply.text());
                    end(world, &token.id.to_string()).await;
                }
            }
        }
    })
    .await;
}

pub(crate) async fn end(world: &World, id: &str) {
    // One that has ended itself is gone already.
    let id = id.parse().unwrap();
    let _ = authx::admin::tokens::revoke(&world.app, &world.by, world.tenant, id).await;
}

/// Without a token nobody gets anywhere, with a cookie neither.
#[tokio::test]
async fn nobody_comes_in_without_a_token() {
    on_each_engine(async |world| {
        let owner = world.owner().await;
        let cut = &owner[..owner.len() - 1];
        for route in routes() {
            let path = filled(&route.path, |_| "x".to_owned());
            for token in ["", "axt_", cut, "axk_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcBEuV0A"]
            {
                let reply = world.ask(token, &route, &path).await;
                reply.refused(401, "token");
                assert_eq!(reply.headers[header::WWW_AUTHENTICATE], "Bearer", "{route:?}");
            }
        }
    })
    .await;
}
