//! One-time codes that stand for a factor, among the factors of a user.

use super::{
    reported::berlin,
    world::{PASSWORD, on_each_engine},
};
use authx::{admin::bypass, logins};
use authx_core::{LoginId, role::Role, wire::login::LoginState};
use serde_json::json;

#[tokio::test]
async fn a_code_that_was_used_says_when() {
    on_each_engine(async |world| {
        let (app, by, tenant) = (&world.app, &world.by, world.tenant);
        let mut owner = world.signed_in("olga", Some(Role::Owner)).await;
        let carol = world.account(tenant, "carol", None).await;
        world.password(tenant, carol, PASSWORD).await;
        let vpn = berlin(world, carol).await.id;
        bypass::end(app, by, tenant, carol).await.unwrap();
        let path = format!("/users/{carol}");
        assert!(!owner.get(world, &path).await.shown().contains("Bypass code"));

        let reason = "phone lost".to_owned();
        let wish = bypass::Wish { user: carol, kind: bypass::Kind::Code, reason, secs: 3_600 };
        let code = bypass::give(app, by, tenant, &wish, None).await.unwrap().code.unwrap();
        let row = |text: &str| {
            let row = text.split("Bypass code").nth(1).unwrap_or_else(|| panic!("{text}"));
            row.split("</tr>").next().unwrap().to_owned()
        };
        let open = row(owner.get(world, &path).await.shown());
        assert!(open.contains("Good once") && open.contains("Last used\">never"), "{open}");
        let request = json!({
            "user": "carol",
            "first_factor": {"kind": "password", "password": PASSWORD},
            "answer": code.as_str(),
            "can": {"text": true, "several": true},
        });
        let request = serde_json::from_value(request).unwrap();
        let vpn = app.directory.current(app, vpn).await.unwrap().unwrap();
        let id = LoginId::from_bytes([1; 16]);
        let begun = logins::begin(app, &vpn, id, &request, b"1").await.unwrap();
        assert_eq!(begun.view().state, LoginState::Allowed);
        let used = row(owner.get(world, &path).await.shown());
        assert!(used.contains("Used up") && !used.contains("Last used\">never"), "{used}");
        assert!(!used.contains("Take back"), "{used}");
    })
    .await;
}
