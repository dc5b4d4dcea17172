//! The check of a caller on the caller's phone: told to it and to no other, shown with the answer
//! key, good once, and ended by a user who knows of no call.

use crate::{
    phone::Phone,
    site::{Site, on_each_engine},
    verified::{Authenticator, Says},
    world::Reply,
};
use authx::{
    admin::{
        Actor, accounts, administrators,
        bypass::{self, BypassError, Kind, Leave, Wish},
    },
    enrol::phones::{self, Separate},
};
use authx_core::{CallerCheckId, role::Role, webauthn::caller_check_challenge};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::time::Duration;

/// Somebody of the help desk.
async fn desk(site: &Site) -> Actor {
    let id = site.user("dora", None).await;
    let role = Some(Role::HelpDesk);
    let factors = administrators::Factors::Kept;
    administrators::set_role(&site.app, &site.by, site.tenant, id, role, factors).await.unwrap();
    Actor::account(id, role, "Dora Desk")
}

/// What the help desk reads.
async fn begin(site: &Site, desk: &Actor) -> String {
    // Of two checks the newer one is the later one.
    site.clock.advance_secs(1);
    bypass::begin(&site.app, desk, site.tenant, site.alice).await.unwrap().agent_reads
}

/// What the help desk types.
async fn typed(site: &Site, desk: &Actor, digits: &str) -> Result<(), BypassError> {
    bypass::answer(&site.app, desk, site.tenant, site.alice, digits).await
}

async fn give(site: &Site, desk: &Actor) -> Result<(), BypassError> {
    let wish =
        Wish { user: site.alice, kind: Kind::Bypass, reason: "laptop broken".into(), secs: 3_600 };
    let given = bypass::give(&site.app, desk, site.tenant, &wish, Some(Leave::Checked)).await;
    given.map(|_| ())
}

/// The check that a phone is told of.
async fn told(site: &Site, phone: &Phone) -> Option<CallerCheckId> {
    let view = site.requests(phone).await;
    view.get("caller_check").map(|check| check["id"].as_str().unwrap().parse().unwrap())
}

async fn digits(site: &Site, phone: &Phone, id: CallerCheckId) -> Reply {
    phone.post(site, &format!("/caller-checks/{id}/digits"), &json!({})).await
}

async fn deny(site: &Site, phone: &Phone, id: CallerCheckId) -> Reply {
    let path = format!("/caller-checks/{id}/endings");
    phone.call(site, &phone.device, "POST", &path, &json!({})).await
}

