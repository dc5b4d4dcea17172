use crate::world::{PASSWORD, World, body, on_each_engine, path};
use authx_core::LoginId;
use serde_json::json;
use std::time::Duration;
use tokio::time::{Instant, timeout};

#[tokio::test]
async fn the_same_id_and_body_is_the_same_login() {
    on_each_engine(async |world| {
        let id = world.new_id();
        let right = body(Some(&world.code()));
        let first = world.put(id, &right).await;
        assert_eq!((first.status, first.outcome().as_str()), (200, "allowed"));
        world.clock.advance_secs(90);
        assert_eq!(world.put(id, &right).await.without_seal(), first.without_seal());
        let other = world.put(id, &body(Some("000000"))).await;
        assert_eq!((other.status, other.outcome().as_str()), (409, "different_request"));
        assert!(other.signed);
        assert_eq!(world.get(id).await.without_seal(), first.without_seal());
        assert_eq!(world.count("SELECT COUNT(*) FROM login").await, 1);
    })
    .await;
}

#[tokio::test]
async fn answers_are_numbered_and_each_number_counts_once() {
    on_each_engine(async |world| {
        let id = world.new_id();
        assert_eq!(world.answer(id, 1, "123456").await.status, 404, "not begun");
        world.put(id, &body(None)).await;
        for wrong in [0, 2, u32::MAX] {
            let reply = world.answer(id, wrong, &world.code()).await;
            assert_eq!((reply.status, reply.outcome().as_str()), (409, "out_of_sequence"));
        }
        let wrong = world.wrong_code();
        let first = world.answer(id, 1, &wrong).await;
        assert_eq!(first.outcome(), "awaiting_input");
        let again = world.answer(id, 1, &wrong).await;
        assert_eq!(again.without_seal(), first.without_seal(), "and no try is lost");
        let other = world.answer(id, 1, &world.code()).await;
        assert_eq!((other.status, other.outcome().as_str()), (409, "different_request"));
        let right = world.answer(id, 2, &world.code()).await;
        assert_eq!(right.outcome(), "allowed");
        let late = world.answer(id, 3, "000000").await;
        assert_eq!(late.without_seal(), right.without_seal(), "final is final");
    })
    .await;
}

#[tokio::test]
async fn a_cancelled_login_stays_cancelled() {
    on_each_engine(async |world| {
        let id = world.new_id();
        world.put(id, &body(None)).await;
        let cancel = world.call(&world.vpn, "DELETE", path(id), "");
        let cancelled = world.send(&cancel).await;
        assert_eq!(cancelled.outcome(), "cancelled");
        let code = world.code();
        assert_eq!(world.answer(id, 1, &code).await.outcome(), "cancelled");
        assert_eq!(world.send(&cancel).await.without_seal(), cancelled.without_seal());
        let right = world.begin(&body(Some(&code))).await;
        assert_eq!(right.outcome(), "allowed", "the code was not spent on it");
    })
    .await;
}

#[tokio::test]
async fn an_unanswered_login_expires() {
    on_each_engine(async |world| {
        let id = world.new_id();
        world.put(id, &body(None)).await;
        world.clock.advance_secs(299);
        world.policy(json!({ "lifetimes": { "login_secs": 30 } })).await;
        world.clock.advance_secs(1);
        let code = world.code();
        assert_eq!(world.answer(id, 1, &code).await.outcome(), "expired");
        assert_eq!(world.get(id).await.outcome(), "expired");
        assert_eq!(world.begin(&body(Some(&code))).await.outcome(), "allowed");
    })
    .await;
}

#[tokio::test]
async fn a_long_poll_wakes_on_an_answer() {
    on_each_engine(async |world| {
        let id = world.new_id();
        let begun = world.put(id, &body(None)).await;
        assert_eq!(begun.json()["version"], 1);
        let poll = poll(world, id, 1, 45);
        let answer = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            world.answer(id, 1, &world.code()).await
        };
        let both = async { tokio::join!(poll, answer) };
        let (polled, answered) = timeout(Duration::from_secs(20), both).await.unwrap();
        assert_eq!(polled.0.outcome(), "allowed");
        assert_eq!(polled.0.without_seal(), answered.without_seal());
        let known = self::poll(world, id, 1, 45).await.0;
        assert_eq!(known.without_seal(), answered.without_seal(), "at once when it is newer");
    })
    .await;
}

#[tokio::test]
async fn a_long_poll_ends_when_its_time_is_over() {
    on_each_engine(async |world| {
        let id = world.new_id();
        let begun = world.put(id, &body(None)).await;
        let (reply, took) = poll(world, id, 1, 1).await;
        assert_eq!(reply.without_seal(), begun.without_seal());
        assert!(took >= Duration::from_secs(1), "{took:?}");
        for wrong in ["after=x&wait=1", "after=1&wait=46", "after=1&wait=-1"] {
            let call = world.call(&world.vpn, "GET", format!("{}?{wrong}", path(id)), "");
            let reply = world.send(&call).await;
            assert_eq!((reply.status, reply.outcome().as_str()), (400, "invalid_query"));
        }
    })
    .await;
}

