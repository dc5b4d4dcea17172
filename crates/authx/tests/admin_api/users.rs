//! Users: the list, one of them, their states, phones and invitations.

use crate::{
    people_samples::{app_of, passkey, phone, push},
    world::{World, on_each_engine},
};
use authx::admin::accounts::{self, Details, Mail, NewAccount};
use authx_core::{
    UserId,
    role::{Permission, Role},
};
use axum::http::Method;
use serde_json::{Value, json};

const USERS: &str = "/admin/v1/users";

async fn make(world: &World, token: &str, name: &str) -> String {
    let made = world.post(token, USERS, &json!({ "name": name })).await.good();
    format!("{USERS}/{}", made["user_id"].as_str().unwrap())
}

fn names(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().unwrap().iter();
    items.map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_user_is_made_changed_removed_and_brought_back() {
    on_each_engine(async |world| {
        let token = world.owner().await;
        let body = json!({
            "name": "anna", "display": "Anna Berg", "mail": "anna@example.com",
            "aliases": ["CORP\\anna", "a/b anna"],
        });
        let made = world.post(&token, USERS, &body).await;
        assert_eq!(made.status, 201);
        let made = made.good();
        assert_eq!(made["state"], "pending");
        assert_eq!(made["aliases"], json!(["a/b anna", "corp\\anna"]));
        let path = format!("{USERS}/{}", made["user_id"].as_str().unwrap());
        let body = json!({ "name": "ANNA" });
        assert_eq!(
            world.post(&token, USERS, &body).await.refused(409, "name_taken")["field"],
            "name"
        );
        let body = json!({ "name": "ben", "aliases": ["corp\\Anna"] });
        assert_eq!(
            world.post(&token, USERS, &body).await.refused(409, "name_taken")["field"],
            "aliases"
        );
        for (body, field) in [
            (json!({ "name": "x", "mail": "nowhere" }), "mail"),
            (json!({ "name": "x", "role": "owner" }), "role"),
            (json!({ "name": "x", "aliases": [""] }), "aliases[0]"),
        ] {
            let problem = world.post(&token, USERS, &body).await.refused(422, "invalid_request");
            assert_eq!(problem["field"], field, "{problem}");
        }

        let body = json!({ "mail": "" });
        let changed = world.call(&token, &Method::PATCH, &path, &body).await.good();
        assert!(changed.get("mail").is_none(), "{changed}");
        assert_eq!(changed["display"], "Anna Berg", "what is absent stays");
        let body = json!({ "name": "anna.berg", "display": "" });
        let changed = world.call(&token, &Method::PATCH, &path, &body).await.good();
        assert_eq!(changed["name"], "anna.berg");
        assert!(changed["aliases"].as_array().unwrap().contains(&json!("anna")));
    })
    .await;
}

#[tokio::test]
async fn a_user_has_other_names_is_removed_and_brought_back() {
    on_each_engine(async |world| {
        let token = world.owner().await;
        let body = json!({ "name": "anna.berg", "aliases": ["CORP\\anna", "a/b anna", "anna"] });
        let made = world.post(&token, USERS, &body).await.good();
        let path = format!("{USERS}/{}", made["user_id"].as_str().unwrap());
        let found = world.get(&token, &format!("{USERS}/by-name/CORP%5CAnna")).await.good();
        assert_eq!(found["name"], "anna.berg");
        let alias = format!("{path}/aliases/a%2Fb%20anna");
        assert_eq!(world.delete(&token, &alias).await.status, 204);
        world.delete(&token, &alias).await.refused(404, "not_found");
        world.delete(&token, &format!("{path}/aliases/Anna.Berg")).await.refused(422, "own_name");
        let body = json!({ "alias": "anna" });
        let already = world.post(&token, &format!("{path}/aliases"), &body).await;
        assert_eq!(already.refused(409, "already_theirs")["field"], "alias");
        let body = json!({ "alias": "ab" });
        world.post(&token, &format!("{path}/aliases"), &body).await.good();

        for (deed, state) in [("disable", "disabled"), ("enable", "pending")] {
            let done = world.post(&token, &format!("{path}/{deed}"), &json!({})).await.good();
            assert_eq!(done["state"], state);
        }
        let restore = format!("{path}/restore");
        world.post(&token, &restore, &json!({})).await.refused(422, "not_removed");
        assert_eq!(world.delete(&token, &path).await.status, 204);
        world.delete(&token, &path).await.refused(422, "user_removed");
        assert_eq!(world.get(&token, &path).await.good()["state"], "removed");
        assert_eq!(names(&world.get(&token, USERS).await.good()), ["olga"]);
        let body = json!({ "name": "ab" });
        world.post(&token, USERS, &body).await.refused(409, "name_reserved");
        assert_eq!(world.post(&token, &restore, &json!({})).await.good()["state"], "pending");

        let log = world.get(&token, &format!("{path}/log?limit=3")).await.good();
        let kinds: Vec<_> = log["items"].as_array().unwrap().iter().map(|e| &e["event"]).collect();
        assert_eq!(kinds, ["user_restored", "user_removed", "user_enabled"]);
        world.get(&token, &format!("{path}/log?cursor=YQ")).await.refused(400, "invalid_query");
    })
    .await;
}

#[tokio::test]
async fn a_list_is_filtered_sorted_and_read_in_parts() {
    on_each_engine(async |world| {
        let token = world.owner().await;
        for n in 0..5 {
            world.clock.advance_secs(1);
            make(world, &token, &format!("user{n}")).await;
        }
        let zoe = make(world, &token, "zoe").await;
        world.post(&token, &format!("{zoe}/disable"), &json!({})).await.good();
        let list = format!("{USERS}?limit=2&q=user&sort=-created");
        let (mut read, mut next) = (vec![], list.clone());
        loop {
            let part = world.get(&token, &next).await.good();
            assert_eq!((&part["total"], &part["more"]), (&json!(5), &json!(false)));
            read.extend(names(&part));
            let Some(cursor) = part.get("next_cursor") else { break };
            next = format!("{list}&cursor={}", cursor.as_str().unwrap());
        }
        assert_eq!(read, ["user4", "user3", "user2", "user1", "user0"]);
        let get =
            async |query: &str| names(&world.get(&token, &format!("{USERS}?{query}")).await.good());
        assert_eq!(get("state=disabled").await, ["zoe"]);
        assert_eq!(get("role=owner").await, ["olga"]);
        assert_eq!(get("phone=none&q=zoe").await, ["zoe"]);
        assert_eq!(get("sort=name&limit=1").await, ["olga"]);
        for (query, field) in [
            ("state=sad", "state"),
            ("group=x", "group"),
            ("sort=age", "sort"),
            ("colour=red", "colour"),
            ("cursor=dXNyXzAxa3h4eHh4eHh4eHh4eHh4eHh4eHh4eHh4", "cursor"),
        ] {
            let reply = world.get(&token, &format!("{USERS}?{query}")).await;
            assert_eq!(reply.refused(400, "invalid_query")["field"], field, "{query}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_script_acts_on_nobody_who_stands_as_high() {
    on_each_engine(async |world| {
        let boss = world.account(world.tenant, "boss", Some(Role::Administrator)).await;
        let token = world.token(world.tenant, boss, &all_of(Role::Administrator)).await.text;
        let peer = world.account(world.tenant, "peer", Some(Role::Administrator)).await;
        let owner = world.account(world.tenant, "owner", Some(Role::Owner)).await;
        // Not on its own owner either: with a phone of one's own one goes everywhere.
        for user in [boss, peer, owner] {
            let path = format!("{USERS}/{user}");
            for deed in [
                "disable",
                "enable",
                "unlock",
                "recovery-codes",
                "invitations/link",
                "invitations/mail",
                "caller-check",
            ] {
                let reply = world.post(&token, &format!("{path}/{deed}"), &json!({})).await;
                reply.refused(403, "outranked");
            }
            let body = json!({ "display": "x" });
            let reply = world.call(&token, &Method::PATCH, &path, &body).await;
            reply.refused(403, "outranked");
            world.delete(&token, &path).await.refused(403, "outranked");
        }
        let desk = world.account(world.tenant, "desk", Some(Role::HelpDesk)).await;
        let path = format!("{USERS}/{desk}/disable");
        let narrow = world.token(world.tenant, boss, &[Permission::UsersWrite]).await.text;
        world.post(&narrow, &path, &json!({})).await.refused(403, "outranked");
        world.post(&token, &path, &json!({})).await.good();
    })
    .await;
}

fn all_of(role: Role) -> Vec<Permission> {
    Permission::ALL.iter().copied().filter(|deed| role.may(*deed)).collect()
}

#[tokio::test]
async fn many_are_done_at_once_and_who_was_not_is_named() {
    on_each_engine(async |world| {
        let token = world.owner().await;
        let anna = world.account(world.tenant, "anna", None).await;
        let owner = world.account(world.tenant, "owner", Some(Role::Owner)).await;
        let nobody = UserId::from_bytes([7; 16]);
        let bulk = format!("{USERS}/bulk");
        let body = json!({ "deed": "disable", "user_ids": [anna, owner, nobody] });
        let done = world.post(&token, &bulk, &body).await.good();
        let done: Vec<_> = done["items"].as_array().unwrap().iter().map(|i| &i["done"]).collect();
        assert_eq!(done, [&json!(true), &json!(false), &json!(false)]);
        let body = json!({ "deed": "fire", "user_ids": [anna] });
        world.post(&token, &bulk, &body).await.refused(422, "invalid_request");
        let body = json!({ "deed": "enable", "user_ids": vec![anna; 201] });
        assert_eq!(
            world.post(&token, &bulk, &body).await.refused(422, "invalid_request")["field"],
            "user_ids"
        );
    })
    .await;
}

#[tokio::test]
async fn a_help_desk_unlocks_and_enables_nobody() {
    on_each_engine(async |world| {
        let desk = world.account(world.tenant, "desk", Some(Role::HelpDesk)).await;
        let token = world.token(world.tenant, desk, &all_of(Role::HelpDesk)).await.text;
        let anna = world.account(world.tenant, "anna", None).await;
        let path = format!("{USERS}/{anna}");
        world.post(&token, &format!("{path}/unlock"), &json!({})).await.good();
        accounts::disable(&world.app, &world.by, world.tenant, anna).await.unwrap();
        let unlock = world.post(&token, &format!("{path}/unlock"), &json!({})).await;
        unlock.refused(422, "user_disabled");
        let enable = world.post(&token, &format!("{path}/enable"), &json!({})).await;
        enable.refused(403, "scope_missing");
        assert_eq!(world.get(&token, &path).await.good()["state"], "disabled");
    })
    .await;
}

#[tokio::test]
async fn phones_are_named_and_removed_and_only_their_users() {
    on_each_engine(async |world| {
        let token = world.owner().await;
        let anna = world.account(world.tenant, "anna", None).await;
        let ben = world.account(world.tenant, "ben", None).await;
        let pixel = phone(world, world.tenant, anna, "Pixel").await;
        let path = format!("{USERS}/{anna}/phones");
        let list = world.get(&token, &path).await.good();
        assert_eq!(list["items"][0]["name"], "Pixel");
        let own = format!("{path}/{pixel}");
        let body = json!({ "name": "Anna's Pixel" });
        assert_eq!(world.call(&token, &Method::PATCH, &own, &body).await.status, 204);
        let read = world.get(&token, &format!("{USERS}/{anna}")).await.good();
        assert_eq!(read["devices"][0]["name"], "Anna's Pixel");
        assert_eq!((&read["phones"], &read["push_waits_for_unlock"]), (&json!(1), &json!(false)));
        let others = format!("{USERS}/{ben}/phones/{pixel}");
        world.call(&token, &Method::PATCH, &others, &body).await.refused(404, "not_found");
        world.delete(&token, &others).await.refused(404, "not_found");
        assert_eq!(world.delete(&token, &own).await.status, 204);
        world.delete(&token, &own).await.refused(404, "not_found");
    })
    .await;
}

#[tokio::test]
async fn an_authenticator_app_is_seen_and_removed() {
    on_each_engine(async |world| {
        let token = world.owner().await;
        let anna = world.account(world.tenant, "anna", None).await;
        app_of(world, world.tenant, anna).await;
        let path = format!("{USERS}/{anna}");
        let read = world.get(&token, &path).await.good();
        assert_eq!(
            (&read["authenticator_app"], &read["factors"]),
            (&json!(true), &json!(["code"]))
        );
        let app = format!("{path}/authenticator-app");
        assert_eq!(world.delete(&token, &app).await.status, 204);
        world.delete(&token, &app).await.refused(404, "not_found");
        let read = world.get(&token, &path).await.good();
        assert_eq!((&read["authenticator_app"], &read["factors"]), (&json!(false), &json!([])));
    })
    .await;
}

/// What is kept of phones that were answered is no factor once none is left.
#[tokio::test]
async fn who_has_no_phone_has_no_push() {
    on_each_engine(async |world| {
        let token = world.owner().await;
        let anna = world.account(world.tenant, "anna", None).await;
        let pixel = phone(world, world.tenant, anna, "Pixel").await;
        push(world, world.tenant, anna).await;
        let path = format!("{USERS}/{anna}");
        let factors = async || {
            let list = world.get(&token, USERS).await.good();
            let items = list["items"].as_array().unwrap();
            let user = items.iter().find(|item| item["name"] == "anna").unwrap();
            user["factors"].clone()
        };
        assert_eq!(factors().await, json!(["push"]));
        assert_eq!(world.delete(&token, &format!("{path}/phones/{pixel}")).await.status, 204);
        assert_eq!(factors().await, json!([]));
    })
    .await;
}

#[tokio::test]
async fn passkeys_are_listed_and_removed_by_whoever_stands_above() {
    on_each_engine(async |world| {
        let token = world.owner().await;
        let adam = world.account(world.tenant, "adam", Some(Role::Administrator)).await;
        let ben = world.account(world.tenant, "ben", None).await;
        let key = passkey(world, world.tenant, adam, "YubiKey").await;
        let path = format!("{USERS}/{adam}/passkeys");
        let list = world.get(&token, &path).await.good();
        assert_eq!(list["items"][0]["name"], "YubiKey");
        assert_eq!(list["items"][0]["passkey_id"], key.to_string());
        assert!(list["items"][0]["created"].is_string() && list["items"][0]["last_used"].is_null());
        let read = world.get(&token, &format!("{USERS}/{adam}")).await.good();
        assert_eq!(read["passkeys"], list["items"]);

        let own = format!("{path}/{key}");
        let peer = world.account(world.tenant, "eve", Some(Role::Administrator)).await;
        let peer = world.token(world.tenant, peer, &all_of(Role::Administrator)).await.text;
        world.delete(&peer, &own).await.refused(403, "outranked");
        // Nor does a token of his own.
        let his = world.token(world.tenant, adam, &all_of(Role::Administrator)).await.text;
        world.delete(&his, &own).await.refused(403, "outranked");
        let others = format!("{USERS}/{ben}/passkeys/{key}");
        world.delete(&token, &others).await.refused(404, "not_found");
        assert_eq!(world.delete(&token, &own).await.status, 204);
        world.delete(&token, &own).await.refused(404, "not_found");
    })
    .await;
}

#[tokio::test]
async fn invitations_and_recovery_codes_are_shown_once() {
    on_each_engine(async |world| {
        let token = world.owner().await;
        let desk = world.account(world.tenant, "desk", Some(Role::HelpDesk)).await;
        let help = world.token(world.tenant, desk, &all_of(Role::HelpDesk)).await.text;
        let details = Details { display: None, mail: Some(Mail::new("anna@example.com").unwrap()) };
        let called = crate::world::name("anna");
        let new = NewAccount { name: &called, aliases: &[], password: None };
        let made = accounts::create_known(&world.app, &world.by, world.tenant, new, &details);
        let path = format!("{USERS}/{}", made.await.unwrap());
        let link = format!("{path}/invitations/link");
        let invited = world.post(&token, &link, &json!({})).await;
        assert_eq!(invited.status, 201);
        let invited = invited.good();
        assert!(invited["link"].as_str().unwrap().contains("/#axi_"), "{invited}");
        assert_eq!((&invited["proof"], &invited["replaces"]), (&json!("code"), &json!(false)));
        assert_eq!(invited["code"].as_str().unwrap().len(), 9);
        // Who may not write users gets no link to see.
        world.post(&help, &link, &json!({})).await.refused(403, "scope_missing");
        let mail = format!("{path}/invitations/mail");
        // No mail server is set up in this world.
        world.post(&help, &mail, &json!({})).await.refused(422, "mail_refused");

        let codes = format!("{path}/recovery-codes");
        world.post(&help, &codes, &json!({})).await.refused(403, "scope_missing");
        let made = world.post(&token, &codes, &json!({})).await.good();
        assert_eq!(made["codes"].as_array().unwrap().len(), 10);
        assert_eq!(world.get(&token, &path).await.good()["recovery_codes_left"], 10);
        world.post(&token, &codes, &json!({})).await.refused(429, "codes_just_made");
        world.clock.advance_secs(60);
        assert_eq!(world.post(&token, &codes, &json!({})).await.good()["replaces"], true);
        world.post(&token, &format!("{path}/disable"), &json!({})).await.good();
        world.post(&token, &link, &json!({})).await.refused(422, "user_disabled");
    })
    .await;
}
