//! Policies: read, replaced against what was read, tried on the past, and put back.

use crate::world::{World, on_each_engine};
use axum::http::Method;
use serde_json::{Value, json};

const GLOBAL: &str = "/admin/v1/policies/global";

async fn put(world: &World, token: &str, path: &str, policy: &Value) -> Value {
    let now = world.get(token, path).await.good();
    let body = json!({ "revision": now["revision"], "policy": policy });
    world.call(token, &Method::PUT, path, &body).await.good()
}

#[tokio::test]
async fn a_policy_is_replaced_only_as_it_was_read() {
    on_each_engine(async |world| {
        let token = world.owner().await;
        let read = world.get(&token, GLOBAL).await.good();
        assert_eq!((&read["target"], &read["policy"]), (&json!("global"), &json!({})));
        assert_eq!(read["effective"]["limits"]["lock_after"], 50);
        let policy = json!({ "factors": ["push"], "limits": { "lock_after": 8 } });
        let set = put(world, &token, GLOBAL, &policy).await;
        assert_eq!((&set["policy"], &set["effective"]["factors"]), (&policy, &json!(["push"])));
        let stale = json!({ "revision": read["revision"], "policy": {} });
        let refused = world.call(&token, &Method::PUT, GLOBAL, &stale).await;
        assert_eq!(refused.refused(409, "changed_meanwhile")["field"], "revision");
        for policy in [
            json!({ "colour": "red" }),
            json!({ "limits": { "lock_after": 1 } }),
            json!({ "factors": [] }),
            json!({ "factors": "push" }),
            json!([]),
        ] {
            let body = json!({ "revision": set["revision"], "policy": policy });
            let refused = world.call(&token, &Method::PUT, GLOBAL, &body).await;
            assert_eq!(refused.refused(422, "invalid_request")["field"], "policy", "{policy}");
        }
        assert_eq!(world.get(&token, GLOBAL).await.good()["revision"], set["revision"]);
    })
    .await;
}

#[tokio::test]
async fn earlier_versions_come_back() {
    on_each_engine(async |world| {
        let token = world.owner().await;
        for lock_after in [6, 7, 8] {
            put(world, &token, GLOBAL, &json!({ "limits": { "lock_after": lock_after } })).await;
        }
        let versions = format!("{GLOBAL}/versions");
        let part = world.get(&token, &format!("{versions}?limit=2")).await.good();
        assert_eq!(part["items"][0]["after"]["limits"]["lock_after"], 8);
        assert_eq!(part["items"][0]["by"], "olga");
        let cursor = part["next_cursor"].as_str().unwrap();
        let rest = world.get(&token, &format!("{versions}?limit=2&cursor={cursor}")).await.good();
        assert_eq!(rest["items"][0]["after"]["limits"]["lock_after"], 6);
        assert!(rest.get("next_cursor").is_none());
        let restore = format!("{versions}/{}/restore", rest["items"][0]["version"]);
        let body = json!({ "revision": "another" });
        world.post(&token, &restore, &body).await.refused(409, "changed_meanwhile");
        let now = world.get(&token, GLOBAL).await.good();
        let body = json!({ "revision": now["revision"] });
        let back = world.post(&token, &restore, &body).await.good();
        assert_eq!(back["policy"]["limits"]["lock_after"], 6);
    })
    .await;
}

#[tokio::test]
async fn every_value_says_where_it_comes_from() {
    on_each_engine(async |world| {
        let token = world.owner().await;
        let anna = world.account(world.tenant, "anna", None).await;
        let group =
            world.post(&token, "/admin/v1/groups", &json!({ "name": "Staff" })).await.good();
        let group = group["group_id"].as_str().unwrap().to_owned();
        let members = format!("/admin/v1/groups/{group}/members");
        world.post(&token, &members, &json!({ "users": [anna] })).await.good();
        put(world, &token, GLOBAL, &json!({ "limits": { "lock_after": 8 } })).await;
        let path = format!("/admin/v1/policies/{group}");
        put(world, &token, &path, &json!({ "limits": { "lock_after": 5 } })).await;
        let in_force = "/admin/v1/policies/in-force";
        let found = world.get(&token, &format!("{in_force}?user=ANNA")).await.good();
        assert_eq!(found["groups"][0]["name"], "Staff");
        let value = found["values"].as_array().unwrap().iter();
        let value = value.clone().find(|value| value["path"] == "limits.lock_after").unwrap();
        assert_eq!((&value["value"], &value["from"]), (&json!(5), &json!("group")));
        assert_eq!(value["from_group"], group);
        assert_eq!(value["overrides"][0]["from"], "tenant");
        assert_eq!(value["overrides"][0]["value"], 8);
        assert_eq!(value["overrides"][1]["from"], "default");
        let everybody = world.get(&token, in_force).await.good();
        assert_eq!(everybody["groups"], json!([]));
        for query in ["user=nobody", "application=app_01kxxxxxxxxxxxxxxxxxxxxxxx"] {
            world.get(&token, &format!("{in_force}?{query}")).await.refused(404, "not_found");
        }
        world.get(&token, &format!("{in_force}?group=x")).await.refused(400, "invalid_query");
    })
    .await;
}

#[tokio::test]
async fn a_draft_changes_nothing() {
    on_each_engine(async |world| {
        let token = world.owner().await;
        let review = format!("{GLOBAL}/review");
        let body = json!({ "policy": { "second_factor": "off", "limits": { "lock_after": 5 } } });
        let found = world.post(&token, &review, &body).await.good();
        assert_eq!((&found["judged"], &found["otherwise"]), (&json!(0), &json!(0)));
        assert_eq!(found["untold"], json!(["limits.lock_after"]));
        let bad = json!({ "policy": { "limits": { "lock_after": 0 } } });
        world.post(&token, &review, &bad).await.refused(422, "invalid_request");
        assert_eq!(world.get(&token, GLOBAL).await.good()["policy"], json!({}));
    })
    .await;
}
