//! OpenVPN alone, with what it brings to check passwords: what the other tests stand on.

use authx_e2e::vpn::{self, ClientOptions, Outcome, ServerOptions, World};
use std::{fs, os::unix::fs::PermissionsExt as _};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_signs_in_and_pings_and_another_is_refused() {
    if !vpn::is_there() {
        return;
    }
    let world = World::new();
    let server = world.openvpn(checked_by_script(&world)).await;
    let mut alice = world.client(&server, ClientOptions::default()).await;
    let outcome = alice.sign_in("alice", PASSWORD).await;
    assert!(outcome.is_connected(), "{outcome:?}\n{}", alice.log());
    let pings = alice.ping(20).await;
    assert_eq!(pings.lost(), 0, "{pings:?}");

    let mut mallory = world.client(&server, ClientOptions::default()).await;
    let refused = Outcome::Refused { text: String::new() };
    assert_eq!(mallory.sign_in("mallory", "another").await, refused);
    assert_eq!(mallory.next().await, Outcome::Exited);
    eprintln!("{outcome:?} {pings:?}");
}

/// A server whose script knows one password, with everything in it that has to be escaped.
fn checked_by_script(world: &World) -> ServerOptions {
    let script = world.directory().join("verify");
    let text = "#!/bin/sh\n[ \"$(sed -n 2p \"$1\")\" = 'it\\s \"mine\", {really}' ]\n";
    fs::write(&script, text).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let verify = format!("auth-user-pass-verify {} via-file", script.display());
    ServerOptions { lines: vec!["script-security 2".to_owned(), verify], ..Default::default() }
}

const PASSWORD: &str = r#"it\s "mine", {really}"#;
