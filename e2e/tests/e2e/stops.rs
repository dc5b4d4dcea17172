use authx_e2e::{Call, Engine, Installation, PASSWORD, Server, new_id, typed};
use futures_util::future::join_all;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

authx_e2e::on_both_engines! { a_server_that_stops_answers_open_polls_and_the_next_one_goes_on }

async fn a_server_that_stops_answers_open_polls_and_the_next_one_goes_on(engine: Engine) {
    let installation = Installation::new(engine).await;
    let alice = installation.person("alice").await;
    let mut server = Server::start(installation.config()).await;
    let client = server.client(&installation.vpn);
    let id = new_id();
    let open = client.begin(id, &typed("alice", PASSWORD, None)).await.expect("an answer");
    assert_eq!(open.outcome(), "awaiting_input");

    let poll = Call::get(format!("/api/v1/logins/{id}?after=1&wait=45"));
    let polls = async { join_all((0..20).map(|_| client.send(&poll))).await };
    let stop = async {
        sleep(Duration::from_millis(300)).await;
        server.terminate();
        let began = Instant::now();
        assert!(server.ended().await.success());
        began.elapsed()
    };
    let (polled, took) = tokio::join!(polls, stop);
    for reply in polled {
        let reply = reply.expect("an answer, not a broken connection");
        assert!(reply.signed);
        assert_eq!(reply.without_seal(), open.without_seal());
    }
    assert!(took < Duration::from_secs(10), "{took:?}");
    let unsealed = "SELECT COUNT(*) FROM event WHERE seq > (SELECT MAX(upto) FROM seal)";
    // On PostgreSQL the last seal waits for other databases' transactions, here other tests'.
    if engine == Engine::Sqlite {
        assert_eq!(installation.count(unsealed).await, 0, "the last seal is set");
    }

    let server = Server::start(installation.config()).await;
    let client = server.client(&installation.vpn);
    let answer = Call {
        method: "POST".parse().unwrap(),
        target: format!("/api/v1/logins/{id}/answers"),
        body: serde_json::json!({ "seq": 1, "text": alice.code() }).to_string(),
    };
    assert_eq!(client.send(&answer).await.expect("an answer").outcome(), "allowed");
    let sealed = async {
        while installation.count(unsealed).await > 0 {
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(Duration::from_secs(30), sealed).await.expect("the next server seals what is left");
    server.stop().await;
}
