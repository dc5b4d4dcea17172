use crate::site::{NUMBER, login_outcome, on_each_engine, plain, push, said};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_login_from_the_prompt_to_the_end_of_its_session() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        let mut live = site.live(&phone).await;
        assert_eq!(live.next().await.unwrap()["requests"], json!([]));

        let (id, begun) = site.begin(&push()).await;
        assert_eq!(login_outcome(&begun), "awaiting_phone");
        let begun = begun.json();
        assert_eq!(begun["factor"], "push");
        assert_eq!(begun["match_number"], NUMBER);
        assert!(begun["prompt"]["text"].as_str().unwrap().contains("482 913"), "{begun}");
        assert!(begun["delivery"]["text"].as_str().unwrap().contains("Anna's phone"), "{begun}");

        let view = live.next().await.unwrap();
        let request = &view["requests"][0];
        assert_eq!(request["id"], id.to_string());
        assert_eq!(request["kind"], "approval");
        assert_eq!(request["application"]["name"], "office");
        assert_eq!(request["tenant"]["name"], "Example");
        assert_eq!(request["user"]["name"], "alice");
        let client = json!({ "address": "192.0.2.7", "program": "OpenVPN Connect",
            "device": "laptop", "new_network": true });
        assert_eq!(request["client"], client);
        assert_eq!(request["server"]["name"], "vpn-1");
        assert_eq!(request["support_code"], begun["support_code"]);
        assert_eq!(
            (&request["tries_left"], &request["match_number"]),
            (&json!(2), &"required".into())
        );
        assert_eq!(request["user_verification"], false);
        assert_eq!(request["expires_at"], begun["expires_at"]);
        assert!(!view.to_string().contains(NUMBER), "the number stays at the prompt: {view}");
        assert_eq!(site.requests(&phone).await, view, "whoever asks is told the same");

        site.receipt(&phone, "live", &[id]).await;
        let login = site.login(id).await;
        assert_eq!(login["delivery"]["state"], "delivered", "{login}");
        assert!(login["version"].as_u64() > begun["version"].as_u64());
        assert_eq!(site.events("phone_reached").await, 1);
        site.receipt(&phone, "push", &[id]).await;
        assert_eq!(site.events("phone_reached").await, 1, "a second receipt says nothing new");
        assert_eq!(phone.account(site).await.json()["reach"]["state"], "reachable");

        let reply = site.approve(&phone, id, NUMBER).await;
        assert_eq!((reply.status, said(&reply).as_str()), (200, "approved"), "{reply:?}");
        assert_eq!(reply.json()["session"], true);
        assert_eq!(reply.json()["support_code"], begun["support_code"]);
        let login = site.login(id).await;
        assert_eq!((&login["state"], &login["factor"]), (&"allowed".into(), &"push".into()));
        assert_eq!(site.events("login_allowed").await, 1);
        assert_eq!(live.next().await.unwrap()["requests"], json!([]), "it disappears by itself");
        assert_eq!(site.history(&phone).await, [(id.to_string(), "approved".to_owned())]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_approval_left_ends_from_the_phone() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        let id = site.asked(&push()).await;
        assert_eq!(said(&site.approve(&phone, id, NUMBER).await), "approved");
        let login = site.login(id).await;
        assert_eq!(site.renewal(id).await["standing"], "good");

        site.clock.advance_secs(1);
        let again = site.asked(&push()).await;
        let request = site.request(&phone).await;
        assert_eq!(request["client"]["new_network"], false, "approved from there before");
        site.cancel(again).await;
        assert_eq!(site.history(&phone).await[0], (again.to_string(), "cancelled".to_owned()));

        let mut remembered = plain();
        remembered["session"] = login["session"]["id"].clone();
        assert_eq!(login_outcome(&site.begin(&remembered).await.1), "allowed");
        let ended = phone.post(site, &format!("/requests/{id}/endings"), &json!({})).await;
        assert_eq!(ended.status, 204, "{ended:?}");
        assert_eq!(site.renewal(id).await["standing"], "ended");
        assert_eq!(login_outcome(&site.begin(&remembered).await.1), "awaiting_input");
        let record = site.record(100).await;
        let not_meant =
            record.iter().filter(|entry| entry.detail.get("cause") == Some(&"not_meant".into()));
        assert_eq!(
            not_meant.map(|entry| entry.event.as_str()).collect::<Vec<_>>(),
            ["session_ended"]
        );
        let other = format!("/requests/{again}/endings");
        assert_eq!(said(&phone.post(site, &other, &json!({})).await), "not_open:cancelled");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_remembered_of_fifty_requests_is_shown_newest_first() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        let mut ids = vec![];
        for _ in 0..52 {
            site.clock.advance_secs(601);
            let id = site.asked(&push()).await;
            let deny = site.statement(id, "deny", None);
            assert_eq!(said(&site.say(&phone, id, &deny).await), "denied");
            ids.push((id.to_string(), "denied".to_owned()));
        }
        ids.reverse();
        assert_eq!(site.history(&phone).await, ids[..50]);
        let none = phone.call(site, &phone.device, "GET", "/requests", &Value::Null).await;
        assert_eq!(none.json()["requests"], json!([]));
    })
    .await;
}
