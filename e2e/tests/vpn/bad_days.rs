//! Who stays out, what is said then, and what AuthX's absence looks like.

use crate::house::{House, Plan, asked, refusal};
use authx_e2e::{
    PASSWORD, Server,
    vpn::{ClientOptions, LightOptions, Outcome},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_counts_once() {
    let Some(house) = House::new(Plan::default()).await else { return };
    let alice = house.person("alice").await;
    let code = alice.code();
    let mut client = house.client(ClientOptions::default()).await;
    let outcome = client.static_challenge("alice", PASSWORD, &code).await;
    assert!(outcome.is_connected(), "{outcome:?}\n{}", house.told());
    let told = "This code was used already. Wait for the next one.";
    let mut client = house.client(ClientOptions::default()).await;
    let refused = client.sign_in("alice", &format!("{PASSWORD},{code}")).await;
    assert_eq!(refusal(&refused), told, "{}", house.told());
    let mut client = house.client(asked()).await;
    assert!(matches!(client.sign_in("alice", PASSWORD).await, Outcome::Asked { .. }));
    assert_eq!(refusal(&client.answer(&code).await), told, "{}", house.told());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_disabled_stays_out() {
    let Some(house) = House::new(Plan::default()).await else { return };
    let alice = house.person("alice").await;
    assert!(house.installation.run(&["user", "disable", "alice"]).status.success());
    let mut client = house.client(ClientOptions::default()).await;
    let refused = client.static_challenge("alice", PASSWORD, &alice.code()).await;
    assert_eq!(refusal(&refused), "User name or password not accepted. Check both and try again.");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn authx_away_is_said_under_a_code_that_the_log_knows() {
    let Some(mut house) = House::new(Plan::default()).await else { return };
    let crowd = house.crowd();
    house.authx.stop().await;
    for (protocol, passing) in [(None, true), (Some(0x3de & !TEMPORARY_FAILURE), false)] {
        let mut client = crowd.client(LightOptions { protocol, ..Default::default() }).await;
        let refused = client.sign_in("alice", &format!("{PASSWORD},123456")).await;
        let Outcome::Refused { text } = &refused else { panic!("{refused:?}") };
        let temporary = text.strip_prefix("TEMP[backoff 10]:");
        assert_eq!(temporary.is_some(), passing, "{text}");
        let (plain, code) = temporary.unwrap_or(text).split_once(" [").unwrap();
        assert_eq!(plain, "Sign-in is not possible right now. Try again in a minute.");
        let code = format!("code=\"{}\"", code.trim_end_matches(']'));
        let logged = house.agent.log().says(house.agent.log().start(), &code).await;
        assert!(logged.contains("outcome=\"authx_unreachable\""), "{logged}");
    }
    house.authx = Server::start(house.installation.config()).await;
    house.connected("alice", ClientOptions::default()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_application_url_is_passed_over() {
    let Some(house) = House::new(Plan { dead_url: true, ..Plan::default() }).await else { return };
    let alice = house.connected("alice", ClientOptions::default()).await;
    assert!(alice.reaches_the_server().await);
}

/// Bit 8 of `IV_PROTO`.
const TEMPORARY_FAILURE: u32 = 0x100;
