//! Logins, the record, deliveries and figures.

use crate::{
    files::upload,
    people_samples::login,
    world::{World, on_each_engine},
};
use authx_core::role::{Permission, Role};
use axum::http::header;
use serde_json::{Value, json};

fn ids(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().unwrap().iter();
    items.map(|item| item["login_id"].as_str().unwrap().to_owned()).collect()
}

async fn some(world: &World) -> (String, Vec<String>) {
    let token = world.owner().await;
    let anna = world.account(world.tenant, "anna", None).await;
    let mut logins = vec![];
    for _ in 0..5 {
        world.clock.advance_secs(60);
        logins.push(login(world, world.tenant, anna).await.to_string());
    }
    logins.reverse();
    (token, logins)
}

#[tokio::test]
async fn logins_are_found_and_followed_step_by_step() {
    on_each_engine(async |world| {
        let (token, logins) = some(world).await;
        let list = "/admin/v1/logins?limit=2";
        let (mut read, mut next) = (vec![], list.to_owned());
        loop {
            let part = world.get(&token, &next).await.good();
            assert_eq!((&part["total"], &part["more"]), (&json!(5), &json!(false)));
            read.extend(ids(&part));
            let Some(cursor) = part.get("next_cursor") else { break };
            next = format!("{list}&cursor={}", cursor.as_str().unwrap());
        }
        assert_eq!(read, logins);
        let count = async |query: &str| {
            world.get(&token, &format!("/admin/v1/logins?{query}")).await.good()["total"].clone()
        };
        assert_eq!(count("q=anna").await, 5);
        assert_eq!(count("q=7k3mpq").await, 5);
        assert_eq!(count("q=ben").await, 0);
        assert_eq!(count("outcome=refused&reason=wrong_credentials").await, 5);
        assert_eq!(count("outcome=granted").await, 0);
        assert_eq!(count("factor=push").await, 0);
        assert_eq!(count("until=2000-01-01T00:00:00Z").await, 0);
        for query in ["outcome=x", "factor=x", "reason=x", "from=x", "user=x", "time=24h"] {
            let reply = world.get(&token, &format!("/admin/v1/logins?{query}")).await;
            reply.refused(400, "invalid_query");
        }
        let one = world.get(&token, &format!("/admin/v1/logins/{}", logins[0])).await.good();
        assert_eq!((&one["outcome"], &one["user"]), (&json!("refused"), &json!("anna")));
        let steps = one["steps"].as_array().unwrap();
        assert_eq!(steps.last().unwrap()["event"], "login_refused");
    })
    .await;
}

/// Whatever stands in an order is read from either end, in parts: the one is the other turned round.
#[tokio::test]
async fn what_is_listed_is_read_from_either_end() {
    on_each_engine(async |world| {
        let (token, _) = some(world).await;
        let group = json!({"name": "Staff"});
        let group = world.post(&token, "/admin/v1/groups", &group).await.good()["group_id"].clone();
        let group = group.as_str().unwrap();
        world.account(world.tenant, "ben", None).await;
        let members = json!({"users": ["anna", "ben"]});
        let into = format!("/admin/v1/groups/{group}/members");
        world.post(&token, &into, &members).await.good();
        let anna = world.get(&token, "/admin/v1/users/by-name/anna").await.good();
        let log = format!("/admin/v1/users/{}/log", anna["user_id"].as_str().unwrap());
        for query in ["?name=one.csv", "?name=two.csv"] {
            upload(world, &token, query, b"name\ncarol\n").await.good();
        }
        for (path, word, down) in [
            ("/admin/v1/logins", "began", true),
            ("/admin/v1/record", "at", true),
            ("/admin/v1/deliveries/mail", "created", true),
            ("/admin/v1/deliveries/phones", "created", true),
            ("/admin/v1/imports", "created", true),
            (&log, "at", true),
            (&into, "name", false),
        ] {
            let usual = whole(world, &token, path, "").await;
            assert!(usual.len() > 1 || path.contains("deliveries"), "{path}: {usual:?}");
            let down_word = format!("-{word}");
            let (same, other) =
                if down { (down_word.as_str(), word) } else { (word, down_word.as_str()) };
            assert_eq!(whole(world, &token, path, same).await, usual, "{path}");
            let mut turned = whole(world, &token, path, other).await;
            turned.reverse();
            assert_eq!(turned, usual, "{path}");
            let strange = world.get(&token, &format!("{path}?sort=x")).await;
            strange.refused(400, "invalid_query");
        }
        let steps = world.get(&token, &format!("{log}?what=logins")).await.good();
        let changes = world.get(&token, &format!("{log}?what=changes")).await.good();
        assert!(steps["total"].as_u64() >= Some(5), "{steps}");
        assert!(changes.to_string().contains("user_created"), "{changes}");
        let done = world.get(&token, "/admin/v1/imports?state=done").await.good();
        assert!(done["items"].as_array().unwrap().is_empty(), "{done}");
    })
    .await;
}

/// All of a list, read two by two.
async fn whole(world: &World, token: &str, path: &str, sort: &str) -> Vec<Value> {
    let list = format!("{path}?limit=2&sort={sort}");
    let (mut read, mut next) = (vec![], list.clone());
    loop {
        let part = world.get(token, &next).await.good();
        read.extend(part["items"].as_array().unwrap().iter().cloned());
        let Some(cursor) = part.get("next_cursor") else { return read };
        next = format!("{list}&cursor={}", cursor.as_str().unwrap());
    }
}

