//! Time tells nothing where the work is the same.

use authx_e2e::{Client, Engine, Installation, PASSWORD, Server, typed};
use std::time::Duration;

authx_e2e::on_both_engines! { who_does_not_exist_costs_as_much_as_who_does }

/// Measured in processor time of the server alone, which other tests do not disturb.
async fn who_does_not_exist_costs_as_much_as_who_does(engine: Engine) {
    let installation = Installation::new(engine).await;
    installation.person("alice").await;
    let bob = installation.person("bob").await;
    authx::admin::accounts::disable(
        &installation.app,
        &installation.by,
        installation.tenant,
        bob.id,
    )
    .await
    .unwrap();
    let server = Server::start(installation.config()).await;
    let client = server.client(&installation.vpn);
    let mut networks = 0..;
    let mut cost = async |user: &str, password: &str| {
        // The first one also fills caches.
        let mut best = Duration::MAX;
        for _ in 0..4 {
            let before = server.cpu_time();
            refused(&client, user, password, networks.next().unwrap()).await;
            best = best.min(server.cpu_time().saturating_sub(before));
        }
        best
    };
    let wrong = cost("alice", "wrong").await;
    assert!(wrong > Duration::from_millis(5), "a password is costly to check: {wrong:?}");
    for (user, password) in [("nobody", PASSWORD), ("bob", PASSWORD), ("bob", "wrong")] {
        let other = cost(user, password).await;
        let ratio = other.as_secs_f64() / wrong.as_secs_f64();
        // A shortcut would cost a hundredth; what shares the core's caches makes a third at most.
        assert!((0.4..2.5).contains(&ratio), "{user} with {password}: {other:?} to {wrong:?}");
    }
}

async fn refused(client: &Client, user: &str, password: &str, network: u8) {
    let mut body = typed(user, password, None);
    body["client"]["address"] = format!("10.0.{network}.1").into();
    let reply = client.login(&body).await;
    assert_eq!(reply.outcome(), "refused:wrong_credentials");
}
