//! What is typed stays out of the agent's log, however much it logs.

use crate::house::{House, Plan, asked, question};
use authx_e2e::{
    PASSWORD,
    vpn::{ClientOptions, ServerOptions},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_typed_is_in_no_log_at_any_level() {
    let lines = vec!["auth-gen-token 43200 3600 external-auth".to_owned()];
    let openvpn = ServerOptions { lines, ..ServerOptions::default() };
    let plan =
        Plan { dead_url: true, logs_all: true, management: true, openvpn, ..Plan::default() };
    let Some(house) = House::new(plan).await else { return };

    let alice = house.person("alice").await;
    let appended = alice.code();
    let mut client = house.client(ClientOptions::default()).await;
    let outcome = client.sign_in("alice", &format!("{PASSWORD},{appended}")).await;
    assert!(outcome.is_connected(), "{outcome:?}\n{}", house.told());

    let bob = house.person("bob").await;
    let options = ClientOptions { renegotiates: true, ..asked() };
    let mut client = house.client(options).await;
    question(&client.sign_in("bob", PASSWORD).await);
    let answered = bob.code();
    let outcome = client.answer(&answered).await;
    assert!(outcome.is_connected(), "{outcome:?}\n{}", house.told());
    let mark = house.agent.log().mark();
    client.renegotiate().await;
    house.agent.log().says(mark, "method=\"token\"").await;

    let said = house.agent.log().since(house.agent.log().start());
    assert!(said.contains("TRACE"), "{said}");
    // Times have six digits, too: a code would stand in a text or behind a comma.
    let typed = [&appended, &answered].map(|code| [format!("\"{code}"), format!(",{code}")]);
    let encoded = [PASSWORD, &appended, &answered].map(|text| STANDARD.encode(text));
    let encoded = encoded.iter().map(|text| text.trim_end_matches('='));
    let typed = typed.as_flattened().iter().map(String::as_str).chain(encoded);
    for secret in typed.chain([PASSWORD, "SESS_ID_AT_"]) {
        let line = said.lines().find(|line| line.contains(secret));
        assert!(line.is_none(), "{secret}: {line:?}");
    }
}
