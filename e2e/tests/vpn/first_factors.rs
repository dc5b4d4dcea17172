//! What may stand before the code: AuthX's own password, the client certificate, the host's PAM.

use crate::house::{House, Plan, refusal};
use authx_e2e::{
    PASSWORD,
    vpn::{ClientOptions, PamService, ServerOptions},
};
use std::{fs, os::unix::fs::PermissionsExt as _};

fn by_certificate(policy: &'static str) -> Plan {
    Plan {
        policy,
        login: vec!["first_factor = \"certificate\"".to_owned()],
        openvpn: ServerOptions { certificates: true, ..ServerOptions::default() },
        ..Plan::default()
    }
}

fn of(name: &str) -> ClientOptions {
    ClientOptions { certificate: Some(name.to_owned()), ..ClientOptions::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_and_a_code_are_decided_inside_the_call() {
    let Some(house) = House::new(by_certificate("first_factors = [\"certificate\"]\n")).await
    else {
        return;
    };
    let alice = house.person("alice").await;
    let mut client = house.client(of("alice")).await;
    let outcome = client.sign_in("alice", &alice.code()).await;
    assert!(outcome.is_connected(), "{outcome:?}\n{}", house.told());
    assert!(client.reaches_the_server().await);

    // Whoever holds alice's certificate is not bob, whatever bob's code says.
    let bob = house.person("bob").await;
    let mut client = house.client(of("alice")).await;
    let refused = client.sign_in("bob", &bob.code()).await;
    assert_eq!(refusal(&refused), "Sign-in is not permitted. Ask your administrator.");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_beside_a_password_is_the_users_unless_the_policy_lets_it_be() {
    let openvpn = || ServerOptions { certificates: true, ..ServerOptions::default() };
    let Some(house) = House::new(Plan { openvpn: openvpn(), ..Plan::default() }).await else {
        return;
    };
    let alice = house.person("alice").await;
    let mut client = house.client(of("router-7")).await;
    let refused = client.static_challenge("alice", PASSWORD, &alice.code()).await;
    assert_eq!(refusal(&refused), "Sign-in is not permitted. Ask your administrator.");
    let added = house.installation.run(&["user", "alias", "add", "alice", "router-7"]);
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    let mut client = house.client(of("router-7")).await;
    let outcome = client.static_challenge("alice", PASSWORD, &alice.code()).await;
    assert!(outcome.is_connected(), "{outcome:?}\n{}", house.told());

    let policy = "certificate_name = \"free\"\n";
    let plan = Plan { openvpn: openvpn(), policy, ..Plan::default() };
    let Some(house) = House::new(plan).await else { return };
    let alice = house.person("alice").await;
    let mut client = house.client(of("router-7")).await;
    let outcome = client.static_challenge("alice", PASSWORD, &alice.code()).await;
    assert!(outcome.is_connected(), "{outcome:?}\n{}", house.told());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_hosts_own_password() {
    let directory = tempfile::tempdir().unwrap();
    let check = directory.path().join("check");
    let script =
        "#!/bin/sh\n[ \"$PAM_USER\" = alice ] && [ \"$(tr -d '\\0')\" = 'host, password' ]\n";
    fs::write(&check, script).unwrap();
    fs::set_permissions(&check, fs::Permissions::from_mode(0o755)).unwrap();
    let exec = format!(
        "auth [success=1 default=ignore] pam_exec.so expose_authtok quiet {}",
        check.display()
    );
    let service = PamService::new(&format!(
        "{exec}\nauth requisite pam_deny.so\nauth required pam_permit.so\naccount required pam_permit.so"
    ));
    let plan = Plan {
        policy: "first_factors = [\"pam\"]\n",
        login: vec!["first_factor = \"pam\"".to_owned()],
        pam: vec![format!("service = \"{}\"", service.name())],
        ..Plan::default()
    };
    let Some(house) = House::new(plan).await else { return };
    let alice = house.person("alice").await;
    let mut client = house.client(ClientOptions::default()).await;
    let refused = client.static_challenge("alice", "another", &alice.code()).await;
    let told = "User name or password not accepted. Check both and try again.";
    assert_eq!(refusal(&refused), told, "{}", house.told());
    let mut client = house.client(ClientOptions::default()).await;
    let outcome = client.sign_in("alice", &format!("host, password,{}", alice.code())).await;
    assert!(outcome.is_connected(), "{outcome:?}\n{}", house.told());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kind_that_the_policy_does_not_name_lets_nobody_in() {
    let Some(house) = House::new(by_certificate("")).await else { return };
    let alice = house.person("alice").await;
    let mut client = house.client(of("alice")).await;
    let refused = client.sign_in("alice", &alice.code()).await;
    assert_eq!(refusal(&refused), "Sign-in is not permitted. Ask your administrator.");
    assert!(house.agent.log().contains("does not allow the first factor"), "{}", house.told());
}
