//! The phone of a VPN user, on real OpenVPN: asked, answered in every way, and never in its way.

use crate::house::{House, Plan, asked, question, refusal};
use authx_core::wire::{
    phone::{Outcome as Ended, Request, RequestKind, RequestMatch},
    text::MatchNumber,
};
use authx_e2e::{
    Handset, PASSWORD, Person, number_in,
    vpn::{AuthRetry, ClientOptions, OpenvpnClient, Outcome},
};
use authx_phone::Answer;
use futures_util::future::join_all;
use std::time::Duration;
use tokio::time::{Instant, sleep};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn approved_with_the_number_of_the_prompt() {
    let Some(house) = house(false, "").await else { return };
    let (mut phone, _) = anna(&house).await;
    let mut client = house.client(asked()).await;
    let text = question(&client.sign_in("anna", PASSWORD).await).to_owned();
    assert!(
        text.starts_with("AuthX code, or push, recovery. For the phone the number is "),
        "{text}"
    );
    let number = number_in(&text);
    let (outcome, request) = tokio::join!(client.answer("push"), async {
        let request = phone.asked().await;
        let answered = phone.approve(&request, number).await;
        assert_eq!(answered.outcome, Ended::Approved);
        request
    });
    assert!(outcome.is_connected(), "{outcome:?}\n{}", house.told());
    assert!(client.reaches_the_server().await);
    assert_eq!(
        (request.kind, request.match_number),
        (RequestKind::Approval, RequestMatch::Required)
    );
    assert_eq!((request.application.name.as_str(), request.user.name.as_str()), ("vpn", "anna"));
    assert!(request.client.address.is_some() && request.client.program.is_some(), "{request:?}");
    assert!(phone.is_quiet().await);
    house.agent.log().says(house.agent.log().start(), "factor=\"push\"").await;
    assert!(!house.agent.log().to_string().contains(&spaced(&text)), "the number is in no log");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_number_twice_is_the_end() {
    let Some(house) = house(false, "").await else { return };
    let (mut phone, person) = anna(&house).await;
    let mut client = house.client(asked()).await;
    let number = number_in(question(&client.sign_in("anna", PASSWORD).await)).unwrap();
    let (outcome, ()) = tokio::join!(client.answer("push"), async {
        let request = phone.asked().await;
        for left in [1, 0] {
            let answered = phone.approve(&request, Some(another(&number))).await;
            assert_eq!((answered.outcome, answered.tries_left), (Ended::WrongNumber, Some(left)));
        }
    });
    assert_eq!(refusal(&outcome), "Wrong number on the phone. Sign in again and compare it.");
    // A code is as good as ever.
    let mut client = house.client(asked()).await;
    question(&client.sign_in("anna", PASSWORD).await);
    assert!(client.answer(&person.code()).await.is_connected(), "{}", house.told());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn denied_and_not_me_are_different_answers() {
    let Some(house) = house(false, "").await else { return };
    let (mut phone, person) = anna(&house).await;
    for (answer, told) in [
        (Answer::Deny, "Denied on your phone. Sign in again if you changed your mind."),
        (Answer::Fraud, "Reported as not you. Change your password and tell your administrator."),
    ] {
        let mut client = house.client(asked()).await;
        question(&client.sign_in("anna", PASSWORD).await);
        let (outcome, ()) = tokio::join!(client.answer("push"), async {
            let request = phone.asked().await;
            phone.phone.answer(&request, answer).await.unwrap();
        });
        assert_eq!(refusal(&outcome), told, "{}", house.told());
    }
    // Nobody is rung any more until an administrator has looked, and codes go on.
    let mut client = house.client(asked()).await;
    question(&client.sign_in("anna", PASSWORD).await);
    let locked = client.answer("push").await;
    let told = "Your phone cannot be asked for now. Type a code, or ask your administrator.";
    assert_eq!(refusal(&locked), told, "{}", house.told());
    assert!(phone.is_quiet().await);
    let mut client = house.client(asked()).await;
    question(&client.sign_in("anna", PASSWORD).await);
    assert!(client.answer(&person.code()).await.is_connected(), "{}", house.told());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_nobody_answers_expires_with_its_login() {
    let short = "[lifetimes]\nlogin_secs = 30\npush_secs = 30\n";
    let Some(house) = house(false, short).await else { return };
    let (mut phone, _) = anna(&house).await;
    let mut client = house.client(asked()).await;
    question(&client.sign_in("anna", PASSWORD).await);
    let began = Instant::now();
    let (outcome, request) = tokio::join!(client.answer("push"), phone.asked());
    assert_eq!(refusal(&outcome), "Nobody answered in time. Sign in again.", "{}", house.told());
    assert!(began.elapsed() > Duration::from_secs(25), "{:?}", began.elapsed());
    assert!(phone.is_quiet().await);
    let late = phone.phone.answer(&request, Answer::Approve(None)).await.unwrap_err();
    assert_eq!(late.code(), Some("not_open"), "{late}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_typed_while_the_phone_rings_counts() {
    for management in [false, true] {
        let Some(house) = house(management, "").await else { return };
        let (mut phone, person) = anna(&house).await;
        let mut client = house.client(asked()).await;
        question(&client.sign_in("anna", PASSWORD).await);
        client.answer_blindly("push").await;
        phone.asked().await;
        if management {
            let told = client.next().await;
            assert!(question(&told).contains("Anna's phone"), "{told:?}");
        }
        let outcome = client.answer(&person.code()).await;
        assert!(outcome.is_connected(), "management {management}: {outcome:?}\n{}", house.told());
        assert!(phone.is_quiet().await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn push2_asks_the_second_phone() {
    let Some(house) = house(false, "").await else { return };
    let (phone, person) = anna(&house).await;
    let mut tablet = house.handset(&person, "Anna's tablet").await;
    let mut client = house.client(asked()).await;
    let number = number_in(question(&client.sign_in("anna", PASSWORD).await));
    let (outcome, ()) = tokio::join!(client.answer("Push2"), async {
        let request = tablet.asked().await;
        assert!(phone.is_quiet().await, "the first one does not ring");
        tablet.approve(&request, number).await;
    });
    assert!(outcome.is_connected(), "{outcome:?}\n{}", house.told());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approval_after_110_seconds_still_connects() {
    join_all([false, true].map(|management| async move {
        let Some(house) = house(management, "").await else { return };
        let (mut phone, _) = anna(&house).await;
        let mut client = house.client(asked()).await;
        let number = number_in(question(&client.sign_in("anna", PASSWORD).await));
        client.answer_blindly("push").await;
        let request = phone.asked().await;
        if management {
            question(&client.next().await);
        }
        // Others are let in meanwhile, and their tunnels do not notice.
        let other = house.connected("bob", ClientOptions::default()).await;
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(110) {
            let pings = other.ping(100).await;
            assert!(pings.go_on(), "{pings:?}");
            sleep(Duration::from_secs(5)).await;
        }
        phone.approve(&request, number).await;
        let outcome = client.next().await;
        assert!(outcome.is_connected(), "management {management}: {outcome:?}\n{}", house.told());
        assert!(client.reaches_the_server().await);
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_prompt_says_what_becomes_of_the_request() {
    let Some(house) = house(true, "").await else { return };
    let (mut phone, _) = anna(&house).await;
    let mut client = house.client(asked()).await;
    let first = question(&client.sign_in("anna", PASSWORD).await).to_owned();
    client.answer_blindly("push").await;
    let request = phone.asked().await;
    let sent = question(&client.next().await).to_owned();
    assert!(sent.contains("Anna's phone") && number_in(&sent) == number_in(&first), "{sent}");
    phone.received(&request).await;
    let delivered = question(&client.next().await).to_owned();
    assert!(delivered.starts_with("Anna's phone has the request."), "{delivered}");
    assert_eq!(number_in(&delivered), number_in(&first));
    phone.received(&request).await;
    assert_eq!(client.next_within(Duration::from_secs(6)).await, Outcome::TimedOut, "no news");
    phone.approve(&request, number_in(&first)).await;
    assert!(client.next().await.is_connected(), "{}", house.told());
}

/// Where the policy lets phones approve without the number.
const AUTOMATIC: &str = "automatic_push = \"on\"\nmatch_number = \"where_shown\"\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_shows_nothing_waits_for_a_phone_that_rings_by_itself() {
    // Longer than OpenVPN's own patience only where somebody can tell it to wait.
    let pauses = [(false, 20), (true, 80)];
    join_all(pauses.map(|(management, pause)| async move {
        let Some(house) = house(management, AUTOMATIC).await else { return };
        let (mut phone, _) = anna(&house).await;
        phone.subscribe().await;
        let mut client = house.client(ClientOptions::default()).await;
        let approves = async {
            let request = phone.asked().await;
            assert_eq!(request.match_number, RequestMatch::Off);
            sleep(Duration::from_secs(pause)).await;
            phone.approve(&request, None).await;
        };
        let (outcome, ()) = tokio::join!(client.sign_in("anna", PASSWORD), approves);
        assert!(outcome.is_connected(), "management {management}: {outcome:?}\n{}", house.told());
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_management_socket_it_is_told_before_openvpn_loses_patience() {
    let Some(house) = house(false, AUTOMATIC).await else { return };
    let (mut phone, _) = anna(&house).await;
    phone.subscribe().await;
    let mut client = house.client(ClientOptions::default()).await;
    let (outcome, _) = tokio::join!(client.sign_in("anna", PASSWORD), phone.asked());
    assert_eq!(refusal(&outcome), "Nobody answered in time. Sign in again.", "{}", house.told());
    house.counts(1, "SELECT count(*) FROM login").await;
    let quiet = async {
        while !phone.is_quiet().await {
            sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), quiet).await.expect("the request is taken back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn push_in_a_field_of_its_own() {
    let Some(house) = house(false, "").await else { return };
    let (mut phone, _) = anna(&house).await;
    // One that can show the number is shown it.
    let mut client = house.client(asked()).await;
    let text = question(&client.static_challenge("anna", PASSWORD, "push").await).to_owned();
    let request = phone.asked().await;
    phone.approve(&request, number_in(&text)).await;
    let outcome = client.next().await;
    assert!(outcome.is_connected(), "{outcome:?}\n{}", house.told());
    house.agent.log().says(house.agent.log().start(), "method=\"scrv1\"").await;

    let mut client = house.client(ClientOptions::default()).await;
    let refused = client.static_challenge("anna", PASSWORD, "push").await;
    let told =
        "This client cannot show the number. Open AuthX on your phone, then type password,CODE.";
    assert_eq!(refusal(&refused), told, "{}", house.told());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_shows_a_code_for_a_client_that_shows_nothing() {
    let Some(house) = house(false, "").await else { return };
    let (mut phone, _) = anna(&house).await;
    let options = ClientOptions { auth_retry: AuthRetry::Interact, ..ClientOptions::default() };
    let mut client = house.client(options).await;
    let refused = client.sign_in("anna", PASSWORD).await;
    let told = "A code is needed. Open AuthX on your phone, then connect with password,CODE.";
    assert_eq!(refusal(&refused), told, "{}", house.told());
    let request = phone.asked().await;
    assert_eq!(request.kind, RequestKind::Code);
    let shown = phone.phone.code(&request).await.unwrap();
    let outcome = client.sign_in("anna", &format!("{PASSWORD},{}", shown.code)).await;
    assert!(outcome.is_connected(), "{outcome:?}\n{}", house.told());
    let mut client = house.client(ClientOptions::default()).await;
    let again = client.sign_in("anna", &format!("{PASSWORD},{}", shown.code)).await;
    assert!(matches!(again, Outcome::Refused { .. }), "a code counts once: {again:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_that_ends_the_connection_carries_the_number() {
    let Some(house) = house(true, "dynamic_challenge = \"on\"\n").await else { return };
    let (mut phone, _) = anna(&house).await;
    let options = ClientOptions { auth_retry: AuthRetry::Interact, ..ClientOptions::default() };
    let mut client = house.client(options).await;
    let number = number_in(question(&client.sign_in("anna", PASSWORD).await));
    assert!(number.is_some());
    let (outcome, ()) = tokio::join!(client.answer("push"), async {
        let request = phone.asked().await;
        sleep(Duration::from_secs(65)).await;
        phone.approve(&request, number).await;
    });
    assert!(outcome.is_connected(), "{outcome:?}\n{}\n{}", house.told(), client.log());
}

/// A client that gives up and comes back has its request taken over, under a new number.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_comes_back_joins_its_request() {
    let Some(house) = house(true, "").await else { return };
    let (mut phone, _) = anna(&house).await;
    let (mut earlier, _, first) = waiting(&house, &mut phone).await;
    earlier.kill().await;
    let (mut client, number, second) = waiting(&house, &mut phone).await;
    assert_eq!(second.replaces, Some(first.id));
    house.agent.log().says(house.agent.log().start(), "outcome=\"superseded\"").await;
    // Long enough for all that the end of the earlier one brings with it.
    sleep(Duration::from_secs(3)).await;
    phone.approve(&second, number).await;
    let mut outcome = client.next().await;
    while matches!(outcome, Outcome::Asked { .. }) {
        outcome = client.next().await;
    }
    assert!(outcome.is_connected(), "{outcome:?}\n{}", house.told());
}

/// Prints what an approval takes, so that a run of the tests says what to expect.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_approval_to_tunnel() {
    let mut middle = vec![];
    for management in [false, true] {
        let Some(house) = house(management, "").await else { return };
        let mut took = vec![];
        for number in 0..5 {
            let person = house.person(&format!("anna{number}")).await;
            let mut phone = house.handset(&person, "Anna's phone").await;
            let mut client = house.client(asked()).await;
            let number = number_in(question(&client.sign_in(&person.name, PASSWORD).await));
            client.answer_blindly("push").await;
            let request = phone.asked().await;
            sleep(Duration::from_millis(2_500)).await;
            let approved = Instant::now();
            phone.approve(&request, number).await;
            while let Outcome::Asked { .. } = client.next().await {}
            took.push(approved.elapsed());
            assert!(client.reaches_the_server().await, "{}", house.told());
        }
        took.sort();
        eprintln!("from approval to tunnel, management socket {management}: {took:?}");
        middle.push(took[took.len() / 2]);
    }
    assert!(middle[1] < middle[0].max(Duration::from_millis(1_500)), "{middle:?}");
}

async fn house(management: bool, policy: &'static str) -> Option<House> {
    House::new(Plan { management, policy, phones: true, ..Plan::default() }).await
}

/// Somebody with a phone.
async fn anna(house: &House) -> (Handset, Person) {
    let person = house.person("anna").await;
    (house.handset(&person, "Anna's phone").await, person)
}

/// Somebody whose phone rings.
async fn waiting(
    house: &House,
    phone: &mut Handset,
) -> (OpenvpnClient, Option<MatchNumber>, Request) {
    let mut client = house.client(asked()).await;
    let number = number_in(question(&client.sign_in("anna", PASSWORD).await));
    client.answer_blindly("push").await;
    (client, number, phone.asked().await)
}

fn another(number: &MatchNumber) -> MatchNumber {
    let other = if number.as_str() == "111111" { "222222" } else { "111111" };
    MatchNumber::try_from(other.to_owned()).unwrap()
}

/// The number as it is shown.
fn spaced(text: &str) -> String {
    let number = number_in(text).unwrap();
    let (first, second) = number.as_str().split_at(3);
    format!("{first} {second}")
}
