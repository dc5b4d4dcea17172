use crate::{
    phone::Phone,
    site::{NUMBER, Site, Vpn, answers, on_each_engine, push, push_of, said},
    world::{Reply, World},
};
use authx::{
    admin::{accounts, passwords},
    enrol::phones::{self, Separate},
};
use authx_core::LoginId;
use axum::body::{Body, to_bytes};
use serde_json::{Value, json};

/// Nobody was let in, and the request waits as before.
async fn untouched(site: &Site, id: LoginId) {
    assert_eq!(site.outcome(id).await, "awaiting_phone");
    assert_eq!(site.events("login_allowed").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_approval_lets_nobody_in_twice() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        let id = site.asked(&push()).await;
        let statement = site.statement(id, "approve", Some(NUMBER));
        let body = json!({ "statement": statement.to_string() }).to_string();
        let path = answers(id);
        let captured = site.signed(&phone, &phone.answer, "POST", &path, "", &body);
        let (parts, bytes) = captured.into_parts();
        let bytes = to_bytes(bytes, usize::MAX).await.unwrap();
        let again = || axum::http::Request::from_parts(parts.clone(), Body::from(bytes.clone()));
        assert_eq!(said(&site.deliver(again()).await), "approved");
        assert_eq!(said(&site.deliver(again()).await), "not_open:approved");
        // The same statement under a new signature, and the same bytes at a later time.
        assert_eq!(said(&site.say(&phone, id, &statement).await), "not_open:approved");
        // At another request.
        let next = site.asked(&push_of(2)).await;
        let mut moved = again();
        *moved.uri_mut() = format!("/phone/v1{}", answers(next)).parse().unwrap();
        let reply = site.deliver(moved).await;
        assert_eq!((reply.status, said(&reply).as_str()), (401, "signature"));
        assert_eq!(said(&site.say(&phone, next, &statement).await), "statement_differs");
        site.clock.advance_secs(301);
        let late = site.deliver(again()).await;
        assert_eq!((late.status, said(&late).as_str()), (401, "clock"));
        assert_eq!(site.events("login_allowed").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_was_changed_on_its_way_is_refused() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        let id = site.asked(&push()).await;
        let no = json!({ "statement": site.statement(id, "deny", None).to_string() }).to_string();
        let yes = site.statement(id, "approve", Some(NUMBER)).to_string();
        let yes = json!({ "statement": yes }).to_string();
        let request = site.signed(&phone, &phone.answer, "POST", &answers(id), "", &no);
        let (parts, _) = request.into_parts();
        let reply = site.deliver(axum::http::Request::from_parts(parts, Body::from(yes))).await;
        assert_eq!(reply.status, 401, "{reply:?}");
        untouched(site, id).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_key_approves() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        let second = site.phone().await;
        let bob = site.user_with_phone("bob").await;
        let stranger = Phone::new(site);
        let (tenant, alice) = site.elsewhere().await;
        let invited = site.invite_user(tenant, alice, Separate::IfNeeded).await;
        let foreign = Phone::activated_and_confirmed(site, &site.proved(&invited).await).await;
        let id = site.asked(&push()).await;
        let yes = site.statement(id, "approve", Some(NUMBER));
        let outcome = |reply: Reply| (reply.status, said(&reply));
        let refused = |status, code: &str| (status, code.to_owned());

        let device = site.say_with(&phone, &phone.device, id, &yes).await;
        assert_eq!(outcome(device), refused(401, "answer_key_needed"));
        for key in [&second.answer, &second.device, &bob.answer, &stranger.answer] {
            let forged = site.say_with(&phone, key, id, &yes).await;
            assert_eq!(outcome(forged), refused(401, "signature"));
        }
        // Honest phones, about what they were not asked: the same as of what does not exist.
        for phone in [&second, &bob, &foreign] {
            assert_eq!(outcome(site.say(phone, id, &yes).await), refused(409, "not_open"));
            let unknown = site.new_id();
            let statement = site.statement(unknown, "approve", Some(NUMBER));
            let reply = site.say(phone, unknown, &statement).await;
            assert_eq!(outcome(reply), refused(409, "not_open"));
            assert_eq!(site.requests(phone).await["requests"], json!([]));
            for path in [format!("/requests/{id}/endings"), format!("/requests/{id}/codes")] {
                let body = json!({ "statement": site.statement(id, "code", None).to_string() });
                assert_eq!(outcome(phone.post(site, &path, &body).await), refused(409, "not_open"));
            }
            site.receipt(phone, "push", &[id]).await;
        }
        assert_eq!(outcome(site.say(&stranger, id, &yes).await), refused(401, "phone_gone"));
        assert_eq!(
            site.login(id).await["delivery"]["state"],
            "sent",
            "no receipt of others counts"
        );
        untouched(site, id).await;
        assert_eq!(said(&site.say(&phone, id, &yes).await), "approved");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_signed_is_what_was_asked() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        let (id, other) = (site.asked(&push()).await, site.asked(&push_of(2)).await);
        let branch = Vpn::of(site, "branch").await.id;
        let good = site.statement(id, "approve", Some(NUMBER));
        for (field, value) in [
            ("answer", json!("code")),
            ("login", json!(other)),
            ("login", json!(site.new_id())),
            ("application", json!(branch)),
            ("address", json!("192.0.2.8")),
            ("address", Value::Null),
        ] {
            let mut changed = good.clone();
            changed[field] = value.clone();
            let reply = site.say(&phone, id, &changed).await;
            let told = (reply.status, said(&reply));
            assert_eq!(told, (403, "statement_differs".to_owned()), "{field} = {value}");
        }
        // What nobody reads is not signed: an unknown member, another spelling, no JSON.
        for (field, value) in [
            ("amount", json!(1)),
            ("answer", json!("Approve")),
            ("match_number", json!("48291")),
            ("match_number", json!(482_913)),
            ("match_number", json!("482 913")),
        ] {
            let mut changed = good.clone();
            changed[field] = value;
            let reply = site.say(&phone, id, &changed).await;
            assert!((400..=422).contains(&reply.status), "{field}: {reply:?}");
        }
        let text = good.to_string();
        let twice = text.replacen('{', r#"{"answer":"deny","#, 1);
        for statement in ["", "null", "[]", &twice, &format!("{text} {text}")] {
            let body = json!({ "statement": statement });
            let reply = phone.post(site, &answers(id), &body).await;
            assert!((400..=422).contains(&reply.status), "{statement}: {reply:?}");
        }
        // The other request's statement, at the other request: that one is answered, not this one.
        assert_eq!(site.request_ids(&phone).await.len(), 2);
        untouched(site, id).await;
        untouched(site, other).await;
        assert_eq!(said(&site.say(&phone, id, &good).await), "approved");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_counts_for_its_own_login() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        let mut other = push_of(2);
        other["match_number"] = "111222".into();
        let (one, two) = (site.asked(&push()).await, site.asked(&other).await);
        assert_eq!(said(&site.approve(&phone, two, NUMBER).await), "wrong_number");
        assert_eq!(said(&site.approve(&phone, one, NUMBER).await), "approved");
        assert_eq!(said(&site.approve(&phone, two, NUMBER).await), "wrong_number");
        assert_eq!(site.outcome(two).await, "refused:wrong_number");
        assert_eq!(site.events("login_allowed").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_is_removed_pending_or_of_a_disabled_user_answers_nothing() {
    on_each_engine(async |site| {
        let World { app, by, tenant, alice, .. } = &**site;
        let phone = site.phone().await;
        let second = site.phone().await;
        let mut pending = Phone::new(site);
        let activation = site.activation().await;
        assert_eq!(pending.activate(site, &activation).await.status, 200);
        let id = site.asked(&push()).await;
        let refused = site.approve(&pending, id, NUMBER).await;
        assert_eq!((refused.status, said(&refused).as_str()), (409, "pending"));
        let read = pending.call(site, &pending.device, "GET", "/requests", &Value::Null).await;
        assert_eq!(read.outcome(), "pending");

        accounts::disable(app, by, *tenant, *alice).await.unwrap();
        let refused = site.approve(&phone, id, NUMBER).await;
        assert_eq!((refused.status, said(&refused).as_str()), (403, "account_disabled"));
        accounts::enable(app, by, *tenant, *alice).await.unwrap();

        phones::remove(app, by, *tenant, phone.id).await.unwrap();
        let gone = site.approve(&phone, id, NUMBER).await;
        assert_eq!((gone.status, said(&gone).as_str()), (401, "phone_gone"));
        assert_eq!(said(&site.approve(&second, id, NUMBER).await), "not_open");
        assert_eq!(site.events("login_allowed").await, 0);
        // The prompt goes on: the phone that is left can be chosen.
        let reply = site.typed(id, 1, "push").await;
        assert_eq!(crate::site::login_outcome(&reply), "awaiting_phone", "{reply:?}");
        assert_eq!(said(&site.approve(&second, id, NUMBER).await), "approved");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_between_the_question_and_the_answer_counts() {
    on_each_engine(async |site| {
        let World { app, by, tenant, alice, .. } = &**site;
        let phone = site.phone().await;
        let id = site.asked(&push()).await;
        site.policy(json!({ "user_verification": "required" })).await;
        let refused = site.approve(&phone, id, NUMBER).await;
        assert_eq!((refused.status, said(&refused).as_str()), (403, "verification_needed"));
        untouched(site, id).await;
        site.policy(json!({})).await;
        assert_eq!(said(&site.approve(&phone, id, NUMBER).await), "approved");

        let id = site.asked(&push()).await;
        let new = zeroize::Zeroizing::new("ten green herons".to_owned());
        passwords::set(app, by, *tenant, *alice, new).await.unwrap();
        let late = site.approve(&phone, id, NUMBER).await;
        assert_eq!((late.status, said(&late).as_str()), (409, "not_open:cancelled"));
        assert_eq!(site.outcome(id).await, "refused:wrong_credentials");
        assert_eq!(site.events("login_allowed").await, 1);
    })
    .await;
}

/// An administrator who takes push away means also what rings just now.
#[tokio::test(flavor = "multi_thread")]
async fn what_policy_allows_no_longer_approves_nothing() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        let (id, other) = (site.asked(&push()).await, site.asked(&push_of(2)).await);
        site.policy(json!({ "factors": ["code", "recovery"] })).await;
        let late = site.approve(&phone, id, NUMBER).await;
        assert_eq!((late.status, said(&late).as_str()), (409, "not_open:cancelled"));
        assert_eq!(site.events("login_allowed").await, 0);
        // To say that it was somebody else is always right.
        let fraud = site.say(&phone, other, &site.statement(other, "fraud", None)).await;
        assert_eq!(said(&fraud), "fraud");
    })
    .await;
}
