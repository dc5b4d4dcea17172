//! What an operator does beside a running server, with the program's own commands.

use authx_e2e::{Call, Engine, Installation, PASSWORD, Server, typed};
use std::{fs, process::Output};

authx_e2e::on_both_engines! {
    what_an_operator_changes_counts_at_the_very_next_request
    a_support_code_finds_its_entries
}

fn done(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

async fn what_an_operator_changes_counts_at_the_very_next_request(engine: Engine) {
    let installation = Installation::new(engine).await;
    let alice = installation.person("alice").await;
    let server = Server::start(installation.config()).await;
    let client = server.client(&installation.vpn);
    let first = client.login(&typed("alice", PASSWORD, Some(&alice.code()))).await;
    assert_eq!(first.outcome(), "allowed");
    let mut silent = typed("alice", PASSWORD, None);
    silent["session"] = first.json["session"]["id"].clone();
    assert_eq!(client.login(&silent).await.outcome(), "allowed", "remembered");

    done(&installation.run(&["user", "disable", "alice"]));
    assert_eq!(client.login(&silent).await.outcome(), "refused:wrong_credentials");
    done(&installation.run(&["user", "enable", "alice"]));
    assert_eq!(client.login(&silent).await.outcome(), "awaiting_input", "the session is over");

    let policy = installation.directory().join("policy.toml");
    fs::write(&policy, "second_factor = \"off\"\n").unwrap();
    done(&installation.run(&["policy", "set", policy.to_str().unwrap()]));
    assert_eq!(client.login(&typed("alice", PASSWORD, None)).await.outcome(), "allowed");

    let check = Call::get("/api/v1/check");
    assert_eq!(client.send(&check).await.expect("an answer").status, 200);
    done(&installation.run(&["application", "key", "revoke", "vpn", "first"]));
    let revoked = client.send(&check).await.expect("an answer");
    assert_eq!((revoked.status, revoked.signed), (401, false));
    let refused = client.login(&typed("alice", PASSWORD, None)).await;
    assert_eq!((refused.status, refused.outcome().as_str()), (401, "signature"));
    server.stop().await;
}

async fn a_support_code_finds_its_entries(engine: Engine) {
    let installation = Installation::new(engine).await;
    installation.person("alice").await;
    let server = Server::start(installation.config()).await;
    let client = server.client(&installation.vpn);
    let mut body = typed("alice", "mistyped", None);
    body["support_code"] = "K7QF2M".into();
    assert_eq!(client.login(&body).await.outcome(), "refused:wrong_credentials");
    let found = installation.run(&["log", "--code", "k7qf2m", "--json"]);
    done(&found);
    let found = String::from_utf8(found.stdout).unwrap();
    assert!(found.contains("wrong_password") && found.contains("K7QF2M"), "{found}");
    assert_eq!(found.lines().count(), 1, "{found}");
    server.stop().await;
}
