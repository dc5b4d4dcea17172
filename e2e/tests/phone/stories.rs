//! What users live through, from the invitation on, with a real `openvpn` at the other end.

use crate::house::{House, Vpn};
use authx_e2e::{
    PASSWORD,
    browser::{Answer, Phone, role, text},
    vpn::Outcome,
};
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_the_invitation_to_a_tunnel() {
    let Some(house) = House::new("from_the_invitation", "").await else { return };
    house.newcomer("alice").await;
    let invitation = house.invite("alice");
    let phone = house.phone("phone").await;
    let browser = phone.browser();

    phone.open_link(&invitation.link).await;
    browser.wait(&role("heading", "Add Example to this phone")).await;
    browser.shot("invitation").await;
    assert_eq!(browser.installability().await, json!([]));
    browser.install().await;
    let weight = browser.weight().await;
    assert!(weight < 300_000, "the first load has {weight} bytes");

    let shown = phone.begin(PASSWORD, "Alice's phone").await;
    browser.shot("four-words").await;
    let pending = house.phones("alice");
    assert_eq!(json!(shown.words), pending[0]["words"]);
    assert_eq!(pending[0]["state"], "pending");
    phone.finish().await;
    browser.shot("codes").await;
    assert_eq!(house.phones("alice")[0]["state"], "active");

    let Some(vpn) = house.vpn().await else { return };
    // A code of the phone; the first one went into the proof that the phone can.
    let mut prompt = vpn.prompt("alice").await;
    let code = phone.next_code().await;
    let (outcome, _) = prompt.settle(&code).await;
    assert!(outcome.is_connected(), "{outcome:?}");

    // A push, with the number.
    let mut prompt = vpn.prompt("alice").await;
    assert!(prompt.text.contains("push"), "{}", prompt.text);
    let number = prompt.number.clone();
    let approve = async {
        phone.wait_request("vpn").await;
        browser.shot("request").await;
        phone.answer(&Answer::Approve { number: Some(&number) }).await;
        browser.wait(&role("heading", "Approved")).await;
        browser.shot("approved").await;
        phone.ended("Approved").await;
    };
    let ((outcome, shown), ()) = tokio::join!(prompt.settle("push"), approve);
    assert!(outcome.is_connected(), "{outcome:?} {shown:?}");
    assert!(prompt.client.reaches_the_server().await);
    let (fine, said) = house.installation.verify(&[]);
    assert!(fine, "{said}");
    browser.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_else_can_be_answered() {
    let policy = "[lifetimes]\nlogin_secs = 60\npush_secs = 60\n";
    let Some(house) = House::new("what_else_can_be_answered", policy).await else { return };
    let phone = house.enrolled("alice", "Alice's phone").await;
    let browser = phone.browser();
    let Some(vpn) = house.vpn().await else { return };

    wrong_numbers(&vpn, &phone).await;

    // A change of mind.
    let mut prompt = vpn.prompt("alice").await;
    let answers = async {
        phone.wait_request("vpn").await;
        phone.answer(&Answer::Deny).await;
        phone.ended("Sign-in ended").await;
    };
    let ((outcome, _), ()) = tokio::join!(prompt.settle("push"), answers);
    refused(&outcome);

    // Nobody answers.
    let mut prompt = vpn.prompt("alice").await;
    let waits = async {
        phone.wait_request("vpn").await;
        browser.wait_within(&text("This request has expired"), 120).await;
        browser.shot("expired").await;
        browser.click(&role("button", "Done")).await;
    };
    let ((outcome, _), ()) = tokio::join!(prompt.settle("push"), waits);
    refused(&outcome);

    // Somebody else is signing in.
    let mut prompt = vpn.prompt("alice").await;
    let answers = async {
        phone.wait_request("vpn").await;
        browser.click(&role("button", "Not me").exactly()).await;
        browser.wait(&role("heading", "Who is signing in?")).await;
        browser.shot("not-me").await;
        browser.click(&role("button", "Not me: stop and report it")).await;
        browser.wait(&role("heading", "Stopped and reported")).await;
        browser.shot("reported").await;
        phone.ended("Stopped and reported").await;
    };
    let ((outcome, _), ()) = tokio::join!(prompt.settle("push"), answers);
    refused(&outcome);

    phone.go("History").await;
    for line in ["Not me, reported", "Expired, not answered", "Changed my mind", "Wrong number"] {
        browser.wait(&text(line)).await;
    }
    browser.shot("history").await;
    browser.is_clean().await;
}

/// Once, with a second try that is right; and twice.
async fn wrong_numbers(vpn: &Vpn, phone: &Phone) {
    let browser = phone.browser();
    // The wrong number, once; the second try is right.
    let mut prompt = vpn.prompt("alice").await;
    let number = prompt.number.clone();
    let answers = async {
        phone.wait_request("vpn").await;
        phone.answer(&Answer::Approve { number: Some(&other(&number)) }).await;
        browser.wait(&text("Not the number at the prompt. One try left.")).await;
        browser.shot("wrong-number").await;
        phone.answer(&Answer::Approve { number: Some(&number) }).await;
        phone.ended("Approved").await;
    };
    let ((outcome, _), ()) = tokio::join!(prompt.settle("push"), answers);
    assert!(outcome.is_connected(), "{outcome:?}");

    // Twice the wrong number.
    let mut prompt = vpn.prompt("alice").await;
    let wrong = other(&prompt.number);
    let answers = async {
        phone.wait_request("vpn").await;
        phone.answer(&Answer::Approve { number: Some(&wrong) }).await;
        browser.wait(&text("One try left.")).await;
        phone.answer(&Answer::Approve { number: Some(&wrong) }).await;
        phone.ended("Sign-in ended: wrong number").await;
    };
    let ((outcome, _), ()) = tokio::join!(prompt.settle("push"), answers);
    refused(&outcome);
}

fn other(number: &str) -> String {
    let digits = number.chars().map(|digit| if digit == '7' { '3' } else { '7' });
    digits.collect()
}

fn refused(outcome: &Outcome) {
    assert!(matches!(outcome, Outcome::Refused { .. }), "{outcome:?}");
}
