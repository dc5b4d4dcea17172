//! OpenVPN alone, with what it brings to check passwords: what the other tests stand on.

use authx_e2e::vpn::{
    self, AuthRetry, ClientOptions, Crowd, LightOptions, OpenvpnClient, OpenvpnServer, Outcome,
    PamService, ServerOptions, World,
};
use std::{fs, net::Ipv4Addr, os::unix::fs::PermissionsExt as _};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_signs_in_and_pings_and_another_is_refused() {
    let Some((world, server)) = checked(ALLOW, ServerOptions::default()).await else { return };
    let alice = connected(&world, &server, ClientOptions::default()).await;
    let pings = alice.ping(20).await;
    assert_eq!(pings.lost(), 0, "{pings:?}");

    let mut mallory = world.client(&server, ClientOptions::default()).await;
    let refused = Outcome::Refused { text: String::new() };
    assert_eq!(mallory.sign_in("mallory", "another").await, refused);
    assert_eq!(mallory.next().await, Outcome::Exited);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_client_has_a_device_a_name_and_an_address_of_its_own() {
    let options = ServerOptions { certificates: true, ..Default::default() };
    let Some((world, server)) = checked(ALLOW, options).await else { return };
    let from = Ipv4Addr::new(198, 18, 200, 7);
    for (name, from) in [("anna", None), ("bert", Some(from))] {
        let certificate = Some(name.to_owned());
        let options = ClientOptions { certificate, from, ..Default::default() };
        let client = connected(&world, &server, options).await;
        assert!(client.reaches_the_server().await);
        assert!(server.log().contains(&format!("{name}/198.18.")), "{}", server.log());
    }
    assert!(server.log().contains("bert/198.18.200.7:"), "{}", server.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_renegotiated_on_demand() {
    let Some((world, server)) = checked(ALLOW, ServerOptions::default()).await else { return };
    let options = ClientOptions { renegotiates: true, ..Default::default() };
    let client = connected(&world, &server, options).await;
    let mark = server.log().mark();
    let pings = client.renegotiate().await;
    assert!(pings.go_on(), "{pings:?}");
    server.log().says(mark, "Username/Password authentication succeeded").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_come_back_when_the_server_forgets_them() {
    let options = ServerOptions { user_nobody: true, ..Default::default() };
    let Some((world, mut server)) = checked(ALLOW, options).await else { return };
    let mut client = connected(&world, &server, ClientOptions::default()).await;
    server.usr1().await;
    assert!(client.next().await.is_connected(), "{}", client.log());
    server.hangup().await;
    assert!(client.next().await.is_connected(), "{}", client.log());
    server.restart().await;
    assert!(client.next().await.is_connected(), "{}", client.log());
    // Each time it was told to forget the password.
    assert_eq!(client.times_asked(), 4);
    assert!(client.reconnect().await.is_connected());
    assert!(client.reaches_the_server().await);
    assert_eq!(client.times_asked(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_leaves_says_so_and_one_that_is_killed_does_not() {
    let lines = vec!["keepalive 1 4".to_owned()];
    let options = ServerOptions { lines, ..Default::default() };
    let Some((world, server)) = checked(ALLOW, options).await else { return };
    let mark = server.log().mark();
    let mut client = connected(&world, &server, ClientOptions::default()).await;
    client.leave().await;
    server.log().says(mark, "exit message received").await;

    let mut client = connected(&world, &server, ClientOptions::default()).await;
    let mark = server.log().mark();
    client.kill().await;
    server.log().says(mark, "Inactivity timeout").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_are_answered_in_the_next_connection() {
    let check = "case $(sed -n 2p \"$1\") in\n\
        CRV1::st4te::123456) exit 0 ;;\n\
        CRV1:*) printf 'Wrong code.' >\"$auth_failed_reason_file\" ;;\n\
        *) printf 'CRV1:R,E:st4te:YWxpY2U=:Code: now' >\"$auth_failed_reason_file\" ;;\n\
        esac\nexit 1";
    let Some((world, server)) = checked(check, ServerOptions::default()).await else { return };
    let options = ClientOptions { auth_retry: AuthRetry::Interact, ..Default::default() };
    let mut client = world.client(&server, options).await;
    let asked = Outcome::Asked { text: "Code: now".to_owned() };
    assert_eq!(client.sign_in("alice", PASSWORD).await, asked);
    let refused = Outcome::Refused { text: "Wrong code.".to_owned() };
    assert_eq!(client.answer("654321").await, refused);
    assert_eq!(client.sign_in("alice", PASSWORD).await, asked);
    let outcome = client.answer("123456").await;
    assert!(outcome.is_connected(), "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_are_answered_in_the_same_connection() {
    let check = "printf '60\\ncrtext\\nCR_TEXT:R,E:Code, or push' >\"$auth_pending_file\"\nexit 2";
    let respond = "[ \"$(cat \"$1\")\" = MTIzNDU2 ] && v=1 || v=0\n\
        printf 'Wrong code.' >\"$auth_failed_reason_file\"\nprintf $v >\"$auth_control_file\"";
    let Some(world) = world() else { return };
    let respond = script(&world, "respond", respond);
    let lines = vec![format!("client-crresponse {respond}")];
    let server = ServerOptions { lines, ..Default::default() };
    let server = world.openvpn(checked_by(&world, check, server)).await;
    let options = ClientOptions { sso: Some("crtext".to_owned()), ..Default::default() };
    let asked = Outcome::Asked { text: "Code, or push".to_owned() };
    let mut client = world.client(&server, options.clone()).await;
    assert_eq!(client.sign_in("alice", PASSWORD).await, asked);
    let outcome = client.answer("123456").await;
    assert!(outcome.is_connected(), "{outcome:?} {}", server.log());

    let mut client = world.client(&server, options).await;
    assert_eq!(client.sign_in("alice", PASSWORD).await, asked);
    let refused = Outcome::Refused { text: "Wrong code.".to_owned() };
    assert_eq!(client.answer("654321").await, refused);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_of_the_profile_are_answered_with_the_password() {
    let check = "[ \"$(sed -n 2p \"$1\")\" = SCRV1:cHc=:MTIzNDU2 ]";
    let Some((world, server)) = checked(check, ServerOptions::default()).await else { return };
    let static_challenge = Some("Code, or push".to_owned());
    let options = ClientOptions { static_challenge, ..Default::default() };
    let mut client = world.client(&server, options).await;
    let outcome = client.static_challenge("alice", "pw", "123456").await;
    assert!(outcome.is_connected(), "{outcome:?} {}", client.log());
    assert_eq!(client.static_question(), Some("Code, or push"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_hosts_own_passwords_are_checked_by_its_plugin_in_a_jail() {
    let Some(world) = world() else { return };
    let service = PamService::new("auth required pam_permit.so\naccount required pam_permit.so");
    let plugin = format!("/usr/lib/openvpn/openvpn-plugin-auth-pam.so {}", service.name());
    let options = ServerOptions {
        plugin: Some(plugin),
        user_nobody: true,
        chroot: true,
        ..Default::default()
    };
    let server = world.openvpn(options).await;
    connected(&world, &server, ClientOptions::default()).await;
    assert!(server.management_path().exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_come_at_once_without_devices() {
    let Some((world, server)) = checked("exit 0", ServerOptions::default()).await else { return };
    let many = (0..20).map(|number| {
        let (world, server) = (&world, &server);
        async move {
            let options = ClientOptions { without_device: true, ..Default::default() };
            let mut client = world.client(server, options).await;
            let outcome = client.sign_in(&format!("person{number}"), PASSWORD).await;
            (outcome, client)
        }
    });
    for (outcome, client) in futures_util::future::join_all(many).await {
        assert!(outcome.is_connected(), "{outcome:?}\n{}", client.log());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_signs_in_as_clients_do() {
    let check = "case $(sed -n 2p \"$1\") in\n\
        ask) printf '60\\ncrtext\\nCR_TEXT:R,E:Code, or push' >\"$auth_pending_file\"; exit 2 ;;\n\
        no) printf 'No. Sign in again.' >\"$auth_failed_reason_file\"; exit 1 ;;\n\
        *) [ \"$common_name\" = \"$username\" ] ;;\n\
        esac";
    let Some(world) = world() else { return };
    let respond = script(&world, "respond", "printf 1 >\"$auth_control_file\"");
    let lines = vec![format!("client-crresponse {respond}")];
    let server = ServerOptions { certificates: true, lines, ..Default::default() };
    let server = world.openvpn(checked_by(&world, check, server)).await;
    let crowd = Crowd::new(&world, &server);
    let many = (0..30).map(async |number| {
        let name = format!("person{number}");
        let sso = Some("crtext".to_owned());
        let options = LightOptions { certificate: Some(name.clone()), sso, protocol: None };
        let mut client = crowd.client(options).await;
        let password = ["yes", "no", "ask"][number % 3];
        let mut outcome = client.sign_in(&name, password).await;
        if password == "ask" {
            assert_eq!(outcome, Outcome::Asked { text: "Code, or push".to_owned() });
            outcome = client.answer("123456").await;
        }
        let refused = Outcome::Refused { text: "No. Sign in again.".to_owned() };
        assert_eq!(outcome == refused, password == "no", "{password}: {outcome:?}");
        if outcome.is_connected() != (password != "no") {
            eprintln!("{name} {password}: {outcome:?} {}", server.log());
            panic!()
        }
        client.leave().await;
    });
    futures_util::future::join_all(many).await;
}

/// A world, and a server in it that asks a script, or nothing where there is no OpenVPN.
async fn checked(check: &str, options: ServerOptions) -> Option<(World, OpenvpnServer)> {
    let world = world()?;
    let server = world.openvpn(checked_by(&world, check, options)).await;
    Some((world, server))
}

pub(crate) fn world() -> Option<World> {
    vpn::is_there().then(World::new)
}

async fn connected(world: &World, server: &OpenvpnServer, options: ClientOptions) -> OpenvpnClient {
    let mut client = world.client(server, options).await;
    let outcome = client.sign_in("alice", PASSWORD).await;
    assert!(outcome.is_connected(), "{outcome:?}\n{}{}", client.log(), server.log());
    client
}

pub(crate) fn checked_by(world: &World, check: &str, mut options: ServerOptions) -> ServerOptions {
    let script = script(world, "verify", check);
    options.lines.push("script-security 2".to_owned());
    options.lines.push(format!("auth-user-pass-verify {script} via-file"));
    options
}

fn script(world: &World, name: &str, text: &str) -> String {
    let path = world.directory().join(name);
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Knows one password, with everything in it that has to be escaped on the way.
const ALLOW: &str = r#"[ "$(sed -n 2p "$1")" = 'it\s "mine", {really}' ]"#;
pub(crate) const PASSWORD: &str = r#"it\s "mine", {really}"#;
