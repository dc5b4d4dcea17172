//! What somebody would be asked somewhere.

use crate::world::{PASSWORD, name, on_each_engine};
use authx::admin::{
    applications::{self, ApplicationKind},
    bypass,
    policies::{Target, set},
    record,
};
use authx_core::role::Role;
use axum::http::StatusCode;

/// The rules themselves answer, for anybody, anywhere, at any time, and nothing comes of it.
#[tokio::test]
async fn what_if_says_what_is_asked_and_which_layer_says_so() {
    on_each_engine(async |world| {
        let (app, by, tenant) = (&world.app, &world.by, world.tenant);
        let anna = world.account(tenant, "anna", None).await;
        world.password(tenant, anna, PASSWORD).await;
        world.account(tenant, "carol", None).await;
        let kind = ApplicationKind::Openvpn;
        let (called, key) = (name("Berlin VPN"), name("vpn1"));
        let vpn = applications::create(app, by, tenant, &called, kind, &key).await.unwrap().id;
        let path = |user: &str, more: &str| {
            format!("/policies/what-if?application={vpn}&user={user}&address=192.0.2.7{more}")
        };
        let mut reader = world.signed_in("rosa", Some(Role::ReadOnly)).await;
        let page = reader.get(world, "/policies/what-if").await;
        assert!(page.shown().contains("The answer stands here"));
        let count = record::newest(app, tenant, &record::Filter::default(), 500).await;
        let count = count.unwrap().len();

        let page = reader.get(world, &path("anna", "")).await;
        assert!(
            page.shown().contains("Refused") && page.text.contains("Built in"),
            "{}",
            page.text
        );
        assert!(page.text.contains("the right password"), "{}", page.text);
        world.authenticator(anna).await;
        let page = reader.get(world, &path("ANNA", "")).await;
        assert!(page.shown().contains("Asked for a second factor"), "{}", page.text);

        let document = |json: &str| authx_core::policy::Document::from_json(json).unwrap();
        let target = Target::Application(vpn);
        set(app, by, tenant, target, document(r#"{"second_factor":"off"}"#)).await.unwrap();
        let page = reader.get(world, &path("anna", "")).await;
        assert!(page.shown().contains("Let in without a second factor"), "{}", page.text);
        assert!(page.text.contains("</svg>Berlin VPN</span>"), "its layer: {}", page.text);
        set(app, by, tenant, target, document("{}")).await.unwrap();

        let page = reader.get(world, &path("anna", "&autologin=on")).await;
        assert!(page.shown().contains("Refused") && page.text.contains("by itself"));

        // A bypass, and the moment after it.
        let wish = bypass::Wish {
            user: anna,
            kind: bypass::Kind::Bypass,
            reason: "phone lost".to_owned(),
            secs: 3_600,
        };
        bypass::give(app, by, tenant, &wish, None).await.unwrap();
        let page = reader.get(world, &path("anna", "")).await;
        assert!(page.shown().contains("A bypass is open for this user"), "{}", page.text);
        let page = reader.get(world, &path("anna", "&at=2026-01-01T09:00")).await;
        assert!(page.shown().contains("Asked for a second factor"), "{}", page.text);

        // What was recorded are the changes above; no login began.
        let all = record::newest(app, tenant, &record::Filter::default(), 500).await.unwrap();
        assert!(all.len() > count && all.iter().all(|entry| !entry.event.starts_with("login")));
    })
    .await;
}

/// What a policy says counts for everything but the portal.
#[tokio::test]
async fn the_portals_own_policy_is_nobodys_to_weaken() {
    on_each_engine(async |world| {
        let mut olga = world.signed_in("olga", Some(Role::Owner)).await;
        let page = olga.get(world, "/policies").await;
        assert!(page.shown().contains("This portal itself") && !page.text.contains("AuthX portal"));
        let portal = authx::admin::portal::application(&world.app, world.tenant).await.unwrap();
        for path in [format!("/policies/edit/{portal}"), format!("/policies/history/{portal}")] {
            assert_eq!(olga.get(world, &path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        let fields = [("second_factor", "off")];
        let page = olga.post(world, &format!("/policies/edit/{portal}"), &fields).await;
        assert!(page.status.is_client_error(), "{}", page.status);
        let page =
            olga.get(world, &format!("/policies/what-if?application={portal}&user=olga")).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_asked_is_said_at_its_field() {
    on_each_engine(async |world| {
        let (app, by, tenant) = (&world.app, &world.by, world.tenant);
        world.account(tenant, "anna", None).await;
        let (called, key, kind) = (name("Berlin VPN"), name("vpn1"), ApplicationKind::Openvpn);
        let vpn = applications::create(app, by, tenant, &called, kind, &key).await.unwrap().id;
        let path = |user: &str, more: &str| {
            format!("/policies/what-if?application={vpn}&user={user}&address=192.0.2.7{more}")
        };
        let mut reader = world.signed_in("rosa", Some(Role::ReadOnly)).await;
        for (query, field) in [
            (path("nobody", ""), "user"),
            (path("anna", "&at=tomorrow"), "at"),
            (path("anna", "").replace("192.0.2.7", "Berlin"), "address"),
            (path("anna", "").replace("app_", "grp_"), "application"),
        ] {
            let page = reader.get(world, &query).await;
            assert!(
                page.refused().contains(&format!("id=\"{field}-e\"")),
                "{query}: {}",
                page.text
            );
        }
        let other = path("anna", "").replace(&vpn.to_string(), "app_01kxxxxxxxxxxxxxxxxxxxxxxx");
        assert_eq!(reader.get(world, &other).await.status, StatusCode::NOT_FOUND);
    })
    .await;
}
