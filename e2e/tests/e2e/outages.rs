use authx_e2e::{Cluster, Engine, Installation, Server, new_id, proved};
use std::time::Duration;
use tokio::time::{sleep, timeout};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logins_go_on_when_postgresql_comes_back() {
    if !Engine::Postgres.is_there() {
        return;
    }
    let cluster = tokio::task::spawn_blocking(Cluster::start).await.unwrap();
    let installation = Installation::on_postgres(cluster.url()).await;
    let people = installation.people("person", 4).await;
    let server = Server::start(installation.config()).await;
    let client = server.client(&installation.vpn);
    let body = |person: usize| proved(&people[person].name, &people[person].code());
    assert_eq!(client.login(&body(0)).await.outcome(), "allowed");
    assert_eq!(client.ready().await.0, 200);

    for outage in 1..=2 {
        cluster.stop();
        let (id, right) = (new_id(), body(outage));
        for _ in 0..3 {
            let reply = client.begin(id, &right).await.expect("an answer");
            assert_eq!((reply.status, reply.outcome().as_str()), (503, "unavailable"));
            assert!(reply.headers.contains_key("retry-after"));
        }
        let problem = "SELECT 1";
        assert!(installation.app.store.query(problem, []).await.is_err(), "it is really gone");
        let unready = async {
            // What was found within the last second is told again.
            while client.ready().await != (503, vec!["database".to_owned()]) {
                sleep(Duration::from_millis(100)).await;
            }
        };
        timeout(Duration::from_secs(10), unready).await.expect("not ready");
        cluster.start_again();
        let allowed = async {
            while client.begin(id, &right).await.expect("an answer").outcome() != "allowed" {
                sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(Duration::from_secs(10), allowed).await.expect("allowed without a restart");
        let ready = async {
            while client.ready().await.0 != 200 {
                sleep(Duration::from_millis(100)).await;
            }
        };
        timeout(Duration::from_secs(10), ready).await.expect("ready again");
        assert_ne!(client.login(&right).await.outcome(), "allowed", "spent");
    }
    server.stop().await;
    let (intact, said) = installation.verify(&[]);
    assert!(intact, "{said}");
}