#[tokio::test]
async fn the_log_and_the_record_are_taken_away_as_files_and_that_is_recorded() {
    on_each_engine(async |world| {
        let (token, logins) = some(world).await;
        let file = world.get(&token, "/admin/v1/logins/export?reason=wrong_credentials").await;
        assert_eq!(file.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
        assert_eq!(file.text().lines().count(), 6);
        let file = world.get(&token, "/admin/v1/logins/export?format=json").await;
        assert_eq!(file.headers[header::CONTENT_TYPE], "application/x-ndjson");
        let first: Value = serde_json::from_str(file.text().lines().next().unwrap()).unwrap();
        assert_eq!(first["login_id"], logins[0]);
        let file = world.get(&token, "/admin/v1/record/export?kind=record_exported&format=json");
        // Whether this one is in it already depends on the engine.
        assert!(file.await.text().lines().count() >= 2);
        let whole = world.get(&token, "/admin/v1/record/export?what=everything").await;
        assert!(whole.text().starts_with("seq,at,event,"), "{}", whole.text());
        let narrowed = "/admin/v1/record/export?what=everything&kind=user_created";
        world.get(&token, narrowed).await.refused(400, "invalid_query");
        for path in ["/admin/v1/logins/export?format=xls", "/admin/v1/logins/export?limit=1"] {
            world.get(&token, path).await.refused(400, "invalid_query");
        }
        let reader = world.account(world.tenant, "reader", Some(Role::ReadOnly)).await;
        let reader = world.token(world.tenant, reader, &[Permission::LogsRead]).await.text;
        world.get(&reader, "/admin/v1/logins/export").await.refused(403, "scope_missing");
    })
    .await;
}

#[tokio::test]
async fn the_record_says_what_was_before_and_what_is_after() {
    on_each_engine(async |world| {
        let token = world.owner().await;
        let made = world.post(&token, "/admin/v1/users", &json!({ "name": "anna" })).await.good();
        let path = format!("/admin/v1/users/{}", made["user_id"].as_str().unwrap());
        let body = json!({ "display": "Anna" });
        world.call(&token, &axum::http::Method::PATCH, &path, &body).await.good();
        let record = world.get(&token, "/admin/v1/record?kind=user_changed").await.good();
        let entry = &record["items"][0];
        assert_eq!((&entry["what"], &entry["by"]), (&json!("User changed"), &json!("olga")));
        assert!(entry["detail"]["by_token"].as_str().unwrap().starts_with("tok_"), "{entry}");
        let change = &entry["changes"][0];
        assert_eq!((&change["field"], &change["after"]), (&json!("display"), &json!("Anna")));
        let whole = world.get(&token, "/admin/v1/record?limit=1").await.good();
        let cursor = whole["next_cursor"].as_str().unwrap();
        let rest = world.get(&token, &format!("/admin/v1/record?limit=200&cursor={cursor}")).await;
        let rest = rest.good()["items"].as_array().unwrap().len();
        assert_eq!(u64::try_from(rest).unwrap() + 1, whole["total"].as_u64().unwrap());
        let kinds = world.get(&token, "/admin/v1/record/kinds").await.good();
        let known = json!({ "kind": "user_changed", "title": "User changed" });
        assert!(kinds["items"].as_array().unwrap().contains(&known), "{kinds}");
        world.get(&token, "/admin/v1/record?by=x").await.refused(400, "invalid_query");
    })
    .await;
}

#[tokio::test]
async fn deliveries_and_figures_are_there() {
    on_each_engine(async |world| {
        let (token, _) = some(world).await;
        let anna = world.get(&token, "/admin/v1/users/by-name/anna").await.good();
        let codes = format!("/admin/v1/users/{}/recovery-codes", anna["user_id"].as_str().unwrap());
        world.post(&token, &codes, &json!({})).await.good();
        let mail = world.get(&token, "/admin/v1/deliveries/mail?state=not_sent").await.good();
        assert_eq!((&mail["total"], &mail["items"][0]["user"]), (&json!(1), &json!("anna")));
        let none = world.get(&token, "/admin/v1/deliveries/mail?state=sent").await.good();
        assert_eq!(none["total"], 0);
        let phones = world.get(&token, "/admin/v1/deliveries/phones?arrived=false").await.good();
        assert_eq!(phones["items"], json!([]));
        for path in
            ["deliveries/phones?arrived=yes", "deliveries/mail?state=x", "dashboard?period=1y"]
        {
            world.get(&token, &format!("/admin/v1/{path}")).await.refused(400, "invalid_query");
        }
        for (period, slots) in [("24h", 24), ("7d", 7), ("30d", 30)] {
            let path = format!("/admin/v1/dashboard?period={period}");
            let found = world.get(&token, &path).await.good();
            assert_eq!((&found["refused"], &found["granted"]), (&json!(5), &json!(0)));
            assert_eq!(found["slots"].as_array().unwrap().len(), slots);
            assert_eq!(found["by_reason"][0], json!({ "word": "wrong_credentials", "count": 5 }));
        }
        let notices = world.get(&token, "/admin/v1/notices").await.good();
        let codes: Vec<_> =
            notices["items"].as_array().unwrap().iter().map(|one| &one["code"]).collect();
        assert!(codes.contains(&&json!("one_owner")), "{codes:?}");
    })
    .await;
}
