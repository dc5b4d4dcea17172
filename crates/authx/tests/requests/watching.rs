//! How a phone learns what it is asked: streams, long polls, and nobody else's.

use crate::site::{NUMBER, on_each_engine, push, push_of, said};
use authx::enrol::phones;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

#[tokio::test(flavor = "multi_thread")]
async fn a_long_poll_wakes_at_once() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        let mut view = site.requests(&phone).await;
        let mut slowest = Duration::ZERO;
        let mut id = None;
        for _ in 0..3 {
            let waits = async {
                let reply = site.poll(&phone, &view["version"], 30).await;
                (reply, Instant::now())
            };
            let acts = async {
                tokio::time::sleep(Duration::from_millis(60)).await;
                match id.take() {
                    None => id = Some(site.asked(&push()).await),
                    Some(id) => {
                        site.cancel(id).await;
                    }
                }
                Instant::now()
            };
            let ((reply, woken), acted) = tokio::join!(waits, acts);
            assert_eq!(reply.status, 200, "{reply:?}");
            assert_ne!(reply.json()["version"], view["version"]);
            slowest = slowest.max(woken.saturating_duration_since(acted));
            view = reply.json();
        }
        assert!(slowest < Duration::from_millis(300), "{slowest:?}");
        // Nothing happens: it is told so when the time is over, not before.
        let began = Instant::now();
        let same = site.poll(&phone, &view["version"], 1).await;
        assert_eq!(same.json(), view);
        assert!(began.elapsed() >= Duration::from_millis(990));
        // What is known already, or differs, is told at once.
        assert_eq!(site.poll(&phone, &json!(0), 30).await.json(), view);
        for query in ["after=x", "wait=46&after=1", "after=-1"] {
            let request = site.signed(&phone, &phone.device, "GET", "/requests", query, "");
            assert_eq!(site.deliver(request).await.outcome(), "invalid_query", "{query}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_its_phone() {
    on_each_engine(async |site| {
        let (gone, stays) = (site.phone().await, site.phone().await);
        let (mut ending, mut other) = (site.live(&gone).await, site.live(&stays).await);
        assert!(ending.next().await.is_some() && other.next().await.is_some());
        let version = site.requests(&gone).await["version"].clone();
        let polls = site.poll(&gone, &version, 30);
        let removes = async {
            tokio::time::sleep(Duration::from_millis(60)).await;
            phones::remove(&site.app, &site.by, site.tenant, gone.id).await.unwrap();
        };
        let began = Instant::now();
        let (polled, ()) = tokio::join!(polls, removes);
        assert_eq!((polled.status, said(&polled).as_str()), (401, "phone_gone"));
        assert_eq!(ending.next().await, None);
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        let id = site.asked(&push()).await;
        assert_eq!(other.next().await.unwrap()["requests"][0]["id"], json!(id));
        let refused = site.signed(&gone, &gone.device, "GET", "/requests/live", "", "");
        assert_eq!(site.deliver(refused).await.outcome(), "phone_gone");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_shows_every_step_of_a_request() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        let mut live = site.live(&phone).await;
        let first = live.next().await.unwrap();
        let id = site.asked(&push()).await;
        let asked = live.next().await.unwrap();
        assert_eq!(asked["requests"][0]["tries_left"], 2);
        site.approve(&phone, id, "000000").await;
        let wrong = live.next().await.unwrap();
        assert_eq!(wrong["requests"][0]["tries_left"], 1);
        site.approve(&phone, id, NUMBER).await;
        let done = live.next().await.unwrap();
        assert_eq!(done["requests"], json!([]));
        let versions = [first, asked, wrong, done].map(|view| view["version"].as_u64().unwrap());
        assert!(versions.is_sorted(), "{versions:?}");
        assert!(site.app.waiters.is_empty(), "nothing waits that nobody reads");
    })
    .await;
}

/// One telephone with the accounts of many: each is asked with its own keys, and sees its own.
#[tokio::test(flavor = "multi_thread")]
async fn thirty_accounts_on_one_phone_see_each_their_own() {
    on_each_engine(async |site| {
        let mut accounts = vec![];
        for number in 0..30_u32 {
            let name = format!("user {number}");
            accounts.push((site.user_with_phone(&name).await, name));
        }
        let mut asked = vec![];
        for (number, (_, name)) in (0..).zip(&accounts).step_by(3) {
            let mut body = push_of(number);
            body["user"] = name.as_str().into();
            asked.push((number, site.asked(&body).await));
        }
        let began = Instant::now();
        let reads = accounts.iter().map(|(phone, _)| site.requests(phone));
        let views = futures_util::future::join_all(reads).await;
        eprintln!("thirty accounts were read in {:?}", began.elapsed());
        for (number, ((_, name), view)) in (0..).zip(accounts.iter().zip(&views)) {
            let own = asked.iter().find(|(of, _)| *of == number).map(|(_, id)| json!(id));
            let shown: Vec<_> = view["requests"].as_array().unwrap().iter().collect();
            assert_eq!(shown.len(), usize::from(own.is_some()));
            if let (Some(own), [shown]) = (own, &shown[..]) {
                assert_eq!((&shown["id"], &shown["user"]["name"]), (&own, &json!(name)));
            }
        }
        // With the keys of one account nothing is read of another.
        let (one, other) = (&accounts[0].0, &accounts[1].0);
        let path = "/requests";
        let stolen = one.call(site, &other.device, "GET", path, &Value::Null).await;
        assert_eq!(stolen.outcome(), "signature");
        let history = one.call(site, &other.device, "GET", "/history", &Value::Null).await;
        assert_eq!(history.outcome(), "signature");
    })
    .await;
}
