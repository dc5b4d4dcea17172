//! Administrators, the company, its record's time, tokens, packages and policies.

use crate::world::on_each_engine;
use authx::admin::administrators;
use authx_core::role::{Permission, Role};
use axum::http::{Method, header};
use serde_json::{Value, json};

#[tokio::test]
async fn administrators_are_invited_named_and_let_go() {
    on_each_engine(async |world| {
        let token = world.owner().await;
        let path = "/admin/v1/administrators";
        let wish = json!({ "mail": "anna@example.com", "role": "help_desk" });
        let made = world.post(&token, path, &wish).await.good();
        let start = "https://mfa.example.com/set-up#axi_";
        assert!(made["link"].as_str().unwrap().starts_with(start), "{made}");
        let problem = world.post(&token, path, &wish).await.refused(409, "name_taken");
        assert_eq!(problem["field"], "mail");
        let wish = json!({ "mail": "no address", "role": "help_desk" });
        let problem = world.post(&token, path, &wish).await.refused(422, "invalid_mail");
        assert_eq!(problem["field"], "mail");
        // A script makes no owners; and nobody is left behind by the try.
        let wish = json!({ "mail": "otto@example.com", "role": "owner" });
        let problem = world.post(&token, path, &wish).await.refused(422, "role_too_high");
        assert_eq!(problem["field"], "role");
        let list = world.get(&token, path).await.good();
        let names = |list: &Value| -> Vec<String> {
            let items = list["items"].as_array().unwrap().iter();
            items.map(|one| one["name"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(names(&list), ["olga", "anna@example.com"]);
        assert_eq!(list["items"][1]["state"], "pending");
        let anna = format!("{path}/{}", made["user_id"].as_str().unwrap());
        let again = world.post(&token, &format!("{anna}/link"), &json!({})).await.good();
        assert_ne!(again["link"], made["link"]);
        let body = json!({ "role": "auditor" });
        assert_eq!(world.call(&token, &Method::PUT, &anna, &body).await.status, 204);
        assert_eq!(world.get(&token, path).await.good()["items"][1]["role"], "auditor");
        let body = json!({ "role": "emperor" });
        let problem = world.call(&token, &Method::PUT, &anna, &body).await;
        assert_eq!(problem.refused(422, "invalid_request")["field"], "role");
        assert_eq!(world.delete(&token, &anna).await.status, 204);
        assert_eq!(names(&world.get(&token, path).await.good()), ["olga"]);
        // Not the own account, not one that stands as high.
        let olga = list["items"][0]["user_id"].as_str().unwrap();
        world.delete(&token, &format!("{path}/{olga}")).await.refused(403, "outranked");
        world
            .post(&token, &format!("{path}/{olga}/link"), &json!({}))
            .await
            .refused(403, "outranked");
    })
    .await;
}

/// An owner in person may invite another one.
#[tokio::test]
async fn an_owner_invites_an_owner() {
    on_each_engine(async |world| {
        let olga = world.account(world.tenant, "olga", Some(Role::Owner)).await;
        let by = authx::admin::Actor::account(olga, Some(Role::Owner), "olga");
        let (app, tenant, mail) = (&world.app, world.tenant, "otto@example.com");
        let new = administrators::NewAdministrator { mail, display: None, role: Role::Owner };
        let made = administrators::invite(app, &by, tenant, new).await.unwrap();
        assert_eq!(made.name, mail);
        // Another link for somebody who stands as high is not made.
        assert!(administrators::link(app, &by, tenant, made.id).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn the_company_is_set_up() {
    on_each_engine(async |world| {
        let token = world.owner().await;
        let path = "/admin/v1/company";
        let read = world.get(&token, path).await.good();
        assert_eq!(read["name"], "Example");
        let put = async |body: Value| world.call(&token, &Method::PUT, path, &body).await;
        let good = json!({ "name": "Owls", "time_zone": "Europe/Berlin", "hue": 3 });
        assert_eq!(put(good.clone()).await.good()["time_zone"], "Europe/Berlin");
        for (field, value, code) in [
            ("name", json!(""), "invalid_name"),
            ("time_zone", json!("Mars/Olympus"), "invalid_time_zone"),
            ("hue", json!(9), "invalid_hue"),
            ("hue", json!(300), "invalid_request"),
        ] {
            let mut body = good.clone();
            body[field] = value;
            assert_eq!(put(body).await.refused(422, code)["field"], field);
        }
        crate::samples::other_company(world).await;
        let body = json!({ "name": "other", "time_zone": "UTC", "hue": 1 });
        assert_eq!(put(body).await.refused(409, "name_taken")["field"], "name");
        assert_eq!(world.get(&token, path).await.good()["name"], "Owls");
    })
    .await;
}

#[tokio::test]
async fn the_record_is_kept_for_a_time() {
    on_each_engine(async |world| {
        let token = world.owner().await;
        let path = "/admin/v1/retention";
        let put = async |body: Value| world.call(&token, &Method::PUT, path, &body).await;
        let read = world.get(&token, path).await.good();
        assert_eq!(read, json!({ "hold": false, "removed": 0 }));
        put(json!({ "logins_days": 365 })).await.good();
        assert_eq!(world.get(&token, path).await.good()["logins_days"], 365);
        put(json!({ "logins_days": 3 })).await.refused(422, "invalid_days");
        let read = put(json!({ "hold": true })).await.good();
        assert_eq!(read, json!({ "hold": true, "removed": 0 }));
    })
    .await;
}

#[tokio::test]
async fn a_token_knows_itself_and_gives_itself_up() {
    on_each_engine(async |world| {
        let olga = world.account(world.tenant, "olga", Some(Role::Owner)).await;
        let few = world.token(world.tenant, olga, &[Permission::LogsRead]).await;
        let own = world.get(&few.text, "/admin/v1/token").await.good();
        assert_eq!(own["token_id"], few.id.to_string());
        assert_eq!(own["may"], json!(["logs.read"]));
        assert_eq!(own["role"], "owner");
        assert_eq!(world.delete(&few.text, "/admin/v1/token").await.status, 204);
        world.get(&few.text, "/admin/v1/token").await.refused(401, "token");
        let all = world.token(world.tenant, olga, &[Permission::TokensWrite]).await;
        let list = world.get(&all.text, "/admin/v1/tokens").await.good();
        assert_eq!(list["items"].as_array().unwrap().len(), 2);
        assert!(!list.to_string().contains("axt_"), "{list}");
        // With few scopes it revokes itself, but not what may more than it.
        let more = world.token(world.tenant, olga, &[Permission::KeysWrite]).await;
        let path = format!("/admin/v1/tokens/{}", more.id);
        world.delete(&all.text, &path).await.refused(403, "outranked");
        let own = format!("/admin/v1/tokens/{}", all.id);
        assert_eq!(world.delete(&all.text, &own).await.status, 204);
        world.get(&more.text, "/admin/v1/token").await.good();
    })
    .await;
}

#[tokio::test]
async fn a_package_is_fetched() {
    on_each_engine(async |world| {
        let token = world.owner().await;
        let body = json!({
            "name": "Köln VPN", "type": "openvpn-access-server", "key_name": "vpn1",
        });
        let made = world.post(&token, "/admin/v1/applications", &body).await.good();
        let path = format!("/admin/v1/applications/{}", made["application_id"].as_str().unwrap());
        let package = format!("{path}/package");
        let plain = world.get(&token, &package).await;
        assert_eq!(plain.headers[header::CONTENT_TYPE], "application/zip");
        assert!(plain.bytes.starts_with(b"PK"), "{}", plain.text());
        assert!(
            plain.headers[header::CONTENT_DISPOSITION].to_str().unwrap().contains("k-ln-vpn.zip")
        );
        let body = json!({ "key_name": "vpn2" });
        let with_key = world.post(&token, &package, &body).await;
        let key = with_key.headers["authx-key-id"].to_str().unwrap();
        let keys = world.get(&token, &format!("{path}/keys")).await.good();
        assert!(keys["items"].as_array().unwrap().iter().any(|known| known["key_id"] == key));
        world.post(&token, &package, &body).await.refused(409, "name_taken");
        let body = json!({ "name": "Script", "type": "api", "key_name": "vpn1" });
        let made = world.post(&token, "/admin/v1/applications", &body).await.good();
        let id = made["application_id"].as_str().unwrap();
        let none = world.get(&token, &format!("/admin/v1/applications/{id}/package")).await;
        none.refused(422, "no_package");
    })
    .await;
}

#[tokio::test]
async fn what_if_is_answered_by_the_rules() {
    on_each_engine(async |world| {
        let token = world.owner().await;
        let body = json!({ "name": "Berlin VPN", "type": "openvpn", "key_name": "vpn1" });
        let made = world.post(&token, "/admin/v1/applications", &body).await.good();
        let id = made["application_id"].as_str().unwrap();
        world.account(world.tenant, "ute", None).await;
        let path = format!("/admin/v1/policies/what-if?application={id}");
        let asked = format!("{path}&user=UTE&address=192.0.2.7&at=2026-11-30T08:15:00Z");
        let foreseen = world.get(&token, &asked).await.good();
        assert_eq!((&foreseen["state"], &foreseen["rings"]), (&json!("refused"), &json!(false)));
        assert_eq!(foreseen["at"], "2026-11-30T08:15:00Z");
        let global = "/admin/v1/policies/global";
        let revision = world.get(&token, global).await.good()["revision"].clone();
        let off = json!({ "revision": revision, "policy": { "second_factor": "off" } });
        world.call(&token, &Method::PUT, global, &off).await.good();
        let foreseen = world.get(&token, &asked).await.good();
        assert_eq!((&foreseen["state"], &foreseen["by"]), (&json!("allowed"), &json!("policy")));
        assert_eq!(foreseen["decided_by"][0]["path"], "second_factor");
        assert_eq!(foreseen["decided_by"][0]["from"], "tenant");
        world.get(&token, &format!("{path}&user=nobody")).await.refused(422, "invalid_request");
        world
            .get(&token, &format!("{path}&user=ute&address=x"))
            .await
            .refused(400, "invalid_query");
        world.get(&token, &format!("{path}&user=ute&colour=x")).await.refused(400, "invalid_query");
        let other = path.replace(id, "app_01kxxxxxxxxxxxxxxxxxxxxxxx");
        world.get(&token, &format!("{other}&user=ute")).await.refused(404, "not_found");
    })
    .await;
}
