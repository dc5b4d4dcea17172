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
    let kinds = [("alice", "wrong"), ("nobody", PASSWORD), ("bob", PASSWORD), ("bob", "wrong")];
    let mut best = [Duration::MAX; 4];
    // In turns, and the best of each: what else the machine does costs caches, for all alike.
    for turn in 0..5 {
        for ((user, password), best) in kinds.into_iter().zip(&mut best) {
            let before = server.cpu_time();
            refused(&client, user, password, turn).await;
            *best = server.cpu_time().saturating_sub(before).min(*best);
        }
    }
    let wrong = best[0];
    assert!(wrong > Duration::from_millis(5), "a password is costly to check: {wrong:?}");
    for ((user, password), other) in kinds.into_iter().zip(best) {
        // Without the hash it would be a tenth.
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