/// What the phone shows, first what it has to hear.
async fn shown(site: &Site, phone: &Phone, id: CallerCheckId) -> [String; 2] {
    let reply = digits(site, phone, id).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    ["agent_reads", "caller_reads"].map(|name| reply.json()[name].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_shows_the_digits_and_the_help_counts_once() {
    on_each_engine(async |site| {
        let (desk, phone, second) = (desk(site).await, site.phone().await, site.phone().await);
        let mut live = site.live(&phone).await;
        assert_eq!(live.next().await.unwrap().get("caller_check"), None);
        let read = begin(site, &desk).await;
        let view = live.next().await.unwrap();
        let check = &view["caller_check"];
        assert_eq!(check["agent"], "Dora Desk");
        assert_eq!(check.as_object().unwrap().len(), 4, "no digits travel unasked: {check}");
        let id = told(site, &phone).await.unwrap();
        assert_eq!(
            (check["id"].as_str(), told(site, &second).await),
            (Some(&*id.to_string()), Some(id))
        );

        let path = format!("/caller-checks/{id}/digits");
        let locked = phone.call(site, &phone.device, "POST", &path, &json!({})).await;
        assert_eq!((locked.status, locked.outcome().as_str()), (401, "answer_key_needed"));
        let [heard, back] = shown(site, &phone, id).await;
        assert_eq!(heard, read);
        assert_ne!(heard, back);
        assert!(matches!(give(site, &desk).await, Err(BypassError::NeedsLeave)));

        typed(site, &desk, &back).await.unwrap();
        assert_eq!(live.next().await.unwrap().get("caller_check"), None, "no longer needed");
        assert_eq!(told(site, &second).await, None);
        for phone in [&phone, &second] {
            let over = digits(site, phone, id).await;
            assert_eq!((over.status, over.outcome().as_str()), (409, "not_open"));
        }
        // It matched: whoever regrets it now is too late, and the help counts once.
        assert_eq!(deny(site, &phone, id).await.outcome(), "not_open");
        give(site, &desk).await.unwrap();
        assert!(matches!(give(site, &desk).await, Err(BypassError::NeedsLeave)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_knows_of_no_call_ends_the_check() {
    on_each_engine(async |site| {
        let (desk, phone, second) = (desk(site).await, site.phone().await, site.phone().await);
        begin(site, &desk).await;
        let id = told(site, &phone).await.unwrap();
        let [_, back] = shown(site, &phone, id).await;
        let mut live = site.live(&second).await;
        assert!(live.next().await.unwrap().get("caller_check").is_some());
        assert_eq!(deny(site, &phone, id).await.status, 204);
        assert_eq!(live.next().await.unwrap().get("caller_check"), None);
        assert_eq!(deny(site, &second, id).await.outcome(), "not_open");

        let late = typed(site, &desk, &back).await;
        assert!(matches!(late, Err(BypassError::Denied)), "{late:?}");
        assert!(matches!(give(site, &desk).await, Err(BypassError::NeedsLeave)));
        let now = bypass::now_of(&site.app, &desk, site.tenant, site.alice).await.unwrap().unwrap();
        assert!(now.failed && now.denied && !now.matched);

        let record = site.record(100).await;
        let denied: Vec<_> = record.iter().filter(|it| it.event == "caller_denied").collect();
        let [denied] = &denied[..] else { panic!("{denied:?}") };
        assert_eq!(denied.detail["agent"], "Dora Desk");
        assert_eq!(denied.detail["phone_id"], json!(phone.id));
        assert_eq!(denied.detail["by"], "the phone");
        let mut words: Vec<&String> = denied.detail.keys().collect();
        words.sort();
        assert_eq!(words, ["agent", "agent_id", "by", "name", "phone_id"], "and no digits");

        // It was pressed by mistake: another check goes its way.
        let read = begin(site, &desk).await;
        let id = told(site, &phone).await.unwrap();
        let [heard, back] = shown(site, &phone, id).await;
        assert_eq!(heard, read);
        typed(site, &desk, &back).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_elses_phone_is_told_of_a_check() {
    on_each_engine(async |site| {
        let (desk, phone) = (desk(site).await, site.phone().await);
        let bob = site.user_with_phone("bob").await;
        let (tenant, other) = site.elsewhere().await;
        let invited = site.invite_user(tenant, other, Separate::IfNeeded).await;
        let elsewhere = Phone::activated_and_confirmed(site, &site.proved(&invited).await).await;
        let mut pending = Phone::new(site);
        let activation = site.activation().await;
        assert_eq!(pending.activate(site, &activation).await.status, 200);
        begin(site, &desk).await;
        let id = told(site, &phone).await.unwrap();
        for stranger in [&bob, &elsewhere] {
            assert_eq!(told(site, stranger).await, None);
            assert_eq!(digits(site, stranger, id).await.outcome(), "not_open");
            assert_eq!(deny(site, stranger, id).await.outcome(), "not_open");
        }
        assert_eq!(digits(site, &pending, id).await.outcome(), "pending");
        assert_eq!(deny(site, &pending, id).await.outcome(), "pending");
        let unknown = phone.post(site, "/caller-checks/cal_x/digits", &json!({})).await;
        assert!(unknown.status >= 400 && unknown.status < 500, "{unknown:?}");
        assert_eq!(told(site, &phone).await, Some(id), "nobody ended it");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_counts_no_longer_is_told_nothing() {
    on_each_engine(async |site| {
        let (desk, gone, stays) = (desk(site).await, site.phone().await, site.phone().await);
        begin(site, &desk).await;
        let id = told(site, &gone).await.unwrap();
        phones::remove(&site.app, &site.by, site.tenant, gone.id).await.unwrap();
        assert_eq!(digits(site, &gone, id).await.outcome(), "phone_gone");
        assert_eq!(deny(site, &gone, id).await.outcome(), "phone_gone");

        let mut live = site.live(&stays).await;
        assert!(live.next().await.unwrap().get("caller_check").is_some());
        let user = accounts::disable(&site.app, &site.by, site.tenant, site.alice).await;
        user.unwrap();
        assert_eq!(digits(site, &stays, id).await.outcome(), "account_disabled");
        assert_eq!(deny(site, &stays, id).await.outcome(), "account_disabled");
        // A stream that was open before hears of no other one.
        begin(site, &desk).await;
        assert_eq!(live.next().await.unwrap().get("caller_check"), None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_ends_by_wrong_digits_by_another_one_and_by_itself() {
    on_each_engine(async |site| {
        let (desk, phone) = (desk(site).await, site.phone().await);
        let read = begin(site, &desk).await;
        let first = told(site, &phone).await.unwrap();
        let version = site.requests(&phone).await["version"].clone();
        for left in [2, 1, 0] {
            // What was read to the caller is never what comes back.
            let wrong = typed(site, &desk, &read).await;
            assert!(matches!(wrong, Err(BypassError::Digits { left: it }) if it == left));
        }
        let woken = site.poll(&phone, &version, 30).await.json();
        assert_eq!(woken.get("caller_check"), None);
        assert_eq!(digits(site, &phone, first).await.outcome(), "not_open");

        begin(site, &desk).await;
        let second = told(site, &phone).await.unwrap();
        begin(site, &desk).await;
        let third = told(site, &phone).await.unwrap();
        assert!(first < second && second < third);
        assert_eq!(digits(site, &phone, second).await.outcome(), "not_open");
        assert_eq!(deny(site, &phone, second).await.outcome(), "not_open");
        shown(site, &phone, third).await;
        site.clock.advance_secs(301);
        assert_eq!(told(site, &phone).await, None);
        assert_eq!(digits(site, &phone, third).await.outcome(), "not_open");
        assert_eq!(deny(site, &phone, third).await.outcome(), "not_open");
        assert_eq!(site.events("caller_denied").await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_poll_is_told_of_a_check_at_once() {
    on_each_engine(async |site| {
        let (desk, phone) = (desk(site).await, site.phone().await);
        let version = site.requests(&phone).await["version"].clone();
        let begins = async {
            tokio::time::sleep(Duration::from_millis(60)).await;
            begin(site, &desk).await
        };
        let waits = tokio::time::timeout(Duration::from_secs(5), site.poll(&phone, &version, 30));
        let (polled, _) = tokio::join!(waits, begins);
        assert!(polled.unwrap().json().get("caller_check").is_some());
    })
    .await;
}

/// Of “it is me” and “there is no call” at the same moment one counts, and once.
#[tokio::test(flavor = "multi_thread")]
async fn a_check_ends_once_by_however_many() {
    on_each_engine(async |site| {
        let (desk, phone) = (desk(site).await, site.phone().await);
        let mut denied = 0;
        for _ in 0..4 {
            begin(site, &desk).await;
            let id = told(site, &phone).await.unwrap();
            let [_, back] = shown(site, &phone, id).await;
            let all = join_all((0..4).map(|_| deny(site, &phone, id)));
            let (said, matched) = tokio::join!(all, typed(site, &desk, &back));
            let ended = said.iter().filter(|reply| reply.status == 204).count();
            assert!(said.iter().all(|reply| ["204", "not_open"].contains(&&*reply.outcome())));
            assert_eq!(ended + usize::from(matched.is_ok()), 1, "{matched:?}");
            denied += ended;
        }
        assert_eq!(site.events("caller_denied").await, denied);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn digits_wait_for_the_phones_user_where_the_policy_wants_that() {
    on_each_engine(async |site| {
        site.policy(json!({ "user_verification": "required" })).await;
        let (desk, phone) = (desk(site).await, site.phone().await);
        let read = begin(site, &desk).await;
        let id = told(site, &phone).await.unwrap();
        let without = digits(site, &phone, id).await;
        assert_eq!((without.status, without.outcome().as_str()), (403, "verification_needed"));
        let authenticator = Authenticator::new(b"of alice");
        authenticator.register(site, &phone).await;
        let ask = async |challenge: &[u8; 32]| {
            let assertion = authenticator.assertion(&Says::honestly(), challenge);
            let body = json!({ "assertion": assertion });
            phone.post(site, &format!("/caller-checks/{id}/digits"), &body).await
        };
        let other = site.app.decide(site.now(), CallerCheckId::new);
        let wrong = ask(&caller_check_challenge(other)).await;
        assert_eq!((wrong.status, wrong.outcome().as_str()), (403, "verification_failed"));
        let right = ask(&caller_check_challenge(id)).await;
        assert_eq!((right.status, &right.json()["agent_reads"]), (200, &Value::from(read)));
        // To end it, nobody has to unlock anything.
        assert_eq!(deny(site, &phone, id).await.status, 204);
    })
    .await;
}