#[tokio::test]
async fn a_long_poll_is_answered_when_the_server_stops() {
    on_each_engine(async |world| {
        let id = world.new_id();
        let begun = world.put(id, &body(None)).await;
        let stop = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            world.stop.stop();
        };
        let both = async { tokio::join!(poll(world, id, 1, 45), stop).0 };
        let (reply, _) = timeout(Duration::from_secs(20), both).await.unwrap();
        assert_eq!((reply.status, reply.signed), (200, true));
        assert_eq!(reply.without_seal(), begun.without_seal());
    })
    .await;
}

#[tokio::test]
async fn two_hundred_tries_of_one_code_have_one_winner() {
    on_each_engine(async |world| {
        let right = body(Some(&world.code()));
        let tries = futures_util::future::join_all((0..200).map(|_| world.begin(&right))).await;
        let mut outcomes = std::collections::BTreeMap::<String, u32>::new();
        for reply in &tries {
            *outcomes.entry(reply.outcome()).or_default() += 1;
        }
        assert_eq!(outcomes.get("allowed"), Some(&1), "{outcomes:?}");
        let others =
            ["allowed", "awaiting_input", "refused:slow_down", "busy", "refused:factor_locked"];
        assert!(outcomes.keys().all(|word| others.contains(&word.as_str())), "{outcomes:?}");
        let allowed = "SELECT COUNT(*) FROM event WHERE kind = 'login_allowed'";
        assert_eq!(world.count(allowed).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_remembered_session_is_silent_until_its_user_is_disabled() {
    on_each_engine(async |world| {
        let (app, by, tenant) = (&world.app, &world.by, world.tenant);
        let first = world.begin(&body(Some(&world.code()))).await;
        let session = first.json()["session"]["id"].as_str().unwrap().to_owned();
        let mut silent = body(None);
        silent["session"] = session.clone().into();
        assert_eq!(world.begin(&silent).await.outcome(), "allowed");
        let mut wrong = silent.clone();
        wrong["first_factor"]["password"] = "wrong".into();
        assert_eq!(world.begin(&wrong).await.outcome(), "refused:wrong_credentials");
        authx::admin::accounts::disable(app, by, tenant, world.alice).await.unwrap();
        assert_eq!(world.begin(&silent).await.outcome(), "refused:wrong_credentials");
        authx::admin::accounts::enable(app, by, tenant, world.alice).await.unwrap();
        assert_eq!(world.begin(&silent).await.outcome(), "awaiting_input", "the session is over");
    })
    .await;
}

#[tokio::test]
async fn a_challenge_is_answered_and_renewed_over_the_wire() {
    on_each_engine(async |world| {
        world.policy(json!({ "dynamic_challenge": "on" })).await;
        let id = world.new_id();
        let mut first = body(None);
        first["can"] = json!({ "reconnect": true });
        first["method"] = "crv1".into();
        let begun = world.put(id, &first).await;
        assert_eq!(begun.outcome(), "awaiting_input");
        assert_eq!(world.put(id, &first).await.json()["challenge"], begun.json()["challenge"]);
        let answer = |secret: &str| {
            let challenge = json!({ "secret": secret, "user": "alice" });
            json!({ "seq": 1, "text": world.code(), "challenge": challenge }).to_string()
        };
        let post = async |ending: &str, body: String| {
            let target = format!("{}/{ending}", path(id));
            world.send(&world.call(&world.vpn, "POST", target, body)).await
        };
        let wrong = post("answers", answer("guess")).await;
        assert_eq!((wrong.status, wrong.outcome().as_str()), (409, "challenge_not_open"));
        assert!(wrong.signed);
        let without = world.answer(id, 1, &world.code()).await;
        assert_eq!(without.outcome(), "challenge_not_open");
        let secret = begun.json()["challenge"].as_str().unwrap().to_owned();
        assert_eq!(post("answers", answer(&secret)).await.outcome(), "allowed");
        assert_eq!(post("answers", answer(&secret)).await.outcome(), "challenge_not_open");

        let good = post("renewals", "{}".to_owned()).await;
        assert_eq!((good.status, good.without_seal()), (200, json!({ "standing": "good" })));
        let nonsense = post("renewals", "nonsense".to_owned()).await;
        assert_eq!((nonsense.status, nonsense.outcome().as_str()), (400, "not_json"));
        let by = "SELECT COUNT(*) FROM event WHERE detail LIKE '%\"method\":\"crv1\"%'";
        assert_eq!(world.count(by).await, 3, "began, allowed, renewed");
    })
    .await;
}

#[tokio::test]
async fn a_password_reaches_no_row_of_the_database() {
    let database = authx::store::testing::Database::sqlite();
    let world = World::on(database.store().await).await;
    world.begin(&body(Some(&world.code()))).await;
    let mut rows = world.app.store.snapshot();
    while let Some(row) = rows.next().await.unwrap() {
        assert!(!format!("{row:?}").contains(PASSWORD), "{row:?}");
    }
}

async fn poll(
    world: &World,
    id: LoginId,
    after: u64,
    wait: u64,
) -> (crate::world::Reply, Duration) {
    let began = Instant::now();
    let target = format!("{}?after={after}&wait={wait}", path(id));
    let reply = world.send(&world.call(&world.vpn, "GET", target, "")).await;
    (reply, began.elapsed())
}
