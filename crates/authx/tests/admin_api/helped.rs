//! Past the second factor: never alone.

use crate::world::{World, on_each_engine};
use authx::admin::{Actor, bypass};
use authx_core::{
    ApprovalId, UserId,
    role::{Permission, Role},
};
use serde_json::json;

fn all_of(role: Role) -> Vec<Permission> {
    Permission::ALL.iter().copied().filter(|deed| role.may(*deed)).collect()
}

async fn script(world: &World, called: &str, role: Role) -> String {
    let account = world.account(world.tenant, called, Some(role)).await;
    world.token(world.tenant, account, &all_of(role)).await.text.to_string()
}

fn path(user: UserId) -> String {
    format!("/admin/v1/users/{user}/bypass")
}

#[tokio::test]
async fn it_takes_another_administrator() {
    on_each_engine(async |world| {
        let (desk, boss) = (
            script(world, "desk", Role::HelpDesk).await,
            script(world, "boss", Role::UserManager).await,
        );
        let anna = world.account(world.tenant, "anna", None).await;
        let wanted = json!({ "kind": "code", "reason": "lost the phone", "secs": 3_600 });
        world.post(&desk, &path(anna), &wanted).await.refused(403, "needs_leave");
        let wishes = format!("{}/wishes", path(anna));
        let asked = world.post(&desk, &wishes, &wanted).await;
        assert_eq!(asked.status, 201);
        let asked = asked.good();
        assert_eq!((&asked["agreed"], &asked["asked_name"]), (&json!(false), &json!("desk")));
        let wish = format!("/admin/v1/bypass/wishes/{}", asked["approval_id"].as_str().unwrap());
        let decline = format!("{wish}/decline");
        let carry_out = format!("{wish}/use");
        // Who may not agree declines their own alone, nothing is done before somebody agreed, and
        // that is a person.
        let other = script(world, "desk2", Role::HelpDesk).await;
        world.post(&other, &decline, &json!({})).await.refused(403, "not_yours");
        world.post(&desk, &carry_out, &json!({})).await.refused(422, "over");
        assert_eq!(world.get(&boss, "/admin/v1/bypass/wishes").await.good()["items"][0], asked);
        assert_eq!(world.post(&boss, &format!("{wish}/agree"), &json!({})).await.status, 404);
        let id: ApprovalId = asked["approval_id"].as_str().unwrap().parse().unwrap();
        let person = world.account(world.tenant, "paula", Some(Role::UserManager)).await;
        let person = Actor::account(person, Some(Role::UserManager), "paula");
        bypass::decide(&world.app, &person, world.tenant, id, true).await.unwrap();
        world.post(&boss, &decline, &json!({})).await.refused(422, "over");
        // Only whoever asked, and once.
        world.post(&boss, &carry_out, &json!({})).await.refused(422, "over");
        let given = world.post(&desk, &carry_out, &json!({})).await;
        assert_eq!(given.status, 201);
        assert!(given.good()["code"].is_string());
        world.post(&desk, &carry_out, &json!({})).await.refused(422, "over");

        let own = world.post(&boss, &wishes, &wanted).await.good();
        let own = format!("/admin/v1/bypass/wishes/{}", own["approval_id"].as_str().unwrap());
        assert_eq!(world.post(&boss, &format!("{own}/decline"), &json!({})).await.status, 204);
    })
    .await;
}

#[tokio::test]
async fn or_a_caller_who_was_checked() {
    on_each_engine(async |world| {
        let desk = script(world, "desk", Role::HelpDesk).await;
        let anna = world.account(world.tenant, "anna", None).await;
        let check = format!("/admin/v1/users/{anna}/caller-check");
        let answer = format!("{check}/answer");
        let none = world.post(&desk, &answer, &json!({ "digits": "123" })).await;
        none.refused(422, "over");
        let begun = world.post(&desk, &check, &json!({})).await.good();
        let shown = bypass::shown_to(&world.app, world.tenant, anna).await.unwrap().unwrap();
        assert_eq!(begun["agent_reads"], shown.agent_reads);
        assert!(!begun.to_string().contains(&shown.caller_reads), "{begun}");
        let wrong = json!({ "digits": shown.agent_reads });
        let wrong = world.post(&desk, &answer, &wrong).await.refused(422, "wrong_digits");
        assert_eq!(wrong["field"], "digits");
        let right = json!({ "digits": shown.caller_reads });
        assert_eq!(world.post(&desk, &answer, &right).await.status, 204);
        let state = world.get(&desk, &path(anna)).await.good();
        assert_eq!(state["caller_check"]["matched"], true);

        for (wish, code, field) in [
            (json!({ "kind": "bypass", "reason": "x", "secs": 3_600 }), "invalid_reason", "reason"),
            (json!({ "kind": "bypass", "reason": "lost it", "secs": 9 }), "invalid_time", "secs"),
        ] {
            let refused = world.post(&desk, &path(anna), &wish).await.refused(422, code);
            assert_eq!(refused["field"], field);
        }
        let wish = json!({ "kind": "bypass", "reason": "lost it", "secs": 3_600 });
        let given = world.post(&desk, &path(anna), &wish).await.good();
        assert!(given.get("code").is_none() && given["until"].is_string(), "{given}");
        let state = world.get(&desk, &path(anna)).await.good();
        assert_eq!(state["bypass_until"], given["until"]);
        // A check is good for one.
        world.post(&desk, &path(anna), &wish).await.refused(403, "needs_leave");
        assert_eq!(world.delete(&desk, &path(anna)).await.status, 204);
        assert!(world.get(&desk, &path(anna)).await.good().get("bypass_until").is_none());
    })
    .await;
}

#[tokio::test]
async fn owners_always_give_a_second_factor() {
    on_each_engine(async |world| {
        let olga = world.owner().await;
        let owner = world.account(world.tenant, "owner", Some(Role::Owner)).await;
        let wish = json!({ "kind": "code", "reason": "lost it", "secs": 3_600 });
        let wishes = format!("{}/wishes", path(owner));
        world.post(&olga, &wishes, &wish).await.refused(403, "outranked");
        world.post(&olga, &path(owner), &wish).await.refused(403, "outranked");
    })
    .await;
}
