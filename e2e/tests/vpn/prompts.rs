//! Password and code by every way that a client has, on real OpenVPN.

use crate::house::{House, Plan, asked, question, refusal};
use authx_e2e::{
    PASSWORD,
    vpn::{AuthRetry, ClientOptions, Outcome},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_in_a_field_of_its_own() {
    let Some(house) = House::new(Plan::default()).await else { return };
    let alice = house.connected("alice", ClientOptions::default()).await;
    assert!(alice.reaches_the_server().await);
    house.agent.log().says(house.agent.log().start(), "method=\"scrv1\"").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_behind_the_password() {
    let Some(house) = House::new(Plan::default()).await else { return };
    for (name, comma) in [("alice", ","), ("bob", "")] {
        let person = house.person(name).await;
        let mut client = house.client(ClientOptions::default()).await;
        let outcome = client.sign_in(name, &format!("{PASSWORD}{comma}{}", person.code())).await;
        assert!(outcome.is_connected(), "{outcome:?}\n{}", house.told());
        assert!(client.reaches_the_server().await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_in_the_pending_step() {
    let Some(house) = House::new(Plan::default()).await else { return };
    let person = house.person("alice").await;
    let mut client = house.client(asked()).await;
    let question = client.sign_in("alice", PASSWORD).await;
    let Outcome::Asked { text } = &question else { panic!("{question:?}\n{}", house.told()) };
    assert!(
        text.starts_with("AuthX code, or push, recovery. For the phone the number is "),
        "{text}"
    );
    let outcome = client.answer(&person.code()).await;
    assert!(outcome.is_connected(), "{outcome:?}\n{}", house.told());
    assert!(client.reaches_the_server().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_management_socket_the_next_connection_asks_again() {
    let Some(house) = House::new(Plan::default()).await else { return };
    let person = house.person("alice").await;
    let options = ClientOptions { auth_retry: AuthRetry::Interact, ..asked() };
    let mut client = house.client(options).await;
    assert!(matches!(client.sign_in("alice", PASSWORD).await, Outcome::Asked { .. }));
    let refused = client.answer("000000").await;
    assert_eq!(refusal(&refused), "Wrong code. Sign in again with a new one.");
    let question = client.sign_in("alice", PASSWORD).await;
    assert!(matches!(question, Outcome::Asked { .. }), "{question:?}\n{}", house.told());
    assert!(client.answer(&person.code()).await.is_connected(), "{}", house.told());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_management_socket_this_one_does() {
    let Some(house) = House::new(Plan { management: true, ..Plan::default() }).await else {
        return;
    };
    let person = house.person("alice").await;
    let mut client = house.client(asked()).await;
    assert!(matches!(client.sign_in("alice", PASSWORD).await, Outcome::Asked { .. }));
    let again = client.answer("000000").await;
    let Outcome::Asked { text } = &again else { panic!("{again:?}\n{}", house.told()) };
    assert!(text.starts_with("Wrong code, 2 tries left."), "{text}");
    let outcome = client.answer(&person.code()).await;
    assert!(outcome.is_connected(), "{outcome:?}\n{}", house.told());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_that_ends_the_connection() {
    let plan = Plan { policy: "dynamic_challenge = \"on\"\n", ..Plan::default() };
    let Some(house) = House::new(plan).await else { return };
    let person = house.person("alice").await;
    let options = ClientOptions { auth_retry: AuthRetry::Interact, ..ClientOptions::default() };
    let mut client = house.client(options).await;
    let question = client.sign_in("alice", PASSWORD).await;
    assert!(matches!(question, Outcome::Asked { .. }), "{question:?}\n{}", house.told());
    let again = client.answer("000000").await;
    let Outcome::Asked { text } = &again else { panic!("{again:?}\n{}", house.told()) };
    assert!(text.starts_with("Wrong code, 2 tries left."), "{text}");
    let outcome = client.answer(&person.code()).await;
    assert!(outcome.is_connected(), "{outcome:?}\n{}", house.told());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_cannot_be_asked_is_told_what_to_do() {
    let Some(house) = House::new(Plan::default()).await else { return };
    house.person("alice").await;
    let mut client = house.client(ClientOptions::default()).await;
    let refused = client.sign_in("alice", PASSWORD).await;
    let told = "A code is needed. Connect again with your password, a comma, and the code.";
    assert_eq!(refusal(&refused), told, "{}", house.told());
    let mut client = house.client(ClientOptions::default()).await;
    let refused = client.sign_in("alice", "a wrong one").await;
    let told = "User name or password not accepted. Check both and try again.";
    assert_eq!(refusal(&refused), told);
}

/// OpenVPN looks for a verdict when its client says something, which it does every five seconds, and
/// when it is woken. Of several verdicts that fall in between, most must not have waited for that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_wake_makes_a_verdict_count_before_the_client_says_anything() {
    let Some(house) = House::new(Plan { management: true, ..Plan::default() }).await else {
        return;
    };
    let mut early = 0;
    for name in ["alice", "bob", "carol"] {
        let person = house.person(name).await;
        let mut client = house.client(asked()).await;
        question(&client.sign_in(name, PASSWORD).await);
        let mark = house.openvpn.log().mark();
        let outcome = client.answer(&person.code()).await;
        assert!(outcome.is_connected(), "{outcome:?}\n{}", house.told());
        let said = house.openvpn.log().since(mark);
        let pushed = said.find("PUSH_REPLY").expect("a tunnel");
        let asked_for = said[..pushed].matches("Received control message: 'PUSH_REQUEST'").count();
        early += usize::from(asked_for == 0);
    }
    // A verdict that falls into the second in which OpenVPN has just looked waits for the next.
    assert!(early > 0, "{}", house.told());
}
