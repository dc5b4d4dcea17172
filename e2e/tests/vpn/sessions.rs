//! Renegotiations, reconnects and restarts: nobody is asked twice within one session.

use crate::house::{House, Plan, asked, refusal};
use authx_e2e::{
    PASSWORD, Server,
    vpn::{ClientOptions, OpenvpnClient, Outcome, ServerOptions},
};
use std::process::Command;

async fn house(management: bool) -> Option<House> {
    let directory = tempfile::tempdir().unwrap().keep();
    let secret = directory.join("token.secret");
    let made = Command::new("openvpn").args(["--genkey", "auth-token"]).arg(&secret).output();
    // Where there is no OpenVPN the test is skipped below.
    drop(made);
    let lines = vec![
        "auth-gen-token 43200 3600 external-auth".to_owned(),
        format!("auth-gen-token-secret {}", secret.display()),
    ];
    let openvpn = ServerOptions { lines, ..ServerOptions::default() };
    House::new(Plan { management, openvpn, ..Plan::default() }).await
}

async fn signed_in(house: &House) -> OpenvpnClient {
    let options = ClientOptions { renegotiates: true, ..asked() };
    let alice = house.person("alice").await;
    let mut client = house.client(options).await;
    let question = client.sign_in("alice", PASSWORD).await;
    assert!(matches!(question, Outcome::Asked { .. }), "{question:?}\n{}", house.told());
    let outcome = client.answer(&alice.code()).await;
    assert!(outcome.is_connected(), "{outcome:?}\n{}", house.told());
    client
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renegotiation_asks_nothing_and_stops_nothing() {
    let Some(house) = house(false).await else { return };
    let client = signed_in(&house).await;
    let mark = house.agent.log().mark();
    let pings = client.renegotiate().await;
    assert!(pings.go_on(), "{pings:?}");
    house.agent.log().says(mark, "method=\"token\"").await;
    assert_eq!(client.times_asked(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_outlives_restarts_of_agent_openvpn_and_authx() {
    let Some(mut house) = house(false).await else { return };
    let mut client = signed_in(&house).await;
    house.agent.stop().await;
    house.agent.start_again().await;
    let outcome = client.reconnect().await;
    assert!(outcome.is_connected(), "agent restarted: {outcome:?}\n{}", house.told());

    house.openvpn.restart().await;
    let outcome = client.next().await;
    assert!(outcome.is_connected(), "OpenVPN restarted: {outcome:?}\n{}", house.told());

    let authx = house.authx;
    authx.stop().await;
    let outcome = client.reconnect().await;
    assert!(outcome.is_connected(), "AuthX away: {outcome:?}\n{}", house.agent.log());
    house.authx = Server::start(house.installation.config()).await;
    let outcome = client.reconnect().await;
    assert!(outcome.is_connected(), "AuthX back: {outcome:?}\n{}", house.told());
    assert_eq!(client.times_asked(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_authx_has_ended_is_refused_at_the_next_renegotiation() {
    let Some(house) = house(false).await else { return };
    let mut client = signed_in(&house).await;
    let disabled = house.installation.run(&["user", "disable", "alice"]);
    assert!(disabled.status.success());
    let mark = house.agent.log().mark();
    // This one still counts: AuthX is asked beside it.
    assert!(client.reconnect().await.is_connected(), "{}", house.told());
    house.agent.log().says(mark, "AuthX has ended this session").await;
    let refused = client.reconnect().await;
    assert_eq!(refusal(&refused), "Your sign-in has ended. Connect again and sign in.");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_management_socket_its_tunnel_is_cut() {
    let Some(house) = house(true).await else { return };
    let mut client = signed_in(&house).await;
    assert!(house.installation.run(&["user", "disable", "alice"]).status.success());
    let mark = house.agent.log().mark();
    let _ = client.renegotiate().await;
    house.agent.log().says(mark, "AuthX has ended this session").await;
    let next = client.next().await;
    assert!(!next.is_connected(), "{next:?}\n{}", house.told());
}
