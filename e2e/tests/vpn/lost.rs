//! Clients, and servers, that go away in the middle of a sign-in.

use crate::house::{House, Plan, asked, question};
use authx_e2e::{
    PASSWORD,
    vpn::{AuthRetry, ClientOptions, LightOptions},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_says_goodbye_after_the_question_leaves_nothing_open() {
    let Some(house) = House::new(Plan::default()).await else { return };
    house.person("alice").await;
    let sso = Some("crtext".to_owned());
    let mut client = house.crowd().client(LightOptions { sso, ..Default::default() }).await;
    question(&client.sign_in("alice", PASSWORD).await);
    house.counts(1, OPEN).await;
    let mark = house.agent.log().mark();
    client.leave().await;
    house.agent.log().says(mark, "outcome=\"client_gone\"").await;
    house.counts(0, OPEN).await;
    house.counts(1, CANCELLED).await;
    assert!(house.openvpn.open_files().is_empty());
}

/// OpenVPN 2.6 tells its server nothing when it ends before its tunnel stands.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_goes_without_a_word_is_waited_for_as_long_as_the_question_stands() {
    let login = vec!["pending_secs = 30".to_owned()];
    let Some(house) = House::new(Plan { login, ..Plan::default() }).await else { return };
    for name in ["alice", "bob"] {
        house.person(name).await;
    }
    let mark = house.agent.log().mark();
    let mut stopped = house.client(asked()).await;
    question(&stopped.sign_in("alice", PASSWORD).await);
    let mut killed = house.client(asked()).await;
    question(&killed.sign_in("bob", PASSWORD).await);
    house.counts(2, OPEN).await;
    tokio::join!(stopped.leave(), killed.kill());
    house.agent.log().says(mark, "user=\"bob\"").await;
    let said = house.agent.log().since(mark);
    assert_eq!(said.matches("outcome=\"timed_out\"").count(), 2, "{said}");
    house.counts(2, CANCELLED).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_openvpn_that_ends_in_the_middle_ends_its_sign_ins() {
    let Some(mut house) = House::new(Plan::default()).await else { return };
    let alice = house.person("alice").await;
    let options = ClientOptions { auth_retry: AuthRetry::Interact, ..asked() };
    let mut client = house.client(options).await;
    question(&client.sign_in("alice", PASSWORD).await);
    let mark = house.agent.log().mark();
    house.openvpn.kill().await;
    house.agent.log().says(mark, "outcome=\"client_gone\"").await;
    house.counts(0, OPEN).await;
    house.counts(1, CANCELLED).await;
    house.openvpn.start_again().await;
    client.say("signal SIGUSR1").await;
    question(&client.next().await);

    let mark = house.agent.log().mark();
    house.openvpn.stop().await;
    house.agent.log().says(mark, "outcome=\"client_gone\"").await;
    house.counts(2, CANCELLED).await;
    house.openvpn.start_again().await;
    client.say("signal SIGUSR1").await;
    question(&client.next().await);
    let outcome = client.answer(&alice.code()).await;
    assert!(outcome.is_connected(), "{outcome:?}\n{}", house.told());
}

const CANCELLED: &str = "SELECT count(*) FROM login WHERE state LIKE '%cancelled%'";
const OPEN: &str = "SELECT count(*) FROM login WHERE final = 0";
