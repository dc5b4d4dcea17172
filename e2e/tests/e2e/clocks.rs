use authx::{app::About, store::Batch};
use authx_core::audit::EventKind;
use authx_e2e::{Engine, Installation, Server, now, proved};
use std::time::Duration;
use tokio::time::{sleep, timeout};

authx_e2e::on_both_engines! { a_clock_behind_the_record_lets_nobody_in_until_an_operator_vouches_for_it }

/// As it is after a clock that ran an hour ahead was set right.
async fn a_clock_behind_the_record_lets_nobody_in_until_an_operator_vouches_for_it(engine: Engine) {
    let installation = Installation::new(engine).await;
    let people = installation.people("person", 1).await;
    let app = &installation.app;
    let (ahead, kind) = (now().plus_secs(3_600), EventKind::PolicySet);
    let nothing = serde_json::Map::new();
    let batch =
        app.record(Batch::default(), ahead, installation.tenant, kind, About::default(), nothing);
    app.store.commit(batch).await.unwrap();

    let server = Server::start(installation.config()).await;
    let client = server.client(&installation.vpn);
    let refused = client.login(&proved(&people[0].name, &people[0].code())).await;
    assert_eq!((refused.status, refused.outcome().as_str()), (503, "server_clock"));
    assert!(refused.signed);
    assert_eq!(client.ready().await, (503, vec!["clock_behind".to_owned()]));

    let accepted = installation.run(&["doctor", "--accept-clock"]);
    assert!(accepted.status.success(), "{}", String::from_utf8_lossy(&accepted.stderr));
    let ready = async {
        while client.ready().await.0 != 200 {
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(Duration::from_secs(10), ready).await.expect("ready without a restart");
    let allowed = client.login(&proved(&people[0].name, &people[0].code())).await;
    assert_eq!(allowed.outcome(), "allowed");
    server.stop().await;
    let (intact, said) = installation.verify(&[]);
    assert!(intact, "{said}");
}
