//! Notices through a push service on this machine.

use crate::{
    phone::Phone,
    push_service::{Answer, HOST, Proxy, Service},
    site::{NUMBER, Site, login_outcome, push, push_of, said},
    world::World,
};
use authx::{
    app::App,
    logins::ring_phones,
    random::{OsRandom, Random as _},
    senders::web_push::{Settings, VapidKey, WebPush, known},
    serve::{Stop, stopping},
    store::testing,
};
use authx_core::wire::{phone::Base64Url, signature::PhoneSigner};
use rustls::pki_types::CertificateDer;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

/// Notices of a phone go to this place of the push service.
pub(crate) async fn subscribe(site: &Site, phone: &Phone, place: &str) {
    // Any point on the curve: nobody opens what is sent here.
    let key = site.app.decide(site.now(), PhoneSigner::draw);
    let mut auth = [0; 16];
    OsRandom.fill(&mut auth);
    let body = json!({
        "endpoint": format!("https://{HOST}/fcm/send/{place}"),
        "keys": { "p256dh": Base64Url::new(*key.point()), "auth": Base64Url::new(auth) },
    });
    let reply = phone.call(site, &phone.device, "PUT", "/subscription", &body).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.json()["subscribed"], true);
}

/// A site whose notices go to a push service that answers by a script.
struct Ringing {
    site: Site,
    service: Service,
    stop: Stop,
    _proxy: Proxy,
}

impl Ringing {
    async fn with(answers: Vec<Answer>, database: &testing::Database) -> Self {
        let service = Service::start(answers).await;
        let proxy = Proxy::start(service.address).await;
        let settings = Settings {
            hosts: known(),
            contact: "mailto:ops@authx-test.dev".parse().unwrap(),
            opened: Arc::new(|_| false),
            proxy: Some(proxy.url().into()),
            authorities: vec![CertificateDer::from(service.authority.clone())],
            ttl_secs: 10..=300,
        };
        let key = VapidKey::new(&VapidKey::draw(&OsRandom)[..]).unwrap();
        let world = World::with(database.store().await, |app, clock| {
            let push = WebPush::new(settings, key, clock.clone(), Arc::new(OsRandom));
            app.push = Some(push.unwrap());
        })
        .await;
        let site = Site::ringing(world).await;
        let (stop, stopping) = stopping();
        let stopped = async move { stopping.wait().await };
        tokio::spawn(ring_phones(Arc::<App>::clone(&site.app), stopped));
        Self { site, service, stop, _proxy: proxy }
    }
}

/// Waits until it is so.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..500 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("never: {what}");
}

/// Runs a test beside a push service with this script, on each engine.
async fn with(answers: &[Answer], test: impl AsyncFn(&Ringing)) {
    testing::on_each_engine(async |database| {
        let ringing = Box::pin(Ringing::with(answers.to_vec(), database)).await;
        test(&ringing).await;
        ringing.stop.stop();
    })
    .await;
}

