//! What OpenVPN's own session tokens (`auth-gen-token … external-auth`) say about a sign-in: what
//! the agent's rules for renegotiations and reconnects stand on.

use crate::plain::{PASSWORD, checked_by, world};
use authx_e2e::vpn::{
    AuthRetry, ClientOptions, OpenvpnClient, OpenvpnServer, ServerOptions, Side, World,
};
use std::{fs, time::Duration};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_shown_at_renegotiations_and_reconnects_under_the_same_id() {
    let Some(world) = world() else { return };
    let (server, mut alice) = signed_in(&world, Token::Kept).await;
    alice.renegotiate().await;
    assert!(alice.reconnect().await.is_connected());
    drop(server);
    let seen = seen(&world);
    let states = seen.iter().map(|call| (&*call.state, call.has_token)).collect::<Vec<_>>();
    assert_eq!(states, [("Initial", false), ("Authenticated", true), ("Authenticated", true)]);
    assert!(seen.iter().all(|call| call.id == seen[0].id && !call.id.is_empty()), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_outlives_the_server_where_its_secret_is_kept() {
    let Some(world) = world() else { return };
    let (mut server, mut alice) = signed_in(&world, Token::Kept).await;
    for how in ["restart", "hangup", "usr1"] {
        match how {
            "restart" => server.restart().await,
            "hangup" => server.hangup().await,
            _ => server.usr1().await,
        }
        assert!(alice.next().await.is_connected(), "{how}: {}", alice.log());
        let seen = seen(&world);
        let last = seen.last().unwrap();
        assert_eq!((&*last.state, &last.id), ("Authenticated", &seen[0].id), "{how}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_without_its_secret_is_invalid_and_the_password_comes_next() {
    let Some(world) = world() else { return };
    let (mut server, mut alice) = signed_in(&world, Token::Forgotten).await;
    server.restart().await;
    while !alice.next().await.is_connected() {}
    let seen = seen(&world);
    let states = seen.iter().map(|call| (&*call.state, call.has_token)).collect::<Vec<_>>();
    assert_eq!(states, [("Initial", false), ("Invalid", true), ("Initial", false)]);
    assert_ne!(seen[0].id, seen[2].id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expired_token_says_so_and_the_password_comes_next() {
    let Some(world) = world() else { return };
    let (server, mut alice) = signed_in(&world, Token::Expires).await;
    // The shortest life that OpenVPN permits beside a hand window that is long enough to connect.
    tokio::time::sleep(Duration::from_secs(7)).await;
    alice.renegotiate().await;
    while !alice.next().await.is_connected() {}
    drop(server);
    let seen = seen(&world);
    let states = seen.iter().map(|call| (&*call.state, call.has_token)).collect::<Vec<_>>();
    assert_eq!(states, [("Initial", false), ("Expired", true), ("Initial", false)]);
}

/// A call of OpenVPN for a verdict.
#[derive(Debug)]
struct Call {
    state: String,
    id: String,
    has_token: bool,
}

/// What becomes of the server's tokens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Token {
    Expires,
    Forgotten,
    Kept,
}

/// A server with tokens, whose script allows what the design does, and alice signed in on it.
async fn signed_in(world: &World, token: Token) -> (OpenvpnServer, OpenvpnClient) {
    let calls = world.directory().join("calls");
    let check = format!(
        "password=$(sed -n 2p \"$1\")\n\
         printf '%s %s %s\\n' \"$session_state\" \"$session_id\" \"$password\" >>{}\n\
         case $session_state:$password in\n\
         Initial:SESS_ID*) exit 1 ;;\n\
         Initial:*|Authenticated:*) exit 0 ;;\n\
         esac\n\
         exit 1",
        calls.display()
    );
    let mut options = ServerOptions::default();
    let lines = match token {
        Token::Expires => "hand-window 3\nauth-gen-token 6 6 external-auth",
        Token::Forgotten | Token::Kept => "auth-gen-token 43200 3600 external-auth",
    };
    options.lines.push(lines.to_owned());
    if token == Token::Kept {
        let file = world.directory().join("token.key");
        let mut genkey = world.command(Side::Servers, "openvpn");
        genkey.args(["--genkey", "auth-token"]).arg(&file);
        assert!(genkey.status().await.unwrap().success());
        options.lines.push(format!("auth-gen-token-secret {}", file.display()));
    }
    let server = world.openvpn(checked_by(world, &check, options)).await;
    let auth_retry = AuthRetry::Nointeract;
    let options = ClientOptions { renegotiates: true, auth_retry, ..Default::default() };
    let mut alice = world.client(&server, options).await;
    let outcome = alice.sign_in("alice", PASSWORD).await;
    assert!(outcome.is_connected(), "{outcome:?}\n{}", server.log());
    (server, alice)
}

fn seen(world: &World) -> Vec<Call> {
    let text = fs::read_to_string(world.directory().join("calls")).unwrap();
    let call = |line: &str| {
        let (state, rest) = line.split_once(' ').unwrap();
        let (id, password) = rest.split_once(' ').unwrap();
        let has_token = password.starts_with("SESS_ID_AT_");
        Call { state: state.to_owned(), id: id.to_owned(), has_token }
    };
    text.lines().map(call).collect()
}
