use authx_core::LoginId;
use authx_e2e::{Call, Client, Engine, Installation, PASSWORD, Person, Server, new_id, typed};
use reqwest::Method;
use serde_json::json;
use std::time::Duration;
use tokio::time::{Instant, sleep};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_at_one_node_ends_the_wait_at_another() {
    if !Engine::Postgres.is_there() {
        return;
    }
    let installation = Installation::new(Engine::Postgres).await;
    let mut people = vec![];
    for name in ["first", "second", "third"] {
        people.push(installation.person(name).await);
    }
    let config = installation.config();
    let (a, b) = (Server::start(config).await, Server::start(config).await);
    let [at_a, at_b] = [&a, &b].map(|node| node.client(&installation.vpn));
    for person in &people[..2] {
        let (id, wait) = waiting(&at_a, person).await;
        let answered = answer(&at_b, id, person).await;
        let (outcome, woken) = wait.await.unwrap();
        assert_eq!(outcome, "allowed");
        let late = woken.saturating_duration_since(answered);
        assert!(late < Duration::from_millis(500), "{late:?} after the answer");
    }

    // Deaf for a moment, and right in it comes the answer.
    let person = &people[2];
    let (id, wait) = waiting(&at_a, person).await;
    let deafened = installation.count(DEAFEN).await;
    assert_eq!(deafened, 2, "connections that listen");
    let answered = answer(&at_b, id, person).await;
    let (outcome, woken) = wait.await.unwrap();
    assert_eq!(outcome, "allowed");
    let late = woken.saturating_duration_since(answered);
    assert!(late < Duration::from_secs(5), "{late:?} after the answer");
    a.stop().await;
    b.stop().await;
}

/// A login that is waited for, and its outcome with the time of it.
async fn waiting(
    at: &Client,
    person: &Person,
) -> (LoginId, tokio::task::JoinHandle<(String, Instant)>) {
    let id = new_id();
    let begun = at.begin(id, &typed(&person.name, PASSWORD, None)).await.unwrap();
    assert_eq!(begun.outcome(), "awaiting_input");
    let at = at.clone();
    let wait = tokio::spawn(async move {
        let poll = Call::get(format!("/api/v1/logins/{id}?after=1&wait=45"));
        let reply = at.send(&poll).await.unwrap();
        (reply.outcome(), Instant::now())
    });
    // Until it waits.
    sleep(Duration::from_millis(300)).await;
    (id, wait)
}

async fn answer(at: &Client, id: LoginId, person: &Person) -> Instant {
    let body = json!({ "seq": 1, "text": person.code() }).to_string();
    let target = format!("/api/v1/logins/{id}/answers");
    let reply = at.send(&Call { method: Method::POST, target, body }).await.unwrap();
    assert_eq!(reply.outcome(), "allowed");
    Instant::now()
}

/// Ends the connections on which nodes listen to each other.
const DEAFEN: &str = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'authx_wake'";
