//! Groups and who is in them.

use crate::world::{World, on_each_engine};
use authx_core::role::{Permission, Role};
use axum::http::Method;
use serde_json::{Value, json};

const GROUPS: &str = "/admin/v1/groups";

async fn make(world: &World, token: &str, name: &str) -> String {
    let made = world.post(token, GROUPS, &json!({ "name": name })).await;
    assert_eq!(made.status, 201, "{}", made.text());
    format!("{GROUPS}/{}", made.good()["group_id"].as_str().unwrap())
}

fn names(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_group_is_made_moved_removed_and_put_back() {
    on_each_engine(async |world| {
        let token = world.owner().await;
        let (staff, guests) =
            (make(world, &token, "Staff").await, make(world, &token, "Guests").await);
        let body = json!({ "name": "staff" });
        let refused = world.post(&token, GROUPS, &body).await.refused(409, "name_taken");
        assert_eq!(refused["field"], "name");
        let body = json!({ "name": "Visitors" });
        let renamed = world.call(&token, &Method::PATCH, &guests, &body).await.good();
        assert_eq!(renamed["name"], "Visitors");
        let place = format!("{guests}/place");
        let zero = world.call(&token, &Method::PUT, &place, &json!({ "place": 0 })).await;
        assert_eq!(zero.refused(422, "invalid_request")["field"], "place");
        let first = world.call(&token, &Method::PUT, &place, &json!({ "place": 1 })).await.good();
        assert_eq!(first["place"], 1);
        assert_eq!(names(&world.get(&token, GROUPS).await.good()), ["Visitors", "Staff"]);
        let sorted = world.get(&token, &format!("{GROUPS}?sort=name&limit=1")).await.good();
        assert_eq!(names(&sorted), ["Staff"]);
        let cursor = sorted["next_cursor"].as_str().unwrap();
        let rest = world.get(&token, &format!("{GROUPS}?sort=name&limit=1&cursor={cursor}")).await;
        assert_eq!(names(&rest.good()), ["Visitors"]);
        assert_eq!(names(&world.get(&token, &format!("{GROUPS}?q=STA")).await.good()), ["Staff"]);

        assert_eq!(world.delete(&token, &staff).await.status, 204);
        world.get(&token, &staff).await.refused(404, "not_found");
        world.delete(&token, &staff).await.refused(404, "not_found");
        let restore = format!("{staff}/restore");
        let back = world.post(&token, &restore, &json!({})).await.good();
        world.post(&token, &restore, &json!({})).await.refused(422, "not_removed");
        assert_eq!((&back["name"], &back["place"]), (&json!("Staff"), &json!(2)));
    })
    .await;
}

#[tokio::test]
async fn people_come_and_go_all_or_none() {
    on_each_engine(async |world| {
        let token = world.owner().await;
        let staff = make(world, &token, "Staff").await;
        let members = format!("{staff}/members");
        let anna = world.account(world.tenant, "anna", None).await;
        world.account(world.tenant, "ben", None).await;
        let body = json!({ "users": ["ANNA", "nobody", "noone"] });
        let refused = world.post(&token, &members, &body).await.refused(422, "invalid_request");
        assert_eq!(refused["field"], "users");
        assert!(refused["detail"].as_str().unwrap().contains("“nobody”, and 1 more"), "{refused}");
        assert_eq!(world.get(&token, &members).await.good()["total"], 0);
        let body = json!({ "users": [anna, "ben", "Ben"] });
        let moved = world.post(&token, &members, &body).await.good();
        assert_eq!(moved, json!({ "moved": ["anna", "ben"] }));
        assert_eq!(world.post(&token, &members, &body).await.good(), json!({ "moved": [] }));
        let part = world.get(&token, &format!("{members}?limit=1")).await.good();
        assert_eq!((names(&part), &part["total"]), (vec!["anna"], &json!(2)));
        let cursor = part["next_cursor"].as_str().unwrap();
        let rest = world.get(&token, &format!("{members}?limit=1&cursor={cursor}")).await.good();
        assert_eq!((names(&rest), rest.get("next_cursor")), (vec!["ben"], None));
        let found = world.get(&token, &format!("{members}?q=be")).await.good();
        assert_eq!(names(&found), ["ben"]);
        assert_eq!(world.get(&token, &staff).await.good()["members"], 2);

        assert_eq!(world.delete(&token, &format!("{members}/{anna}")).await.status, 204);
        let body = json!({ "users": ["ben", "anna"] });
        let left = world.post(&token, &format!("{members}/remove"), &body).await.good();
        assert_eq!(left, json!({ "moved": ["ben"] }));
        let many = json!({ "users": vec!["anna"; 501] });
        world.post(&token, &members, &many).await.refused(422, "too_many_at_once");
    })
    .await;
}

/// A group with a policy is not switched off by whoever may not change policies.
#[tokio::test]
async fn a_groups_policy_is_not_taken_away_with_it() {
    on_each_engine(async |world| {
        let token = world.owner().await;
        let manager = world.account(world.tenant, "manager", Some(Role::UserManager)).await;
        let scopes = [Permission::GroupsRead, Permission::GroupsWrite];
        let narrow = world.token(world.tenant, manager, &scopes).await.text;
        let staff = make(world, &narrow, "Staff").await;
        let policy = staff.replace("/groups/", "/policies/");
        let now = world.get(&token, &policy).await.good();
        let body = json!({
            "revision": now["revision"], "policy": { "limits": { "lock_after": 6 } },
        });
        world.call(&token, &Method::PUT, &policy, &body).await.good();
        world.delete(&narrow, &staff).await.refused(403, "policy_in_force");
        let shown = world.get(&narrow, &staff).await.good();
        assert_eq!(shown["policy"], json!({ "limits": { "lock_after": 6 } }));
    })
    .await;
}