async fn reach(site: &Site, phone: &Phone) -> Value {
    phone.account(site).await.json()["reach"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_says_nothing_and_arrives_once() {
    with(&[], async |ringing| {
        let Ringing { site, service, .. } = ringing;
        let phone = site.phone().await;
        subscribe(site, &phone, "one").await;
        let id = site.asked(&push()).await;
        assert_eq!(site.login(id).await["delivery"]["state"], "sent");
        until("a notice", async || service.seen().len() == 1).await;
        let seen = &service.seen()[0];
        assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/fcm/send/one"));
        assert_eq!(seen.headers["ttl"], "120");
        assert_eq!(seen.headers["urgency"], "high");
        let head = format!("{:?}", seen.headers);
        assert!(!head.contains(&id.to_string()) && !head.contains("alice"), "{head}");
        // The same client again: the phone has rung.
        site.asked(&push()).await;
        site.receipt(&phone, "push", &[id]).await;
        assert_eq!(service.seen().len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_that_is_gone_is_forgotten_and_the_prompt_says_so() {
    with(&[Answer::Status(410)], async |ringing| {
        let Ringing { site, service, .. } = ringing;
        let phone = site.phone().await;
        subscribe(site, &phone, "one").await;
        let id = site.asked(&push()).await;
        let failed = async || site.login(id).await["delivery"]["state"] == "failed";
        until("failed", failed).await;
        let account = phone.account(site).await.json();
        assert_eq!(account["subscribed"], false);
        assert_eq!(account["reach"]["state"], "unreachable");
        assert_eq!(site.events("phone_missed").await, 1);
        // It stays answerable, by whoever opens the app, and by a code.
        assert_eq!(said(&site.approve(&phone, id, NUMBER).await), "approved");
        let next = site.asked(&push_of(2)).await;
        assert_eq!(site.login(next).await["delivery"]["state"], "unreachable");
        assert_eq!(service.seen().len(), 1, "nothing more goes there");
        // A new subscription is no receipt.
        subscribe(site, &phone, "two").await;
        site.asked(&push_of(3)).await;
        until("a notice", async || service.seen().len() == 2).await;
        assert_eq!(service.seen()[1].path, "/fcm/send/two");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_subscription_is_not_taken_for_the_one_that_is_gone() {
    with(&[Answer::Status(410)], async |ringing| {
        let Ringing { site, .. } = ringing;
        let phone = site.phone().await;
        subscribe(site, &phone, "one").await;
        let sealed = "SELECT COUNT(*) FROM phone WHERE subscription IS NOT NULL";
        assert_eq!(site.count(sealed).await, 1);
        let known = authx::phones::KnownPhone::load(&site.app, phone.id).await.unwrap().unwrap();
        let old = known.row.subscription.unwrap();
        subscribe(site, &phone, "two").await;
        let late = authx::store::Batch::default();
        let late = late.forget_subscription(site.tenant, phone.id, old, site.now());
        site.app.store.commit(late).await.unwrap();
        assert_eq!(site.count(sealed).await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_notices_without_a_receipt_make_a_phone_unreachable_and_one_receipt_mends_it() {
    with(&[], async |ringing| {
        let Ringing { site, service, .. } = ringing;
        site.policy(json!({ "automatic_push": "on" })).await;
        let phone = site.phone().await;
        subscribe(site, &phone, "one").await;
        for sent in 1..=3_usize {
            assert_eq!(reach(site, &phone).await["state"], "unknown", "{sent}");
            let id = site.asked(&push_of(u32::try_from(sent).unwrap())).await;
            until("a notice", async || service.seen().len() == sent).await;
            let noted = format!("SELECT COUNT(*) FROM phone WHERE unacked >= {sent}");
            let noted: &'static str = noted.leak();
            until("noted", async || site.count(noted).await == 1).await;
            // Answered all the same, in an app that says no receipt.
            assert_eq!(said(&site.approve(&phone, id, NUMBER).await), "approved");
        }
        let gone = reach(site, &phone).await;
        assert_eq!(gone["state"], "unreachable", "{gone}");
        assert!(gone["since"].is_string(), "{gone}");

        // Nobody is asked by itself who does not notice it; whoever types `push` is told.
        let mut automatic = push_of(4);
        automatic.as_object_mut().unwrap().remove("answer");
        let (open, begun) = site.begin(&automatic).await;
        assert_eq!(login_outcome(&begun), "awaiting_input");
        let asked = site.typed(open, 1, "push").await.json();
        assert_eq!(asked["delivery"]["state"], "unreachable", "{asked}");
        let text = asked["delivery"]["text"].as_str().unwrap();
        assert!(text.contains("not been reachable since"), "{text}");
        assert_eq!(said(&site.approve(&phone, open, NUMBER).await), "approved");

        site.receipt(&phone, "push", &[open]).await;
        let back = reach(site, &phone).await;
        assert_eq!((&back["state"], &back["by"]), (&json!("reachable"), &json!("push")));
        automatic["client"]["device"] = "laptop 5".into();
        assert_eq!(login_outcome(&site.begin(&automatic).await.1), "awaiting_phone");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_refuses_fails_the_delivery_and_keeps_the_subscription() {
    with(&[Answer::Status(403)], async |ringing| {
        let Ringing { site, .. } = ringing;
        let phone = site.phone().await;
        subscribe(site, &phone, "one").await;
        let id = site.asked(&push()).await;
        until("failed", async || site.login(id).await["delivery"]["state"] == "failed").await;
        assert_eq!(phone.account(site).await.json()["subscribed"], true);
        // A receipt by another way says that it came all the same; nothing takes that back.
        site.receipt(&phone, "live", &[id]).await;
        assert_eq!(site.login(id).await["delivery"]["state"], "delivered");
    })
    .await;
}
