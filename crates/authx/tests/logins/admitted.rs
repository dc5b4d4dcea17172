//! Applications that are for some groups only, tried with a pilot, switched off, or whose hosts put
//! a domain behind names.

use super::{PASSWORD, World, name, on_each_engine, outcome, with_password};
use authx::{
    admin::{
        aliases,
        applications::{self, SettingsChange},
        record::{self, Filter},
    },
    store::Batch,
};
use authx_core::GroupId;
use serde_json::{Value, json};

/// A group; `member` says whether alice is in it.
async fn group(world: &World, byte: u8, member: bool) -> GroupId {
    let (id, called) = (GroupId::from_bytes([byte; 16]), format!("g{byte}"));
    let mut batch = Batch::default().one(
        "INSERT INTO user_group (id, tenant, name, folded, policy, place, created)
         VALUES ($1, $2, $3, $3, '{}', 1, 1)",
        [id.into(), world.tenant.into(), called.into()],
    );
    if member {
        batch = batch.one(
            "INSERT INTO membership (tenant, account, user_group) VALUES ($1, $2, $3)",
            [world.tenant.into(), world.alice.into(), id.into()],
        );
    }
    world.app.store.commit(batch).await.unwrap();
    id
}

async fn set(world: &World, wanted: SettingsChange) {
    let World { app, by, tenant, application, .. } = world;
    applications::set(app, by, *tenant, application.id, &wanted).await.unwrap();
}

fn gate(groups: &[GroupId]) -> SettingsChange {
    SettingsChange { groups: Some(Some(groups.to_vec())), ..SettingsChange::default() }
}

fn pilot(groups: &[GroupId]) -> SettingsChange {
    SettingsChange { pilot: Some(groups.to_vec()), ..SettingsChange::default() }
}

async fn signed_in(world: &World, user: &str, password: &str) -> String {
    let mut request = with_password(password);
    request["user"] = user.into();
    outcome(&world.begin(&request).await.unwrap())
}

async fn newest(world: &World) -> Value {
    let filter = Filter::default();
    let entries = record::newest(&world.app, world.tenant, &filter, 1).await.unwrap();
    serde_json::to_value(&entries[0]).unwrap()
}

#[tokio::test]
async fn only_members_come_through_a_gate_and_nobody_learns_of_it_without_the_password() {
    on_each_engine(async |world| {
        let (inside, outside) = (group(world, 1, true).await, group(world, 2, false).await);
        set(world, gate(&[outside])).await;
        assert_eq!(signed_in(world, "alice", PASSWORD).await, "refused:not_permitted");
        assert_eq!(newest(world).await["detail"]["reason"], "not_in_group");
        assert_eq!(signed_in(world, "alice", "wrong").await, "refused:wrong_credentials");
        assert_eq!(signed_in(world, "nobody", PASSWORD).await, "refused:wrong_credentials");
        set(world, gate(&[outside, inside])).await;
        assert_eq!(signed_in(world, "alice", PASSWORD).await, "awaiting_input");
        // A group that is gone lets nobody in, rather than everybody.
        set(world, gate(&[inside])).await;
        let gone = Batch::default().one("DELETE FROM user_group WHERE id = $1", [inside.into()]);
        world.app.store.commit(gone).await.unwrap();
        assert_eq!(signed_in(world, "alice", PASSWORD).await, "refused:not_permitted");
        let everybody = SettingsChange { groups: Some(None), ..SettingsChange::default() };
        set(world, everybody).await;
        assert_eq!(signed_in(world, "alice", PASSWORD).await, "awaiting_input");
    })
    .await;
}

#[tokio::test]
async fn an_open_login_ends_when_its_user_is_shut_out() {
    on_each_engine(async |world| {
        let outside = group(world, 2, false).await;
        let login = world.begin(&with_password(PASSWORD)).await.unwrap();
        set(world, gate(&[outside])).await;
        let answered = world.answer(login.id, 1, &world.code()).await.unwrap();
        assert_eq!(outcome(&answered), "refused:not_permitted");
    })
    .await;
}

#[tokio::test]
async fn a_pilot_asks_its_group_and_lets_all_others_in_by_the_first_factor() {
    on_each_engine(async |world| {
        let (inside, outside) = (group(world, 1, true).await, group(world, 2, false).await);
        set(world, pilot(&[outside])).await;
        assert_eq!(signed_in(world, "alice", PASSWORD).await, "allowed");
        let entry = newest(world).await;
        assert_eq!(
            (&entry["event"], &entry["detail"]["by"]),
            (&json!("login_allowed"), &json!("pilot"))
        );
        assert_eq!(signed_in(world, "alice", "wrong").await, "refused:wrong_credentials");
        set(world, pilot(&[inside])).await;
        assert_eq!(signed_in(world, "alice", PASSWORD).await, "awaiting_input");
        set(world, pilot(&[outside])).await;
        // With its only group a pilot is over.
        let gone = Batch::default().one("DELETE FROM user_group WHERE id = $1", [outside.into()]);
        world.app.store.commit(gone).await.unwrap();
        assert_eq!(signed_in(world, "alice", PASSWORD).await, "awaiting_input");
    })
    .await;
}

#[tokio::test]
async fn what_is_switched_off_refuses_all_and_looks_at_no_password() {
    on_each_engine(async |world| {
        let off = |off| SettingsChange { switched_off: Some(off), ..SettingsChange::default() };
        set(world, off(true)).await;
        for (user, password) in [("alice", PASSWORD), ("alice", "wrong"), ("nobody", "x")] {
            assert_eq!(signed_in(world, user, password).await, "refused:switched_off");
        }
        for _ in 0..20 {
            signed_in(world, "alice", "wrong").await;
        }
        set(world, off(false)).await;
        assert_eq!(signed_in(world, "alice", PASSWORD).await, "awaiting_input", "nothing counted");
    })
    .await;
}

#[tokio::test]
async fn one_person_signs_in_with_and_without_the_domain() {
    on_each_engine(async |world| {
        let World { app, by, tenant, .. } = world;
        let suffix = |text: &str| SettingsChange {
            domain_suffix: Some(Some(text.parse().unwrap())),
            ..SettingsChange::default()
        };
        let known = "awaiting_input";
        assert_eq!(
            signed_in(world, "alice@corp.example", PASSWORD).await,
            "refused:wrong_credentials"
        );
        set(world, suffix("corp.example")).await;
        for user in ["alice", "ALICE@Corp.Example", "corp.example\\alice"] {
            assert_eq!(signed_in(world, user, PASSWORD).await, known, "{user}");
        }
        for user in ["alice@home.example", "CORP\\alice", "@corp.example", "alice@corp.example@x"] {
            assert_eq!(
                signed_in(world, user, PASSWORD).await,
                "refused:wrong_credentials",
                "{user}"
            );
        }
        // A name with the domain is found by the bare one, too.
        let alias = name("al@corp.example");
        aliases::add(app, by, *tenant, world.alice, &alias).await.unwrap();
        assert_eq!(signed_in(world, "al", PASSWORD).await, known);
        // Also in a certificate, also while an open login is answered.
        let mut request = with_password(PASSWORD);
        request["certificate"] = "alice@corp.example".into();
        let login = world.begin(&request).await.unwrap();
        assert_eq!(outcome(&login), known);
        let answered = world.answer(login.id, 1, &world.code()).await.unwrap();
        assert_eq!(outcome(&answered), "allowed");
    })
    .await;
}
