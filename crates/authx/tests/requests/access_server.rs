//! Logins of OpenVPN Access Server, which has proved the password itself: questions by challenge
//! text, and profiles that sign in by themselves.

use crate::{
    phone::Phone,
    site::{Site, login_outcome, on_each_engine, said},
};
use authx::admin::accounts;
use authx_core::LoginId;
use serde_json::{Value, json};

/// A login at a prompt that shows AuthX's number.
fn body() -> Value {
    json!({
        "user": "alice", "first_factor": { "kind": "proved", "by": "access_server" },
        "method": "crv1", "can": { "text": true, "several": true },
        "client": { "address": "192.0.2.7", "platform": "win", "device": "laptop" },
        "server": { "name": "as-1" },
    })
}

/// A login of a profile that signs in by itself.
fn autologin() -> Value {
    json!({
        "user": "alice", "first_factor": { "kind": "proved", "by": "access_server" },
        "autologin": true, "client": { "address": "192.0.2.7", "device": "laptop" },
    })
}

async fn policy(site: &Site, more: Value) {
    let mut policy = more;
    policy["first_factors"] = json!(["access_server"]);
    site.policy(policy).await;
}

fn number(view: &Value) -> String {
    view["match_number"].as_str().expect("a number").to_owned()
}

/// A phone that was asked, for which login, and the number that the prompt shows.
async fn pushed(site: &Site) -> (Phone, LoginId, String) {
    policy(site, json!({})).await;
    let phone = site.phone().await;
    let (id, begun) = site.begin(&body()).await;
    let shown = number(&begun.json());
    site.typed(id, 1, "push").await;
    (phone, id, shown)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_answer_has_the_number_that_push_needs() {
    on_each_engine(async |site| {
        policy(site, json!({})).await;
        let phone = site.phone().await;
        let (id, begun) = site.begin(&body()).await;
        assert_eq!(login_outcome(&begun), "awaiting_input");
        let shown = number(&begun.json());
        assert_eq!(site.rung_phones(), [], "nothing was typed yet");

        let asked = site.typed(id, 1, "push").await;
        assert_eq!(login_outcome(&asked), "awaiting_phone");
        assert_eq!(number(&asked.json()), shown);
        let grouped = format!("{} {}", &shown[..3], &shown[3..]);
        let prompt = asked.json()["prompt"]["text"].as_str().unwrap().to_owned();
        assert!(prompt.contains(&grouped), "{prompt}");
        assert_eq!(site.rung_phones(), [phone.id]);
        let request = site.request(&phone).await;
        assert_eq!(
            (&request["kind"], &request["match_number"]),
            (&"approval".into(), &"required".into())
        );
        assert_eq!(request["server"]["name"], "as-1");
        assert_eq!(said(&site.approve(&phone, id, &shown).await), "approved");
        assert_eq!(site.outcome(id).await, "allowed");
        assert_eq!(site.login(id).await["factor"], "push");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_number_where_the_policy_wants_none() {
    on_each_engine(async |site| {
        policy(site, json!({ "match_number": "off" })).await;
        let phone = site.phone().await;
        let (id, begun) = site.begin(&body()).await;
        assert_eq!(begun.json()["match_number"], Value::Null);
        assert_eq!(login_outcome(&site.typed(id, 1, "push").await), "awaiting_phone");
        let yes = site.statement(id, "approve", None);
        assert_eq!(said(&site.say(&phone, id, &yes).await), "approved");
        assert_eq!(site.outcome(id).await, "allowed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn giving_up_ends_the_request_on_the_phone() {
    on_each_engine(async |site| {
        let (phone, id, shown) = pushed(site).await;
        assert_eq!(site.request_ids(&phone).await, [id.to_string()]);
        assert_eq!(login_outcome(&site.cancel(id).await), "cancelled");
        assert_eq!(site.request_ids(&phone).await, [""; 0]);
        assert_eq!(said(&site.approve(&phone, id, &shown).await), "not_open:cancelled");
        assert_eq!(site.outcome(id).await, "cancelled");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn push_again_while_the_phone_has_the_request_asks_it_no_second_time() {
    on_each_engine(async |site| {
        let (phone, id, shown) = pushed(site).await;
        let version = site.login(id).await["version"].clone();
        let again = site.typed(id, 2, "push").await;
        assert_eq!(login_outcome(&again), "awaiting_phone");
        assert_eq!(number(&again.json()), shown);
        assert_ne!(again.json()["version"], version);
        assert_eq!(site.rung_phones(), [phone.id]);
        // The client connects once more instead: its new number counts, and the phone rang already.
        let (second, begun) = site.begin(&body()).await;
        let new = number(&begun.json());
        assert_eq!(login_outcome(&site.typed(second, 1, "push").await), "awaiting_phone");
        assert_eq!(site.rung_phones(), []);
        assert_eq!(site.outcome(id).await, "refused:superseded");
        assert_eq!(said(&site.approve(&phone, second, &new).await), "approved");
        assert_eq!(site.outcome(second).await, "allowed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_signs_in_by_itself_is_what_the_policy_makes_of_it() {
    on_each_engine(async |site| {
        policy(site, json!({})).await;
        site.phone().await;
        let outcome = async |body: &Value| login_outcome(&site.begin(body).await.1);
        assert_eq!(outcome(&autologin()).await, "refused:autologin_not_allowed");
        policy(site, json!({ "second_factor": "off" })).await;
        assert_eq!(outcome(&autologin()).await, "refused:autologin_not_allowed");
        assert_eq!(outcome(&body()).await, "allowed");
        policy(site, json!({ "autologin": "push" })).await;
        assert_eq!(outcome(&autologin()).await, "refused:number_not_shown");
        assert_eq!(site.rung_phones(), []);
        policy(site, json!({ "autologin": "allow" })).await;
        let (_, allowed) = site.begin(&autologin()).await;
        assert_eq!(login_outcome(&allowed), "allowed");
        assert_eq!(allowed.json()["session"], Value::Null, "it showed no second factor");
        let entry = site.record(1).await.remove(0);
        assert_eq!(entry.event, "login_allowed");
        assert_eq!(
            (&entry.detail["by"], &entry.detail["autologin"]),
            (&"autologin".into(), &true.into())
        );
        let mut stranger = autologin();
        stranger["user"] = "nobody".into();
        assert_eq!(outcome(&stranger).await, "refused:not_permitted");
        accounts::disable(&site.app, &site.by, site.tenant, site.alice).await.unwrap();
        assert_eq!(outcome(&autologin()).await, "refused:not_permitted");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_asked_once_is_not_asked_again_while_it_counts() {
    on_each_engine(async |site| {
        let push = json!({ "autologin": "push", "match_number": "where_shown",
            "lifetimes": { "session_secs": 3_600 } });
        policy(site, push).await;
        let phone = site.phone().await;
        let first = site.asked(&autologin()).await;
        assert_eq!(site.rung_phones(), [phone.id]);
        assert_eq!(site.request(&phone).await["match_number"], "off");
        // A client that nobody answers tries again: the phone does not ring anew.
        let id = site.asked(&autologin()).await;
        assert_eq!(site.rung_phones(), []);
        assert_eq!(site.outcome(first).await, "refused:superseded");
        let yes = site.statement(id, "approve", None);
        assert_eq!(said(&site.say(&phone, id, &yes).await), "approved");
        let session = site.login(id).await["session"]["id"].clone();
        assert!(session.is_string(), "{session}");

        let mut again = autologin();
        again["session"] = session;
        let reconnects = async || {
            let (id, reply) = site.begin(&again).await;
            (id, login_outcome(&reply))
        };
        for _ in 0..6 {
            site.clock.advance_secs(600);
            let (later, outcome) = reconnects().await;
            assert_eq!(outcome, "allowed");
            assert_eq!(site.renewal(later).await["standing"], "good");
            assert_eq!(site.renewal(id).await["standing"], "good");
        }
        assert_eq!(site.rung_phones(), []);
        assert_eq!(site.events("phone_asked").await, 2);
        site.clock.advance_secs(1);
        assert_eq!(reconnects().await.1, "awaiting_phone", "the hour is over");

        // Of another user it never counted.
        let bobs = site.user_with_phone("bob").await;
        site.rung();
        let mut other = again.clone();
        other["user"] = "bob".into();
        site.asked(&other).await;
        assert_eq!(site.rung_phones(), [bobs.id]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_sign_ins_ends_those_that_access_server_proved() {
    on_each_engine(async |site| {
        policy(site, json!({ "autologin": "push", "match_number": "where_shown" })).await;
        let phone = site.phone().await;
        let mut step = 0;
        let mut allowed = async || -> LoginId {
            step += 1;
            site.clock.advance_secs(700);
            // By number, and of a profile that signs in by itself.
            let (id, statement) = if step % 2 == 1 {
                let (id, begun) = site.begin(&body()).await;
                site.typed(id, 1, "push").await;
                (id, site.statement(id, "approve", Some(&number(&begun.json()))))
            } else {
                let id = site.asked(&autologin()).await;
                (id, site.statement(id, "approve", None))
            };
            assert_eq!(said(&site.say(&phone, id, &statement).await), "approved");
            assert_eq!(site.renewal(id).await["standing"], "good");
            id
        };
        let (one, two) = (allowed().await, allowed().await);
        let ended = async |id| {
            let renewal = site.renewal(id).await;
            assert_eq!(renewal["standing"], "ended", "{renewal}");
            assert_eq!(renewal["reason"]["code"], "session_ended");
        };
        accounts::disable(&site.app, &site.by, site.tenant, site.alice).await.unwrap();
        ended(one).await;
        ended(two).await;
        accounts::enable(&site.app, &site.by, site.tenant, site.alice).await.unwrap();
        ended(one).await;
        ended(two).await;

        // Each one alone, on the phone that approved it.
        let (one, two) = (allowed().await, allowed().await);
        let path = format!("/requests/{one}/endings");
        let reply = phone.post(site, &path, &json!({})).await;
        assert!(reply.status < 300, "{reply:?}");
        ended(one).await;
        assert_eq!(site.renewal(two).await["standing"], "good");
        accounts::delete(&site.app, &site.by, site.tenant, site.alice).await.unwrap();
        ended(two).await;
    })
    .await;
}
