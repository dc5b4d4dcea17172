//! Answers that come together, too often, or are none.

use crate::house::{House, Plan, asked, question, refusal};
use authx_e2e::{
    PASSWORD,
    vpn::{AuthRetry, ClientOptions, LightOptions, Outcome},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_answers_at_once_the_first_decides() {
    let Some(house) = House::new(Plan::default()).await else { return };
    for (name, right_first) in [("alice", true), ("bob", false)] {
        let person = house.person(name).await;
        let mut client = house.client(asked()).await;
        question(&client.sign_in(name, PASSWORD).await);
        let mark = house.agent.log().mark();
        let (right, wrong) = (person.code(), "000000".to_owned());
        let (first, second) = if right_first { (right, wrong) } else { (wrong, right) };
        client.answer_blindly(&first).await;
        client.answer_blindly(&second).await;
        let outcome = client.next().await;
        assert_eq!(outcome.is_connected(), right_first, "{outcome:?}\n{}", house.told());
        if !right_first {
            assert_eq!(refusal(&outcome), "Wrong code. Sign in again with a new one.");
        }
        drop(client);
        let said = house.agent.log().since(mark);
        assert_eq!(said.matches("outcome=").count(), 1, "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_answer_changes_nothing() {
    let Some(house) = House::new(Plan::default()).await else { return };
    let alice = house.person("alice").await;
    let mut client = house.client(asked()).await;
    question(&client.sign_in("alice", PASSWORD).await);
    let long = "QUFB".repeat(200);
    for raw in ["hello world", "=", "%00", "/w==", "AA==", "QQ", "CR_RESPONSE,QQ==", &long[..797]] {
        client.say(&format!("cr-response {raw:?}")).await;
    }
    let outcome = client.answer(&alice.code()).await;
    assert!(outcome.is_connected(), "{outcome:?}\n{}", house.told());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_without_end_is_refused_as_one() {
    let Some(house) = House::new(Plan::default()).await else { return };
    house.person("alice").await;
    let crowd = house.crowd();
    for (answer, told) in [
        ("7".repeat(700), "Answer not understood. Sign in again and type the code."),
        ("\n\r\t\u{1b}[2J".to_owned(), "Answer not understood. Sign in again and type the code."),
        (String::new(), "Answer not understood. Sign in again and type the code."),
    ] {
        let sso = Some("crtext".to_owned());
        let mut client = crowd.client(LightOptions { sso, ..Default::default() }).await;
        question(&client.sign_in("alice", PASSWORD).await);
        let outcome = client.answer(&answer).await;
        assert_eq!(refusal(&outcome), told, "{}", house.told());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_only_looks_like_a_challenge_is_a_password() {
    let plan = Plan { policy: "dynamic_challenge = \"on\"\n", ..Plan::default() };
    let Some(house) = House::new(plan).await else { return };
    let alice = house.person("alice").await;
    let long = "A".repeat(1_400);
    let fields = [
        "SCRV1:".to_owned(),
        "SCRV1:::".to_owned(),
        "SCRV1:%%%:QQ==".to_owned(),
        format!("SCRV1:{long}:QQ=="),
        format!("SCRV1:/w==:{long}"),
        "CRV1::".to_owned(),
        "CRV1::::".to_owned(),
        "CRV1::log_01k9zc3r5y7w2g8j4s6p0f3a1c.99999999999.x::1".to_owned(),
        format!("CRV1::{long}::123456"),
        "SESS_ID_AT_".to_owned(),
        format!("SESS_ID_AT_{long}"),
    ];
    let crowd = house.crowd();
    for field in &fields {
        let mut client = crowd.client(LightOptions::default()).await;
        let refused = client.sign_in("alice", field).await;
        assert!(matches!(refused, Outcome::Refused { .. }), "{field}: {refused:?}");
    }
    // One that has the form, and stands for nothing.
    let mut client = crowd.client(LightOptions::default()).await;
    let field = "CRV1::log_01k9zc3r5y7w2g8j4s6p0f3a1c.1.bm90aGluZw::123456";
    let refused = client.sign_in("alice", field).await;
    assert_eq!(refusal(&refused), "The question is no longer open. Sign in again.");

    let options = ClientOptions { auth_retry: AuthRetry::Interact, ..Default::default() };
    let mut client = house.client(options).await;
    question(&client.sign_in("alice", PASSWORD).await);
    let outcome = client.answer(&alice.code()).await;
    assert!(outcome.is_connected(), "{outcome:?}\n{}", house.told());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_openvpn_would_refuse_afterwards_is_refused_before() {
    let Some(house) = House::new(Plan::default()).await else { return };
    let crowd = house.crowd();
    let password = format!("{PASSWORD},123456");
    let mut client = crowd.client(LightOptions::default()).await;
    let refused = client.sign_in(&"n".repeat(65), &password).await;
    let told = "User name too long. Ask your administrator for a shorter one.";
    assert_eq!(refusal(&refused), told, "{}", house.told());
    assert_eq!(house.installation.count("SELECT count(*) FROM login").await, 0);

    let told = "User name or password not accepted. Check both and try again.";
    for name in ["al\nice", "al\u{7f}ice", "\u{1b}[2Jalice", " ", "al\u{202e}ice", "💣💣"] {
        let mut client = crowd.client(LightOptions::default()).await;
        let refused = client.sign_in(name, &password).await;
        assert_eq!(refusal(&refused), told, "{name:?}\n{}", house.told());
    }
    let log = house.agent.log().to_string();
    assert!(!log.contains(['\u{1b}', '\u{7f}', '\u{202e}']), "{log}");
    house.connected(&"n".repeat(64), ClientOptions::default()).await;
}
