//! Applications and keys, from nothing to nothing.

use crate::world::{World, on_each_engine};
use axum::http::Method;
use serde_json::{Value, json};

async fn protect(world: &World, token: &str, name: &str) -> Value {
    let body = json!({ "name": name, "type": "openvpn", "key_name": "vpn1.example.com" });
    world.post(token, "/admin/v1/applications", &body).await.good()
}

fn path(made: &Value) -> String {
    format!("/admin/v1/applications/{}", made["application_id"].as_str().unwrap())
}

#[tokio::test]
async fn something_is_protected_changed_and_deleted() {
    on_each_engine(async |world| {
        let token = world.owner().await;
        let made = protect(world, &token, "Berlin VPN").await;
        assert!(made["application_key"].as_str().unwrap().starts_with("axk_"));
        assert_eq!(made["application_url"], "https://mfa.example.com");
        let path = path(&made);
        let read = world.get(&token, &path).await.good();
        assert_eq!(read["name"], "Berlin VPN");
        assert_eq!(read["state"], "waiting");
        assert!(read.get("groups").is_none(), "everybody may");
        let body =
            json!({ "name": "Hamburg VPN", "domain_suffix": "corp.example", "switched_off": true });
        let changed = world.call(&token, &Method::PATCH, &path, &body).await.good();
        assert_eq!(changed["name"], "Hamburg VPN");
        assert_eq!(changed["domain_suffix"], "corp.example");
        assert_eq!(changed["state"], "switched_off");
        let body = json!({ "domain_suffix": "" });
        let changed = world.call(&token, &Method::PATCH, &path, &body).await.good();
        assert!(changed.get("domain_suffix").is_none());
        assert_eq!(changed["state"], "switched_off", "what is absent stays");
        let body = json!({ "domain_suffix": "a b" });
        let problem = world.call(&token, &Method::PATCH, &path, &body).await;
        assert_eq!(problem.refused(422, "invalid_request")["field"], "domain_suffix");
        let body = json!({ "groups": [] });
        let audience = format!("{path}/audience");
        let changed = world.call(&token, &Method::PUT, &audience, &body).await.good();
        assert_eq!(changed["groups"], json!([]), "nobody may");
        let body = json!({ "groups": ["grp_01kxxxxxxxxxxxxxxxxxxxxxxx"] });
        world.call(&token, &Method::PUT, &audience, &body).await.refused(422, "no_such_group");
        assert_eq!(world.get(&token, &format!("{path}/contacts")).await.good()["items"], json!([]));
        assert_eq!(world.delete(&token, &path).await.status, 204);
        world.get(&token, &path).await.refused(404, "not_found");
        world.delete(&token, &path).await.refused(404, "not_found");
    })
    .await;
}

#[tokio::test]
async fn a_name_is_given_once() {
    on_each_engine(async |world| {
        let token = world.owner().await;
        let first = protect(world, &token, "Berlin VPN").await;
        let second = protect(world, &token, "Hamburg VPN").await;
        let body = json!({ "name": "BERLIN vpn", "type": "api", "key_name": "a" });
        let problem = world.post(&token, "/admin/v1/applications", &body).await;
        assert_eq!(problem.refused(409, "name_taken")["field"], "name");
        let body = json!({ "name": "berlin vpn" });
        let problem = world.call(&token, &Method::PATCH, &path(&second), &body).await;
        problem.refused(409, "name_taken");
        let keys = format!("{}/keys", path(&first));
        let body = json!({ "name": "VPN1.example.com" });
        world.post(&token, &keys, &body).await.refused(409, "name_taken");
    })
    .await;
}

#[tokio::test]
async fn a_list_is_read_in_parts() {
    on_each_engine(async |world| {
        let token = world.owner().await;
        for name in ["Delta", "alpha", "Charlie", "bravo", "echo"] {
            protect(world, &token, name).await;
        }
        let names = |list: &Value| -> Vec<String> {
            let items = list["items"].as_array().unwrap().iter();
            items.map(|item| item["name"].as_str().unwrap().to_owned()).collect()
        };
        let list = "/admin/v1/applications?limit=2";
        let (mut read, mut next) = (vec![], list.to_owned());
        loop {
            let part = world.get(&token, &next).await.good();
            read.extend(names(&part));
            let Some(cursor) = part.get("next_cursor") else { break };
            next = format!("{list}&cursor={}", cursor.as_str().unwrap());
        }
        assert_eq!(read, ["alpha", "bravo", "Charlie", "Delta", "echo"]);
        let found = world.get(&token, "/admin/v1/applications?sort=-name&q=A").await.good();
        assert_eq!(names(&found), ["Delta", "Charlie", "bravo", "alpha"]);
        let found = world.get(&token, "/admin/v1/applications?state=in_use").await.good();
        assert_eq!(names(&found), [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn keys_come_and_go() {
    on_each_engine(async |world| {
        let token = world.owner().await;
        let made = protect(world, &token, "Berlin VPN").await;
        let keys = format!("{}/keys", path(&made));
        world.clock.advance_secs(1);
        let added = world.post(&token, &keys, &json!({ "name": "vpn2" })).await.good();
        let key = format!("{keys}/{}", added["key_id"].as_str().unwrap());
        let body = json!({ "name": "vpn3" });
        assert_eq!(world.call(&token, &Method::PATCH, &key, &body).await.status, 204);
        let list = world.get(&token, &keys).await.good();
        assert_eq!(list["items"][1]["name"], "vpn3");
        assert!(!list.to_string().contains("axk_"), "{list}");
        let restore = format!("{key}/restore");
        world.post(&token, &restore, &json!({})).await.refused(422, "not_restorable");
        assert_eq!(world.delete(&token, &key).await.good()["left"], 1);
        world.delete(&token, &key).await.refused(404, "not_found");
        assert_eq!(world.post(&token, &restore, &json!({})).await.status, 204);
        world.delete(&token, &key).await.good();
        world.clock.advance_secs(601);
        world.post(&token, &restore, &json!({})).await.refused(422, "not_restorable");
        for n in 0..15 {
            world.post(&token, &keys, &json!({ "name": format!("host{n}") })).await.good();
        }
        let one_more = world.post(&token, &keys, &json!({ "name": "one more" })).await;
        one_more.refused(422, "too_many");
    })
    .await;
}
